//! A function differentiated by some of its parameters only.
//!
//! A caller seldom differentiates every argument of what it calls: in `transforms[b] * vertex` only
//! the transform moves. Which ones is known when a call is compiled (`Wrt<M>`), so the tangents of
//! the others need not be zeros that are multiplied out: for each choice of parameters there is a
//! graph of its own, in which they do not exist.

use std::collections::HashMap;

use super::{Activity, activity};
use crate::diag::Diagnostics;
use crate::ir::{Graph, Slot, Storage};

/// With how many differentiated parameters there is a graph for each choice of them: with more, the
/// choices would be more code than they save time.
const MOST: u32 = 3;

/// A choice of parameters, as the mask of a call tells it, and what is active then.
pub(crate) struct Subset {
    pub(crate) mask: u64,
    pub(crate) graph: Graph,
    pub(crate) active: Activity,
}

/// Every choice of some of the parameters, but none and not all; of functions that change nothing
/// they are given.
pub(crate) fn subsets(graph: &Graph) -> Vec<Subset> {
    let changes = graph.params.iter().any(
        |param| matches!(param.slot, Slot::Memory(var) if graph.var(var).storage == Storage::RefMut),
    );
    let all = wrt_mask(graph);
    if changes || all.count_ones() > MOST {
        return Vec::new();
    }
    let proper = (1..all).filter(|mask| mask & !all == 0);
    proper.map(|mask| subset(graph, mask)).collect()
}

/// The mask of a call that differentiates every parameter it can.
pub(crate) fn wrt_mask(graph: &Graph) -> u64 {
    super::forward::mask(graph.params.iter().map(|param| param.wrt))
}

fn subset(graph: &Graph, mask: u64) -> Subset {
    let mut graph = graph.clone();
    for (k, param) in graph.params.iter_mut().enumerate() {
        param.wrt = mask >> k & 1 == 1;
    }
    // What is active here is active in the whole, of which problems were reported.
    let active = activity(&graph, &HashMap::new(), &Diagnostics::default());
    Subset {
        mask,
        graph,
        active,
    }
}

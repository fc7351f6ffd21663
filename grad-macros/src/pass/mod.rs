//! Simplification: equal pure values become one, literal conditions choose their side, loops carry
//! only what changes, and what nothing reads goes.

mod algebra;
mod dead;
mod fold;
mod handed;
mod hoist;
mod memory;
mod merge;
mod postpone;
mod registers;
mod shelf;

use std::collections::HashSet;

use crate::ir::{Graph, Region, Var};

/// Simplifies the graph of a function as it was lowered.
pub(crate) fn simplify_lowered(graph: &mut Graph) {
    dead::keep_checks(graph);
    simplify(graph);
}

/// Simplifies the graph in place.
pub(crate) fn simplify(graph: &mut Graph) {
    // What the first round finds out about the inside of a loop, the second uses at the loop.
    for _ in 0..2 {
        round(graph);
        for region in regions(graph) {
            hoist::hoist(graph, region);
        }
    }
    for region in regions(graph) {
        handed::hand_on(graph, region);
    }
}

/// How many variables and sites a graph has.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    vars: usize,
    sites: usize,
}

impl Size {
    pub(crate) fn of(graph: &Graph) -> Self {
        Size {
            vars: graph.vars.len(),
            sites: graph.sites.len(),
        }
    }
}

/// Simplifies a graph with reverse code in it; `primal` is the size of the function's own graph.
pub(crate) fn simplify_reverse(graph: &mut Graph, primal: Size) {
    round(graph);
    for _ in 0..4 {
        for region in regions(graph) {
            algebra::Algebra::new(graph, primal.sites).region(region);
        }
        round(graph);
    }
    let shadows = shadows(graph, primal);
    let mut postponed = false;
    for region in regions(graph) {
        postponed |= postpone::postpone(graph, region, &shadows);
    }
    if postponed {
        // What was copied and is not of the chain goes before anybody looks at it.
        sweep(graph);
        round(graph);
    }
    let shadows = self::shadows(graph, primal);
    for region in regions(graph) {
        merge::merge_sums(graph, region, &shadows);
        registers::keep_in_registers(graph, region, &shadows);
    }
    shelf::read_in_place(graph);
    for _ in 0..3 {
        for region in regions(graph) {
            algebra::Algebra::new(graph, primal.sites).region(region);
        }
        round(graph);
    }
}

/// The variables that hold cotangents.
fn shadows(graph: &Graph, primal: Size) -> HashSet<Var> {
    (primal.vars..graph.vars.len())
        .filter_map(|k| u32::try_from(k).ok().map(Var))
        .filter(|var| graph.var(*var).tangent)
        .collect()
}

fn regions(graph: &Graph) -> Vec<Region> {
    [Some(graph.body), graph.pull]
        .into_iter()
        .flatten()
        .collect()
}

fn round(graph: &mut Graph) {
    let regions = regions(graph);
    let mut fold = fold::Fold::new(graph);
    for region in &regions {
        fold.region(*region);
    }
    for region in &regions {
        memory::forward(graph, *region);
    }
    sweep(graph);
}

/// Removes what nothing reads.
fn sweep(graph: &mut Graph) {
    let mut live = HashSet::new();
    for region in regions(graph).iter().rev() {
        dead::remove_dead(graph, *region, &mut live);
    }
}

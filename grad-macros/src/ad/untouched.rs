//! What a closure changes without a derivative: a counter, a list of names. A variable that nothing
//! differentiated can get into by its calls is left alone.

use std::collections::HashMap;

use super::activity::{Marks, fixpoint, forward};
use crate::ir::{Call, Graph, Kind, Slot, Storage};

/// Of the parameters of a closure behind its inputs, those that it writes, but with nothing that depends
/// on a float: whatever else it reads may, what else it writes included, and so may what functions change
/// that it calls.
pub(crate) fn untouched(
    graph: &Graph,
    inputs: usize,
    is_function: impl Fn(usize) -> bool,
) -> Vec<bool> {
    let alone = |own: usize| {
        let Slot::Memory(var) = graph.params[own].slot else {
            return false;
        };
        let others = (0..graph.params.len()).filter(|k| *k != own);
        let marks = marked(graph, others);
        let written = graph.var(var).storage == Storage::RefMut && !is_function(own);
        written
            && !fixpoint(marks, |marks| forward(graph, graph.body, marks))
                .vars
                .contains(&var)
    };
    (inputs..graph.params.len()).map(alone).collect()
}

/// The parameters, as if each of them depended on a float.
fn marked(graph: &Graph, params: impl Iterator<Item = usize>) -> Marks {
    let mut marks = Marks::default();
    for k in params {
        match graph.params[k].slot {
            Slot::Scalar(v) if graph.ty(v).may_be_active() => {
                marks.values.insert(v);
            }
            Slot::Memory(var) => {
                marks.vars.insert(var);
            }
            Slot::Scalar(_) => {}
        }
    }
    marks
}

/// Notes of the calls that are passed closures which of their arguments these leave alone; `closures`
/// says it of what each captures.
pub(crate) fn note_untouched(graph: &mut Graph, closures: &HashMap<usize, Vec<bool>>) {
    for id in graph.sites_within(graph.body) {
        if let Kind::Call(call) = &mut graph.site_mut(id).kind {
            call.inert = inert(call, closures);
        }
    }
}

fn inert(call: &Call, closures: &HashMap<usize, Vec<bool>>) -> u64 {
    let mut place = call.first_captured();
    let mut inert = 0;
    for number in call.closures() {
        for untouched in closures.get(&number).into_iter().flatten() {
            if *untouched && place < 64 {
                inert |= 1 << place;
            }
            place += 1;
        }
    }
    inert
}

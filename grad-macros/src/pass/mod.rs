//! Simplification: equal pure values become one, literal conditions choose their side, loops carry
//! only what changes, and what nothing reads goes.

mod dead;
mod fold;

use std::collections::HashSet;

use crate::ir::Graph;

/// Simplifies the graph in place.
pub(crate) fn simplify(graph: &mut Graph) {
    let regions: Vec<_> = [Some(graph.body), graph.pull]
        .into_iter()
        .flatten()
        .collect();
    let mut fold = fold::Fold::new(graph);
    for region in &regions {
        fold.region(*region);
    }
    let mut live = HashSet::new();
    for region in regions.iter().rev() {
        dead::remove_dead(graph, *region, &mut live);
    }
}

//! Whether a function that returns a reference does more than look for the place.

use crate::ir::{Graph, Slot};

/// Whether the function writes what its parameters hold.
pub(crate) fn changes_parameters(graph: &Graph) -> bool {
    let parameters: Vec<_> = graph.params.iter().map(|p| p.slot).collect();
    graph.sites_within(graph.body).into_iter().any(|id| {
        let writes = graph.site(id).kind.writes();
        writes
            .iter()
            .any(|path| parameters.contains(&Slot::Memory(path.root)))
    })
}

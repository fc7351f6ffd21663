//! Values that become the content of a variable though they are needed once more.

use std::collections::HashSet;

use crate::ir::{Graph, Kind, Site, Value};

/// Values that a variable of the primal sweep is made of and that the reverse sweep is handed besides.
pub(super) fn held_values(graph: &Graph) -> HashSet<Value> {
    let pull = graph.pull.map(|pull| graph.sites_within(pull));
    let read = pull
        .into_iter()
        .flatten()
        .flat_map(|id| graph.site(id).reads());
    let hands_over = |site: &&Site| matches!(site.kind, Kind::Pack { .. } | Kind::Push(_));
    let handed = graph.sites.iter().filter(hands_over);
    let needed: HashSet<Value> = handed
        .flat_map(|site| site.operands.iter().copied())
        .chain(read)
        .collect();
    let primal = graph.sites_within(graph.body).into_iter();
    let content = primal.filter_map(|id| match graph.site(id).kind {
        Kind::Allocate(_) => graph.site(id).operands.first().copied(),
        _ => None,
    });
    content.filter(|value| needed.contains(value)).collect()
}

//! Values that become the content of a variable, or a part of a struct, though they are needed once more.

use std::collections::HashSet;

use crate::ir::{Graph, Kind, Site, Value};

/// Values that a variable or a struct of the primal sweep is made of and that the reverse sweep is handed
/// besides.
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
    let content = primal.flat_map(|id| {
        let site = graph.site(id);
        let moved = match site.kind {
            Kind::Allocate(_) => 1,
            Kind::Record(_) => site.operands.len(),
            _ => 0,
        };
        site.operands.iter().take(moved).copied()
    });
    content.filter(|value| needed.contains(value)).collect()
}

/// Tangents of structs that become the content of a place though they are read later: a struct that can
/// be copied is used as often as one likes, but what is its tangent in lanes is moved.
pub(super) fn moved_before(graph: &Graph, is_tangent: impl Fn(Value) -> bool) -> HashSet<Value> {
    let mut moved: HashSet<Value> = HashSet::new();
    let mut held = HashSet::new();
    for id in graph.sites_within(graph.body) {
        let site = graph.site(id);
        held.extend(site.reads().into_iter().filter(|v| moved.contains(v)));
        if let (Kind::Allocate(_) | Kind::Store(_) | Kind::Append(_), [value]) =
            (&site.kind, site.operands.as_slice())
        {
            if is_tangent(*value) && !graph.ty(*value).is_scalar() {
                moved.insert(*value);
            }
        }
    }
    let regions = graph.regions_within(graph.body).into_iter();
    let yields = regions.flat_map(|region| graph.block(region).yields.iter().copied());
    held.extend(yields.filter(|v| moved.contains(v)));
    held
}

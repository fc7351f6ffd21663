//! Float arithmetic whose operands a loop does not change moves in front of the loop.
//!
//! It cannot fail, so that it may run even where the loop does not. Integers stay: they overflow and
//! are divided by zero.

use std::collections::HashSet;

use crate::ir::{Graph, Kind, Region, SiteId, Ty, Value};

/// Works from the innermost loops out.
pub(super) fn hoist(graph: &mut Graph, region: Region) {
    let mut sites = Vec::new();
    for id in graph.block(region).sites.clone() {
        for inner in graph.site(id).regions.clone() {
            hoist(graph, inner);
        }
        if graph.site(id).kind.is_loop() {
            for inner in graph.site(id).regions.clone() {
                sites.extend(take_fixed(graph, inner));
            }
        }
        sites.push(id);
    }
    graph.block_mut(region).sites = sites;
}

/// Takes out of a loop's region what is fixed.
fn take_fixed(graph: &mut Graph, region: Region) -> Vec<SiteId> {
    let mut inside: HashSet<Value> = graph.defined_within(&[region]);
    let mut fixed = Vec::new();
    let mut kept = Vec::new();
    for id in graph.block(region).sites.clone() {
        let site = graph.site(id);
        let literal = matches!(site.kind, Kind::Literal(_));
        let float = site
            .results
            .iter()
            .chain(&site.operands)
            .all(|v| matches!(graph.ty(*v), Ty::Float(_)));
        let movable = literal || matches!(site.kind, Kind::Apply(_)) && float;
        if movable && site.operands.iter().all(|v| !inside.contains(v)) {
            inside.remove(&site.results[0]);
            fixed.push(id);
        } else {
            kept.push(id);
        }
    }
    graph.block_mut(region).sites = kept;
    fixed
}

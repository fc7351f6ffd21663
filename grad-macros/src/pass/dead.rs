//! Removes sites that have no effect and whose results nothing reads.

use std::collections::HashSet;

use crate::ir::{Graph, Kind, Region, SiteId, Value};

/// Walks the region backwards; `live` holds what is read after it.
pub(super) fn remove_dead(graph: &mut Graph, region: Region, live: &mut HashSet<Value>) {
    live.extend(graph.block(region).yields.iter().copied());
    let mut kept = Vec::new();
    for id in graph.block(region).sites.clone().into_iter().rev() {
        if !is_needed(graph, id, live) {
            continue;
        }
        for inner in graph.site(id).regions.clone().into_iter().rev() {
            remove_dead(graph, inner, live);
        }
        live.extend(graph.site(id).reads());
        kept.push(id);
    }
    kept.reverse();
    graph.block_mut(region).sites = kept;
}

fn is_needed(graph: &Graph, id: SiteId, live: &HashSet<Value>) -> bool {
    let site = graph.site(id);
    site.kind.has_effect()
        || matches!(site.kind, Kind::Allocate(_))
        || site.results.iter().any(|v| live.contains(v))
        || site.regions.iter().any(|region| {
            graph
                .sites_within(*region)
                .into_iter()
                .any(|inner| graph.site(inner).kind.has_effect())
        })
}

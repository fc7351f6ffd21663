//! One addition for several to the same place: what is added is summed first.
//!
//! Only cotangents may be summed in another order: places of the user's function are left alone.
//! Additions wait until something else uses their variable, and then run in the order in which the
//! places came first.

use std::collections::HashSet;

use crate::ir::{Graph, Kind, Op, Path, Region, SiteId, Var};

/// Merges within each region; `shadows` are the variables that hold cotangents.
pub(super) fn merge_sums(graph: &mut Graph, region: Region, shadows: &HashSet<Var>) {
    for inner in graph.regions_within(region) {
        let mut waiting: Vec<(Path, Vec<SiteId>)> = Vec::new();
        let mut sites = Vec::new();
        for id in std::mem::take(&mut graph.block_mut(inner).sites) {
            if let Some(path) = addition(graph, id, shadows) {
                match waiting.iter_mut().find(|(other, _)| *other == path) {
                    Some((_, parts)) => parts.push(id),
                    None => waiting.push((path, vec![id])),
                }
                continue;
            }
            let used = variables_used(graph, id);
            let (now, later) = waiting
                .into_iter()
                .partition(|(path, _)| used.contains(&path.root));
            flush(graph, now, &mut sites);
            waiting = later;
            sites.push(id);
        }
        flush(graph, waiting, &mut sites);
        graph.block_mut(inner).sites = sites;
    }
}

fn addition(graph: &Graph, id: SiteId, shadows: &HashSet<Var>) -> Option<Path> {
    let site = graph.site(id);
    match &site.kind {
        Kind::Accumulate(path)
            if shadows.contains(&path.root) && graph.ty(site.operands[0]).is_scalar() =>
        {
            Some(path.clone())
        }
        _ => None,
    }
}

fn variables_used(graph: &Graph, id: SiteId) -> HashSet<Var> {
    let site = graph.site(id);
    let inside = site.regions.iter().flat_map(|r| graph.sites_within(*r));
    let mut paths = site.paths();
    paths.extend(inside.flat_map(|id| graph.site(id).paths()));
    paths.into_iter().map(|path| path.root).collect()
}

/// Writes what waits, one addition a place.
fn flush(graph: &mut Graph, waiting: Vec<(Path, Vec<SiteId>)>, sites: &mut Vec<SiteId>) {
    for (_, parts) in waiting {
        let mut parts = parts.into_iter();
        let Some(first) = parts.next() else { continue };
        for next in parts {
            let (a, b) = (graph.site(first).operands[0], graph.site(next).operands[0]);
            let (ty, span) = (graph.ty(b).clone(), graph.site(next).span);
            let sum = graph.new_site(Kind::Apply(Op::Add), vec![a, b], Vec::new(), vec![ty], span);
            graph.site_mut(first).operands[0] = graph.site(sum).results[0];
            sites.push(sum);
        }
        sites.push(first);
    }
}

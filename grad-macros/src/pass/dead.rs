//! Removes sites that have no effect and whose results nothing reads, and what loops and branches
//! carry for nobody.

use std::collections::HashSet;

use crate::ir::{Graph, Kind, Region, SiteId, Step, Value};

/// Walks the region backwards; `live` holds what is read after it.
pub(super) fn remove_dead(graph: &mut Graph, region: Region, live: &mut HashSet<Value>) {
    live.extend(graph.block(region).yields.iter().copied());
    let mut kept = Vec::new();
    for id in graph.block(region).sites.clone().into_iter().rev() {
        if !is_needed(graph, id, live) {
            continue;
        }
        let wanted = wanted_results(graph, id, live);
        drop_unwanted(graph, id, &wanted);
        for inner in graph.site(id).regions.clone().into_iter().rev() {
            remove_dead(graph, inner, live);
        }
        live.extend(graph.site(id).reads());
        kept.push(id);
    }
    kept.reverse();
    graph.block_mut(region).sites = kept;
}

/// Of the checks keeps those that nothing reads, and adds reads of elements that nothing reads: what is
/// out of bounds or overflows there panics in the derivatives too.
pub(super) fn keep_checks(graph: &mut Graph) {
    let candidates = std::mem::take(&mut graph.checks);
    let mut bare = graph.clone();
    let body = bare.body;
    remove_dead(&mut bare, body, &mut HashSet::new());
    let read: HashSet<SiteId> = bare.sites_within(body).into_iter().collect();
    let may_panic = |id: &SiteId| match &graph.site(*id).kind {
        Kind::Load(path) => path.steps.iter().any(is_checked),
        _ => candidates.contains(id),
    };
    let unread = graph.sites_within(body).into_iter();
    graph.checks = unread
        .filter(|id| !read.contains(id))
        .filter(may_panic)
        .collect();
}

fn is_checked(step: &Step) -> bool {
    matches!(step, Step::Index(_) | Step::Range { .. })
}

fn is_needed(graph: &Graph, id: SiteId, live: &HashSet<Value>) -> bool {
    let site = graph.site(id);
    let stays = |id: SiteId| graph.site(id).kind.has_effect() || graph.checks.contains(&id);
    stays(id)
        || matches!(site.kind, Kind::Allocate(_))
        || site.results.iter().any(|v| live.contains(v))
        || site.regions.iter().any(|region| {
            let inside = graph.sites_within(*region);
            inside.into_iter().any(stays)
        })
}

/// Which results of a site with regions are needed: those read later and, of a loop, those an
/// iteration reads of the one before.
fn wanted_results(graph: &Graph, id: SiteId, live: &HashSet<Value>) -> Vec<bool> {
    let site = graph.site(id);
    let mut wanted: Vec<bool> = site.results.iter().map(|v| live.contains(v)).collect();
    let (skip, exits) = match &site.kind {
        Kind::For(range) => (1, range.exits),
        Kind::While => (0, false),
        _ => return wanted,
    };
    if exits {
        wanted[0] = true;
    }
    loop {
        let mut inside = HashSet::new();
        for region in &site.regions {
            let block = graph.block(*region);
            let is_body = Some(region) == site.regions.last();
            let yields = block.yields.iter().enumerate();
            inside.extend(
                yields
                    .filter(|(k, _)| !is_body || wanted[*k])
                    .map(|(_, v)| *v),
            );
            mark_live(graph, *region, &mut inside);
        }
        let before = wanted.clone();
        for region in &site.regions {
            let skip = if Some(region) == site.regions.last() {
                skip
            } else {
                0
            };
            let args = &graph.block(*region).args[skip..];
            for (k, arg) in args.iter().enumerate() {
                wanted[k] |= inside.contains(arg);
            }
        }
        if wanted == before {
            return wanted;
        }
    }
}

/// Adds to `live` what the sites of a region read to give what is live behind them.
fn mark_live(graph: &Graph, region: Region, live: &mut HashSet<Value>) {
    for id in graph.block(region).sites.iter().rev() {
        if !is_needed(graph, *id, live) {
            continue;
        }
        let site = graph.site(*id);
        let wanted = wanted_results(graph, *id, live);
        for inner in site.regions.iter().rev() {
            let block = graph.block(*inner);
            let is_last = Some(inner) == site.regions.last();
            let all = site.kind == Kind::While && !is_last;
            let yields = block.yields.iter().enumerate();
            live.extend(yields.filter(|(k, _)| all || wanted[*k]).map(|(_, v)| *v));
            mark_live(graph, *inner, live);
        }
        let first = match &site.kind {
            Kind::For(range) => range.first_carried(),
            Kind::While => 0,
            _ => {
                live.extend(site.reads());
                continue;
            }
        };
        let operands = site.operands.iter().enumerate();
        live.extend(
            operands
                .filter(|(k, _)| *k < first || wanted[*k - first])
                .map(|(_, v)| *v),
        );
    }
}

/// Takes away the results nobody wants, with what gives them.
fn drop_unwanted(graph: &mut Graph, id: SiteId, wanted: &[bool]) {
    let site = graph.site(id).clone();
    let (first, skip) = match &site.kind {
        Kind::For(range) => (Some(range.first_carried()), 1),
        Kind::While => (Some(0), 0),
        Kind::If | Kind::Unpack => (None, 0),
        _ => return,
    };
    for k in (0..wanted.len()).rev().filter(|k| !wanted[*k]) {
        for region in &site.regions {
            let is_body = Some(region) == site.regions.last();
            let block = graph.block_mut(*region);
            if first.is_some() {
                block.args.remove(k + if is_body { skip } else { 0 });
            }
            if first.is_none() || is_body {
                block.yields.remove(k);
            }
        }
        let own = graph.site_mut(id);
        own.results.remove(k);
        if let Some(first) = first {
            own.operands.remove(first + k);
        }
    }
}

//! A tangent that is put into a variable only to be copied out of it is handed on as it is.
//!
//! What a call is given by value stands in a variable first, and so does its tangent. Where the
//! element of a vector is made so, that is one copy of it too many:
//!
//! ```text
//! allocate temporary_dot <- %4
//! %5 = copy temporary_dot          ->    append transforms_dot <- %4
//! append transforms_dot <- %5
//! ```

use std::collections::HashMap;

use crate::ir::{Graph, Kind, Region, SiteId, Storage, Value, Var};

/// Does so in a region and inside it.
pub(super) fn hand_on(graph: &mut Graph, region: Region) {
    let mut mentions: HashMap<Var, usize> = HashMap::new();
    for id in graph.sites_within(region) {
        let site = graph.site(id);
        let made = match site.kind {
            Kind::Allocate(var) => Some(var),
            _ => None,
        };
        let paths = site.paths().into_iter().map(|path| path.root);
        for var in made.into_iter().chain(paths) {
            *mentions.entry(var).or_default() += 1;
        }
    }
    for inner in graph.regions_within(region) {
        let through = through(graph, inner, &mentions);
        for (allocate, copy) in through {
            let value = graph.site(allocate).operands[0];
            let copied = graph.site(copy).results[0];
            let sites = &mut graph.block_mut(inner).sites;
            sites.retain(|id| *id != allocate && *id != copy);
            graph.substitute(inner, &HashMap::from([(copied, value)]));
        }
    }
}

/// Where a variable of the block is made and where it is copied, nothing else being done with it or,
/// from there on, with the value it was made of.
fn through(graph: &Graph, region: Region, mentions: &HashMap<Var, usize>) -> Vec<(SiteId, SiteId)> {
    let block = graph.block(region);
    let mut made: HashMap<Var, (usize, SiteId, Value)> = HashMap::new();
    let mut found = Vec::new();
    for (at, id) in block.sites.iter().enumerate() {
        let site = graph.site(*id);
        match (&site.kind, site.operands.as_slice()) {
            (Kind::Allocate(var), [value]) => {
                let info = graph.var(*var);
                if info.tangent && info.storage == Storage::Owned && mentions[var] == 2 {
                    made.insert(*var, (at, *id, *value));
                }
            }
            (Kind::Copy(path), _) if path.steps.is_empty() => {
                let Some((start, allocate, value)) = made.remove(&path.root) else {
                    continue;
                };
                let later = &block.sites[start + 1..];
                let read = |id: &SiteId| {
                    let inside = graph.site(*id).regions.iter();
                    let inside = inside.flat_map(|inner| graph.regions_within(*inner));
                    inside
                        .flat_map(|inner| graph.block(inner).yields.iter())
                        .any(|v| *v == value)
                        || reads(graph, *id, value)
                };
                if !later.iter().any(read) && !block.yields.contains(&value) {
                    found.push((allocate, *id));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether the site or one inside it reads the value.
fn reads(graph: &Graph, id: SiteId, value: Value) -> bool {
    let site = graph.site(id);
    let inside = site
        .regions
        .iter()
        .flat_map(|inner| graph.sites_within(*inner));
    site.reads().contains(&value)
        || inside
            .into_iter()
            .any(|id| graph.site(id).reads().contains(&value))
}

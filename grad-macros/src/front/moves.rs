//! Moves out of variables inside loops.
//!
//! In the source, control leaves the loop after the move (`return v`, `break v`) or the variable is
//! given a new content. In the graph control does not leave, so rustc would see a move in each
//! iteration: what is moved out of a variable from outside the loop is copied, unless a store follows.

use std::collections::{HashMap, HashSet};

use crate::ir::{Graph, Kind, Region, SiteId, Storage, Var};

/// Turns such moves into copies.
pub(super) fn copy_moved_in_loops(graph: &mut Graph) {
    let mut moves = Moves::default();
    moves.region(graph, graph.body, 0, &HashSet::new());
    for site in moves.found {
        if let Kind::Load(path) = graph.site(site).kind.clone() {
            graph.site_mut(site).kind = Kind::Copy(path);
        }
    }
}

#[derive(Default)]
struct Moves {
    /// In how many loops each variable was made.
    depths: HashMap<Var, usize>,
    found: Vec<SiteId>,
}

impl Moves {
    /// `stored`: what is certainly stored behind the region in the same iteration.
    fn region(&mut self, graph: &Graph, region: Region, depth: usize, stored: &HashSet<Var>) {
        let sites = &graph.block(region).sites;
        for (k, id) in sites.iter().enumerate() {
            let site = graph.site(*id);
            match &site.kind {
                Kind::Allocate(var) => {
                    self.depths.insert(*var, depth);
                }
                Kind::Load(path) if path.steps.is_empty() => {
                    let var = path.root;
                    let owned = graph.var(var).storage == Storage::Owned;
                    let made = self.depths.get(&var).copied().unwrap_or(0);
                    let is_stored = || {
                        stored.contains(&var) || stored_in(graph, &sites[k + 1..]).contains(&var)
                    };
                    if owned
                        && made < depth
                        && !graph.ty(site.results[0]).is_scalar()
                        && !is_stored()
                    {
                        self.found.push(*id);
                    }
                }
                _ if site.regions.is_empty() => {}
                _ if site.kind.is_loop() => {
                    for inner in &site.regions {
                        self.region(graph, *inner, depth + 1, &HashSet::new());
                    }
                }
                _ => {
                    let mut stored = stored.clone();
                    stored.extend(stored_in(graph, &sites[k + 1..]));
                    for inner in &site.regions {
                        self.region(graph, *inner, depth, &stored);
                    }
                }
            }
        }
    }
}

/// The variables that these sites give a new content.
fn stored_in(graph: &Graph, sites: &[SiteId]) -> HashSet<Var> {
    let stored = |id: &SiteId| match &graph.site(*id).kind {
        Kind::Store(path) if path.steps.is_empty() => Some(path.root),
        _ => None,
    };
    sites.iter().filter_map(stored).collect()
}

//! What stays the same in every iteration of a loop.

use std::collections::HashSet;

use crate::ir::{Arg, Graph, Kind, Path, Region, SiteId, Value, Var};

/// What an iteration changes. Indices of inner loops count as fixed where their ranges are: they
/// take the same values in every iteration.
pub(super) struct Fixed {
    varying: HashSet<Value>,
    /// Memory that may be written.
    changed: HashSet<Var>,
}

impl Fixed {
    /// Of the loop with this body.
    pub(super) fn of(graph: &Graph, body: Region) -> Self {
        let sites = graph.sites_within(body);
        let mut fixed = Fixed {
            varying: graph.block(body).args.iter().copied().collect(),
            changed: sites
                .into_iter()
                .flat_map(|id| changed(graph, id))
                .collect(),
        };
        // What a loop carries is fixed until something says otherwise.
        loop {
            let before = fixed.varying.len();
            fixed.mark(graph, body);
            if fixed.varying.len() == before {
                return fixed;
            }
        }
    }

    pub(super) fn has(&self, value: Value) -> bool {
        !self.varying.contains(&value)
    }

    /// Whether the path leads to the same place.
    pub(super) fn has_path(&self, path: &Path) -> bool {
        path.values().into_iter().all(|v| self.has(v))
    }

    fn mark(&mut self, graph: &Graph, region: Region) {
        for id in &graph.block(region).sites {
            let site = graph.site(*id);
            let varies = !site.reads().into_iter().all(|v| self.has(v));
            let varies = match &site.kind {
                kind if kind.is_pure() => varies,
                Kind::Load(path) | Kind::Length(path) => {
                    varies || self.changed.contains(&path.root)
                }
                Kind::For(range) => {
                    let first = range.first_carried();
                    let bounds = site.operands[..first].iter().all(|v| self.has(*v));
                    self.mark_loop(graph, *id, first, bounds && !range.exits);
                    continue;
                }
                _ => {
                    for inner in &site.regions {
                        self.varying.extend(&graph.block(*inner).args);
                        self.mark(graph, *inner);
                    }
                    true
                }
            };
            if varies {
                self.varying.extend(&site.results);
            }
        }
    }

    fn mark_loop(&mut self, graph: &Graph, id: SiteId, first: usize, counted: bool) {
        let site = graph.site(id);
        let block = graph.block(site.regions[0]);
        if !counted {
            self.varying.insert(block.args[0]);
        }
        for (k, result) in site.results.iter().enumerate() {
            let same = self.has(site.operands[first + k]) && self.has(block.yields[k]);
            if !(counted && same) {
                self.varying.extend([*result, block.args[k + 1]]);
            }
        }
        self.mark(graph, site.regions[0]);
    }
}

/// The variables that a site may change or empty.
fn changed(graph: &Graph, id: SiteId) -> Vec<Var> {
    let site = graph.site(id);
    match &site.kind {
        Kind::Load(_)
        | Kind::Length(_)
        | Kind::Copy(_)
        | Kind::Save(..)
        | Kind::Matches(..)
        | Kind::Opaque { .. } => Vec::new(),
        Kind::Call(call) | Kind::CallVjp(call) => {
            let moved = call.args.iter().filter_map(|arg| match arg {
                Arg::Move(path) => Some(path),
                _ => None,
            });
            let roots = moved.chain(site.kind.writes()).map(|path| path.root);
            roots.chain(graph.mutable_receiver(&site.kind)).collect()
        }
        Kind::Pull { bars, .. } => bars.iter().flatten().map(|path| path.root).collect(),
        Kind::Allocate(var) => vec![*var],
        _ => site.paths().into_iter().map(|path| path.root).collect(),
    }
}

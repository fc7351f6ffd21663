//! Loops over tangents of which most are zero.
//!
//! Several directions at once move little of what a loop goes over: of the bones of a hand those of
//! one finger. The body then stands twice, once for an element whose tangents are all zero:
//!
//! ```text
//! %1 = vanishes bones_dot[%i]
//! %out, %out_dot = if %1 { .. the tangents of bones[%i] do not exist .. } else { .. }
//! ```
//!
//! Zero times a partial that is infinite is zero there: what does not move does not count.

use std::collections::{HashMap, HashSet};

use super::forward::Push;
use super::push_one;
use crate::ir::{Arg, Discrete, Kind, Path, Region, Site, SiteId, Step, Ty, Value};
use crate::stages::Tangents;

impl Push {
    /// Elements that the body of a counted loop differentiates and does not change, whose tangents
    /// are worth a look each time.
    pub(super) fn guards(&self, site: &Site, body: Region) -> Vec<Path> {
        if self.tangents != Tangents::Lanes || !matches!(site.kind, Kind::For(_)) {
            return Vec::new();
        }
        let graph = &self.graph;
        let inside = graph.defined_within(&[body]);
        let index = graph.block(body).args.first().copied();
        let known = |v: &Value| Some(*v) == index || !inside.contains(v);
        let written: HashSet<_> = graph
            .sites_within(body)
            .into_iter()
            .flat_map(|id| {
                graph
                    .site(id)
                    .kind
                    .writes()
                    .into_iter()
                    .map(|path| path.root)
            })
            .collect();
        let mut guards: Vec<Path> = Vec::new();
        for id in &graph.block(body).sites {
            for path in looked_at(graph.site(*id)) {
                let [Step::Index(at), rest @ ..] = path.steps.as_slice() else {
                    continue;
                };
                let fields = rest.iter().all(|step| matches!(step, Step::Field(_)));
                let scalar = graph.var(path.root).ty.element().is_scalar();
                let moves = self.shadow(path).is_some() && self.active.site(graph.site(*id));
                if fields && !scalar && known(at) && moves && !written.contains(&path.root) {
                    guards.push(path.clone());
                }
            }
        }
        guards.sort_by_key(|path| path.steps.len());
        let mut shortest: Vec<Path> = Vec::new();
        for path in guards {
            let within =
                |other: &Path| other.root == path.root && path.steps.starts_with(&other.steps);
            if !shortest.iter().any(within) {
                shortest.push(path);
            }
        }
        shortest
    }

    /// Differentiates the body twice, for `guards` that are zero and for others. The carried values
    /// numbered so have tangents.
    pub(super) fn guarded(&mut self, body: Region, guards: Vec<Path>, carried: &[usize]) {
        let span = self.graph.value(self.graph.block(body).args[0]).span;
        let live = self.graph.new_region();
        let block = self.graph.block_mut(body);
        let (sites, yields) = (
            std::mem::take(&mut block.sites),
            std::mem::take(&mut block.yields),
        );
        *self.graph.block_mut(live) = crate::ir::Block {
            args: Vec::new(),
            sites,
            yields: yields.clone(),
        };
        let mut copies = HashMap::new();
        let zero = self.copy_region(live, &mut copies);
        let mut condition: Option<Value> = None;
        let shadows: Vec<Path> = guards.iter().filter_map(|path| self.shadow(path)).collect();
        for path in shadows {
            let kind = Kind::Vanishes(path);
            let one = push_one(&mut self.graph, body, kind, Vec::new(), Ty::Bool, span);
            let both = Kind::Discrete(Discrete::And);
            condition = Some(match condition {
                None => one,
                Some(all) => push_one(&mut self.graph, body, both, vec![all, one], Ty::Bool, span),
            });
        }
        let before = self.absent.len();
        self.absent.extend(guards);
        self.region(zero);
        self.absent.truncate(before);
        self.region(live);
        let tys = yields.iter().map(|v| self.graph.ty(*v).clone()).collect();
        let chosen = self.graph.new_site(
            Kind::If,
            condition.into_iter().collect(),
            vec![zero, live],
            tys,
            span,
        );
        let results = self.graph.site(chosen).results.clone();
        for (value, result) in yields.iter().zip(&results) {
            let name = self.graph.value(*value).name.clone();
            self.graph.value_mut(*result).name = name;
        }
        for k in carried {
            for side in [zero, live] {
                let value = self.graph.block(side).yields[*k];
                let dot = self.dot_or_zero(side, value);
                self.graph.block_mut(side).yields.push(dot);
            }
            self.add_result(chosen, results[*k]);
        }
        let block = self.graph.block_mut(body);
        block.sites.push(chosen);
        block.yields = results;
    }

    /// A copy of the region, in which `copies` gives the values their new names.
    fn copy_region(&mut self, region: Region, copies: &mut HashMap<Value, Value>) -> Region {
        let copy = self.graph.new_region();
        let block = self.graph.block(region).clone();
        for arg in block.args {
            let info = self.graph.value(arg).clone();
            let new = self.graph.new_arg(copy, info.ty, info.span);
            self.rename(arg, new, copies);
        }
        for id in block.sites {
            let again = self.copy_site(id, copies);
            self.graph.block_mut(copy).sites.push(again);
        }
        let yields = block.yields.iter();
        self.graph.block_mut(copy).yields = yields
            .map(|v| copies.get(v).copied().unwrap_or(*v))
            .collect();
        copy
    }

    fn copy_site(&mut self, id: SiteId, copies: &mut HashMap<Value, Value>) -> SiteId {
        let mut site = self.graph.site(id).clone();
        site.each_read(&mut |v| *v = copies.get(v).copied().unwrap_or(*v));
        let regions: Vec<Region> = site.regions.clone();
        let regions = regions
            .into_iter()
            .map(|inner| self.copy_region(inner, copies))
            .collect();
        let tys = site.results.iter().map(|v| self.graph.ty(*v).clone());
        let tys = tys.collect();
        let again = self
            .graph
            .new_site(site.kind, site.operands, regions, tys, site.span);
        if let Some(tape) = self.memo.tapes.get(&id).copied() {
            self.memo.tapes.insert(again, tape);
        }
        for (old, new) in site
            .results
            .iter()
            .zip(self.graph.site(again).results.clone())
        {
            self.rename(*old, new, copies);
        }
        again
    }

    fn rename(&mut self, old: Value, new: Value, copies: &mut HashMap<Value, Value>) {
        let name = self.graph.value(old).name.clone();
        self.graph.value_mut(new).name = name;
        if self.active.values.contains(&old) {
            self.active.values.insert(new);
        }
        copies.insert(old, new);
    }
}

/// Places whose content, a struct, the site passes on to a function or takes as it is.
fn looked_at(site: &Site) -> Vec<&Path> {
    match &site.kind {
        Kind::Call(call) => {
            let read = call.args.iter().filter_map(|arg| match arg {
                Arg::Move(path) | Arg::Ref(path) | Arg::Receiver(path) => Some(path),
                _ => None,
            });
            read.collect()
        }
        Kind::Load(path) | Kind::Copy(path) => vec![path],
        _ => Vec::new(),
    }
}

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
//! Where a loop goes over no structs, the tangents of those it finds are asked instead: they were looked
//! at before the loop (`settle`), so that this costs one load.
//!
//! Zero times a partial that is infinite is zero there: what does not move does not count.

use std::collections::{HashMap, HashSet};

use super::forward::Push;
use super::{push, push_one};
use crate::ir::{Arg, Discrete, Kind, Path, Region, Site, SiteId, Step, Storage, Ty, Value};
use crate::stages::Tangents;

/// How many sites a body may have that stands twice.
const MOST_SITES: usize = 100;

impl Push {
    /// What the body of a counted loop differentiates and does not change, and whose tangents are
    /// worth a look each time: elements that are structs, else structs made before the loop.
    pub(super) fn guards(&self, site: &Site, body: Region) -> Vec<Path> {
        let graph = &self.graph;
        let sites = graph.sites_within(body);
        let counted = matches!(site.kind, Kind::For(_)) && sites.len() <= MOST_SITES;
        if self.tangents != Tangents::Lanes || !counted {
            return Vec::new();
        }
        let written: HashSet<_> = sites
            .iter()
            .flat_map(|id| graph.site(*id).kind.writes())
            .map(|path| path.root)
            .collect();
        let own = graph.block(body).sites.iter().map(|id| graph.site(*id));
        let moved: Vec<&Path> = own
            .filter(|site| self.active.site(site))
            .flat_map(looked_at)
            .filter(|path| self.shadow(path).is_some() && !written.contains(&path.root))
            .collect();
        let inside = graph.defined_within(&[body]);
        let index = graph.block(body).args.first().copied();
        let elements = moved.iter().filter(|path| match path.steps.as_slice() {
            [Step::Index(at), rest @ ..] => {
                rest.iter().all(|step| matches!(step, Step::Field(_)))
                    && !graph.var(path.root).ty.element().is_scalar()
                    && (Some(*at) == index || !inside.contains(at))
            }
            _ => false,
        });
        let elements = outermost(elements.map(|path| (*path).clone()).collect());
        if !elements.is_empty() {
            return elements;
        }
        let structs = moved.into_iter().filter(|path| {
            // What has fields is a struct or a tuple, and no vector.
            let fields = path.steps.iter().all(|step| matches!(step, Step::Field(_)));
            fields && !path.steps.is_empty()
        });
        outermost(structs.map(|path| Path::of(path.root)).collect())
    }

    /// Has the structs among `guards` looked at before the loop.
    pub(super) fn settle(&mut self, region: Region, guards: &[Path]) {
        for path in guards.iter().filter(|path| path.steps.is_empty()) {
            let shadow = self.shadow(path).filter(|shadow| {
                let var = self.graph.var(shadow.root);
                var.storage == Storage::Owned && var.mutable
            });
            if let Some(shadow) = shadow {
                let span = self.graph.var(path.root).span;
                let kind = Kind::Settle(shadow);
                push(&mut self.graph, region, kind, Vec::new(), Vec::new(), span);
            }
        }
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
            checkpoint: None,
            private: None,
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
            self.slopes.copy(old, new);
        }
        copies.insert(old, new);
    }
}

/// The paths without those that lie within others.
fn outermost(mut paths: Vec<Path>) -> Vec<Path> {
    paths.sort_by_key(|path| path.steps.len());
    let mut outermost: Vec<Path> = Vec::new();
    for path in paths {
        let within = |other: &Path| other.root == path.root && path.steps.starts_with(&other.steps);
        if !outermost.iter().any(within) {
            outermost.push(path);
        }
    }
    outermost
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
        Kind::Load(path) | Kind::Copy(path) | Kind::Borrow(path) => vec![path],
        _ => Vec::new(),
    }
}

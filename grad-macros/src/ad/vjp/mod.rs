//! Reverse mode: a pullback that walks the sites backwards and adds into cotangents.
//!
//! The reverse code of a region is built first, naming primal values as if all were at hand; then
//! [`super::residuals`] decides for each of them whether it is kept or computed again.

mod again;
mod branches;
mod calls;
mod checkpoint;
mod chosen;
mod fuse;
mod inverse;
mod legal;
mod loops;
mod memory;
mod order;
mod segment;
mod straight;

use std::collections::{HashMap, HashSet};

use proc_macro2::Span;

use super::again_texts::resolve_texts;
use super::borrowed::copy_unstable;
use super::idle::idle;
use super::inert_views::with_own_views;
use super::residuals::Residuals;
use super::residuals::kept::copy_moved;
use super::{Activity, push, push_one};
use crate::ir::{
    Assumed, Graph, Kind, Op, Output, Path, Region, SiteId, Slot, Step, Storage, Ty, Value, Var,
    VarInfo,
};
use crate::stages::Reverse;

pub(super) use again::Copied;
pub(crate) use order::carries;

/// Cotangents of the values of one region, and of values outside it, while it is walked.
type Bars = HashMap<Value, Value>;

struct Pull {
    graph: Graph,
    active: Activity,
    /// Values whose cotangent may be zero because a run went another way.
    idle: HashSet<Value>,
    shadows: HashMap<Var, Var>,
    residuals: Residuals,
    /// Sites to put into primal regions, after the site named.
    after: HashMap<SiteId, Vec<SiteId>>,
    before: HashMap<SiteId, Vec<SiteId>>,
    snapshots: Vec<calls::Snapshot>,
    /// Regions of the reverse in which segments of loops under `checkpoint` are run again.
    segments: Vec<Region>,
    /// The number of the site behind which the shadow of a variable is there, where the reverse
    /// follows at once.
    shadow_after: HashMap<Var, usize>,
    /// Variables whose shape is read where they may have been moved out: moves of them copy.
    copied: HashSet<Var>,
    /// Whether the reverse of the region being walked stands right behind its primal sites.
    fusing: bool,
    /// For results of loops that the reverse counts back: the value they started from, and the same
    /// in the reverse.
    counted_back: HashMap<Value, (Value, Value)>,
    /// The same for loops whose reverse runs forward, where the last value is the end.
    counted_on: HashMap<Value, (Value, Value)>,
}

/// What a gradient may be built on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trust {
    /// What the function itself shows.
    Nothing,
    /// Sizes and callees that only the run can check ([`Assumed`]).
    Sizes,
}

/// Differentiates in reverse mode: the body, and a pullback that comes later.
pub(crate) fn reverse(graph: &Graph, output: &Output, active: &Activity) -> Reverse {
    let graph = &*with_own_views(graph, active);
    let residuals = Residuals::new(graph);
    let (mut reverse, _) = differentiate(graph, output, active, residuals, false);
    resolve_texts(&mut reverse.graph, &mut Residuals::new(graph));
    Residuals::resolve_function(&mut reverse.graph, &Residuals::new(graph));
    reverse
}

/// Differentiates in reverse mode where the cotangent of the result is known from the start: one
/// body, in which loops that only add up run forward and back in one go ([`fuse`]). With what must
/// hold for it to be right.
pub(crate) fn gradient(
    graph: &Graph,
    output: &Output,
    active: &Activity,
    trust: Trust,
) -> (Reverse, Vec<Assumed>) {
    let graph = &*with_own_views(graph, active);
    let mut residuals = Residuals::new(graph);
    if trust == Trust::Sizes {
        residuals = residuals.trusting();
    }
    let (mut reverse, assumed) = differentiate(graph, output, active, residuals, true);
    if let Some(pull) = reverse.graph.pull.take() {
        let sites = std::mem::take(&mut reverse.graph.block_mut(pull).sites);
        let body = reverse.graph.body;
        reverse.graph.block_mut(body).sites.extend(sites);
    }
    Residuals::resolve_moves(&mut reverse.graph, graph.sites.len());
    (reverse, assumed)
}

fn differentiate(
    graph: &Graph,
    output: &Output,
    active: &Activity,
    residuals: Residuals,
    fusing: bool,
) -> (Reverse, Vec<Assumed>) {
    let mut own = graph.clone();
    copy_unstable(&mut own, &residuals);
    let graph = &own;
    let mut cx = Pull {
        graph: graph.clone(),
        active: active.clone(),
        idle: idle(graph, active),
        shadows: HashMap::new(),
        residuals,
        after: HashMap::new(),
        before: HashMap::new(),
        snapshots: Vec::new(),
        segments: Vec::new(),
        shadow_after: HashMap::new(),
        copied: HashSet::new(),
        fusing,
        counted_back: HashMap::new(),
        counted_on: HashMap::new(),
    };
    let pull = cx.graph.new_region();
    let bars: Vec<_> = graph
        .params
        .iter()
        .map(|p| p.wrt.then(|| cx.declare_bar(p.slot, &p.name)))
        .collect();
    let own = cx.own_shadows(&bars, pull);
    let mut cotangents = Bars::new();
    let seed = cx.seed(output, pull, &mut cotangents);
    cx.region(graph.body, pull, &mut cotangents);
    for (shadow, bar) in own {
        cx.add_whole(shadow, bar, pull);
    }
    for (param, bar) in graph.params.iter().zip(&bars) {
        if let (Slot::Scalar(v), Some(bar)) = (param.slot, bar) {
            if let Some(cotangent) = cotangents.get(&v) {
                push(
                    &mut cx.graph,
                    pull,
                    Kind::Accumulate(Path::of(*bar)),
                    vec![*cotangent],
                    Vec::new(),
                    param.span,
                );
            }
        }
    }
    cx.insert_sites();
    let copied = std::mem::take(&mut cx.copied);
    for region in std::iter::once(cx.graph.body).chain(cx.segments) {
        copy_moved(&mut cx.graph, region, &copied);
    }
    cx.graph.pull = Some(pull);
    let assumed = cx.residuals.assumed();
    let reverse = Reverse {
        graph: cx.graph,
        seed,
        bars,
    };
    (reverse, assumed)
}

impl Pull {
    fn declare_bar(&mut self, slot: Slot, name: &str) -> Var {
        let (ty, span) = match slot {
            Slot::Scalar(v) => (self.graph.ty(v).clone(), self.graph.value(v).span),
            Slot::Memory(var) => (self.graph.var(var).ty.clone(), self.graph.var(var).span),
        };
        let name = format!("{name}_bar");
        let bar = self.graph.new_var(VarInfo {
            name,
            ty,
            storage: Storage::RefMut,
            mutable: true,
            tangent: true,
            span,
        });
        if let Slot::Memory(var) = slot {
            self.shadows.insert(var, bar);
        }
        bar
    }

    fn seed(&mut self, output: &Output, pull: Region, bars: &mut Bars) -> Option<Slot> {
        let yields = self.graph.block(self.graph.body).yields.clone();
        match output {
            Output::Unit | Output::Never => None,
            Output::Leaf => {
                let ty = self.graph.ty(yields[0]).clone();
                let home = if self.fusing { self.graph.body } else { pull };
                let seed = self.graph.new_arg(home, ty, Span::call_site());
                self.graph.value_mut(seed).name = Some("y_bar".to_owned());
                self.add(bars, pull, yields[0], seed);
                Some(Slot::Scalar(seed))
            }
            Output::Tuple(_) => {
                let info = VarInfo {
                    name: "y_bar".to_owned(),
                    ty: Ty::Unknown,
                    storage: Storage::Ref,
                    mutable: false,
                    tangent: true,
                    span: Span::call_site(),
                };
                let var = self.graph.new_var(info);
                let mut leaves = Vec::new();
                leaf_paths(output, Path::of(var), &mut leaves);
                for (value, path) in yields.into_iter().zip(leaves) {
                    if self.active.values.contains(&value) {
                        let ty = self.graph.ty(value).clone();
                        let part = push_one(
                            &mut self.graph,
                            pull,
                            Kind::Load(path),
                            Vec::new(),
                            ty,
                            Span::call_site(),
                        );
                        self.add(bars, pull, value, part);
                    }
                }
                Some(Slot::Memory(var))
            }
        }
    }

    /// Adds a contribution to the cotangent of a value.
    fn add(&mut self, bars: &mut Bars, out: Region, value: Value, contribution: Value) {
        if !self.active.values.contains(&value) {
            return;
        }
        let info = self.graph.value(value).clone();
        let sum = match bars.get(&value) {
            None => contribution,
            Some(before) => push_one(
                &mut self.graph,
                out,
                Kind::Apply(Op::Add),
                vec![*before, contribution],
                info.ty,
                info.span,
            ),
        };
        if let (Some(name), None) = (info.name, &self.graph.value(sum).name) {
            self.graph.value_mut(sum).name = Some(format!("{name}_bar"));
        }
        bars.insert(value, sum);
    }

    fn shadow(&self, path: &Path) -> Option<Path> {
        self.shadows.get(&path.root).map(|var| path.with_root(*var))
    }

    /// Builds into `out` the reverse of `primal`.
    fn region(&mut self, primal: Region, out: Region, bars: &mut Bars) {
        let sites = self.graph.block(primal).sites.clone();
        if self.fusing {
            self.declare_shadows_early(&sites);
        } else {
            self.declare_shadows(&sites, out);
        }
        for id in sites.into_iter().rev() {
            self.site(id, out, bars);
        }
    }

    /// Puts pending sites into their primal regions.
    fn insert_sites(&mut self) {
        if self.before.is_empty() && self.after.is_empty() {
            return;
        }
        let regions = std::iter::once(self.graph.body).chain(self.segments.iter().copied());
        let regions: Vec<Region> = regions
            .flat_map(|region| self.graph.regions_within(region))
            .collect();
        for region in regions {
            let mut sites = Vec::new();
            for id in std::mem::take(&mut self.graph.block_mut(region).sites) {
                sites.extend(self.before.remove(&id).unwrap_or_default());
                sites.push(id);
                sites.extend(self.after.remove(&id).unwrap_or_default());
            }
            self.graph.block_mut(region).sites = sites;
        }
    }
}

fn leaf_paths(output: &Output, path: Path, leaves: &mut Vec<Path>) {
    match output {
        Output::Unit | Output::Never => {}
        Output::Leaf => leaves.push(path),
        Output::Tuple(parts) => {
            for (k, part) in parts.iter().enumerate() {
                leaf_paths(part, path.then(Step::Field(k.to_string())), leaves);
            }
        }
    }
}

//! Keep or compute again: what a reverse sweep needs is copied into it where that is cheaper than to keep it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::again_texts::{is_part, rename};
use super::borrowed::{Lent, is_lent};
use super::cut::{self, Choice};
use super::residuals::kept::Kept;
use super::residuals::{Known, Reads, Residuals};
use crate::ir::{
    Arg, Callee, Cost, Graph, Kind, Path, Region, Site, SiteId, Step, Storage, Ty, Value, Var, row,
};

/// The price of keeping a number, where cheap arithmetic and loads cost 1: it is written, read, and
/// takes room in the cache.
const KEEP: u32 = 24;

/// The price of a division or a function of the mathematical library.
const DEAR: u32 = 4 * KEEP;

/// Whether all that `reversed` reads of the primal regions can be computed again.
pub(super) fn all_again(
    graph: &Graph,
    residuals: &mut Residuals,
    primal: &[Region],
    reversed: Region,
    known: HashMap<Value, Value>,
) -> bool {
    let known = Known {
        values: known,
        opening: Vec::new(),
    };
    let again = Again::new(graph, residuals, primal, known);
    reads_within(graph, reversed)
        .into_iter()
        .all(|value| again.can(graph, value))
}

/// Computes again all that `reversed` reads of the primal regions; [`all_again`] has said yes.
pub(super) fn compute_again(
    graph: &mut Graph,
    residuals: &mut Residuals,
    primal: &[Region],
    reversed: Region,
    known: Known,
) {
    recompute(graph, residuals, primal, reversed, known);
}

/// Computes again, at the start of `reversed`, what is cheap; gives the rest, which must be kept.
pub(super) fn recompute(
    graph: &mut Graph,
    residuals: &mut Residuals,
    primal: &[Region],
    reversed: Region,
    known: Known,
) -> Kept {
    let mut again = Again::new(graph, residuals, primal, known);
    let mut needed = reads_within(graph, reversed);
    let reads = graph.sites_within(reversed);
    let lent = Lent::read(graph, again.residuals, &again.made, &reads);
    needed.extend(&lent.values);
    needed.sort_unstable();
    needed.dedup();
    needed.retain(|value| again.is_open(*value));
    let values: Vec<Value> = cut::kept(&again.choices(graph, &needed), &needed)
        .into_iter()
        .collect();
    for value in &values {
        again.inside.remove(value);
    }
    for value in needed {
        again.copy(graph, value);
    }
    let (made_again, roots) = lent.again(graph, again.residuals, &again.done);
    again.sites.extend(made_again);
    super::borrowed::redirect(graph, reversed, &roots);
    let mut vars: Vec<Var> = (again.sites.iter().copied())
        .chain(graph.sites_within(reversed))
        .flat_map(|id| graph.site(id).needed_paths())
        .map(|path| path.root)
        .filter(|var| again.made.contains(var))
        .collect();
    vars.sort_unstable();
    vars.dedup();
    let remade = again.remake(graph, &mut vars);
    graph.substitute(reversed, &again.done);
    rename(graph, reversed, &remade);
    graph.block_mut(reversed).sites.splice(0..0, again.sites);
    Kept { values, vars }
}

/// The values of a region from which those its reverse names are computed, these included.
pub(super) fn reached(graph: &Graph, primal: Region, reversed: Region) -> HashSet<Value> {
    let inside: HashSet<Value> = graph.defined_in(primal).into_iter().collect();
    let mut queue = reads_within(graph, reversed);
    let mut reached = HashSet::new();
    while let Some(value) = queue.pop() {
        if inside.contains(&value) && reached.insert(value) {
            if let Some(site) = graph.def(value).filter(|site| site.regions.is_empty()) {
                queue.extend(site.reads());
            }
        }
    }
    reached
}

pub(super) fn reads_within(graph: &Graph, region: Region) -> Vec<Value> {
    let mut reads = Vec::new();
    for inner in graph.regions_within(region) {
        for id in &graph.block(inner).sites {
            reads.extend(graph.site(*id).reads());
        }
        reads.extend(graph.block(inner).yields.iter().copied());
    }
    reads.sort_unstable();
    reads.dedup();
    reads
}

/// Whether the value is a scalar: by its type, or as arithmetic is done on it.
pub(super) fn is_number(graph: &Graph, value: Value) -> bool {
    match graph.ty(value) {
        Ty::Unknown => graph
            .sites
            .iter()
            .any(|site| matches!(site.kind, Kind::Apply(_)) && site.operands.contains(&value)),
        ty => ty.is_scalar(),
    }
}

/// Whether a call is arithmetic that is as cheap to do again as to keep: on numbers, and hardly dearer
/// on small structs.
pub(super) fn is_cheap_operator(callee: &Callee) -> bool {
    matches!(callee, Callee::Operator(op) if row(*op).cost == Cost::Cheap)
}

/// Sites computed a second time.
pub(super) struct Again<'r> {
    pub(super) residuals: &'r mut Residuals,
    pub(super) inside: HashSet<Value>,
    pub(super) made: HashSet<Var>,
    pub(super) done: HashMap<Value, Value>,
    pub(super) sites: Vec<SiteId>,
}

impl<'r> Again<'r> {
    pub(super) fn new(
        graph: &Graph,
        residuals: &'r mut Residuals,
        primal: &[Region],
        known: Known,
    ) -> Self {
        let sites = primal.iter().flat_map(|region| &graph.block(*region).sites);
        let made = sites.filter_map(|id| match graph.site(*id).kind {
            Kind::Allocate(var) => Some(var),
            _ => None,
        });
        Again {
            residuals,
            inside: primal
                .iter()
                .flat_map(|region| graph.defined_in(*region))
                .collect(),
            made: made.collect(),
            done: known.values,
            sites: known.opening,
        }
    }

    /// Whether the value must be kept or computed again.
    pub(super) fn is_open(&self, value: Value) -> bool {
        self.inside.contains(&value) && !self.done.contains_key(&value)
    }

    /// Whether the value can be computed again cheaply, without keeping any other.
    pub(super) fn can(&self, graph: &Graph, value: Value) -> bool {
        if !self.is_open(value) {
            return true;
        }
        let reads = graph.def(value).map(Site::reads).unwrap_or_default();
        self.price(graph, value) < KEEP && reads.iter().all(|read| self.can(graph, *read))
    }

    /// What can be done about the needed values and all they are computed from.
    fn choices(&self, graph: &Graph, needed: &[Value]) -> BTreeMap<Value, Choice> {
        let mut choices = BTreeMap::new();
        let mut queue = needed.to_vec();
        while let Some(value) = queue.pop() {
            if choices.contains_key(&value) {
                continue;
            }
            let again = self.price(graph, value);
            let mut operands = match graph.def(value) {
                Some(site) if again < cut::NEVER => site.reads(),
                _ => Vec::new(),
            };
            operands.retain(|operand| self.is_open(*operand));
            queue.extend(&operands);
            let keep = match graph.ty(value) {
                Ty::Bool => KEEP / 4,
                Ty::Array(_) | Ty::Named(_) => 4 * KEEP,
                _ => KEEP,
            };
            choices.insert(
                value,
                Choice {
                    keep,
                    again,
                    operands,
                },
            );
        }
        choices
    }

    /// The price of computing the value from its operands once more.
    pub(super) fn price(&self, graph: &Graph, value: Value) -> u32 {
        let Some(id) = graph.value(value).site else {
            return cut::NEVER;
        };
        let site = graph.site(id);
        let stable = |path: &Path| {
            !self.made.contains(&path.root) && self.residuals.is_stable(graph, path, id)
        };
        let (price, possible) = match &site.kind {
            Kind::Literal(_) | Kind::Constant(_) | Kind::Borrow(_) => (0, true),
            // What is no number may be a reference, which a pullback cannot hold.
            Kind::Discrete(_) if site.operands.iter().any(|v| *graph.ty(*v) == Ty::Inert) => {
                (0, false)
            }
            Kind::Discrete(_) | Kind::Cast(_) | Kind::FloatLike | Kind::IntLike | Kind::Select => {
                (1, true)
            }
            Kind::Call(call) | Kind::CallVjp(call) => (
                1,
                is_cheap_operator(&call.callee)
                    && call.args.iter().filter_map(Arg::path).all(stable),
            ),
            Kind::Apply(op) if row(*op).cost == Cost::Cheap || *graph.ty(value) == Ty::Int => {
                (1, true)
            }
            Kind::Apply(_) => (DEAR, true),
            // A pullback cannot hold a reference.
            Kind::Load(path) if is_lent(graph, self.residuals, value) && stable(path) => (0, true),
            Kind::Load(path) => {
                let possible = !self.made.contains(&path.root) && is_number(graph, value) && {
                    self.residuals.is_stable(graph, path, id)
                        || self
                            .residuals
                            .restorable(graph, path, id, Reads::Element)
                            .is_some()
                };
                (1, possible)
            }
            // Only the shape is looked at, and a number has but one.
            Kind::ZeroLike(path) => {
                let element = matches!(path.steps.as_slice(), [Step::Index(_)])
                    && graph.var(path.root).ty.element().is_scalar();
                // The pullback is not handed what may have changed since.
                let handed = graph.var(path.root).storage != Storage::RefMut;
                (1, element && handed && !self.made.contains(&path.root))
            }
            Kind::Length(path) => (1, stable(path) && graph.var(path.root).ty != Ty::Inert),
            // A way is found by a function of the user's, usually from a few integers.
            Kind::Opaque { captures, .. }
                if *graph.ty(value) == Ty::Way || is_part(graph, site) =>
            {
                (
                    1,
                    captures.iter().all(|(_, capture)| match capture {
                        crate::ir::Capture::Place(path, _) => stable(path),
                        crate::ir::Capture::Value(_) | crate::ir::Capture::Given => true,
                    }),
                )
            }
            _ => (0, false),
        };
        if possible { price } else { cut::NEVER }
    }

    pub(super) fn copy(&mut self, graph: &mut Graph, value: Value) {
        if !self.is_open(value) {
            return;
        }
        let Some(id) = graph.value(value).site else {
            return;
        };
        let site = graph.site(id).clone();
        for read in site.reads() {
            self.copy(graph, read);
        }
        let tys = site.results.iter().map(|v| graph.ty(*v).clone()).collect();
        let restored = match &site.kind {
            Kind::Load(path) if !self.residuals.is_stable(graph, path, id) => self
                .residuals
                .restorable(graph, path, id, Reads::Element)
                .map(|at| (at, path.root)),
            _ => None,
        };
        let again = graph.new_site(site.kind, site.operands, Vec::new(), tys, site.span);
        let done = self.done.clone();
        graph.site_mut(again).each_read(&mut |v| {
            if let Some(to) = done.get(v) {
                *v = *to;
            }
        });
        for (old, new) in site.results.iter().zip(graph.site(again).results.clone()) {
            graph.value_mut(new).name = graph.value(*old).name.clone();
            self.done.insert(*old, new);
        }
        graph.exact.insert(again);
        if let Some((at, var)) = restored {
            self.residuals.restored.entry(at).or_default().push(var);
        }
        self.sites.push(again);
    }
}

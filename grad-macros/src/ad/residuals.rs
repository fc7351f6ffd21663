//! What of the primal sweep the reverse sweep reads, and how it gets it.
//!
//! The reverse of a region may name values of the region. Each is computed again where that is cheap
//! and what it reads is still there; otherwise it is kept: on a tape for a loop, as one side of a
//! two-sided enum for a branch. At the top of the function nothing is done: the pullback captures.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::cut::{self, Choice};
use super::scratch::Scratch;
use crate::ir::{
    Arg, Callee, Cost, Graph, Kind, Path, Region, Site, SiteId, Step, Storage, Ty, Value, Var,
    VarInfo, row,
};

/// Where in a function something stands: its number in evaluation order and what is around it.
#[derive(Clone)]
struct Position {
    number: usize,
    region: Region,
    /// The loops and branches around it, outermost first.
    around: Vec<SiteId>,
}

/// Where each variable is written, in the function as it was lowered.
pub(super) struct Residuals {
    sites: HashMap<SiteId, Position>,
    made: HashMap<Var, Position>,
    writes: HashMap<Var, Vec<Position>>,
    /// The first content of the variables made from a value.
    contents: HashMap<Var, Value>,
    /// Sites whose reverse runs right behind them.
    fused: HashSet<SiteId>,
    /// Variables that the reverse of a loop reads as they were when the iteration ended.
    restored: HashMap<SiteId, Vec<Var>>,
}

/// How many of the regions around one position are around the other too.
fn shared(a: &Position, b: &Position) -> usize {
    let both = a.around.iter().zip(&b.around);
    both.take_while(|(a, b)| a == b).count()
}

/// The price of keeping a number, where cheap arithmetic and loads cost 1: it is written, read, and
/// takes room in the cache.
const KEEP: u32 = 24;
/// The price of a division or a function of the mathematical library.
const DEAR: u32 = 4 * KEEP;

/// How much of a variable a site reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    Element,
    All,
}

/// Which way a reversed loop runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// From the last iteration to the first.
    Back,
    /// From the first to the last, where the order does not matter.
    On,
}

/// What the reverse of a region knows of the region by itself, and the sites that open it.
#[derive(Default)]
pub(super) struct Known {
    pub(super) values: HashMap<Value, Value>,
    pub(super) opening: Vec<SiteId>,
}

/// What one region hands to its reverse.
struct Kept {
    values: Vec<Value>,
    vars: Vec<Var>,
}

impl Residuals {
    pub(super) fn new(graph: &Graph) -> Self {
        let mut all = Residuals {
            sites: HashMap::new(),
            made: HashMap::new(),
            writes: HashMap::new(),
            contents: HashMap::new(),
            fused: HashSet::new(),
            restored: HashMap::new(),
        };
        let mut start = Position {
            number: 0,
            region: graph.body,
            around: Vec::new(),
        };
        all.walk(graph, graph.body, &mut start);
        all
    }

    fn walk(&mut self, graph: &Graph, region: Region, at: &mut Position) {
        for id in &graph.block(region).sites {
            at.number += 1;
            at.region = region;
            let site = graph.site(*id);
            self.sites.insert(*id, at.clone());
            if let Kind::Allocate(var) = site.kind {
                self.made.insert(var, at.clone());
                self.contents
                    .extend(site.operands.first().map(|v| (var, *v)));
            }
            let mut written: Vec<Var> = site.kind.writes().iter().map(|path| path.root).collect();
            match &site.kind {
                Kind::Load(path)
                    if path.steps.is_empty() && !graph.ty(site.results[0]).is_scalar() =>
                {
                    written.push(path.root)
                }
                _ => {}
            }
            for var in written {
                self.writes.entry(var).or_default().push(at.clone());
            }
            if !site.regions.is_empty() {
                at.around.push(*id);
                for inner in &site.regions {
                    self.walk(graph, *inner, at);
                }
                at.around.pop();
            }
        }
    }

    /// The number of a site of the function; `None` for sites of its reverse.
    pub(super) fn number(&self, site: SiteId) -> Option<usize> {
        self.sites.get(&site).map(|at| at.number)
    }

    /// The sites of the function behind the one numbered so.
    pub(super) fn sites_after(&self, number: usize) -> impl Iterator<Item = SiteId> + '_ {
        let all = self.sites.iter();
        all.filter(move |(_, at)| at.number > number)
            .map(|(id, _)| *id)
    }

    /// Whether the function made the variable itself.
    pub(super) fn is_local(&self, var: Var) -> bool {
        self.made.contains_key(&var)
    }

    /// The value the variable was made from.
    pub(super) fn first_content(&self, var: Var) -> Option<Value> {
        self.contents.get(&var).copied()
    }

    /// Whether both sites stand in the same region, the first in front, and none from the first on
    /// writes the variable before the second.
    pub(super) fn unwritten_between(&self, var: Var, first: SiteId, second: SiteId) -> bool {
        let (Some(a), Some(b)) = (self.sites.get(&first), self.sites.get(&second)) else {
            return false;
        };
        let writes = self.writes.get(&var).map_or(&[][..], Vec::as_slice);
        a.region == b.region
            && a.number <= b.number
            && !writes
                .iter()
                .any(|write| (a.number..b.number).contains(&write.number))
    }

    /// Whether the reverse of the loop will restore arrays.
    pub(super) fn restores(&self, site: SiteId) -> bool {
        self.restored.contains_key(&site)
    }

    /// From here on the site is known to be followed at once by its reverse.
    pub(super) fn fuse(&mut self, site: SiteId) {
        self.fused.insert(site);
    }

    /// Whether anything writes the variable after it is made.
    pub(super) fn is_written(&self, var: Var) -> bool {
        self.writes.contains_key(&var)
    }

    /// Whether the place still holds, when the reverse sweep comes back, what it held at `site`.
    pub(super) fn is_stable(&self, graph: &Graph, path: &Path, site: SiteId) -> bool {
        self.is_stable_but_for(graph, path, site, None)
    }

    /// As [`Self::is_stable`] for the receiver of a method that may write it: where it does, its
    /// pullback does not look at it again, so that its own write does not count.
    pub(super) fn is_stable_receiver(&self, graph: &Graph, path: &Path, site: SiteId) -> bool {
        let own = self.sites.get(&site).map(|at| at.number);
        self.is_stable_but_for(graph, path, site, own)
    }

    fn is_stable_but_for(
        &self,
        graph: &Graph,
        path: &Path,
        site: SiteId,
        ignored: Option<usize>,
    ) -> bool {
        let var = graph.var(path.root);
        match var.storage {
            Storage::Ref | Storage::Static => return true,
            // The pullback is not handed what may have changed since.
            Storage::RefMut => return false,
            Storage::Owned | Storage::Tape => {}
        }
        let Some(at) = self.sites.get(&site) else {
            return false;
        };
        let writes = self.writes.get(&path.root).map_or(&[][..], Vec::as_slice);
        let Some(made) = self.made.get(&path.root) else {
            // A parameter by value: the pullback is handed what it held at entry.
            return writes.iter().all(|write| Some(write.number) == ignored);
        };
        let depth = made.around.len();
        writes.iter().all(|write| {
            if Some(write.number) == ignored {
                return true;
            }
            let shared = shared(write, at);
            if write.number >= at.number {
                // Written later: the reverse has come back by then if something fused ends between.
                let ended = at.around[shared..].iter();
                return ended.clone().any(|id| self.fused.contains(id));
            }
            // Written before, but again in the next iteration of a loop around both.
            let mut between = write.around.iter().take(shared).skip(depth);
            !between.any(|id| self.runs_ahead(graph, *id))
        })
    }

    /// The loop at the end of whose iterations the place still holds what it held at `site`, where it
    /// is right to keep all of the variable then: the loop writes all of it each time, and reads all
    /// of it, as loops inside do.
    fn restorable(&self, graph: &Graph, path: &Path, site: SiteId, reads: Reads) -> Option<SiteId> {
        let var = path.root;
        let at = self.sites.get(&site)?;
        let depth = self.made.get(&var)?.around.len();
        if !matches!(graph.var(var).ty, Ty::Array(_)) {
            return None;
        }
        let mut least = depth;
        for write in self.writes.get(&var)? {
            let shared = shared(write, at);
            if write.number >= at.number {
                least = least.max(shared);
                continue;
            }
            let again = (depth..shared)
                .rev()
                .find(|k| self.runs_ahead(graph, at.around[*k]));
            least = least.max(again.unwrap_or(depth));
        }
        let around: Vec<(usize, SiteId)> = at
            .around
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, id)| self.runs_ahead(graph, *id))
            .collect();
        let innermost = around.last()?.0;
        let scratch = Scratch {
            graph,
            residuals: self,
        };
        around
            .into_iter()
            .filter(|(k, _)| *k >= least && (*k < innermost || reads == Reads::All))
            .map(|(_, id)| id)
            .find(|id| {
                let body = graph.site(*id).regions.last();
                body.is_some_and(|body| scratch.writes_all(*body, var))
            })
    }

    /// Whether a place that a call reads can be put back as it was before the reverse of the call; if
    /// so, it will be.
    pub(super) fn restore(&mut self, graph: &Graph, path: &Path, site: SiteId) -> bool {
        let at = self.restorable(graph, path, site, Reads::All);
        if let Some(at) = at {
            self.restored.entry(at).or_default().push(path.root);
        }
        at.is_some()
    }

    /// Whether the site is a loop whose iterations all run before any of them is reversed.
    fn runs_ahead(&self, graph: &Graph, id: SiteId) -> bool {
        graph.site(id).kind.is_loop() && !self.fused.contains(&id)
    }

    /// Gives the two sides of a reversed branch what they read of the primal sides.
    pub(super) fn resolve_branch(
        graph: &mut Graph,
        residuals: &mut Residuals,
        primal: SiteId,
        reversed: SiteId,
    ) {
        let sides: Vec<(Region, Region)> = {
            let (a, b) = (graph.site(primal), graph.site(reversed));
            a.regions
                .iter()
                .copied()
                .zip(b.regions.iter().copied())
                .collect()
        };
        let kept: Vec<Kept> = sides
            .iter()
            .map(|(a, b)| recompute(graph, residuals, &[*a], *b, Known::default()))
            .collect();
        if kept.iter().all(Kept::is_empty) {
            return;
        }
        let span = graph.site(primal).span;
        for (k, ((side, inner), mut kept)) in sides.into_iter().zip(kept).enumerate() {
            let zeros = kept.zeros(graph);
            let operands = kept.operands(graph, side);
            let pack = super::push_one(
                graph,
                side,
                Kind::Pack { right: k == 1 },
                operands.clone(),
                Ty::Pullback,
                span,
            );
            graph.block_mut(side).yields.push(pack);
            let args: Vec<Value> = operands
                .iter()
                .map(|v| {
                    let info = graph.value(*v).clone();
                    let arg = graph.new_arg(inner, info.ty, info.span);
                    graph.value_mut(arg).name = info.name;
                    arg
                })
                .collect();
            kept.receive(graph, inner, &args, zeros, Vec::new());
        }
        let pack = graph.new_value(Ty::Pullback, span, Some(primal));
        graph.value_mut(pack).name = Some("residuals".to_owned());
        graph.site_mut(primal).results.push(pack);
        let site = graph.site_mut(reversed);
        site.kind = Kind::Unpack;
        site.operands = vec![pack];
    }

    /// Gives a reversed loop body what it reads of the primal body and does not know itself.
    pub(super) fn resolve_loop(
        graph: &mut Graph,
        residuals: &mut Residuals,
        id: SiteId,
        primal: Region,
        reversed: Region,
        known: Known,
        way: Way,
    ) {
        let mut kept = recompute(graph, residuals, &[primal], reversed, known);
        residuals.resolve_restored(graph, id, primal, reversed);
        if kept.is_empty() {
            return;
        }
        let span = graph.value(graph.block(reversed).args[0]).span;
        let tape = graph.new_var(VarInfo {
            name: "tape".to_owned(),
            ty: Ty::Unknown,
            storage: Storage::Tape,
            mutable: true,
            tangent: false,
            span,
        });
        let zeros = kept.zeros(graph);
        let operands = kept.operands(graph, primal);
        let tys: Vec<Ty> = operands.iter().map(|v| graph.ty(*v).clone()).collect();
        super::push(
            graph,
            primal,
            Kind::Push(tape),
            operands.clone(),
            Vec::new(),
            span,
        );
        let pop = match way {
            Way::Back => Kind::Pop(tape),
            Way::On => Kind::Next(tape),
        };
        let pop = graph.new_site(pop, Vec::new(), Vec::new(), tys, span);
        let results = graph.site(pop).results.clone();
        for (result, operand) in results.iter().zip(&operands) {
            let name = graph.value(*operand).name.clone();
            graph.value_mut(*result).name = name;
        }
        kept.receive(graph, reversed, &results, zeros, vec![pop]);
    }

    /// Keeps variables as they are at the end of an iteration, for its reverse to put back.
    fn resolve_restored(
        &mut self,
        graph: &mut Graph,
        id: SiteId,
        primal: Region,
        reversed: Region,
    ) {
        let mut vars = self.restored.remove(&id).unwrap_or_default();
        vars.sort_unstable();
        vars.dedup();
        let mut opening = Vec::new();
        for var in vars {
            let span = graph.var(var).span;
            let tape = graph.new_var(VarInfo {
                name: "saved".to_owned(),
                ty: Ty::Unknown,
                storage: Storage::Tape,
                mutable: true,
                tangent: false,
                span,
            });
            let save = Kind::Save(tape, Path::of(var));
            super::push(graph, primal, save, Vec::new(), Vec::new(), span);
            let restore = Kind::Restore(tape, Path::of(var));
            opening.push(graph.new_site(restore, Vec::new(), Vec::new(), Vec::new(), span));
        }
        graph.block_mut(reversed).sites.splice(0..0, opening);
    }

    /// The pullback captures; what it captures and the body also returns is returned as a copy.
    pub(super) fn resolve_function(graph: &mut Graph) {
        let Some(pull) = graph.pull else { return };
        let used: HashSet<Var> = graph
            .sites_within(pull)
            .into_iter()
            .flat_map(|id| graph.site(id).paths())
            .map(|path| path.root)
            .collect();
        copy_moved(graph, graph.body, &used);
    }
}

/// What moves one of the variables out copies it instead: the reverse sweep needs it once more.
pub(super) fn copy_moved(graph: &mut Graph, region: Region, used: &HashSet<Var>) {
    for id in graph.sites_within(region) {
        if let Kind::Load(path) = graph.site(id).kind.clone() {
            let whole = path.steps.is_empty() && !graph.ty(graph.site(id).results[0]).is_scalar();
            if whole && used.contains(&path.root) {
                graph.site_mut(id).kind = Kind::Copy(path);
            }
        }
    }
}

impl Residuals {
    /// In a body that the reverse follows in the same scope, what the reverse reads is not moved out
    /// of its variable; sites from number `first` on are the reverse's.
    pub(super) fn resolve_moves(graph: &mut Graph, first: usize) {
        let all = graph.sites_within(graph.body);
        let used: HashSet<Var> = all
            .iter()
            .filter(|id| id.0 as usize >= first)
            .flat_map(|id| graph.site(*id).paths())
            .map(|path| path.root)
            .collect();
        for id in all {
            if let Kind::Load(path) = graph.site(id).kind.clone() {
                let whole =
                    path.steps.is_empty() && !graph.ty(graph.site(id).results[0]).is_scalar();
                if whole && used.contains(&path.root) && (id.0 as usize) < first {
                    graph.site_mut(id).kind = Kind::Copy(path);
                }
            }
        }
    }
}

impl Kept {
    fn is_empty(&self) -> bool {
        self.values.is_empty() && self.vars.is_empty()
    }

    /// Zeros of the shape of a variable that is handed over anyway are made from that.
    fn zeros(&mut self, graph: &Graph) -> Vec<(Value, Var)> {
        let mut zeros = Vec::new();
        self.values
            .retain(|value| match graph.def(*value).map(|site| &site.kind) {
                Some(Kind::ZeroLike(path))
                    if path.steps.is_empty() && self.vars.contains(&path.root) =>
                {
                    zeros.push((*value, path.root));
                    false
                }
                _ => true,
            });
        zeros
    }

    /// The values to hand over, read at the end of the primal region.
    fn operands(&self, graph: &mut Graph, primal: Region) -> Vec<Value> {
        copy_moved(graph, primal, &self.vars.iter().copied().collect());
        let mut operands = self.values.clone();
        for var in &self.vars {
            let info = graph.var(*var).clone();
            let whole = super::push_one(
                graph,
                primal,
                Kind::Copy(Path::of(*var)),
                Vec::new(),
                info.ty,
                info.span,
            );
            graph.value_mut(whole).name = Some(info.name);
            operands.push(whole);
        }
        operands
    }

    /// Puts what was handed over in place of the primal values; `first` opens the region.
    fn receive(
        &self,
        graph: &mut Graph,
        region: Region,
        received: &[Value],
        zeros: Vec<(Value, Var)>,
        first: Vec<SiteId>,
    ) {
        let mut map: HashMap<Value, Value> = self
            .values
            .iter()
            .copied()
            .zip(received.iter().copied())
            .collect();
        let mut opening = first;
        let mut roots = HashMap::new();
        for (var, value) in self.vars.iter().zip(&received[self.values.len()..]) {
            let info = graph.var(*var).clone();
            let span = info.span;
            let again = graph.new_var(VarInfo {
                mutable: false,
                storage: Storage::Owned,
                ..info
            });
            opening.push(graph.new_site(
                Kind::Allocate(again),
                vec![*value],
                Vec::new(),
                Vec::new(),
                span,
            ));
            roots.insert(*var, again);
        }
        for (value, var) in zeros {
            let (ty, span) = (graph.ty(value).clone(), graph.value(value).span);
            let kind = Kind::ZeroLike(Path::of(roots[&var]));
            let zero = graph.new_site(kind, Vec::new(), Vec::new(), vec![ty], span);
            map.insert(value, graph.site(zero).results[0]);
            opening.push(zero);
        }
        graph.substitute(region, &map);
        for id in graph.sites_within(region) {
            graph.site_mut(id).kind.each_path(&mut |path| {
                if let Some(root) = roots.get(&path.root) {
                    path.root = *root;
                }
            });
        }
        let sites = &mut graph.block_mut(region).sites;
        sites.splice(0..0, opening);
    }
}

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
fn recompute(
    graph: &mut Graph,
    residuals: &mut Residuals,
    primal: &[Region],
    reversed: Region,
    known: Known,
) -> Kept {
    let mut again = Again::new(graph, residuals, primal, known);
    let mut needed = reads_within(graph, reversed);
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
    let mut kept = Kept {
        values,
        vars: Vec::new(),
    };
    let mut vars: Vec<Var> = graph
        .sites_within(reversed)
        .into_iter()
        .flat_map(|id| graph.site(id).paths())
        .map(|path| path.root)
        .filter(|var| again.made.contains(var))
        .collect();
    vars.sort_unstable();
    vars.dedup();
    kept.vars = vars;
    graph.substitute(reversed, &again.done);
    graph.block_mut(reversed).sites.splice(0..0, again.sites);
    kept
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

fn reads_within(graph: &Graph, region: Region) -> Vec<Value> {
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
fn is_number(graph: &Graph, value: Value) -> bool {
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
fn is_cheap_operator(callee: &Callee) -> bool {
    matches!(callee, Callee::Operator(op) if row(*op).cost == Cost::Cheap)
}

/// Sites computed a second time.
struct Again<'r> {
    residuals: &'r mut Residuals,
    inside: HashSet<Value>,
    made: HashSet<Var>,
    done: HashMap<Value, Value>,
    sites: Vec<SiteId>,
}

impl<'r> Again<'r> {
    fn new(graph: &Graph, residuals: &'r mut Residuals, primal: &[Region], known: Known) -> Self {
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
    fn is_open(&self, value: Value) -> bool {
        self.inside.contains(&value) && !self.done.contains_key(&value)
    }

    /// Whether the value can be computed again cheaply, without keeping any other.
    fn can(&self, graph: &Graph, value: Value) -> bool {
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
    fn price(&self, graph: &Graph, value: Value) -> u32 {
        let Some(id) = graph.value(value).site else {
            return cut::NEVER;
        };
        let site = graph.site(id);
        let stable = |path: &Path| {
            !self.made.contains(&path.root) && self.residuals.is_stable(graph, path, id)
        };
        let (price, possible) = match &site.kind {
            Kind::Literal(_) | Kind::Constant(_) => (0, true),
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
                let at_hand = graph.var(path.root).storage != Storage::RefMut;
                (1, element && at_hand && !self.made.contains(&path.root))
            }
            Kind::Length(path) => (1, stable(path)),
            _ => (0, false),
        };
        if possible { price } else { cut::NEVER }
    }

    fn copy(&mut self, graph: &mut Graph, value: Value) {
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

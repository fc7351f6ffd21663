//! What of the primal sweep the reverse sweep reads, and how it gets it.
//!
//! The reverse of a region may name values of the region. Each is computed again where that is cheap
//! and what it reads is still there; otherwise it is kept: on a tape for a loop, as one side of a
//! two-sided enum for a branch. At the top of the function nothing is done: the pullback captures.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::recompute::recompute;
use super::scratch::Scratch;
use super::vjp::Copied;
use crate::ir::{Assumed, Graph, Kind, Path, Region, SiteId, Storage, Ty, Value, Var, VarInfo};

/// Where in a function something stands: its number in evaluation order and what is around it.
#[derive(Clone)]
pub(super) struct Position {
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
    pub(super) restored: HashMap<SiteId, Vec<Var>>,
    /// What is taken for granted so far, where something may be.
    assumed: Option<RefCell<Vec<Assumed>>>,
}

/// How many of the regions around one position are around the other too.
pub(super) fn shared(a: &Position, b: &Position) -> usize {
    let both = a.around.iter().zip(&b.around);
    both.take_while(|(a, b)| a == b).count()
}

/// How much of a variable a site reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
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
pub(super) struct Kept {
    pub(super) values: Vec<Value>,
    pub(super) vars: Vec<Var>,
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
            assumed: None,
        };
        let mut start = Position {
            number: 0,
            region: graph.body,
            around: Vec::new(),
        };
        all.walk(graph, graph.body, &mut start);
        all
    }

    /// From here on sizes and callees are trusted; what that rests on is noted.
    pub(super) fn trusting(mut self) -> Self {
        self.assumed = Some(RefCell::default());
        self
    }

    pub(super) fn assumes(&self) -> bool {
        self.assumed.is_some()
    }

    pub(super) fn assume(&self, what: Vec<Assumed>) {
        if let Some(assumed) = &self.assumed {
            let mut assumed = assumed.borrow_mut();
            for one in what {
                if !assumed.contains(&one) {
                    assumed.push(one);
                }
            }
        }
    }

    /// All that was taken for granted.
    pub(super) fn assumed(&self) -> Vec<Assumed> {
        let assumed = self.assumed.as_ref();
        assumed.map(|all| all.borrow().clone()).unwrap_or_default()
    }

    pub(super) fn walk(&mut self, graph: &Graph, region: Region, at: &mut Position) {
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

    /// Memory from outside a loop that the loop may write.
    pub(super) fn written_in(&self, graph: &Graph, id: SiteId) -> Vec<Var> {
        let inside = |at: &Position| at.around.contains(&id);
        let writes = self.writes.iter();
        let written = writes.filter(|(_, writes)| writes.iter().any(inside));
        let mut vars: HashSet<Var> = written.map(|(var, _)| *var).collect();
        for site in self.sites.iter().filter(|(_, at)| inside(at)) {
            vars.extend(graph.mutable_receiver(&graph.site(*site.0).kind));
        }
        vars.retain(|var| self.made.get(var).is_none_or(|made| !inside(made)));
        let mut vars: Vec<Var> = vars.into_iter().collect();
        vars.sort_unstable();
        vars
    }

    /// Notes where the copy of a loop's body stands, in the region where it is run again.
    pub(super) fn copy(&mut self, copied: &Copied, id: SiteId, home: Region) {
        let Some(at) = self.sites.get(&id).cloned() else {
            return;
        };
        let moved = |at: &Position| Position {
            number: at.number,
            region: copied.regions.get(&at.region).copied().unwrap_or(home),
            around: at
                .around
                .iter()
                .map(|id| copied.sites.get(id).copied().unwrap_or(*id))
                .collect(),
        };
        for (of, copy) in &copied.sites {
            if let Some(at) = self.sites.get(of).map(moved) {
                self.sites.insert(*copy, at);
            }
        }
        for (of, copy) in &copied.vars {
            let inside = |at: &&Position| at.around.contains(&id);
            let made = self.made.get(of).filter(inside).map(moved);
            let own = Position {
                region: home,
                ..at.clone()
            };
            self.made.insert(*copy, made.unwrap_or(own));
            let writes = self.writes.get(of).into_iter().flatten().filter(inside);
            let writes: Vec<Position> = writes.map(moved).collect();
            if !writes.is_empty() {
                self.writes.insert(*copy, writes);
            }
            if let Some(content) = self.contents.get(of) {
                let content = copied.values.get(content).copied().unwrap_or(*content);
                self.contents.insert(*copy, content);
            }
        }
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

    pub(super) fn is_stable_but_for(
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
    pub(super) fn restorable(
        &self,
        graph: &Graph,
        path: &Path,
        site: SiteId,
        reads: Reads,
    ) -> Option<SiteId> {
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
        let scratch = Scratch::new(graph, self);
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
    pub(super) fn runs_ahead(&self, graph: &Graph, id: SiteId) -> bool {
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
    pub(super) fn resolve_restored(
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
            .flat_map(|id| graph.site(id).needed_paths())
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
            .flat_map(|id| graph.site(*id).needed_paths())
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
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.vars.is_empty()
    }

    /// Zeros of the shape of a variable that is handed over anyway are made from that.
    pub(super) fn zeros(&mut self, graph: &Graph) -> Vec<(Value, Var)> {
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
    pub(super) fn operands(&self, graph: &mut Graph, primal: Region) -> Vec<Value> {
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
    pub(super) fn receive(
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

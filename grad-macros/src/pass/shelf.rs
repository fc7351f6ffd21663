//! Arrays that are kept on a tape are read where they lie there.
//!
//! What an iteration left in an array is saved for its reverse. If that only reads it, it needs no copy:
//!
//! ```text
//! for p                                   for p
//!   for c                                   for c
//!     save saved <- scaled                    save saved <- scaled
//!   for c, reversed                         for c, reversed
//!     restore scaled <- saved                 restore scaled' <- saved      a reference
//!     load scaled[..]                         load scaled'[..]
//! ```
//!
//! A call may ask for the vector itself, so each lies in one of its own. They are made in the first `p`
//! and used again; where there is no loop around both, one piece of memory for all, and a copy back, is
//! better than a vector for each iteration.

use std::collections::{HashMap, HashSet};

use crate::ir::{Arg, Graph, Kind, Path, Region, SiteId, Storage, Value, Var};

/// Finds the tapes where this can be done, and does it.
pub(super) fn read_in_place(graph: &mut Graph) {
    let around = Around::new(graph);
    for tape in around.tapes(graph) {
        let Some((var, restore)) = around.only_read(graph, tape) else {
            continue;
        };
        let mut info = graph.var(var).clone();
        info.storage = Storage::Ref;
        info.mutable = false;
        let lent = graph.new_var(info);
        if let Some(length) = around.fixed_length(graph, var, restore) {
            graph.site_mut(restore).operands = vec![length];
        }
        let Some(reverse) = around.region.get(&restore) else {
            continue;
        };
        for id in graph.sites_within(*reverse) {
            let kind = &mut graph.site_mut(id).kind;
            kind.each_path(&mut |path| {
                if path.root == var {
                    path.root = lent;
                }
            });
        }
    }
}

/// What is around what.
struct Around {
    sites: Vec<SiteId>,
    region: HashMap<SiteId, Region>,
    owner: HashMap<Region, SiteId>,
}

impl Around {
    fn new(graph: &Graph) -> Self {
        let tops = [Some(graph.body), graph.pull];
        let mut around = Around {
            sites: Vec::new(),
            region: HashMap::new(),
            owner: HashMap::new(),
        };
        for top in tops.into_iter().flatten() {
            for region in graph.regions_within(top) {
                for id in &graph.block(region).sites {
                    around.sites.push(*id);
                    around.region.insert(*id, region);
                    let inner = &graph.site(*id).regions;
                    around.owner.extend(inner.iter().map(|inner| (*inner, *id)));
                }
            }
        }
        around
    }

    /// The loops around a site, those inside first.
    fn loops(&self, graph: &Graph, id: SiteId) -> Vec<SiteId> {
        let mut loops = Vec::new();
        let mut at = id;
        while let Some(owner) = self.region.get(&at).and_then(|r| self.owner.get(r)) {
            if graph.site(*owner).kind.is_loop() {
                loops.push(*owner);
            }
            at = *owner;
        }
        loops
    }

    /// The tapes of arrays.
    fn tapes(&self, graph: &Graph) -> Vec<Var> {
        let sites = self.sites.iter();
        let saved = sites.filter_map(|id| match graph.site(*id).kind {
            Kind::Save(tape, _) => Some(tape),
            _ => None,
        });
        saved.collect()
    }

    /// The array whose copy on the tape is only read, and the site that opens the region which does.
    fn only_read(&self, graph: &Graph, tape: Var) -> Option<(Var, SiteId)> {
        let (mut saves, mut restores) = (Vec::new(), Vec::new());
        for id in &self.sites {
            match &graph.site(*id).kind {
                Kind::Save(to, path) if *to == tape => saves.push((*id, path)),
                Kind::Restore(from, path) if *from == tape => restores.push((*id, path)),
                _ => {}
            }
        }
        let ([(save, path)], [(restore, back)]) = (saves.as_slice(), restores.as_slice()) else {
            return None;
        };
        let var = path.root;
        let whole = path == back && path.steps.is_empty();
        let (primal, reverse) = (*self.region.get(save)?, *self.region.get(restore)?);
        let fine = whole
            && primal != reverse
            && self.made(graph, var).is_some()
            && self.runs_again(graph, *save, *restore)
            && self.is_elsewhere_unused(graph, var, [primal, reverse])
            && is_only_read(graph, reverse, *restore, var);
        fine.then_some((var, *restore))
    }

    /// Where the variable is made, if it is a vector of its own, and the vector's length.
    fn made(&self, graph: &Graph, var: Var) -> Option<(SiteId, Value)> {
        let made = |id: &&SiteId| graph.site(**id).kind == Kind::Allocate(var);
        let mut made = self.sites.iter().filter(made);
        let (first, None) = (*made.next()?, made.next()) else {
            return None;
        };
        let content = graph.def(*graph.site(first).operands.first()?)?;
        let vector = content.kind == Kind::Repeat { vec: true };
        vector.then(|| (first, content.operands[1]))
    }

    /// The length of the variable, if that never changes and is known at the site.
    fn fixed_length(&self, graph: &Graph, var: Var, at: SiteId) -> Option<Value> {
        let (made, length) = self.made(graph, var)?;
        let resizes = |id: &SiteId| {
            let kind = &graph.site(*id).kind;
            let element = matches!(
                kind,
                Kind::Store(path) | Kind::Accumulate(path) | Kind::Take(path)
                    if !path.steps.is_empty()
            );
            let restored = matches!(kind, Kind::Restore(..));
            let writes = kind.writes().into_iter().any(|path| path.root == var);
            writes && !element && !restored || graph.mutable_receiver(kind) == Some(var)
        };
        let mut around = vec![*self.region.get(&at)?];
        while let Some(owner) = self.owner.get(&around[around.len() - 1]) {
            around.push(*self.region.get(owner)?);
        }
        let known = around.contains(self.region.get(&made)?);
        (known && !self.sites.iter().any(resizes)).then_some(length)
    }

    /// Whether a loop is around both loops.
    fn runs_again(&self, graph: &Graph, save: SiteId, restore: SiteId) -> bool {
        let (own, other) = (self.loops(graph, save), self.loops(graph, restore));
        // The innermost are the loops themselves.
        own.iter().skip(1).any(|id| other[1..].contains(id))
    }

    fn is_elsewhere_unused(&self, graph: &Graph, var: Var, regions: [Region; 2]) -> bool {
        let inside: HashSet<SiteId> = regions
            .into_iter()
            .flat_map(|region| graph.sites_within(region))
            .collect();
        let outside = self.sites.iter().filter(|id| !inside.contains(id));
        outside.into_iter().all(|id| !uses(graph, *id, var))
    }
}

fn uses(graph: &Graph, id: SiteId, var: Var) -> bool {
    graph.site(id).paths().iter().any(|path| path.root == var)
}

/// Whether the site and what is inside it leave the variable alone.
fn is_free_of(graph: &Graph, id: SiteId, var: Var) -> bool {
    let site = graph.site(id);
    let mut inner = site.regions.iter().flat_map(|r| graph.sites_within(*r));
    !uses(graph, id, var) && inner.all(|id| !uses(graph, id, var))
}

/// Whether the region does nothing with the variable but restore it first and read it then.
fn is_only_read(graph: &Graph, region: Region, restore: SiteId, var: Var) -> bool {
    let mut before = graph.block(region).sites.iter();
    before
        .by_ref()
        .take_while(|id| **id != restore)
        .all(|id| is_free_of(graph, *id, var))
        && graph.sites_within(region).into_iter().all(|id| {
            let own = |path: &Path| path.root == var;
            let lent = |arg: &Arg| !arg.path().is_some_and(own) || matches!(arg, Arg::Ref(_));
            match &graph.site(id).kind {
                Kind::Load(_) => {
                    let mut results = graph.site(id).results.iter();
                    !uses(graph, id, var) || results.all(|v| graph.ty(*v).is_scalar())
                }
                Kind::Length(_) => true,
                Kind::Call(call) | Kind::CallVjp(call) => call.args.iter().all(lent),
                Kind::Pull { call, bars, .. } => {
                    call.args.iter().all(lent) && !bars.iter().flatten().any(own)
                }
                _ => id == restore || !uses(graph, id, var),
            }
        })
}

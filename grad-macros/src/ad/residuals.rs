//! What of the primal sweep the reverse sweep reads, and how it gets it.
//!
//! The reverse of a region may name values of the region. Each is computed again where that is cheap
//! and what it reads is still there; otherwise it is kept: on a tape for a loop, as one side of a
//! two-sided enum for a branch. At the top of the function nothing is done: the pullback captures.

pub(super) mod kept;
mod resolve;
mod stable;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::recompute::recompute;
use super::scratch::Scratch;
use super::vjp::Copied;
use crate::ir::{
    Arg, Assumed, Graph, Kind, Path, Region, SiteId, Storage, Ty, Value, Var, VarInfo,
};

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
            // What is moved out is not there any more: a whole, or the error of a `Result`.
            match &site.kind {
                Kind::Load(path)
                    if (path.steps.is_empty() || path.is_error())
                        && !graph.ty(site.results[0]).is_scalar() =>
                {
                    written.push(path.root)
                }
                Kind::Call(call) => {
                    written.extend(call.args.iter().filter_map(|arg| match arg {
                        Arg::Move(path) if path.is_error() => Some(path.root),
                        _ => None,
                    }));
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

    /// From here on the site is known to be followed at once by its reverse.
    pub(super) fn fuse(&mut self, site: SiteId) {
        self.fused.insert(site);
    }

    /// Whether anything writes the variable after it is made.
    pub(super) fn is_written(&self, var: Var) -> bool {
        self.writes.contains_key(&var)
    }
}

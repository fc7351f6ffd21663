//! Which values may be idle: computed, but read only on ways through the function that a run need
//! not take, as `a` where `if c { a } else { b }` chooses `b`.
//!
//! The cotangent of an idle value is 0 in such a run, and what it is made of must not show: 0 times a
//! NaN is not 0. So the reverse sweep asks of idle values whether their cotangent is zero, and of no
//! others, for it costs. The result of a function that writes what it is given counts as idle. A loop counts as one that runs, and an element of an array as read where the
//! array is read as surely as it is made, unless [`super::overwritten`] knows better.
//!
//! All active values start as certain; those without a certain use are idle, until nothing changes.

use std::collections::{HashMap, HashSet};

use super::Activity;
use super::activity::{sources, targets};
use super::overwritten::{Unread, unread};
use crate::ir::{Graph, Kind, Op, Region, SiteId, Slot, Storage, Value, Var};

/// What a value is used for.
enum Use {
    /// An operand of a site without regions.
    Operand(SiteId),
    /// It becomes a value of another name: all of these have to be certain.
    Named(Vec<Value>),
}

struct Uses {
    /// Where the use stands.
    region: Region,
    what: Use,
}

struct Certain<'a> {
    graph: &'a Graph,
    /// The site a region belongs to, and the region that site stands in.
    parents: HashMap<Region, (SiteId, Region)>,
    uses: HashMap<Value, Vec<Uses>>,
    /// Where each variable is read, and by which site.
    reads: HashMap<Var, Vec<(Region, SiteId)>>,
    homes: HashMap<Value, Region>,
    /// Where each variable is made.
    made: HashMap<Var, Region>,
    values: HashSet<Value>,
    vars: HashSet<Var>,
    unread: Unread,
}

/// The active values that may be idle.
pub(super) fn idle(graph: &Graph, active: &Activity) -> HashSet<Value> {
    let mut cx = Certain {
        graph,
        parents: HashMap::new(),
        uses: HashMap::new(),
        reads: HashMap::new(),
        homes: HashMap::new(),
        made: HashMap::new(),
        values: active.values.clone(),
        vars: active.vars.clone(),
        unread: unread(graph, active),
    };
    cx.region(graph.body);
    let lasting = graph.params.iter().filter_map(|param| match param.slot {
        Slot::Memory(var) if graph.var(var).storage == Storage::RefMut => Some(var),
        _ => None,
    });
    let lasting: HashSet<Var> = lasting.collect();
    // What a function gives beside what it writes is often left unread, as in `visit(x, &mut sum);`.
    let writes = active.vars.iter().any(|var| lasting.contains(var));
    let yields = graph.block(graph.body).yields.iter().copied();
    let results: HashSet<Value> = yields.filter(|_| !writes).collect();
    loop {
        let values = cx.values.iter().copied();
        let gone: Vec<Value> = values
            .filter(|v| !results.contains(v) && !cx.is_used(*v))
            .collect();
        let vars = cx.vars.iter().copied();
        let lost: Vec<Var> = vars
            .filter(|var| !lasting.contains(var) && !cx.is_read(*var))
            .collect();
        if gone.is_empty() && lost.is_empty() {
            return active.values.difference(&cx.values).copied().collect();
        }
        for value in gone {
            cx.values.remove(&value);
        }
        for var in lost {
            cx.vars.remove(&var);
        }
    }
}

impl Certain<'_> {
    fn region(&mut self, region: Region) {
        let block = self.graph.block(region);
        for arg in &block.args {
            self.homes.insert(*arg, region);
        }
        for id in &block.sites {
            let site = self.graph.site(*id);
            for result in &site.results {
                self.homes.insert(*result, region);
            }
            if let Kind::Allocate(var) = site.kind {
                self.made.insert(var, region);
            }
            let (values, vars) = sources(self.graph, site);
            for value in values {
                if !self.is_unread(*id, value) {
                    self.note(value, region, Use::Operand(*id));
                }
            }
            for var in vars {
                self.reads.entry(var).or_default().push((region, *id));
            }
            if let Kind::Swap(a, b) = &site.kind {
                for path in [a, b] {
                    self.reads.entry(path.root).or_default().push((region, *id));
                }
            }
            for inner in &site.regions {
                self.parents.insert(*inner, (*id, region));
                self.region(*inner);
            }
            self.names(*id, region);
        }
    }

    /// Whether the site puts the value where nothing reads it, wherever else it takes it.
    fn is_unread(&self, id: SiteId, value: Value) -> bool {
        if self.unread.stores.contains(&id) {
            return true;
        }
        let operands = self.graph.site(id).operands.iter().enumerate();
        let mut places = operands.filter(|(_, v)| **v == value).peekable();
        places.peek().is_some() && places.all(|(k, _)| self.unread.parts.contains(&(id, k)))
    }

    fn note(&mut self, value: Value, region: Region, what: Use) {
        self.uses
            .entry(value)
            .or_default()
            .push(Uses { region, what });
    }

    /// What goes into the regions of a site and comes out of them.
    fn names(&mut self, id: SiteId, region: Region) {
        let site = self.graph.site(id);
        match &site.kind {
            Kind::If => {
                for inner in &site.regions {
                    let yields = &self.graph.block(*inner).yields;
                    for (value, result) in yields.clone().into_iter().zip(&site.results) {
                        self.note(value, *inner, Use::Named(vec![*result]));
                    }
                }
            }
            Kind::For(_) | Kind::While => {
                let (first, skip) = match &site.kind {
                    Kind::For(range) => (range.first_carried(), 1),
                    _ => (0, 0),
                };
                let Some(inner) = site.regions.last() else {
                    return;
                };
                let block = self.graph.block(*inner);
                for (k, result) in site.results.iter().enumerate() {
                    let arg = block.args[k + skip];
                    self.note(site.operands[first + k], region, Use::Named(vec![arg]));
                    let both = Use::Named(vec![arg, *result]);
                    self.note(block.yields[k], *inner, both);
                }
            }
            _ => {}
        }
    }

    /// Whether some use of the value is certain wherever the value is made.
    fn is_used(&self, value: Value) -> bool {
        let Some(uses) = self.uses.get(&value) else {
            return false;
        };
        let at: HashSet<Region> = uses
            .iter()
            .filter(|found| self.is_certain(&found.what))
            .map(|found| found.region)
            .collect();
        self.homes
            .get(&value)
            .is_some_and(|home| self.covers(*home, &at))
    }

    fn is_certain(&self, what: &Use) -> bool {
        match what {
            Use::Named(values) => values.iter().all(|v| self.values.contains(v)),
            Use::Operand(id) => self.needs(*id),
        }
    }

    /// Whether the site certainly gives its operands a cotangent.
    fn needs(&self, id: SiteId) -> bool {
        let site = self.graph.site(id);
        if matches!(
            site.kind,
            Kind::Select | Kind::Apply(Op::Max | Op::Min | Op::Clamp | Op::AbsSub)
        ) {
            return false;
        }
        site.results.iter().any(|v| self.values.contains(v))
            || targets(site).iter().any(|var| self.vars.contains(var))
            || matches!(&site.kind, Kind::Swap(a, b) if [a, b].iter().any(|path| self.vars.contains(&path.root)))
    }

    fn is_read(&self, var: Var) -> bool {
        let Some(reads) = self.reads.get(&var) else {
            return false;
        };
        let at: HashSet<Region> = reads
            .iter()
            .filter(|(_, id)| self.needs(*id))
            .map(|(region, _)| *region)
            .collect();
        let home = self.made.get(&var).copied().unwrap_or(self.graph.body);
        self.covers(home, &at)
    }

    /// Whether every run of `home` goes through one of the regions.
    fn covers(&self, home: Region, at: &HashSet<Region>) -> bool {
        let mut reached = at.clone();
        let mut open: Vec<Region> = at.iter().copied().collect();
        while let Some(region) = open.pop() {
            if region == home {
                return true;
            }
            let Some((id, outside)) = self.parents.get(&region) else {
                continue;
            };
            let site = self.graph.site(*id);
            let sure = match site.kind {
                Kind::If => site.regions.iter().all(|side| reached.contains(side)),
                _ => true,
            };
            if sure && reached.insert(*outside) {
                open.push(*outside);
            }
        }
        false
    }
}

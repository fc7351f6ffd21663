//! Sharing of equal pure values, and folding of control flow that literals decide.

use std::collections::HashMap;

use crate::ir::{Discrete, Graph, Kind, Literal, Op, Region, SiteId, Storage, Ty, Value};

type Known = HashMap<(Kind, Vec<Value>, Ty), Value>;

/// Folds regions; the pullback sees what was replaced in the body.
pub(super) struct Fold<'g> {
    graph: &'g mut Graph,
    /// Values replaced by others.
    map: HashMap<Value, Value>,
}

impl<'g> Fold<'g> {
    pub(super) fn new(graph: &'g mut Graph) -> Self {
        Fold {
            graph,
            map: HashMap::new(),
        }
    }

    /// Folds a region and what is inside it.
    pub(super) fn region(&mut self, region: Region) {
        self.region_after(region, &Known::new());
    }

    fn to(&self, value: Value) -> Value {
        let mut value = value;
        while let Some(next) = self.map.get(&value) {
            value = *next;
        }
        value
    }

    fn region_after(&mut self, region: Region, outer: &Known) {
        let mut known = outer.clone();
        let mut queue: Vec<SiteId> = self
            .graph
            .block(region)
            .sites
            .iter()
            .rev()
            .copied()
            .collect();
        let mut sites = Vec::new();
        while let Some(id) = queue.pop() {
            let mut site = self.graph.site(id).clone();
            site.each_read(&mut |v| *v = self.to(*v));
            *self.graph.site_mut(id) = site;
            if let Some(inside) = self.chosen(id) {
                let mut inner = self.graph.block(inside).sites.clone();
                inner.reverse();
                // The results are named by what the side yields, known once its sites are folded.
                self.splice(id, inside, &mut queue, inner);
                continue;
            }
            self.prune(id);
            if let Some(value) = self.law(id) {
                self.map.insert(self.graph.site(id).results[0], value);
                continue;
            }
            for inner in self.graph.site(id).regions.clone() {
                self.region_after(inner, &known);
            }
            if !self.share(id, &mut known) {
                sites.push(id);
            }
        }
        self.graph.block_mut(region).sites = sites;
        let yields = self
            .graph
            .block(region)
            .yields
            .iter()
            .map(|v| self.to(*v))
            .collect();
        self.graph.block_mut(region).yields = yields;
    }

    fn splice(&mut self, id: SiteId, inside: Region, queue: &mut Vec<SiteId>, inner: Vec<SiteId>) {
        let results = self.graph.site(id).results.clone();
        for (result, value) in results
            .into_iter()
            .zip(self.graph.block(inside).yields.clone())
        {
            let value = self.to(value);
            self.map.insert(result, value);
        }
        queue.extend(inner);
    }

    /// The region an `if` on a literal takes, when its yields need no further folding.
    fn chosen(&self, id: SiteId) -> Option<Region> {
        let site = self.graph.site(id);
        if site.kind != Kind::If {
            return None;
        }
        match self.graph.literal(site.operands[0])? {
            Literal::Bool(true) => Some(site.regions[0]),
            Literal::Bool(false) => Some(site.regions[1]),
            _ => None,
        }
    }

    /// Takes out of a loop the variables it does not change.
    fn prune(&mut self, id: SiteId) {
        let site = self.graph.site(id).clone();
        let (first, skip) = match &site.kind {
            Kind::For(range) => (range.first_carried(), 1),
            Kind::While => (0, 0),
            _ => return,
        };
        let Some(body) = site.regions.last().copied() else {
            return;
        };
        let exits = matches!(&site.kind, Kind::For(range) if range.exits);
        let mut k = 0;
        while k < self.graph.site(id).results.len() {
            let block = self.graph.block(body);
            let (arg, next) = (block.args[k + skip], self.to(block.yields[k]));
            let init = self.graph.site(id).operands[first + k];
            let same = next == arg || next == init || self.same_literal(init, next);
            if !same || exits && k == 0 {
                k += 1;
                continue;
            }
            for region in &site.regions {
                let skip = if *region == body { skip } else { 0 };
                let arg = self.graph.block_mut(*region).args.remove(k + skip);
                self.map.insert(arg, init);
            }
            self.graph.block_mut(body).yields.remove(k);
            let site = self.graph.site_mut(id);
            site.operands.remove(first + k);
            let result = site.results.remove(k);
            self.map.insert(result, init);
        }
    }

    fn same_literal(&self, a: Value, b: Value) -> bool {
        self.graph.literal(a).is_some() && self.graph.literal(a) == self.graph.literal(b)
    }

    /// A simpler value the site equals. Each law keeps the value for every float, infinities and NaN
    /// included, but for the sign of a zero.
    fn law(&mut self, id: SiteId) -> Option<Value> {
        let site = self.graph.site(id).clone();
        let number = |v: Value| self.graph.number(v);
        match (&site.kind, site.operands.as_slice()) {
            (Kind::Apply(Op::Mul), [x, one]) | (Kind::Apply(Op::Mul), [one, x])
                if number(*one) == Some(1.0) =>
            {
                Some(*x)
            }
            (Kind::Apply(Op::Neg), [x]) => match self.graph.def(*x) {
                Some(inner) if inner.kind == Kind::Apply(Op::Neg) => {
                    inner.operands.first().copied()
                }
                _ => None,
            },
            (Kind::Discrete(Discrete::Eq), [a, b]) => {
                match (self.graph.literal(*a)?, self.graph.literal(*b)?) {
                    (Literal::Int(a), Literal::Int(b)) => {
                        let same = a == b;
                        let site = self.graph.site_mut(id);
                        site.kind = Kind::Literal(Literal::Bool(same));
                        site.operands.clear();
                        None
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether the site gives the same wherever it stands: it is pure, or reads what is never written.
    fn is_shared(&self, id: SiteId) -> bool {
        let site = self.graph.site(id);
        match &site.kind {
            Kind::Load(path) | Kind::Length(path) => {
                let var = self.graph.var(path.root);
                let fixed = match var.storage {
                    Storage::Ref => true,
                    Storage::Owned => !var.mutable,
                    Storage::RefMut | Storage::Static | Storage::Tape => false,
                };
                fixed && site.results.iter().all(|v| self.graph.ty(*v).is_scalar())
            }
            kind => kind.is_pure(),
        }
    }

    /// Replaces the site by an equal one that stands before it.
    fn share(&mut self, id: SiteId, known: &mut Known) -> bool {
        let site = self.graph.site(id);
        if !self.is_shared(id) || site.results.len() != 1 {
            return false;
        }
        let result = site.results[0];
        let key = (
            site.kind.clone(),
            site.operands.clone(),
            self.graph.ty(result).clone(),
        );
        if let Some(value) = known.get(&key).copied() {
            if self.graph.value(value).name.is_none() {
                let name = self.graph.value(result).name.clone();
                self.graph.value_mut(value).name = name;
            }
            self.map.insert(result, value);
            return true;
        }
        known.insert(key, result);
        false
    }
}

//! A pullback that is one number.
//!
//! The pullback of a straight function adds `y_bar * f'(x)` to one cotangent, but reads what `f'` is
//! made of: of `1 / (1 + exp(-x))` three numbers. Where it reads several, `f'` is computed with the
//! value, by the pullback's own formula with the cotangent 1, and kept instead: in a loop that calls
//! the function the tape holds one number for each call.

use std::collections::{HashMap, HashSet};

use crate::ir::{Discrete, Graph, Kind, Op, Path, Site, SiteId, Slot, Ty, Value};
use crate::stages::Reverse;

/// What the pullback is made of.
struct Straight {
    /// Its arithmetic, in order.
    sites: Vec<SiteId>,
    /// Where it adds.
    path: Path,
    /// What it adds.
    part: Value,
    /// Whether it asks if a cotangent is zero.
    guarded: bool,
}

/// Makes the pullback a product with a number computed before, where that keeps less; whether it did.
pub(crate) fn keep_partial(reverse: &mut Reverse) -> bool {
    let Some(Slot::Scalar(seed)) = reverse.seed else {
        return false;
    };
    let graph = &mut reverse.graph;
    let Some(straight) = Straight::of(graph, seed) else {
        return false;
    };
    straight.rewrite(graph, seed);
    true
}

impl Straight {
    fn of(graph: &Graph, seed: Value) -> Option<Self> {
        let pull = graph.block(graph.pull?);
        let is_float = |v: Value| matches!(graph.ty(v), Ty::Float(Some(_)));
        let mut linear = Linear {
            graph,
            values: HashSet::from([seed]),
            asks: HashSet::new(),
        };
        let mut sites = Vec::new();
        let mut added = None;
        for id in &pull.sites {
            let site = graph.site(*id);
            if let Kind::Accumulate(path) = &site.kind {
                if added.is_some() || !path.steps.is_empty() {
                    return None;
                }
                added = Some((path.clone(), site.operands[0]));
            } else if linear.take(site) {
                sites.push(*id);
            } else {
                return None;
            }
        }
        let (path, part) = added?;
        let fits = is_float(seed)
            && graph.ty(part) == graph.ty(seed)
            && linear.values.contains(&part)
            && pull.yields.is_empty()
            && captured(graph, &sites)? > 1;
        fits.then_some(Straight {
            sites,
            path,
            part,
            guarded: !linear.asks.is_empty(),
        })
    }

    fn rewrite(self, graph: &mut Graph, seed: Value) {
        let Some(pull) = graph.pull else { return };
        let (body, ty, span) = (graph.body, graph.ty(seed).clone(), graph.value(seed).span);
        let one = super::push_one(graph, body, super::float("1.0"), vec![], ty.clone(), span);
        let mut at_one = HashMap::from([(seed, one)]);
        for id in self.sites {
            let site = graph.site(id).clone();
            let operands = (site.operands.iter())
                .map(|v| *at_one.get(v).unwrap_or(v))
                .collect();
            let tys = site.results.iter().map(|v| graph.ty(*v).clone()).collect();
            let results = super::push(graph, body, site.kind, operands, tys, site.span);
            at_one.extend(site.results.into_iter().zip(results));
        }
        let partial = at_one.get(&self.part).copied().unwrap_or(self.part);
        graph.block_mut(pull).sites.clear();
        let scale = Kind::Apply(Op::Mul);
        let mut part = super::push_one(graph, pull, scale, vec![seed, partial], ty.clone(), span);
        if self.guarded {
            let zero = super::push_one(graph, pull, super::float("0.0"), vec![], ty.clone(), span);
            let asks = Kind::Discrete(Discrete::Eq);
            let is_zero = super::push_one(graph, pull, asks, vec![seed, zero], Ty::Bool, span);
            let chosen = vec![is_zero, zero, part];
            part = super::push_one(graph, pull, Kind::Select, chosen, ty, span);
        }
        let add = Kind::Accumulate(self.path);
        super::push(graph, pull, add, vec![part], Vec::new(), span);
    }
}

/// What is proportional to the seed.
struct Linear<'g> {
    graph: &'g Graph,
    values: HashSet<Value>,
    /// Questions whether such a value is zero.
    asks: HashSet<Value>,
}

impl Linear<'_> {
    /// Whether the site computes a value of the kind, or one that has nothing to do with the seed.
    fn take(&mut self, site: &Site) -> bool {
        if !site.kind.is_pure() {
            return false;
        }
        let is_linear = |v: &Value| self.values.contains(v);
        let is_zero = |v: &Value| self.graph.number(*v) == Some(0.0);
        let touched = |v: &Value| is_linear(v) || self.asks.contains(v);
        if !site.operands.iter().any(touched) {
            return true;
        }
        let scales = match (&site.kind, site.operands.as_slice()) {
            (Kind::Apply(Op::Neg), _) => true,
            (Kind::Apply(Op::Mul), [a, b]) => is_linear(a) != is_linear(b),
            (Kind::Apply(Op::Div), [_, b]) => !is_linear(b),
            (Kind::Apply(Op::Add | Op::Sub), [a, b]) => is_linear(a) && is_linear(b),
            (Kind::Select, [_, a, b]) => [a, b].into_iter().all(|v| is_linear(v) || is_zero(v)),
            _ => false,
        };
        let asks = match (&site.kind, site.operands.as_slice()) {
            (Kind::Discrete(Discrete::Eq), [a, b]) => is_linear(a) && is_zero(b),
            _ => false,
        };
        let results = site.results.iter().copied();
        match (scales, asks) {
            (true, _) => self.values.extend(results),
            (_, true) => self.asks.extend(results),
            _ => return false,
        }
        true
    }
}

/// How many values of the body the sites read that it computes; none if it computes them in branches.
fn captured(graph: &Graph, sites: &[SiteId]) -> Option<usize> {
    let top: HashSet<Value> = (graph.block(graph.body).sites.iter())
        .flat_map(|id| graph.site(*id).results.clone())
        .collect();
    let own: HashSet<Value> = sites
        .iter()
        .flat_map(|id| graph.site(*id).results.clone())
        .collect();
    let mut read = HashSet::new();
    for value in sites.iter().flat_map(|id| graph.site(*id).operands.clone()) {
        let Some(def) = graph.def(value) else {
            continue;
        };
        let is_literal = matches!(def.kind, Kind::Literal(_) | Kind::Constant(_));
        if own.contains(&value) || is_literal {
            continue;
        }
        if !top.contains(&value) {
            return None;
        }
        read.insert(value);
    }
    Some(read.len())
}

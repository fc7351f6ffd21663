//! Arithmetic on cotangents: sums and small factors may be arranged anew, as they are ours.
//!
//! Signs and literal factors move outward until they meet and become one, and end up on what does not
//! change in a loop. Values of the user's function are left alone. Only literals that cannot
//! overflow anything move: those of magnitude between 2^-20 and 2^20.

use std::collections::HashSet;

use crate::ir::{Graph, Kind, Literal, Op, Region, SiteId, Ty, Value};

/// Rewrites the sites from number `first` on.
pub(super) struct Algebra<'g> {
    graph: &'g mut Graph,
    first: usize,
    /// Values of the loops around: what is not here does not change in the innermost of them.
    inside: HashSet<Value>,
    /// New sites before the one being looked at.
    before: Vec<SiteId>,
}

/// A form that a law makes.
enum Form {
    Same(Value),
    Apply(Op, Value, Option<Value>),
}

impl<'g> Algebra<'g> {
    pub(super) fn new(graph: &'g mut Graph, first: usize) -> Self {
        Algebra {
            graph,
            first,
            inside: HashSet::new(),
            before: Vec::new(),
        }
    }

    pub(super) fn region(&mut self, region: Region) {
        let mut sites = Vec::new();
        for id in self.graph.block(region).sites.clone() {
            let site = self.graph.site(id).clone();
            let is_loop = site.kind.is_loop();
            for inner in &site.regions {
                let outside = is_loop.then(|| {
                    let inside = self.graph.defined_within(&[*inner]);
                    std::mem::replace(&mut self.inside, inside)
                });
                self.region(*inner);
                if let Some(outside) = outside {
                    self.inside = outside;
                }
            }
            self.site(id);
            sites.append(&mut self.before);
            sites.push(id);
        }
        self.graph.block_mut(region).sites = sites;
    }

    fn site(&mut self, id: SiteId) {
        let site = self.graph.site(id).clone();
        let Kind::Apply(op) = site.kind else { return };
        if !self.is_ours(id) || !matches!(self.graph.ty(site.results[0]), Ty::Float(_)) {
            return;
        }
        let form = match (op, site.operands.as_slice()) {
            (Op::Neg, [x]) => self.negated(*x),
            (Op::Mul, [x, y]) => self.product(*x, *y),
            (Op::Add, [x, y]) => self.sum(*x, *y),
            (Op::Sub, [x, y]) => self.difference(*x, *y),
            _ => None,
        };
        let (op, operands) = match form {
            None => return,
            Some(Form::Apply(op, a, b)) => (op, [Some(a), b].into_iter().flatten().collect()),
            // Multiplied by one, which the next round folds away.
            Some(Form::Same(a)) => {
                let one = self.literal(1.0, a);
                (Op::Mul, vec![a, one])
            }
        };
        let own = self.graph.site_mut(id);
        own.kind = Kind::Apply(op);
        own.operands = operands;
    }

    /// Whether the site computes on cotangents and not a value of the function.
    fn is_ours(&self, id: SiteId) -> bool {
        id.0 as usize >= self.first && !self.graph.exact.contains(&id)
    }

    /// The operands of the value if the reverse sweep or the function made it by `op`.
    fn made_by(&self, value: Value, op: Op) -> Option<(Value, Value)> {
        let site = self.graph.def(value)?;
        match (&site.kind, site.operands.as_slice()) {
            (Kind::Apply(own), [a, b]) if *own == op => Some((*a, *b)),
            _ => None,
        }
    }

    fn negative(&self, value: Value) -> Option<Value> {
        let site = self.graph.def(value)?;
        match (&site.kind, site.operands.as_slice()) {
            (Kind::Apply(Op::Neg), [a]) => Some(*a),
            _ => None,
        }
    }

    fn factor(&self, value: Value) -> Option<f64> {
        let number = self.graph.number(value)?;
        let float = matches!(self.graph.literal(value), Some(Literal::Float(_)));
        let small = (2f64.powi(-20)..=2f64.powi(20)).contains(&number.abs());
        (float && small).then_some(number)
    }

    /// The value as a product with a literal.
    fn scaled(&self, value: Value) -> Option<(Value, f64)> {
        let (a, b) = self.made_by(value, Op::Mul)?;
        match (self.factor(a), self.factor(b)) {
            (None, Some(n)) => Some((a, n)),
            (Some(n), None) => Some((b, n)),
            _ => None,
        }
    }

    fn apply(&mut self, op: Op, operands: Vec<Value>) -> Value {
        let like = operands[0];
        let (ty, span) = (self.graph.ty(like).clone(), self.graph.value(like).span);
        let site = self
            .graph
            .new_site(Kind::Apply(op), operands, Vec::new(), vec![ty], span);
        self.before.push(site);
        self.graph.site(site).results[0]
    }

    fn literal(&mut self, number: f64, like: Value) -> Value {
        let (ty, span) = (self.graph.ty(like).clone(), self.graph.value(like).span);
        let kind = Kind::Literal(Literal::Float(format!("{number:?}")));
        let site = self
            .graph
            .new_site(kind, Vec::new(), Vec::new(), vec![ty], span);
        self.before.push(site);
        self.graph.site(site).results[0]
    }

    fn negated(&mut self, x: Value) -> Option<Form> {
        if let Some(inner) = self.negative(x) {
            return Some(Form::Same(inner));
        }
        if let Some((a, b)) = self.own(x).and_then(|x| self.made_by(x, Op::Sub)) {
            return Some(Form::Apply(Op::Sub, b, Some(a)));
        }
        let (inner, n) = self.scaled(x)?;
        let n = self.literal(-n, inner);
        Some(Form::Apply(Op::Mul, inner, Some(n)))
    }

    /// The value if it belongs to the reverse sweep.
    fn own(&self, value: Value) -> Option<Value> {
        let site = self.graph.value(value).site?;
        self.is_ours(site).then_some(value)
    }

    fn product(&mut self, x: Value, y: Value) -> Option<Form> {
        match (self.factor(x), self.factor(y)) {
            (Some(n), None) => self.times(y, n),
            (None, Some(n)) => self.times(x, n),
            (Some(_), Some(_)) => None,
            (None, None) => {
                for (a, b) in [(x, y), (y, x)] {
                    if let Some(a) = self.negative(a) {
                        let product = self.apply(Op::Mul, vec![a, b]);
                        return Some(Form::Apply(Op::Neg, product, None));
                    }
                }
                for (a, b) in [(x, y), (y, x)] {
                    if let Some((inner, n)) = self.scaled(a) {
                        if !self.changes(a) {
                            // The literal has found its place: outside of the loop.
                            continue;
                        }
                        let product = self.apply(Op::Mul, vec![inner, b]);
                        let n = self.literal(n, product);
                        return Some(Form::Apply(Op::Mul, product, Some(n)));
                    }
                }
                None
            }
        }
    }

    /// Whether the value may differ from iteration to iteration.
    fn changes(&self, value: Value) -> bool {
        self.inside.contains(&value)
            && self.graph.def(value).is_none_or(|site| {
                !site.kind.is_pure() || site.operands.iter().any(|v| self.changes(*v))
            })
    }

    /// `x * n`.
    fn times(&mut self, x: Value, n: f64) -> Option<Form> {
        if n.total_cmp(&-1.0).is_eq() {
            return Some(Form::Apply(Op::Neg, x, None));
        }
        if let Some(inner) = self.negative(x) {
            let n = self.literal(-n, inner);
            return Some(Form::Apply(Op::Mul, inner, Some(n)));
        }
        if let Some((inner, m)) = self.scaled(x) {
            let n = self.literal(n * m, inner);
            return Some(Form::Apply(Op::Mul, inner, Some(n)));
        }
        let (a, b) = self.made_by(x, Op::Mul)?;
        for (fixed, other) in [(a, b), (b, a)] {
            if !self.changes(fixed) && self.changes(other) {
                let n = self.literal(n, fixed);
                let fixed = self.apply(Op::Mul, vec![fixed, n]);
                return Some(Form::Apply(Op::Mul, fixed, Some(other)));
            }
        }
        None
    }

    fn sum(&mut self, x: Value, y: Value) -> Option<Form> {
        if x == y {
            let two = self.literal(2.0, x);
            return Some(Form::Apply(Op::Mul, x, Some(two)));
        }
        match (self.negative(x), self.negative(y)) {
            (Some(a), Some(b)) => {
                let sum = self.apply(Op::Add, vec![a, b]);
                Some(Form::Apply(Op::Neg, sum, None))
            }
            (None, Some(b)) => Some(Form::Apply(Op::Sub, x, Some(b))),
            (Some(a), None) => Some(Form::Apply(Op::Sub, y, Some(a))),
            (None, None) => None,
        }
    }

    fn difference(&mut self, x: Value, y: Value) -> Option<Form> {
        let y = self.negative(y)?;
        Some(Form::Apply(Op::Add, x, Some(y)))
    }
}

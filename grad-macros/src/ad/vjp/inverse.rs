//! Counters run backwards: an integer that each iteration moves by a fixed amount is not kept, the
//! reverse sweep moves it back.
//!
//! `next += 1` in a loop gives the reversed loop a carried value that starts from the final `next` and
//! takes 1 away. A loop inside a loop hands its counter through: what the reversed inner loop ends
//! with is what the outer iteration began with.

use std::collections::HashMap;

use super::Pull;
use crate::ad::residuals::{self, Known};
use crate::ir::{Kind, Op, Region, SiteId, Ty, Value};

/// One counter of a loop.
struct Counter {
    /// Its place among the carried values.
    carried: usize,
    arg: Value,
    next: Value,
    back: Back,
}

/// How the value before an iteration comes from that after it.
enum Back {
    /// By the operator, with a value from outside the loop or a literal.
    Step(Op, Value),
    /// As what the reversed inner loop gives.
    Inner(Value),
}

/// The counters a reversed loop carries.
#[derive(Default)]
pub(super) struct Counters {
    /// Their final values, from which it starts.
    pub(super) inits: Vec<Value>,
    /// What its body gives for them.
    pub(super) yields: Vec<Value>,
    /// The results of the primal loop they belong to.
    pub(super) results: Vec<Value>,
}

impl Pull<'_> {
    /// Adds to the reverse `inner` of a loop the counters it needs; what they tell goes to `known`.
    pub(super) fn count_back(&mut self, id: SiteId, inner: Region, known: &mut Known) -> Counters {
        let mut counters = Counters::default();
        let Some(primal) = self.graph.site(id).regions.last().copied() else {
            return counters;
        };
        let wanted = residuals::reached(&self.graph, primal, inner);
        for counter in self.counters(id, primal) {
            if !wanted.contains(&counter.arg) && !wanted.contains(&counter.next) {
                continue;
            }
            let span = self.graph.site(id).span;
            let result = self.graph.site(id).results[counter.carried];
            let after = self.graph.new_arg(inner, Ty::Int, span);
            let name = self.graph.value(counter.arg).name.clone();
            self.graph.value_mut(after).name = name;
            let before = match counter.back {
                Back::Inner(before) => before,
                Back::Step(op, by) => {
                    let by = self.at_hand(by, known);
                    let step = self.graph.new_site(
                        Kind::Apply(op),
                        vec![after, by],
                        Vec::new(),
                        vec![Ty::Int],
                        span,
                    );
                    known.opening.push(step);
                    let before = self.graph.site(step).results[0];
                    known.values.insert(counter.arg, before);
                    before
                }
            };
            known.values.insert(counter.next, after);
            counters.inits.push(result);
            counters.yields.push(before);
            counters.results.push(result);
        }
        counters
    }

    /// A literal stands inside the loop it is used in: it is written again.
    fn at_hand(&mut self, value: Value, known: &mut Known) -> Value {
        let Some(Kind::Literal(literal)) = self.graph.def(value).map(|site| site.kind.clone())
        else {
            return value;
        };
        let span = self.graph.value(value).span;
        let kind = Kind::Literal(literal);
        let site = self
            .graph
            .new_site(kind, Vec::new(), Vec::new(), vec![Ty::Int], span);
        known.opening.push(site);
        self.graph.site(site).results[0]
    }

    fn counters(&self, id: SiteId, body: Region) -> Vec<Counter> {
        let site = self.graph.site(id);
        let skip = usize::from(matches!(site.kind, Kind::For(_)));
        let block = self.graph.block(body);
        let inside: HashMap<Value, ()> = self
            .graph
            .defined_within(&[body])
            .into_iter()
            .map(|v| (v, ()))
            .collect();
        let mut counters = Vec::new();
        for (carried, next) in block.yields.iter().copied().enumerate() {
            let arg = block.args[carried + skip];
            if *self.graph.ty(arg) != Ty::Int {
                continue;
            }
            let Some(made) = self.graph.def(next) else {
                continue;
            };
            let fixed = |v: Value| !inside.contains_key(&v) || self.graph.literal(v).is_some();
            let back = match (&made.kind, made.operands.as_slice()) {
                (Kind::Apply(Op::Add), [a, by]) if *a == arg && fixed(*by) => {
                    Back::Step(Op::Sub, *by)
                }
                (Kind::Apply(Op::Sub), [a, by]) if *a == arg && fixed(*by) => {
                    Back::Step(Op::Add, *by)
                }
                (Kind::For(_) | Kind::While, _) => match self.counted_back.get(&next) {
                    Some((init, before)) if *init == arg => Back::Inner(*before),
                    _ => continue,
                },
                _ => continue,
            };
            counters.push(Counter {
                carried,
                arg,
                next,
                back,
            });
        }
        counters
    }
}

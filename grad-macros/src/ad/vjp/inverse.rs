//! Counters: an integer that each iteration moves by a fixed amount is not kept, the reverse sweep
//! moves it back, or on again where the reversed loop runs forward.
//!
//! `next += 1` in a loop gives the reversed loop a carried value that starts from the final `next` and
//! takes 1 away. A loop inside a loop hands its counter through: what the reversed inner loop ends
//! with is what the outer iteration began with.

use super::Pull;
use crate::ad::recompute;
use crate::ad::residuals::{Known, Way};
use crate::ir::{Kind, Op, Region, SiteId, Ty, Value};

/// One counter of a loop.
struct Counter {
    /// Its place among the carried values.
    carried: usize,
    arg: Value,
    next: Value,
    step: Counting,
}

/// How the reverse of an iteration gets from the value it has to the one it gives.
enum Counting {
    /// By the operator, with a value from outside the loop or a literal.
    Step(Op, Value),
    /// As what the reversed inner loop gives.
    Inner(Value),
}

/// The counters a reversed loop carries.
#[derive(Default)]
pub(super) struct Counters {
    /// The values from which it starts.
    pub(super) inits: Vec<Value>,
    /// What its body gives for them.
    pub(super) yields: Vec<Value>,
    /// The results of the primal loop they belong to.
    pub(super) results: Vec<Value>,
}

impl Pull {
    /// Adds to the reverse `inner` of a loop the counters it needs; what they tell goes to `known`.
    pub(super) fn count_again(
        &mut self,
        id: SiteId,
        inner: Region,
        way: Way,
        known: &mut Known,
    ) -> Counters {
        let mut counters = Counters::default();
        let Some(primal) = self.graph.site(id).regions.last().copied() else {
            return counters;
        };
        let wanted = recompute::reached(&self.graph, primal, inner);
        for counter in self.counters(id, primal, way) {
            if !wanted.contains(&counter.arg) && !wanted.contains(&counter.next) {
                continue;
            }
            let span = self.graph.site(id).span;
            let site = self.graph.site(id);
            let result = site.results[counter.carried];
            let first = match &site.kind {
                Kind::For(range) => range.first_carried(),
                _ => 0,
            };
            let (init, has, gives) = match way {
                Way::Back => (result, counter.next, counter.arg),
                Way::On => (
                    site.operands[first + counter.carried],
                    counter.arg,
                    counter.next,
                ),
            };
            let own = self.graph.new_arg(inner, Ty::Int, span);
            let name = self.graph.value(counter.arg).name.clone();
            self.graph.value_mut(own).name = name;
            let end = match counter.step {
                Counting::Inner(end) => end,
                Counting::Step(op, by) => {
                    let by = self.at_hand(by, known);
                    let step = self.graph.new_site(
                        Kind::Apply(op),
                        vec![own, by],
                        Vec::new(),
                        vec![Ty::Int],
                        span,
                    );
                    known.opening.push(step);
                    let end = self.graph.site(step).results[0];
                    known.values.insert(gives, end);
                    end
                }
            };
            known.values.insert(has, own);
            counters.inits.push(init);
            counters.yields.push(end);
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

    fn counters(&self, id: SiteId, body: Region, way: Way) -> Vec<Counter> {
        let site = self.graph.site(id);
        let skip = usize::from(matches!(site.kind, Kind::For(_)));
        let block = self.graph.block(body);
        let inside = self.graph.defined_within(&[body]);
        let mut counters = Vec::new();
        for (carried, next) in block.yields.iter().copied().enumerate() {
            let arg = block.args[carried + skip];
            if *self.graph.ty(arg) != Ty::Int {
                continue;
            }
            let Some(made) = self.graph.def(next) else {
                continue;
            };
            let fixed = |v: Value| !inside.contains(&v) || self.graph.literal(v).is_some();
            let step = match (&made.kind, made.operands.as_slice()) {
                (Kind::Apply(op @ (Op::Add | Op::Sub)), [a, by]) if *a == arg && fixed(*by) => {
                    let back = if *op == Op::Add { Op::Sub } else { Op::Add };
                    let op = if way == Way::Back { back } else { *op };
                    Counting::Step(op, *by)
                }
                (Kind::For(_) | Kind::While, _) => {
                    let counted = match way {
                        Way::Back => &self.counted_back,
                        Way::On => &self.counted_on,
                    };
                    match counted.get(&next) {
                        Some((init, end)) if *init == arg => Counting::Inner(*end),
                        _ => continue,
                    }
                }
                _ => continue,
            };
            counters.push(Counter {
                carried,
                arg,
                next,
                step,
            });
        }
        counters
    }
}

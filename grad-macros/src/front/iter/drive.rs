//! Internal iteration: every item of an iterator is given to code that is lowered once for each
//! source of items.

use proc_macro2::Span;

use super::super::pattern::deref;
use super::super::{Lower, Operand};
use super::indexed::Count;
use super::{Body, Function, Iter};
use crate::diag::Problem;
use crate::ir::{Adaptor, Discrete, Kind, Range, Ty, Value};

impl<'d> Lower<'d> {
    /// Lowers the loops that give each item to `body`, which may set exit codes.
    pub(super) fn drive(&mut self, iter: &Iter, span: Span, body: Body<'_, 'd>) {
        if self.dead {
            return;
        }
        if let Some((range, bounds)) = self.native(iter) {
            return self.lower_counted(range, bounds, span, |cx, index| {
                body(cx, Operand::Value(index));
            });
        }
        match iter {
            Iter::Once(item) => body(self, (**item).clone()),
            Iter::Maybe(_, item) if **item == Operand::Never => {}
            Iter::Maybe(some, item) => self.only_if(*some, span, |cx| body(cx, (**item).clone())),
            Iter::Map(inner, f) => self.drive(inner, span, &mut |cx, item| {
                let item = cx.call_function(f, vec![item], span);
                if !cx.dead {
                    body(cx, item);
                }
            }),
            Iter::Inspect(inner, f) => self.drive(inner, span, &mut |cx, item| {
                let (item, seen) = cx.lent(item);
                cx.call_function(f, vec![seen], span);
                if !cx.dead {
                    body(cx, item);
                }
            }),
            Iter::Copied(inner) => {
                self.drive(inner, span, &mut |cx, item| body(cx, deref(item)));
            }
            Iter::Cloned(inner) => self.drive(inner, span, &mut |cx, item| {
                let item = cx.cloned(item, span);
                body(cx, item);
            }),
            Iter::Rev(inner) if inner.is_indexed() => {
                let Count::Known(len) = self.count_of(inner, span) else {
                    return;
                };
                let range = Range {
                    adaptors: vec![Adaptor::Rev],
                    ..Range::default()
                };
                let zero = self.int(0);
                self.lower_counted(range, vec![zero, len], span, |cx, k| {
                    let item = cx.item(inner, k, span);
                    body(cx, item);
                });
            }
            Iter::ByRef(rest) => self.drive_by_ref(rest, span, body),
            Iter::Whole(inner) => self.drive(inner, span, body),
            _ if iter.goes_round() => self.drive_round(iter, span, body),
            _ if iter.is_indexed() => self.drive_indexed(iter, span, body),
            _ => self.drive_staged(iter, span, body),
        }
    }

    fn drive_indexed(&mut self, iter: &Iter, span: Span, body: Body<'_, 'd>) {
        match self.count_of(iter, span) {
            Count::Known(len) => {
                let zero = self.int(0);
                self.lower_counted(Range::default(), vec![zero, len], span, |cx, k| {
                    let item = cx.item(iter, k, span);
                    if !cx.dead {
                        body(cx, item);
                    }
                });
            }
            _ => {
                let number = self.counter();
                self.forever(span, |cx| {
                    let k = cx.count_up(number);
                    let item = cx.item(iter, k, span);
                    if !cx.dead {
                        body(cx, item);
                    }
                });
            }
        }
    }

    /// Stages whose items only running them tells.
    fn drive_staged(&mut self, iter: &Iter, span: Span, body: Body<'_, 'd>) {
        match iter {
            Iter::RepeatWith(f) => self.forever(span, |cx| {
                let item = cx.call_function(f, Vec::new(), span);
                body(cx, item);
            }),
            Iter::FromFn(f) => self.stoppable(span, |cx, stop| {
                cx.forever(span, |cx| {
                    let item = cx.call_function(f, Vec::new(), span);
                    cx.some_or_stop(item, stop, span, body);
                });
            }),
            Iter::Successors(first, f) => self.drive_successors(first, f, span, body),
            Iter::Enumerate(inner) => {
                let number = self.counter();
                self.drive(inner, span, &mut |cx, item| {
                    let k = cx.count_up(number);
                    body(cx, Operand::Tuple(vec![Operand::Value(k), item]));
                });
            }
            Iter::Zip(a, b) => self.drive_zip(a, b, span, body),
            Iter::Chain(a, b) => {
                self.drive(a, span, body);
                self.while_running(span, |cx| cx.drive(b, span, body));
            }
            Iter::Filter(inner, f) => self.drive(inner, span, &mut |cx, item| {
                let (item, seen) = cx.lent(item);
                let keep = cx.asked(f, seen, span);
                cx.only_if(keep, span, |cx| body(cx, item));
            }),
            Iter::FilterMap(inner, f) => self.drive(inner, span, &mut |cx, item| {
                let found = cx.call_function(f, vec![item], span);
                if !cx.dead {
                    let (some, item) = cx.maybe(found, span);
                    cx.only_if(some, span, |cx| body(cx, item));
                }
            }),
            Iter::TakeWhile(inner, f) => self.stoppable(span, |cx, stop| {
                cx.drive(inner, span, &mut |cx, item| {
                    let (item, seen) = cx.lent(item);
                    let go_on = cx.asked(f, seen, span);
                    cx.either(go_on, span, |cx| body(cx, item), |cx| cx.stop(stop));
                });
            }),
            Iter::MapWhile(inner, f) => self.stoppable(span, |cx, stop| {
                cx.drive(inner, span, &mut |cx, item| {
                    let item = cx.call_function(f, vec![item], span);
                    cx.some_or_stop(item, stop, span, body);
                });
            }),
            Iter::Scan(inner, first, f) => self.drive_scan(inner, first, f, span, body),
            Iter::SkipWhile(inner, f) => self.drive_skip_while(inner, f, span, body),
            Iter::FlatMap(inner, f) | Iter::FlatMapBack(inner, f) => {
                self.drive(inner, span, &mut |cx, item| {
                    let items = match f {
                        Some(f) => cx.call_function(f, vec![item], span),
                        None => item,
                    };
                    if cx.dead {
                        return;
                    }
                    let items = cx.iterator(items, span);
                    let items = match iter {
                        Iter::FlatMapBack(..) => items.and_then(|items| cx.reversed(&items, span)),
                        _ => items,
                    };
                    if let Some(items) = items {
                        cx.drive(&items, span, body);
                    }
                })
            }
            Iter::Skip(inner, n) => {
                let number = self.counter();
                self.drive(inner, span, &mut |cx, item| {
                    let k = cx.count_up(number);
                    let after = cx.discrete(Discrete::Ge, k, *n, span);
                    cx.only_if(after, span, |cx| body(cx, item));
                });
            }
            Iter::StepBy(inner, step) => {
                let number = self.counter();
                self.drive(inner, span, &mut |cx, item| {
                    let k = cx.count_up(number);
                    let rest = cx.remainder(k, *step);
                    let zero = cx.int(0);
                    let chosen = cx.discrete(Discrete::Eq, rest, zero, span);
                    cx.only_if(chosen, span, |cx| body(cx, item));
                });
            }
            Iter::Take(inner, n) => self.drive_take(inner, *n, span, body),
            _ => {
                self.report(span, Problem::Iterator("rev".to_owned()));
            }
        }
    }

    fn drive_take(&mut self, inner: &Iter, n: Value, span: Span, body: Body<'_, 'd>) {
        let zero = self.int(0);
        let any = self.discrete(Discrete::Gt, n, zero, span);
        self.only_if(any, span, |cx| {
            let number = cx.counter();
            cx.stoppable(span, |cx, stop| {
                cx.drive(inner, span, &mut |cx, item| {
                    let k = cx.count_up(number);
                    body(cx, item);
                    // The item after the last is not asked for.
                    cx.while_running(span, |cx| {
                        let one = cx.int(1);
                        let done = cx.plus(k, one);
                        let full = cx.discrete(Discrete::Ge, done, n, span);
                        cx.only_if(full, span, |cx| cx.stop(stop));
                    });
                });
            });
        });
    }

    /// One side is counted along while the other runs.
    fn drive_zip(&mut self, a: &Iter, b: &Iter, span: Span, body: Body<'_, 'd>) {
        let (running, counted, first) = match (a.is_indexed(), b.is_indexed()) {
            (false, true) => (a, b, true),
            (true, false) => (b, a, false),
            // Reported where they were zipped.
            _ => return,
        };
        let count = self.count_of(counted, span);
        let number = self.counter();
        if let (Count::Known(len), false) = (count, first) {
            // Where the counted side ends, the other is not asked any more.
            return self.drive_take(running, len, span, &mut |cx, item| {
                let k = cx.count_up(number);
                let other = cx.item(counted, k, span);
                body(cx, Operand::Tuple(vec![other, item]));
            });
        }
        self.stoppable(span, |cx, stop| {
            cx.drive(running, span, &mut |cx, item| {
                let k = cx.count_up(number);
                let mut both = |cx: &mut Self| {
                    let other = cx.item(counted, k, span);
                    let pair = if first {
                        vec![item.clone(), other]
                    } else {
                        vec![other, item.clone()]
                    };
                    body(cx, Operand::Tuple(pair));
                };
                match count {
                    Count::Known(len) => {
                        let there = cx.discrete(Discrete::Lt, k, len, span);
                        cx.either(there, span, both, |cx| cx.stop(stop));
                    }
                    _ => both(cx),
                }
            });
        });
    }

    fn drive_successors(&mut self, first: &Operand, f: &Function, span: Span, body: Body<'_, 'd>) {
        let (some, item) = self.maybe(first.clone(), span);
        let item = self.own(item, &Ty::Unknown);
        let (present, current) = (self.locals.hidden("present"), self.locals.hidden("current"));
        self.locals.set(present, Operand::Value(some));
        self.locals.set(current, item);
        self.stoppable(span, |cx, stop| {
            cx.forever(span, |cx| {
                let some = cx.held_value(present);
                cx.either(
                    some,
                    span,
                    |cx| {
                        let item = cx.locals.current(current).unwrap_or(Operand::Poison);
                        // The next is made before this one is given away, as std does.
                        let (item, seen) = cx.lent(item);
                        let next = cx.call_function(f, vec![seen], span);
                        if cx.dead {
                            return;
                        }
                        let (some, next) = cx.maybe(next, span);
                        cx.locals.set(present, Operand::Value(some));
                        cx.only_if(some, span, |cx| {
                            let next = cx.own(next, &Ty::Unknown);
                            cx.locals.set(current, next);
                        });
                        body(cx, item);
                    },
                    |cx| cx.stop(stop),
                );
            });
        });
    }

    fn drive_scan(
        &mut self,
        inner: &Iter,
        first: &Operand,
        f: &Function,
        span: Span,
        body: Body<'_, 'd>,
    ) {
        // The function gets the state by mutable reference, so that it lives in memory.
        let value = self.read_spanned(first.clone(), span);
        if *self.graph.ty(value) == Ty::Float(None) {
            // A literal that meets the items is as wide as they are.
            let item = self.item_ty(inner, span);
            if matches!(item, Ty::Float(_)) {
                self.refine(value, &item);
            }
        }
        let ty = self.graph.ty(value).clone();
        let state = self.new_variable("state", ty.clone(), true, Some(value));
        let state = Operand::RefMut(crate::ir::Path::of(state), ty);
        self.stoppable(span, |cx, stop| {
            cx.drive(inner, span, &mut |cx, item| {
                let item = cx.call_function(f, vec![state.clone(), item], span);
                cx.some_or_stop(item, stop, span, body);
            });
        });
    }

    fn drive_skip_while(&mut self, inner: &Iter, f: &Function, span: Span, body: Body<'_, 'd>) {
        let skipping = self.locals.hidden("skipping");
        let yes = self.truth(true);
        self.locals.set(skipping, Operand::Value(yes));
        self.drive(inner, span, &mut |cx, item| {
            let (item, seen) = cx.lent(item);
            let still = cx.held_value(skipping);
            let skip = cx.branch(
                still,
                span,
                |cx| Operand::Value(cx.asked(f, seen, span)),
                |cx| Operand::Value(cx.truth(false)),
            );
            let skip = cx.read(skip);
            cx.locals.set(skipping, Operand::Value(skip));
            cx.either(skip, span, |_| {}, |cx| body(cx, item));
        });
    }

    /// Gives what an option holds to `body`, or ends the iteration.
    fn some_or_stop(&mut self, option: Operand, stop: i64, span: Span, body: Body<'_, 'd>) {
        if self.dead {
            return;
        }
        let (some, item) = self.maybe(option, span);
        self.either(some, span, |cx| body(cx, item), |cx| cx.stop(stop));
    }

    /// The truth value a predicate gives.
    pub(super) fn asked(&mut self, f: &Function, item: Operand, span: Span) -> Value {
        let answer = self.call_function(f, vec![item], span);
        self.seen_twice.clear();
        self.number_of(answer, span)
    }

    /// The item, and a reference to it for a closure that only looks.
    pub(in crate::front) fn lent(&mut self, item: Operand) -> (Operand, Operand) {
        match self.placed(item) {
            Operand::Place(path, ty) => (
                Operand::Place(path.clone(), ty.clone()),
                Operand::Ref(path, ty),
            ),
            Operand::Tuple(parts) => {
                let (items, seen) = parts.into_iter().map(|part| self.lent(part)).unzip();
                (Operand::Tuple(items), Operand::Tuple(seen))
            }
            Operand::Ref(path, ty) => {
                // What the type is of, only rustc knows: one `*` of two leads to the item itself.
                if !ty.is_scalar() {
                    self.seen_twice.push(path.clone());
                }
                (
                    Operand::Ref(path.clone(), ty.clone()),
                    Operand::Ref(path, ty),
                )
            }
            other => (other.clone(), other),
        }
    }

    /// A variable that counts from 0.
    pub(super) fn counter(&mut self) -> super::super::scope::Local {
        let number = self.locals.hidden("number");
        let zero = self.int(0);
        self.locals.set(number, Operand::Value(zero));
        number
    }

    /// What the counter holds, and counts on.
    pub(super) fn count_up(&mut self, number: super::super::scope::Local) -> Value {
        let k = self.held_value(number);
        let one = self.int(1);
        let next = self.push(
            Kind::Apply(crate::ir::Op::Add),
            vec![k, one],
            Ty::Int,
            Span::call_site(),
        );
        self.locals.set(number, Operand::Value(next));
        k
    }

    /// The value a hidden variable holds.
    pub(super) fn held_value(&mut self, local: super::super::scope::Local) -> Value {
        match self.locals.current(local) {
            Some(operand) => self.read(operand),
            None => self.undefined(Ty::Unknown),
        }
    }

    pub(super) fn only_if(&mut self, condition: Value, span: Span, then: impl FnOnce(&mut Self)) {
        self.either(condition, span, then, |_| {});
    }

    fn either(
        &mut self,
        condition: Value,
        span: Span,
        then: impl FnOnce(&mut Self),
        otherwise: impl FnOnce(&mut Self),
    ) {
        let unit = |cx: &mut Self| {
            if cx.dead {
                Operand::Never
            } else {
                Operand::Unit
            }
        };
        self.branch(
            condition,
            span,
            |cx| {
                then(cx);
                unit(cx)
            },
            |cx| {
                otherwise(cx);
                unit(cx)
            },
        );
    }

    /// A range with nothing but adaptors that Rust's own `for` takes, forwards and backwards.
    fn native(&self, iter: &Iter) -> Option<(Range, Vec<Value>)> {
        let (inner, adaptor, operand) = match iter {
            Iter::Range(range) => {
                let of = Range {
                    inclusive: range.inclusive,
                    ..Range::default()
                };
                return Some((of, vec![range.start, range.end?]));
            }
            Iter::Rev(inner) => (inner, Adaptor::Rev, None),
            Iter::StepBy(inner, n) => (inner, Adaptor::StepBy, Some(*n)),
            Iter::Take(inner, n) => (inner, Adaptor::Take, Some(*n)),
            _ => return None,
        };
        let (mut range, mut bounds) = self.native(inner)?;
        // Ranges of some other integers do not know their length, and cannot be run backwards.
        let end = bounds.get(1).copied()?;
        if adaptor != Adaptor::Rev && !self.is_usize(end) {
            return None;
        }
        range.adaptors.push(adaptor);
        bounds.extend(operand);
        Some((range, bounds))
    }
}

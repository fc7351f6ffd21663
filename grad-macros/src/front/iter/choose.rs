//! Ends that give one of the items, where there is one.
//!
//! Of items that are places the index is what is found: comparing them is not differentiated, and the
//! derivative flows through the one that was chosen.

use proc_macro2::Span;
use quote::{quote, quote_spanned};
use syn::{Expr, ExprMethodCall};

use super::super::scope::Local;
use super::super::{Lower, Operand};
use super::indexed::Count;
use super::{Function, Iter, Site};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Discrete, Kind, Ty, Value};

/// The number of an item, computed where there is one.
enum Number<'n> {
    At(Value),
    /// Counted from the end of so many.
    FromEnd(Value, &'n Number<'n>),
}

/// Which of two items stays.
enum Order<'f> {
    /// Whether the function says "greater" of the first and the second.
    By(&'f Function),
    /// Keys compared by `<`.
    Key(Option<&'f Function>),
}

impl Lower<'_> {
    /// The end named; `None` if it is none of these.
    pub(super) fn choose(&mut self, iter: &Iter, args: &[&Expr], site: &Site) -> Option<Operand> {
        let span = site.span;
        let largest = site.name.starts_with("max");
        Some(match (site.name, args) {
            ("last", []) => self.last(iter, span),
            ("next", []) => self.first(iter, span),
            ("nth", [n]) => {
                let n = self.value_of(n);
                self.first(&Iter::Skip(Box::new(iter.clone()), n), span)
            }
            ("next_back", []) => {
                let back = self.reversed(iter, span);
                back.map_or(Operand::Poison, |back| self.first(&back, span))
            }
            ("nth_back", [n]) => {
                let n = self.value_of(n);
                let back = self.reversed(iter, span);
                back.map_or(Operand::Poison, |back| {
                    self.first(&Iter::Skip(Box::new(back), n), span)
                })
            }
            ("rfind", [f]) => {
                let back = self.reversed(iter, span);
                back.map_or(Operand::Poison, |back| {
                    self.with_function(f, |cx, f| {
                        cx.first(&Iter::Filter(Box::new(back.clone()), f.clone()), span)
                    })
                })
            }
            ("find", [f]) => self.with_function(f, |cx, f| {
                cx.first(&Iter::Filter(Box::new(iter.clone()), f.clone()), span)
            }),
            ("find_map", [f]) => self.with_function(f, |cx, f| {
                cx.first(&Iter::FilterMap(Box::new(iter.clone()), f.clone()), span)
            }),
            ("reduce", [f]) => self.with_function(f, |cx, f| {
                cx.carried_from_first(
                    iter,
                    span,
                    |cx, item| cx.accumulator(f, item),
                    |cx, total, item| cx.fold_in(total, f, item, span),
                )
            }),
            ("max" | "min", []) => self.best(iter, &Order::Key(None), largest, span),
            ("max_by" | "min_by", [f]) => {
                self.with_function(f, |cx, f| cx.best(iter, &Order::By(f), largest, span))
            }
            ("max_by_key" | "min_by_key", [f]) => self.with_function(f, |cx, f| {
                cx.best(iter, &Order::Key(Some(f)), largest, span)
            }),
            _ => return None,
        })
    }

    /// Item number `k` of an indexed iterator, if it has so many.
    pub(super) fn item_if_there(&mut self, iter: &Iter, k: Value, span: Span) -> Operand {
        let there = match self.count_of(iter, span) {
            Count::Known(len) => self.discrete(Discrete::Lt, k, len, span),
            _ => self.truth(true),
        };
        self.guarded_item(there, iter, &Number::At(k), span)
    }

    /// The item of the number given, which is asked for only where it is there.
    fn guarded_item(&mut self, there: Value, iter: &Iter, number: &Number, span: Span) -> Operand {
        if let Iter::Rev(inner) = iter {
            if let Count::Known(len) = self.count_of(inner, span) {
                let number = Number::FromEnd(len, number);
                return self.guarded_item(there, inner, &number, span);
            }
        }
        if iter.gives_places() {
            let k = self.branch(
                there,
                span,
                |cx| Operand::Value(cx.index_of(number)),
                |cx| Operand::Value(cx.int(0)),
            );
            let k = self.read(k);
            let item = self.item(iter, k, span);
            return Operand::Maybe(there, Box::new(item));
        }
        let item = self.branch(
            there,
            span,
            |cx| {
                let k = cx.index_of(number);
                cx.item(iter, k, span)
            },
            |_| Operand::Never,
        );
        Operand::Maybe(there, Box::new(item))
    }

    fn index_of(&mut self, number: &Number) -> Value {
        match number {
            Number::At(k) => *k,
            Number::FromEnd(len, k) => {
                let (one, k) = (self.int(1), self.index_of(k));
                let last = self.minus(*len, one);
                self.minus(last, k)
            }
        }
    }

    fn last(&mut self, iter: &Iter, span: Span) -> Operand {
        if iter.is_indexed() {
            let Count::Known(len) = self.count_of(iter, span) else {
                return self.report(span, Problem::Endless);
            };
            let zero = self.int(0);
            let there = self.discrete(Discrete::Gt, len, zero, span);
            let number = Number::FromEnd(len, &Number::At(zero));
            return self.guarded_item(there, iter, &number, span);
        }
        let (found, item) = self.found();
        let hole = self.hole(iter, span);
        self.locals.set(item, hole);
        self.drive(iter, span, &mut |cx, it| cx.note(found, item, it));
        self.noted(found, item)
    }

    fn first(&mut self, iter: &Iter, span: Span) -> Operand {
        if iter.is_indexed() {
            let zero = self.int(0);
            return self.item_if_there(iter, zero, span);
        }
        let (found, item) = self.found();
        self.stoppable(span, |cx, stop| {
            cx.drive(iter, span, &mut |cx, it| {
                cx.note(found, item, it);
                cx.stop(stop);
            });
        });
        self.noted(found, item)
    }

    /// Variables for an item that may be found.
    fn found(&mut self) -> (Local, Local) {
        let (found, item) = (self.locals.hidden("found"), self.locals.hidden("item"));
        let no = self.truth(false);
        self.locals.set(found, Operand::Value(no));
        (found, item)
    }

    fn note(&mut self, found: Local, item: Local, operand: Operand) {
        let yes = self.truth(true);
        self.locals.set(found, Operand::Value(yes));
        let operand = self.kept(operand);
        self.locals.set(item, operand);
    }

    /// References stay; what is owned is read now.
    pub(super) fn kept(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Ref(..) | Operand::RefMut(..) => operand,
            Operand::Tuple(parts) => {
                Operand::Tuple(parts.into_iter().map(|part| self.kept(part)).collect())
            }
            other => self.own(other, &Ty::Unknown),
        }
    }

    fn noted(&mut self, found: Local, item: Local) -> Operand {
        let found = self.held_value(found);
        let item = self.locals.current(item).unwrap_or(Operand::Never);
        Operand::Maybe(found, Box::new(item))
    }

    /// Something carried from the first item on: `begin` makes it of the first, `go_on` changes it
    /// with each later one.
    fn carried_from_first(
        &mut self,
        iter: &Iter,
        span: Span,
        begin: impl Fn(&mut Self, Operand) -> Local,
        go_on: impl Fn(&mut Self, Local, Operand),
    ) -> Operand {
        if let (true, Count::Known(len)) = (iter.is_indexed(), self.count_of(iter, span)) {
            let (zero, one) = (self.int(0), self.int(1));
            let there = self.discrete(Discrete::Gt, len, zero, span);
            let result = self.branch(
                there,
                span,
                |cx| {
                    let first = cx.item(iter, zero, span);
                    let total = begin(cx, first);
                    let rest = Iter::Skip(Box::new(iter.clone()), one);
                    cx.drive(&rest, span, &mut |cx, item| go_on(cx, total, item));
                    cx.locals.current(total).unwrap_or(Operand::Poison)
                },
                |_| Operand::Never,
            );
            return Operand::Maybe(there, Box::new(result));
        }
        let (found, total) = self.found();
        let hole = self.hole(iter, span);
        self.locals.set(total, hole);
        self.drive(iter, span, &mut |cx, item| {
            let any = cx.held_value(found);
            cx.branch(
                any,
                span,
                |cx| {
                    go_on(cx, total, item.clone());
                    Operand::Unit
                },
                |cx| {
                    cx.note(found, total, item.clone());
                    Operand::Unit
                },
            );
        });
        self.noted(found, total)
    }

    /// The largest item, of equals the last; the smallest, of equals the first: as std has it.
    fn best(&mut self, iter: &Iter, order: &Order, largest: bool, span: Span) -> Operand {
        if let (true, Count::Known(len)) = (iter.names_items(), self.count_of(iter, span)) {
            return self.best_index(iter, len, order, largest, span);
        }
        self.carried_from_first(
            iter,
            span,
            |cx, first| {
                let best = cx.locals.hidden("best");
                let first = cx.kept(first);
                cx.locals.set(best, first);
                best
            },
            |cx, best, item| {
                let before = cx.locals.current(best).unwrap_or(Operand::Poison);
                let item = cx.kept(item);
                let change = cx.replaces(&before, &item, order, largest, span);
                cx.only_if(change, span, |cx| cx.locals.set(best, item));
            },
        )
    }

    fn best_index(
        &mut self,
        iter: &Iter,
        len: Value,
        order: &Order,
        largest: bool,
        span: Span,
    ) -> Operand {
        let best = self.counter();
        let (zero, one) = (self.int(0), self.int(1));
        let there = self.discrete(Discrete::Gt, len, zero, span);
        let range = crate::ir::Range::default();
        self.lower_counted(range, vec![one, len], span, |cx, k| {
            let at = cx.held_value(best);
            let (before, item) = (cx.item(iter, at, span), cx.item(iter, k, span));
            let change = cx.replaces(&before, &item, order, largest, span);
            let next = cx.push(Kind::Select, vec![change, k, at], Ty::Int, span);
            cx.locals.set(best, Operand::Value(next));
        });
        let at = self.held_value(best);
        let item = self.item(iter, at, span);
        Operand::Maybe(there, Box::new(item))
    }

    /// Whether the later item takes the place of the one before.
    fn replaces(
        &mut self,
        before: &Operand,
        item: &Operand,
        order: &Order,
        largest: bool,
        span: Span,
    ) -> Value {
        match order {
            Order::By(f) => {
                let pair = (self.lent(before.clone()).1, self.lent(item.clone()).1);
                let ordering = self.compared(f, pair, span);
                let code = quote!(__ordering == ::core::cmp::Ordering::Greater);
                let greater = self.inert(code, vec![("__ordering", ordering)], Ty::Bool, span);
                if largest {
                    self.push(Kind::Discrete(Discrete::Not), vec![greater], Ty::Bool, span)
                } else {
                    greater
                }
            }
            Order::Key(f) => {
                let mut key = |operand: &Operand| match f {
                    Some(f) => {
                        let seen = self.lent(operand.clone()).1;
                        let key = self.call_function(f, vec![seen], span);
                        self.read_spanned(key, span)
                    }
                    None => self.read_spanned(operand.clone(), span),
                };
                let (before, item) = (key(before), key(item));
                let op = if largest { Discrete::Ge } else { Discrete::Lt };
                self.discrete(op, item, before, span)
            }
        }
    }

    /// The `Ordering` a comparison function gives.
    fn compared(&mut self, f: &Function, pair: (Operand, Operand), span: Span) -> Value {
        let method = match f {
            Function::Path(path) => path.path.segments.last().map(|s| s.ident.to_string()),
            _ => None,
        };
        let ordering = match method.as_deref() {
            Some(name @ ("total_cmp" | "cmp")) => self.comparison(name, pair.0, pair.1, span),
            _ => self.call_function(f, vec![pair.0, pair.1], span),
        };
        self.read_spanned(ordering, span)
    }

    /// `a.partial_cmp(b)` and the like: what they are compared as is a reference to each.
    fn comparison(&mut self, name: &str, a: Operand, b: Operand, span: Span) -> Operand {
        let method = proc_macro2::Ident::new(name, span);
        let mut captures = Vec::new();
        let mut spelled = Vec::new();
        for (name, operand) in [("__left", a), ("__right", b)] {
            let ident = proc_macro2::Ident::new(name, Span::call_site());
            let (capture, code) = match operand {
                Operand::Place(path, _) | Operand::Ref(path, _) | Operand::RefMut(path, _) => {
                    (Capture::Place(path, true), quote!(#ident))
                }
                other => (
                    Capture::Value(self.read_spanned(other, span)),
                    quote!((&#ident)),
                ),
            };
            captures.push((name.to_owned(), capture));
            spelled.push(code);
        }
        let code = match spelled.as_slice() {
            [a, b] => quote!(#a.#method(#b)),
            _ => quote!(),
        };
        let kind = Kind::Opaque {
            code: Code(code),
            captures,
            effect: false,
        };
        Operand::Value(self.push(kind, Vec::new(), Ty::Inert, span))
    }

    /// Code on values of which nothing is differentiated.
    fn inert(
        &mut self,
        code: proc_macro2::TokenStream,
        captures: Vec<(&str, Value)>,
        ty: Ty,
        span: Span,
    ) -> Value {
        let captures = captures
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Capture::Value(value)))
            .collect();
        let kind = Kind::Opaque {
            code: Code(code),
            captures,
            effect: false,
        };
        self.push(kind, Vec::new(), ty, span)
    }

    /// Methods that compare, and methods of what they give; `None` for any other.
    pub(super) fn ordering_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        let (name, span) = (call.method.to_string(), call.method.span());
        let args: Vec<&Expr> = call.args.iter().collect();
        let ty = self.operand_ty(receiver);
        match (name.as_str(), args.as_slice()) {
            ("partial_cmp" | "total_cmp" | "cmp", [other])
                if ty.is_scalar() || ty == Ty::Unknown =>
            {
                let other = self.lower_expr(other);
                Some(self.comparison(&name, receiver.clone(), other, span))
            }
            // The receiver was computed already: what follows is said of its value.
            (
                "unwrap" | "expect" | "unwrap_or" | "reverse" | "then" | "is_lt" | "is_le"
                | "is_gt" | "is_ge" | "is_eq" | "is_ne",
                _,
            ) if ty == Ty::Inert => {
                let value = self.read(receiver.clone());
                let (method, arguments) = (&call.method, &call.args);
                let mut captures = self.captures(&quote!(#arguments));
                captures.push(("__receiver".to_owned(), Capture::Value(value)));
                let kind = Kind::Opaque {
                    code: Code(quote_spanned!(method.span()=> __receiver.#method(#arguments))),
                    captures,
                    effect: false,
                };
                let ty = if name.starts_with("is_") {
                    Ty::Bool
                } else {
                    Ty::Inert
                };
                Some(Operand::Value(self.push(kind, Vec::new(), ty, span)))
            }
            _ => None,
        }
    }
}

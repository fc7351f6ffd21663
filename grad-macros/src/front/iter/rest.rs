//! Iterators in `mut` variables: some items are taken, the rest later.
//!
//! Of an iterator whose items can be told by their number, two counters say how many were taken from
//! either end. Other iterators are made into a vector first, which is the same thing where making
//! items early cannot be seen: no closure changes a variable, and there is an end.

use proc_macro2::Span;
use quote::quote;
use syn::Expr;

use super::super::scope::Local;
use super::super::{Lower, Operand};
use super::indexed::Count;
use super::{Access, Body, Iter, Site};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Discrete, Kind, Ty, Value};

/// How many items were taken from either end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Taken {
    pub(super) front: Local,
    pub(super) back: Local,
}

/// Methods that take an iterator by mutable reference: the rest can be used afterwards.
const BY_REFERENCE: &[&str] = &[
    "by_ref",
    "next",
    "next_back",
    "nth",
    "nth_back",
    "peek",
    "next_if",
    "next_if_eq",
    "any",
    "all",
    "find",
    "find_map",
    "position",
    "rposition",
    "rfind",
    "try_fold",
    "try_for_each",
];

impl Iter {
    /// What a method of the name given is called on.
    pub(in crate::front) fn asked_by(&self, method: &str) -> Iter {
        match self {
            Iter::Rest(..) if BY_REFERENCE.contains(&method) => Iter::ByRef(Box::new(self.clone())),
            Iter::Whole(inner) => (**inner).clone(),
            other => other.clone(),
        }
    }

    /// Whether it begins again and again.
    pub(super) fn goes_round(&self) -> bool {
        match self {
            Iter::Cycle(_) => true,
            Iter::Map(inner, _)
            | Iter::Inspect(inner, _)
            | Iter::Copied(inner)
            | Iter::Cloned(inner)
            | Iter::Enumerate(inner)
            | Iter::Skip(inner, _)
            | Iter::StepBy(inner, _)
            | Iter::Rest(inner, _) => inner.goes_round(),
            Iter::Zip(a, b) => a.goes_round() && b.goes_round(),
            _ => false,
        }
    }

    /// Whether making all items at once is the same as making them one by one.
    pub(super) fn can_be_made(&self) -> bool {
        match self {
            Iter::Range(range) => range.end.is_some(),
            Iter::Elements { access, .. } => *access != Access::RefMut,
            Iter::Chunks { mutable, .. } => !mutable,
            Iter::Once(_) | Iter::Maybe(..) => true,
            Iter::Map(inner, f)
            | Iter::Filter(inner, f)
            | Iter::FilterMap(inner, f)
            | Iter::TakeWhile(inner, f)
            | Iter::SkipWhile(inner, f)
            | Iter::MapWhile(inner, f) => inner.can_be_made() && !f.changes(),
            Iter::Scan(inner, _, f) => inner.can_be_made() && !f.reaches_out(),
            Iter::FlatMap(inner, f) | Iter::FlatMapBack(inner, f) => {
                inner.can_be_made() && !f.as_ref().is_some_and(super::Function::changes)
            }
            Iter::Copied(inner)
            | Iter::Cloned(inner)
            | Iter::Enumerate(inner)
            | Iter::Rev(inner)
            | Iter::Skip(inner, _)
            | Iter::StepBy(inner, _)
            | Iter::Rest(inner, _)
            | Iter::Whole(inner) => inner.can_be_made(),
            Iter::Take(inner, _) => match &**inner {
                Iter::Repeat(_) => true,
                Iter::Cycle(inner) => inner.can_be_made(),
                Iter::Successors(_, f) => !f.changes(),
                inner => inner.can_be_made(),
            },
            Iter::Zip(a, b) | Iter::Chain(a, b) => a.can_be_made() && b.can_be_made(),
            _ => false,
        }
    }
}

impl<'d> Lower<'d> {
    /// An iterator in a `mut` variable.
    pub(in crate::front) fn resting(&mut self, iter: Iter, span: Span) -> Iter {
        if !iter.is_indexed() {
            return match self.made(&iter, span) {
                Some(made) => self.resting(made, span),
                None => Iter::Whole(Box::new(iter)),
            };
        }
        let iter = self.as_it_stands(&iter, span);
        let front = self.locals.hidden("taken");
        let back = self.locals.hidden("taken_back");
        let zero = self.int(0);
        self.locals.set(front, Operand::Value(zero));
        self.locals.set(back, Operand::Value(zero));
        Iter::Rest(Box::new(iter), Taken { front, back })
    }

    /// The same items, told by their number.
    pub(super) fn counted(&mut self, iter: Iter, span: Span) -> Option<Iter> {
        if iter.is_indexed() {
            return Some(iter);
        }
        let made = self.made(&iter, span);
        if made.is_none() {
            self.report(span, Problem::UsedLater);
        }
        made
    }

    /// The items as a vector's, where they can be made early and are numbers.
    pub(super) fn made(&mut self, iter: &Iter, span: Span) -> Option<Iter> {
        let item = self.probe(iter, span)?;
        let plain = super::indexed::is_plain(&self.operand_ty(&item));
        plain.then(|| self.made_of(iter, &item, span))?
    }

    /// The items as copies in a vector, where they can be made early.
    pub(super) fn made_of_any(&mut self, iter: &Iter, span: Span) -> Option<Iter> {
        let item = self.probe(iter, span)?;
        self.made_of(iter, &item, span)
    }

    fn made_of(&mut self, iter: &Iter, item: &Operand, span: Span) -> Option<Iter> {
        if !iter.can_be_made() {
            return None;
        }
        let ty = self.operand_ty(item);
        let access = match item {
            Operand::Ref(..) => Access::Ref,
            _ => Access::Place,
        };
        let site = Site {
            name: "collect",
            span,
            hint: None,
        };
        let made = self.collect(iter, &site);
        let path = self.as_path(made);
        Some(Iter::Elements { path, ty, access })
    }

    /// The rest of an iterator, whatever is taken from it later.
    pub(super) fn as_it_stands(&mut self, iter: &Iter, span: Span) -> Iter {
        let Iter::Rest(source, taken) = iter else {
            return iter.clone();
        };
        let (front, back) = (self.taken(taken.front), self.taken(taken.back));
        let mut rest = (**source).clone();
        if !self.is_zero(back) {
            if let Count::Known(len) = self.count_of(source, span) {
                let end = self.without_first(len, back);
                rest = Iter::Take(Box::new(rest), end);
            }
        }
        if self.is_zero(front) {
            return rest;
        }
        Iter::Skip(Box::new(rest), front)
    }

    /// Methods that take single items from the rest of an iterator.
    pub(super) fn rest_method(
        &mut self,
        iter: &Iter,
        args: &[&Expr],
        site: &Site,
    ) -> Option<Operand> {
        let span = site.span;
        if let Iter::Whole(_) = iter {
            if BY_REFERENCE.contains(&site.name) {
                return Some(self.report(span, Problem::UsedLater));
            }
        }
        let Iter::Rest(_, taken) = iter else {
            return None;
        };
        let (front, back) = (taken.front, taken.back);
        Some(match (site.name, args) {
            ("by_ref", []) => Operand::Iter(Iter::ByRef(Box::new(iter.clone()))),
            ("next", []) => self.take_item(iter, front, None, span),
            ("nth", [n]) => {
                let n = self.value_of(n);
                self.take_item(iter, front, Some(n), span)
            }
            ("next_back", []) => self.take_item(iter, back, None, span),
            ("nth_back", [n]) => {
                let n = self.value_of(n);
                self.take_item(iter, back, Some(n), span)
            }
            ("peek", []) => {
                let zero = self.int(0);
                let standing = self.as_it_stands(iter, span);
                match self.item_if_there(&standing, zero, span) {
                    Operand::Maybe(some, item) => {
                        Operand::Maybe(some, Box::new(self.lent(*item).1))
                    }
                    other => other,
                }
            }
            ("next_if", [f]) => self.with_function(f, |cx, f| {
                cx.take_if(iter, front, span, |cx, item| cx.asked(f, item, span))
            }),
            ("next_if_eq", [other]) => {
                let other = self.lower_expr(other);
                let equal: syn::BinOp = syn::parse_quote!(==);
                self.take_if(iter, front, span, |cx, item| {
                    let item = super::super::pattern::deref(item);
                    let other = super::super::pattern::deref(other);
                    cx.binary(&equal, item, other, span)
                })
            }
            _ => return None,
        })
    }

    /// `as_slice`: what is left of a slice.
    pub(super) fn slice_of_rest(&mut self, iter: &Iter, span: Span) -> Option<Operand> {
        let Iter::Rest(source, taken) = iter else {
            return None;
        };
        let Iter::Elements { path, ty, .. } = &**source else {
            return None;
        };
        let (path, whole) = (path.clone(), Ty::Array(Box::new(ty.clone())));
        let (front, back) = (self.taken(taken.front), self.taken(taken.back));
        let len = self.length_of(&path, span);
        let end = self.without_first(len, back);
        let start = self.least(end, front);
        let left = self.cut_of(&path, start, end, 0);
        Some(Operand::Ref(left, whole))
    }

    /// The item at the end that `counter` counts, `skipped` items further in.
    fn take_item(
        &mut self,
        iter: &Iter,
        counter: Local,
        skipped: Option<Value>,
        span: Span,
    ) -> Operand {
        let skipped = skipped.unwrap_or_else(|| self.int(0));
        let standing = self.as_it_stands(iter, span);
        let from_back = matches!(iter, Iter::Rest(_, taken) if taken.back == counter);
        let standing = if from_back {
            Iter::Rev(Box::new(standing))
        } else {
            standing
        };
        let result = self.item_if_there(&standing, skipped, span);
        let (before, one) = (self.taken(counter), self.int(1));
        let count = self.plus(skipped, one);
        let next = self.plus(before, count);
        self.locals.set(counter, Operand::Value(next));
        result
    }

    /// The next item, where there is one and the answer to it is yes.
    fn take_if(
        &mut self,
        iter: &Iter,
        front: Local,
        span: Span,
        ask: impl FnOnce(&mut Self, Operand) -> Value,
    ) -> Operand {
        let zero = self.int(0);
        let standing = self.as_it_stands(iter, span);
        let Operand::Maybe(some, item) = self.item_if_there(&standing, zero, span) else {
            return Operand::Poison;
        };
        let (item, seen) = self.lent(*item);
        let answer = self.branch(
            some,
            span,
            |cx| Operand::Value(ask(cx, seen)),
            |cx| Operand::Value(cx.truth(false)),
        );
        let answer = self.read(answer);
        let (before, one) = (self.taken(front), self.int(1));
        let next = self.plus(before, one);
        let next = self.push(Kind::Select, vec![answer, next, before], Ty::Int, span);
        self.locals.set(front, Operand::Value(next));
        Operand::Maybe(answer, Box::new(item))
    }

    /// Gives the items of the rest one by one, and counts them as taken.
    pub(super) fn drive_by_ref(&mut self, rest: &Iter, span: Span, body: Body<'_, 'd>) {
        let (counter, standing) = match rest {
            Iter::Rest(_, taken) => (taken.front, self.as_it_stands(rest, span)),
            Iter::Rev(inner) => match &**inner {
                Iter::Rest(_, taken) => {
                    let standing = self.as_it_stands(inner, span);
                    (taken.back, Iter::Rev(Box::new(standing)))
                }
                _ => return self.drive(rest, span, body),
            },
            _ => return self.drive(rest, span, body),
        };
        self.drive(&standing, span, &mut |cx, item| {
            let (before, one) = (cx.taken(counter), cx.int(1));
            let next = cx.plus(before, one);
            cx.locals.set(counter, Operand::Value(next));
            body(cx, item);
        });
    }

    /// Gives items again and again, if there are any.
    pub(super) fn drive_round(&mut self, iter: &Iter, span: Span, body: Body<'_, 'd>) {
        let Count::Known(len) = self.count_of(iter, span) else {
            return;
        };
        let zero = self.int(0);
        let any = self.discrete(Discrete::Gt, len, zero, span);
        self.only_if(any, span, |cx| {
            let number = cx.counter();
            cx.forever(span, |cx| {
                let k = cx.count_up(number);
                let item = cx.item(iter, k, span);
                if !cx.dead {
                    body(cx, item);
                }
            });
        });
    }

    /// How many items there are when `len` of them come again and again: more than anyone can ask
    /// for, with room to add a length, or none.
    pub(super) fn turns_of(&mut self, len: Value) -> Value {
        let code = quote!(if __len == 0 { 0 } else { isize::MAX as usize });
        let kind = Kind::Opaque {
            code: Code(code),
            captures: vec![("__len".to_owned(), Capture::Value(len))],
            effect: false,
        };
        let turns = self.push(kind, Vec::new(), Ty::Int, Span::call_site());
        self.usizes.insert(turns);
        turns
    }
}

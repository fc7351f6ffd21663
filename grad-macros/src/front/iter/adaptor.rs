//! Adaptors: iterators on iterators.
//!
//! `rev`, `skip`, `take` and `step_by` are moved below stages that do not care, so that they end up
//! on what can be counted.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

use super::super::{Lower, Operand};
use super::{Iter, Site};
use crate::diag::Problem;
use crate::ir::Value;

impl Lower<'_> {
    /// The adaptor named, on `iter`; `None` if it is none.
    pub(super) fn adapt(&mut self, iter: &Iter, args: &[&Expr], site: &Site) -> Option<Operand> {
        let inner = || Box::new(iter.clone());
        let span = site.span;
        let adapted = match (site.name, args) {
            ("iter" | "into_iter" | "clone" | "fuse" | "peekable" | "into_values", []) => {
                Some(iter.clone())
            }
            ("copied", []) => Some(Iter::Copied(inner())),
            ("cloned", []) => Some(Iter::Cloned(inner())),
            ("enumerate", []) => Some(Iter::Enumerate(inner())),
            ("rev", []) => self.reversed(iter, span),
            ("flatten", []) => Some(Iter::FlatMap(inner(), None)),
            ("skip", [n]) => {
                let n = self.value_of(n);
                Some(skipped(iter, n))
            }
            ("take", [n]) => {
                let n = self.value_of(n);
                Some(taken(iter, n))
            }
            ("step_by", [n]) => {
                let n = self.value_of(n);
                Some(stepped(iter, n))
            }
            ("zip" | "chain", [other]) => {
                let operand = self.lower_expr(other);
                let other = self.iterator(operand, other.span());
                other.map(Box::new).map(|other| match site.name {
                    "zip" => Iter::Zip(inner(), other),
                    _ => Iter::Chain(inner(), other),
                })
            }
            ("scan", [first, f]) => {
                let first = self.lower_expr(first);
                let f = self.function_of(f);
                f.map(|f| Iter::Scan(inner(), Box::new(first), f))
            }
            (name, [f]) => {
                let make = with_function(name)?;
                self.function_of(f).map(|f| make(inner(), f))
            }
            _ => return None,
        };
        Some(adapted.map_or(Operand::Poison, Operand::Iter))
    }

    /// The iterator from its end.
    pub(super) fn reversed(&mut self, iter: &Iter, span: Span) -> Option<Iter> {
        let mut again = |inner: &Iter| self.reversed(inner, span).map(Box::new);
        Some(match iter {
            Iter::Once(_) | Iter::Maybe(..) | Iter::Repeat(_) => iter.clone(),
            Iter::Rev(inner) => (**inner).clone(),
            Iter::Map(inner, f) => Iter::Map(again(inner)?, f.clone()),
            Iter::Inspect(inner, f) => Iter::Inspect(again(inner)?, f.clone()),
            Iter::Filter(inner, f) => Iter::Filter(again(inner)?, f.clone()),
            Iter::FilterMap(inner, f) => Iter::FilterMap(again(inner)?, f.clone()),
            Iter::Copied(inner) => Iter::Copied(again(inner)?),
            Iter::Cloned(inner) => Iter::Cloned(again(inner)?),
            Iter::Chain(a, b) => {
                let first = again(b)?;
                Iter::Chain(first, again(a)?)
            }
            Iter::FlatMap(inner, f) => Iter::FlatMapBack(again(inner)?, f.clone()),
            Iter::FlatMapBack(inner, f) => Iter::FlatMap(again(inner)?, f.clone()),
            other if other.is_indexed() => Iter::Rev(Box::new(other.clone())),
            _ => {
                self.report(span, Problem::Iterator("rev".to_owned()));
                return None;
            }
        })
    }

    /// `it.next()`, where `it` is a variable that holds an iterator, or the iterator itself.
    pub(super) fn next_of(&mut self, iter: &Iter, call: &ExprMethodCall) -> Option<Operand> {
        if call.method != "next" && call.method != "nth" || !iter.is_indexed() {
            return None;
        }
        let span = call.method.span();
        let skipped = match call.args.first() {
            Some(n) => self.value_of(n),
            None => self.int(0),
        };
        let Iter::Rest(source, at) = iter else {
            return Some(self.item_if_there(iter, skipped, span));
        };
        let before = self.taken(*at);
        let k = self.plus(before, skipped);
        let result = self.item_if_there(source, k, span);
        let one = self.int(1);
        let next = self.plus(k, one);
        self.locals.set(*at, Operand::Value(next));
        Some(result)
    }

    /// An iterator in a `mut` variable: `next` takes items from it.
    pub(in crate::front) fn resting(&mut self, iter: Iter) -> Iter {
        if !iter.is_indexed() {
            return iter;
        }
        let at = self.locals.hidden("taken");
        let zero = self.int(0);
        self.locals.set(at, Operand::Value(zero));
        Iter::Rest(Box::new(iter), at)
    }
}

type Make = fn(Box<Iter>, super::Function) -> Iter;

/// Adaptors that take a function and nothing else.
fn with_function(name: &str) -> Option<Make> {
    Some(match name {
        "map" => Iter::Map,
        "inspect" => Iter::Inspect,
        "filter" => Iter::Filter,
        "filter_map" => Iter::FilterMap,
        "take_while" => Iter::TakeWhile,
        "skip_while" => Iter::SkipWhile,
        "map_while" => Iter::MapWhile,
        "flat_map" => |inner, f| Iter::FlatMap(inner, Some(f)),
        _ => return None,
    })
}

fn skipped(iter: &Iter, n: Value) -> Iter {
    below(iter, |inner| Iter::Skip(inner, n))
}

fn stepped(iter: &Iter, n: Value) -> Iter {
    below(iter, |inner| Iter::StepBy(inner, n))
}

fn taken(iter: &Iter, n: Value) -> Iter {
    below(iter, |inner| Iter::Take(inner, n))
}

/// Puts a stage that only picks items below stages that treat each item alone.
fn below(iter: &Iter, pick: impl FnOnce(Box<Iter>) -> Iter) -> Iter {
    match iter {
        Iter::Map(inner, f) if !f.changes() => Iter::Map(Box::new(below(inner, pick)), f.clone()),
        Iter::Copied(inner) => Iter::Copied(Box::new(below(inner, pick))),
        Iter::Cloned(inner) => Iter::Cloned(Box::new(below(inner, pick))),
        other => pick(Box::new(other.clone())),
    }
}

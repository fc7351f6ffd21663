//! Adaptors: iterators on iterators.
//!
//! `rev`, `skip`, `take` and `step_by` are moved below stages that do not care, so that they end up
//! on what can be counted.

use proc_macro2::{Ident, Span};
use syn::Expr;
use syn::spanned::Spanned;

use super::super::{Lower, Operand};
use super::indexed::Count;
use super::{Iter, Site};
use crate::diag::Problem;
use crate::ir::Value;

impl Lower<'_> {
    /// The adaptor named, on `iter`; `None` if it is none.
    pub(super) fn adapt(&mut self, iter: &Iter, args: &[&Expr], site: &Site) -> Option<Operand> {
        let inner = || Box::new(iter.clone());
        let span = site.span;
        let adapted = match (site.name, args) {
            ("by_ref", []) if matches!(iter, Iter::FromFn(_)) => Some(iter.clone()),
            ("clone", []) => Some(self.as_it_stands(iter, span)),
            ("iter" | "into_iter" | "fuse" | "peekable" | "into_values", []) => Some(iter.clone()),
            ("cycle", []) => {
                let iter = self.as_it_stands(iter, span);
                let iter = self.counted(iter, span);
                iter.map(|iter| Iter::Cycle(Box::new(iter)))
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
                self.check_size(&Ident::new(site.name, span), n);
                Some(stepped(iter, n))
            }
            ("zip" | "chain", [other]) => {
                let operand = self.lower_expr(other);
                let other = self.iterator(operand, other.span());
                other.and_then(|other| match site.name {
                    "zip" => self.zipped(iter.clone(), other, span),
                    _ => Some(Iter::Chain(inner(), Box::new(other))),
                })
            }
            ("remainder" | "into_remainder", []) => return self.remainder_of(iter, span),
            ("as_slice", []) => {
                if let Iter::Elements { path, ty, .. } = iter {
                    let whole = crate::ir::Ty::Array(Box::new(ty.clone()));
                    return Some(Operand::Ref(path.clone(), whole));
                }
                return self.slice_of_rest(iter, span);
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

    /// `a.zip(b)`.
    pub(super) fn zipped(&mut self, a: Iter, b: Iter, span: Span) -> Option<Iter> {
        let (mut a, mut b) = (a, b);
        if !a.is_indexed() && !b.is_indexed() {
            if let Some(made) = self.made(&b, span) {
                b = made;
            } else if let Some(made) = self.made(&a, span) {
                a = made;
            } else if let Some(made) = self.made_of_any(&b, span) {
                b = made;
            } else {
                self.report(span, Problem::ZippedStages);
                return None;
            }
        }
        let by_number = a.is_random_access() && b.is_random_access();
        if by_number && !a.is_indexed() && self.count_of(&b, span) != Count::Endless {
            self.report(span, Problem::ZippedEffects);
            return None;
        }
        Some(Iter::Zip(Box::new(a), Box::new(b)))
    }

    /// The iterator from its end.
    pub(super) fn reversed(&mut self, iter: &Iter, span: Span) -> Option<Iter> {
        let mut again = |inner: &Iter| self.reversed(inner, span).map(Box::new);
        Some(match iter {
            Iter::Once(_) | Iter::Maybe(..) | Iter::Repeat(_) => iter.clone(),
            Iter::Rev(inner) => (**inner).clone(),
            Iter::Whole(inner) => *again(inner)?,
            Iter::ByRef(rest) => Iter::ByRef(again(rest)?),
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

//! Iterators: operands that become loops where they are used up.
//!
//! | stage | module | in the graph |
//! |---|---|---|
//! | sources (`iter`, ranges, `chunks`) | [`source`] | nothing yet |
//! | adaptors (`map`, `zip`, `filter`) | [`adaptor`] | nothing yet |
//! | ends (`for`, `sum`, `fold`, `collect`) | [`end`], [`collect`], [`choose`] | loops |
//!
//! An iterator whose items can be told by their number ([`indexed`]) is one counted loop over that
//! number: `zip`, `rev`, `skip` and the like are arithmetic on it, and the items of slices are places
//! `a[i]`, so that the reverse sweep needs no tape for them. The others are driven ([`drive`]): each
//! stage wraps the code that receives its items, and stages that end early set the exit code.

mod adaptor;
mod choose;
mod collect;
mod compare;
mod drive;
mod end;
mod gathered;
mod indexed;
mod inert;
mod number;
mod other;
mod places;
mod rest;
pub(super) mod short;
mod source;
mod unzip;
mod users;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, ExprForLoop, ExprMethodCall};

pub(super) use indexed::is_plain;
pub(super) use source::elements;
pub(super) use users::iterators;

use super::function::Function;
use super::{Lower, Operand};
use crate::ir::{Path, Ty, Value};

/// An iterator that has not run yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Iter {
    Range(RangeOf),
    Elements {
        path: Path,
        /// Of the elements.
        ty: Ty,
        access: Access,
    },
    /// Sub-slices of equal length.
    Chunks {
        path: Path,
        /// Of the whole.
        ty: Ty,
        size: Value,
        cut: Cut,
        mutable: bool,
    },
    Once(Box<Operand>),
    Repeat(Box<Operand>),
    RepeatWith(Function),
    /// What an option holds, if anything.
    Maybe(Value, Box<Operand>),
    /// `successors(first, next)`.
    Successors(Box<Operand>, Function),
    /// `from_fn(next)`.
    FromFn(Function),
    /// The rest of an iterator of which some items have been taken.
    Rest(Box<Iter>, rest::Taken),
    /// `by_ref`: what it gives is taken from the rest of an iterator.
    ByRef(Box<Iter>),
    /// In a `mut` variable, and it can be used up as a whole only.
    Whole(Box<Iter>),
    Cycle(Box<Iter>),
    Map(Box<Iter>, Function),
    Inspect(Box<Iter>, Function),
    /// Items by value: `copied`, and `cloned` where they must be cloned.
    Copied(Box<Iter>),
    Cloned(Box<Iter>),
    Enumerate(Box<Iter>),
    Zip(Box<Iter>, Box<Iter>),
    Rev(Box<Iter>),
    Skip(Box<Iter>, Value),
    Take(Box<Iter>, Value),
    StepBy(Box<Iter>, Value),
    Chain(Box<Iter>, Box<Iter>),
    Filter(Box<Iter>, Function),
    FilterMap(Box<Iter>, Function),
    TakeWhile(Box<Iter>, Function),
    SkipWhile(Box<Iter>, Function),
    MapWhile(Box<Iter>, Function),
    /// `flat_map`, and `flatten` without a function.
    FlatMap(Box<Iter>, Option<Function>),
    /// The same from the end: every part backwards.
    FlatMapBack(Box<Iter>, Option<Function>),
    Scan(Box<Iter>, Box<Operand>, Function),
}

/// `start..end`, `start..=end`, `start..`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RangeOf {
    pub(in crate::front) start: Value,
    pub(in crate::front) end: Option<Value>,
    pub(in crate::front) inclusive: bool,
}

/// How a slice gives its elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Access {
    Ref,
    RefMut,
    /// By value, out of something that is used up.
    Move,
    /// As they stand, where only rustc knows whether they are references, or where they are numbers of
    /// a vector that nothing writes.
    Place,
}

/// How `chunks` and its kin cut a slice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cut {
    Chunks,
    Exact,
    Windows,
    /// `chunks` from the end.
    FromEnd,
}

/// What receives the items of an iterator.
type Body<'b, 'd> = &'b mut dyn FnMut(&mut Lower<'d>, Operand);

impl Lower<'_> {
    /// A method of an iterator, or one that gives an iterator; `None` for any other method.
    pub(in crate::front) fn lower_iteration(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
        hint: Option<&syn::Type>,
    ) -> Option<Operand> {
        if let Some(done) = self.table_method(receiver, call) {
            return Some(done);
        }
        match receiver {
            Operand::Iter(iter) => Some(self.iterator_method(iter, call, hint)),
            Operand::Closure(_) if call.method == "clone" => Some(receiver.clone()),
            _ => {
                if let Some(items) = self.inert_source(receiver, call, hint) {
                    return Some(items);
                }
                let ordering = self.ordering_method(receiver, call);
                ordering
                    .or_else(|| self.source_method(receiver, call))
                    .or_else(|| self.option_method(receiver, call, hint))
            }
        }
    }

    /// A method of an iterator at hand.
    pub(in crate::front) fn ended(&mut self, iter: &Iter, call: &ExprMethodCall) -> Operand {
        self.iterator_method(iter, call, None)
    }

    fn iterator_method(
        &mut self,
        iter: &Iter,
        call: &ExprMethodCall,
        hint: Option<&syn::Type>,
    ) -> Operand {
        let name = call.method.to_string();
        let args: Vec<&Expr> = call.args.iter().collect();
        let site = Site {
            name: &name,
            span: call.method.span(),
            hint: turbofish(call).or(hint),
        };
        if let Some(result) = self.range_method(iter, &name, &args, site.span) {
            return result;
        }
        if let Some(result) = self.rest_method(iter, &args, &site) {
            return result;
        }
        let iter = &iter.asked_by(&name);
        if let Some(adapted) = self.adapt(iter, &args, &site) {
            return adapted;
        }
        self.end(iter, &args, &site)
    }

    pub(in crate::front) fn lower_for(&mut self, l: &ExprForLoop) -> Operand {
        let span = l.for_token.span();
        let operand = self.lower_expr(&l.expr);
        if self.dead {
            return Operand::Never;
        }
        let Some(iter) = self.iterator(operand, l.expr.span()) else {
            return Operand::Poison;
        };
        let label = l.label.as_ref().map(|l| l.name.ident.to_string());
        self.looped(label, span, |cx, continued| {
            cx.drive(&iter, span, &mut |cx, item| {
                cx.one_pass(continued, |cx| {
                    cx.locals.enter();
                    cx.bind(&l.pat, item, None);
                    cx.lower_block(&l.body);
                    cx.locals.leave();
                });
            });
        });
        Operand::Unit
    }
}

/// A method call on an iterator: its name, its span, and the type its result is annotated with.
struct Site<'s> {
    name: &'s str,
    span: Span,
    hint: Option<&'s syn::Type>,
}

/// The type in `sum::<f64>()`.
fn turbofish(call: &ExprMethodCall) -> Option<&syn::Type> {
    call.turbofish
        .as_ref()?
        .args
        .iter()
        .find_map(|arg| match arg {
            syn::GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

/// The call with the type its result is annotated with, where its name leaves that open.
pub(in crate::front) fn named(call: &ExprMethodCall, hint: Option<&syn::Type>) -> ExprMethodCall {
    let mut call = call.clone();
    let open = ["collect", "sum", "product"]
        .iter()
        .any(|name| call.method == name);
    if let (true, None, Some(ty)) = (open, &call.turbofish, hint) {
        call.turbofish = Some(syn::parse_quote!(::<#ty>));
    }
    call
}

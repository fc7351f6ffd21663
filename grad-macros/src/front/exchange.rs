//! `mem::swap`, `mem::replace`, `mem::take`: renamed variables change names, places their content.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;

use super::scope::Local;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Arg, Call, Callee, Code, Items, Kind, Step, Ty, Value};

impl Lower<'_> {
    /// The name of a variable borrowed as `&mut name`.
    fn borrowed_local(&self, expr: &Expr) -> Option<Local> {
        let Expr::Reference(r) = expr else {
            return None;
        };
        self.locals.find(&super::stmt::ident_of(&r.expr)?)
    }

    pub(super) fn lower_swap(&mut self, a: &Expr, b: &Expr, span: Span) -> Operand {
        match (self.renamed_local(a), self.renamed_local(b)) {
            (Some((first, held)), Some((second, other))) => {
                self.locals.set(first, Operand::Value(other));
                self.locals.set(second, Operand::Value(held));
                Operand::Unit
            }
            (Some(renamed), None) => self.swap_into(renamed, b, span),
            (None, Some(renamed)) => self.swap_into(renamed, a, span),
            (None, None) => {
                let (a, b) = (self.lower_expr(a), self.lower_expr(b));
                self.swap(a, b, span)
            }
        }
    }

    /// The variable borrowed as `&mut name` that is renamed, and its value.
    fn renamed_local(&self, expr: &Expr) -> Option<(Local, Value)> {
        let local = self.borrowed_local(expr)?;
        match self.locals.current(local)? {
            Operand::Value(value) => Some((local, value)),
            _ => None,
        }
    }

    /// Swaps a variable that is renamed with a place.
    fn swap_into(&mut self, (local, value): (Local, Value), place: &Expr, span: Span) -> Operand {
        let place = self.lower_expr(place);
        let (Operand::Place(path, ty) | Operand::RefMut(path, ty)) = place else {
            return self.report(span, Problem::MutableBorrow);
        };
        let held = self.read_spanned(Operand::Place(path.clone(), ty), span);
        self.store(path, value, span);
        self.locals.set(local, Operand::Value(held));
        Operand::Unit
    }

    /// `mem::replace(place, value)`, `mem::take(place)`: what the place held.
    pub(super) fn lower_replace(
        &mut self,
        name: &str,
        place: &Expr,
        rest: &[&Expr],
        span: Span,
    ) -> Operand {
        let local = self.borrowed_local(place);
        if let Some(taken) = local.and_then(|local| self.take_slice(local, rest)) {
            return taken;
        }
        if let Some((local, Operand::Value(before))) =
            local.and_then(|local| Some((local, self.locals.current(local)?)))
        {
            let next = match rest {
                [value] => self.value_of(value),
                _ => self.undefined(self.graph.ty(before).clone()),
            };
            self.locals.set(local, Operand::Value(next));
            return Operand::Value(before);
        }
        let place = self.lower_expr(place);
        let ty = self.operand_ty(&place);
        let mut args = vec![Arg::RefMut(self.as_path(place))];
        args.extend(rest.iter().map(|arg| self.lower_arg(arg)));
        let path: syn::Path = match name {
            "take" => syn::parse_quote!(::core::mem::take),
            _ => syn::parse_quote!(::core::mem::replace),
        };
        let call = Call {
            callee: Callee::Function(Code(path.to_token_stream())),
            args,
            mask: 0,
            inert: 0,
            curried: Vec::new(),
            items: Items::default(),
        };
        Operand::Value(self.push(Kind::Call(call), Vec::new(), ty, span))
    }

    /// What a variable that is a mutable slice holds, where it is left with none: `take(&mut rest)`,
    /// `replace(&mut rest, &mut [])`.
    fn take_slice(&mut self, local: Local, rest: &[&Expr]) -> Option<Operand> {
        let empty = |expr: &Expr| match expr {
            Expr::Reference(r) => matches!(&*r.expr, Expr::Array(a) if a.elems.is_empty()),
            _ => false,
        };
        let held = self.locals.current(local)?;
        let Operand::RefMut(path, ty @ Ty::Array(_)) = &held else {
            return None;
        };
        if !rest.iter().all(|value| empty(value)) {
            return None;
        }
        let none = self.int(0);
        let mut left = self.bounded(path.clone());
        left.steps.pop();
        let left = left.then(Step::Range {
            start: Some(none),
            end: Some(none),
            inclusive: false,
        });
        self.locals.set(local, Operand::RefMut(left, ty.clone()));
        Some(held)
    }
}

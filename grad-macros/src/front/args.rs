//! Operands as arguments of calls.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;
use syn::spanned::Spanned;

use super::call::is_real;
use super::iter::Iter;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Arg, Ty};

impl Lower<'_> {
    pub(super) fn lower_arg(&mut self, arg: &Expr) -> Arg {
        let is_reference = matches!(arg, Expr::Reference(_));
        let operand = match arg {
            Expr::Reference(inner) if matches!(*inner.expr, Expr::Closure(_) | Expr::Path(_)) => {
                match self.lower_expr(&inner.expr) {
                    function @ Operand::Closure(_) => function,
                    _ => self.lower_expr(arg),
                }
            }
            _ if super::operator::is_element_of_call(arg) => {
                let element = self.lower_expr(arg);
                Operand::Value(self.read_spanned(element, arg.span()))
            }
            Expr::Call(call) if is_some(call) => self.lower_some(call),
            _ => self.lower_expr(arg),
        };
        if let Operand::Closure(function) = &operand {
            return self.pass_function(function, &arg.to_token_stream(), arg.span());
        }
        let arg = self.as_arg(operand, is_reference, arg.span());
        if is_reference {
            arg
        } else {
            super::lent::lent(arg)
        }
    }

    /// `Some(&x)` for a parameter that is an `Option<&T>`.
    pub(super) fn lower_some(&mut self, call: &syn::ExprCall) -> Operand {
        let whole = Expr::Call(call.clone());
        let Some(inner @ Expr::Reference(reference)) = call.args.first() else {
            return self.lower_expr(&whole);
        };
        if let Some(token) = &reference.mutability {
            return self.report(token.span, Problem::OptionalPlace);
        }
        let (value, is_borrowed) = self.lower_field(inner);
        let borrowed = if is_borrowed { vec![0] } else { Vec::new() };
        let path = syn::parse_quote!(Some);
        self.record_holding(
            &path,
            (vec!["0".to_owned()], borrowed),
            vec![value],
            call.span(),
        )
    }

    pub(super) fn as_arg(&mut self, operand: Operand, is_reference: bool, span: Span) -> Arg {
        self.refuse_cell(&operand, span);
        match operand {
            Operand::Ref(path, _) => Arg::Ref(path),
            Operand::RefMut(path, _) => Arg::RefMut(path),
            Operand::Place(path, ty) if ty.is_scalar() => {
                Arg::Value(self.read_spanned(Operand::Place(path, ty), span))
            }
            Operand::Place(path, _) => Arg::Move(path),
            Operand::Value(value) if self.graph.ty(value).is_scalar() && !is_reference => {
                Arg::Value(value)
            }
            Operand::Iter(Iter::Range(range)) => {
                let value = self.range_value(&range);
                self.as_arg(Operand::Value(value), is_reference, span)
            }
            Operand::Iter(iter) => self.listed_arg(&iter, span),
            function @ Operand::Closure(_) => {
                self.report(span, super::place::as_value(&function));
                Arg::Value(self.undefined(Ty::Unknown))
            }
            Operand::Poison | Operand::Never => Arg::Value(self.undefined(Ty::Unknown)),
            other => {
                let path = self.as_path(other);
                if is_reference {
                    Arg::Ref(path)
                } else {
                    Arg::Move(path)
                }
            }
        }
    }

    /// An operand of an operator on types that only rustc knows.
    pub(super) fn as_operand_arg(&mut self, operand: Operand, span: Span) -> Arg {
        match operand {
            Operand::Value(value) => Arg::Value(value),
            // In generic code numbers are copied: no bound speaks of references to them.
            Operand::Ref(path, Ty::Unknown) if !self.numbers.is_empty() => Arg::Move(path),
            other => self.as_arg(other, false, span),
        }
    }

    pub(super) fn receiver_arg(
        &mut self,
        receiver: Operand,
        name: &str,
        count: usize,
        span: Span,
    ) -> Arg {
        if let Operand::Ref(path, Ty::Array(_)) | Operand::RefMut(path, Ty::Array(_)) = &receiver {
            // `let values: &[f64] = &self.values`
            if !self.graph.is_sequence(path) {
                self.graph.sequences.insert(path.clone());
            }
        }
        match receiver {
            Operand::Value(value) if self.graph.ty(value).is_scalar() => Arg::Value(value),
            Operand::Place(path, ty) if ty.is_scalar() => {
                Arg::Value(self.read_spanned(Operand::Place(path, ty), span))
            }
            Operand::Ref(path, _) if is_real(name, count) => Arg::Ref(path),
            Operand::Ref(path, _) => Arg::Receiver(path),
            other if is_real(name, count) => Arg::Ref(self.as_path(other)),
            other => {
                let path = self.as_path(other);
                self.lent_receiver(path, name)
            }
        }
    }

    fn lent_receiver(&mut self, path: crate::ir::Path, name: &str) -> Arg {
        if super::sequence::writes_receiver(name) {
            Arg::RefMut(path)
        } else if self.is_frozen(&path) || self.is_read_only(&path) || self.looks_only(&path) {
            Arg::Receiver(path)
        } else {
            Arg::MaybeMut(path)
        }
    }
}

pub(super) fn is_some(call: &syn::ExprCall) -> bool {
    let named = matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Some"));
    named && call.args.len() == 1
}

//! `option.as_deref()`: what an `Option<Box<T>>` holds, as an `Option<&T>`.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall};

use super::{Lower, Operand};
use crate::diag::Problem;

impl Lower<'_> {
    /// A call with such an argument, as a branch: there the argument is `Some(&T)`, here `None`.
    pub(super) fn lower_dereferenced(&mut self, call: &ExprCall) -> Option<Operand> {
        let place = call
            .args
            .iter()
            .position(|arg| dereferenced(arg).is_some())?;
        let option = dereferenced(&call.args[place])?;
        let with = |argument: Expr| {
            let mut call = call.clone();
            call.args[place] = argument;
            call
        };
        let some = with(syn::parse_quote!(Some(&**__held)));
        let none = with(syn::parse_quote!(None));
        let branch = syn::parse_quote_spanned!(call.span()=> match &#option {
            Some(__held) => #some,
            None => #none,
        });
        Some(self.lower_expr(&branch))
    }

    /// Whether a variable is given a reference to what it refers to: the reference walks on, and a path
    /// has a fixed length.
    pub(super) fn refuse_walk(&mut self, right: &Expr) -> bool {
        let Some(span) = walks(right) else {
            return false;
        };
        self.report(span, Problem::Walk);
        true
    }
}

/// What `as_deref` is called on.
fn dereferenced(arg: &Expr) -> Option<&Expr> {
    match arg {
        Expr::Paren(inner) => dereferenced(&inner.expr),
        Expr::MethodCall(call) if call.method == "as_deref" && call.args.is_empty() => {
            Some(&call.receiver)
        }
        _ => None,
    }
}

fn walks(right: &Expr) -> Option<Span> {
    match right {
        Expr::Paren(inner) => walks(&inner.expr),
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            let found =
                matches!(name.as_str(), "as_deref" | "as_deref_mut") && call.args.is_empty();
            found.then(|| call.method.span())
        }
        _ => None,
    }
}

//! Options of references as arguments: `nearest(points.get(k))`, `weigh(best)`.
//!
//! In the graph such an option is a flag and a place. The callee is given `Some(&place)` where the flag
//! is set, and `None` where it is not, so the call stands on both sides of a branch.

use syn::spanned::Spanned;
use syn::{Expr, ExprCall};

use super::stmt::ident_of;
use super::{Lower, Operand};

/// Methods that give an option of a reference.
const GIVING: &[&str] = &[
    "as_ref",
    "back",
    "find",
    "first",
    "front",
    "get",
    "last",
    "max_by",
    "max_by_key",
    "min_by",
    "min_by_key",
    "next",
    "next_back",
    "nth",
    "peek",
    "reduce",
];

impl Lower<'_> {
    /// A call with such an argument.
    pub(super) fn lower_with_option(&mut self, call: &ExprCall) -> Option<Operand> {
        let Expr::Path(path) = &*call.func else {
            return None;
        };
        let name = path.path.segments.last()?.ident.to_string();
        // A variant, or a struct, holds what it is given.
        if name.starts_with(char::is_uppercase) {
            return None;
        }
        let place = call.args.iter().position(|arg| self.may_be_option(arg))?;
        let mut call = call.clone();
        self.locals.enter();
        self.bind_before(&mut call, place);
        let option = self.lower_expr(&call.args[place]);
        let span = call.args[place].span();
        let result = match option {
            Operand::Maybe(some, inside) if is_reference(&inside) => {
                self.locals.declare("__held", false, Some(*inside));
                let mut with = |argument: Expr| {
                    call.args[place] = argument;
                    Expr::Call(call.clone())
                };
                let given = with(syn::parse_quote!(Some(&*__held)));
                let none = with(syn::parse_quote!(None));
                self.branch(
                    some,
                    span,
                    |cx| cx.lower_expr(&given),
                    |cx| cx.lower_expr(&none),
                )
            }
            other => {
                self.locals.declare("__option", false, Some(other));
                call.args[place] = syn::parse_quote!(__option);
                self.lower_expr(&Expr::Call(call))
            }
        };
        self.locals.leave();
        Some(result)
    }

    /// Evaluates the arguments in front of the option before it, where one or the other changes something.
    fn bind_before(&mut self, call: &mut ExprCall, place: usize) {
        let mut before = call.args.iter().take(place + 1);
        if place == 0 || !before.any(|arg| self.changes(arg)) {
            return;
        }
        for (k, arg) in call.args.iter_mut().take(place).enumerate() {
            if matches!(arg, Expr::Lit(_) | Expr::Closure(_)) {
                continue;
            }
            let operand = match self.lower_expr(arg) {
                value @ (Operand::Value(_) | Operand::Place(..)) => self.kept_for_later(value),
                reference => reference,
            };
            let name = quote::format_ident!("__argument_{k}");
            self.locals.declare(&name.to_string(), false, Some(operand));
            *arg = syn::parse_quote!(#name);
        }
    }

    fn may_be_option(&self, arg: &Expr) -> bool {
        if let Some(name) = ident_of(arg) {
            let held = self.locals.get(&name);
            return matches!(held, Some(Operand::Maybe(_, inside)) if is_reference(&inside));
        }
        match arg {
            Expr::Paren(inner) => self.may_be_option(&inner.expr),
            Expr::MethodCall(call) => GIVING.iter().any(|name| call.method == name),
            _ => false,
        }
    }
}

fn is_reference(operand: &Operand) -> bool {
    matches!(operand, Operand::Ref(..))
}

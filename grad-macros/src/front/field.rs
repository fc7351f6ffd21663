//! What fields are set to.

use syn::Expr;
use syn::spanned::Spanned;

use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Ty, Value};

impl Lower<'_> {
    /// What the field of a variant is set to: a text is a reference there.
    pub(super) fn field_value(&mut self, expr: &Expr) -> Value {
        let operand = self.lower_expr(expr);
        self.set_to(operand, expr)
    }

    /// The same of a struct's, which may not borrow: what a reference leads to is in the graph, but
    /// the reference itself is not.
    pub(super) fn field_of_struct(&mut self, expr: &Expr) -> Value {
        let operand = match self.lower_expr(expr) {
            Operand::Ref(_, ty) | Operand::RefMut(_, ty) if !ty.is_scalar() && ty != Ty::Inert => {
                self.report(expr.span(), Problem::BorrowedField)
            }
            other => other,
        };
        self.set_to(operand, expr)
    }

    fn set_to(&mut self, operand: Operand, expr: &Expr) -> Value {
        let operand = match operand {
            text @ Operand::Ref(_, Ty::Inert) => self.as_text(text),
            other => other,
        };
        self.read_spanned(operand, expr.span())
    }
}

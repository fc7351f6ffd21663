//! The order of evaluation: what an expression reads is read before what comes after it is computed.
//!
//! A place is an operand that is not read yet. Where a later part of the same expression may write it
//! (`c.n * c.bump()`), it is read at once.

use syn::Expr;

use super::{Lower, Operand};
use crate::ir::Ty;

impl Lower<'_> {
    /// The operand, read if one of the expressions evaluated after it may write what it names.
    pub(super) fn before<'e>(
        &mut self,
        operand: Operand,
        later: impl IntoIterator<Item = &'e Expr>,
    ) -> Operand {
        if names_places(&operand) && later.into_iter().any(|expr| self.changes(expr)) {
            return self.own(operand, &Ty::Unknown);
        }
        operand
    }

    /// Expressions one after the other.
    pub(super) fn lower_in_order<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
    ) -> Vec<Operand> {
        let exprs: Vec<&Expr> = exprs.into_iter().collect();
        let mut operands = Vec::new();
        for (k, expr) in exprs.iter().enumerate() {
            let operand = self.lower_expr(expr);
            operands.push(self.before(operand, exprs[k + 1..].iter().copied()));
        }
        operands
    }
}

fn names_places(operand: &Operand) -> bool {
    match operand {
        Operand::Place(..) => true,
        Operand::Tuple(parts) => parts.iter().any(names_places),
        Operand::Maybe(_, inside) => names_places(inside),
        _ => false,
    }
}

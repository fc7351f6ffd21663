//! Where in the source lowering is: what a site says of its place where nothing nearer is known.

use syn::Expr;
use syn::spanned::Spanned;

use super::{Lower, Operand};
use crate::ir::{Ty, Value};

impl Lower<'_> {
    /// The expression as an operand. What is read of it directly afterwards stands where it does.
    pub(super) fn lower_expr(&mut self, expr: &Expr) -> Operand {
        if self.dead {
            return Operand::Never;
        }
        self.here = expr.span();
        let operand = self.lower_any(expr);
        self.here = expr.span();
        operand
    }

    /// A value that nobody uses: it is read, as an index may be out of bounds.
    pub(super) fn discard(&mut self, operand: Operand) -> Operand {
        if matches!(operand, Operand::Place(..)) && self.operand_ty(&operand).is_scalar() {
            self.read(operand);
        }
        Operand::Unit
    }

    /// Arithmetic on whole numbers may overflow, or divide by zero, where nobody uses its result.
    pub(super) fn note_check(&mut self, value: Value) {
        let site = self.graph.block(self.region()).sites.last().copied();
        if let (Some(site), Ty::Int) = (site, self.graph.ty(value)) {
            self.graph.checks.insert(site);
        }
    }
}

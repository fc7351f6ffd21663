//! Tables of constants with rows behind references: `let links: [&[usize]; 2] = [&[1, 2], &[0]];`.
//! The rows have different lengths, so they are no array of arrays; they stand as in the source.

use syn::spanned::Spanned;
use syn::{Expr, Type, UnOp};

use super::{Lower, Operand};

impl Lower<'_> {
    /// The table that a `let` of this type is given, if it is one.
    pub(super) fn lower_table(&mut self, init: &Expr, written: &Type) -> Option<Operand> {
        if !holds_references(written) || !is_constant(init) {
            return None;
        }
        let ty = self.ty_of(written);
        let made: Expr = syn::parse_quote_spanned!(init.span()=> {
            let __table: #written = #init;
            __table
        });
        Some(self.opaque(&made, ty, "a table"))
    }
}

/// An array or a slice of references.
fn holds_references(ty: &Type) -> bool {
    match ty {
        Type::Array(array) => is_reference(&array.elem) || holds_references(&array.elem),
        Type::Slice(slice) => is_reference(&slice.elem) || holds_references(&slice.elem),
        Type::Reference(reference) => holds_references(&reference.elem),
        _ => false,
    }
}

fn is_reference(ty: &Type) -> bool {
    matches!(ty, Type::Reference(_))
}

/// Whether the expression is made of literals alone.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Array(array) => array.elems.iter().all(is_constant),
        Expr::Tuple(tuple) => tuple.elems.iter().all(is_constant),
        Expr::Reference(reference) => {
            reference.mutability.is_none() && is_constant(&reference.expr)
        }
        Expr::Paren(inner) => is_constant(&inner.expr),
        Expr::Group(inner) => is_constant(&inner.expr),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Neg(_)) && is_constant(&unary.expr),
        _ => false,
    }
}

//! Arrays of mutable references, `for c in [&mut self.x, &mut self.y] { *c /= n; }`: the places are
//! visited one after another.

use syn::{Expr, ExprArray};

use super::super::{Lower, Operand};
use super::Iter;

impl Lower<'_> {
    /// The array as an iterator over places, if it holds mutable references.
    pub(in crate::front) fn places_in_turn(&mut self, array: &ExprArray) -> Option<Operand> {
        if !array.elems.iter().any(lends) {
            return None;
        }
        let items: Vec<Operand> = array.elems.iter().map(|e| self.lower_expr(e)).collect();
        if items.contains(&Operand::Poison) {
            return Some(Operand::Poison);
        }
        let single = items.into_iter().map(|item| Iter::Once(Box::new(item)));
        let all = single.reduce(|before, next| Iter::Chain(Box::new(before), Box::new(next)));
        all.map(Operand::Iter)
    }
}

/// `&mut place`, alone or in a tuple.
fn lends(expr: &Expr) -> bool {
    match expr {
        Expr::Reference(reference) => reference.mutability.is_some(),
        Expr::Tuple(tuple) => tuple.elems.iter().any(lends),
        Expr::Paren(inner) => lends(&inner.expr),
        _ => false,
    }
}

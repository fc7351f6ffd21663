//! Arrays of mutable references, `for c in [&mut self.x, &mut self.y] { *c /= n; }`: the places are
//! visited one after another. So are the functions of `[f64::sin, f64::cos]`.

use syn::{Expr, ExprArray};

use super::super::pattern::segments;
use super::super::{Lower, Operand};
use super::Iter;

impl Lower<'_> {
    /// The array as an iterator over places or functions, if it holds mutable references or is made
    /// of functions.
    pub(in crate::front) fn places_in_turn(&mut self, array: &ExprArray) -> Option<Operand> {
        let functions = !array.elems.is_empty() && array.elems.iter().all(is_function);
        if !functions && !array.elems.iter().any(lends) {
            return None;
        }
        let items: Vec<Operand> = array.elems.iter().map(|e| self.lower_item_of(e)).collect();
        if items.contains(&Operand::Poison) {
            return Some(Operand::Poison);
        }
        let single = items.into_iter().map(|item| Iter::Once(Box::new(item)));
        let all = single.reduce(|before, next| Iter::Chain(Box::new(before), Box::new(next)));
        all.map(Operand::Iter)
    }

    fn lower_item_of(&mut self, expr: &Expr) -> Operand {
        if !is_function(expr) {
            return self.lower_expr(expr);
        }
        self.function_of(expr)
            .map_or(Operand::Poison, Operand::Closure)
    }
}

/// A closure, or a function of numbers by its name: `f64::sin`.
fn is_function(expr: &Expr) -> bool {
    match expr {
        Expr::Closure(_) => true,
        Expr::Path(path) => {
            let segments = segments(&path.path);
            matches!(segments.as_slice(), [ty, _] if ty == "f64" || ty == "f32")
                && segments[1].starts_with(char::is_lowercase)
        }
        _ => false,
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

//! The order of evaluation: what an expression reads is read before what comes after it is computed.
//!
//! A place is an operand that is not read yet. Where a later part of the same expression may write it
//! (`c.n * c.bump()`), it is read at once.

use syn::{Expr, Stmt, parse_quote};

use super::expr::is_compound;
use super::{Lower, Operand};
use crate::ir::{Op, Ty};

/// Methods that certainly change nothing, beside those of numbers.
const QUIET: &[&str] = &["len", "is_empty", "is_nan", "is_finite", "clone", "iter"];

impl Lower<'_> {
    /// The operand, read if one of the expressions evaluated after it may write what it names.
    pub(super) fn before<'e>(
        &mut self,
        operand: Operand,
        later: impl IntoIterator<Item = &'e Expr>,
    ) -> Operand {
        if names_places(&operand) && later.into_iter().any(|expr| !self.is_quiet(expr)) {
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

    /// Whether an expression certainly changes nothing and binds nothing.
    pub(super) fn is_quiet(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Lit(_) | Expr::Path(_) => true,
            Expr::Paren(e) => self.is_quiet(&e.expr),
            Expr::Group(e) => self.is_quiet(&e.expr),
            Expr::Unary(e) => self.is_quiet(&e.expr),
            Expr::Cast(e) => self.is_quiet(&e.expr),
            Expr::Field(e) => self.is_quiet(&e.base),
            Expr::Index(e) => self.is_quiet(&e.expr) && self.is_quiet(&e.index),
            Expr::Reference(e) => e.mutability.is_none() && self.is_quiet(&e.expr),
            Expr::Tuple(e) => e.elems.iter().all(|e| self.is_quiet(e)),
            Expr::Array(e) => e.elems.iter().all(|e| self.is_quiet(e)),
            Expr::Binary(e) => {
                !is_compound(&e.op) && self.is_quiet(&e.left) && self.is_quiet(&e.right)
            }
            Expr::Call(e) => {
                let known = matches!(&*e.func, Expr::Path(_)) && !self.changes(&e.func);
                known
                    && e.args
                        .iter()
                        .all(|arg| self.is_quiet(arg) && !self.is_mutable_reference(arg))
            }
            Expr::MethodCall(e) => {
                let name = e.method.to_string();
                let known = QUIET.contains(&name.as_str())
                    || (1..4).any(|n| Op::from_method(&name, n).is_some());
                known && self.is_quiet(&e.receiver) && e.args.iter().all(|arg| self.is_quiet(arg))
            }
            _ => false,
        }
    }

    /// Whether a name is a closure that may change what it captures.
    fn changes(&self, function: &Expr) -> bool {
        let held = super::stmt::ident_of(function).and_then(|name| self.locals.get(&name));
        match held {
            Some(Operand::Closure(function)) => function.changes(),
            Some(_) => true,
            None => false,
        }
    }

    /// Whether a name is a mutable reference, which a call may write through.
    fn is_mutable_reference(&self, expr: &Expr) -> bool {
        let held = super::stmt::ident_of(expr).and_then(|name| self.locals.get(&name));
        matches!(held, Some(Operand::RefMut(..)))
    }

    /// Statements that give names to what an expression computes before its part that leaves, for
    /// that part is taken out in front of the statement; `parts` are those before it, in order.
    pub(super) fn named_before(
        &self,
        parts: Vec<&mut Expr>,
        leaving: &Expr,
        number: usize,
        count: &mut usize,
    ) -> Vec<Stmt> {
        let mut named = Vec::new();
        let later = self.is_quiet_to_leave(leaving);
        for part in parts {
            let place = matches!(part, Expr::Reference(_) | Expr::Closure(_) | Expr::Lit(_));
            if place || later && self.is_quiet(part) {
                continue;
            }
            let name = quote::format_ident!("__early_{number}_{count}");
            *count += 1;
            let part = std::mem::replace(part, parse_quote!(#name));
            named.push(parse_quote!(let #name = #part;));
        }
        named
    }

    /// As [`Self::is_quiet`] of an expression that may leave.
    fn is_quiet_to_leave(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Try(tried) => self.is_quiet(&tried.expr),
            other => self.is_quiet(other),
        }
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

//! Conditions of loops that are evaluated beside the loop's body: they change nothing, bind nothing
//! and hold no loop.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::Expr;

use super::function::Function;
use super::opaque::names_in;
use super::operator::is_compound;
use super::{Lower, Operand};
use crate::ir::Op;

impl Lower<'_> {
    /// Whether the expression changes nothing, the closures that it calls included.
    pub(super) fn stays_quiet(&self, expr: &Expr) -> bool {
        let called = self.closures_in(expr);
        let quiet = |f: &Function| match f {
            Function::Written(f) => is_quiet(&f.body) && self.closures_in(&f.body).is_empty(),
            Function::Given(_) | Function::Path(_) => true,
            Function::Either(..) | Function::Table(_) | Function::Row(_) => false,
        };
        is_quiet(expr) && !self.changes(expr) && called.iter().all(quiet)
    }

    /// The functions in variables that an expression names.
    fn closures_in(&self, expr: &Expr) -> Vec<Function> {
        let mut names = BTreeSet::new();
        names_in(expr.to_token_stream(), &mut names);
        let functions = names.iter().filter_map(|name| match self.locals.get(name) {
            Some(Operand::Closure(function)) => Some(function),
            _ => None,
        });
        functions.collect()
    }
}

/// Whether an expression certainly changes nothing and binds nothing.
fn is_quiet(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Paren(e) => is_quiet(&e.expr),
        Expr::Group(e) => is_quiet(&e.expr),
        Expr::Unary(e) => is_quiet(&e.expr),
        Expr::Cast(e) => is_quiet(&e.expr),
        Expr::Field(e) => is_quiet(&e.base),
        Expr::Index(e) => is_quiet(&e.expr) && is_quiet(&e.index),
        Expr::Reference(e) => e.mutability.is_none() && is_quiet(&e.expr),
        Expr::Binary(e) => !is_compound(&e.op) && is_quiet(&e.left) && is_quiet(&e.right),
        Expr::Call(e) => e.args.iter().all(is_quiet) && matches!(*e.func, Expr::Path(_)),
        Expr::MethodCall(e) => {
            let name = e.method.to_string();
            let known = matches!(name.as_str(), "len" | "is_empty" | "is_nan" | "is_finite")
                || (1..4).any(|n| Op::from_method(&name, n).is_some());
            known && is_quiet(&e.receiver) && e.args.iter().all(is_quiet)
        }
        _ => false,
    }
}

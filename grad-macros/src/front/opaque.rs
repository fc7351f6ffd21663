//! Code that is carried as it stands: expressions and macros without a derivative of their own.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Expr;
use syn::spanned::Spanned;

use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Kind, Ty};

impl Lower<'_> {
    /// The expression with a result of type `ty`; a problem should it turn out to be active.
    pub(super) fn opaque(&mut self, expr: &Expr, ty: Ty, what: &str) -> Operand {
        let mut captures = self.captures(&expr.to_token_stream());
        let kind = Kind::Opaque {
            code: Code(self.with_cells(expr.to_token_stream(), &mut captures)),
            captures,
            effect: false,
        };
        let value = self.push(kind, Vec::new(), ty, expr.span());
        let what = if what.starts_with("this") {
            what.to_owned()
        } else {
            format!("`{what}`")
        };
        self.if_active.insert(value, Problem::ActiveCode(what));
        Operand::Value(value)
    }

    /// An `unsafe` block, which is carried as it stands where it sees nothing that may be
    /// differentiated and changes no variable.
    pub(super) fn lower_unsafe(&mut self, block: &syn::ExprUnsafe, expr: &Expr) -> Operand {
        let captures = self.captures(&expr.to_token_stream());
        let sees = |cx: &Self, capture: &Capture| match capture {
            Capture::Value(value) => cx.graph.ty(*value).may_be_active(),
            Capture::Place(path, _) => cx.graph.var(path.root).ty.may_be_active(),
            Capture::Given => true,
        };
        let leaves = super::hoist::has_exit(expr.to_token_stream());
        if leaves || self.changes(expr) || captures.iter().any(|(_, c)| sees(self, c)) {
            return self.report(block.unsafe_token.span(), Problem::Unsafe);
        }
        let gives = matches!(block.block.stmts.last(), Some(syn::Stmt::Expr(_, None)));
        let kind = Kind::Opaque {
            code: Code(expr.to_token_stream()),
            captures,
            effect: !gives,
        };
        if gives {
            return Operand::Value(self.push(kind, Vec::new(), Ty::Unknown, expr.span()));
        }
        self.push_effect(kind, Vec::new(), expr.span());
        Operand::Unit
    }

    /// Notes that a function of std's has no derivative, should it turn out to be active.
    pub(super) fn if_of_std(&mut self, path: &syn::Path, called: &Operand) {
        let first = path.segments.first().map(|s| s.ident.to_string());
        let of_std = path.segments.len() > 1
            && first.is_some_and(|first| matches!(first.as_str(), "std" | "core" | "alloc"));
        if let (true, Operand::Value(value)) = (of_std, called) {
            let name = path.to_token_stream().to_string().replace(' ', "");
            let problem = Problem::ActiveCode(format!("`{name}`"));
            self.if_active.insert(*value, problem);
        }
    }

    /// The variables of this function that the tokens name.
    pub(super) fn captures(&mut self, tokens: &TokenStream) -> Vec<(String, Capture)> {
        let mut names = BTreeSet::new();
        names_in(tokens.clone(), &mut names);
        let mut captures = Vec::new();
        for name in names {
            let Some(operand) = self.locals.get(&name) else {
                continue;
            };
            if self.is_generic_number(&name, &operand) {
                continue;
            }
            let capture = match operand {
                Operand::Value(value) => Capture::Value(value),
                number @ Operand::Place(..) if self.operand_ty(&number).is_scalar() => {
                    Capture::Value(self.read(number))
                }
                Operand::Place(path, _) => Capture::Place(path, false),
                Operand::Ref(path, _) | Operand::RefMut(path, _) => Capture::Place(path, true),
                whole @ (Operand::Tuple(_) | Operand::Maybe(..)) => {
                    Capture::Value(self.read(whole))
                }
                Operand::Unit
                | Operand::Closure(_)
                | Operand::Iter(_)
                | Operand::Never
                | Operand::Poison => continue,
            };
            captures.push((name, capture));
        }
        captures
    }

    /// Whether the value is a `String` made here, which moves.
    pub(super) fn is_text(&self, value: crate::ir::Value) -> bool {
        let made = self.graph.def(value).map(|site| &site.kind);
        let Some(Kind::Opaque { code, .. }) = made else {
            return false;
        };
        let code = code.0.to_string().replace(' ', "");
        code.starts_with("format!") || code.ends_with(".to_string()")
    }

    /// Whether the name is a generic parameter, which code sees wherever it stands.
    fn is_generic_number(&self, name: &str, operand: &Operand) -> bool {
        let Operand::Value(value) = operand else {
            return false;
        };
        let def = self.graph.def(*value).map(|site| &site.kind);
        matches!(def, Some(Kind::Constant(code)) if code.0.to_string() == name)
    }
}

/// Identifiers that may be variables, those inside format strings too.
pub(super) fn names_in(tokens: TokenStream, names: &mut BTreeSet<String>) {
    let mut after_dot = false;
    for token in tokens {
        let mut dot = false;
        match token {
            TokenTree::Group(group) => names_in(group.stream(), names),
            TokenTree::Ident(ident) if !after_dot => {
                names.insert(ident.to_string());
            }
            TokenTree::Ident(_) => {}
            TokenTree::Punct(punct) => {
                dot = punct.as_char() == '.'
                    && punct.spacing() == proc_macro2::Spacing::Alone
                    && !after_dot
            }
            TokenTree::Literal(literal) => names_in_format(&literal.to_string(), names),
        }
        after_dot = dot;
    }
}

fn names_in_format(text: &str, names: &mut BTreeSet<String>) {
    for part in text.split('{').skip(1) {
        let name: String = part
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if !name.is_empty() {
            names.insert(name);
        }
    }
}

//! Whether `len` is a number of elements or, of a vector of the user's, how long it is.

use proc_macro2::{TokenStream, TokenTree};
use syn::Expr;

use super::Lower;
use super::call::integer_type;
use crate::ir::{Op, Ty};

impl Lower<'_> {
    /// Whether `receiver.len()` measures something: a type with such a method stands around, or the
    /// receiver is the result of arithmetic.
    pub(super) fn is_measured(&self, receiver: &Expr, ty: &Ty) -> bool {
        let own = matches!(ty, Ty::Named(_) | Ty::Unknown);
        own && !self.graph.on_arrays && (self.measures || is_arithmetic(receiver))
    }
}

impl Lower<'_> {
    /// Whether an expression is a whole number, as far as it tells by itself.
    pub(super) fn counts(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Lit(literal) => matches!(literal.lit, syn::Lit::Int(_)),
            Expr::Paren(inner) => self.counts(&inner.expr),
            Expr::Binary(binary) => self.counts(&binary.left) || self.counts(&binary.right),
            Expr::MethodCall(call) => call.method == "len" && call.args.is_empty(),
            Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
                let local = self.locals.get(&name.to_string());
                local.is_some_and(|operand| self.operand_ty(&operand) == Ty::Int)
            }),
            _ => false,
        }
    }
}

fn is_arithmetic(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(inner) => is_arithmetic(&inner.expr),
        Expr::Group(inner) => is_arithmetic(&inner.expr),
        Expr::Binary(_) => true,
        Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Neg(_)),
        // No list has a method of this name.
        Expr::MethodCall(call) => {
            Op::from_method(&call.method.to_string(), call.args.len() + 1).is_some()
        }
        _ => false,
    }
}

/// Whether the code has a method `len` that gives no integer.
pub(super) fn measures(code: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = code.clone().into_iter().collect();
    let is_len = |pair: &[TokenTree]| matches!(pair, [TokenTree::Ident(a), TokenTree::Ident(b)] if a == "fn" && b == "len");
    let here = tokens.windows(2).position(is_len);
    here.is_some_and(|k| !gives_integer(&tokens[k..]))
        || tokens
            .iter()
            .any(|t| matches!(t, TokenTree::Group(group) if measures(&group.stream())))
}

/// Whether the signature that the tokens start with says that an integer is given.
fn gives_integer(tokens: &[TokenTree]) -> bool {
    let is_body = |t: &TokenTree| matches!(t, TokenTree::Group(g) if g.delimiter() == proc_macro2::Delimiter::Brace);
    let signature = tokens.iter().take_while(|t| !is_body(t)).cloned();
    let signature = syn::parse2::<syn::Signature>(signature.collect());
    match signature.map(|signature| signature.output) {
        Ok(syn::ReturnType::Type(_, ty)) => integer_type(&ty).is_some(),
        _ => true,
    }
}

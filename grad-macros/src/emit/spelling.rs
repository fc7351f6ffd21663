//! How operators, literals and names are spelled.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::quote;

use crate::ir::{Discrete, Literal, Op, Spelling, Ty, Width, row};

/// A literal with its type where the source says one.
pub(super) fn literal(literal: &Literal, ty: &Ty) -> TokenStream {
    let text = match literal {
        Literal::Float(text) => {
            let text = if text.contains(['.', 'e', 'E']) {
                text.clone()
            } else {
                format!("{text}.0")
            };
            let suffix = match ty {
                Ty::Float(Some(Width::F32)) => "_f32",
                Ty::Float(Some(Width::F64)) => "_f64",
                _ => "",
            };
            let text = if text.ends_with('.') {
                format!("{text}0")
            } else {
                text
            };
            format!("{text}{suffix}")
        }
        Literal::Int(text) => text.clone(),
        Literal::Bool(b) => b.to_string(),
        Literal::Undefined => match ty {
            Ty::Int => "0".to_owned(),
            Ty::Bool => "false".to_owned(),
            Ty::Unit => "()".to_owned(),
            Ty::Float(Some(Width::F32)) => "0.0_f32".to_owned(),
            Ty::Float(Some(Width::F64)) => "0.0_f64".to_owned(),
            Ty::Float(None) => "0.0".to_owned(),
            _ => "::core::default::Default::default()".to_owned(),
        },
    };
    let tokens: TokenStream = text.parse().unwrap_or_default();
    if text.starts_with('-') {
        quote!((#tokens))
    } else {
        tokens
    }
}

pub(super) fn assign_text(op: Op) -> String {
    match row(op).spelling {
        Spelling::Infix(text) => format!("{text}="),
        _ => String::new(),
    }
}

pub(super) fn member(name: &str) -> syn::Member {
    match name.parse::<u32>() {
        Ok(index) => syn::Member::Unnamed(syn::Index {
            index,
            span: Span::call_site(),
        }),
        Err(_) => syn::Member::Named(
            syn::parse_str(name).unwrap_or_else(|_| Ident::new_raw(name, Span::call_site())),
        ),
    }
}

pub(super) fn spelled(spelling: Spelling, operands: &[TokenStream], span: Span) -> TokenStream {
    match (spelling, operands) {
        (Spelling::Infix(op), [a, b]) => {
            let op = infix(op, span);
            quote!(#a #op #b)
        }
        (Spelling::Prefix(op), [a]) => {
            let op = infix(op, span);
            quote!(#op #a)
        }
        (Spelling::Method(name), [receiver, args @ ..]) => {
            let name = Ident::new(name, span);
            quote!(#receiver.#name(#(#args),*))
        }
        _ => TokenStream::new(),
    }
}

/// The tokens of an operator, at the user's place.
pub(super) fn infix(text: &str, span: Span) -> TokenStream {
    let tokens: TokenStream = text.parse().unwrap_or_default();
    tokens
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect()
}

/// The tokens, seen as before but standing at the user's place: what is wrong there is said there.
pub(super) fn placed(tokens: TokenStream, span: Span) -> TokenStream {
    let here = |token: TokenTree| {
        let seen = span.resolved_at(token.span());
        let mut token = match token {
            TokenTree::Group(group) => {
                let inner = placed(group.stream(), span);
                TokenTree::Group(Group::new(group.delimiter(), inner))
            }
            token => token,
        };
        token.set_span(seen);
        token
    };
    tokens.into_iter().map(here).collect()
}

pub(super) fn discrete_text(op: Discrete) -> &'static str {
    match op {
        Discrete::Eq => "==",
        Discrete::Ne => "!=",
        Discrete::Lt => "<",
        Discrete::Le => "<=",
        Discrete::Gt => ">",
        Discrete::Ge => ">=",
        Discrete::And => "&&",
        Discrete::Or => "||",
        Discrete::Not => "!",
        Discrete::BitAnd => "&",
        Discrete::BitOr => "|",
        Discrete::BitXor => "^",
        Discrete::Shl => "<<",
        Discrete::Shr => ">>",
    }
}

/// Whether the code is a macro of std's that takes what it writes by reference, or asks rustc of what
/// kind something is.
pub(super) fn is_shown(code: &TokenStream) -> bool {
    const MACROS: &[&str] = &["print", "println", "eprint", "eprintln", "format"];
    let mut tokens = code.clone().into_iter();
    let name = tokens.next().map(|token| token.to_string());
    let bang = tokens.next().map(|token| token.to_string());
    bang.as_deref() == Some("!") && name.is_some_and(|name| MACROS.contains(&name.as_str()))
        || code.to_string().contains("__grad_kind")
}

//! What the tokens of a closure say that is passed to a function, and what they become.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Expr, Pat};

use super::captured::writes;
use super::closure::Written;
use super::passed::THIS;
use crate::signature::{Parameter, Signature, ty_of};

/// The signature of a closure, but for its parameters.
pub(super) fn closure_signature(written: &Written, numbers: &[String]) -> Signature {
    let (output, output_type) = match written.output() {
        Some(ty) => (ty_of(ty), ty.clone()),
        None => (
            super::iter::short::told_output(&written.body),
            syn::parse_quote!(_),
        ),
    };
    Signature {
        returned: None,
        output_tangent: None,
        wraps: false,
        parameters: Vec::new(),
        output,
        output_type,
        consts: Vec::new(),
        numbers: Vec::new(),
        number_names: numbers.to_vec(),
        types: Vec::new(),
        applied: false,
        lending: None,
        outlived: None,
        wanted: crate::signature::Wanted::Inside,
    }
}

/// Whether an argument is a closure, or a reference to one.
pub(super) fn is_closure(arg: &Expr) -> bool {
    match arg {
        Expr::Reference(inner) => is_closure(&inner.expr),
        Expr::Paren(inner) => is_closure(&inner.expr),
        Expr::Closure(_) => true,
        _ => false,
    }
}

/// Whether an argument is written as a reference to a function.
fn is_reference(code: &TokenStream) -> bool {
    let first = code.clone().into_iter().next();
    matches!(first, Some(TokenTree::Punct(punct)) if punct.as_char() == '&')
}

/// Whether that is a mutable reference.
fn is_mutable_reference(code: &TokenStream) -> bool {
    let second = code.clone().into_iter().nth(1);
    is_reference(code) && matches!(second, Some(TokenTree::Ident(word)) if word == "mut")
}

/// The pointer that an argument is written as which holds a function.
fn pointer(code: &TokenStream) -> Option<&'static str> {
    let text = code.to_string().replace(' ', "");
    let text = text.trim_start_matches('&').trim_start_matches("mut");
    let made = text.split("::new(").next()?;
    let name = made.rsplit("::").next()?;
    let known = ["Box", "Rc", "Arc"]
        .into_iter()
        .find(|known| *known == name);
    known.filter(|_| text.contains("::new("))
}

/// The function as the argument shows it: behind a reference, in a box.
pub(super) fn wrapped(code: &TokenStream, boxed: bool, function: &TokenStream) -> TokenStream {
    let word = is_mutable_reference(code).then(|| quote!(mut));
    let amp = is_reference(code).then(|| quote!(&#word));
    let path = match pointer(code) {
        Some("Rc") => quote!(::std::rc::Rc),
        Some("Arc") => quote!(::std::sync::Arc),
        None if !boxed => return quote!(#amp #function),
        _ => quote!(::std::boxed::Box),
    };
    quote!(#amp (#path::new(#function) as #path<_>))
}

/// Whether the code has `*name`, with no left operand.
fn looks_through(name: &Ident, tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_star = |k: usize| matches!(&tokens[k], TokenTree::Punct(p) if p.as_char() == '*');
    let starts = |k: usize| match k.checked_sub(1).map(|k| &tokens[k]) {
        None | Some(TokenTree::Punct(_)) => true,
        Some(TokenTree::Ident(word)) => ["return", "in", "if", "match"].iter().any(|w| word == w),
        _ => false,
    };
    (0..tokens.len()).any(|k| match &tokens[k] {
        TokenTree::Group(group) => looks_through(name, group.stream()),
        TokenTree::Ident(ident) => ident == name && k > 0 && is_star(k - 1) && starts(k - 1),
        _ => false,
    })
}

/// The inputs of a closure as parameters.
pub(super) fn inputs_of(written: &Written) -> Vec<Parameter> {
    let body = written.body.to_token_stream();
    let input = |(k, pattern): (usize, &Pat)| {
        let (pattern, ty) = match pattern {
            Pat::Type(typed) => ((*typed.pat).clone(), (*typed.ty).clone()),
            // What is written through is a mutable reference.
            Pat::Ident(p)
                if p.mutability.is_none() && writes(&p.ident.to_string(), body.clone()) =>
            {
                (pattern.clone(), syn::parse_quote!(&mut _))
            }
            // What is looked through is a reference.
            Pat::Ident(p) if looks_through(&p.ident, body.clone()) => {
                (pattern.clone(), syn::parse_quote!(&_))
            }
            Pat::Reference(seen) => {
                let mutable = &seen.mutability;
                (pattern.clone(), syn::parse_quote!(&#mutable _))
            }
            other => (other.clone(), syn::parse_quote!(_)),
        };
        let known = ty_of(&ty);
        let mut parameter = match &pattern {
            Pat::Ident(p) if p.by_ref.is_none() && p.subpat.is_none() => {
                let mut parameter = Parameter::of_closure(p.ident.clone(), ty, known);
                parameter.mutable = p.mutability.is_some();
                return parameter;
            }
            _ => Parameter::of_closure(format_ident!("__grad_input_{k}"), ty, known),
        };
        parameter.pattern = Some(pattern);
        parameter
    };
    written.inputs.iter().enumerate().map(input).collect()
}

/// The tokens with another name for `self`.
pub(super) fn without_self(tokens: TokenStream) -> TokenStream {
    let renamed = |token| match token {
        TokenTree::Ident(ident) if ident == "self" => {
            TokenTree::Ident(Ident::new(THIS, ident.span()))
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), without_self(group.stream()));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => other,
    };
    tokens.into_iter().map(renamed).collect()
}

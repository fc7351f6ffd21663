//! The methods in the code around a function: what their signatures tell of calls on `self`.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Signature;

use crate::signature::iterators::returns_items;

/// The methods in the code, each with its body if it has one.
pub(super) fn methods(code: &TokenStream) -> Vec<(Signature, Option<TokenStream>)> {
    let mut found = Vec::new();
    gather(code.clone(), &mut found);
    found
}

fn gather(tokens: TokenStream, found: &mut Vec<(Signature, Option<TokenStream>)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (k, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => gather(group.stream(), found),
            TokenTree::Ident(word) if word == "fn" => {
                let end = tokens[k..].iter().position(ends_signature).unwrap_or(0);
                let body = tokens.get(k + end).map(ToTokens::to_token_stream);
                let signature = tokens[k..].iter().take(end).cloned();
                let signature = syn::parse2::<Signature>(signature.collect());
                found.extend(
                    signature
                        .ok()
                        .filter(|signature| signature.receiver().is_some())
                        .map(|signature| (signature, body)),
                );
            }
            _ => {}
        }
    }
}

pub(super) fn ends_signature(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == proc_macro2::Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    }
}

/// The variables that a method is called on whose name tells something.
pub(super) fn called_on(code: &TokenStream, tells: &dyn Fn(&str) -> bool) -> HashSet<String> {
    let mut found = HashSet::new();
    let tokens: Vec<TokenTree> = code.clone().into_iter().collect();
    for window in tokens.windows(3) {
        if let [
            TokenTree::Ident(name),
            TokenTree::Punct(dot),
            TokenTree::Ident(method),
        ] = window
        {
            if dot.as_char() == '.' && tells(&method.to_string()) {
                found.insert(name.to_string());
            }
        }
    }
    for token in tokens {
        if let TokenTree::Group(group) = token {
            found.extend(called_on(&group.stream(), tells));
        }
    }
    found
}

/// The names of those that return iterators.
pub(super) fn listing(code: &TokenStream) -> HashSet<String> {
    let methods = methods(code).into_iter();
    let listing = methods.filter(|(signature, _)| returns_items(signature));
    listing
        .map(|(signature, _)| signature.ident.to_string())
        .collect()
}

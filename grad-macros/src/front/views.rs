//! Methods that give views: structs that hold references to parts of their receivers.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::signatures::ends_signature;

/// The methods in the code that return structs with lifetimes: views of their receivers.
pub(super) fn views(code: &TokenStream) -> HashSet<String> {
    let tokens: Vec<TokenTree> = code.clone().into_iter().collect();
    let mut found = HashSet::new();
    for (k, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => found.extend(views(&group.stream())),
            TokenTree::Ident(word) if word == "fn" => {
                let end = tokens[k..].iter().position(ends_signature).unwrap_or(0);
                let signature = tokens[k..].iter().take(end).cloned();
                let signature = syn::parse2::<syn::Signature>(signature.collect());
                let Ok(signature) = signature else { continue };
                let syn::ReturnType::Type(_, ty) = &signature.output else {
                    continue;
                };
                let of_lifetime = ty.to_token_stream().to_string().contains('\'');
                if of_lifetime && matches!(**ty, syn::Type::Path(_)) {
                    found.insert(signature.ident.to_string());
                }
            }
            _ => {}
        }
    }
    found
}

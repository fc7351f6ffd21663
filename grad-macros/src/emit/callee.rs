//! The paths by which derivatives of a called function are found, and functions without a path.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;

/// The path to the companion of a function.
pub(super) fn companion_path(path: &TokenStream, root: &TokenStream) -> TokenStream {
    let path = std_companion(path, root).unwrap_or_else(|| path.clone());
    without_turbofish(path, 0).0
}

/// The companion of a function of std's that has a rule.
pub(super) fn std_companion(path: &TokenStream, root: &TokenStream) -> Option<TokenStream> {
    match path.to_string().replace(' ', "").as_str() {
        "::core::mem::take" => Some(quote!(#root::private::rules::take)),
        "::core::mem::replace" => Some(quote!(#root::private::rules::replace)),
        _ => None,
    }
}

/// A function's path; the front writes `__grad` for the runtime, whose name it does not know.
pub(super) fn rooted(path: &TokenStream, root: &TokenStream) -> TokenStream {
    let mut tokens = path.clone().into_iter();
    match tokens.next() {
        Some(TokenTree::Ident(first)) if first == "__grad" => {
            let rest: TokenStream = tokens.collect();
            quote!(#root #rest)
        }
        _ => path.clone(),
    }
}

/// A function's path, and the generic arguments it is given as its companion's method takes them,
/// `inferred` more of which the compiler finds.
pub(super) fn without_turbofish(
    path: TokenStream,
    inferred: usize,
) -> (TokenStream, Option<TokenStream>) {
    let Ok(mut parsed) = syn::parse2::<syn::ExprPath>(path.clone()) else {
        return (path, None);
    };
    let Some(last) = parsed.path.segments.last_mut() else {
        return (path, None);
    };
    match std::mem::replace(&mut last.arguments, syn::PathArguments::None) {
        syn::PathArguments::AngleBracketed(list) => {
            let args = list.args.iter();
            let inferred = std::iter::repeat_n(quote!(_), inferred);
            (quote!(#parsed), Some(quote!(::<#(#args,)* #(#inferred),*>)))
        }
        _ => (path, None),
    }
}

/// How a function this one is given is called in a mode.
pub(super) fn given_call(
    name: &str,
    args: &[TokenStream],
    dots: &[TokenStream],
    span: Span,
) -> TokenStream {
    let name = Ident::new(name, span);
    quote!(#name(#(#args,)* #(#dots),*))
}

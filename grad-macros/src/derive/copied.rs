//! A generated tangent is `Copy` where its type is, as the same value may stand in two places of what
//! is made of it: `Pair { left: node, right: node }`.
//!
//! Whether the type is `Copy` one cannot see here, so the impl asks for it. A bound without parameters
//! that does not hold is an error, unless a lifetime is bound in front of it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::GenericParam;

use super::generics::mentions;
use super::item::Target;

/// `Copy` for the tangent of a type without lifetimes, which is not made of itself.
pub(super) fn copied(target: &Target, tangent: &Target) -> TokenStream {
    let is_lifetime = |p: &GenericParam| matches!(p, GenericParam::Lifetime(_));
    let mut own = target.fields().map(|field| field.ty.to_token_stream());
    // What holds others of its kind holds them behind something that is not `Copy`.
    let recursive = own.any(|ty| mentions(ty, &target.name));
    if recursive || target.generics.params.iter().any(is_lifetime) {
        return TokenStream::new();
    }
    let (own, name) = (&target.name, &tangent.name);
    let (parameters, arguments, clause) = tangent.generics.split_for_impl();
    let bounds = clause.iter().flat_map(|clause| &clause.predicates);
    let fields = tangent.fields().map(|field| &field.ty);
    quote! {
        #[automatically_derived]
        impl #parameters ::core::marker::Copy for #name #arguments
        where
            #(#bounds,)*
            for<'__grad> #own #arguments: ::core::marker::Copy,
            #(for<'__grad> #fields: ::core::marker::Copy,)*
        {}
    }
}

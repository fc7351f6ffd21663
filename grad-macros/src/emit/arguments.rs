//! The generic arguments that a wrapper hands its companion.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::GenericParam;

use super::items::Derived;
use super::signatures::mentions;

impl Derived<'_> {
    /// The function's own generic arguments, where one of them need not show in its parameters: a
    /// number, or a type that none of them mentions. So many more are inferred.
    pub(super) fn own_generics(&self, inferred: usize) -> Option<TokenStream> {
        let params = &self.sig.generics.params;
        let shown = |name| {
            let mut types = self.parameters().iter().map(|p| &p.written);
            types.any(|ty| mentions(ty.to_token_stream(), name))
        };
        let has_hidden = params.iter().any(|p| match p {
            GenericParam::Lifetime(_) => false,
            GenericParam::Type(ty) => !shown(&ty.ident),
            GenericParam::Const(_) => true,
        });
        let given = self.parameters().iter().any(|p| p.function.is_some());
        if !has_hidden || given {
            return None;
        }
        let own = params.iter().filter_map(|p| match p {
            GenericParam::Lifetime(_) => None,
            GenericParam::Type(t) => Some(&t.ident),
            GenericParam::Const(c) => Some(&c.ident),
        });
        let inferred = std::iter::repeat_n(quote!(_), inferred);
        Some(quote!(::<#(#own,)* #(#inferred),*>))
    }
}

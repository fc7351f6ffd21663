//! What pullbacks capture: the parameters that their types name.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::GenericParam;

use super::items::{Derived, Home};

impl Derived<'_> {
    /// The bound of an opaque type that captures what is listed.
    ///
    /// A method may stand in an `impl` block with lifetimes that the attribute does not see, or that
    /// have no name; `Self` mentions them all. What is mentioned is captured without being listed, and
    /// nothing else is, where the edition is 2021, as in this crate, whose code this is.
    pub(super) fn capturing(&self, listed: &[TokenStream]) -> TokenStream {
        let root = &self.root;
        if self.home == Home::Impl {
            let lifetimes = listed.iter().filter(|l| l.to_string().starts_with('\''));
            return quote!(#root::private::Mentions<Self> #(+ #root::private::Mentions<&#lifetimes ()>)*);
        }
        quote!(use<#(#listed),*>)
    }

    /// Every type, const and lifetime parameter that the type of a pullback names.
    pub(super) fn captured(&self) -> Vec<TokenStream> {
        let (named, constants) = self.captured_kinds();
        // What it is given it may hand to a recursive function, whose pullback is boxed.
        let outlived = self.signature.outlived.iter().map(|l| quote!(#l));
        outlived.chain(named).chain(constants).collect()
    }

    /// The same, lifetimes and types apart from constants.
    pub(super) fn captured_kinds(&self) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let outer = self
            .outer
            .iter()
            .flat_map(|generics| generics.params.iter());
        let own = self.sig.generics.params.iter();
        let bases = self.parameters().iter().map(|p| p.base.to_token_stream());
        let named = bases.collect::<TokenStream>().to_string();
        let (mut lifetimes, mut types, mut constants) = (Vec::new(), Vec::new(), Vec::new());
        for parameter in outer.chain(own) {
            match parameter {
                GenericParam::Lifetime(l) => {
                    let lifetime = &l.lifetime;
                    let text = lifetime.to_string();
                    let used = named
                        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '\''))
                        .any(|word| word == text);
                    let is_outer = self
                        .outer
                        .iter()
                        .any(|g| g.lifetimes().any(|o| o.lifetime == *lifetime));
                    let by_self = is_outer && named.split_whitespace().any(|word| word == "Self");
                    if used || by_self {
                        lifetimes.push(quote!(#lifetime));
                    }
                }
                GenericParam::Type(t) => types.push(t.ident.to_token_stream()),
                GenericParam::Const(c) => constants.push(c.ident.to_token_stream()),
            }
        }
        lifetimes.extend(types);
        (lifetimes, constants)
    }
}

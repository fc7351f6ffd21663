//! What pullbacks capture: the parameters their types name, and how long one in a box lives.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::GenericParam;

use super::items::{Derived, Home};

impl Derived<'_> {
    /// Every type, const and lifetime parameter that the type of a pullback names.
    pub(super) fn captured(&self) -> Vec<TokenStream> {
        let (mut named, constants) = self.captured_kinds();
        named.extend(constants);
        named
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

    /// Whether what a boxed pullback holds may not live for ever: it is of types or has lifetimes that
    /// are parameters. A method of a trait has the signature the trait says.
    pub(super) fn may_die(&self) -> bool {
        matches!(self.home, Home::Module | Home::Impl) && !self.captured_kinds().0.is_empty()
    }
}

/// A lifetime that all of these parameters outlive, and the bound that says so of the pullback.
pub(super) fn outlive(
    generics: &mut syn::Generics,
    clause: &mut Option<syn::WhereClause>,
    parameters: &[TokenStream],
) -> TokenStream {
    let alive = syn::Lifetime::new("'__grad", Span::call_site());
    generics.params.insert(0, syn::parse_quote!(#alive));
    let clause = clause.get_or_insert_with(|| syn::parse_quote!(where));
    for parameter in parameters {
        clause
            .predicates
            .push(syn::parse_quote!(#parameter: #alive));
    }
    quote!(+ #alive)
}

//! What the derivatives of a trait's method ask of the types that implement it, and of the trait's type
//! parameters.

use proc_macro2::Ident;
use quote::{ToTokens, quote};
use syn::{WherePredicate, parse_quote};

use super::items::Derived;
use super::signatures::{mentions, mentions_self};
use crate::signature::Parameter;

impl Derived<'_> {
    /// The bounds of a method in a trait.
    pub(super) fn trait_bounds(&self) -> Vec<WherePredicate> {
        let root = &self.root;
        let output = self.signature.output_type.to_token_stream();
        let asked = |other: &&Ident| {
            let is_wrt = |p: &Parameter| p.wrt && mentions(p.base.to_token_stream(), other);
            mentions(output.clone(), other) || self.parameters().iter().any(is_wrt)
        };
        let others = self.outer_types().filter(asked);
        let mut bounds: Vec<WherePredicate> = others
            .map(|other| parse_quote!(#other: #root::Differentiable))
            .collect();
        // A `dyn Trait` has no tangent, and cannot be asked for what is generic.
        bounds.push(parse_quote!(Self: ::core::marker::Sized));
        let by_self = |p: &Parameter| p.wrt && mentions_self(p.base.to_token_stream());
        let by_self = self.parameters().iter().any(by_self);
        let mut names = self.signature.number_names.iter();
        if names.any(|name| name == "Self") {
            bounds.push(parse_quote!(Self: #root::Scalar));
        } else if self.signature.has_any_receiver() {
            bounds.extend(by_self.then(|| parse_quote!(Self: #root::private::Receives)));
        } else if by_self || mentions_self(output.clone()) {
            let tangent = quote!(<Self as #root::Differentiable>::Tangent);
            bounds.push(parse_quote!(Self: #root::Differentiable));
            // Implementations, which do not know which of the two it is, spell the first.
            bounds.push(parse_quote!(Self: #root::private::Receives<Bar = #tangent>));
        }
        bounds
    }

    /// The type parameters of the trait that stand for no number.
    fn outer_types(&self) -> impl Iterator<Item = &Ident> {
        let numbers = &self.signature.number_names;
        let outer = self.outer.into_iter();
        let outer = outer.flat_map(|generics| generics.type_params());
        let names = outer.map(|p| &p.ident);
        names.filter(|name| *name != "Self" && !numbers.contains(&name.to_string()))
    }
}

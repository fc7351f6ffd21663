//! What the compiler says of a method without derivatives.
//!
//! A derivative of `p.norm()` calls the sibling `__grad_vjp_norm`, whose name tells the user nothing
//! should it be missing. So a trait declares the siblings a body calls for every type, under a bound
//! that nothing fulfils: methods that are there come first, and of one that is not the compiler
//! reports the bound, in the words of `HasDerivative`.
//!
//! The companion of a function that returns a function has no `vjp`, since that function has no
//! tangent. So another trait declares `vjp` for companions, under the bound `GivesAValue`.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};

use super::items::{Derived, in_mode, sibling};
use crate::ir::{Call, Callee, Graph, Kind};
use crate::stages::Lowered;

impl Derived<'_> {
    /// The body that is written from the graph, with what is in its scope.
    pub(super) fn scoped(
        &self,
        lowered: &Lowered,
        graph: &Graph,
        code: &TokenStream,
    ) -> TokenStream {
        let (traits, items) = (self.traits_of(graph), self.prelude(lowered));
        match self.asked_of(graph) {
            None => quote!(#traits #items #code),
            // What functions inside the body ask is theirs.
            Some(asked) if items.is_empty() => quote!(#traits #asked #code),
            Some(asked) => quote!(#traits #items { #asked #code }),
        }
    }

    /// The traits in scope of a body that is written from the graph.
    pub(super) fn traits_of(&self, graph: &Graph) -> TokenStream {
        let (root, traits) = (&self.root, self.traits());
        let names = called(graph);
        let siblings = names
            .iter()
            .map(|(mode, name)| sibling(mode, name, Span::call_site()));
        let missing = format_ident!("__GradMissing", span = Span::call_site());
        let of_methods = (!names.is_empty()).then(|| {
            quote! {
                trait #missing { #(fn #siblings(&self) {})* }
                impl<T: #root::private::HasDerivative + ?Sized> #missing for T {}
            }
        });
        let value = format_ident!("__GradValue", span = Span::call_site());
        let of_functions = calls(graph)
            .any(|call| matches!(call.callee, Callee::Function(_)))
            .then(|| {
                quote! {
                    trait #value { fn vjp() {} fn jvp() {} }
                    impl<T: #root::private::GivesAValue> #value for T {}
                }
            });
        quote!(#traits #of_methods #of_functions)
    }
}

pub(super) fn calls(graph: &Graph) -> impl Iterator<Item = &Call> {
    graph.sites.iter().filter_map(|site| match &site.kind {
        Kind::CallVjp(call) | Kind::CallJvp(call, _) => Some(call),
        _ => None,
    })
}

/// The derivatives of methods and associated functions that the body calls: the mode and the name.
fn called(graph: &Graph) -> BTreeSet<(String, String)> {
    let of_call = |call: &Call| match &call.callee {
        Callee::Method(name, _) | Callee::Associated(_, name, _) => {
            let applied = !call.curried.is_empty();
            let modes = [
                in_mode("vjp", applied),
                in_mode("jvp", applied),
                "again".to_owned(),
            ];
            modes.map(|mode| (mode, name.clone())).to_vec()
        }
        _ => Vec::new(),
    };
    calls(graph).flat_map(of_call).collect()
}

//! What the compiler says of a method without derivatives.
//!
//! A derivative of `p.norm()` calls the sibling `__grad_vjp_norm`, whose name tells the user nothing
//! should it be missing. So a trait declares the siblings a body calls for every type, under a bound
//! that nothing fulfils: methods that are there come first, and of one that is not the compiler
//! reports the bound, in the words of `HasDerivative`.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};

use super::items::{Derived, sibling};
use crate::ir::{Callee, Graph, Kind};

impl Derived<'_> {
    /// The traits in scope of a body that is written from the graph.
    pub(super) fn traits_of(&self, graph: &Graph) -> TokenStream {
        let (root, traits) = (&self.root, self.traits());
        let names = called(graph);
        if names.is_empty() {
            return traits;
        }
        let siblings = names.iter().flat_map(|name| {
            ["vjp", "jvp", "again"].map(|mode| sibling(mode, name, Span::call_site()))
        });
        let missing = format_ident!("__GradMissing", span = Span::call_site());
        quote! {
            #traits
            trait #missing { #(fn #siblings(&self) {})* }
            impl<T: #root::private::HasDerivative + ?Sized> #missing for T {}
        }
    }
}

/// The methods and associated functions that the body calls derivatives of.
fn called(graph: &Graph) -> BTreeSet<String> {
    let calls = graph.sites.iter().filter_map(|site| match &site.kind {
        Kind::CallVjp(call) | Kind::CallJvp(call, _) => Some(call),
        _ => None,
    });
    let names = calls.filter_map(|call| match &call.callee {
        Callee::Method(name, _) | Callee::Associated(_, name, _) => Some(name.clone()),
        _ => None,
    });
    names.collect()
}

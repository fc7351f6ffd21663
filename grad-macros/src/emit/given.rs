//! A differentiated function as others are given it, by its name: `integrate(my_fn, a, b)`.
//!
//! The caller does not know how many arguments it has. So the companion has functions of just the
//! arguments, whose names stand for functions in the form of either mode.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::callee::without_turbofish;
use super::items::{Bodies, Derived, Home, sibling};
use super::signatures::bare;
use crate::ir::Callee;
use crate::signature::{Parameter, Passing};
use crate::stages::Tangents;

/// With more parameters nobody passes a function by its name.
const MOST: usize = 6;

impl Derived<'_> {
    /// Whether functions may be given this one.
    fn may_be_given(&self) -> bool {
        let plain = |p: &Parameter| p.function.is_none();
        matches!(self.home, Home::Module | Home::Impl)
            && !self.signature.applied
            && (1..=MOST).contains(&self.parameters().len())
            && self.parameters().iter().all(plain)
    }

    pub(super) fn given_forms(&self, bodies: &Bodies, recursive: bool) -> TokenStream {
        if !self.may_be_given() || recursive && self.may_die() {
            return TokenStream::new();
        }
        let output = &self.signature.output_type;
        let reverse = bodies.vjp.is_some().then(|| {
            let pull = self.pull_type(&self.captured(), recursive, None);
            self.given_form("vjp", &[], &quote!((#output, #pull)))
        });
        let forward = bodies.jvp.is_some().then(|| {
            let dots: Vec<_> = (self.parameters().iter())
                .map(|p| {
                    let ty = self.dot_type(p, Tangents::One);
                    let mutable = (p.passing == Passing::RefMut).then(|| quote!(mut));
                    (p.dot.clone(), quote!(::core::option::Option<&#mutable #ty>))
                })
                .collect();
            let tangent = self.output_tangent();
            self.given_form("jvp", &dots, &quote!((#output, #tangent)))
        });
        quote!(#reverse #forward)
    }

    fn given_form(
        &self,
        mode: &str,
        dots: &[(Ident, TokenStream)],
        output: &TokenStream,
    ) -> TokenStream {
        let (vis, allows, cfgs) = (self.vis, self.allows(), self.cfgs());
        let (generics, where_clause) = (bare(&self.sig.generics), self.where_clause());
        let name = match self.home {
            Home::Module => format_ident!("given_{mode}", span = Span::call_site()),
            _ => sibling(&format!("given_{mode}"), &self.name(), Span::call_site()),
        };
        let inputs = self.parameters().iter().map(|p| self.input(p, false));
        let rest = dots.iter().map(|(name, ty)| quote!(#name: #ty));
        let args: Vec<_> = (self.parameters().iter())
            .map(|p| p.name.to_token_stream())
            .collect();
        let names = dots.iter().map(|(name, _)| name);
        let call = self.call(mode, &args, &quote!(#(#names),*));
        quote! {
            /// As the derivatives of functions that are given it call it.
            #[doc(hidden)] #[inline] #[must_use] #allows #cfgs
            #vis fn #name #generics(#(#inputs,)* #(#rest),*) -> #output #where_clause { #call }
        }
    }
}

/// A differentiated function in the form in which others are given it.
pub(super) fn named_function(function: &Callee, mode: &str, span: Span) -> TokenStream {
    match function {
        Callee::Associated(ty, name, generics) => {
            let (ty, generics) = (&ty.0, generics.as_ref().map(|g| &g.0));
            let name = sibling(&format!("given_{mode}"), name, span);
            quote!(#ty::#name #generics)
        }
        Callee::Function(path) => {
            let name = Ident::new(&format!("given_{mode}"), span);
            let (path, generics) = without_turbofish(path.0.clone(), 0);
            quote!(#path::#name #generics)
        }
        _ => TokenStream::new(),
    }
}

//! What pullbacks capture: the parameters that their types name.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::GenericParam;

use super::items::{Derived, Home};
use crate::signature::Passing;
use crate::signature::lifetimes::unnamed;

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

    /// Whether the type of a pullback speaks of no lifetime by name: a caller may hand it what lives
    /// shorter than what it was made from.
    fn is_free(&self) -> bool {
        let given = self.parameters().iter().any(|p| p.function.is_some());
        // A method by itself does not know the lifetimes of its type.
        let known = match self.home {
            Home::Module => true,
            Home::Impl | Home::TraitImpl => self.outer.is_some(),
            _ => false,
        };
        // What may change the pullback has copies of.
        let mut changed = self.parameters().iter();
        let kept = changed.any(|p| p.passing == Passing::RefMut && self.signature.lends(p));
        known && !given && !kept
    }

    /// What a pullback in a box must outlive: of a free one the types alone.
    pub(super) fn outlived_kinds(&self) -> Vec<TokenStream> {
        let mut kinds = self.captured_kinds().0;
        if self.is_free() {
            kinds.retain(|name| !name.to_string().starts_with('\''));
        }
        kinds
    }

    /// A type in the signature of a pullback.
    pub(super) fn fresh(&self, ty: TokenStream) -> TokenStream {
        if !self.is_free() {
            return ty;
        }
        let ty = match &self.signature.lending {
            Some(own) => with_self(ty, own),
            None => ty,
        };
        unnamed(ty)
    }

    /// The bound of a pullback, which captures what is listed but for lifetimes.
    pub(super) fn capturing_types(&self, listed: &[TokenStream]) -> TokenStream {
        if !self.is_free() {
            return self.capturing(listed);
        }
        if self.home == Home::Impl && self.signature.lending.is_none() {
            return self.capturing(&[]);
        }
        let outlived = self.signature.outlived.as_ref().map(ToString::to_string);
        let types = listed.iter().filter(|name| {
            let name = name.to_string();
            !name.starts_with('\'') || Some(name) == outlived
        });
        quote!(use<#(#types),*>)
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

/// The type with another for `Self`.
fn with_self(ty: TokenStream, own: &TokenStream) -> TokenStream {
    let replaced = ty.into_iter().map(|token| match token {
        TokenTree::Ident(name) if name == "Self" => own.clone(),
        TokenTree::Group(group) => {
            let inner = with_self(group.stream(), own);
            Group::new(group.delimiter(), inner).into_token_stream()
        }
        token => token.into_token_stream(),
    });
    replaced.collect()
}

//! Derivatives of a trait's methods that a trait object can be asked for.
//!
//! The siblings of a method have a const parameter and give closures, which a `dyn Trait` cannot. Beside
//! them stand two that it can, and that hold the receiver constant, as a `dyn Trait` has no tangent:
//!
//! ```text
//! fn __grad_dyn_pull_area(&self, y_bar: f64, s: &f64, s_bar: Option<&mut f64>);
//! fn __grad_dyn_jvp_area(&self, s: f64, s_dot: Option<&f64>) -> (f64, f64);
//! ```
//!
//! The pullback is run by a method of the object rather than kept in a box, which would have to outlive
//! what the object borrows: it evaluates the method once more.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use super::items::{Derived, Home, sibling};
use super::signatures::bare;
use crate::signature::bounds::is_own;
use crate::signature::{Parameter, Passing};

/// What stands in the bodies of the two.
pub(crate) enum Inside {
    /// Calls of the siblings.
    Siblings,
    /// Bodies of their own, which know the receiver as an object only: `vjp` and `jvp` of the method.
    Own(Option<TokenStream>, Option<TokenStream>),
    /// Nothing: implementations give them.
    Nothing,
    /// Nothing that is ever run: no object is made of such a type.
    Nobody,
}

impl Derived<'_> {
    /// Whether a trait object can be asked for derivatives of the method. It depends on the form of
    /// the signature alone, which a trait and its implementations share.
    pub(crate) fn is_dynamic(&self) -> bool {
        let generics = &self.sig.generics;
        let plain = generics.type_params().next().is_none()
            && generics.const_params().next().is_none()
            && self.signature.returned.is_none()
            && !self.signature.applied
            && !self.returns_nothing();
        let mut parameters = self.parameters().iter();
        let reads = parameters
            .next()
            .is_some_and(|p| p.is_receiver && p.passing == Passing::Ref && !p.by_value);
        let rest: Vec<_> = parameters.collect();
        let lent = |p: &&Parameter| p.passing == Passing::RefMut || p.function.is_some();
        matches!(self.home, Home::Trait | Home::TraitImpl)
            && plain
            && reads
            && !rest.is_empty()
            && !rest.iter().any(lent)
    }

    /// Whether the method speaks of `Self`, not only of types associated with it: then it may not be
    /// called on an object as it is.
    pub(crate) fn speaks_of_self(&self) -> bool {
        let rest = self.parameters().iter().skip(1);
        let inputs: TokenStream = rest.map(|p| p.written.to_token_stream()).collect();
        let output = self.signature.output_type.to_token_stream();
        is_own(inputs) || is_own(output)
    }

    /// The two methods; `sized` where they are not for objects after all.
    pub(crate) fn dynamic_items(&self, inside: &Inside, sized: bool) -> TokenStream {
        let (root, cfgs, allows) = (&self.root, self.cfgs(), self.allows());
        let (generics, tangent) = (bare(&self.sig.generics), self.output_tangent());
        let output = &self.signature.output_type;
        let clause = if sized || self.home == Home::TraitImpl {
            self.where_clause()
        } else {
            self.object_clause()
        };
        let rest = &self.parameters()[1..];
        let again = rest.iter().map(|p| {
            let (name, ty) = (&p.name, self.again_type(p));
            quote!(#name: #ty)
        });
        let bars = rest.iter().map(|p| {
            let (bar, ty) = (&p.bar, p.bar_type(root));
            quote!(#bar: ::core::option::Option<&mut #ty>)
        });
        let inputs = rest.iter().map(|p| self.input(p, true));
        let dots = rest.iter().map(|p| {
            let (dot, ty) = (&p.dot, p.bar_type(root));
            quote!(#dot: ::core::option::Option<&#ty>)
        });
        let seed = self.free("y_bar");
        let (pull_body, jvp_body) = self.dynamic_bodies(inside, &seed);
        let name = |mode: &str| sibling(mode, &self.name(), Span::call_site());
        let (pull, jvp) = (name("dyn_pull"), name("dyn_jvp"));
        let pull = self.modes.reverse().then(|| {
            quote! {
                /// Runs the pullback, with the receiver held constant; called on trait objects.
                #[doc(hidden)] #[inline] #allows #cfgs
                fn #pull #generics(&self, #seed: #tangent, #(#again,)* #(#bars),*) #clause #pull_body
            }
        });
        let jvp = self.modes.forward().then(|| {
            quote! {
                /// The value and its tangent, with the receiver held constant; called on trait objects.
                #[doc(hidden)] #[inline] #allows #cfgs
                fn #jvp #generics(&self, #(#inputs,)* #(#dots),*) -> (#output, #tangent) #clause #jvp_body
            }
        });
        quote!(#pull #jvp)
    }

    /// What types of the trait's must be, without a word on `Self`.
    fn object_clause(&self) -> Option<syn::WhereClause> {
        let mut clause = self.where_clause()?;
        let kept = clause.predicates.into_iter().filter(|predicate| {
            let syn::WherePredicate::Type(bound) = predicate else {
                return true;
            };
            !bound.bounded_ty.to_token_stream().to_string().eq("Self")
        });
        clause.predicates = kept.collect();
        (!clause.predicates.is_empty()).then_some(clause)
    }

    fn dynamic_bodies(&self, inside: &Inside, seed: &Ident) -> (TokenStream, TokenStream) {
        let rest = &self.parameters()[1..];
        let again: Vec<_> = rest.iter().map(|p| &p.name).collect();
        let bars: Vec<_> = rest.iter().map(|p| &p.bar).collect();
        let dots: Vec<_> = rest.iter().map(|p| &p.dot).collect();
        let none = quote!(::core::option::Option::None);
        match inside {
            Inside::Nothing => (quote!(;), quote!(;)),
            Inside::Nobody => {
                let never = quote!({ ::core::unreachable!("a slice is no object") });
                (never.clone(), never)
            }
            Inside::Own(vjp, jvp) => {
                let copies = self.copies(rest);
                let pull = quote!({
                    const __GRAD_M: u64 = !1;
                    #[allow(unused_imports, unused_mut)]
                    let (_, mut __pull) = {
                        #copies
                        #vjp
                    };
                    __pull(#seed, self, #(#again,)* #none, #(#bars),*);
                });
                (pull, quote!({ const __GRAD_M: u64 = !1; #jvp }))
            }
            Inside::Siblings => {
                let (root, own) = (&self.root, quote!(Self));
                let of = self.of_trait.as_ref();
                let path = of.map_or_else(|| quote!(#own), |of| quote!(<Self as #of>));
                let name = |mode: &str| sibling(mode, &self.name(), Span::call_site());
                let (vjp, jvp) = (name("vjp"), name("jvp"));
                let wrt = quote!(#root::private::Wrt::<{ !1 }>);
                let (traits, copies) = (self.traits(), self.copies(rest));
                let pull = quote!({
                    #traits
                    let (_, __pull) = {
                        #copies
                        #path::#vjp(self, #(#again,)* #wrt)
                    };
                    __pull(#seed, self, #(#again,)* #none, #(#bars),*);
                });
                (
                    pull,
                    quote!({ #path::#jvp(self, #(#again,)* #wrt, #none, #(#dots),*) }),
                )
            }
        }
    }

    /// The arguments by value again, from the references that a pullback is handed.
    fn copies(&self, rest: &[Parameter]) -> TokenStream {
        let root = &self.root;
        let copy = |p: &Parameter| {
            let name = &p.name;
            match p.passing {
                Passing::Value if p.ty.is_scalar() => quote!(let #name = *#name;),
                Passing::Value => {
                    quote!(let #name = (&&#root::private::Copier(#name)).replicate();)
                }
                _ => TokenStream::new(),
            }
        };
        rest.iter().map(copy).collect()
    }
}

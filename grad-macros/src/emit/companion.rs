//! The companion of a function: the derivatives that those of its callers call.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use super::items::{Bodies, Derived, Home, sibling};
use super::signatures::bare;
use crate::signature::Passing;
use crate::signature::functions::Mode;
use crate::stages::Tangents;

/// The functions of a companion.
pub(super) struct Members {
    pub(super) vjp: Option<TokenStream>,
    pub(super) jvp: Option<TokenStream>,
    pub(super) lanes: Option<TokenStream>,
    pub(super) rewrites: Option<TokenStream>,
}

/// The companion alone, of bodies written elsewhere.
pub(crate) fn companion(
    derived: &Derived,
    vjp: Option<TokenStream>,
    jvp: Option<TokenStream>,
) -> TokenStream {
    let bodies = Bodies {
        vjp,
        jvp,
        ..Bodies::default()
    };
    derived.companion(&bodies, false)
}

impl Derived<'_> {
    /// The derivatives that every implementation of a trait has, written on the siblings.
    pub(crate) fn trait_items(&self) -> TokenStream {
        let some = || Some(TokenStream::new());
        let bodies = Bodies {
            vjp: self.modes.reverse().then(some).flatten(),
            jvp: self.modes.forward().then(some).flatten(),
            ..Bodies::default()
        };
        self.public_items(&bodies, false)
    }

    /// The siblings of an associated function whose result depends on no float: zero tangents, and a
    /// pullback that does nothing.
    pub(crate) fn constant_items(&self) -> TokenStream {
        let is_constructor = self.home == Home::Impl
            && self
                .parameters()
                .iter()
                .all(|p| !p.is_receiver && p.passing != Passing::RefMut)
            && self.signature.output.may_be_active()
            && self.sig.generics.type_params().next().is_none();
        if !is_constructor {
            return TokenStream::new();
        }
        let (root, name) = (&self.root, &self.sig.ident);
        let args: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| p.name.to_token_stream())
            .collect();
        let again = self.parameters().iter().map(|p| {
            let ty = self.again_type(p);
            quote!(_: #ty)
        });
        let bars = self
            .parameters()
            .iter()
            .map(|_| quote!(_: ::core::option::Option<&mut #root::NoTangent>));
        let tangent = self.output_tangent();
        let bodies = Bodies {
            vjp: self.modes.reverse().then(|| {
                quote!((Self::#name(#(#args),*), |_: #tangent, #(#again,)* #(#bars),*| {}))
            }),
            jvp: self.modes.forward().then(|| {
                quote!(let value = Self::#name(#(#args),*); let zero = #root::private::zero_like(&value); (value, zero))
            }),
            lanes: self.lanes.map(|_| {
                let count = self.lane_count();
                quote! {
                    let value = Self::#name(#(#args),*);
                    let zero = #root::private::zero_lanes::<#count, _>(&value);
                    (value, zero)
                }
            }),
            gradient: None,
            rewrites: None,
        };
        self.companion(&bodies, false)
    }

    /// The siblings of a trait's method without a body.
    pub(crate) fn declarations(&self) -> TokenStream {
        let some = || Some(TokenStream::new());
        let bodies = Bodies {
            vjp: self.modes.reverse().then(some).flatten(),
            jvp: self.modes.forward().then(some).flatten(),
            ..Bodies::default()
        };
        self.companion(&bodies, false)
    }

    /// The companion of a function that is given functions: their form is the mode's.
    pub(super) fn given_items(&self, bodies: &Bodies, recursive: bool) -> TokenStream {
        let in_mode = |mode, bodies: &Bodies| {
            let (sig, signature) = self.signature.in_mode(self.sig, mode, &self.root);
            let derived = Derived {
                sig: &sig,
                signature: &signature,
                root: self.root.clone(),
                of_trait: None,
                ..*self
            };
            derived.members(bodies, recursive)
        };
        self.place(&Members {
            vjp: in_mode(Mode::Reverse, bodies).vjp,
            jvp: in_mode(Mode::Forward, bodies).jvp,
            lanes: None,
            rewrites: None,
        })
    }

    pub(super) fn companion(&self, bodies: &Bodies, recursive: bool) -> TokenStream {
        self.place(&self.members(bodies, recursive))
    }

    /// The functions of a companion.
    pub(super) fn members(&self, bodies: &Bodies, recursive: bool) -> Members {
        let (root, vis, allows) = (&self.root, self.vis, self.allows());
        let where_clause = self.where_clause();
        let mut generics = bare(&self.sig.generics);
        generics.params.push(syn::parse_quote!(const __GRAD_M: u64));
        let mut kept = self.captured();
        kept.push(quote!(__GRAD_M));
        let inputs: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.input(p, true))
            .collect();
        let again: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.again_type(p))
            .collect();
        let bars: Vec<_> = self.parameters().iter().map(|p| p.bar_type(root)).collect();
        let (output, tangent) = (&self.signature.output_type, self.output_tangent());
        let must_use = self.must_use();
        let name = |mode: &str| match self.home {
            Home::Module => Ident::new(mode, Span::call_site()),
            _ => sibling(mode, &self.name(), Span::call_site()),
        };
        let block = |body: &TokenStream| {
            let declared = self.home == Home::Trait && body.is_empty();
            if declared {
                quote!(;)
            } else {
                quote!({ #body })
            }
        };
        let again_and_again = (self.rows).then(|| quote!(::core::clone::Clone+));
        let vjp = bodies.vjp.as_ref().map(|body| {
            let body = block(body);
            let name = name("vjp");
            let pull = quote!(FnOnce(#tangent, #(#again,)* #(::core::option::Option<&mut #bars>),*));
            let pull = if recursive { quote!(#root::private::Box<dyn #pull>) } else { quote!(impl #pull + #again_and_again use<#(#kept),*>) };
            quote! {
                /// The value and the pullback; called by the derivatives of callers.
                #[doc(hidden)] #[inline] #[must_use] #allows
                #vis fn #name #generics(#(#inputs,)* _: #root::private::Wrt<__GRAD_M>) -> (#output, #pull) #where_clause #body
            }
        });
        let push = |body: &TokenStream, mode: &str, tangents: Tangents| {
            let body = block(body);
            let name = name(mode);
            let dots = self.parameters().iter().map(|p| {
                let dot = p.dot.clone();
                let mutable = (p.passing == Passing::RefMut).then(|| quote!(mut));
                let ty = self.dot_type(p, tangents);
                quote!(#dot: ::core::option::Option<&#mutable #ty>)
            });
            let (mut generics, mut directions) = (generics.clone(), None);
            if tangents == Tangents::Lanes {
                let count = self.lane_count();
                generics.params.push(syn::parse_quote!(const #count: usize));
                directions = Some(quote!(_: #root::private::Directions<#count>,));
            }
            let tangent = self.result_tangent(tangents);
            quote! {
                /// The value and its tangent; called by the derivatives of callers.
                #[doc(hidden)] #[inline] #must_use #allows
                #vis fn #name #generics(#(#inputs,)* _: #root::private::Wrt<__GRAD_M>, #directions #(#dots),*)
                    -> (#output, #tangent) #where_clause #body
            }
        };
        Members {
            vjp,
            jvp: (bodies.jvp.as_ref()).map(|body| push(body, "jvp", Tangents::One)),
            lanes: (bodies.lanes.as_ref()).map(|body| push(body, "lanes", Tangents::Lanes)),
            rewrites: bodies.rewrites.clone(),
        }
    }

    /// The functions of a companion where calls find them.
    pub(super) fn place(&self, members: &Members) -> TokenStream {
        let (vis, ident, cfgs) = (self.vis, &self.sig.ident, self.cfgs());
        let Members {
            vjp,
            jvp,
            lanes,
            rewrites,
        } = members;
        match self.home {
            Home::Rule if lanes.is_some() => quote!(#lanes),
            Home::Rule => quote!(#vjp #jvp),
            Home::Module => {
                let doc = format!(
                    "Derivatives of [`fn@{}`], found by whatever path finds the function.",
                    self.name()
                );
                quote! {
                    #[doc = #doc] #[doc(hidden)] #[allow(non_camel_case_types, missing_debug_implementations, dead_code)] #cfgs
                    #vis struct #ident {}
                    #cfgs
                    impl #ident { #vjp #jvp #lanes #rewrites }
                }
            }
            _ => {
                let again = self.again_item();
                quote!(#cfgs #vjp #cfgs #jvp #cfgs #lanes #cfgs #again)
            }
        }
    }

    /// How callers hand the receiver to the pullback again.
    pub(super) fn again_item(&self) -> Option<TokenStream> {
        let (root, vis) = (&self.root, self.vis);
        let receiver = self.parameters().first().filter(|p| p.is_receiver)?;
        let name = sibling("again", &self.name(), Span::call_site());
        let sized = (self.home == Home::Trait).then(|| quote!(where Self: ::core::marker::Sized));
        let (ty, value) = match receiver.passing {
            Passing::RefMut => (
                quote!(#root::private::Exclusive),
                quote!(#root::private::Exclusive),
            ),
            _ => (
                quote!(#root::private::Shared<'_, Self>),
                quote!(#root::private::Shared::new(self)),
            ),
        };
        Some(quote! {
            /// The receiver for a pullback; called by the derivatives of callers.
            #[doc(hidden)] #[inline] #[must_use] #[allow(dead_code)]
            #vis fn #name(&self) -> #ty #sized { #value }
        })
    }
}

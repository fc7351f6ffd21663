//! `FooLanes`: the tangent in several directions at once, of a type with `#[differentiate(lanes)]`.
//!
//! It has the form of the type, with `private::Lanes` where the tangent has a float:
//!
//! ```text
//! struct PointLanes<const LANES: usize> { x: LanesOf<f64, LANES>, y: LanesOf<f64, LANES> }
//! ```

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{parse_quote, parse_quote_spanned};

use super::accessors::accessors;
use super::generics::impl_generics;
use super::item::{Field, Kind, Role, Target, Variant, bind};
use super::{definition, standard_impls, tangent_impl};

/// The type and its traits.
pub(super) fn in_lanes(target: &Target, kind: Kind) -> TokenStream {
    if kind == Kind::Nothing {
        return nothing(target);
    }
    let lanes = lanes_target(target);
    let parts = [
        definition(target, &lanes),
        standard_impls(&lanes),
        accessors(&lanes, &target.name),
        tangent_impl(&lanes, &lanes.generics),
        lane_tangent(&lanes),
        implementation(target, &lanes.name),
    ];
    quote!(#(#parts)*)
}

/// The const parameter.
fn count() -> Ident {
    Ident::new("__GRAD_LANES", Span::call_site())
}

/// A type without fields.
fn nothing(target: &Target) -> TokenStream {
    let (name, count) = (&target.name, count());
    let (parameters, arguments, clause) = target.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #parameters ::grad_runtime::private::InLanes for #name #arguments #clause {
            type Lanes<const #count: usize> = ::grad_runtime::NoTangent;
            fn zero_lanes<const #count: usize>(&self) -> ::grad_runtime::NoTangent {
                ::grad_runtime::NoTangent
            }
        }
    }
}

/// `FooLanes` as an item of its own.
fn lanes_target(target: &Target) -> Target {
    let count = count();
    let lanes_field = |field: &Field| {
        let ty = &field.ty;
        let ty = match field.role {
            Role::Differentiated => parse_quote_spanned! {field.span()=>
                ::grad_runtime::private::LanesOf<#ty, #count>
            },
            Role::Skipped => parse_quote!(<#ty as ::grad_runtime::Skipped>::Tangent),
        };
        Field {
            member: field.member.clone(),
            visibility: field.visibility.clone(),
            ty,
            role: Role::Differentiated,
        }
    };
    let mut generics = bounded(target);
    generics.params.push(parse_quote!(const #count: usize));
    Target {
        name: format_ident!("{}Lanes", target.name),
        visibility: target.visibility.clone(),
        generics,
        is_enum: target.is_enum,
        variants: target
            .variants
            .iter()
            .map(|variant| Variant {
                name: variant.name.clone(),
                fields: variant.fields.iter().map(lanes_field).collect(),
                style: variant.style,
            })
            .collect(),
        lanes: false,
    }
}

/// The type's generics with what lanes ask of them.
fn bounded(target: &Target) -> syn::Generics {
    let mut generics = impl_generics(target, Kind::Generated, &parse_quote!(Differentiable));
    for parameter in super::generics::active_parameters(target) {
        generics
            .make_where_clause()
            .predicates
            .push(parse_quote!(#parameter: ::grad_runtime::private::InLanes));
    }
    generics
}

/// Every entry in turn.
fn lane_tangent(lanes: &Target) -> TokenStream {
    let (name, count) = (&lanes.name, count());
    let (parameters, arguments, clause) = lanes.generics.split_for_impl();
    let arms = lanes.variants.iter().map(|variant| {
        let pattern = variant.pattern(&quote!(Self), "a");
        let entries = (0..variant.fields.len()).map(|i| bind("a", i));
        quote!(#pattern => {
            #(::grad_runtime::private::LaneTangent::each(#entries, entry, visit);)*
        })
    });
    let shown = lanes.variants.iter().map(|variant| {
        let pattern = variant.pattern(&quote!(Self), "a");
        let entries = (0..variant.fields.len()).map(|i| bind("a", i));
        quote!(#pattern => {
            #(::grad_runtime::private::LaneTangent::show(#entries, entry, visit);)*
        })
    });
    let settled = lanes.variants.iter().map(|variant| {
        let pattern = variant.pattern(&quote!(Self), "a");
        let entries = (0..variant.fields.len()).map(|i| bind("a", i));
        quote!(#pattern => { #(::grad_runtime::private::LaneTangent::<#count>::settle(#entries);)* })
    });
    let vanish = lanes.variants.iter().map(|variant| {
        let pattern = variant.pattern(&quote!(Self), "a");
        let entries = (0..variant.fields.len()).map(|i| bind("a", i));
        quote!(#pattern => true #(&& ::grad_runtime::private::LaneTangent::<#count>::vanishes(#entries))*,)
    });
    // A struct has but one form.
    let nothing = match lanes.variants.as_slice() {
        [only] => {
            let zero = only.with(
                &quote!(Self),
                |_, _| quote!(::grad_runtime::private::LaneTangent::<#count>::nothing()?),
            );
            quote!(::core::option::Option::Some(#zero))
        }
        _ => quote!(::core::option::Option::None),
    };
    quote! {
        #[automatically_derived]
        impl #parameters ::grad_runtime::private::LaneTangent<#count> for #name #arguments #clause {
            #[inline]
            fn each(
                &mut self,
                entry: &mut usize,
                visit: &mut impl ::core::ops::FnMut(usize, &mut [f64; #count]),
            ) {
                match self { #(#arms)* }
            }
            #[inline]
            fn show(
                &self,
                entry: &mut usize,
                visit: &mut impl ::core::ops::FnMut(usize, &[f64; #count]),
            ) {
                match self { #(#shown)* }
            }
            #[inline]
            fn vanishes(&self) -> bool {
                match self { #(#vanish)* }
            }
            #[inline]
            fn nothing() -> ::core::option::Option<Self> {
                #nothing
            }
            #[inline]
            fn settle(&mut self) {
                match self { #(#settled)* }
            }
            type Open = Self;
            #[inline]
            fn open(&mut self) -> &mut Self {
                self
            }
        }
    }
}

/// `InLanes` for the type itself.
fn implementation(target: &Target, lanes: &Ident) -> TokenStream {
    let (name, count) = (&target.name, count());
    let generics = bounded(target);
    let (parameters, arguments, clause) = generics.split_for_impl();
    let given = target
        .generics
        .params
        .iter()
        .map(|parameter| match parameter {
            syn::GenericParam::Lifetime(l) => l.lifetime.to_token_stream(),
            syn::GenericParam::Type(t) => t.ident.to_token_stream(),
            syn::GenericParam::Const(c) => c.ident.to_token_stream(),
        });
    let path = lanes.to_token_stream();
    let arms = target.variants.iter().map(|variant| {
        let pattern = variant.pattern_of_active(&quote!(Self), "a");
        let value = variant.with(&path, |i, field| {
            let a = bind("a", i);
            match field.role {
                Role::Differentiated => {
                    field.call(&quote!(private::InLanes::zero_lanes::<#count>), &[&a])
                }
                Role::Skipped => quote!(::grad_runtime::NoTangent),
            }
        });
        quote!(#pattern => #value,)
    });
    quote! {
        #[automatically_derived]
        impl #parameters ::grad_runtime::private::InLanes for #name #arguments #clause {
            type Lanes<const #count: usize> =
                ::grad_runtime::private::MaybeZero<#lanes<#(#given,)* #count>>;
            #[inline]
            fn zero_lanes<const #count: usize>(&self) -> Self::Lanes<#count> {
                ::grad_runtime::private::MaybeZero::zero(match self { #(#arms)* })
            }
        }
    }
}

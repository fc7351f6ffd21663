//! The way into the fields of a tangent.
//!
//! A pattern that binds a field of the user's enum binds, in the tangent, what
//! `__grad_ref_Variant_field` and `__grad_mut_Variant_field` give. They are inherent methods of the
//! tangent, so that generated code finds them without knowing the tangent's name. A struct has them
//! too, as a variant of its own name: `Some(Hit { t, .. })` does not say whether `Hit` is one.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};

use super::item::{Field, Target, Variant, bind};

/// The accessors of a tangent: a generated one, or the user's type itself.
/// `of` is the name of the type whose tangent it is.
pub(super) fn accessors(tangent: &Target, of: &Ident) -> TokenStream {
    let name = &tangent.name;
    let (parameters, arguments, clause) = tangent.generics.split_for_impl();
    let methods = tangent.variants.iter().flat_map(|variant| {
        let fields = variant.fields.iter().enumerate();
        let named = variant.name.as_ref().unwrap_or(of);
        fields.map(move |(index, field)| both(tangent, (variant, named), index, field))
    });
    quote! {
        #[automatically_derived]
        #[allow(dead_code, non_snake_case, clippy::all, clippy::pedantic, clippy::restriction)]
        impl #parameters #name #arguments #clause { #(#methods)* }
    }
}

fn both(
    tangent: &Target,
    (variant, named): (&Variant, &Ident),
    index: usize,
    field: &Field,
) -> TokenStream {
    let visibility = match variant.name {
        Some(_) => &tangent.visibility,
        None => &field.visibility,
    };
    let label = |tokens: &dyn ToTokens| {
        let text = tokens.to_token_stream().to_string();
        text.trim_start_matches("r#").to_owned()
    };
    let [by_ref, by_mut] = ["ref", "mut"].map(|kind| {
        let (variant, member) = (label(named), label(&field.member));
        format_ident!("__grad_{kind}_{variant}_{member}")
    });
    let (path, member, found) = (variant.path(&quote!(Self)), &field.member, bind("a", index));
    let pattern = quote!(#path { #member: #found, .. });
    let written = tangent.name.to_string();
    let differ = tangent.variants_differ(
        &quote!(::grad_runtime::mismatch(::grad_runtime::ShapeError::variant(#written))),
    );
    let ty = &field.ty;
    quote_spanned! {field.span()=>
        #[doc(hidden)]
        #[inline]
        #[must_use]
        #visibility fn #by_ref(&self) -> &#ty {
            match self { #pattern => #found, #differ }
        }
        #[doc(hidden)]
        #[inline]
        #[must_use]
        #visibility fn #by_mut(&mut self) -> &mut #ty {
            match self { #pattern => #found, #differ }
        }
    }
}

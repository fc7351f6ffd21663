//! What a pullback finds of its parameters: places for their cotangents, and their types where the
//! source does not write them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Type;

use super::body::Body;
use super::items::Derived;
use crate::signature::functions::OfClosure;
use crate::signature::{Parameter, Passing, Place};

impl Derived<'_> {
    /// The cotangent of what is written, before the pullback and inside: where the caller has no
    /// place for it, a zero one of the final shape.
    pub(super) fn written_bar(
        &self,
        body: &mut Body,
        parameter: &Parameter,
        k: usize,
        bar: &Ident,
    ) -> (TokenStream, TokenStream) {
        let (root, place) = (&self.root, &parameter.name);
        if parameter.of_closure == Some(OfClosure::Captured) {
            let witness = body.names.fresh("witness");
            return (
                quote!(let #witness = #root::private::witness(&*#place);),
                quote!(let #bar: &mut _ = #root::private::shared_bar(#witness, #bar);),
            );
        }
        if parameter.of_closure.is_some() {
            let kept = body.names.fresh("kept");
            return (
                quote!(let mut #kept = (&&#root::private::BarOf(&*#place)).kept();),
                quote!(let #bar: &mut _ = #kept.or(#bar);),
            );
        }
        let zero = Ident::new(zero_of(parameter), Span::call_site());
        let (absent, bit) = (body.names.fresh("absent"), 1_u64 << k);
        let bar_type = self.fresh(parameter.bar_type(root));
        let before = quote! {
            let #absent = if __GRAD_M & #bit == 0 {
                ::core::option::Option::Some(#root::private::#zero(&*#place))
            } else {
                ::core::option::Option::None
            };
        };
        let inside = quote! {
            let mut #absent = #absent;
            let #bar: &mut #bar_type = #root::private::or_kept(#bar, &mut #absent);
        };
        (before, inside)
    }

    /// The cotangent of what is read, where the caller has no place for it a zero one.
    pub(super) fn read_bar(
        &self,
        body: &mut Body,
        parameter: &Parameter,
        is_number: bool,
        bar: &Ident,
    ) -> TokenStream {
        let (root, name) = (&self.root, self.again(parameter));
        let bar_type = self.fresh(parameter.bar_type(root));
        let absent = body.names.fresh("absent");
        let (ty, found) = if parameter.is_sequence() {
            (
                bar_type,
                quote!(#root::private::or_zeros_mut(#bar, #name, &mut #absent)),
            )
        } else if parameter.place == Place::OfReceiver {
            (
                bar_type,
                quote!(#root::private::or_received(#bar, #name, &mut #absent)),
            )
        } else if Self::is_open_input(parameter) {
            let like = quote!(&&#root::private::BarOf(#name));
            (quote!(_), quote!((#like).or_zero(#bar, &mut #absent)))
        } else {
            let like = if is_number {
                quote!(&#name)
            } else {
                quote!(#name)
            };
            (
                bar_type,
                quote!(#root::private::or_zero(#bar, #like, &mut #absent)),
            )
        };
        quote! {
            let mut #absent = ::core::option::Option::None;
            let #bar: &mut #ty = #found;
        }
    }

    /// Where the result's type is not written: what tells the pullback of it, before and inside.
    pub(super) fn witnessed_seed(
        &self,
        body: &mut Body,
        bound: &Ident,
        seed: &Ident,
    ) -> (TokenStream, TokenStream) {
        if !matches!(self.signature.output_type, Type::Infer(_)) {
            return (TokenStream::new(), TokenStream::new());
        }
        let (root, witness) = (&self.root, body.names.fresh("witness"));
        (
            quote!(let #witness = #root::private::witness(&#bound);),
            quote!(let #seed = #root::private::tangent_of(#witness, #seed);),
        )
    }

    /// Where a parameter's type is not written: what tells the pullback of it, before and inside.
    pub(super) fn witnessed(
        &self,
        body: &mut Body,
        parameter: &Parameter,
    ) -> (TokenStream, TokenStream) {
        if !matches!(parameter.base, Type::Infer(_)) || parameter.passing == Passing::RefMut {
            return (TokenStream::new(), TokenStream::new());
        }
        let (root, witness) = (&self.root, body.names.fresh("witness"));
        let (like, own) = (Self::as_reference(parameter), &parameter.name);
        let told = if Self::is_open_input(parameter) {
            quote!((&&#root::private::Input(#like)).witness())
        } else {
            quote!(#root::private::witness(#like))
        };
        (
            quote!(let #witness = #told;),
            quote!(let #own = #root::private::of_type(#witness, #own);),
        )
    }

    /// Whether a parameter is an input of a closure that may be a reference or not.
    pub(super) fn is_open_input(parameter: &Parameter) -> bool {
        matches!(parameter.written, Type::Infer(_)) && !parameter.ty.is_scalar()
    }

    /// A reference to what a parameter holds.
    pub(super) fn as_reference(parameter: &Parameter) -> TokenStream {
        let name = &parameter.name;
        match parameter.passing {
            Passing::Value => quote!(&#name),
            Passing::Ref => quote!(#name),
            Passing::RefMut => quote!(&*#name),
        }
    }
}

/// The function that makes a zero cotangent of a parameter.
pub(super) fn zero_of(parameter: &Parameter) -> &'static str {
    match parameter.place {
        Place::OfReceiver => "zero_received",
        _ => "zero_like",
    }
}

//! The arithmetic of a generated tangent: `a + b`, `a - b`, `-a`, `a * number`, and `+=`, `-=`,
//! `*=`. A type that is its own tangent is the user's, and so are its operators.

use proc_macro2::TokenStream;
use quote::quote;

use super::item::Target;

/// The impls of the operators, through the methods that every tangent has.
pub(super) fn arithmetic(tangent: &Target) -> TokenStream {
    let name = &tangent.name;
    let (parameters, arguments, clause) = tangent.generics.split_for_impl();
    let this = quote!(#name #arguments);
    let value =
        |head: &TokenStream, method: &TokenStream, rest: &TokenStream, body: &TokenStream| {
            quote! {
                #[automatically_derived]
                impl #parameters ::core::ops::#head for #this #clause {
                    type Output = Self;
                    #[inline]
                    fn #method(mut self #rest) -> Self {
                        #body
                        self
                    }
                }
            }
        };
    let assignment =
        |head: &TokenStream, method: &TokenStream, rest: &TokenStream, body: &TokenStream| {
            quote! {
                #[automatically_derived]
                impl #parameters ::core::ops::#head for #this #clause {
                    #[inline]
                    fn #method(&mut self #rest) {
                        #body
                    }
                }
            }
        };
    let (other, mut_other, factor) = (
        quote!(, other: Self),
        quote!(, mut other: Self),
        quote!(, factor: f64),
    );
    let (accumulate, scale) = (
        quote!(::grad_runtime::Tangent::accumulate),
        quote!(::grad_runtime::Tangent::scale),
    );
    let subtract = quote!(#scale(&mut other, -1.0););
    let items = [
        value(
            &quote!(Add),
            &quote!(add),
            &other,
            &quote!(#accumulate(&mut self, &other);),
        ),
        value(
            &quote!(Sub),
            &quote!(sub),
            &mut_other,
            &quote!(#subtract #accumulate(&mut self, &other);),
        ),
        value(
            &quote!(Neg),
            &quote!(neg),
            &quote!(),
            &quote!(#scale(&mut self, -1.0);),
        ),
        value(
            &quote!(Mul<f64>),
            &quote!(mul),
            &factor,
            &quote!(#scale(&mut self, factor);),
        ),
        assignment(
            &quote!(AddAssign),
            &quote!(add_assign),
            &other,
            &quote!(#accumulate(self, &other);),
        ),
        assignment(
            &quote!(SubAssign),
            &quote!(sub_assign),
            &mut_other,
            &quote!(#subtract #accumulate(self, &other);),
        ),
        assignment(
            &quote!(MulAssign<f64>),
            &quote!(mul_assign),
            &factor,
            &quote!(#scale(self, factor);),
        ),
    ];
    quote!(#(#items)*)
}

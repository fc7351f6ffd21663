//! The compiler behind `grad-runtime`: `#[derive(Differentiable)]`.

#![forbid(unsafe_code)]

mod derive;

/// Derives `grad_runtime::Differentiable` and `grad_runtime::Parameters`.
#[proc_macro_derive(Differentiable, attributes(differentiate))]
pub fn differentiable(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive::derive(input.into()).into()
}

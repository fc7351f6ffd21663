//! The compiler behind `grad-runtime`: `#[differentiate]` and `#[derive(Differentiable)]`.
//!
//! Users depend on `grad-runtime`, which exports both. `ARCHITECTURE.md` follows a function through
//! the stages.

#![forbid(unsafe_code)]

mod ad;
mod derive;
mod diag;
mod driver;
mod emit;
mod front;
mod hygiene;
mod ir;
mod operator;
mod options;
mod partial;
mod pass;
mod signature;
#[cfg(test)]
mod tests;

/// Derives `grad_runtime::Differentiable` and `grad_runtime::Parameters`.
#[proc_macro_derive(Differentiable, attributes(differentiate))]
pub fn differentiable(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive::derive(input.into()).into()
}

/// Emits the derivatives of a function beside it, as plain Rust.
///
/// For `fn f(x: f64, w: &[f64], n: usize) -> f64`:
///
/// | item | signature |
/// |---|---|
/// | `grad_f` | `(x, w, n) -> (f64, Vec<f64>)` |
/// | `value_and_grad_f` | `(x, w, n) -> (f64, (f64, Vec<f64>))` |
/// | `accumulate_grad_f` | `(x, w, n, seed: f64, x_bar: &mut f64, w_bar: &mut [f64]) -> f64` |
/// | `jvp_f` | `(x, w, n, x_dot: f64, w_dot: &[f64]) -> (f64, f64)` |
/// | `vjp_f` | `(x, w, n) -> (f64, pullback)`, `pullback(y_bar) -> (f64, Vec<f64>)` |
///
/// The first three need a result that is one float. Options: `wrt(x, w)` picks parameters, `forward`
/// or `reverse` emits one mode, `crate = path` names the runtime.
#[proc_macro_attribute]
pub fn differentiate(
    attr: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    driver::differentiate(attr.into(), item.into()).into()
}

/// The rules of `f32` and `f64`, written once from the operator table; for `grad-runtime` itself.
#[doc(hidden)]
#[proc_macro]
pub fn __real_rules(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    emit::real_rules().into()
}

//! The compiler behind `grad-runtime`: `#[differentiate]` and `#[derive(Differentiable)]`.
//!
//! Users depend on `grad-runtime`, which exports both. `ARCHITECTURE.md` follows a function through
//! the stages.

#![forbid(unsafe_code)]

mod ad;
mod checkpoint;
mod curry;
mod cycles;
mod derive;
mod diag;
mod driver;
mod emit;
mod foreign;
mod front;
mod hygiene;
mod independent;
mod ir;
mod iterated;
mod operator;
mod options;
mod partial;
mod pass;
mod projection;
mod returns;
mod rule;
mod signature;
mod stages;
#[cfg(test)]
mod tests;
mod traits;

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
/// With `jacobian`, for `fn f(x: &[f64], n: usize) -> Vec<f64>`:
///
/// | item | signature |
/// |---|---|
/// | `jacobian_f` | `(x, n) -> Jacobian` |
/// | `value_and_jacobian_f` | `(x, n) -> (Vec<f64>, Jacobian)` |
/// | `write_jacobian_f` | `(x, n, jacobian: &mut Jacobian) -> Vec<f64>` |
/// | `jvp_batch_f` | `(x, n, directions: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>)` |
///
/// Columns are the floats of the differentiated parameters in order, rows those of the result, then
/// those of the final content of each `&mut` parameter. Reverse mode computes them by rows where the
/// types say that there are fewer outputs than inputs, or where `reverse` stands alone; else forward
/// mode does by columns. Both call the function once for each column or row, unless:
///
/// - `lanes` (or `lanes = 16`) pushes four (or so many) directions through one call. The functions,
///   operators and types it uses must have `#[differentiate(lanes)]` too: a type beside its
///   `#[derive(Differentiable)]`. Generic numbers and methods of traits have no lanes.
/// - `rows` runs one call's reverse sweep for each row; what it calls must have `rows` too.
///
/// The first three need a result that is one float. Options: `wrt(x, w)` picks parameters, `forward`
/// or `reverse` emits one mode, `crate = path` names the runtime; `recursive` is needed on one of some
/// functions that call one another in a circle (not in an `impl` block, where it shows). In an `impl` block under the
/// attribute, a function may have an attribute of its own with options.
///
/// `#[differentiate(checkpoint)]` on a `for`, `while` or `loop` inside the function (or on a `let` whose
/// value is a loop) trades the loop's tape for one more run of it. Without, the tape holds `n t` bytes
/// for `n` iterations that need `t` bytes each; with it `√n s + √n t`, where `s` is the size of what an
/// iteration starts from: the carried values and the memory the loop writes. Where a loop does not
/// know `n` before, it keeps up to `2 √n s + √n t`. `checkpoint = 100` keeps one state in a hundred
/// iterations, whatever `n`: `n / 100 s + 100 t` bytes. Checkpointed loops nest. The body runs twice, so
/// it has to give the same again; macros such as `println!` are not repeated.
///
/// A function may be given functions: `f: impl Fn(f64) -> f64`, `&dyn Fn(f64) -> f64`, `F` with
/// `F: Fn(f64) -> f64`. It has no `grad_f` then, as a plain closure has no derivative; differentiated
/// functions call it with closures, whose body and captures are differentiated along.
///
/// No zero is silent: where nothing the function gives depends on a float parameter in a way that can
/// be differentiated (it is only compared, rounded, or held by `constant(..)`), its entry is 0, and the
/// compiler warns at the parameter. `wrt(..)` without it says that this is meant, and so does a name
/// that starts with `_`. The root that a search finds by comparing has a derivative all the same: see
/// [`macro@derivative_of`].
#[proc_macro_attribute]
pub fn differentiate(
    attr: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    driver::differentiate(attr.into(), item.into()).into()
}

/// States the derivative of a function the macro cannot see into, or a better formula than its
/// program's.
///
/// `#[derivative_of(path::g)]` stands on a function with `g`'s arguments that returns the value and
/// a pullback: from the cotangent of the result to one entry for each differentiated argument, bare
/// where there is one, typed as in `grad_g`.
///
/// | attribute | function | gives |
/// |---|---|---|
/// | `derivative_of(g)` | `fn(x: f64, w: &[f64]) -> (f64, impl FnOnce(f64) -> (f64, Vec<f64>))` | reverse mode; forward mode too, where the result is one float |
/// | | `.. -> (f64, impl FnOnce(f64, f64, &[f64]) -> (f64, Vec<f64>))` | the same; the pullback is handed the arguments again, numbers by value, all else by reference |
/// | `derivative_of(g, forward = g_jvp)` | as above | forward mode by `g_jvp` |
/// | `derivative_of(g, forward)` | `fn(x: f64, w: &[f64], x_dot: f64, w_dot: &[f64]) -> (f64, f64)` | forward mode alone |
///
/// `wrt(x)` picks the arguments that have entries, as in [`macro@differentiate`]; `crate = path` names
/// the runtime.
///
/// Calls find the rule by the name `g`: the attribute makes a companion type of that name, which
/// stands beside a `use other::g;` of the function, and which `use` brings elsewhere. A call through
/// a longer path (`other::g(x)`) does not compile in a differentiated function, unless `other` holds
/// the companion. A method is named by its type, `derivative_of(Matrix::det)`, and its receiver is the
/// rule's first argument. Of another crate's type say `foreign`: then the rule is a trait of the name
/// of the function under the attribute, for callers to `use`.
///
/// The compiler checks at the rule that the arguments and the result are `g`'s.
#[proc_macro_attribute]
pub fn derivative_of(
    attr: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    rule::derivative_of(attr.into(), &item.into()).into()
}

/// The rules of `f32` and `f64`, written once from the operator table; for `grad-runtime` itself.
#[doc(hidden)]
#[proc_macro]
pub fn __real_rules(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    emit::real_rules().into()
}

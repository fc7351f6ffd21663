//! Derivatives of plain Rust functions, at compile time.
//!
//! [`Differentiable`] says which values have derivatives and of what shape, [`Tangent`] what can be
//! done with those; [`optim`] moves [`Parameters`] along gradients, [`check`] tests derivatives
//! against differences, and [`graph`] holds, evaluates and draws expression graphs.
//!
//! ```
//! use grad_runtime::{Differentiable, optim::{Optimizer, Sgd}};
//!
//! #[derive(Differentiable)]
//! struct Line {
//!     slope: f64,
//!     offset: f64,
//! }
//!
//! let mut line = Line { slope: 0.0, offset: 1.0 };
//! let gradient = Line { slope: 2.0, offset: -4.0 };
//! Sgd::new(0.5).step(&mut line, &gradient);
//! assert_eq!((line.slope, line.offset), (-1.0, 3.0));
//! ```
//!
//! # Features
//! - `std` (default): the standard library.
//! - `alloc`: `Vec`, `Box` and `String`, the optimizers, checks and graphs, without `std`.
//! - `libm`: mathematical functions without `std`.
//! - `nn`: arrays of the `ndarray` crate, layers, losses.
//! - `rayon`: splits batches over threads. Train on a thread of the pool (in `main`,
//!   `rayon::ThreadPoolBuilder::new().use_current_thread().build_global()`, or inside of `install`): from
//!   outside every operation goes through a queue, which takes time and now and then allocates.
//! - `data`: readers of data files, batches.
//! - `plot`: line charts as SVG.
//! - `train`: the training loop, checkpoints, the report.

#![no_std]
#![deny(unsafe_code)]
#![allow(
    clippy::inline_always,
    reason = "what is not inline is not compiled for the wider registers"
)]

#[cfg(feature = "alloc")]
extern crate alloc;
extern crate self as grad_runtime;
#[cfg(feature = "std")]
extern crate std;

#[cfg(not(any(feature = "std", feature = "libm")))]
compile_error!("`grad-runtime` needs mathematical functions: enable the feature `std` or `libm`");

#[cfg(feature = "alloc")]
pub mod check;
#[cfg(feature = "data")]
pub mod data;
mod differentiable;
mod error;
#[cfg(feature = "alloc")]
pub mod graph;
#[cfg(feature = "nn")]
mod interop;
#[cfg(feature = "alloc")]
mod jacobian;
#[cfg(feature = "nn")]
pub mod loss;
#[cfg(feature = "nn")]
pub mod nn;
#[cfg(feature = "alloc")]
pub mod optim;
#[cfg(feature = "plot")]
pub mod plot;
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub mod private;
#[doc(hidden)]
pub mod replica;
#[cfg(feature = "alloc")]
mod reuse;
mod reversed;
#[cfg(feature = "alloc")]
mod scalar;
#[cfg(feature = "alloc")]
pub mod snapshot;
mod tangent;
#[cfg(feature = "alloc")]
mod tangent_map;
#[cfg(feature = "nn")]
#[doc(hidden)]
pub mod tensor;
#[cfg(feature = "train")]
pub mod train;

#[doc(hidden)]
pub use differentiable::Skipped;
pub use differentiable::{Differentiable, LeafVisitor, Parameters};
#[cfg(feature = "nn")]
pub use error::Dimensions;
pub use error::{Error, ShapeError, ShapeMismatch};
pub use grad_macros::Differentiable;
/// # Examples
///
/// A root finder only compares, so its program's derivative is 0. The derivative of the root is
/// another: from `g(x, p) = 0` follows `x' = -g_p / g_x`, the implicit function theorem.
///
/// ```
/// use grad_runtime::{derivative_of, differentiate};
///
/// #[differentiate]
/// fn kepler(x: f64, m: f64, e: f64) -> f64 {
///     x - e * x.sin() - m
/// }
///
/// /// The eccentric anomaly: the `x` with `kepler(x, m, e) = 0`, by bisection.
/// fn anomaly(m: f64, e: f64) -> f64 {
///     let (mut low, mut high) = (m - 1.0, m + 1.0);
///     while high - low > 1e-15 * m.abs().max(1.0) {
///         let middle = 0.5 * (low + high);
///         if middle <= low || middle >= high {
///             break;
///         }
///         if kepler(middle, m, e) > 0.0 {
///             high = middle;
///         } else {
///             low = middle;
///         }
///     }
///     0.5 * (low + high)
/// }
///
/// #[derivative_of(anomaly)]
/// fn anomaly_vjp(m: f64, e: f64) -> (f64, impl FnOnce(f64) -> (f64, f64)) {
///     let x = anomaly(m, e);
///     let (by_x, by_m, by_e) = grad_kepler(x, m, e);
///     (x, move |x_bar| (-x_bar * by_m / by_x, -x_bar * by_e / by_x))
/// }
///
/// #[differentiate]
/// fn distance(m: f64, e: f64) -> f64 {
///     1.0 - e * anomaly(m, e).cos()
/// }
///
/// let (m, e) = (0.8, 0.3);
/// let (by_m, _) = grad_distance(m, e);
/// let h = 1e-6;
/// let difference = (distance(m + h, e) - distance(m - h, e)) / (2.0 * h);
/// assert!((by_m - difference).abs() < 1e-7);
/// ```
///
/// A function of another crate, brought into scope by its own `use`:
///
/// ```
/// mod special {
///     pub fn cube(x: f64) -> f64 {
///         x.powi(3)
///     }
/// }
/// use grad_runtime::{derivative_of, differentiate};
/// use special::cube;
///
/// #[derivative_of(special::cube)]
/// fn cube_vjp(x: f64) -> (f64, impl FnOnce(f64) -> f64) {
///     (cube(x), move |y_bar| 3.0 * x * x * y_bar)
/// }
///
/// #[differentiate]
/// fn volume(x: f64) -> f64 {
///     2.0 * cube(x)
/// }
/// assert_eq!(grad_volume(2.0), 24.0);
/// ```
pub use grad_macros::derivative_of;
pub use grad_macros::differentiate;
#[cfg(feature = "alloc")]
pub use jacobian::Jacobian;
#[cfg(feature = "alloc")]
pub use scalar::Scalar;
#[doc(hidden)]
pub use tangent::{Debugged, mismatch};
pub use tangent::{NoTangent, Tangent};

/// Returns `x`; inside a `#[differentiate]` function it stops differentiation: the result counts as
/// a constant.
///
/// ```
/// use grad_runtime::constant;
///
/// fn distance_to_where_it_stands(x: f64) -> f64 {
///     (x - constant(x)).powi(2)
/// }
/// assert_eq!(distance_to_where_it_stands(3.0), 0.0);
/// ```
#[inline]
#[must_use]
pub fn constant<T>(x: T) -> T {
    x
}

/// Calls a macro for the tuples of 1 to 12 entries.
macro_rules! tuples {
    ($macro:ident) => {
        $macro!(A.0);
        $macro!(A.0, B.1);
        $macro!(A.0, B.1, C.2);
        $macro!(A.0, B.1, C.2, D.3);
        $macro!(A.0, B.1, C.2, D.3, E.4);
        $macro!(A.0, B.1, C.2, D.3, E.4, F.5);
        $macro!(A.0, B.1, C.2, D.3, E.4, F.5, G.6);
        $macro!(A.0, B.1, C.2, D.3, E.4, F.5, G.6, H.7);
        $macro!(A.0, B.1, C.2, D.3, E.4, F.5, G.6, H.7, I.8);
        $macro!(A.0, B.1, C.2, D.3, E.4, F.5, G.6, H.7, I.8, J.9);
        $macro!(A.0, B.1, C.2, D.3, E.4, F.5, G.6, H.7, I.8, J.9, K.10);
        $macro!(A.0, B.1, C.2, D.3, E.4, F.5, G.6, H.7, I.8, J.9, K.10, L.11);
    };
}
pub(crate) use tuples;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

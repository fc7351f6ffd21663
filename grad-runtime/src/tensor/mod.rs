//! Kernels of the neural part, on plain slices: products, convolution, pooling, elementwise passes,
//! reductions.
//!
//! Every kernel is generic over [`Element`] (`f32` and `f64`) and is compiled once for each
//! instruction set that `pulp` knows; which one runs is decided at run time. Nothing here knows of
//! layers or of derivatives' types: a kernel takes slices, lengths and strides. What a kernel needs
//! besides its operands comes from the [`workspace`], so that a training step allocates nothing once
//! the first is done.

#![allow(
    clippy::type_complexity,
    reason = "what a pullback takes is spelled out, as generated code passes it"
)]
#![allow(
    clippy::cast_precision_loss,
    reason = "numbers of entries are below 2^52"
)]

pub mod conv;
mod element;
pub mod elementwise;
mod lanes;
mod math;
mod micro;
pub mod parallel;
pub mod pool;
pub mod product;
pub mod reduce;
mod winograd;
pub mod workspace;

pub use element::Element;
#[doc(hidden)]
pub use lanes::Lanes;
#[doc(hidden)]
pub use math::Curves;

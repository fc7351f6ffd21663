//! Arrays of the `ndarray` crate.
//!
//! The tangent of an array, and of a view of one, is an owned array of its entries' tangents. The
//! operators and methods that code written on arrays uses carry their derivatives here, each stated
//! once; generated code finds them by traits.

#![allow(
    refining_impl_trait,
    clippy::type_complexity,
    reason = "a pullback captures less than its trait says, so that nothing stays borrowed"
)]

mod broadcast;
mod dot;
mod methods;
mod operators;
mod tangent;

pub use methods::{ArrayRules, DotRules};
pub(crate) use tangent::from_rows;

//! Arrays of the `ndarray` crate.
//!
//! The tangent of an array, and of a view of one, is an owned array of its entries' tangents. The
//! operators and methods that code written on arrays uses carry their derivatives here, each stated
//! once; generated code finds them by traits.

mod tangent;

pub(crate) use tangent::from_rows;

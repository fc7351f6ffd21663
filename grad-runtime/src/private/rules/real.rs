//! The rules of the floats: their methods and operators, made from the operator table.
//!
//! `__real_rules!` writes the trait [`RealRules`], the derivatives of every method that is a row of
//! the table, for `f32` and `f64`, and the impls of the operators' traits for both, owned and by
//! reference. Receivers are `&self`, so that a method of the user's own trait that takes `self` is
//! found first.

#![allow(
    unused_variables,
    deprecated,
    clippy::all,
    clippy::pedantic,
    reason = "what is generated for all rows does not fit each of them"
)]

#[cfg(not(feature = "std"))]
use super::super::core_math::CoreMath as _;
use super::super::lanes::{Directions, Lanes};
use super::super::{Shared, UnitTangent, Wrt, unit_tangent};
use super::{
    AddAssignLanes, AddAssignRule, AddLanes, AddRule, DivAssignLanes, DivAssignRule, DivLanes,
    DivRule, MulAssignLanes, MulAssignRule, MulLanes, MulRule, NegLanes, NegRule, RemAssignLanes,
    RemAssignRule, RemLanes, RemRule, SubAssignLanes, SubAssignRule, SubLanes, SubRule,
};
#[cfg(not(feature = "std"))]
use num_traits::Float as _;

grad_macros::__real_rules!();

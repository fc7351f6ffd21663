//! [`Scalar`]: the numbers that differentiated generic functions are written on.

use core::fmt::Debug;

use crate::private::Real;
use crate::private::rules::{
    AddAssignRule, AddRule, DivAssignRule, DivRule, MulAssignRule, MulRule, NegRule, RealRules,
    RemAssignRule, RemRule, SubAssignRule, SubRule,
};
use crate::replica::Replica;
use crate::{Differentiable, Parameters, Tangent};

/// A real number that derivatives are taken of: `f32` or `f64`.
///
/// The derivatives of a generic function ask it of each type parameter that is used as a number,
/// beside the function's own bounds. It is its own tangent, has arithmetic, and knows the
/// derivatives of both its operators and the methods of floats; so generic code can be written on
/// it alone.
///
/// ```
/// use grad_runtime::{Scalar, Tangent};
///
/// /// `x + rate * x_dot`
/// fn step<T: Scalar>(x: T, x_dot: T, rate: f64) -> T {
///     let mut change = x_dot;
///     change.scale(rate);
///     x + change
/// }
/// assert_eq!(step(1.0_f32, 4.0, 0.5), 3.0);
/// assert_eq!(step(1.0_f64, 4.0, 0.5), 3.0);
/// ```
///
/// No other type implements it: a number of one's own is a struct with
/// `#[derive(Differentiable)]`, its operators `impl`s with `#[differentiate]`.
pub trait Scalar:
    Copy
    + Debug
    + Default
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Tangent
    + Differentiable<Tangent = Self>
    + Parameters
    + Replica
    + Real
    + RealRules
    + AddRule<Self, Output = Self, SelfBase = Self, RhsBase = Self, RhsBar = Self>
    + SubRule<Self, Output = Self, SelfBase = Self, RhsBase = Self, RhsBar = Self>
    + MulRule<Self, Output = Self, SelfBase = Self, RhsBase = Self, RhsBar = Self>
    + DivRule<Self, Output = Self, SelfBase = Self, RhsBase = Self, RhsBar = Self>
    + RemRule<Self, Output = Self, SelfBase = Self, RhsBase = Self, RhsBar = Self>
    + NegRule<Output = Self, SelfBase = Self>
    + AddAssignRule<Self, RhsBase = Self, RhsBar = Self>
    + SubAssignRule<Self, RhsBase = Self, RhsBar = Self>
    + MulAssignRule<Self, RhsBase = Self, RhsBar = Self>
    + DivAssignRule<Self, RhsBase = Self, RhsBar = Self>
    + RemAssignRule<Self, RhsBase = Self, RhsBar = Self>
{
}

impl Scalar for f32 {}
impl Scalar for f64 {}

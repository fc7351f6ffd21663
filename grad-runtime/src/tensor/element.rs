//! [`Element`]: the floats that arrays of the neural part hold.

use core::fmt::{Debug, Display};
use core::iter::Sum;
use core::ops::{AddAssign, DivAssign, MulAssign, SubAssign};

use ndarray::ScalarOperand;
use num_traits::{Float, FromPrimitive};

use super::{Curves, Lanes, workspace::Pooled};
use crate::{Parameters, Tangent};

/// An element of the arrays of the neural part: `f32` or `f64`.
///
/// ```
/// use grad_runtime::nn::Element;
///
/// fn half<E: Element>() -> E {
///     E::of(0.5)
/// }
/// assert_eq!(half::<f32>() + half::<f32>(), 1.0);
/// ```
pub trait Element:
    Float
    + FromPrimitive
    + ScalarOperand
    + Lanes
    + Curves
    + Pooled
    + Parameters<Tangent = Self>
    + Tangent
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
    + Default
    + Debug
    + Display
    + Send
    + Sync
    + 'static
{
    /// The nearest value.
    #[must_use]
    fn of(x: f64) -> Self;

    /// As `f64`.
    #[must_use]
    fn wide(self) -> f64;
}

impl Element for f32 {
    #[inline(always)]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the nearest value is meant"
    )]
    fn of(x: f64) -> Self {
        x as f32
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self.into()
    }
}

impl Element for f64 {
    #[inline(always)]
    fn of(x: f64) -> Self {
        x
    }

    #[inline(always)]
    fn wide(self) -> f64 {
        self
    }
}

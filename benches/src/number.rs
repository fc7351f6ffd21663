//! The numbers that the objectives are written over.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub};

use echidna::{DualVec, Reverse};
use num_dual::{DualNum, DualSVec64};
use num_traits::{Float, ToPrimitive};

/// A number that some crate differentiates by being computed with.
pub trait Number:
    Copy
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + Mul<f64, Output = Self>
{
    /// A constant.
    fn constant(value: f64) -> Self;
    /// The value alone.
    fn value(self) -> f64;
    /// `e^x`.
    #[must_use]
    fn exp(self) -> Self;
    /// The natural logarithm.
    #[must_use]
    fn ln(self) -> Self;
    /// The square root.
    #[must_use]
    fn sqrt(self) -> Self;
    /// Sine and cosine.
    #[must_use]
    fn sin_cos(self) -> (Self, Self);
    /// The hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;
}

/// echidna's numbers have the functions of `num_traits`.
macro_rules! by_num_traits {
    () => {
        fn value(self) -> f64 {
            self.to_f64().unwrap_or(f64::NAN)
        }
        fn exp(self) -> Self {
            Float::exp(self)
        }
        fn ln(self) -> Self {
            Float::ln(self)
        }
        fn sqrt(self) -> Self {
            Float::sqrt(self)
        }
        fn sin_cos(self) -> (Self, Self) {
            Float::sin_cos(self)
        }
        fn tanh(self) -> Self {
            Float::tanh(self)
        }
    };
}

impl Number for Reverse<f64> {
    fn constant(value: f64) -> Self {
        Self::constant(value)
    }
    by_num_traits!();
}

impl<const N: usize> Number for DualVec<f64, N> {
    fn constant(value: f64) -> Self {
        Self::constant(value)
    }
    by_num_traits!();
}

impl<const N: usize> Number for DualSVec64<N> {
    fn constant(value: f64) -> Self {
        Self::from_re(value)
    }
    fn value(self) -> f64 {
        self.re
    }
    fn exp(self) -> Self {
        DualNum::exp(&self)
    }
    fn ln(self) -> Self {
        DualNum::ln(&self)
    }
    fn sqrt(self) -> Self {
        DualNum::sqrt(&self)
    }
    fn sin_cos(self) -> (Self, Self) {
        DualNum::sin_cos(&self)
    }
    fn tanh(self) -> Self {
        DualNum::tanh(&self)
    }
}

//! Dual numbers: the reference that compiled derivatives are compared with.
//!
//! `D(value, tangent)` with the arithmetic and the functions that random programs use, each with its
//! derivative written out by hand, and the conventions at kinks of the documentation.

#![allow(non_snake_case, clippy::should_implement_trait)]

use std::cell::Cell;
use std::cmp::Ordering;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

thread_local! {
    static OVERFLOWED: Cell<bool> = const { Cell::new(false) };
}

/// Whether any value was infinite or no number since this was asked last.
#[must_use]
pub fn overflowed() -> bool {
    OVERFLOWED.replace(false)
}

/// A result; notes what is no finite number.
fn made(value: f64, tangent: f64) -> D {
    if !value.is_finite() {
        OVERFLOWED.set(true);
    }
    D(value, tangent)
}

/// A value and its tangent.
#[derive(Clone, Copy, Debug, Default)]
pub struct D(pub f64, pub f64);

/// A constant.
#[must_use]
pub fn C(x: f64) -> D {
    D(x, 0.0)
}

impl PartialEq for D {
    fn eq(&self, other: &D) -> bool {
        self.0 == other.0
    }
}

impl PartialOrd for D {
    fn partial_cmp(&self, other: &D) -> Option<Ordering> {
        self.0.partial_cmp(&other.0)
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $assign:ident $assigned:ident |$a:ident, $b:ident| $value:expr, $tangent:expr;)*) => {$(
        impl $trait for D {
            type Output = D;
            fn $method(self, other: D) -> D {
                let ($a, $b) = (self, other);
                made($value, $tangent)
            }
        }
        impl $assign for D {
            fn $assigned(&mut self, other: D) {
                *self = $trait::$method(*self, other);
            }
        }
    )*};
}

operators! {
    Add add AddAssign add_assign |a, b| a.0 + b.0, a.1 + b.1;
    Sub sub SubAssign sub_assign |a, b| a.0 - b.0, a.1 - b.1;
    Mul mul MulAssign mul_assign |a, b| a.0 * b.0, a.1 * b.0 + a.0 * b.1;
    Div div DivAssign div_assign |a, b| a.0 / b.0, (a.1 - a.0 / b.0 * b.1) / b.0;
}

impl std::iter::Sum for D {
    fn sum<I: Iterator<Item = D>>(parts: I) -> D {
        parts.fold(C(-0.0), Add::add)
    }
}

impl<'a> std::iter::Sum<&'a D> for D {
    fn sum<I: Iterator<Item = &'a D>>(parts: I) -> D {
        parts.copied().sum()
    }
}

impl Neg for D {
    type Output = D;
    fn neg(self) -> D {
        D(-self.0, -self.1)
    }
}

macro_rules! functions {
    ($($name:ident |$x:ident| $slope:expr;)*) => {$(
        /// The function of that name.
        #[must_use]
        pub fn $name(self) -> D {
            let $x = self.0;
            made($x.$name(), self.1 * $slope)
        }
    )*};
}

impl D {
    functions! {
        sin |x| x.cos();
        cos |x| -x.sin();
        tanh |x| 1.0 - x.tanh().powi(2);
        atan |x| 1.0 / (1.0 + x * x);
        exp |x| x.exp();
        exp_m1 |x| x.exp();
        sinh |x| x.cosh();
        sqrt |x| 0.5 / x.sqrt();
        ln |x| 1.0 / x;
        recip |x| -1.0 / (x * x);
        cbrt |x| 1.0 / (3.0 * x.cbrt().powi(2));
        abs |x| if x == 0.0 { 0.0 } else { x.signum() };
    }

    /// `max`, half to each at a tie.
    #[must_use]
    pub fn max(self, other: D) -> D {
        chosen(self, other, self.0.max(other.0))
    }

    /// `min`, half to each at a tie.
    #[must_use]
    pub fn min(self, other: D) -> D {
        chosen(self, other, self.0.min(other.0))
    }

    /// `hypot`, flat at the origin.
    #[must_use]
    pub fn hypot(self, other: D) -> D {
        let value = self.0.hypot(other.0);
        let slope = |x: f64| if value == 0.0 { 0.0 } else { x / value };
        D(value, self.1 * slope(self.0) + other.1 * slope(other.0))
    }

    /// `atan2`.
    #[must_use]
    pub fn atan2(self, other: D) -> D {
        let size = self.0 * self.0 + other.0 * other.0;
        let tangent = (self.1 * other.0 - other.1 * self.0) / size;
        D(self.0.atan2(other.0), tangent)
    }

    /// `copysign`.
    #[must_use]
    pub fn copysign(self, sign: D) -> D {
        let value = self.0.copysign(sign.0);
        let same = value.is_sign_negative() == self.0.is_sign_negative();
        D(value, if same { self.1 } else { -self.1 })
    }

    /// `powi`.
    #[must_use]
    pub fn powi(self, n: i32) -> D {
        let slope = if n == 0 {
            0.0
        } else {
            f64::from(n) * self.0.powi(n - 1)
        };
        D(self.0.powi(n), self.1 * slope)
    }

    /// `mul_add`.
    #[must_use]
    pub fn mul_add(self, b: D, c: D) -> D {
        let tangent = self.1 * b.0 + self.0 * b.1 + c.1;
        D(self.0.mul_add(b.0, c.0), tangent)
    }
}

#[allow(clippy::float_cmp)] // the operand that is the result
fn chosen(a: D, b: D, value: f64) -> D {
    let tangent = if a.0 == b.0 {
        0.5 * (a.1 + b.1)
    } else if value == a.0 {
        a.1
    } else {
        b.1
    };
    D(value, tangent)
}

//! Methods of floats that neither `core` nor `num-traits` has without `std`.

use num_traits::{Euclid, Float};

/// Without `std`: what `std` calls inherent methods of floats.
pub(super) trait CoreMath: Float + Euclid {
    /// The nearest integer, the even one of two.
    fn round_ties_even(self) -> Self {
        let half = (self - self.trunc()).abs() + (self - self.trunc()).abs();
        if half == Self::one() {
            let two = Self::one() + Self::one();
            (self / two).round() * two
        } else {
            self.round()
        }
    }

    /// The quotient that leaves a remainder of no sign.
    fn div_euclid(self, rhs: Self) -> Self {
        Euclid::div_euclid(&self, &rhs)
    }

    /// The remainder that has no sign.
    fn rem_euclid(self, rhs: Self) -> Self {
        Euclid::rem_euclid(&self, &rhs)
    }
}

impl CoreMath for f32 {}
impl CoreMath for f64 {}

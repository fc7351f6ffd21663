//! `exp` and `tanh` without branches, so that loops over them vectorise.
//!
//! Built of additions, products and bit patterns alone, none of them fused, so every machine and every
//! vector width gives the same bits: the value along a derivative is the function's own. The errors are
//! measured over every exponent by the tests below.

/// A float whose exponential and hyperbolic tangent vectorise.
#[doc(hidden)]
pub trait Curves: Copy {
    /// `e^x`.
    #[must_use]
    fn fast_exp(self) -> Self;
    /// `tanh x`.
    #[must_use]
    fn fast_tanh(self) -> Self;
}

impl Curves for f32 {
    /// At most 1.1 units in the last place off; subnormal results at most 1 unit.
    ///
    /// `x = n ln 2 + r` with `|r| <= ln 2 / 2`, `e^x = 2^n e^r`, and a polynomial of degree 6 for `e^r`
    /// (Cephes, `expf`, Moshier 1989, whose coefficients these are).
    #[inline(always)]
    fn fast_exp(self) -> f32 {
        // Beyond, the result is 0 or infinite; what is not a number fails both tests and stays.
        let x = if self > 89.0 { 89.0 } else { self };
        let x = if x < -104.0 { -104.0 } else { x };
        let (n, scaled) = nearest(x * std::f32::consts::LOG2_E);
        // ln 2 in two parts, the first of which has so few digits that `n` times it is exact.
        let r = (x - n * 0.693_359_4) - n * -2.121_944_4e-4;
        let mut y = 1.987_569_1e-4;
        for c in [
            1.398_199_9e-3,
            8.333_452e-3,
            4.166_579_6e-2,
            0.166_666_65,
            0.5,
        ] {
            y = y * r + c;
        }
        let y = (y * (r * r) + r) + 1.0;
        // Two factors, as 2^n itself may be subnormal or infinite where the result is not.
        let half = scaled >> 1;
        y * power_of_two(half) * power_of_two(scaled - half)
    }

    /// At most 2 units in the last place off.
    ///
    /// Below 0.625 an odd polynomial (Cephes, `tanhf`), above `1 - 2 / (e^2x + 1)`.
    #[inline(always)]
    fn fast_tanh(self) -> f32 {
        let size = self.abs();
        let square = self * self;
        let mut y = -5.704_988_7e-3;
        for c in [2.063_909e-2, -5.373_971_6e-2, 0.133_314_42, -0.333_332_8] {
            y = y * square + c;
        }
        let small = y * square * self + self;
        let large = (1.0 - 2.0 / ((size + size).fast_exp() + 1.0)).copysign(self);
        // The sign of a zero is lost in the sum.
        if size < 0.625 {
            small.copysign(self)
        } else {
            large
        }
    }
}

impl Curves for f64 {
    #[inline(always)]
    fn fast_exp(self) -> f64 {
        self.exp()
    }

    #[inline(always)]
    fn fast_tanh(self) -> f64 {
        self.tanh()
    }
}

/// The nearest whole number, as float and as integer, for `|x| < 2^22`.
#[inline(always)]
#[allow(
    clippy::cast_possible_wrap,
    reason = "the difference of two bit patterns is small"
)]
fn nearest(x: f32) -> (f32, i32) {
    // Adding 1.5 2^23 leaves no room for digits behind the point.
    const SHIFT: f32 = 12_582_912.0;
    let shifted = x + SHIFT;
    (
        shifted - SHIFT,
        shifted.to_bits().wrapping_sub(SHIFT.to_bits()) as i32,
    )
}

/// `2^n` for `-126 <= n <= 127`.
#[inline(always)]
#[allow(
    clippy::cast_sign_loss,
    reason = "the exponent is positive with its bias"
)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::Curves;

    /// Units in the last place between `found` and the exact value.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "rounding is what is measured"
    )]
    fn error(found: f32, exact: f64) -> f64 {
        let rounded = exact as f32;
        let unit = if rounded.is_normal() {
            f64::from(f32::from_bits(rounded.to_bits() + 1)) - f64::from(rounded)
        } else {
            f64::from(f32::from_bits(1))
        };
        ((f64::from(found) - exact) / unit).abs()
    }

    /// Some two million floats of every sign and exponent.
    fn floats() -> impl Iterator<Item = f32> {
        (0..u32::MAX)
            .step_by(2039)
            .map(f32::from_bits)
            .filter(|x| x.is_finite())
    }

    #[test]
    fn exp_is_close() {
        let worst = floats()
            .filter(|&x| x < 88.72)
            .map(|x| error(x.fast_exp(), f64::from(x).exp()))
            .fold(0.0, f64::max);
        assert!(worst < 1.1, "{worst} units in the last place");
    }

    #[test]
    fn tanh_is_close() {
        let worst = floats()
            .map(|x| error(x.fast_tanh(), f64::from(x).tanh()))
            .fold(0.0, f64::max);
        assert!(worst < 2.0, "{worst} units in the last place");
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "the values are exact")]
    fn the_ends_are_exact() {
        assert_eq!(0.0_f32.fast_exp(), 1.0);
        assert_eq!(f32::INFINITY.fast_exp(), f32::INFINITY);
        assert_eq!(100.0_f32.fast_exp(), f32::INFINITY);
        assert_eq!(f32::NEG_INFINITY.fast_exp(), 0.0);
        assert!(f32::NAN.fast_exp().is_nan());
        assert_eq!(f32::INFINITY.fast_tanh(), 1.0);
        assert_eq!(f32::NEG_INFINITY.fast_tanh(), -1.0);
        assert!(f32::NAN.fast_tanh().is_nan());
        assert!((-0.0_f32).fast_tanh().is_sign_negative());
    }
}

//! Floats: literals of the type of others, and `as` between types.

use crate::Differentiable;

/// A float. The names cannot meet those of a user's trait on the same type parameter.
pub trait Real: Copy {
    /// The nearest value.
    fn __grad_of(x: f64) -> Self;
    /// As `f64`.
    fn __grad_wide(self) -> f64;
}

impl Real for f32 {
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    fn __grad_of(x: f64) -> Self {
        x as f32
    }
    #[inline]
    fn __grad_wide(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    #[inline]
    fn __grad_of(x: f64) -> Self {
        x
    }
    #[inline]
    fn __grad_wide(self) -> f64 {
        self
    }
}

/// A literal as a float of the type of `x`.
#[inline]
pub fn literal_like<T: Real>(literal: f64, _x: T) -> T {
    T::__grad_of(literal)
}

/// An exponent as a float of the type of `x`.
#[inline]
pub fn float_like<T: Real>(n: i32, _x: T) -> T {
    T::__grad_of(f64::from(n))
}

/// One, as a seed.
#[inline]
#[must_use]
pub fn one<T: Real>() -> T {
    T::__grad_of(1.0)
}

/// A number whose tangent passes through `as`.
pub trait CastSource: Differentiable {
    /// The cotangent of the source from that of the result.
    fn pull_cast(bar: f64) -> Self::Tangent;
}

impl CastSource for f32 {
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    fn pull_cast(bar: f64) -> f32 {
        bar as f32
    }
}

impl CastSource for f64 {
    #[inline]
    fn pull_cast(bar: f64) -> f64 {
        bar
    }
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl CastSource for $int {
            #[inline]
            fn pull_cast(_bar: f64) -> crate::NoTangent {
                crate::NoTangent
            }
        }
    )*};
}

integers!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, bool
);

/// The cotangent of `x` in `x as float`.
#[inline]
pub fn pull_cast<S: CastSource, T: Real>(_x: &S, bar: T) -> S::Tangent {
    S::pull_cast(bar.__grad_wide())
}

/// A tangent whose type only rustc knows.
pub trait CastTangent {
    /// As `f64`; nothing is zero.
    fn widen(self) -> f64;
}

impl CastTangent for f32 {
    #[inline]
    fn widen(self) -> f64 {
        f64::from(self)
    }
}

impl CastTangent for f64 {
    #[inline]
    fn widen(self) -> f64 {
        self
    }
}

impl CastTangent for crate::NoTangent {
    #[inline]
    fn widen(self) -> f64 {
        0.0
    }
}

/// The tangent of `x as D` from that of `x`.
#[inline]
pub fn push_cast<S: CastTangent, D: Real>(dot: S) -> D {
    D::__grad_of(dot.widen())
}

//! Arrays made of slices, and their companion.

use super::super::{TangentOf, Wrt, check_len};
use super::Bars;
use crate::{Differentiable, Tangent};

/// `slice.try_into().unwrap()`.
///
/// # Panics
/// If the slice has another length.
#[inline]
#[track_caller]
pub fn to_array<T: Copy, const N: usize>(slice: &[T]) -> [T; N] {
    slice.try_into().unwrap()
}

/// Derivatives of the function of this name.
#[allow(
    non_camel_case_types,
    reason = "a companion has the name of its function"
)]
pub struct to_array {}

impl to_array {
    /// The slice gets the cotangents of the array.
    #[inline]
    #[track_caller]
    pub fn vjp<T: Differentiable + Copy, const N: usize, const M: u64>(
        slice: &[T],
        _: Wrt<M>,
    ) -> (
        [T; N],
        impl FnOnce([TangentOf<T>; N], &[T], Bars<'_, T>) + use<T, N, M>,
    ) {
        let pull = |y_bar: [TangentOf<T>; N], _: &[T], bars: Bars<'_, T>| {
            if let Some(bars) = bars {
                super::add(bars, &y_bar);
            }
        };
        (to_array(slice), pull)
    }

    /// The tangents become an array too.
    #[inline]
    #[track_caller]
    pub fn jvp<T: Differentiable + Copy, const N: usize, const M: u64>(
        slice: &[T],
        _: Wrt<M>,
        dots: Option<&[TangentOf<T>]>,
    ) -> ([T; N], [TangentOf<T>; N]) {
        let array = to_array(slice);
        let dot = match dots {
            Some(dots) => {
                check_len("tangent", slice.len(), dots.len());
                core::array::from_fn(|k| dots[k].duplicate())
            }
            None => core::array::from_fn(|k| slice[k].zero_tangent()),
        };
        (array, dot)
    }
}

//! The rules of `core::mem`: companions, as those of free functions are.

use super::super::{TangentOf, UnitTangent, Wrt, unit_tangent};
use super::{Bar, tangent_or_zero};
use crate::{Differentiable, Tangent};

/// Derivatives of [`core::mem::replace`].
#[allow(
    non_camel_case_types,
    reason = "a companion has the name of its function"
)]
pub struct replace {}

impl replace {
    /// The source gets the cotangent of the place, the place that of the result.
    #[inline]
    pub fn vjp<T: Differentiable, const M: u64>(
        place: &mut T,
        source: T,
        _: Wrt<M>,
    ) -> (
        T,
        impl FnOnce(TangentOf<T>, (), &T, Bar<'_, T>, Bar<'_, T>) + use<T, M>,
    ) {
        let pull = |y_bar: TangentOf<T>, (): (), _: &T, place_bar: Bar<'_, T>, bar: Bar<'_, T>| {
            if let Some(place_bar) = place_bar {
                if let Some(bar) = bar {
                    bar.accumulate(place_bar);
                }
                *place_bar = y_bar;
            }
        };
        (core::mem::replace(place, source), pull)
    }

    /// The tangent is replaced too.
    #[inline]
    pub fn jvp<T: Differentiable, const M: u64>(
        place: &mut T,
        source: T,
        _: Wrt<M>,
        place_dot: Bar<'_, T>,
        source_dot: Option<&TangentOf<T>>,
    ) -> (T, TangentOf<T>) {
        let dot = match place_dot {
            Some(place_dot) => core::mem::replace(place_dot, tangent_or_zero(source_dot, &source)),
            None => place.zero_tangent(),
        };
        (core::mem::replace(place, source), dot)
    }
}

/// Derivatives of [`core::mem::take`].
#[allow(
    non_camel_case_types,
    reason = "a companion has the name of its function"
)]
pub struct take {}

impl take {
    /// The place gets the cotangent of the result.
    #[inline]
    pub fn vjp<T: Differentiable + Default, const M: u64>(
        place: &mut T,
        _: Wrt<M>,
    ) -> (T, impl FnOnce(TangentOf<T>, (), Bar<'_, T>) + use<T, M>) {
        let pull = |y_bar: TangentOf<T>, (): (), place_bar: Bar<'_, T>| {
            if let Some(place_bar) = place_bar {
                *place_bar = y_bar;
            }
        };
        (core::mem::take(place), pull)
    }

    /// The tangent is taken too.
    #[inline]
    pub fn jvp<T: Differentiable + Default, const M: u64>(
        place: &mut T,
        _: Wrt<M>,
        place_dot: Bar<'_, T>,
    ) -> (T, TangentOf<T>) {
        let taken = core::mem::take(place);
        let dot = match place_dot {
            Some(place_dot) => core::mem::replace(place_dot, place.zero_tangent()),
            None => taken.zero_tangent(),
        };
        (taken, dot)
    }
}

/// Derivatives of [`core::mem::swap`].
#[allow(
    non_camel_case_types,
    reason = "a companion has the name of its function"
)]
pub struct swap {}

impl swap {
    /// The cotangents are swapped; where one is missing, the other becomes the zero of its shape.
    #[inline]
    pub fn vjp<T: Differentiable, const M: u64>(
        a: &mut T,
        b: &mut T,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), (), Bar<'_, T>, Bar<'_, T>) + use<T, M>,
    ) {
        // Of both active, neither is missing but where nobody wants it.
        let zero = match M & 3 {
            1 => Some(a.zero_tangent()),
            2 => Some(b.zero_tangent()),
            _ => None,
        };
        core::mem::swap(a, b);
        let pull = |_: UnitTangent, (): (), (): (), a_bar: Bar<'_, T>, b_bar: Bar<'_, T>| match (
            a_bar, b_bar,
        ) {
            (Some(a_bar), Some(b_bar)) => core::mem::swap(a_bar, b_bar),
            (Some(bar), None) | (None, Some(bar)) => match zero {
                Some(zero) => *bar = zero,
                None => bar.set_zero(),
            },
            (None, None) => {}
        };
        ((), pull)
    }

    /// The tangents are swapped too.
    #[inline]
    pub fn jvp<T: Differentiable, const M: u64>(
        a: &mut T,
        b: &mut T,
        _: Wrt<M>,
        a_dot: Bar<'_, T>,
        b_dot: Bar<'_, T>,
    ) -> ((), UnitTangent) {
        core::mem::swap(a, b);
        match (a_dot, b_dot) {
            (Some(a_dot), Some(b_dot)) => core::mem::swap(a_dot, b_dot),
            (Some(a_dot), None) => *a_dot = a.zero_tangent(),
            (None, Some(b_dot)) => *b_dot = b.zero_tangent(),
            (None, None) => {}
        }
        ((), unit_tangent())
    }
}

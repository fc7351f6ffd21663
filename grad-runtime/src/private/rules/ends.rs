//! The rules of the methods that find an entry of a slice: `first`, `last`, `get`.
//!
//! Where the macro knows that a receiver is a slice, what they find is a place. Elsewhere, in a
//! field of which only rustc knows the type, they are calls, which copy the entry.

use super::super::{Shared, TangentOf, Wrt};
use super::{Bars, IndexBar, shared, tangent_or_zero};
use crate::{Differentiable, NoTangent, Tangent};

/// The derivatives of the methods that find an entry.
pub trait EndsRules<T: Differentiable + Clone> {
    /// The entries.
    #[doc(hidden)]
    fn __grad_entries(&self) -> &[T];

    /// The first entry gets the cotangent.
    #[inline]
    fn __grad_vjp_first<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, &Self, Bars<'_, T>) + use<Self, T, M>,
    ) {
        let pull = |y_bar: Option<TangentOf<T>>, _: &Self, bars: Bars<'_, T>| {
            accumulate::<T>(y_bar, bars.and_then(<[_]>::first_mut));
        };
        (self.__grad_entries().first().cloned(), pull)
    }

    /// The first entry and its tangent.
    #[inline]
    fn __grad_jvp_first<const M: u64>(
        &self,
        _: Wrt<M>,
        dots: Option<&[TangentOf<T>]>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        copied(self.__grad_entries().first(), dots.and_then(<[_]>::first))
    }

    /// The last entry gets the cotangent.
    #[inline]
    fn __grad_vjp_last<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, &Self, Bars<'_, T>) + use<Self, T, M>,
    ) {
        let pull = |y_bar: Option<TangentOf<T>>, _: &Self, bars: Bars<'_, T>| {
            accumulate::<T>(y_bar, bars.and_then(<[_]>::last_mut));
        };
        (self.__grad_entries().last().cloned(), pull)
    }

    /// The last entry and its tangent.
    #[inline]
    fn __grad_jvp_last<const M: u64>(
        &self,
        _: Wrt<M>,
        dots: Option<&[TangentOf<T>]>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        copied(self.__grad_entries().last(), dots.and_then(<[_]>::last))
    }

    /// The entry at the index gets the cotangent.
    #[inline]
    fn __grad_vjp_get<const M: u64>(
        &self,
        index: usize,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, &Self, &usize, Bars<'_, T>, IndexBar<'_>) + use<Self, T, M>,
    ) {
        let pull = |y_bar: Option<TangentOf<T>>,
                    _: &Self,
                    index: &usize,
                    bars: Bars<'_, T>,
                    _: IndexBar<'_>| {
            accumulate::<T>(y_bar, bars.and_then(|bars| bars.get_mut(*index)));
        };
        (self.__grad_entries().get(index).cloned(), pull)
    }

    /// The entry at the index and its tangent.
    #[inline]
    fn __grad_jvp_get<const M: u64>(
        &self,
        index: usize,
        _: Wrt<M>,
        dots: Option<&[TangentOf<T>]>,
        _: Option<&NoTangent>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        let dot = dots.and_then(|dots| dots.get(index));
        copied(self.__grad_entries().get(index), dot)
    }

    shared!(__grad_again_first, __grad_again_last, __grad_again_get);
}

impl<T: Differentiable + Clone> EndsRules<T> for [T] {
    #[inline]
    fn __grad_entries(&self) -> &[T] {
        self
    }
}

/// `bar += y_bar` where there are both.
#[inline]
fn accumulate<T: Differentiable>(y_bar: Option<TangentOf<T>>, bar: Option<&mut TangentOf<T>>) {
    if let (Some(y_bar), Some(bar)) = (y_bar, bar) {
        bar.accumulate(&y_bar);
    }
}

/// What was found, and its tangent.
#[inline]
fn copied<T: Differentiable + Clone>(
    entry: Option<&T>,
    dot: Option<&TangentOf<T>>,
) -> (Option<T>, Option<TangentOf<T>>) {
    let tangent = entry.map(|entry| tangent_or_zero(dot, entry));
    (entry.cloned(), tangent)
}

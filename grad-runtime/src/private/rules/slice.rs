//! The rules of slices' methods: what moves entries about moves the cotangents back. Past 400 lines
//! for the signatures.

use alloc::vec::Vec;
use core::ops::{Bound, Range, RangeBounds};

use super::super::{Exclusive, Shared, TangentOf, UnitTangent, Wrt, unit_tangent};
use super::{Bar, Bars, IndexBar, exclusive, sum_into};
use crate::{Differentiable, NoTangent, Tangent};

/// A method that turns entries round by one index or count, and its inverse.
macro_rules! rotations {
    ($($(#[$doc:meta])* $method:ident undone by $inverse:ident: $vjp:ident, $jvp:ident;)*) => {$(
        $(#[$doc])*
        #[inline]
        fn $vjp<const M: u64>(
            &mut self,
            count: usize,
            _: Wrt<M>,
        ) -> (
            (),
            impl FnOnce(UnitTangent, (), &usize, Bars<'_, T>, IndexBar<'_>) + use<Self, T, M>,
        ) {
            self.__grad_slice().$method(count);
            let pull = |_: UnitTangent,
                        (): (),
                        count: &usize,
                        self_bar: Bars<'_, T>,
                        _: IndexBar<'_>| {
                if let Some(self_bar) = self_bar {
                    self_bar.$inverse(*count);
                }
            };
            ((), pull)
        }

        /// The tangent goes along.
        #[inline]
        fn $jvp<const M: u64>(
            &mut self,
            count: usize,
            _: Wrt<M>,
            self_dot: Bars<'_, T>,
            _: Option<&NoTangent>,
        ) -> ((), UnitTangent) {
            self.__grad_slice().$method(count);
            if let Some(self_dot) = self_dot {
                self_dot.$method(count);
            }
            ((), unit_tangent())
        }
    )*};
}

/// A method that copies a slice over another.
macro_rules! copies {
    ($($(#[$doc:meta])* $method:ident for $bound:ident: $vjp:ident, $jvp:ident;)*) => {$(
        $(#[$doc])*
        #[inline]
        fn $vjp<const M: u64>(
            &mut self,
            source: &[T],
            _: Wrt<M>,
        ) -> (
            (),
            impl FnOnce(UnitTangent, (), &[T], Bars<'_, T>, Bars<'_, T>) + use<Self, T, M>,
        )
        where
            T: $bound,
        {
            self.__grad_slice().$method(source);
            let pull = |_: UnitTangent,
                        (): (),
                        _: &[T],
                        self_bar: Bars<'_, T>,
                        bar: Bars<'_, T>| {
                if let Some(self_bar) = self_bar {
                    if let Some(bar) = bar {
                        super::add(bar, self_bar);
                    }
                    self_bar.iter_mut().for_each(Tangent::set_zero);
                }
            };
            ((), pull)
        }

        /// The tangent is copied over too.
        #[inline]
        fn $jvp<const M: u64>(
            &mut self,
            source: &[T],
            _: Wrt<M>,
            self_dot: Bars<'_, T>,
            source_dot: Option<&[TangentOf<T>]>,
        ) -> ((), UnitTangent)
        where
            T: $bound,
        {
            self.__grad_slice().$method(source);
            if let Some(self_dot) = self_dot {
                super::overwrite(self_dot, source_dot, source);
            }
            ((), unit_tangent())
        }
    )*};
}

/// The derivatives of the methods of slices.
pub trait SliceRules<T: Differentiable> {
    /// The slice.
    #[doc(hidden)]
    fn __grad_slice(&mut self) -> &mut [T];

    /// The slice.
    #[doc(hidden)]
    fn __grad_as_slice(&self) -> &[T];

    /// The cotangents are swapped back.
    #[inline]
    fn __grad_vjp_swap<const M: u64>(
        &mut self,
        a: usize,
        b: usize,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &usize, &usize, Bars<'_, T>, IndexBar<'_>, IndexBar<'_>)
        + use<Self, T, M>,
    ) {
        self.__grad_slice().swap(a, b);
        let pull = |_: UnitTangent,
                    (): (),
                    a: &usize,
                    b: &usize,
                    self_bar: Bars<'_, T>,
                    _: IndexBar<'_>,
                    _: IndexBar<'_>| {
            if let Some(self_bar) = self_bar {
                self_bar.swap(*a, *b);
            }
        };
        ((), pull)
    }

    /// The tangents are swapped too.
    #[inline]
    fn __grad_jvp_swap<const M: u64>(
        &mut self,
        a: usize,
        b: usize,
        _: Wrt<M>,
        self_dot: Bars<'_, T>,
        _: Option<&NoTangent>,
        _: Option<&NoTangent>,
    ) -> ((), UnitTangent) {
        self.__grad_slice().swap(a, b);
        if let Some(self_dot) = self_dot {
            self_dot.swap(a, b);
        }
        ((), unit_tangent())
    }

    /// The cotangents are reversed back.
    #[inline]
    fn __grad_vjp_reverse<const M: u64>(
        &mut self,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), Bars<'_, T>) + use<Self, T, M>,
    ) {
        self.__grad_slice().reverse();
        let pull = |_: UnitTangent, (): (), self_bar: Bars<'_, T>| {
            if let Some(self_bar) = self_bar {
                self_bar.reverse();
            }
        };
        ((), pull)
    }

    /// The tangents are reversed too.
    #[inline]
    fn __grad_jvp_reverse<const M: u64>(
        &mut self,
        _: Wrt<M>,
        self_dot: Bars<'_, T>,
    ) -> ((), UnitTangent) {
        self.__grad_slice().reverse();
        if let Some(self_dot) = self_dot {
            self_dot.reverse();
        }
        ((), unit_tangent())
    }

    rotations! {
        /// The cotangents are rotated back.
        rotate_left undone by rotate_right: __grad_vjp_rotate_left, __grad_jvp_rotate_left;
        /// The cotangents are rotated back.
        rotate_right undone by rotate_left: __grad_vjp_rotate_right, __grad_jvp_rotate_right;
    }

    copies! {
        /// The source gets the cotangents; what was overwritten gets zero.
        copy_from_slice for Copy: __grad_vjp_copy_from_slice, __grad_jvp_copy_from_slice;
        /// The source gets the cotangents; what was overwritten gets zero.
        clone_from_slice for Clone: __grad_vjp_clone_from_slice, __grad_jvp_clone_from_slice;
    }

    /// The value gets the sum of all cotangents; what was overwritten gets zero.
    #[inline]
    fn __grad_vjp_fill<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &T, Bars<'_, T>, Bar<'_, T>) + use<Self, T, M>,
    )
    where
        T: Clone,
    {
        self.__grad_slice().fill(value);
        let pull = |_: UnitTangent, (): (), _: &T, self_bar: Bars<'_, T>, bar: Bar<'_, T>| {
            if let Some(self_bar) = self_bar {
                sum_into(bar, self_bar.iter());
                self_bar.iter_mut().for_each(Tangent::set_zero);
            }
        };
        ((), pull)
    }

    /// The tangent is filled too.
    #[inline]
    fn __grad_jvp_fill<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
        self_dot: Bars<'_, T>,
        value_dot: Option<&TangentOf<T>>,
    ) -> ((), UnitTangent)
    where
        T: Clone,
    {
        for dot in self_dot.into_iter().flatten() {
            *dot = super::tangent_or_zero(value_dot, &value);
        }
        self.__grad_slice().fill(value);
        ((), unit_tangent())
    }

    /// The range gets the cotangents of its copy; what was overwritten gets zero.
    fn __grad_vjp_copy_within<const M: u64, R: RangeBounds<usize>>(
        &mut self,
        source: R,
        to: usize,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &R, &usize, Bars<'_, T>, IndexBar<'_>, IndexBar<'_>)
        + use<Self, T, R, M>,
    )
    where
        T: Copy,
    {
        let slice = self.__grad_slice();
        let range = range_of(&source, slice.len());
        slice.copy_within(range.clone(), to);
        let pull = move |_: UnitTangent,
                         (): (),
                         _: &R,
                         to: &usize,
                         self_bar: Bars<'_, T>,
                         _: IndexBar<'_>,
                         _: IndexBar<'_>| {
            if let Some(self_bar) = self_bar {
                let copied = self_bar[*to..].iter_mut().take(range.len());
                let copied: Vec<_> = copied.map(Tangent::take).collect();
                super::add(&mut self_bar[range], &copied);
            }
        };
        ((), pull)
    }

    /// The tangents are copied too.
    fn __grad_jvp_copy_within<const M: u64, R: RangeBounds<usize>>(
        &mut self,
        source: R,
        to: usize,
        _: Wrt<M>,
        self_dot: Bars<'_, T>,
        _: Option<&NoTangent>,
        _: Option<&NoTangent>,
    ) -> ((), UnitTangent)
    where
        T: Copy,
    {
        let slice = self.__grad_slice();
        let range = range_of(&source, slice.len());
        slice.copy_within(range.clone(), to);
        if let Some(self_dot) = self_dot {
            let copied = super::duplicates(&self_dot[range]);
            for (to, dot) in self_dot[to..].iter_mut().zip(copied) {
                *to = dot;
            }
        }
        ((), unit_tangent())
    }

    /// The cotangents are swapped back.
    #[inline]
    fn __grad_vjp_swap_with_slice<const M: u64>(
        &mut self,
        other: &mut [T],
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), (), Bars<'_, T>, Bars<'_, T>) + use<Self, T, M>,
    ) {
        self.__grad_slice().swap_with_slice(other);
        let pull =
            |_: UnitTangent, (): (), (): (), self_bar: Bars<'_, T>, other_bar: Bars<'_, T>| {
                swap_or_clear(self_bar, other_bar);
            };
        ((), pull)
    }

    /// The tangents are swapped too.
    #[inline]
    fn __grad_jvp_swap_with_slice<const M: u64>(
        &mut self,
        other: &mut [T],
        _: Wrt<M>,
        self_dot: Bars<'_, T>,
        other_dot: Bars<'_, T>,
    ) -> ((), UnitTangent) {
        self.__grad_slice().swap_with_slice(other);
        swap_or_clear(self_dot, other_dot);
        ((), unit_tangent())
    }

    /// The copy; its cotangent is the slice's.
    #[inline]
    fn __grad_vjp_to_vec<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Vec<T>,
        impl FnOnce(Vec<TangentOf<T>>, &Self, Bars<'_, T>) + use<Self, T, M>,
    )
    where
        T: Clone,
    {
        let pull = |y_bar: Vec<TangentOf<T>>, _: &Self, self_bar: Bars<'_, T>| {
            if let Some(self_bar) = self_bar {
                super::add(self_bar, &y_bar);
            }
        };
        (self.__grad_as_slice().to_vec(), pull)
    }

    /// The copy and its tangent.
    #[inline]
    fn __grad_jvp_to_vec<const M: u64>(
        &self,
        _: Wrt<M>,
        self_dot: Option<&[TangentOf<T>]>,
    ) -> (Vec<T>, Vec<TangentOf<T>>)
    where
        T: Clone,
    {
        let slice = self.__grad_as_slice();
        let dot = self_dot.map_or_else(|| T::zero_tangents(slice), super::duplicates);
        (slice.to_vec(), dot)
    }

    /// The receiver of `to_vec` again.
    #[inline]
    fn __grad_again_to_vec(&self) -> Shared<'_, Self> {
        Shared::new(self)
    }

    exclusive!(
        __grad_again_swap,
        __grad_again_reverse,
        __grad_again_rotate_left,
        __grad_again_rotate_right,
        __grad_again_copy_from_slice,
        __grad_again_clone_from_slice,
        __grad_again_fill,
        __grad_again_copy_within,
        __grad_again_swap_with_slice,
    );
}

impl<T: Differentiable> SliceRules<T> for [T] {
    #[inline]
    fn __grad_slice(&mut self) -> &mut [T] {
        self
    }
    #[inline]
    fn __grad_as_slice(&self) -> &[T] {
        self
    }
}

/// Swaps; what has no partner gets zero.
#[inline]
fn swap_or_clear<T: Tangent>(a: Option<&mut [T]>, b: Option<&mut [T]>) {
    match (a, b) {
        (Some(a), Some(b)) => a.swap_with_slice(b),
        (a, b) => [a, b]
            .into_iter()
            .flatten()
            .flatten()
            .for_each(Tangent::set_zero),
    }
}

/// The bounds as indices.
fn range_of(range: &impl RangeBounds<usize>, len: usize) -> Range<usize> {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(before) => *before + 1,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(last) => *last + 1,
        Bound::Excluded(end) => *end,
        Bound::Unbounded => len,
    };
    start..end
}

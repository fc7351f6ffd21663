//! The methods of `Vec`, slices, `Option` and `Result` in several directions at once: what moves
//! entries about moves their lanes along.

#![allow(
    clippy::too_many_arguments,
    reason = "a rule takes the method's arguments and the lanes of each"
)]

use alloc::vec::Vec;

use super::super::lanes::{Directions, InLanes, LanesOf};
use super::super::maybe_zero::settled;
use super::super::{UnitTangent, Wrt, unit_tangent};
use super::{ContentRules, SliceRules, Unwrap, VecRules};
use crate::NoTangent;

/// The lanes of what is passed by value or `&`.
type Dot<'a, T, const L: usize> = Option<&'a LanesOf<T, L>>;
/// Those of a slice.
type Dots<'a, T, const L: usize> = Option<&'a [LanesOf<T, L>]>;
/// Those of a slice that changes.
type DotsMut<'a, T, const L: usize> = Option<&'a mut [LanesOf<T, L>]>;
/// Those of a vector that changes.
type VecDot<'a, T, const L: usize> = Option<&'a mut Vec<LanesOf<T, L>>>;

/// A copy of the lanes of `x`, or zero.
#[inline]
fn lanes_or_zero<T: InLanes, const L: usize>(dot: Dot<'_, T, L>, x: &T) -> LanesOf<T, L> {
    dot.map_or_else(|| x.zero_lanes::<L>(), Clone::clone)
}

/// A copy of the lanes of `xs`, or zeros.
#[inline]
fn all_or_zeros<T: InLanes, const L: usize>(dots: Dots<'_, T, L>, xs: &[T]) -> Vec<LanesOf<T, L>> {
    dots.map_or_else(
        || xs.iter().map(T::zero_lanes::<L>).collect(),
        <[_]>::to_vec,
    )
}

/// The methods of `Vec`.
pub trait VecLanes<T: InLanes>: VecRules<T> {
    /// The copy and its lanes.
    #[inline]
    fn __grad_lanes_clone<const M: u64, const L: usize>(
        &self,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: Dots<'_, T, L>,
    ) -> (Self, Vec<LanesOf<T, L>>)
    where
        Self: Clone + core::ops::Deref<Target = [T]>,
    {
        (self.clone(), all_or_zeros::<T, L>(self_dot, self))
    }

    /// The lanes of the value go along.
    #[inline]
    fn __grad_lanes_push<const M: u64, const L: usize>(
        &mut self,
        value: T,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
        value_dot: Dot<'_, T, L>,
    ) -> ((), UnitTangent) {
        if let Some(self_dot) = self_dot {
            self_dot.push(settled::<L, _>(lanes_or_zero::<T, L>(value_dot, &value)));
        }
        self.__grad_vec().push(value);
        ((), unit_tangent())
    }

    /// The lanes come off along.
    #[inline]
    fn __grad_lanes_pop<const M: u64, const L: usize>(
        &mut self,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
    ) -> (Option<T>, Option<LanesOf<T, L>>) {
        let last = self.__grad_vec().pop();
        let dot = match self_dot {
            Some(self_dot) => self_dot.pop(),
            None => last.zero_lanes::<L>(),
        };
        (last, dot)
    }

    /// The lanes are cut too.
    #[inline]
    fn __grad_lanes_truncate<const M: u64, const L: usize>(
        &mut self,
        len: usize,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
        _: Option<&NoTangent>,
    ) -> ((), UnitTangent) {
        self.__grad_vec().truncate(len);
        if let Some(self_dot) = self_dot {
            self_dot.truncate(len);
        }
        ((), unit_tangent())
    }

    /// The lanes are cleared too.
    #[inline]
    fn __grad_lanes_clear<const M: u64, const L: usize>(
        &mut self,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
    ) -> ((), UnitTangent) {
        self.__grad_vec().clear();
        if let Some(self_dot) = self_dot {
            self_dot.clear();
        }
        ((), unit_tangent())
    }

    /// The lanes of the value go along.
    #[inline]
    fn __grad_lanes_insert<const M: u64, const L: usize>(
        &mut self,
        index: usize,
        value: T,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
        _: Option<&NoTangent>,
        value_dot: Dot<'_, T, L>,
    ) -> ((), UnitTangent) {
        if let Some(self_dot) = self_dot {
            self_dot.insert(index, lanes_or_zero::<T, L>(value_dot, &value));
        }
        self.__grad_vec().insert(index, value);
        ((), unit_tangent())
    }

    /// The lanes come out along.
    #[inline]
    fn __grad_lanes_remove<const M: u64, const L: usize>(
        &mut self,
        index: usize,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
        _: Option<&NoTangent>,
    ) -> (T, LanesOf<T, L>) {
        let removed = self.__grad_vec().remove(index);
        let dot = match self_dot {
            Some(self_dot) => self_dot.remove(index),
            None => removed.zero_lanes::<L>(),
        };
        (removed, dot)
    }

    /// The lanes come out along.
    #[inline]
    fn __grad_lanes_swap_remove<const M: u64, const L: usize>(
        &mut self,
        index: usize,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
        _: Option<&NoTangent>,
    ) -> (T, LanesOf<T, L>) {
        let removed = self.__grad_vec().swap_remove(index);
        let dot = match self_dot {
            Some(self_dot) => self_dot.swap_remove(index),
            None => removed.zero_lanes::<L>(),
        };
        (removed, dot)
    }

    /// The lanes are resized too.
    #[inline]
    fn __grad_lanes_resize<const M: u64, const L: usize>(
        &mut self,
        len: usize,
        value: T,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
        _: Option<&NoTangent>,
        value_dot: Dot<'_, T, L>,
    ) -> ((), UnitTangent)
    where
        T: Clone,
    {
        if let Some(self_dot) = self_dot {
            self_dot.resize(len, lanes_or_zero::<T, L>(value_dot, &value));
        }
        self.__grad_vec().resize(len, value);
        ((), unit_tangent())
    }

    /// The lanes are extended too.
    #[inline]
    fn __grad_lanes_extend_from_slice<const M: u64, const L: usize>(
        &mut self,
        other: &[T],
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
        other_dot: Dots<'_, T, L>,
    ) -> ((), UnitTangent)
    where
        T: Clone,
    {
        self.__grad_vec().extend_from_slice(other);
        if let Some(self_dot) = self_dot {
            self_dot.append(&mut all_or_zeros::<T, L>(other_dot, other));
        }
        ((), unit_tangent())
    }

    /// The lanes are appended too.
    #[inline]
    fn __grad_lanes_append<const M: u64, const L: usize>(
        &mut self,
        other: &mut Vec<T>,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
        other_dot: VecDot<'_, T, L>,
    ) -> ((), UnitTangent) {
        match (self_dot, other_dot) {
            (Some(self_dot), Some(other_dot)) => self_dot.append(other_dot),
            (Some(self_dot), None) => self_dot.append(&mut all_or_zeros::<T, L>(None, other)),
            (None, Some(other_dot)) => other_dot.clear(),
            (None, None) => {}
        }
        self.__grad_vec().append(other);
        ((), unit_tangent())
    }

    /// The lanes are split too.
    #[inline]
    fn __grad_lanes_split_off<const M: u64, const L: usize>(
        &mut self,
        at: usize,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: VecDot<'_, T, L>,
        _: Option<&NoTangent>,
    ) -> (Vec<T>, Vec<LanesOf<T, L>>) {
        let end = self.__grad_vec().split_off(at);
        let dot = match self_dot {
            Some(self_dot) => self_dot.split_off(at),
            None => all_or_zeros::<T, L>(None, &end),
        };
        (end, dot)
    }
}

impl<T: InLanes> VecLanes<T> for Vec<T> {}

macro_rules! moves {
    ($($(#[$doc:meta])* $name:ident: $method:ident($($index:ident: $skipped:ty),*);)*) => {$(
        $(#[$doc])*
        #[inline]
        fn $name<const M: u64, const L: usize>(
            &mut self,
            $($index: usize,)*
            _: Wrt<M>,
            _: Directions<L>,
            self_dot: DotsMut<'_, T, L>,
            $(_: Option<&$skipped>),*
        ) -> ((), UnitTangent) {
            self.__grad_slice().$method($($index),*);
            if let Some(self_dot) = self_dot {
                self_dot.$method($($index),*);
            }
            ((), unit_tangent())
        }
    )*};
}

macro_rules! copies {
    ($($(#[$doc:meta])* $name:ident: $method:ident for $bound:ident;)*) => {$(
        $(#[$doc])*
        #[inline]
        fn $name<const M: u64, const L: usize>(
            &mut self,
            source: &[T],
            _: Wrt<M>,
            _: Directions<L>,
            self_dot: DotsMut<'_, T, L>,
            source_dot: Dots<'_, T, L>,
        ) -> ((), UnitTangent)
        where
            T: $bound,
        {
            self.__grad_slice().$method(source);
            if let Some(self_dot) = self_dot {
                self_dot.clone_from_slice(&all_or_zeros::<T, L>(source_dot, source));
            }
            ((), unit_tangent())
        }
    )*};
}

/// The methods of slices.
pub trait SliceLanes<T: InLanes>: SliceRules<T> {
    moves! {
        /// The lanes are swapped too.
        __grad_lanes_swap: swap(a: NoTangent, b: NoTangent);
        /// The lanes are reversed too.
        __grad_lanes_reverse: reverse();
        /// The lanes go along.
        __grad_lanes_rotate_left: rotate_left(count: NoTangent);
        /// The lanes go along.
        __grad_lanes_rotate_right: rotate_right(count: NoTangent);
    }
    copies! {
        /// The lanes are copied over too.
        __grad_lanes_copy_from_slice: copy_from_slice for Copy;
        /// The lanes are copied over too.
        __grad_lanes_clone_from_slice: clone_from_slice for Clone;
    }

    /// Every entry gets the lanes of the value.
    #[inline]
    fn __grad_lanes_fill<const M: u64, const L: usize>(
        &mut self,
        value: T,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: DotsMut<'_, T, L>,
        value_dot: Dot<'_, T, L>,
    ) -> ((), UnitTangent)
    where
        T: Clone,
    {
        if let Some(self_dot) = self_dot {
            self_dot.fill(lanes_or_zero::<T, L>(value_dot, &value));
        }
        self.__grad_slice().fill(value);
        ((), unit_tangent())
    }

    /// The copy and its lanes.
    #[inline]
    fn __grad_lanes_to_vec<const M: u64, const L: usize>(
        &self,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: Dots<'_, T, L>,
    ) -> (Vec<T>, Vec<LanesOf<T, L>>)
    where
        T: Clone,
    {
        let slice = self.__grad_as_slice();
        (slice.to_vec(), all_or_zeros::<T, L>(self_dot, slice))
    }
}

impl<T: InLanes> SliceLanes<T> for [T] {}

/// What is read out of `Option` and `Result`.
pub trait ContentLanes<T: InLanes + Clone>: ContentRules<T> {
    /// The content and its lanes.
    #[inline]
    #[track_caller]
    fn __grad_lanes_unwrap<const M: u64, const L: usize>(
        &self,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: Option<&Option<LanesOf<T, L>>>,
    ) -> (T, LanesOf<T, L>)
    where
        Self: Unwrap<T>,
    {
        let content = self.__grad_unwrap();
        let dot = self_dot.and_then(Option::as_ref);
        (content.clone(), lanes_or_zero::<T, L>(dot, content))
    }

    /// The content and its lanes.
    #[inline]
    #[track_caller]
    fn __grad_lanes_expect<const M: u64, const L: usize>(
        &self,
        message: &str,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: Option<&Option<LanesOf<T, L>>>,
        _: Option<&NoTangent>,
    ) -> (T, LanesOf<T, L>)
    where
        Self: Unwrap<T>,
    {
        let content = self.__grad_expect(message);
        let dot = self_dot.and_then(Option::as_ref);
        (content.clone(), lanes_or_zero::<T, L>(dot, content))
    }

    /// The content or the default, and its lanes.
    #[inline]
    fn __grad_lanes_unwrap_or<const M: u64, const L: usize>(
        &self,
        default: T,
        _: Wrt<M>,
        _: Directions<L>,
        self_dot: Option<&Option<LanesOf<T, L>>>,
        default_dot: Dot<'_, T, L>,
    ) -> (T, LanesOf<T, L>) {
        let (value, dot) = match self.__grad_content() {
            Some(content) => (content.clone(), self_dot.and_then(Option::as_ref)),
            None => (default, default_dot),
        };
        let dot = lanes_or_zero::<T, L>(dot, &value);
        (value, dot)
    }
}

impl<T: InLanes + Clone, C: ContentRules<T> + ?Sized> ContentLanes<T> for C {}

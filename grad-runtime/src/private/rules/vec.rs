//! The rules of `Vec`'s methods.
//!
//! A method that moves entries about moves the cotangents back. What leaves the vector without
//! being returned takes its shape along, so its zero is kept where the vector is active: for floats
//! that is a number, or one allocation for many. Past 400 lines for the signatures, which make most
//! of each method.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::super::{Exclusive, Shared, TangentOf, UnitTangent, Wrt, unit_tangent};
use super::{Bar, Bars, IndexBar, VecBar, exclusive, sum_into, tangent_or_zero};
use crate::{Differentiable, NoTangent, Tangent};

/// The derivatives of the methods of `Vec`.
pub trait VecRules<T: Differentiable> {
    /// The vector.
    #[doc(hidden)]
    fn __grad_vec(&mut self) -> &mut Vec<T>;

    /// The copy; its cotangent is the vector's.
    #[inline]
    fn __grad_vjp_clone<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Self,
        impl FnOnce(Vec<TangentOf<T>>, &Self, Bars<'_, T>) + use<Self, T, M>,
    )
    where
        Self: Clone,
    {
        let pull = |y_bar: Vec<TangentOf<T>>, _: &Self, self_bar: Bars<'_, T>| {
            if let Some(self_bar) = self_bar {
                super::add(self_bar, &y_bar);
            }
        };
        (self.clone(), pull)
    }

    /// The copy and its tangent.
    #[inline]
    fn __grad_jvp_clone<const M: u64>(
        &self,
        _: Wrt<M>,
        self_dot: Option<&[TangentOf<T>]>,
    ) -> (Self, Vec<TangentOf<T>>)
    where
        Self: Clone + Differentiable<Tangent = Vec<TangentOf<T>>>,
    {
        let dot = self_dot.map_or_else(|| self.zero_tangent(), super::duplicates);
        (self.clone(), dot)
    }

    /// The receiver of `clone` again.
    #[inline]
    fn __grad_again_clone(&self) -> Shared<'_, Self> {
        Shared::new(self)
    }

    /// The last entry's cotangent is the value's.
    #[inline]
    fn __grad_vjp_push<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &T, VecBar<'_, T>, Bar<'_, T>) + use<Self, T, M>,
    ) {
        self.__grad_vec().push(value);
        let pull = |_: UnitTangent, (): (), _: &T, self_bar: VecBar<'_, T>, bar: Bar<'_, T>| {
            let last = self_bar.and_then(Vec::pop);
            sum_into(bar, last.iter());
        };
        ((), pull)
    }

    /// The tangent of the value goes along.
    #[inline]
    fn __grad_jvp_push<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        value_dot: Option<&TangentOf<T>>,
    ) -> ((), UnitTangent) {
        if let Some(self_dot) = self_dot {
            self_dot.push(tangent_or_zero(value_dot, &value));
        }
        self.__grad_vec().push(value);
        ((), unit_tangent())
    }

    /// The cotangent of what came off goes back on.
    #[inline]
    fn __grad_vjp_pop<const M: u64>(
        &mut self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, (), VecBar<'_, T>) + use<Self, T, M>,
    ) {
        let last = self.__grad_vec().pop();
        let zero = if M & 1 == 0 {
            None
        } else {
            last.zero_tangent()
        };
        let pull = |y_bar: Option<TangentOf<T>>, (): (), self_bar: VecBar<'_, T>| {
            if let Some(self_bar) = self_bar {
                // A `None` of the caller's for a value there is is a zero without its shape.
                self_bar.extend(zero.map(|zero| y_bar.unwrap_or(zero)));
            }
        };
        (last, pull)
    }

    /// The tangent comes off along.
    #[inline]
    fn __grad_jvp_pop<const M: u64>(
        &mut self,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        let last = self.__grad_vec().pop();
        let dot = match self_dot {
            Some(self_dot) => self_dot.pop(),
            None => last.zero_tangent(),
        };
        (last, dot)
    }

    /// The cotangents of what is cut off are zero.
    #[inline]
    fn __grad_vjp_truncate<const M: u64>(
        &mut self,
        len: usize,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &usize, VecBar<'_, T>, IndexBar<'_>) + use<Self, T, M>,
    ) {
        let vec = self.__grad_vec();
        let zeros = zeros_of::<M, T>(vec.get(len..));
        vec.truncate(len);
        let pull = |_: UnitTangent, (): (), _: &usize, self_bar: VecBar<'_, T>, _: IndexBar<'_>| {
            if let Some(self_bar) = self_bar {
                self_bar.extend(zeros);
            }
        };
        ((), pull)
    }

    /// The tangent is cut too.
    #[inline]
    fn __grad_jvp_truncate<const M: u64>(
        &mut self,
        len: usize,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        _: Option<&NoTangent>,
    ) -> ((), UnitTangent) {
        self.__grad_vec().truncate(len);
        if let Some(self_dot) = self_dot {
            self_dot.truncate(len);
        }
        ((), unit_tangent())
    }

    /// All cotangents are zero.
    #[inline]
    fn __grad_vjp_clear<const M: u64>(
        &mut self,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), VecBar<'_, T>) + use<Self, T, M>,
    ) {
        let vec = self.__grad_vec();
        let zeros = zeros_of::<M, T>(Some(vec));
        vec.clear();
        let pull = |_: UnitTangent, (): (), self_bar: VecBar<'_, T>| {
            if let Some(self_bar) = self_bar {
                *self_bar = zeros;
            }
        };
        ((), pull)
    }

    /// The tangent is cleared too.
    #[inline]
    fn __grad_jvp_clear<const M: u64>(
        &mut self,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
    ) -> ((), UnitTangent) {
        self.__grad_vec().clear();
        if let Some(self_dot) = self_dot {
            self_dot.clear();
        }
        ((), unit_tangent())
    }

    /// The cotangent of what was inserted is taken out.
    #[inline]
    #[track_caller]
    fn __grad_vjp_insert<const M: u64>(
        &mut self,
        index: usize,
        value: T,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &usize, &T, VecBar<'_, T>, IndexBar<'_>, Bar<'_, T>)
        + use<Self, T, M>,
    ) {
        self.__grad_vec().insert(index, value);
        let pull = |_: UnitTangent,
                    (): (),
                    index: &usize,
                    _: &T,
                    self_bar: VecBar<'_, T>,
                    _: IndexBar<'_>,
                    bar: Bar<'_, T>| {
            let inserted = self_bar.map(|self_bar| self_bar.remove(*index));
            sum_into(bar, inserted.iter());
        };
        ((), pull)
    }

    /// The tangent of the value goes along.
    #[inline]
    #[track_caller]
    fn __grad_jvp_insert<const M: u64>(
        &mut self,
        index: usize,
        value: T,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        _: Option<&NoTangent>,
        value_dot: Option<&TangentOf<T>>,
    ) -> ((), UnitTangent) {
        let dot = self_dot.map(|self_dot| (self_dot, tangent_or_zero(value_dot, &value)));
        self.__grad_vec().insert(index, value);
        if let Some((self_dot, dot)) = dot {
            self_dot.insert(index, dot);
        }
        ((), unit_tangent())
    }

    /// The cotangent of what was removed goes back in.
    #[inline]
    #[track_caller]
    fn __grad_vjp_remove<const M: u64>(
        &mut self,
        index: usize,
        _: Wrt<M>,
    ) -> (
        T,
        impl FnOnce(TangentOf<T>, (), &usize, VecBar<'_, T>, IndexBar<'_>) + use<Self, T, M>,
    ) {
        let removed = self.__grad_vec().remove(index);
        let pull = |y_bar: TangentOf<T>,
                    (): (),
                    index: &usize,
                    self_bar: VecBar<'_, T>,
                    _: IndexBar<'_>| {
            if let Some(self_bar) = self_bar {
                self_bar.insert(*index, y_bar);
            }
        };
        (removed, pull)
    }

    /// The tangent comes out along.
    #[inline]
    #[track_caller]
    fn __grad_jvp_remove<const M: u64>(
        &mut self,
        index: usize,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        _: Option<&NoTangent>,
    ) -> (T, TangentOf<T>) {
        let removed = self.__grad_vec().remove(index);
        let dot = match self_dot {
            Some(self_dot) => self_dot.remove(index),
            None => removed.zero_tangent(),
        };
        (removed, dot)
    }

    /// The cotangent of what was removed goes back in, that of what took its place to the end.
    #[inline]
    #[track_caller]
    fn __grad_vjp_swap_remove<const M: u64>(
        &mut self,
        index: usize,
        _: Wrt<M>,
    ) -> (
        T,
        impl FnOnce(TangentOf<T>, (), &usize, VecBar<'_, T>, IndexBar<'_>) + use<Self, T, M>,
    ) {
        let removed = self.__grad_vec().swap_remove(index);
        let pull = |y_bar: TangentOf<T>,
                    (): (),
                    index: &usize,
                    self_bar: VecBar<'_, T>,
                    _: IndexBar<'_>| {
            if let Some(self_bar) = self_bar {
                let last = self_bar.len();
                self_bar.push(y_bar);
                self_bar.swap(*index, last);
            }
        };
        (removed, pull)
    }

    /// The tangent comes out along.
    #[inline]
    #[track_caller]
    fn __grad_jvp_swap_remove<const M: u64>(
        &mut self,
        index: usize,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        _: Option<&NoTangent>,
    ) -> (T, TangentOf<T>) {
        let removed = self.__grad_vec().swap_remove(index);
        let dot = match self_dot {
            Some(self_dot) => self_dot.swap_remove(index),
            None => removed.zero_tangent(),
        };
        (removed, dot)
    }

    /// The value gets the sum of the cotangents of its copies; those of what is cut off are zero.
    #[inline]
    fn __grad_vjp_resize<const M: u64>(
        &mut self,
        len: usize,
        value: T,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &usize, &T, VecBar<'_, T>, IndexBar<'_>, Bar<'_, T>)
        + use<Self, T, M>,
    )
    where
        T: Clone,
    {
        let vec = self.__grad_vec();
        let before = vec.len();
        let zeros = zeros_of::<M, T>(vec.get(len..));
        vec.resize(len, value);
        let pull = move |_: UnitTangent,
                         (): (),
                         _: &usize,
                         _: &T,
                         self_bar: VecBar<'_, T>,
                         _: IndexBar<'_>,
                         bar: Bar<'_, T>| {
            if let Some(self_bar) = self_bar {
                sum_into(bar, self_bar.iter().skip(before));
                self_bar.truncate(before);
                self_bar.extend(zeros);
            }
        };
        ((), pull)
    }

    /// The tangent is resized too.
    #[inline]
    fn __grad_jvp_resize<const M: u64>(
        &mut self,
        len: usize,
        value: T,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        _: Option<&NoTangent>,
        value_dot: Option<&TangentOf<T>>,
    ) -> ((), UnitTangent)
    where
        T: Clone,
    {
        if let Some(self_dot) = self_dot {
            self_dot.resize_with(len, || tangent_or_zero(value_dot, &value));
        }
        self.__grad_vec().resize(len, value);
        ((), unit_tangent())
    }

    /// The slice gets the cotangents of the end.
    #[inline]
    fn __grad_vjp_extend_from_slice<const M: u64>(
        &mut self,
        other: &[T],
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &[T], VecBar<'_, T>, Bars<'_, T>) + use<Self, T, M>,
    )
    where
        T: Clone,
    {
        self.__grad_vec().extend_from_slice(other);
        let pull =
            |_: UnitTangent, (): (), other: &[T], self_bar: VecBar<'_, T>, bar: Bars<'_, T>| {
                if let Some(self_bar) = self_bar {
                    let before = self_bar.len() - other.len();
                    if let Some(bar) = bar {
                        super::add(bar, &self_bar[before..]);
                    }
                    self_bar.truncate(before);
                }
            };
        ((), pull)
    }

    /// The tangent is extended too.
    #[inline]
    fn __grad_jvp_extend_from_slice<const M: u64>(
        &mut self,
        other: &[T],
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        other_dot: Option<&[TangentOf<T>]>,
    ) -> ((), UnitTangent)
    where
        T: Clone,
    {
        self.__grad_vec().extend_from_slice(other);
        if let Some(self_dot) = self_dot {
            match other_dot {
                Some(dot) => self_dot.extend(dot.iter().map(Tangent::duplicate)),
                None => self_dot.extend(T::zero_tangents(other)),
            }
        }
        ((), unit_tangent())
    }

    /// The other vector gets back the cotangents of the end.
    #[inline]
    fn __grad_vjp_append<const M: u64>(
        &mut self,
        other: &mut Vec<T>,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), (), VecBar<'_, T>, VecBar<'_, T>) + use<Self, T, M>,
    ) {
        let count = other.len();
        let zeros = if M & 2 == 0 {
            Vec::new()
        } else {
            T::zero_tangents(other)
        };
        self.__grad_vec().append(other);
        let pull = move |_: UnitTangent,
                         (): (),
                         (): (),
                         self_bar: VecBar<'_, T>,
                         other_bar: VecBar<'_, T>| {
            let end = self_bar.map_or(zeros, |bar| bar.split_off(bar.len() - count));
            if let Some(other_bar) = other_bar {
                *other_bar = end;
            }
        };
        ((), pull)
    }

    /// The tangents are appended too.
    #[inline]
    fn __grad_jvp_append<const M: u64>(
        &mut self,
        other: &mut Vec<T>,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        other_dot: VecBar<'_, T>,
    ) -> ((), UnitTangent) {
        match (self_dot, other_dot) {
            (Some(self_dot), Some(other_dot)) => self_dot.append(other_dot),
            (Some(self_dot), None) => self_dot.extend(T::zero_tangents(other)),
            (None, Some(other_dot)) => other_dot.clear(),
            (None, None) => {}
        }
        self.__grad_vec().append(other);
        ((), unit_tangent())
    }

    /// The cotangent of what was split off goes back to the end.
    #[inline]
    #[track_caller]
    fn __grad_vjp_split_off<const M: u64>(
        &mut self,
        at: usize,
        _: Wrt<M>,
    ) -> (
        Vec<T>,
        impl FnOnce(Vec<TangentOf<T>>, (), &usize, VecBar<'_, T>, IndexBar<'_>) + use<Self, T, M>,
    ) {
        let end = self.__grad_vec().split_off(at);
        let pull = |mut y_bar: Vec<TangentOf<T>>,
                    (): (),
                    _: &usize,
                    self_bar: VecBar<'_, T>,
                    _: IndexBar<'_>| {
            if let Some(self_bar) = self_bar {
                self_bar.append(&mut y_bar);
            }
        };
        (end, pull)
    }

    /// The tangent is split too.
    #[inline]
    #[track_caller]
    fn __grad_jvp_split_off<const M: u64>(
        &mut self,
        at: usize,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        _: Option<&NoTangent>,
    ) -> (Vec<T>, Vec<TangentOf<T>>) {
        let end = self.__grad_vec().split_off(at);
        let dot = match self_dot {
            Some(self_dot) => self_dot.split_off(at),
            None => T::zero_tangents(&end),
        };
        (end, dot)
    }

    /// The cotangents of what is dropped are zero. `keep` is not differentiated.
    ///
    /// The pullback is boxed, so that it does not hold on to what the closure borrows.
    fn __grad_vjp_retain<const M: u64, F: FnMut(&T) -> bool>(
        &mut self,
        mut keep: F,
        _: Wrt<M>,
    ) -> (
        (),
        Box<dyn FnOnce(UnitTangent, (), (), VecBar<'_, T>, IndexBar<'_>)>,
    )
    where
        TangentOf<T>: 'static,
    {
        // For each entry, the zero of what was dropped.
        let mut dropped: Vec<Option<TangentOf<T>>> = Vec::new();
        self.__grad_vec().retain(|entry| {
            let kept = keep(entry);
            if M & 1 != 0 {
                dropped.push((!kept).then(|| entry.zero_tangent()));
            }
            kept
        });
        let pull = |_: UnitTangent, (): (), (): (), self_bar: VecBar<'_, T>, _: IndexBar<'_>| {
            if let Some(self_bar) = self_bar {
                let mut kept = core::mem::take(self_bar).into_iter();
                let both = dropped.into_iter();
                self_bar.extend(both.filter_map(|zero| zero.or_else(|| kept.next())));
            }
        };
        ((), Box::new(pull))
    }

    /// The tangents of what is dropped are dropped too.
    fn __grad_jvp_retain<const M: u64, F: FnMut(&T) -> bool>(
        &mut self,
        mut keep: F,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        _: Option<&NoTangent>,
    ) -> ((), UnitTangent) {
        let mut kept = Vec::new();
        self.__grad_vec().retain(|entry| {
            kept.push(keep(entry));
            kept.last() == Some(&true)
        });
        if let Some(self_dot) = self_dot {
            let mut kept = kept.into_iter();
            self_dot.retain(|_| kept.next() == Some(true));
        }
        ((), unit_tangent())
    }

    exclusive!(
        __grad_again_push,
        __grad_again_pop,
        __grad_again_truncate,
        __grad_again_clear,
        __grad_again_insert,
        __grad_again_remove,
        __grad_again_swap_remove,
        __grad_again_resize,
        __grad_again_extend_from_slice,
        __grad_again_append,
        __grad_again_split_off,
        __grad_again_retain,
    );
}

impl<T: Differentiable> VecRules<T> for Vec<T> {
    #[inline]
    fn __grad_vec(&mut self) -> &mut Vec<T> {
        self
    }
}

/// The zeros of what leaves an active vector.
#[inline]
fn zeros_of<const M: u64, T: Differentiable>(leaving: Option<&[T]>) -> Vec<TangentOf<T>> {
    match leaving {
        Some(leaving) if M & 1 != 0 => T::zero_tangents(leaving),
        _ => Vec::new(),
    }
}

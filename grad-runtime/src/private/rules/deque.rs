//! The rules of `VecDeque`'s two ends.

use alloc::collections::VecDeque;

use super::super::{Exclusive, TangentOf, UnitTangent, Wrt, unit_tangent};
use super::{Bar, exclusive, sum_into, tangent_or_zero};
use crate::Differentiable;

/// The cotangent of a queue that changes.
type DequeBar<'a, T> = Option<&'a mut VecDeque<TangentOf<T>>>;

/// The derivatives of the methods of `VecDeque`.
pub trait DequeRules<T: Differentiable> {
    /// The queue.
    #[doc(hidden)]
    fn __grad_deque(&mut self) -> &mut VecDeque<T>;

    /// The value gets the cotangent of the last entry.
    #[inline]
    fn __grad_vjp_push_back<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &T, DequeBar<'_, T>, Bar<'_, T>) + use<Self, T, M>,
    ) {
        self.__grad_deque().push_back(value);
        let pull = |_: UnitTangent, (): (), _: &T, self_bar: DequeBar<'_, T>, bar: Bar<'_, T>| {
            let pushed = self_bar.and_then(VecDeque::pop_back);
            sum_into(bar, pushed.iter());
        };
        ((), pull)
    }

    /// The tangent of the value goes along.
    #[inline]
    fn __grad_jvp_push_back<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
        self_dot: DequeBar<'_, T>,
        value_dot: Option<&TangentOf<T>>,
    ) -> ((), UnitTangent) {
        if let Some(self_dot) = self_dot {
            self_dot.push_back(tangent_or_zero(value_dot, &value));
        }
        self.__grad_deque().push_back(value);
        ((), unit_tangent())
    }

    /// The cotangent of what came off goes back on.
    #[inline]
    fn __grad_vjp_pop_back<const M: u64>(
        &mut self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, (), DequeBar<'_, T>) + use<Self, T, M>,
    ) {
        let popped = self.__grad_deque().pop_back();
        let zero = if M & 1 == 0 {
            None
        } else {
            popped.zero_tangent()
        };
        let pull = |y_bar: Option<TangentOf<T>>, (): (), self_bar: DequeBar<'_, T>| {
            if let (Some(self_bar), Some(zero)) = (self_bar, zero) {
                self_bar.push_back(y_bar.unwrap_or(zero));
            }
        };
        (popped, pull)
    }

    /// The tangent comes off along.
    #[inline]
    fn __grad_jvp_pop_back<const M: u64>(
        &mut self,
        _: Wrt<M>,
        self_dot: DequeBar<'_, T>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        let popped = self.__grad_deque().pop_back();
        let dot = match self_dot {
            Some(self_dot) => self_dot.pop_back(),
            None => popped.zero_tangent(),
        };
        (popped, dot)
    }

    /// The value gets the cotangent of the first entry.
    #[inline]
    fn __grad_vjp_push_front<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &T, DequeBar<'_, T>, Bar<'_, T>) + use<Self, T, M>,
    ) {
        self.__grad_deque().push_front(value);
        let pull = |_: UnitTangent, (): (), _: &T, self_bar: DequeBar<'_, T>, bar: Bar<'_, T>| {
            let pushed = self_bar.and_then(VecDeque::pop_front);
            sum_into(bar, pushed.iter());
        };
        ((), pull)
    }

    /// The tangent of the value goes along.
    #[inline]
    fn __grad_jvp_push_front<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
        self_dot: DequeBar<'_, T>,
        value_dot: Option<&TangentOf<T>>,
    ) -> ((), UnitTangent) {
        if let Some(self_dot) = self_dot {
            self_dot.push_front(tangent_or_zero(value_dot, &value));
        }
        self.__grad_deque().push_front(value);
        ((), unit_tangent())
    }

    /// The cotangent of what came off goes back on.
    #[inline]
    fn __grad_vjp_pop_front<const M: u64>(
        &mut self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, (), DequeBar<'_, T>) + use<Self, T, M>,
    ) {
        let popped = self.__grad_deque().pop_front();
        let zero = if M & 1 == 0 {
            None
        } else {
            popped.zero_tangent()
        };
        let pull = |y_bar: Option<TangentOf<T>>, (): (), self_bar: DequeBar<'_, T>| {
            if let (Some(self_bar), Some(zero)) = (self_bar, zero) {
                self_bar.push_front(y_bar.unwrap_or(zero));
            }
        };
        (popped, pull)
    }

    /// The tangent comes off along.
    #[inline]
    fn __grad_jvp_pop_front<const M: u64>(
        &mut self,
        _: Wrt<M>,
        self_dot: DequeBar<'_, T>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        let popped = self.__grad_deque().pop_front();
        let dot = match self_dot {
            Some(self_dot) => self_dot.pop_front(),
            None => popped.zero_tangent(),
        };
        (popped, dot)
    }

    exclusive!(
        __grad_again_push_back,
        __grad_again_pop_back,
        __grad_again_push_front,
        __grad_again_pop_front,
    );
}

impl<T: Differentiable> DequeRules<T> for VecDeque<T> {
    #[inline]
    fn __grad_deque(&mut self) -> &mut VecDeque<T> {
        self
    }
}

//! The rules of `VecDeque`'s two ends.

use alloc::collections::VecDeque;

use super::super::{Exclusive, TangentOf, UnitTangent, Wrt, unit_tangent};
use super::{Bar, exclusive, sum_into, tangent_or_zero};
use crate::Differentiable;

/// The cotangent of a queue that changes.
type DequeBar<'a, T> = Option<&'a mut VecDeque<TangentOf<T>>>;

/// The rules of one end: its `push` and its `pop`, with the names of theirs.
macro_rules! end {
    (
        $push:ident, $vjp_push:ident, $jvp_push:ident,
        $pop:ident, $vjp_pop:ident, $jvp_pop:ident
    ) => {
        /// The value gets the cotangent of the entry.
        #[inline]
        fn $vjp_push<const M: u64>(
            &mut self,
            value: T,
            _: Wrt<M>,
        ) -> (
            (),
            impl FnOnce(UnitTangent, (), &T, DequeBar<'_, T>, Bar<'_, T>) + use<Self, T, M>,
        ) {
            self.__grad_deque().$push(value);
            let pull =
                |_: UnitTangent, (): (), _: &T, self_bar: DequeBar<'_, T>, bar: Bar<'_, T>| {
                    let pushed = self_bar.and_then(VecDeque::$pop);
                    sum_into(bar, pushed.iter());
                };
            ((), pull)
        }

        /// The tangent of the value goes along.
        #[inline]
        fn $jvp_push<const M: u64>(
            &mut self,
            value: T,
            _: Wrt<M>,
            self_dot: DequeBar<'_, T>,
            value_dot: Option<&TangentOf<T>>,
        ) -> ((), UnitTangent) {
            if let Some(self_dot) = self_dot {
                self_dot.$push(tangent_or_zero(value_dot, &value));
            }
            self.__grad_deque().$push(value);
            ((), unit_tangent())
        }

        /// The cotangent of what came off goes back on.
        #[inline]
        fn $vjp_pop<const M: u64>(
            &mut self,
            _: Wrt<M>,
        ) -> (
            Option<T>,
            impl FnOnce(Option<TangentOf<T>>, (), DequeBar<'_, T>) + use<Self, T, M>,
        ) {
            let popped = self.__grad_deque().$pop();
            let zero = if M & 1 == 0 {
                None
            } else {
                popped.zero_tangent()
            };
            let pull = |y_bar: Option<TangentOf<T>>, (): (), self_bar: DequeBar<'_, T>| {
                if let (Some(self_bar), Some(zero)) = (self_bar, zero) {
                    self_bar.$push(y_bar.unwrap_or(zero));
                }
            };
            (popped, pull)
        }

        /// The tangent comes off along.
        #[inline]
        fn $jvp_pop<const M: u64>(
            &mut self,
            _: Wrt<M>,
            self_dot: DequeBar<'_, T>,
        ) -> (Option<T>, Option<TangentOf<T>>) {
            let popped = self.__grad_deque().$pop();
            let dot = match self_dot {
                Some(self_dot) => self_dot.$pop(),
                None => popped.zero_tangent(),
            };
            (popped, dot)
        }
    };
}

/// The derivatives of the methods of `VecDeque`.
pub trait DequeRules<T: Differentiable> {
    /// The queue.
    #[doc(hidden)]
    fn __grad_deque(&mut self) -> &mut VecDeque<T>;

    end!(
        push_back,
        __grad_vjp_push_back,
        __grad_jvp_push_back,
        pop_back,
        __grad_vjp_pop_back,
        __grad_jvp_pop_back
    );
    end!(
        push_front,
        __grad_vjp_push_front,
        __grad_jvp_push_front,
        pop_front,
        __grad_vjp_pop_front,
        __grad_jvp_pop_front
    );

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

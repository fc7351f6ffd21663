//! The rules of the methods of `Option` alone, and of an `Option` of a reference.

#![allow(
    clippy::ref_option_ref,
    reason = "a receiver is handed again by reference, whatever it is"
)]

use super::super::{Exclusive, Shared, TangentOf, UnitTangent, Wrt, unit_tangent};
use super::content::{OptionBar, OptionDot, content_dot};
use super::{Bar, IndexBar, exclusive, shared, tangent_or_zero};
use crate::{Differentiable, NoTangent, Tangent};

/// The derivatives of the methods of `Option` alone.
pub trait OptionRules<T: Differentiable> {
    /// The option.
    #[doc(hidden)]
    fn __grad_option(&mut self) -> &mut Option<T>;

    /// The place gets the cotangent of what was taken out.
    #[inline]
    fn __grad_vjp_take<const M: u64>(
        &mut self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, (), OptionBar<'_, T>) + use<Self, T, M>,
    ) {
        let taken = self.__grad_option().take();
        let zero = zero_of::<M, T>(taken.as_ref());
        let pull = |y_bar: Option<TangentOf<T>>, (): (), bar: OptionBar<'_, T>| {
            if let Some(bar) = bar {
                *bar = y_bar.or(zero);
            }
        };
        (taken, pull)
    }

    /// The tangent is taken out too.
    #[inline]
    fn __grad_jvp_take<const M: u64>(
        &mut self,
        _: Wrt<M>,
        self_dot: OptionBar<'_, T>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        let taken = self.__grad_option().take();
        let dot = self_dot.and_then(Option::take);
        let dot = dot.or_else(|| taken.zero_tangent());
        (taken, dot)
    }

    /// The value gets the cotangent of the place, the place that of what was there.
    #[inline]
    fn __grad_vjp_replace<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, (), &T, OptionBar<'_, T>, Bar<'_, T>) + use<Self, T, M>,
    ) {
        let old = self.__grad_option().replace(value);
        let zero = zero_of::<M, T>(old.as_ref());
        let pull = |y_bar: Option<TangentOf<T>>,
                    (): (),
                    _: &T,
                    self_bar: OptionBar<'_, T>,
                    bar: Bar<'_, T>| {
            if let Some(self_bar) = self_bar {
                super::sum_into(bar, self_bar.iter());
                *self_bar = y_bar.or(zero);
            }
        };
        (old, pull)
    }

    /// The tangent is replaced too.
    #[inline]
    fn __grad_jvp_replace<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
        self_dot: OptionBar<'_, T>,
        value_dot: Option<&TangentOf<T>>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        let old_dot = self_dot.and_then(|dot| dot.replace(tangent_or_zero(value_dot, &value)));
        let old = self.__grad_option().replace(value);
        let old_dot = old_dot.or_else(|| old.zero_tangent());
        (old, old_dot)
    }

    /// The value gets the cotangent of the place. The reference to the content is not handed out:
    /// what is written through it would be unseen.
    #[inline]
    fn __grad_vjp_insert<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &T, OptionBar<'_, T>, Bar<'_, T>) + use<Self, T, M>,
    ) {
        let old = self.__grad_option().replace(value);
        let zero = zero_of::<M, T>(old.as_ref());
        let pull = |_: UnitTangent, (): (), _: &T, self_bar: OptionBar<'_, T>, bar: Bar<'_, T>| {
            if let Some(self_bar) = self_bar {
                super::sum_into(bar, self_bar.iter());
                *self_bar = zero;
            }
        };
        ((), pull)
    }

    /// The tangent is inserted too.
    #[inline]
    fn __grad_jvp_insert<const M: u64>(
        &mut self,
        value: T,
        _: Wrt<M>,
        self_dot: OptionBar<'_, T>,
        value_dot: Option<&TangentOf<T>>,
    ) -> ((), UnitTangent) {
        if let Some(self_dot) = self_dot {
            *self_dot = Some(tangent_or_zero(value_dot, &value));
        }
        *self.__grad_option() = Some(value);
        ((), unit_tangent())
    }

    exclusive!(__grad_again_take, __grad_again_replace, __grad_again_insert,);
}

impl<T: Differentiable> OptionRules<T> for Option<T> {
    #[inline]
    fn __grad_option(&mut self) -> &mut Option<T> {
        self
    }
}

/// The derivatives of the methods that make an option a result. They copy the content, because the
/// pullback is handed the option again.
pub trait OkRules<T: Differentiable + Clone> {
    /// The option.
    #[doc(hidden)]
    fn __grad_as_option(&self) -> Option<&T>;

    /// The option gets the cotangent: both tangents are `Option`s.
    #[inline]
    fn __grad_vjp_ok_or<const M: u64, E>(
        &self,
        error: E,
        _: Wrt<M>,
    ) -> (
        Result<T, E>,
        impl FnOnce(Option<TangentOf<T>>, &Self, &E, OptionBar<'_, T>, IndexBar<'_>)
        + use<Self, T, E, M>,
    ) {
        let pull = |y_bar: Option<TangentOf<T>>,
                    _: &Self,
                    _: &E,
                    bar: OptionBar<'_, T>,
                    _: IndexBar<'_>| {
            if let Some(bar) = bar {
                bar.accumulate(&y_bar);
            }
        };
        (self.__grad_as_option().cloned().ok_or(error), pull)
    }

    /// The result and its tangent.
    #[inline]
    fn __grad_jvp_ok_or<const M: u64, E>(
        &self,
        error: E,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
        _: Option<&NoTangent>,
    ) -> (Result<T, E>, Option<TangentOf<T>>) {
        let content = self.__grad_as_option();
        let dot = content.map(|x| content_dot(self_dot, x));
        (content.cloned().ok_or(error), dot)
    }

    shared!(__grad_again_ok_or);
}

impl<T: Differentiable + Clone> OkRules<T> for Option<T> {
    #[inline]
    fn __grad_as_option(&self) -> Option<&T> {
        self.as_ref()
    }
}

/// The zero of what leaves an active place.
#[inline]
fn zero_of<const M: u64, T: Differentiable>(leaving: Option<&T>) -> Option<TangentOf<T>> {
    leaving.filter(|_| M & 1 != 0).map(T::zero_tangent)
}

/// A method that copies what an option refers to.
macro_rules! copying {
    ($($(#[$doc:meta])* $Rules:ident: $method:ident for $bound:ident: $vjp:ident, $jvp:ident, $again:ident;)*) => {$(
        $(#[$doc])*
        pub trait $Rules<T: Differentiable> {
            /// The option gets the cotangent: the tangent of a reference is that of its target.
            fn $vjp<const M: u64>(
                &self,
                wrt: Wrt<M>,
            ) -> (
                Option<T>,
                impl FnOnce(Option<TangentOf<T>>, &Self, OptionBar<'_, T>) + use<Self, T, M>,
            );

            /// The copy and its tangent.
            fn $jvp<const M: u64>(
                &self,
                wrt: Wrt<M>,
                self_dot: OptionDot<'_, T>,
            ) -> (Option<T>, Option<TangentOf<T>>);

            shared!($again);
        }

        impl<T: Differentiable + $bound> $Rules<T> for Option<&T> {
            #[inline]
            fn $vjp<const M: u64>(
                &self,
                _: Wrt<M>,
            ) -> (
                Option<T>,
                // Of any lifetime: nothing stays borrowed.
                impl FnOnce(Option<TangentOf<T>>, &Option<&T>, OptionBar<'_, T>) + use<T, M>,
            ) {
                let pull = |y_bar: Option<TangentOf<T>>, _: &Option<&T>, bar: OptionBar<'_, T>| {
                    if let Some(bar) = bar {
                        bar.accumulate(&y_bar);
                    }
                };
                (self.$method(), pull)
            }

            #[inline]
            fn $jvp<const M: u64>(
                &self,
                _: Wrt<M>,
                self_dot: OptionDot<'_, T>,
            ) -> (Option<T>, Option<TangentOf<T>>) {
                let content = self.$method();
                let dot = content.as_ref().map(|x| content_dot(self_dot, x));
                (content, dot)
            }
        }
    )*};
}

copying! {
    /// The derivative of `copied` of an `Option` of a reference.
    CopiedRules: copied for Copy: __grad_vjp_copied, __grad_jvp_copied, __grad_again_copied;
    /// The derivative of `cloned` of an `Option` of a reference.
    ClonedRules: cloned for Clone: __grad_vjp_cloned, __grad_jvp_cloned, __grad_again_cloned;
}

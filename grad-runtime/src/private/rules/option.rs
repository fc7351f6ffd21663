//! The rules of `Option`'s and `Result`'s methods, and the way into their tangents.
//!
//! The tangent of both is an `Option` of the content's: `Some` where there is a content. `None` for
//! a content there is stands for a zero whose shape nobody has said.

use core::fmt::Debug;

use super::super::{Exclusive, Shared, TangentOf, UnitTangent, Wrt, unit_tangent};
use super::{Bar, IndexBar, exclusive, shared, tangent_or_zero};
use crate::{Differentiable, NoTangent, Tangent};

/// Where the cotangent of an option or a result goes.
type OptionBar<'a, T> = Option<&'a mut Option<TangentOf<T>>>;
/// The tangent of an option or a result that is read.
type OptionDot<'a, T> = Option<&'a Option<TangentOf<T>>>;

/// The fields of the tangents of `Option` and `Result`, as the accessors of a derived enum's.
#[allow(non_snake_case, reason = "named after the variants")]
pub trait OptionFields<T> {
    /// The tangent of the content.
    fn __grad_ref_Some_0(&self) -> &T;
    /// The tangent of the content.
    fn __grad_mut_Some_0(&mut self) -> &mut T;
    /// The tangent of the content.
    fn __grad_ref_Ok_0(&self) -> &T;
    /// The tangent of the content.
    fn __grad_mut_Ok_0(&mut self) -> &mut T;
}

const EMPTY: &str =
    "the tangent of an `Option` or a `Result` is `None` where the value has a content";

impl<T> OptionFields<T> for Option<T> {
    #[inline]
    fn __grad_ref_Some_0(&self) -> &T {
        self.as_ref().expect(EMPTY)
    }
    #[inline]
    fn __grad_mut_Some_0(&mut self) -> &mut T {
        self.as_mut().expect(EMPTY)
    }
    #[inline]
    fn __grad_ref_Ok_0(&self) -> &T {
        self.as_ref().expect(EMPTY)
    }
    #[inline]
    fn __grad_mut_Ok_0(&mut self) -> &mut T {
        self.as_mut().expect(EMPTY)
    }
}

/// `bar += y_bar` in the content.
#[inline]
fn into_content<T: Differentiable>(bar: OptionBar<'_, T>, y_bar: TangentOf<T>) {
    match bar {
        Some(Some(bar)) => bar.accumulate(&y_bar),
        Some(empty) => *empty = Some(y_bar),
        None => {}
    }
}

/// The tangent of the content.
#[inline]
fn content_dot<T: Differentiable>(dot: OptionDot<'_, T>, content: &T) -> TangentOf<T> {
    tangent_or_zero(dot.and_then(Option::as_ref), content)
}

/// What panics without a content, with the message of the type's own.
pub trait Unwrap<T> {
    /// The content.
    fn __grad_unwrap(self) -> T;
    /// The content.
    fn __grad_expect(self, message: &str) -> T;
}

impl<T> Unwrap<T> for Option<T> {
    #[inline]
    #[track_caller]
    fn __grad_unwrap(self) -> T {
        self.unwrap()
    }
    #[inline]
    #[track_caller]
    fn __grad_expect(self, message: &str) -> T {
        self.expect(message)
    }
}

impl<T, E: Debug> Unwrap<T> for Result<T, E> {
    #[inline]
    #[track_caller]
    fn __grad_unwrap(self) -> T {
        self.unwrap()
    }
    #[inline]
    #[track_caller]
    fn __grad_expect(self, message: &str) -> T {
        self.expect(message)
    }
}

/// The derivatives of the methods that `Option` and `Result` share.
pub trait ContentRules<T: Differentiable>: Sized {
    /// The content.
    #[doc(hidden)]
    fn __grad_into_content(self) -> Option<T>;

    /// Whether there is a content.
    #[doc(hidden)]
    fn __grad_has_content(&self) -> bool;

    /// The content gets the cotangent.
    #[inline]
    #[track_caller]
    fn __grad_vjp_unwrap<const M: u64>(
        self,
        _: Wrt<M>,
    ) -> (
        T,
        impl FnOnce(TangentOf<T>, &Self, OptionBar<'_, T>) + use<Self, T, M>,
    )
    where
        Self: Unwrap<T>,
    {
        let pull = |y_bar: TangentOf<T>, _: &Self, bar: OptionBar<'_, T>| {
            into_content::<T>(bar, y_bar);
        };
        (self.__grad_unwrap(), pull)
    }

    /// The content and its tangent.
    #[inline]
    #[track_caller]
    fn __grad_jvp_unwrap<const M: u64>(
        self,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
    ) -> (T, TangentOf<T>)
    where
        Self: Unwrap<T>,
    {
        let content = self.__grad_unwrap();
        let dot = content_dot(self_dot, &content);
        (content, dot)
    }

    /// The content gets the cotangent.
    #[inline]
    #[track_caller]
    fn __grad_vjp_expect<const M: u64>(
        self,
        message: &str,
        _: Wrt<M>,
    ) -> (
        T,
        impl FnOnce(TangentOf<T>, &Self, &str, OptionBar<'_, T>, IndexBar<'_>) + use<Self, T, M>,
    )
    where
        Self: Unwrap<T>,
    {
        let pull =
            |y_bar: TangentOf<T>, _: &Self, _: &str, bar: OptionBar<'_, T>, _: IndexBar<'_>| {
                into_content::<T>(bar, y_bar)
            };
        (self.__grad_expect(message), pull)
    }

    /// The content and its tangent.
    #[inline]
    #[track_caller]
    fn __grad_jvp_expect<const M: u64>(
        self,
        message: &str,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
        _: Option<&NoTangent>,
    ) -> (T, TangentOf<T>)
    where
        Self: Unwrap<T>,
    {
        let content = self.__grad_expect(message);
        let dot = content_dot(self_dot, &content);
        (content, dot)
    }

    /// The content gets the cotangent, or the default does.
    #[inline]
    fn __grad_vjp_unwrap_or<const M: u64>(
        self,
        default: T,
        _: Wrt<M>,
    ) -> (
        T,
        impl FnOnce(TangentOf<T>, &Self, &T, OptionBar<'_, T>, Bar<'_, T>) + use<Self, T, M>,
    ) {
        let pull = |y_bar: TangentOf<T>,
                    this: &Self,
                    _: &T,
                    bar: OptionBar<'_, T>,
                    default_bar: Bar<'_, T>| {
            if this.__grad_has_content() {
                into_content::<T>(bar, y_bar);
            } else if let Some(default_bar) = default_bar {
                default_bar.accumulate(&y_bar);
            }
        };
        (self.__grad_into_content().unwrap_or(default), pull)
    }

    /// The content or the default, and its tangent.
    #[inline]
    fn __grad_jvp_unwrap_or<const M: u64>(
        self,
        default: T,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
        default_dot: Option<&TangentOf<T>>,
    ) -> (T, TangentOf<T>) {
        let (value, dot) = match self.__grad_into_content() {
            Some(content) => (content, self_dot.and_then(Option::as_ref)),
            None => (default, default_dot),
        };
        let dot = tangent_or_zero(dot, &value);
        (value, dot)
    }

    /// The content gets the cotangent, if there is one.
    #[inline]
    fn __grad_vjp_unwrap_or_default<const M: u64>(
        self,
        _: Wrt<M>,
    ) -> (
        T,
        impl FnOnce(TangentOf<T>, &Self, OptionBar<'_, T>) + use<Self, T, M>,
    )
    where
        T: Default,
    {
        let pull = |y_bar: TangentOf<T>, this: &Self, bar: OptionBar<'_, T>| {
            if this.__grad_has_content() {
                into_content::<T>(bar, y_bar);
            }
        };
        (self.__grad_into_content().unwrap_or_default(), pull)
    }

    /// The content and its tangent, or the default and zero.
    #[inline]
    fn __grad_jvp_unwrap_or_default<const M: u64>(
        self,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
    ) -> (T, TangentOf<T>)
    where
        T: Default,
    {
        let content = self.__grad_into_content();
        let self_dot = self_dot.filter(|_| content.is_some());
        let value = content.unwrap_or_default();
        let dot = content_dot(self_dot, &value);
        (value, dot)
    }

    shared!(
        __grad_again_unwrap,
        __grad_again_expect,
        __grad_again_unwrap_or,
        __grad_again_unwrap_or_default,
    );
}

impl<T: Differentiable> ContentRules<T> for Option<T> {
    #[inline]
    fn __grad_into_content(self) -> Option<T> {
        self
    }
    #[inline]
    fn __grad_has_content(&self) -> bool {
        self.is_some()
    }
}

impl<T: Differentiable, E> ContentRules<T> for Result<T, E> {
    #[inline]
    fn __grad_into_content(self) -> Option<T> {
        self.ok()
    }
    #[inline]
    fn __grad_has_content(&self) -> bool {
        self.is_ok()
    }
}

/// The derivative of `Result::ok`.
pub trait ResultRules<T: Differentiable>: Sized {
    /// The content; both tangents are `Option`s already.
    fn __grad_vjp_ok<const M: u64>(
        self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, &Self, OptionBar<'_, T>) + use<Self, T, M>,
    );

    /// The content and its tangent.
    fn __grad_jvp_ok<const M: u64>(
        self,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
    ) -> (Option<T>, Option<TangentOf<T>>);

    shared!(__grad_again_ok);
}

impl<T: Differentiable, E> ResultRules<T> for Result<T, E> {
    #[inline]
    fn __grad_vjp_ok<const M: u64>(
        self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, &Self, OptionBar<'_, T>) + use<T, E, M>,
    ) {
        let pull = |y_bar: Option<TangentOf<T>>, _: &Self, bar: OptionBar<'_, T>| {
            if let Some(bar) = bar {
                bar.accumulate(&y_bar);
            }
        };
        (self.ok(), pull)
    }

    #[inline]
    fn __grad_jvp_ok<const M: u64>(
        self,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        let content = self.ok();
        let dot = content.as_ref().map(|x| content_dot(self_dot, x));
        (content, dot)
    }
}

/// The derivatives of the methods of `Option` alone.
pub trait OptionRules<T: Differentiable>: Sized {
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
        let zero = zero_of::<M, T>(&taken);
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
        let zero = zero_of::<M, T>(&old);
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
        let zero = zero_of::<M, T>(&old);
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

    /// The option gets the cotangent: both tangents are `Option`s.
    #[inline]
    fn __grad_vjp_ok_or<const M: u64, E>(
        mut self,
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
        (self.__grad_option().take().ok_or(error), pull)
    }

    /// The result and its tangent.
    #[inline]
    fn __grad_jvp_ok_or<const M: u64, E>(
        mut self,
        error: E,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
        _: Option<&NoTangent>,
    ) -> (Result<T, E>, Option<TangentOf<T>>) {
        let content = self.__grad_option().take();
        let dot = content.as_ref().map(|x| content_dot(self_dot, x));
        (content.ok_or(error), dot)
    }

    exclusive!(__grad_again_take, __grad_again_replace, __grad_again_insert,);
    shared!(__grad_again_ok_or);
}

impl<T: Differentiable> OptionRules<T> for Option<T> {
    #[inline]
    fn __grad_option(&mut self) -> &mut Option<T> {
        self
    }
}

/// The zero of what leaves an active place.
#[inline]
fn zero_of<const M: u64, T: Differentiable>(leaving: &Option<T>) -> Option<TangentOf<T>> {
    if M & 1 == 0 {
        None
    } else {
        leaving.zero_tangent()
    }
}

/// A method that copies what an option refers to.
macro_rules! copying {
    ($($(#[$doc:meta])* $Rules:ident: $method:ident for $bound:ident: $vjp:ident, $jvp:ident, $again:ident;)*) => {$(
        $(#[$doc])*
        pub trait $Rules<T: Differentiable>: Sized {
            /// The option gets the cotangent: the tangent of a reference is that of its target.
            fn $vjp<const M: u64>(
                self,
                wrt: Wrt<M>,
            ) -> (
                Option<T>,
                impl FnOnce(Option<TangentOf<T>>, &Self, OptionBar<'_, T>) + use<Self, T, M>,
            );

            /// The copy and its tangent.
            fn $jvp<const M: u64>(
                self,
                wrt: Wrt<M>,
                self_dot: OptionDot<'_, T>,
            ) -> (Option<T>, Option<TangentOf<T>>);

            shared!($again);
        }

        impl<T: Differentiable + $bound> $Rules<T> for Option<&T> {
            #[inline]
            fn $vjp<const M: u64>(
                self,
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
                self,
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

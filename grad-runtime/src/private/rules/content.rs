//! The rules that `Option` and `Result` share, and the way into their tangents.
//!
//! The tangent of both is an `Option` of the content's: `Some` where there is a content. `None` for
//! a content there is stands for a zero whose shape nobody has said.

use core::fmt::Debug;

use super::super::{Shared, TangentOf, Wrt};
use super::{Bar, IndexBar, shared, tangent_or_zero};
use crate::{Differentiable, NoTangent, Tangent};

/// Where the cotangent of an option or a result goes.
pub(super) type OptionBar<'a, T> = Option<&'a mut Option<TangentOf<T>>>;
/// The tangent of an option or a result that is read.
pub(super) type OptionDot<'a, T> = Option<&'a Option<TangentOf<T>>>;

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
pub(super) fn content_dot<T: Differentiable>(dot: OptionDot<'_, T>, content: &T) -> TangentOf<T> {
    tangent_or_zero(dot.and_then(Option::as_ref), content)
}

/// What panics without a content, with the message of the type's own.
pub trait Unwrap<T> {
    /// The content.
    fn __grad_unwrap(&self) -> &T;
    /// The content.
    fn __grad_expect(&self, message: &str) -> &T;
}

macro_rules! unwraps {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<T, $($generics)*> Unwrap<T> for $ty {
            #[inline]
            #[track_caller]
            fn __grad_unwrap(&self) -> &T {
                self.as_ref().unwrap()
            }
            #[inline]
            #[track_caller]
            fn __grad_expect(&self, message: &str) -> &T {
                self.as_ref().expect(message)
            }
        }
    )*};
}

unwraps! {
    [] Option<T>;
    [E: Debug] Result<T, E>;
}

/// The derivatives of the methods that `Option` and `Result` share. They copy the content, because
/// the pullback is handed the receiver again; an error need not be `Clone`.
pub trait ContentRules<T: Differentiable + Clone> {
    /// The content.
    #[doc(hidden)]
    fn __grad_content(&self) -> Option<&T>;

    /// The content gets the cotangent.
    #[inline]
    #[track_caller]
    fn __grad_vjp_unwrap<const M: u64>(
        &self,
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
        (self.__grad_unwrap().clone(), pull)
    }

    /// The content and its tangent.
    #[inline]
    #[track_caller]
    fn __grad_jvp_unwrap<const M: u64>(
        &self,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
    ) -> (T, TangentOf<T>)
    where
        Self: Unwrap<T>,
    {
        let content = self.__grad_unwrap();
        (content.clone(), content_dot(self_dot, content))
    }

    /// The content gets the cotangent.
    #[inline]
    #[track_caller]
    fn __grad_vjp_expect<const M: u64>(
        &self,
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
        (self.__grad_expect(message).clone(), pull)
    }

    /// The content and its tangent.
    #[inline]
    #[track_caller]
    fn __grad_jvp_expect<const M: u64>(
        &self,
        message: &str,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
        _: Option<&NoTangent>,
    ) -> (T, TangentOf<T>)
    where
        Self: Unwrap<T>,
    {
        let content = self.__grad_expect(message);
        (content.clone(), content_dot(self_dot, content))
    }

    /// The content gets the cotangent, or the default does.
    #[inline]
    fn __grad_vjp_unwrap_or<const M: u64>(
        &self,
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
            if this.__grad_content().is_some() {
                into_content::<T>(bar, y_bar);
            } else if let Some(default_bar) = default_bar {
                default_bar.accumulate(&y_bar);
            }
        };
        (self.__grad_content().cloned().unwrap_or(default), pull)
    }

    /// The content or the default, and its tangent.
    #[inline]
    fn __grad_jvp_unwrap_or<const M: u64>(
        &self,
        default: T,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
        default_dot: Option<&TangentOf<T>>,
    ) -> (T, TangentOf<T>) {
        let (value, dot) = match self.__grad_content() {
            Some(content) => (content.clone(), self_dot.and_then(Option::as_ref)),
            None => (default, default_dot),
        };
        let dot = tangent_or_zero(dot, &value);
        (value, dot)
    }

    /// The content gets the cotangent, if there is one.
    #[inline]
    fn __grad_vjp_unwrap_or_default<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        T,
        impl FnOnce(TangentOf<T>, &Self, OptionBar<'_, T>) + use<Self, T, M>,
    )
    where
        T: Default,
    {
        let pull = |y_bar: TangentOf<T>, this: &Self, bar: OptionBar<'_, T>| {
            if this.__grad_content().is_some() {
                into_content::<T>(bar, y_bar);
            }
        };
        (self.__grad_content().cloned().unwrap_or_default(), pull)
    }

    /// The content and its tangent, or the default and zero.
    #[inline]
    fn __grad_jvp_unwrap_or_default<const M: u64>(
        &self,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
    ) -> (T, TangentOf<T>)
    where
        T: Default,
    {
        let content = self.__grad_content();
        let self_dot = self_dot.filter(|_| content.is_some());
        let value = content.cloned().unwrap_or_default();
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

impl<T: Differentiable + Clone> ContentRules<T> for Option<T> {
    #[inline]
    fn __grad_content(&self) -> Option<&T> {
        self.as_ref()
    }
}

impl<T: Differentiable + Clone, E> ContentRules<T> for Result<T, E> {
    #[inline]
    fn __grad_content(&self) -> Option<&T> {
        self.as_ref().ok()
    }
}

/// The derivative of `Result::ok`.
pub trait ResultRules<T: Differentiable> {
    /// The content; both tangents are `Option`s already.
    fn __grad_vjp_ok<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, &Self, OptionBar<'_, T>) + use<Self, T, M>,
    );

    /// The content and its tangent.
    fn __grad_jvp_ok<const M: u64>(
        &self,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
    ) -> (Option<T>, Option<TangentOf<T>>);

    shared!(__grad_again_ok);
}

impl<T: Differentiable + Clone, E> ResultRules<T> for Result<T, E> {
    #[inline]
    fn __grad_vjp_ok<const M: u64>(
        &self,
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
        (self.as_ref().ok().cloned(), pull)
    }

    #[inline]
    fn __grad_jvp_ok<const M: u64>(
        &self,
        _: Wrt<M>,
        self_dot: OptionDot<'_, T>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        let content = self.as_ref().ok();
        let dot = content.map(|x| content_dot(self_dot, x));
        (content.cloned(), dot)
    }
}

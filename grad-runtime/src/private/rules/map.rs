//! The rules of `map` of `Option`, `Result` and arrays, for a receiver of which the macro does not know whether
//! it is one: a type of the user's may have a method of this name.
//!
//! They take the function in the form of the mode, and copy the content, because the pullback is
//! handed the receiver again.

use super::super::Shared;
use super::super::{TangentOf, Vec, Wrt};
use super::content::{OptionBar, OptionDot};
use super::{Bar, IndexBar, shared};
use crate::{Differentiable, NoTangent};

macro_rules! map_rules {
    ($($(#[$doc:meta])* $Rules:ident<T $(, $E:ident)?> for $Type:ty => $Mapped:ty, $content:expr, $split:expr;)*) => {$(
        $(#[$doc])*
        pub trait $Rules<T: Differentiable + Clone $(, $E: Clone)?>: Sized {
            /// The receiver.
            #[doc(hidden)]
            fn __grad_mapped(&self) -> &$Type;

            /// The content gets what the pullback of the function gives for it.
            #[inline]
            fn __grad_vjp_map<const M: u64, U: Differentiable, F, P>(
                &self,
                f: F,
                _: Wrt<M>,
            ) -> (
                $Mapped,
                impl FnOnce(Option<TangentOf<U>>, &Self, (), OptionBar<'_, T>, IndexBar<'_>)
                + use<M, Self, T, $($E,)? U, F, P>,
            )
            where
                F: Fn(T) -> (U, P) + Clone,
                P: FnOnce(TangentOf<U>, &T, Bar<'_, T>),
            {
                let (value, pull) = $split(self.__grad_mapped().clone().map(f));
                let pull = move |y_bar: Option<TangentOf<U>>,
                                 this: &Self,
                                 (): (),
                                 bar: OptionBar<'_, T>,
                                 _: IndexBar<'_>| {
                    let content = $content(this.__grad_mapped());
                    if let (Some(pull), Some(y_bar), Some(x)) = (pull, y_bar, content) {
                        let bar = bar.map(|bar| bar.get_or_insert_with(|| x.zero_tangent()));
                        pull(y_bar, x, bar);
                    }
                };
                (value, pull)
            }

            /// The function gives the tangent of what it makes of the content.
            #[inline]
            fn __grad_jvp_map<const M: u64, U: Differentiable, F>(
                &self,
                f: F,
                _: Wrt<M>,
                self_dot: OptionDot<'_, T>,
                _: Option<&NoTangent>,
            ) -> ($Mapped, Option<TangentOf<U>>)
            where
                F: Fn(T, Option<&TangentOf<T>>) -> (U, TangentOf<U>),
            {
                let dot = self_dot.and_then(Option::as_ref);
                $split(self.__grad_mapped().clone().map(|x| f(x, dot)))
            }

            shared!(__grad_again_map);
        }

        impl<T: Differentiable + Clone $(, $E: Clone)?> $Rules<T $(, $E)?> for $Type {
            #[inline]
            fn __grad_mapped(&self) -> &Self {
                self
            }
        }
    )*};
}

map_rules! {
    /// The derivative of `Option::map`.
    OptionMapRules<T> for Option<T> => Option<U>, Option::as_ref, Option::unzip;
    /// The derivative of `Result::map`.
    ResultMapRules<T, E> for Result<T, E> => Result<U, E>, result_content, split;
}

/// The derivative of `map` of an array, whose type has a name of the user's.
pub trait ArrayMapRules<T: Differentiable + Clone, const N: usize>: Sized {
    /// The receiver.
    #[doc(hidden)]
    fn __grad_mapped(&self) -> &[T; N];

    /// Each entry gets what the pullback of the function gives for it.
    #[inline]
    fn __grad_vjp_map<const M: u64, U: Differentiable, F, P>(
        &self,
        f: F,
        _: Wrt<M>,
    ) -> (
        [U; N],
        impl FnOnce([TangentOf<U>; N], &Self, (), Option<&mut [TangentOf<T>; N]>, IndexBar<'_>)
        + use<M, Self, T, N, U, F, P>,
    )
    where
        F: Fn(T) -> (U, P) + Clone,
        P: FnOnce(TangentOf<U>, &T, Bar<'_, T>),
    {
        let mut pulls = Vec::with_capacity(N);
        let values = self.__grad_mapped().clone().map(|x| {
            let (value, pull) = f(x);
            pulls.push(pull);
            value
        });
        let pull = move |y_bar: [TangentOf<U>; N],
                         this: &Self,
                         (): (),
                         mut bars: Option<&mut [TangentOf<T>; N]>,
                         _: IndexBar<'_>| {
            // From the last entry to the first, as the reverse of a loop.
            let entries = pulls.into_iter().zip(y_bar).zip(this.__grad_mapped());
            for (k, ((pull, y_bar), x)) in entries.enumerate().rev() {
                pull(y_bar, x, bars.as_deref_mut().map(|bars| &mut bars[k]));
            }
        };
        (values, pull)
    }

    /// The function gives the tangent of what it makes of each entry.
    #[inline]
    fn __grad_jvp_map<const M: u64, U: Differentiable, F>(
        &self,
        f: F,
        _: Wrt<M>,
        self_dot: Option<&[TangentOf<T>; N]>,
        _: Option<&NoTangent>,
    ) -> ([U; N], [TangentOf<U>; N])
    where
        F: Fn(T, Option<&TangentOf<T>>) -> (U, TangentOf<U>),
    {
        let mut k = 0;
        let mut dots = Vec::with_capacity(N);
        let values = self.__grad_mapped().clone().map(|x| {
            let (value, dot) = f(x, self_dot.map(|dots| &dots[k]));
            dots.push(dot);
            k += 1;
            value
        });
        let mut dots = dots.into_iter();
        let dots = core::array::from_fn(|_| dots.next().expect("one tangent for each entry"));
        (values, dots)
    }

    shared!(__grad_again_map);
}

impl<T: Differentiable + Clone, const N: usize> ArrayMapRules<T, N> for [T; N] {
    #[inline]
    fn __grad_mapped(&self) -> &Self {
        self
    }
}

fn result_content<T, E>(result: &Result<T, E>) -> Option<&T> {
    result.as_ref().ok()
}

fn split<T, P, E>(result: Result<(T, P), E>) -> (Result<T, E>, Option<P>) {
    match result {
        Ok((value, part)) => (Ok(value), Some(part)),
        Err(error) => (Err(error), None),
    }
}

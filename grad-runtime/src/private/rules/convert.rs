//! The rule of `From`, and that of `into` which follows from it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::super::{Shared, TangentOf, Wrt};
use super::Bars;
use crate::{Differentiable, NoTangent, Tangent};

/// The derivative of `Self::from(x)`.
#[diagnostic::on_unimplemented(
    message = "the conversion of `{T}` into `{Self}` has no derivative",
    note = "put `#[differentiate]` on the `impl` of `From`"
)]
pub trait FromRule<T>: From<T> + Differentiable {
    /// The source's type behind `&`.
    type Base: ?Sized;
    /// What the source's cotangent is added into.
    type Bar: ?Sized;

    /// The value and its pullback.
    fn __grad_vjp_from<const M: u64>(
        x: T,
        wrt: Wrt<M>,
    ) -> (
        Self,
        impl FnOnce(TangentOf<Self>, &Self::Base, Option<&mut Self::Bar>) + use<Self, T, M>,
    )
    where
        Self: Sized;

    /// The value and its tangent.
    fn __grad_jvp_from<const M: u64>(
        x: T,
        wrt: Wrt<M>,
        x_dot: Option<&Self::Bar>,
    ) -> (Self, TangentOf<Self>)
    where
        Self: Sized;
}

/// The derivative of `x.into()`.
pub trait IntoRule: Sized {
    /// The value and its pullback.
    #[inline]
    fn __grad_vjp_into<const M: u64, U: FromRule<Self>>(
        self,
        wrt: Wrt<M>,
    ) -> (
        U,
        impl FnOnce(TangentOf<U>, &U::Base, Option<&mut U::Bar>) + use<Self, U, M>,
    ) {
        U::__grad_vjp_from(self, wrt)
    }

    /// The value and its tangent.
    #[inline]
    fn __grad_jvp_into<const M: u64, U: FromRule<Self>>(
        self,
        wrt: Wrt<M>,
        x_dot: Option<&U::Bar>,
    ) -> (U, TangentOf<U>) {
        U::__grad_jvp_from(self, wrt, x_dot)
    }

    /// The source again.
    #[inline]
    fn __grad_again_into(&self) -> Shared<'_, Self> {
        Shared::new(self)
    }
}

impl<T> IntoRule for T {}

/// From integers, which have no derivative.
macro_rules! from_integers {
    ($($to:ty: $($from:ty)*;)*) => {$($(
        impl FromRule<$from> for $to {
            type Base = $from;
            type Bar = NoTangent;

            #[inline]
            fn __grad_vjp_from<const M: u64>(
                x: $from,
                _: Wrt<M>,
            ) -> ($to, impl FnOnce($to, &$from, Option<&mut NoTangent>) + use<M>) {
                (<$to>::from(x), |_, _: &$from, _: Option<&mut NoTangent>| {})
            }

            #[inline]
            fn __grad_jvp_from<const M: u64>(
                x: $from,
                _: Wrt<M>,
                _: Option<&NoTangent>,
            ) -> ($to, $to) {
                (<$to>::from(x), 0.0)
            }
        }
    )*)*};
}

from_integers! {
    f32: u8 i8 u16 i16 bool;
    f64: u8 i8 u16 i16 u32 i32 bool;
}

/// From floats of the same width or a smaller one.
macro_rules! from_floats {
    ($($to:ty: $($from:ty)*;)*) => {$($(
        impl FromRule<$from> for $to {
            type Base = $from;
            type Bar = $from;

            #[inline]
            fn __grad_vjp_from<const M: u64>(
                x: $from,
                _: Wrt<M>,
            ) -> ($to, impl FnOnce($to, &$from, Option<&mut $from>) + use<M>) {
                (<$to>::from(x), |bar, _: &$from, x_bar: Option<&mut $from>| {
                    if let Some(x_bar) = x_bar {
                        #[allow(clippy::cast_possible_truncation, reason = "the cotangent is as wide as x")]
                        let bar = bar as $from;
                        *x_bar += bar;
                    }
                })
            }

            #[inline]
            fn __grad_jvp_from<const M: u64>(
                x: $from,
                _: Wrt<M>,
                x_dot: Option<&$from>,
            ) -> ($to, $to) {
                (<$to>::from(x), x_dot.map_or(0.0, |dot| <$to>::from(*dot)))
            }
        }
    )*)*};
}

from_floats! {
    f32: f32;
    f64: f32 f64;
}

/// From a vector: the entries are the same.
impl<T: Differentiable> FromRule<Vec<T>> for VecDeque<T> {
    type Base = Vec<T>;
    type Bar = [TangentOf<T>];

    #[inline]
    fn __grad_vjp_from<const M: u64>(
        x: Vec<T>,
        _: Wrt<M>,
    ) -> (
        VecDeque<T>,
        impl FnOnce(TangentOf<Self>, &Vec<T>, Bars<'_, T>) + use<T, M>,
    ) {
        let pull = |bar: TangentOf<Self>, _: &Vec<T>, x_bar: Bars<'_, T>| {
            if let Some(x_bar) = x_bar {
                for (to, from) in x_bar.iter_mut().zip(&bar) {
                    to.accumulate(from);
                }
            }
        };
        (VecDeque::from(x), pull)
    }

    #[inline]
    fn __grad_jvp_from<const M: u64>(
        x: Vec<T>,
        _: Wrt<M>,
        x_dot: Option<&[TangentOf<T>]>,
    ) -> (VecDeque<T>, TangentOf<Self>) {
        let dot = match x_dot {
            Some(dot) => dot.iter().map(Tangent::duplicate).collect(),
            None => x.iter().map(T::zero_tangent).collect(),
        };
        (VecDeque::from(x), dot)
    }
}

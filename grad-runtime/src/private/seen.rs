//! Inputs of closures whose types the source does not say: `|p| p[0] * p[1]` may be handed a slice,
//! an array or a vector, and a reference to either.
//!
//! A pullback is handed `&Base` again and a place for the cotangent, whose types follow from the
//! input's. Generated code writes `(&&&Seen(&p)).input()`: the compiler looks for the method on fewer
//! references first, so that [`SeenElements`] is taken where there are elements, else
//! [`SeenReference`] for a reference, else [`SeenValue`].

use alloc::vec::Vec;
use core::borrow::{Borrow, BorrowMut};
use core::marker::PhantomData;

use super::TangentOf;
use crate::Differentiable;

/// An input of a closure.
#[derive(Debug)]
pub struct Seen<'a, T: ?Sized>(pub &'a T);

/// The base type of an input, and the type of the place of its cotangent.
#[derive(Debug)]
pub struct Input<T: ?Sized, B: ?Sized>(PhantomData<fn() -> (*const T, *const B)>);

impl<T: ?Sized, B: ?Sized> Clone for Input<T, B> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized, B: ?Sized> Copy for Input<T, B> {}

impl<T: Differentiable<Tangent: BorrowMut<B>> + ?Sized, B: ?Sized> Input<T, B> {
    /// The input as a pullback is handed it again.
    #[inline]
    #[must_use]
    pub fn again(self, input: &T) -> &T {
        input
    }

    /// The place of the cotangent, or a zero one that nobody reads.
    #[inline]
    pub fn or_zero<'a>(
        self,
        bar: Option<&'a mut B>,
        like: &T,
        absent: &'a mut Option<TangentOf<T>>,
    ) -> &'a mut B {
        match bar {
            Some(bar) => bar,
            None => absent.insert(like.zero_tangent()).borrow_mut(),
        }
    }
}

macro_rules! seen {
    ($(#[$doc:meta])* $name:ident: $([$($generics:tt)*] $seen:ty, $base:ty, $bar:ty, $place:expr;)*) => {
        $(#[$doc])*
        pub trait $name {
            /// What the pullback is handed, behind a reference.
            type Base: Differentiable + ?Sized;
            /// The place of its cotangent.
            type Bar: ?Sized;
            /// The type of the input.
            fn input(&self) -> Input<Self::Base, Self::Bar>;
            /// The tangent of the input, or zero.
            fn dot<'d>(
                &self,
                dot: Option<&'d Self::Bar>,
                absent: &'d mut Option<TangentOf<Self::Base>>,
            ) -> &'d Self::Bar;
        }

        $(impl<$($generics)*> $name for $seen {
            type Base = $base;
            type Bar = $bar;
            #[inline]
            fn input(&self) -> Input<$base, $bar> {
                Input(PhantomData)
            }
            #[inline]
            fn dot<'d>(
                &self,
                dot: Option<&'d $bar>,
                absent: &'d mut Option<TangentOf<$base>>,
            ) -> &'d $bar {
                let place: fn(&Self) -> &$base = $place;
                match dot {
                    Some(dot) => dot,
                    None => (*absent.insert(place(self).zero_tangent())).borrow(),
                }
            }
        })*
    };
}

seen! {
    /// An input with elements: the cotangent is that of a slice.
    SeenElements:
    [E: Differentiable] &&Seen<'_, &[E]>, [E], [TangentOf<E>], |seen| seen.0;
    [E: Differentiable] &&Seen<'_, &Vec<E>>, Vec<E>, [TangentOf<E>], |seen| seen.0;
    [E: Differentiable] &&Seen<'_, Vec<E>>, Vec<E>, [TangentOf<E>], |seen| seen.0;
}

seen! {
    /// An input that is a reference.
    SeenReference:
    [T: Differentiable + ?Sized] &Seen<'_, &T>, T, TangentOf<T>, |seen| seen.0;
}

seen! {
    /// An input that is a value.
    SeenValue:
    [T: Differentiable] Seen<'_, T>, T, TangentOf<T>, |seen| seen.0;
}

//! Arguments that are variables of a mutable reference's type, handed to a callee that may take a
//! shared one: `norm(x)` where `x: &mut [f64]`.
//!
//! The caller knows neither, but the compiler knows the type of the pullback: it wants `&Base` of what
//! is taken by shared reference, and `()` of what is taken mutably. So the caller writes
//!
//! ```text
//! let kept = keep_argument(|| copy of x);      // only where x changes before the reverse sweep
//! let (y, pull) = norm::vjp(x, ..);
//! pull(y_bar, kept_argument(&kept), ..)        // else handed_argument(&x)
//! ```
//!
//! and what is expected of the last two says, by its type, whether the copy is made at all.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::borrow::Borrow;

/// How a callee takes an argument.
pub trait Way {
    /// What is kept of the argument, of which `O` is a copy.
    type Kept<O>;
    /// Keeps it.
    fn keep<O>(copy: impl FnOnce() -> O) -> Self::Kept<O>;
}

/// By shared reference: its pullback is handed the content.
#[derive(Clone, Copy, Debug)]
pub struct Read;

/// By mutable reference: the callee keeps what it needs.
#[derive(Clone, Copy, Debug)]
pub struct Written;

impl Way for Read {
    type Kept<O> = O;
    #[inline]
    fn keep<O>(copy: impl FnOnce() -> O) -> O {
        copy()
    }
}

impl Way for Written {
    type Kept<O> = ();
    #[inline]
    fn keep<O>(_copy: impl FnOnce() -> O) {}
}

/// What is kept of an argument until its pullback runs.
#[derive(Debug)]
pub struct KeptArgument<W: Way, O>(W::Kept<O>);

impl<W: Way, O> Clone for KeptArgument<W, O>
where
    W::Kept<O>: Clone,
{
    fn clone(&self) -> Self {
        KeptArgument(self.0.clone())
    }
}

/// Keeps an argument, if its pullback will want it.
#[inline]
pub fn keep_argument<W: Way, O>(copy: impl FnOnce() -> O) -> KeptArgument<W, O> {
    KeptArgument(W::keep(copy))
}

/// What a pullback wants of an argument of which `O` is kept.
pub trait FromKept<'a, O>: Sized {
    /// How the callee took it.
    type Way: Way;
    /// It, again.
    fn from_kept(kept: &'a KeptArgument<Self::Way, O>) -> Self;
}

impl<'a, T: ?Sized, O: Borrow<T>> FromKept<'a, O> for &'a T {
    type Way = Read;
    #[inline]
    fn from_kept(kept: &'a KeptArgument<Read, O>) -> Self {
        kept.0.borrow()
    }
}

impl<O> FromKept<'_, O> for () {
    type Way = Written;
    #[inline]
    fn from_kept(_kept: &KeptArgument<Written, O>) {}
}

/// An argument that was kept, as its pullback wants it.
#[inline]
pub fn kept_argument<'a, A: FromKept<'a, O>, O>(kept: &'a KeptArgument<A::Way, O>) -> A {
    A::from_kept(kept)
}

/// What a pullback wants of an argument whose place still holds what it held.
pub trait FromPlace<'a, P: ?Sized>: Sized {
    /// It, again.
    fn from_place(place: &'a P) -> Self;
}

impl<P: ?Sized> FromPlace<'_, P> for () {
    #[inline]
    fn from_place(_place: &P) {}
}

impl<'a, P: ?Sized> FromPlace<'a, P> for &'a P {
    #[inline]
    fn from_place(place: &'a P) -> Self {
        place
    }
}

impl<'a, T> FromPlace<'a, Vec<T>> for &'a [T] {
    #[inline]
    fn from_place(place: &'a Vec<T>) -> Self {
        place
    }
}

impl<'a, T, const N: usize> FromPlace<'a, [T; N]> for &'a [T] {
    #[inline]
    fn from_place(place: &'a [T; N]) -> Self {
        place
    }
}

impl<'a, T> FromPlace<'a, Box<T>> for &'a T {
    #[inline]
    fn from_place(place: &'a Box<T>) -> Self {
        place
    }
}

/// An argument whose place still holds what it held, as its pullback wants it.
#[inline]
pub fn handed_argument<'a, A: FromPlace<'a, P>, P: ?Sized>(place: &'a P) -> A {
    A::from_place(place)
}

/// What forward mode wants of the tangent of an argument.
pub trait FromDot<'a, D: ?Sized>: Sized {
    /// The tangent, to be read or changed.
    fn from_dot(dot: &'a mut D) -> Self;
}

macro_rules! from_dot {
    ($([$($generics:tt)*] $from:ty => $to:ty;)*) => {$(
        impl<'a, $($generics)*> FromDot<'a, $from> for &'a $to {
            #[inline]
            fn from_dot(dot: &'a mut $from) -> Self {
                dot
            }
        }

        impl<'a, $($generics)*> FromDot<'a, $from> for &'a mut $to {
            #[inline]
            fn from_dot(dot: &'a mut $from) -> Self {
                dot
            }
        }
    )*};
}
from_dot! {
    [D: ?Sized] D => D;
    [T] Vec<T> => [T];
    [T, const N: usize] [T; N] => [T];
    [T] Box<T> => T;
}

/// The tangent of an argument, as forward mode wants it.
#[inline]
pub fn handed_dot<'a, A: FromDot<'a, D>, D: ?Sized>(dot: &'a mut D) -> Option<A> {
    Some(A::from_dot(dot))
}

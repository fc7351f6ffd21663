//! How a receiver is handed to a pullback again, whose passing the caller does not know.
//!
//! Every differentiated method `m` has a sibling `__grad_again_m(&self)`. It answers [`Shared`] where
//! `m` takes `self` or `&self`: its pullback wants `&Base`. It answers [`Exclusive`] where `m` takes
//! `&mut self`: the content changes, the callee keeps what it needs, and its pullback wants `()`.
//!
//! Where the receiver's place still holds its value in the reverse sweep, the caller passes
//! `place.__grad_again_m().give()`. Else it keeps `let kept = place.__grad_again_m().keep()` before
//! the call and passes `kept.again()`, by [`Again`].

use core::borrow::Borrow;

use super::CopyOf;

/// The receiver of a method that only reads it.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a, T: ?Sized>(&'a T);

impl<'a, T: ?Sized> Shared<'a, T> {
    /// A receiver to be handed again.
    #[inline]
    #[must_use]
    pub const fn new(receiver: &'a T) -> Self {
        Shared(receiver)
    }

    /// The place itself.
    #[inline]
    #[must_use]
    pub const fn give(self) -> &'a T {
        self.0
    }

    /// The receiver's tangent as its forward mode wants it: read only.
    #[inline]
    #[must_use]
    pub fn dot<D: ?Sized>(self, dot: &mut D) -> Option<&D> {
        Some(dot)
    }

    /// A copy, for a place that changes before the reverse sweep.
    #[inline]
    #[must_use]
    pub fn keep(self) -> Kept<T>
    where
        T: CopyOf,
    {
        Kept(self.0.copy_of())
    }
}

/// The receiver of a method that changes it.
#[derive(Clone, Copy, Debug)]
pub struct Exclusive;

impl Exclusive {
    /// Nothing: the callee keeps what it needs.
    #[inline]
    pub const fn give(self) {}

    /// The receiver's tangent as its forward mode wants it: changed along.
    #[inline]
    #[must_use]
    pub const fn dot<D: ?Sized>(self, dot: &mut D) -> Option<&mut D> {
        Some(dot)
    }

    /// Nothing to keep.
    #[inline]
    #[must_use]
    pub const fn keep(self) -> NotKept {
        NotKept
    }
}

/// A copy of a receiver, owned: a `Vec` for a slice.
#[derive(Clone, Copy, Debug)]
pub struct Kept<T: CopyOf + ?Sized>(T::Owned);

/// What is kept of a receiver that its callee keeps itself.
#[derive(Clone, Copy, Debug)]
pub struct NotKept;

/// What was kept of a receiver, as its pullback wants it.
pub trait Again {
    /// `&Base`, or `()`.
    type Ref<'a>
    where
        Self: 'a;

    /// The receiver again.
    fn again(&self) -> Self::Ref<'_>;
}

impl<T: CopyOf + ?Sized> Again for Kept<T> {
    type Ref<'a>
        = &'a T
    where
        T: 'a,
        T::Owned: 'a;

    #[inline]
    fn again(&self) -> &T {
        self.0.borrow()
    }
}

impl Again for NotKept {
    type Ref<'a> = ();

    #[inline]
    fn again(&self) {}
}

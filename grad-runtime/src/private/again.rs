//! How a receiver is handed to a pullback again, whose passing the caller does not know.
//!
//! Every differentiated method `m` has a sibling `__grad_again_m(&self)`. It answers [`Shared`] where
//! `m` takes `self` or `&self`: its pullback wants `&Base`. It answers [`Exclusive`] where `m` takes
//! `&mut self`: the content changes, the callee keeps what it needs, and its pullback wants `()`.
//!
//! Where the receiver's place still holds its value in the reverse sweep, the caller passes
//! `place.__grad_again_m().give()`. Else it keeps `let kept = (&&place.__grad_again_m().keeper()).keep()` before
//! the call and passes `kept.again()`, by [`Again`].

use alloc::vec::Vec;
use core::borrow::Borrow;
use core::marker::PhantomData;

use super::CopyOf;
use crate::replica::Replica;

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

    /// How its forward mode wants the receiver's tangent, without the receiver.
    #[inline]
    #[must_use]
    pub const fn mode(self) -> Read {
        Read
    }

    /// What is to be kept of it: `(&&receiver.keeper()).keep()` copies, by [`KeepReplica`] where the
    /// type is [`Replica`], else by [`KeepClone`].
    #[inline]
    #[must_use]
    pub const fn keeper(self) -> Keeper<Self> {
        Keeper(self)
    }
}

/// The tangent of a receiver is read only.
#[derive(Clone, Copy, Debug)]
pub struct Read;

impl Read {
    /// The receiver's tangent as its forward mode wants it. Handed to the method as it stands, the
    /// compiler looks through a `Box` for what the method wants.
    #[inline]
    #[must_use]
    pub fn dot<D: ?Sized>(self, dot: &mut D) -> Option<&D> {
        Some(dot)
    }
}

/// A receiver that changes before the reverse sweep.
#[derive(Clone, Copy, Debug)]
pub struct Keeper<S>(S);

/// Keeps what is [`Replica`], or nothing where nothing is needed.
pub trait KeepReplica {
    /// What is kept.
    type Kept: Again;
    /// A copy.
    fn keep(&self) -> Self::Kept;
}

impl<T: Replica> KeepReplica for &Keeper<Shared<'_, T>> {
    type Kept = Kept<T, T>;
    #[inline]
    fn keep(&self) -> Kept<T, T> {
        Kept::new(self.0.0.replica())
    }
}

impl<T: Replica> KeepReplica for &Keeper<Shared<'_, [T]>> {
    type Kept = Kept<[T], Vec<T>>;
    #[inline]
    fn keep(&self) -> Kept<[T], Vec<T>> {
        Kept::new(self.0.0.iter().map(T::replica).collect())
    }
}

impl KeepReplica for &Keeper<Exclusive> {
    type Kept = NotKept;
    #[inline]
    fn keep(&self) -> NotKept {
        NotKept
    }
}

/// Keeps what is `Clone`.
pub trait KeepClone {
    /// What is kept.
    type Kept: Again;
    /// A copy.
    fn keep(&self) -> Self::Kept;
}

impl<T: CopyOf + ?Sized> KeepClone for Keeper<Shared<'_, T>> {
    type Kept = Kept<T, T::Owned>;
    #[inline]
    fn keep(&self) -> Kept<T, T::Owned> {
        Kept::new(self.0.0.copy_of())
    }
}

/// The receiver of a method that changes it.
#[derive(Clone, Copy, Debug)]
pub struct Exclusive;

impl Exclusive {
    /// Nothing: the callee keeps what it needs.
    #[inline]
    pub const fn give(self) {}

    /// How its forward mode wants the receiver's tangent.
    #[inline]
    #[must_use]
    pub const fn mode(self) -> Self {
        self
    }

    /// The receiver's tangent as its forward mode wants it: changed along.
    #[inline]
    #[must_use]
    pub const fn dot<D: ?Sized>(self, dot: &mut D) -> Option<&mut D> {
        Some(dot)
    }

    /// Nothing is kept of it.
    #[inline]
    #[must_use]
    pub const fn keeper(self) -> Keeper<Self> {
        Keeper(self)
    }
}

/// A copy of a receiver of type `T`, owned: a `Vec` for a slice.
#[derive(Clone, Copy, Debug)]
pub struct Kept<T: ?Sized, O>(O, PhantomData<fn(&T)>);

impl<T: ?Sized, O> Kept<T, O> {
    const fn new(owned: O) -> Self {
        Kept(owned, PhantomData)
    }
}

impl<T: ?Sized, O: Replica> Replica for Kept<T, O> {
    #[inline]
    fn replica(&self) -> Self {
        Kept::new(self.0.replica())
    }
}

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

impl<T: ?Sized, O: Borrow<T>> Again for Kept<T, O> {
    type Ref<'a>
        = &'a T
    where
        T: 'a,
        O: 'a;

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

//! What a closure captures, when it is passed to a differentiated function.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{RefCell, RefMut};

use core::marker::PhantomData;

use super::{AccumulateFrom, TangentOf};
use crate::{Differentiable, Tangent};

/// The cotangent of something captured, which the pullbacks of all calls of the closure add into.
#[derive(Debug)]
pub struct Gathered<T>(Rc<RefCell<T>>);

impl<T> Gathered<T> {
    /// Starts at a zero.
    #[inline]
    pub fn of(zero: T) -> Self {
        Gathered(Rc::new(RefCell::new(zero)))
    }

    /// Where to add.
    ///
    /// # Panics
    ///
    /// If a pullback of the closure runs inside another, which generated code never lets happen.
    #[inline]
    #[must_use]
    pub fn place(&self) -> RefMut<'_, T> {
        self.0.borrow_mut()
    }

    /// Adds what was gathered into a place.
    #[inline]
    pub fn give_to<D: AccumulateFrom<T> + ?Sized>(&self, place: &mut D) {
        place.accumulate_from(&self.0.borrow());
    }
}

impl<T> Clone for Gathered<T> {
    #[inline]
    fn clone(&self) -> Self {
        Gathered(Rc::clone(&self.0))
    }
}

/// A tangent that can be owned: a `Vec` of a slice.
pub trait OwnedDot {
    /// The owned form.
    type Owned;
    /// A copy.
    fn owned(&self) -> Self::Owned;
}

impl<T: Tangent> OwnedDot for T {
    type Owned = T;
    #[inline]
    fn owned(&self) -> T {
        self.duplicate()
    }
}

impl<T: Tangent> OwnedDot for [T] {
    type Owned = Vec<T>;
    #[inline]
    fn owned(&self) -> Vec<T> {
        self.iter().map(T::duplicate).collect()
    }
}

/// A copy of the tangent, if there is one.
#[inline]
pub fn owned_dot<T: OwnedDot + ?Sized>(tangent: Option<&T>) -> Option<T::Owned> {
    tangent.map(T::owned)
}

/// The type of a value that the macro cannot name.
#[derive(Debug)]
pub struct Witness<T: ?Sized>(PhantomData<fn() -> *const T>);

impl<T: ?Sized> Clone for Witness<T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Witness<T> {}

/// The type of the value.
#[inline]
#[must_use]
pub fn witness<T: ?Sized>(_: &T) -> Witness<T> {
    Witness(PhantomData)
}

/// Says to the compiler what type is meant.
#[inline]
pub fn of_type<T: ?Sized>(_: Witness<T>, x: &T) -> &T {
    x
}

/// Says to the compiler what tangent is meant.
#[inline]
pub fn tangent_of<T: Differentiable + ?Sized>(_: Witness<T>, x: TangentOf<T>) -> TangentOf<T> {
    x
}

//! What a closure captures, when it is passed to a differentiated function.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{RefCell, RefMut};

use core::marker::PhantomData;

use super::{AccumulateFrom, TangentOf};
use crate::{Differentiable, Tangent};

/// What all calls of a closure share: the cotangent of something captured, which their pullbacks add
/// into, or the content of a variable that they change.
#[derive(Debug)]
pub struct Gathered<T>(Rc<RefCell<T>>);

impl<T> Gathered<T> {
    /// Starts at a zero, or at the content of the variable.
    #[inline]
    pub fn of(zero: T) -> Self {
        Gathered(Rc::new(RefCell::new(zero)))
    }

    /// Where to add, or what to change.
    ///
    /// # Panics
    ///
    /// If a call of the closure runs inside another, or a pullback of it, which generated code never lets
    /// happen.
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

/// What the content of a place can be exchanged for.
pub trait Exchange<T: ?Sized> {
    /// Exchanges them.
    fn exchange(&mut self, place: &mut T);
}

impl<T> Exchange<T> for T {
    #[inline]
    fn exchange(&mut self, place: &mut T) {
        core::mem::swap(self, place);
    }
}

impl<T> Exchange<[T]> for Vec<T> {
    #[inline]
    fn exchange(&mut self, place: &mut [T]) {
        self.swap_with_slice(place);
    }
}

/// Exchanges what is shared for the content of the variable: before a call of the function that is given
/// the closure or behind it.
#[inline]
pub fn exchange<S: Exchange<T>, T: ?Sized>(shared: &mut S, place: &mut T) {
    shared.exchange(place);
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

/// The cotangent or tangent of a variable that a closure changes.
///
/// # Panics
///
/// If there is none, which generated code never lets happen: whoever calls the closure holds one.
#[inline]
#[must_use]
pub fn shared_bar<T: Differentiable>(
    _: Witness<T>,
    bar: Option<&mut TangentOf<T>>,
) -> &mut TangentOf<T> {
    bar.expect("a closure that changes a variable holds its tangent")
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

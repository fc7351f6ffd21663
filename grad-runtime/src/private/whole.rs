//! Methods of traits that slices implement.
//!
//! A trait may have objects, so what is generated beside its methods is for receivers whose size is
//! known (`where Self: Sized`), and a slice cannot be one. So an implementation for `[E]` is written
//! once more, for [`Whole<E>`], which stands for a slice: it has a size and no lifetime, and no other
//! type means by it what a slice does.
//!
//! Whether a method that is called on a vector or an array is that of the vector or that of the slice
//! only rustc knows. It tells: a body has a trait in scope with the names `__grad_again_m` of the methods
//! it calls, for references to sequences ([`Slices`]). Of `(&&Standing(&place)).standing()`, which is
//! `&place` unless the place is a slice itself, a method of the type comes before that of its
//! reference, and that before those of what it is dereferenced to. So the answer is [`Shared`] or
//! [`Exclusive`] where the type has the method itself, and [`LentSlice`] where its slice has.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use super::{Exclusive, Read, Shared};
use crate::replica::Replica;

/// A slice, as a type with a size. Shared references to it stand for shared slices that are lent, and
/// mutable ones for copies.
pub struct Whole<E>(Held<E>);

enum Held<E> {
    /// Somebody else's slice. Such a value is only ever in a [`LentSlice`], which gives shared references
    /// that live no longer than the slice is borrowed.
    Lent(NonNull<[E]>),
    /// A copy.
    Own(Vec<E>),
}

// SAFETY: a `Whole` is a vector or a shared slice, and gives out no more than these: `&E` and, of its own
// vector, `&mut E` and `E`. A thread that has it may read what is lent, so `E` is `Sync` too.
#[allow(unsafe_code)]
unsafe impl<E: Send + Sync> Send for Whole<E> {}

// SAFETY: through `&Whole` there are only `&E`.
#[allow(unsafe_code)]
unsafe impl<E: Sync> Sync for Whole<E> {}

impl<E> Deref for Whole<E> {
    type Target = [E];

    #[inline]
    #[allow(unsafe_code)]
    fn deref(&self) -> &[E] {
        match &self.0 {
            // SAFETY: the pointer is that of a `&'a [E]`, made in `LentSlice::<'a, E>::new`. The value is
            // in a field of that `LentSlice`, which gives `&'s Whole<E>` only, with `'a: 's`; nothing
            // moves it out of there: it is neither `Clone` nor `Default`, the field is private, and
            // there is no `&mut` to it. So the slice is borrowed for as long as `self` is.
            Held::Lent(slice) => unsafe { slice.as_ref() },
            Held::Own(own) => own,
        }
    }
}

impl<E> DerefMut for Whole<E> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [E] {
        match &mut self.0 {
            Held::Own(own) => own,
            Held::Lent(_) => unreachable!("a slice that is lent is not written"),
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for Whole<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<E: Replica> Replica for Whole<E> {
    #[inline]
    fn replica(&self) -> Self {
        Whole(Held::Own(self.iter().map(E::replica).collect()))
    }
}

/// A slice that is lent as a [`Whole`]. It owns nothing, so nothing is dropped with it, and the slice is
/// free again after its last use.
#[derive(Debug)]
pub struct LentSlice<'a, E>(ManuallyDrop<Whole<E>>, PhantomData<&'a [E]>);

impl<'a, E> LentSlice<'a, E> {
    /// The slice as a type with a size.
    #[inline]
    #[must_use]
    pub const fn new(slice: &'a [E]) -> Self {
        let whole = Whole(Held::Lent(NonNull::from_ref(slice)));
        LentSlice(ManuallyDrop::new(whole), PhantomData)
    }

    /// The receiver: the slice, not the place it is in.
    #[inline]
    #[must_use]
    pub fn receiver<'s, P: ?Sized>(&'s self, _: &'s P) -> &'s Whole<E> {
        &self.0
    }

    /// The answer, without a borrow.
    #[inline]
    #[must_use]
    pub const fn answer(&self) -> OfSlice {
        OfSlice
    }
}

/// A place with a method.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a, P: ?Sized>(pub &'a P);

/// A place that is a slice.
#[derive(Clone, Copy, Debug)]
pub struct Slice<'a, E>(&'a [E]);

/// How a place that is a slice is asked.
pub trait SliceStanding<'a> {
    /// The type of its elements.
    type Item;
    /// What is asked.
    fn standing(&self) -> Slice<'a, Self::Item>;
}

impl<'a, E> SliceStanding<'a> for &Standing<'a, [E]> {
    type Item = E;
    #[inline]
    fn standing(&self) -> Slice<'a, E> {
        Slice(self.0)
    }
}

/// How any other place is asked.
pub trait PlaceStanding<'a> {
    /// Its type.
    type Place: ?Sized;
    /// What is asked.
    fn standing(&self) -> &'a Self::Place;
}

impl<'a, P: ?Sized> PlaceStanding<'a> for Standing<'a, P> {
    type Place = P;
    #[inline]
    fn standing(&self) -> &'a P {
        self.0
    }
}

/// What is dereferenced to a slice.
pub trait Slices<'a> {
    /// The type of its elements.
    type Item: 'a;
    /// The slice, lent.
    fn lend(&self) -> LentSlice<'a, Self::Item>;
}

impl<'a, E> Slices<'a> for Slice<'a, E> {
    type Item = E;
    #[inline]
    fn lend(&self) -> LentSlice<'a, E> {
        LentSlice::new(self.0)
    }
}

macro_rules! slices {
    ($([$($generics:tt)*] $ty:ty;)*) => {$(
        impl<'a, $($generics)*> Slices<'a> for &'a $ty {
            type Item = E;
            #[inline]
            fn lend(&self) -> LentSlice<'a, E> {
                LentSlice::new(&self[..])
            }
        }
    )*};
}
slices! {
    [E] Vec<E>;
    [E, const N: usize] [E; N];
    [E] &[E];
    [E] &Vec<E>;
    [E, const N: usize] &[E; N];
    [E] alloc::boxed::Box<[E]>;
    [E] alloc::rc::Rc<[E]>;
    [E] alloc::sync::Arc<[E]>;
}

/// The method is that of the place's own type.
#[derive(Clone, Copy, Debug)]
pub struct OfPlace;

/// The method is that of slices.
#[derive(Clone, Copy, Debug)]
pub struct OfSlice;

impl<T: ?Sized> Shared<'_, T> {
    /// The receiver: the place.
    #[inline]
    #[must_use]
    pub const fn receiver<'s, P: ?Sized>(&self, place: &'s P) -> &'s P {
        place
    }

    /// The answer, without a borrow.
    #[inline]
    #[must_use]
    pub const fn answer(&self) -> OfPlace {
        OfPlace
    }
}

impl Exclusive {
    /// The receiver: the place.
    #[inline]
    #[must_use]
    pub const fn receiver<'s, P: ?Sized>(&self, place: &'s P) -> &'s P {
        place
    }

    /// The answer, without a borrow.
    #[inline]
    #[must_use]
    pub const fn answer(&self) -> OfPlace {
        OfPlace
    }
}

/// How a method takes its receiver: by `&` ([`Read`]) or `&mut` ([`Exclusive`]).
pub trait Takes {
    /// The slice, lent to be read, or copied to be changed.
    type Chair<'a, E: Replica + 'a>;
    /// The slice for the method.
    fn chair<E: Replica>(slice: &mut [E]) -> Self::Chair<'_, E>;
}

impl Takes for Read {
    type Chair<'a, E: Replica + 'a> = LentSlice<'a, E>;
    #[inline]
    fn chair<E: Replica>(slice: &mut [E]) -> LentSlice<'_, E> {
        LentSlice::new(slice)
    }
}

impl Takes for Exclusive {
    type Chair<'a, E: Replica + 'a> = Changed<'a, E>;
    #[inline]
    fn chair<E: Replica>(slice: &mut [E]) -> Changed<'_, E> {
        let own = slice.iter().map(E::replica).collect();
        Changed(slice, Whole(Held::Own(own)))
    }
}

/// A slice that a method changes: a copy, which is written back.
#[derive(Debug)]
pub struct Changed<'a, E>(&'a mut [E], Whole<E>);

impl<E> Drop for Changed<'_, E> {
    fn drop(&mut self) {
        if let Held::Own(own) = &mut self.1.0 {
            for (to, from) in self.0.iter_mut().zip(own.drain(..)) {
                *to = from;
            }
        }
    }
}

impl<E> Changed<'_, E> {
    /// The receiver.
    #[inline]
    #[must_use]
    pub const fn taken(&mut self) -> &mut Whole<E> {
        &mut self.1
    }
}

impl<E> LentSlice<'_, E> {
    /// The receiver.
    #[inline]
    #[must_use]
    pub fn taken(&mut self) -> &Whole<E> {
        &self.0
    }
}

/// A place whose type has the method itself.
#[derive(Debug)]
pub struct Place<'a, P: ?Sized>(&'a mut P);

impl<P: ?Sized> Place<'_, P> {
    /// The receiver.
    #[inline]
    #[must_use]
    pub const fn taken(&mut self) -> &mut P {
        self.0
    }
}

impl OfPlace {
    /// The place for the method.
    #[inline]
    #[allow(clippy::unused_self)] // the answer is its type
    pub const fn chair<P: ?Sized, T>(self, _: T, place: &mut P) -> Place<'_, P>
    where
        T: Copy,
    {
        Place(place)
    }
}

impl OfSlice {
    /// The slice of the place for the method.
    #[inline]
    #[allow(clippy::unused_self)] // the answer is its type
    pub fn chair<E: Replica, T: Takes>(self, _: T, place: &mut [E]) -> T::Chair<'_, E> {
        T::chair(place)
    }
}

/// An answer, and the place that was asked of.
#[derive(Clone, Copy, Debug)]
pub struct Others<'a, A, P: ?Sized>(pub A, pub &'a P);

/// What else may have the method that a place has: where two have it, the compiler says so.
pub trait Other {}

impl<E> Other for Whole<E> {}

/// Nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Other for Nothing {}

/// Of a method that a vector or an array has itself, its slice may have one of that name.
pub trait OtherOfVector {
    /// What may have it.
    type Other: Other;
    /// Whose method would be another one.
    fn other(&self) -> &Self::Other;
}

impl<E> OtherOfVector for &Others<'_, OfPlace, Vec<E>> {
    type Other = Whole<E>;
    fn other(&self) -> &Whole<E> {
        unreachable!("only its type is asked for")
    }
}

impl<E, const N: usize> OtherOfVector for &Others<'_, OfPlace, [E; N]> {
    type Other = Whole<E>;
    fn other(&self) -> &Whole<E> {
        unreachable!("only its type is asked for")
    }
}

/// Nothing else has any other.
pub trait OtherOfAny {
    /// Nothing.
    fn other(&self) -> &Nothing;
}

impl<A, P: ?Sized> OtherOfAny for Others<'_, A, P> {
    fn other(&self) -> &Nothing {
        &Nothing
    }
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;
    use alloc::vec::Vec;

    use super::{Slices, Whole};

    fn shared<T: Send + Sync + ?Sized>(_: &T) {}

    /// Traits may ask that what implements them goes to other threads, and slices do.
    #[test]
    fn slices_that_are_shared() {
        let all: Arc<[f64]> = Arc::from(Vec::from([1.0, 2.0]));
        let lent = (&all).lend();
        let whole: &Whole<f64> = lent.receiver(&all);
        shared(whole);
        assert_eq!(**whole, [1.0, 2.0]);
    }
}

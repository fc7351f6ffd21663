//! Walks: where a reference has come to that moved on along a structure, `node = &node.next`.
//!
//! A pullback cannot hold the reference, nor can it have one into the tangent, so it has the steps that
//! were taken. All begin and end at places of one type. Walks that go on from one another share what they
//! have in common: a walk is a number of entries of a list, and making it longer by a step takes the
//! time of the step.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;

use super::way::Way;
use crate::Differentiable;

/// One step, for primals and tangents, to be written or not; the numbers are the indices on it.
#[allow(missing_debug_implementations)]
pub struct Steps<T: ?Sized, U: ?Sized> {
    /// The part of a place.
    pub of: for<'p> fn(&'p T, &[usize]) -> &'p T,
    /// The part of a place, to be written.
    pub of_mut: for<'p> fn(&'p mut T, &[usize]) -> &'p mut T,
    /// The part of a tangent.
    pub at: for<'p> fn(&'p U, &[usize]) -> &'p U,
    /// The part of a tangent, to be written.
    pub at_mut: for<'p> fn(&'p mut U, &[usize]) -> &'p mut U,
}

impl<T: ?Sized, U: ?Sized> Clone for Steps<T, U> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized, U: ?Sized> Copy for Steps<T, U> {}

impl<T: ?Sized, U: ?Sized> Steps<T, U> {
    /// Whether both lead the same way: what is equal here does, others may.
    fn are(&self, other: &Self) -> bool {
        core::ptr::fn_addr_eq(self.of, other.of)
            && core::ptr::fn_addr_eq(self.of_mut, other.of_mut)
            && core::ptr::fn_addr_eq(self.at, other.at)
            && core::ptr::fn_addr_eq(self.at_mut, other.at_mut)
    }
}

/// A step that was taken.
pub(super) enum Hop<T: ?Sized, U: ?Sized> {
    Steps(Vec<usize>, Steps<T, U>),
    /// One that a function of the user's has found.
    Found(Rc<dyn Leads<T, U>>),
}

impl<T: ?Sized, U: ?Sized> Clone for Hop<T, U> {
    fn clone(&self) -> Self {
        match self {
            Hop::Steps(key, steps) => Hop::Steps(key.clone(), *steps),
            Hop::Found(way) => Hop::Found(Rc::clone(way)),
        }
    }
}

impl<T: ?Sized, U: ?Sized> Hop<T, U> {
    pub(super) fn of<'p>(&self, place: &'p T) -> &'p T {
        match self {
            Hop::Steps(key, steps) => (steps.of)(place, key),
            Hop::Found(way) => way.of(place),
        }
    }

    pub(super) fn of_mut<'p>(&self, place: &'p mut T) -> &'p mut T {
        match self {
            Hop::Steps(key, steps) => (steps.of_mut)(place, key),
            Hop::Found(way) => way.of_mut(place),
        }
    }

    pub(super) fn at<'p>(&self, bar: &'p U) -> &'p U {
        match self {
            Hop::Steps(key, steps) => (steps.at)(bar, key),
            Hop::Found(way) => way.at(bar),
        }
    }

    pub(super) fn at_mut<'p>(&self, bar: &'p mut U) -> &'p mut U {
        match self {
            Hop::Steps(key, steps) => (steps.at_mut)(bar, key),
            Hop::Found(way) => way.at_mut(bar),
        }
    }
}

/// A way whose type is not known.
pub(super) trait Leads<T: ?Sized, U: ?Sized> {
    fn of<'p>(&self, place: &'p T) -> &'p T;
    fn of_mut<'p>(&self, place: &'p mut T) -> &'p mut T;
    fn at<'p>(&self, bar: &'p U) -> &'p U;
    fn at_mut<'p>(&self, bar: &'p mut U) -> &'p mut U;
}

impl<T: ?Sized, U: ?Sized, W> Leads<T, U> for W
where
    W: Way<Of = T, Bar = U, To = T, ToBar = U>,
{
    fn of<'p>(&self, place: &'p T) -> &'p T {
        Way::of(self, place)
    }

    fn of_mut<'p>(&self, place: &'p mut T) -> &'p mut T {
        Way::of_mut(self, place)
    }

    fn at<'p>(&self, bar: &'p U) -> &'p U {
        Way::at(self, bar)
    }

    fn at_mut<'p>(&self, bar: &'p mut U) -> &'p mut U {
        Way::at_mut(self, bar)
    }
}

/// The way from a place to one of the same type, by the steps that were taken.
#[allow(missing_debug_implementations)]
pub struct Walk<T: ?Sized, U: ?Sized> {
    /// The steps of this walk and of those that go on from it.
    pub(super) hops: Rc<RefCell<Vec<Hop<T, U>>>>,
    pub(super) len: usize,
}

impl<T: ?Sized, U: ?Sized> Clone for Walk<T, U> {
    #[inline]
    fn clone(&self) -> Self {
        Walk {
            hops: Rc::clone(&self.hops),
            len: self.len,
        }
    }
}

/// The walk that has not left the part of `whole` yet which is looked for so; nothing is.
#[inline]
#[must_use]
pub fn walk<'p, B: ?Sized, T>(_: &'p B, _: impl FnOnce(&'p B) -> &'p T) -> Walk<T, T::Tangent>
where
    T: Differentiable + 'p,
{
    Walk {
        hops: Rc::default(),
        len: 0,
    }
}

impl<T: ?Sized, U: ?Sized> Walk<T, U> {
    /// The walk with one step more.
    #[must_use]
    pub fn onward(&self, key: &[usize], steps: Steps<T, U>) -> Self {
        let hops = self.hops.borrow();
        if let Some(Hop::Steps(known, same)) = hops.get(self.len) {
            if known == key && same.are(&steps) {
                return Self::to(&self.hops, self.len + 1);
            }
        }
        drop(hops);
        self.then(Hop::Steps(key.to_vec(), steps))
    }

    /// The walk with a step that a function of the user's has found.
    #[must_use]
    pub fn through<W>(&self, way: W) -> Self
    where
        W: Way<Of = T, Bar = U, To = T, ToBar = U> + 'static,
    {
        self.then(Hop::Found(Rc::new(way)))
    }

    /// This walk, and then the other.
    #[must_use]
    pub fn joined(&self, then: &Self) -> Self {
        let hops = then.hops.borrow()[..then.len].to_vec();
        hops.into_iter().fold(self.clone(), |walk, hop| match &hop {
            Hop::Steps(key, steps) => walk.onward(key, *steps),
            Hop::Found(_) => walk.then(hop),
        })
    }

    fn then(&self, hop: Hop<T, U>) -> Self {
        let mut hops = self.hops.borrow_mut();
        if hops.len() == self.len {
            hops.push(hop);
            return Self::to(&self.hops, self.len + 1);
        }
        let mut own = hops[..self.len].to_vec();
        own.push(hop);
        Self::to(&Rc::new(RefCell::new(own)), self.len + 1)
    }

    fn to(hops: &Rc<RefCell<Vec<Hop<T, U>>>>, len: usize) -> Self {
        Walk {
            hops: Rc::clone(hops),
            len,
        }
    }

    /// Goes the way from `place`, step by step.
    #[inline]
    fn follow<P>(&self, place: P, step: impl Fn(P, &Hop<T, U>) -> P) -> P {
        self.hops.borrow()[..self.len].iter().fold(place, step)
    }
}

impl<T: ?Sized, U: ?Sized> Way for Walk<T, U> {
    type Of = T;
    type Bar = U;
    type To = T;
    type ToBar = U;

    fn of<'p>(&self, place: &'p T) -> &'p T {
        self.follow(place, |place, hop| hop.of(place))
    }

    fn of_mut<'p>(&self, place: &'p mut T) -> &'p mut T {
        self.follow(place, |place, hop| hop.of_mut(place))
    }

    fn at<'p>(&self, bar: &'p U) -> &'p U {
        self.follow(bar, |bar, hop| hop.at(bar))
    }

    fn at_mut<'p>(&self, bar: &'p mut U) -> &'p mut U {
        self.follow(bar, |bar, hop| hop.at_mut(bar))
    }
}

//! Ways: what a function that returns a reference has found out about its argument.
//!
//! Of `fn row(&self, i: usize) -> &[f64] { &self.data[i * self.cols..(i + 1) * self.cols] }` the macro
//! makes a function that evaluates the indices and gives a [`Way`] with them inside. The way leads from
//! the argument to the part of it, and from a cotangent of the argument to that of the part, which may
//! have neither the type nor the fields that the indices were computed from.

use core::marker::PhantomData;
use core::ops::Deref;

use super::touched::{Held, Seen};
use crate::replica::{Copier, Replica};
use crate::{Differentiable, ShapeError};

/// The way from a place to one inside it, for primals and for tangents.
pub trait Way: Clone {
    /// What the way starts at.
    type Of: ?Sized;
    /// The tangent of that.
    type Bar: ?Sized;
    /// What the way leads to.
    type To: ?Sized;
    /// The tangent of that.
    type ToBar: ?Sized;

    /// The part of `place`.
    fn of<'p>(&self, place: &'p Self::Of) -> &'p Self::To;
    /// The part of `place`, to be written. Only where the function returns `&mut`.
    fn of_mut<'p>(&self, place: &'p mut Self::Of) -> &'p mut Self::To;
    /// The tangent of the part.
    fn at<'p>(&self, bar: &'p Self::Bar) -> &'p Self::ToBar;
    /// The tangent of the part, to be written.
    fn at_mut<'p>(&self, bar: &'p mut Self::Bar) -> &'p mut Self::ToBar;
}

/// Of several ways the one taken.
impl<W: Way> Way for Option<W> {
    type Of = W::Of;
    type Bar = W::Bar;
    type To = W::To;
    type ToBar = W::ToBar;

    fn of<'p>(&self, place: &'p W::Of) -> &'p W::To {
        taken(self.as_ref()).of(place)
    }

    fn of_mut<'p>(&self, place: &'p mut W::Of) -> &'p mut W::To {
        taken(self.as_ref()).of_mut(place)
    }

    fn at<'p>(&self, bar: &'p W::Bar) -> &'p W::ToBar {
        taken(self.as_ref()).at(bar)
    }

    fn at_mut<'p>(&self, bar: &'p mut W::Bar) -> &'p mut W::ToBar {
        taken(self.as_ref()).at_mut(bar)
    }
}

fn taken<W>(way: Option<&W>) -> &W {
    match way {
        Some(way) => way,
        None => unreachable!("a way is followed only where it was taken"),
    }
}

/// A way made of the indices on it and of the steps, each a function without captures.
struct Found<K, Steps, Types: ?Sized> {
    key: K,
    steps: Steps,
    types: PhantomData<fn() -> *const Types>,
}

impl<K: Clone, Steps: Copy, Types: ?Sized> Clone for Found<K, Steps, Types> {
    fn clone(&self) -> Self {
        Found {
            key: self.key.clone(),
            steps: self.steps,
            types: PhantomData,
        }
    }
}

/// The four types of a way.
struct Types<S: ?Sized, B: ?Sized, T: ?Sized, U: ?Sized> {
    types: PhantomData<(*const S, *const B, *const T, *const U)>,
}

/// Makes a way: the indices on it, and the steps of it in the four forms.
pub fn way<K, S, B, T, U, A, C, D, E>(
    key: K,
    steps: (A, C, D, E),
) -> impl Way<Of = S, Bar = B, To = T, ToBar = U>
where
    S: ?Sized,
    B: ?Sized,
    T: ?Sized,
    U: ?Sized,
    K: Clone,
    A: for<'p> Fn(&'p S, &K) -> &'p T + Copy,
    C: for<'p> Fn(&'p mut S, &K) -> &'p mut T + Copy,
    D: for<'p> Fn(&'p B, &K) -> &'p U + Copy,
    E: for<'p> Fn(&'p mut B, &K) -> &'p mut U + Copy,
{
    Found::<_, _, Types<S, B, T, U>> {
        key,
        steps,
        types: PhantomData,
    }
}

impl<K, S, B, T, U, A, C, D, E> Way for Found<K, (A, C, D, E), Types<S, B, T, U>>
where
    S: ?Sized,
    B: ?Sized,
    T: ?Sized,
    U: ?Sized,
    K: Clone,
    A: for<'p> Fn(&'p S, &K) -> &'p T + Copy,
    C: for<'p> Fn(&'p mut S, &K) -> &'p mut T + Copy,
    D: for<'p> Fn(&'p B, &K) -> &'p U + Copy,
    E: for<'p> Fn(&'p mut B, &K) -> &'p mut U + Copy,
{
    type Of = S;
    type Bar = B;
    type To = T;
    type ToBar = U;

    #[inline]
    #[track_caller]
    fn of<'p>(&self, place: &'p S) -> &'p T {
        (self.steps.0)(place, &self.key)
    }

    #[inline]
    #[track_caller]
    fn of_mut<'p>(&self, place: &'p mut S) -> &'p mut T {
        (self.steps.1)(place, &self.key)
    }

    #[inline]
    #[track_caller]
    fn at<'p>(&self, bar: &'p B) -> &'p U {
        (self.steps.2)(bar, &self.key)
    }

    #[inline]
    #[track_caller]
    fn at_mut<'p>(&self, bar: &'p mut B) -> &'p mut U {
        (self.steps.3)(bar, &self.key)
    }
}

/// A copy of what a function returned a reference to. It is used like the reference.
#[derive(Clone, Debug)]
pub struct Lent<T>(pub T);

impl<T> Deref for Lent<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Differentiable> Differentiable for Lent<T> {
    type Tangent = T::Tangent;
    #[inline]
    fn zero_tangent(&self) -> T::Tangent {
        self.0.zero_tangent()
    }
    #[inline]
    fn check_shape(&self, tangent: &T::Tangent) -> Result<(), ShapeError> {
        self.0.check_shape(tangent)
    }
}

impl<T: Replica> Replica for Lent<T> {
    #[inline]
    fn replica(&self) -> Self {
        Lent(self.0.replica())
    }
}

/// How a copy that stands for a reference is passed on: as one.
pub trait ByReference {
    /// The reference.
    type Passed;
    /// What is passed.
    fn pass(&self) -> Self::Passed;
}

impl<'a, T> ByReference for &&Copier<'a, Lent<T>> {
    type Passed = &'a T;
    #[inline]
    fn pass(&self) -> &'a T {
        &self.0.0
    }
}

impl<'a, T: ?Sized> ByReference for &&Copier<'a, Seen<'_, T>> {
    type Passed = &'a T;
    #[inline]
    fn pass(&self) -> &'a T {
        self.0.0
    }
}

impl<'a, F, T: ?Sized> ByReference for &&Copier<'a, Held<F, T>>
where
    Held<F, T>: Deref<Target = T>,
{
    type Passed = &'a T;
    #[inline]
    fn pass(&self) -> &'a T {
        self.0
    }
}

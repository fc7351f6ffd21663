//! [`Tangent`]: the vector space that derivatives live in.
//!
//! A tangent carries a derivative forward, a cotangent carries one back; both have the same
//! representation, so one trait serves them. A tangent has the shape of its point: a vector's
//! tangent is a vector of that length, a struct's a struct with the same field names. What has no
//! derivative (an integer, a string) has the tangent [`NoTangent`], which takes no room.

#[cfg(feature = "alloc")]
use alloc::{boxed::Box, collections::VecDeque, vec::Vec};
use core::fmt;
use core::ops::Range;

use crate::ShapeError;

/// A vector of derivatives, in the shape of the value it belongs to.
///
/// Implemented by the floats, by arrays, vectors, boxes, options and tuples of tangents, and by
/// what `#[derive(Differentiable)]` generates. A tangent need not be [`Clone`], as a struct may be
/// its own tangent without being `Clone`; [`duplicate`](Self::duplicate) stands in for it.
///
/// ```
/// use grad_runtime::Tangent;
///
/// let mut a = (1.0, vec![2.0, 3.0]);
/// a.accumulate(&(10.0, vec![20.0, 30.0]));
/// a.scale(2.0);
/// assert_eq!(a, (22.0, vec![44.0, 66.0]));
/// assert_eq!(a.dot(&(1.0, vec![0.0, 1.0])), 88.0);
/// assert_eq!((3.0, 4.0).norm(), 5.0);
///
/// let taken = a.take();
/// assert_eq!(taken, (22.0, vec![44.0, 66.0]));
/// assert_eq!(a, (0.0, vec![0.0, 0.0]));
/// ```
pub trait Tangent: Sized {
    /// Adds `other`.
    ///
    /// # Panics
    /// When the shapes differ; the message names both lengths.
    fn accumulate(&mut self, other: &Self);

    /// Multiplies every entry by `factor`.
    fn scale(&mut self, factor: f64);

    /// The sum of the products of the entries, in `f64`.
    ///
    /// # Panics
    /// When the shapes differ.
    fn dot(&self, other: &Self) -> f64;

    /// The Euclidean length, `sqrt(self · self)`.
    fn norm(&self) -> f64 {
        num_traits::Float::sqrt(self.dot(self))
    }

    /// Sets every entry to zero; the shape stays.
    fn set_zero(&mut self);

    /// Hands out the value and leaves zero of the same shape.
    #[must_use]
    fn take(&mut self) -> Self;

    /// A copy.
    #[must_use]
    fn duplicate(&self) -> Self;

    /// `self == other`, for the `PartialEq` of generated tangents.
    #[doc(hidden)]
    fn equals(&self, other: &Self) -> bool {
        let mut difference = self.duplicate();
        difference.scale(-1.0);
        difference.accumulate(other);
        difference.dot(&difference) == 0.0
    }

    /// The `Debug` of generated tangents.
    #[doc(hidden)]
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::any::type_name::<Self>())
    }
}

/// Shows a tangent through [`Tangent::debug`].
#[doc(hidden)]
pub struct Debugged<'a, T>(pub &'a T);

impl<T: Tangent> fmt::Debug for Debugged<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(f)
    }
}

/// The tangent of what has no derivative: integers, `bool`, `char`, strings, skipped fields.
///
/// ```
/// use grad_runtime::{Differentiable, NoTangent};
///
/// assert_eq!(7_usize.zero_tangent(), NoTangent);
/// assert_eq!((7, 1.5).zero_tangent(), (NoTangent, 0.0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NoTangent;

impl Tangent for NoTangent {
    #[inline]
    fn accumulate(&mut self, _: &Self) {}
    #[inline]
    fn scale(&mut self, _: f64) {}
    #[inline]
    fn dot(&self, _: &Self) -> f64 {
        0.0
    }
    #[inline]
    fn set_zero(&mut self) {}
    #[inline]
    fn take(&mut self) -> Self {
        Self
    }
    #[inline]
    fn duplicate(&self) -> Self {
        Self
    }
    fn equals(&self, _: &Self) -> bool {
        true
    }
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

macro_rules! float_tangent {
    ($float:ty, $narrow:expr) => {
        impl Tangent for $float {
            #[inline]
            fn accumulate(&mut self, other: &Self) {
                *self += *other;
            }
            #[inline]
            fn scale(&mut self, factor: f64) {
                *self = $narrow(f64::from(*self) * factor);
            }
            #[inline]
            fn dot(&self, other: &Self) -> f64 {
                f64::from(*self) * f64::from(*other)
            }
            #[inline]
            fn set_zero(&mut self) {
                *self = 0.0;
            }
            #[inline]
            fn take(&mut self) -> Self {
                core::mem::take(self)
            }
            #[inline]
            fn duplicate(&self) -> Self {
                *self
            }
            #[inline]
            #[allow(clippy::float_cmp, reason = "equality is what is asked for")]
            fn equals(&self, other: &Self) -> bool {
                self == other
            }
            fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    };
}
#[allow(
    clippy::cast_possible_truncation,
    reason = "an `f32` is scaled in `f64` and rounded once"
)]
const fn narrow(x: f64) -> f32 {
    x as f32
}
float_tangent!(f32, narrow);
float_tangent!(f64, core::convert::identity);

impl<T: Tangent, const N: usize> Tangent for [T; N] {
    #[inline]
    fn accumulate(&mut self, other: &Self) {
        for (a, b) in self.iter_mut().zip(other) {
            a.accumulate(b);
        }
    }
    #[inline]
    fn scale(&mut self, factor: f64) {
        for a in self {
            a.scale(factor);
        }
    }
    #[inline]
    fn dot(&self, other: &Self) -> f64 {
        self.iter().zip(other).map(|(a, b)| a.dot(b)).sum()
    }
    #[inline]
    fn set_zero(&mut self) {
        self.iter_mut().for_each(T::set_zero);
    }
    #[inline]
    fn take(&mut self) -> Self {
        core::array::from_fn(|i| self[i].take())
    }
    #[inline]
    fn duplicate(&self) -> Self {
        core::array::from_fn(|i| self[i].duplicate())
    }
    fn equals(&self, other: &Self) -> bool {
        self.iter().zip(other).all(|(a, b)| a.equals(b))
    }
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Debugged)).finish()
    }
}

/// A sequence of any length.
#[cfg(feature = "alloc")]
macro_rules! sequence_tangent {
    ($sequence:ident) => {
        impl<T: Tangent> Tangent for $sequence<T> {
            #[inline]
            #[track_caller]
            fn accumulate(&mut self, other: &Self) {
                expect_length::<T>(self.len(), other.len());
                for (a, b) in self.iter_mut().zip(other) {
                    a.accumulate(b);
                }
            }
            #[inline]
            fn scale(&mut self, factor: f64) {
                for a in self {
                    a.scale(factor);
                }
            }
            #[inline]
            #[track_caller]
            fn dot(&self, other: &Self) -> f64 {
                expect_length::<T>(self.len(), other.len());
                self.iter().zip(other).map(|(a, b)| a.dot(b)).sum()
            }
            #[inline]
            fn set_zero(&mut self) {
                self.iter_mut().for_each(T::set_zero);
            }
            #[inline]
            fn take(&mut self) -> Self {
                self.iter_mut().map(T::take).collect()
            }
            #[inline]
            fn duplicate(&self) -> Self {
                self.iter().map(T::duplicate).collect()
            }
            fn equals(&self, other: &Self) -> bool {
                self.len() == other.len() && self.iter().zip(other).all(|(a, b)| a.equals(b))
            }
            fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.iter().map(Debugged)).finish()
            }
        }
    };
}
#[cfg(feature = "alloc")]
sequence_tangent!(Vec);
#[cfg(feature = "alloc")]
sequence_tangent!(VecDeque);

#[cfg(feature = "alloc")]
#[track_caller]
fn expect_length<T>(expected: usize, found: usize) {
    // A list of indices has elements without a tangent; a function that makes it longer, and is not
    // differentiated by it, leaves this one as it is.
    if expected != found && size_of::<T>() != 0 {
        mismatch(ShapeError::length(expected, found));
    }
}

/// Panics with a [`ShapeError`].
#[doc(hidden)]
#[cold]
#[track_caller]
pub fn mismatch(error: ShapeError) -> ! {
    panic!("{error}")
}

#[cfg(feature = "alloc")]
impl<T: Tangent> Tangent for Box<T> {
    #[inline]
    fn accumulate(&mut self, other: &Self) {
        (**self).accumulate(other);
    }
    #[inline]
    fn scale(&mut self, factor: f64) {
        (**self).scale(factor);
    }
    #[inline]
    fn dot(&self, other: &Self) -> f64 {
        (**self).dot(other)
    }
    #[inline]
    fn set_zero(&mut self) {
        (**self).set_zero();
    }
    #[inline]
    fn take(&mut self) -> Self {
        Box::new((**self).take())
    }
    #[inline]
    fn duplicate(&self) -> Self {
        Box::new((**self).duplicate())
    }
    fn equals(&self, other: &Self) -> bool {
        (**self).equals(other)
    }
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).debug(f)
    }
}

/// `None` is a zero of no known shape: it adds nothing, and what is added to it replaces it.
impl<T: Tangent> Tangent for Option<T> {
    #[inline]
    fn accumulate(&mut self, other: &Self) {
        match (self, other) {
            (Some(a), Some(b)) => a.accumulate(b),
            (a @ None, Some(b)) => *a = Some(b.duplicate()),
            (_, None) => {}
        }
    }
    #[inline]
    fn scale(&mut self, factor: f64) {
        if let Some(a) = self {
            a.scale(factor);
        }
    }
    #[inline]
    fn dot(&self, other: &Self) -> f64 {
        match (self, other) {
            (Some(a), Some(b)) => a.dot(b),
            _ => 0.0,
        }
    }
    #[inline]
    fn set_zero(&mut self) {
        if let Some(a) = self {
            a.set_zero();
        }
    }
    #[inline]
    fn take(&mut self) -> Self {
        self.as_mut().map(T::take)
    }
    #[inline]
    fn duplicate(&self) -> Self {
        self.as_ref().map(T::duplicate)
    }
    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Some(a), Some(b)) => a.equals(b),
            (None, None) => true,
            _ => false,
        }
    }
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_ref().map(Debugged), f)
    }
}

/// Both ends.
impl<T: Tangent> Tangent for Range<T> {
    #[inline]
    fn accumulate(&mut self, other: &Self) {
        self.start.accumulate(&other.start);
        self.end.accumulate(&other.end);
    }
    #[inline]
    fn scale(&mut self, factor: f64) {
        self.start.scale(factor);
        self.end.scale(factor);
    }
    #[inline]
    fn dot(&self, other: &Self) -> f64 {
        self.start.dot(&other.start) + self.end.dot(&other.end)
    }
    #[inline]
    fn set_zero(&mut self) {
        self.start.set_zero();
        self.end.set_zero();
    }
    #[inline]
    fn take(&mut self) -> Self {
        self.start.take()..self.end.take()
    }
    #[inline]
    fn duplicate(&self) -> Self {
        self.start.duplicate()..self.end.duplicate()
    }
    fn equals(&self, other: &Self) -> bool {
        self.start.equals(&other.start) && self.end.equals(&other.end)
    }
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&(Debugged(&self.start)..Debugged(&self.end)), f)
    }
}

macro_rules! tuple_tangent {
    ($($name:ident . $index:tt),+) => {
        impl<$($name: Tangent),+> Tangent for ($($name,)+) {
            #[inline]
            fn accumulate(&mut self, other: &Self) {
                $(self.$index.accumulate(&other.$index);)+
            }
            #[inline]
            fn scale(&mut self, factor: f64) {
                $(self.$index.scale(factor);)+
            }
            #[inline]
            fn dot(&self, other: &Self) -> f64 {
                0.0 $(+ self.$index.dot(&other.$index))+
            }
            #[inline]
            fn set_zero(&mut self) {
                $(self.$index.set_zero();)+
            }
            #[inline]
            fn take(&mut self) -> Self {
                ($(self.$index.take(),)+)
            }
            #[inline]
            fn duplicate(&self) -> Self {
                ($(self.$index.duplicate(),)+)
            }
            fn equals(&self, other: &Self) -> bool {
                true $(&& self.$index.equals(&other.$index))+
            }
            fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple("")$(.field(&Debugged(&self.$index)))+.finish()
            }
        }
    };
}
crate::tuples!(tuple_tangent);

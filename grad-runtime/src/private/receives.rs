//! What a receiver's cotangent is put into, in a trait that slices implement too.
//!
//! In a trait nothing is known of `Self`. Its tangent is one thing, `Vec<f64>` of a slice, and the place
//! for its cotangent another, `[f64]`, which callers have parts of.

use alloc::vec::Vec;
use core::borrow::{Borrow, BorrowMut};

use super::Whole;
use crate::Differentiable;

/// A receiver.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no derivative",
    note = "derive it with `#[derive(Differentiable)]`, or leave the parameter out with `#[differentiate(wrt(..))]`"
)]
pub trait Receives {
    /// The place for its cotangent.
    type Bar: ?Sized;
    /// A cotangent.
    type Own: BorrowMut<Self::Bar>;
    /// A zero cotangent.
    fn zero(&self) -> Self::Own;
}

impl<T: Differentiable + ?Sized> Receives for T {
    type Bar = T::Tangent;
    type Own = T::Tangent;
    #[inline]
    fn zero(&self) -> T::Tangent {
        self.zero_tangent()
    }
}

impl<E: Differentiable> Receives for Whole<E> {
    type Bar = [E::Tangent];
    type Own = Vec<E::Tangent>;
    #[inline]
    fn zero(&self) -> Vec<E::Tangent> {
        (**self).zero_tangent()
    }
}

/// A zero cotangent of a receiver.
#[inline]
pub fn zero_received<T: Receives + ?Sized>(receiver: &T) -> T::Own {
    receiver.zero()
}

/// The place given for a receiver's cotangent, or a zero one that nobody reads.
#[inline]
pub fn or_received<'a, T: Receives + ?Sized>(
    bar: Option<&'a mut T::Bar>,
    receiver: &T,
    absent: &'a mut Option<T::Own>,
) -> &'a mut T::Bar {
    match bar {
        Some(bar) => bar,
        None => absent.insert(receiver.zero()).borrow_mut(),
    }
}

/// The tangent given of a receiver, or zero.
#[inline]
pub fn or_received_ref<'a, T: Receives + ?Sized>(
    dot: Option<&'a T::Bar>,
    receiver: &T,
    absent: &'a mut Option<T::Own>,
) -> &'a T::Bar {
    match dot {
        Some(dot) => dot,
        None => (*absent.insert(receiver.zero())).borrow(),
    }
}

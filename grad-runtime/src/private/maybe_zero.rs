//! Tangents of structs that know when they are zero.
//!
//! A group of columns of a Jacobian moves little of what a function computes: of a hand the bones of
//! a finger. What is not moved has a zero tangent, and what is computed from that alone has one too.
//! To see it costs a look at every entry, so a struct's tangent in lanes remembers it:
//!
//! ```text
//! if vanishes(&transforms_dot[b]) { value only } else { value and tangent }
//! ```

use alloc::vec::Vec;
use core::mem::size_of;
use core::ops::{Deref, DerefMut};

use super::lanes::LaneTangent;
use crate::Tangent;

/// A tangent, and whether it is known to be zero. Whoever reaches for it to change it forgets that.
#[derive(Clone, Copy, Debug)]
pub struct MaybeZero<T> {
    zero: bool,
    tangent: T,
}

impl<T> MaybeZero<T> {
    /// A tangent that is zero.
    #[inline]
    pub const fn zero(tangent: T) -> Self {
        MaybeZero {
            zero: true,
            tangent,
        }
    }
}

impl<T> Deref for MaybeZero<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        &self.tangent
    }
}

impl<T> DerefMut for MaybeZero<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.zero = false;
        &mut self.tangent
    }
}

impl<T: Tangent> Tangent for MaybeZero<T> {
    #[inline]
    fn accumulate(&mut self, other: &Self) {
        if !other.zero {
            (**self).accumulate(other);
        }
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
        self.tangent.set_zero();
        self.zero = true;
    }
    #[inline]
    fn take(&mut self) -> Self {
        let zero = core::mem::replace(&mut self.zero, true);
        let tangent = self.tangent.take();
        MaybeZero { zero, tangent }
    }
    #[inline]
    fn equals(&self, other: &Self) -> bool {
        self.tangent.equals(other)
    }
    #[inline]
    fn debug(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.tangent.debug(f)
    }
    #[inline]
    fn duplicate(&self) -> Self {
        MaybeZero {
            zero: self.zero,
            tangent: self.tangent.duplicate(),
        }
    }
}

impl<T: LaneTangent<L>, const L: usize> LaneTangent<L> for MaybeZero<T> {
    type Open = T;
    #[inline]
    fn each(&mut self, entry: &mut usize, visit: &mut impl FnMut(usize, &mut [f64; L])) {
        (**self).each(entry, visit);
    }
    #[inline]
    fn show(&self, entry: &mut usize, visit: &mut impl FnMut(usize, &[f64; L])) {
        self.tangent.show(entry, visit);
    }
    #[inline]
    fn vanishes(&self) -> bool {
        self.zero || self.tangent.vanishes()
    }
    #[inline]
    fn rests(&self) -> bool {
        self.zero
    }
    #[inline]
    fn nothing() -> Option<Self> {
        T::nothing().map(MaybeZero::zero)
    }
    #[inline]
    fn settle(&mut self) {
        if !self.zero {
            self.tangent.settle();
            self.zero = self.tangent.vanishes();
        }
    }
    #[inline]
    fn open(&mut self) -> &mut T {
        self
    }
}

/// Whether every entry is seen to be zero at little cost.
#[inline]
pub fn vanishes<const L: usize, T: LaneTangent<L>>(dot: &T) -> bool {
    dot.vanishes()
}

/// Whether a tangent that may have been handed over is none or is remembered to be zero.
#[inline]
pub fn resting<const L: usize, T: LaneTangent<L>>(dot: Option<&T>) -> bool {
    dot.is_none_or(T::rests)
}

/// The tangent, which has been looked at: it goes where it will be asked for again and again.
#[inline]
pub fn settled<const L: usize, T: LaneTangent<L>>(mut dot: T) -> T {
    dot.settle();
    dot
}

/// Up to how many bytes a tangent is looked at before it is where it goes: it may be in registers.
const SMALL: usize = 128;

/// Appends a tangent that is looked at, a large one where it lies.
#[inline]
pub fn push_settled<const L: usize, T: LaneTangent<L>>(dots: &mut Vec<T>, mut dot: T) {
    if size_of::<T>() <= SMALL {
        dot.settle();
        dots.push(dot);
    } else {
        dots.push(dot);
        if let Some(last) = dots.last_mut() {
            last.settle();
        }
    }
}

/// The tangent by whose fields more than one place is reached at once.
#[inline]
pub fn open<const L: usize, T: LaneTangent<L>>(dot: &mut T) -> &mut T::Open {
    dot.open()
}

//! Inputs of closures whose types the source does not say: only rustc knows whether one is a
//! reference, and whether its cotangent is a slice.
//!
//! Generated code writes `(&&Input(&x)).witness()` and `(&&BarOf(x)).or_zero(..)`; as for
//! [`Copier`](super::Copier), the trait with fewer references is looked at first.

use alloc::vec::Vec;

use super::{TangentOf, Witness, witness};
use crate::Differentiable;

/// An input of a closure.
#[derive(Debug)]
pub struct Input<'a, T>(pub &'a T);

/// An input that is a reference.
pub trait ByReference {
    /// What it points at.
    type Base: ?Sized;
    /// What it points at.
    fn base(&self) -> &Self::Base;
    /// What tells its type later.
    fn witness(&self) -> Witness<Self::Base>;
}

impl<T: ?Sized> ByReference for &Input<'_, &T> {
    type Base = T;
    #[inline]
    fn base(&self) -> &T {
        self.0
    }
    #[inline]
    fn witness(&self) -> Witness<T> {
        witness(*self.0)
    }
}

/// An input that is a value.
pub trait ByValue {
    /// Its type.
    type Base;
    /// The value.
    fn base(&self) -> &Self::Base;
    /// What tells its type later.
    fn witness(&self) -> Witness<Self::Base>;
}

impl<T> ByValue for Input<'_, T> {
    type Base = T;
    #[inline]
    fn base(&self) -> &T {
        self.0
    }
    #[inline]
    fn witness(&self) -> Witness<T> {
        witness(self.0)
    }
}

/// What an input points at, or the input: what its cotangent is like.
#[derive(Debug)]
pub struct BarOf<'a, T: ?Sized>(pub &'a T);

/// The zero of what a closure changes, for a caller that has no place for its cotangent.
#[derive(Clone, Debug)]
pub struct KeptZero<Z>(Z);

impl<Z> KeptZero<Z> {
    /// The place given, or the zero.
    #[inline]
    pub fn or<'b>(&'b mut self, bar: Option<&'b mut Z>) -> &'b mut Z {
        bar.unwrap_or(&mut self.0)
    }
}

/// The same of a sequence.
#[derive(Clone, Debug)]
pub struct KeptZeros<E>(Vec<E>);

impl<E> KeptZeros<E> {
    /// The place given, or the zeros.
    #[inline]
    pub fn or<'b>(&'b mut self, bar: Option<&'b mut [E]>) -> &'b mut [E] {
        bar.unwrap_or(&mut self.0)
    }
}

/// A sequence: its cotangent is handed over as a slice.
#[diagnostic::on_unimplemented(
    message = "the type of an input of this closure is not known here",
    label = "the closure is passed to a function in here",
    note = "put `#[differentiate]` on the function it is passed to, or write the type of the input"
)]
pub trait OfSequence {
    /// The type of an entry's tangent.
    type Entry;
    /// Zeros of the shape.
    fn kept(&self) -> KeptZeros<Self::Entry>;
    /// The place given, or a zero one that nobody reads.
    fn or_zero<'b>(
        &self,
        bar: Option<&'b mut [Self::Entry]>,
        absent: &'b mut Option<Vec<Self::Entry>>,
    ) -> &'b mut [Self::Entry];
    /// The tangent given, or zero.
    fn dot_or_zero<'b>(
        &self,
        dot: Option<&'b [Self::Entry]>,
        absent: &'b mut Option<Vec<Self::Entry>>,
    ) -> &'b [Self::Entry];
}

macro_rules! sequences {
    ($($ty:ty)*) => {$(
        impl<T: Differentiable> OfSequence for &BarOf<'_, $ty> {
            type Entry = TangentOf<T>;
            #[inline]
            fn kept(&self) -> KeptZeros<TangentOf<T>> {
                KeptZeros(self.0.zero_tangent())
            }
            #[inline]
            fn or_zero<'b>(
                &self,
                bar: Option<&'b mut [TangentOf<T>]>,
                absent: &'b mut Option<Vec<TangentOf<T>>>,
            ) -> &'b mut [TangentOf<T>] {
                super::or_zeros_mut(bar, self.0, absent)
            }
            #[inline]
            fn dot_or_zero<'b>(
                &self,
                dot: Option<&'b [TangentOf<T>]>,
                absent: &'b mut Option<Vec<TangentOf<T>>>,
            ) -> &'b [TangentOf<T>] {
                super::or_zeros(dot, self.0, absent)
            }
        }
    )*};
}
sequences!([T] Vec<T>);

/// Anything else.
pub trait OfValue {
    /// The type of its tangent.
    type Tangent;
    /// The zero of the shape.
    fn kept(&self) -> KeptZero<Self::Tangent>;
    /// The place given, or a zero one that nobody reads.
    fn or_zero<'b>(
        &self,
        bar: Option<&'b mut Self::Tangent>,
        absent: &'b mut Option<Self::Tangent>,
    ) -> &'b mut Self::Tangent;
    /// The tangent given, or zero.
    fn dot_or_zero<'b>(
        &self,
        dot: Option<&'b Self::Tangent>,
        absent: &'b mut Option<Self::Tangent>,
    ) -> &'b Self::Tangent;
}

impl<T: Differentiable> OfValue for BarOf<'_, T> {
    type Tangent = TangentOf<T>;
    #[inline]
    fn kept(&self) -> KeptZero<TangentOf<T>> {
        KeptZero(self.0.zero_tangent())
    }
    #[inline]
    fn or_zero<'b>(
        &self,
        bar: Option<&'b mut TangentOf<T>>,
        absent: &'b mut Option<TangentOf<T>>,
    ) -> &'b mut TangentOf<T> {
        super::or_zero(bar, self.0, absent)
    }
    #[inline]
    fn dot_or_zero<'b>(
        &self,
        dot: Option<&'b TangentOf<T>>,
        absent: &'b mut Option<TangentOf<T>>,
    ) -> &'b TangentOf<T> {
        super::or_zero_ref(dot, self.0, absent)
    }
}

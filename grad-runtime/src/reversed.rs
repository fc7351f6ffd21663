//! `Reverse<T>`, the other order of the same value, as entries of heaps have it.

use core::cmp::Reverse;
use core::fmt;

use crate::replica::Replica;
use crate::{Differentiable, LeafVisitor, Parameters, ShapeError, Tangent};

impl<T: Tangent> Tangent for Reverse<T> {
    #[inline]
    fn accumulate(&mut self, other: &Self) {
        self.0.accumulate(&other.0);
    }
    #[inline]
    fn scale(&mut self, factor: f64) {
        self.0.scale(factor);
    }
    #[inline]
    fn dot(&self, other: &Self) -> f64 {
        self.0.dot(&other.0)
    }
    #[inline]
    fn set_zero(&mut self) {
        self.0.set_zero();
    }
    #[inline]
    fn take(&mut self) -> Self {
        Reverse(self.0.take())
    }
    #[inline]
    fn duplicate(&self) -> Self {
        Reverse(self.0.duplicate())
    }
    fn equals(&self, other: &Self) -> bool {
        self.0.equals(&other.0)
    }
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.debug(f)
    }
}

impl<T: Differentiable> Differentiable for Reverse<T> {
    type Tangent = Reverse<T::Tangent>;
    #[inline]
    fn zero_tangent(&self) -> Self::Tangent {
        Reverse(self.0.zero_tangent())
    }
    #[inline]
    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
        self.0.check_shape(&tangent.0)
    }
}

impl<T: Parameters> Parameters for Reverse<T> {
    #[inline]
    fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
        self.0.visit(&tangent.0, visitor);
    }
}

impl<T: Replica> Replica for Reverse<T> {
    #[inline]
    fn replica(&self) -> Self {
        Reverse(self.0.replica())
    }
}

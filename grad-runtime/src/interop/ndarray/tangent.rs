//! Arrays as values, tangents and parameters.

use core::fmt;
use std::vec::Vec;

use ndarray::{Array, ArrayBase, Data, DataMut, Dimension, Zip};

use crate::private::Copier;
use crate::{Differentiable, LeafVisitor, Parameters, ShapeError, Tangent};

impl<S, D> Differentiable for ArrayBase<S, D>
where
    S: Data<Elem: Differentiable>,
    D: Dimension,
{
    type Tangent = Array<<S::Elem as Differentiable>::Tangent, D>;

    fn zero_tangent(&self) -> Self::Tangent {
        let zeros = match self.as_slice() {
            Some(entries) => S::Elem::zero_tangents_reused(entries),
            None => self.iter().map(S::Elem::zero_tangent).collect(),
        };
        from_rows(self.raw_dim(), zeros)
    }

    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
        if self.raw_dim() != tangent.raw_dim() {
            return Err(ShapeError::dimensions(self.shape(), tangent.shape()));
        }
        let check = |(x, t): (&S::Elem, &<S::Elem as Differentiable>::Tangent)| x.check_shape(t);
        // Over slices of floats, which have no shape, this is nothing.
        match (self.as_slice(), tangent.as_slice()) {
            (Some(x), Some(t)) => x.iter().zip(t).try_for_each(check),
            _ => self.iter().zip(tangent).try_for_each(check),
        }
    }
}

impl<S, D> Parameters for ArrayBase<S, D>
where
    S: DataMut<Elem: Parameters>,
    D: Dimension,
{
    fn visit(&mut self, tangent: &Self::Tangent, visitor: &mut impl LeafVisitor) {
        expect_shape(&self.raw_dim(), &tangent.raw_dim());
        if let (Some(x), Some(t)) = (self.as_slice_mut(), tangent.as_slice()) {
            S::Elem::visit_slice(x, t, visitor);
            return;
        }
        // In the order of the indices, whatever that of the memory is.
        for (x, t) in self.iter_mut().zip(tangent) {
            x.visit(t, visitor);
        }
    }
}

/// What `to_owned` gives of an array or a view of one.
pub trait ByEntries {
    /// The owned form.
    type Owned;
    /// A copy.
    fn replicate_owned(&self) -> Self::Owned;
}

impl<S: Data<Elem: Clone>, D: Dimension> ByEntries for &Copier<'_, ArrayBase<S, D>> {
    type Owned = Array<S::Elem, D>;
    #[inline]
    fn replicate_owned(&self) -> Self::Owned {
        self.0.to_owned()
    }
}

impl<T: Tangent, D: Dimension> Tangent for Array<T, D> {
    #[track_caller]
    fn accumulate(&mut self, other: &Self) {
        expect_shape(&self.raw_dim(), &other.raw_dim());
        if let (Some(a), Some(b)) = (self.as_slice_mut(), other.as_slice()) {
            for (a, b) in a.iter_mut().zip(b) {
                a.accumulate(b);
            }
            return;
        }
        Zip::from(self).and(other).for_each(T::accumulate);
    }

    fn scale(&mut self, factor: f64) {
        for a in self {
            a.scale(factor);
        }
    }

    #[track_caller]
    fn dot(&self, other: &Self) -> f64 {
        expect_shape(&self.raw_dim(), &other.raw_dim());
        self.iter().zip(other).map(|(a, b)| a.dot(b)).sum()
    }

    fn set_zero(&mut self) {
        if let Some(entries) = self.as_slice_mut() {
            entries.iter_mut().for_each(T::set_zero);
            return;
        }
        for a in self {
            a.set_zero();
        }
    }

    fn take(&mut self) -> Self {
        let dimension = self.raw_dim();
        from_rows(dimension, self.iter_mut().map(T::take).collect())
    }

    fn duplicate(&self) -> Self {
        from_rows(self.raw_dim(), self.iter().map(T::duplicate).collect())
    }

    fn equals(&self, other: &Self) -> bool {
        self.shape() == other.shape() && self.iter().zip(other).all(|(a, b)| a.equals(b))
    }

    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(crate::Debugged))
            .finish()
    }
}

/// The array of `entries` in the order of its indices.
#[allow(
    unsafe_code,
    reason = "the checks of the safe way are a tenth of what a small layer costs"
)]
#[inline]
pub(crate) fn from_rows<T, D: Dimension>(dimension: D, entries: Vec<T>) -> Array<T, D> {
    let len = dimension
        .slice()
        .iter()
        .try_fold(1, |len: usize, &side| len.checked_mul(side));
    assert!(
        len == Some(entries.len()),
        "there is an entry for every index"
    );
    // SAFETY: there are as many entries as indices, and the default strides reach each of them once.
    unsafe { Array::from_shape_vec_unchecked(dimension, entries) }
}

#[inline]
#[track_caller]
fn expect_shape<D: Dimension>(expected: &D, found: &D) {
    if expected != found {
        crate::mismatch(ShapeError::dimensions(expected.slice(), found.slice()));
    }
}

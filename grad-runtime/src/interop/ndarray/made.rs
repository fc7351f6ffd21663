//! Arrays made of entries or of arrays: `array!`, `from_shape_fn` and the like by way of a vector of the
//! entries, `stack` and `concatenate`.

use std::vec::Vec;

use ndarray::{
    Array, ArrayBase, ArrayView, Axis, Data, Dimension, IntoDimension, RemoveAxis, ShapeError,
    Slice,
};

use super::tangent::from_rows;
use crate::NoTangent;
use crate::nn::Element;
use crate::private::Wrt;
use crate::private::rules::IndexBar;

/// The array of the entries in the order of the indices.
#[track_caller]
pub fn shaped<T, Sh: IntoDimension>(shape: Sh, entries: Vec<T>) -> Array<T, Sh::Dim> {
    from_rows(shape.into_dimension(), entries)
}

/// Derivatives of [`shaped()`].
#[allow(
    non_camel_case_types,
    reason = "a companion has the name of its function"
)]
pub struct shaped {}

impl shaped {
    /// The entries get the cotangents in their order.
    #[track_caller]
    pub fn vjp<const M: u64, E: Element, Sh: IntoDimension>(
        shape: Sh,
        entries: Vec<E>,
        _: Wrt<M>,
    ) -> (
        Array<E, Sh::Dim>,
        impl FnOnce(Array<E, Sh::Dim>, &Sh, &Vec<E>, IndexBar<'_>, Option<&mut [E]>) + use<M, E, Sh>,
    ) {
        let pull = |y_bar: Array<E, Sh::Dim>,
                    _: &Sh,
                    _: &Vec<E>,
                    _: IndexBar<'_>,
                    bar: Option<&mut [E]>| {
            for (bar, y_bar) in bar.into_iter().flatten().zip(y_bar) {
                *bar += y_bar;
            }
        };
        (shaped(shape, entries), pull)
    }

    /// The tangents lie as the entries do.
    #[track_caller]
    pub fn jvp<const M: u64, E: Element, Sh: IntoDimension>(
        shape: Sh,
        entries: Vec<E>,
        _: Wrt<M>,
        _: Option<&NoTangent>,
        dot: Option<&[E]>,
    ) -> (Array<E, Sh::Dim>, Array<E, Sh::Dim>) {
        let y = shaped(shape, entries);
        let y_dot = match dot {
            Some(dot) => from_rows(y.raw_dim(), dot.to_vec()),
            None => Array::zeros(y.raw_dim()),
        };
        (y, y_dot)
    }
}

/// What a shape is said with: generated code has rustc see that nothing of it is a float.
pub trait Extents: Sized {
    /// The same.
    #[inline]
    #[must_use]
    fn __grad_extents(self) -> Self {
        self
    }
}

impl Extents for usize {}
impl<const N: usize> Extents for [usize; N] {}
impl Extents for Vec<usize> {}
impl Extents for () {}
impl Extents for (usize, usize) {}
impl Extents for (usize, usize, usize) {}
impl Extents for (usize, usize, usize, usize) {}
impl<I> Extents for ndarray::Dim<I> {}

/// Views of arrays that are owned along a derivative.
fn views<E: Element, S: Data<Elem = E>, D: Dimension>(
    arrays: &[ArrayBase<S, D>],
) -> Vec<ArrayView<'_, E, D>> {
    arrays.iter().map(|x| x.view()).collect()
}

/// The tangents of several arrays.
fn dots_or_zeros<E: Element, S: Data<Elem = E>, D: Dimension>(
    arrays: &[ArrayBase<S, D>],
    dots: Option<&[Array<E, D>]>,
) -> Vec<Array<E, D>> {
    match dots {
        Some(dots) => dots.to_vec(),
        None => arrays.iter().map(|x| Array::zeros(x.raw_dim())).collect(),
    }
}

/// Derivatives of [`ndarray::concatenate()`].
#[allow(
    non_camel_case_types,
    reason = "a companion has the name of its function"
)]
pub struct concatenate {}

/// Derivatives of [`ndarray::stack()`].
#[allow(
    non_camel_case_types,
    reason = "a companion has the name of its function"
)]
pub struct stack {}

macro_rules! joining {
    ($($name:ident -> $Of:ty, |$y_bar:ident, $arrays:ident, $axis:ident, $bars:ident| $back:block;)+) => {$(
        #[doc = concat!("As [`ndarray::", stringify!($name), "()`].")]
        ///
        /// # Errors
        ///
        /// Where the shapes do not fit.
        pub fn $name<E: Element, S: Data<Elem = E>, D: RemoveAxis>(
            axis: Axis,
            arrays: &[ArrayBase<S, D>],
        ) -> Result<Array<E, $Of>, ShapeError>
        where
            D::Larger: RemoveAxis,
        {
            ndarray::$name(axis, &views(arrays))
        }

        impl $name {
            /// Each array gets the cotangents of its part.
            pub fn vjp<const M: u64, E: Element, S: Data<Elem = E>, D: RemoveAxis>(
                axis: Axis,
                arrays: &[ArrayBase<S, D>],
                _: Wrt<M>,
            ) -> (
                Result<Array<E, $Of>, ShapeError>,
                impl FnOnce(
                    Option<Array<E, $Of>>,
                    &Axis,
                    &[ArrayBase<S, D>],
                    IndexBar<'_>,
                    Option<&mut [Array<E, D>]>,
                ) + use<M, E, S, D>,
            )
            where
                D::Larger: RemoveAxis,
            {
                let pull = |$y_bar: Option<Array<E, $Of>>,
                            &$axis: &Axis,
                            $arrays: &[ArrayBase<S, D>],
                            _: IndexBar<'_>,
                            $bars: Option<&mut [Array<E, D>]>| {
                    let (Some($y_bar), Some($bars)) = ($y_bar, $bars) else {
                        return;
                    };
                    $back
                };
                ($name(axis, arrays), pull)
            }

            /// The tangents are joined alike.
            pub fn jvp<const M: u64, E: Element, S: Data<Elem = E>, D: RemoveAxis>(
                axis: Axis,
                arrays: &[ArrayBase<S, D>],
                _: Wrt<M>,
                _: Option<&NoTangent>,
                dots: Option<&[Array<E, D>]>,
            ) -> (Result<Array<E, $Of>, ShapeError>, Option<Array<E, $Of>>)
            where
                D::Larger: RemoveAxis,
            {
                let y_dot = $name(axis, &dots_or_zeros(arrays, dots)).ok();
                ($name(axis, arrays), y_dot)
            }
        }
    )+};
}
joining! {
    concatenate -> D, |y_bar, arrays, axis, bars| {
        let mut start = 0;
        for (bar, x) in bars.iter_mut().zip(arrays) {
            let end = start + x.len_of(axis);
            *bar += &y_bar.slice_axis(axis, Slice::from(start..end));
            start = end;
        }
    };
    stack -> D::Larger, |y_bar, _arrays, axis, bars| {
        let parts = y_bar.into_dyn();
        for (bar, part) in bars.iter_mut().zip(parts.axis_iter(axis)) {
            let mut bar = bar.view_mut().into_dyn();
            bar += &part;
        }
    };
}

/// How many entries an array of a shape has.
pub fn entries_of<Sh: IntoDimension>(shape: Sh) -> usize {
    shape.into_dimension().size()
}

/// The indices of an array of a shape, in their order.
pub fn indices_of<Sh: IntoDimension>(shape: Sh) -> Vec<<Sh::Dim as Dimension>::Pattern> {
    let places = Array::from_shape_simple_fn(shape.into_dimension(), || ());
    places.indexed_iter().map(|(index, ())| index).collect()
}

/// Whether shapes are the same, as `Zip` asks.
pub trait SameShape {
    /// # Panics
    ///
    /// Where they differ.
    fn __grad_same_shape(&self, other: &Self);
}

impl SameShape for [usize] {
    #[track_caller]
    fn __grad_same_shape(&self, other: &Self) {
        assert!(self == other, "assertion failed: part.equal_dim(dimension)");
    }
}

//! Iterators over arrays: what they give is gathered in a vector, over which generated code loops.
//!
//! `x.iter()` is lowered as a loop over `x.gathered()`, `x.rows()` as one over `x.gathered_rows()`: a
//! pullback can hold no view of an array. The cotangent of the vector goes back entry by entry, part by
//! part. What is written through `iter_mut`, `rows_mut` and the like is written into the vector, which
//! is put back where the statement ends.

use std::vec;
use std::vec::Vec;

use ndarray::{Array, Array1, ArrayBase, ArrayView, Axis, Data, Dimension, RemoveAxis, Slice};

use super::made::indices_of;
use super::tangent::from_rows;
use crate::NoTangent;
use crate::nn::Element;
use crate::private::rules::{IndexBar, shared};
use crate::private::{Shared, Wrt};

/// Parts as arrays of their own.
fn owned<'a, T: Clone + 'a, D: Dimension>(
    parts: impl IntoIterator<Item = ArrayView<'a, T, D>>,
) -> Vec<Array<T, D>> {
    parts.into_iter().map(|part| part.to_owned()).collect()
}

/// What iterators over an array give, in vectors.
pub trait Gathered<T, D: Dimension> {
    /// The entries in the order of the indices: of `iter`.
    fn gathered(&self) -> Vec<T>;
    /// The indices: of `indexed_iter`.
    fn gathered_indices(&self) -> Vec<D::Pattern>;
    /// What lies along the last axis: of `rows`.
    fn gathered_rows(&self) -> Vec<Array1<T>>;
    /// What lies along the first axis: of `columns`.
    fn gathered_columns(&self) -> Vec<Array1<T>>;
    /// What lies at each index of the first axis: of `outer_iter`.
    fn gathered_outer(&self) -> Vec<Array<T, D::Smaller>>
    where
        D: RemoveAxis;
    /// What lies at each index of an axis: of `axis_iter`.
    fn gathered_along(&self, axis: Axis) -> Vec<Array<T, D::Smaller>>
    where
        D: RemoveAxis;
    /// What lies along an axis: of `lanes`, `map_axis` and `fold_axis`.
    fn gathered_lanes(&self, axis: Axis) -> Vec<Array1<T>>
    where
        D: RemoveAxis;
    /// What `split_at` gives first.
    fn before_along(&self, axis: Axis, at: usize) -> Array<T, D>;
    /// What `split_at` gives next.
    fn behind_along(&self, axis: Axis, at: usize) -> Array<T, D>;
    /// Of `windows`.
    fn gathered_windows<Sh: ndarray::IntoDimension<Dim = D>>(&self, size: Sh) -> Vec<Array<T, D>>;
    /// The shape of what `map_axis` gives.
    fn shape_without(&self, axis: Axis) -> D::Smaller
    where
        D: RemoveAxis;
    /// An array of this shape of the entries: what `map_collect` gives.
    fn gathered_as<U>(&self, entries: Vec<U>) -> Array<U, D>;
}

impl<T: Clone, S: Data<Elem = T>, D: Dimension> Gathered<T, D> for ArrayBase<S, D> {
    fn gathered(&self) -> Vec<T> {
        match self.as_slice() {
            Some(entries) => entries.to_vec(),
            None => self.iter().cloned().collect(),
        }
    }

    fn gathered_indices(&self) -> Vec<D::Pattern> {
        self.indexed_iter().map(|(index, _)| index).collect()
    }

    fn gathered_rows(&self) -> Vec<Array1<T>> {
        owned(self.rows())
    }

    fn gathered_columns(&self) -> Vec<Array1<T>> {
        owned(self.columns())
    }

    fn gathered_outer(&self) -> Vec<Array<T, D::Smaller>>
    where
        D: RemoveAxis,
    {
        owned(self.outer_iter())
    }

    fn gathered_along(&self, axis: Axis) -> Vec<Array<T, D::Smaller>>
    where
        D: RemoveAxis,
    {
        owned(self.axis_iter(axis))
    }

    fn gathered_lanes(&self, axis: Axis) -> Vec<Array1<T>>
    where
        D: RemoveAxis,
    {
        owned(self.lanes(axis))
    }

    #[track_caller]
    fn before_along(&self, axis: Axis, at: usize) -> Array<T, D> {
        self.view().split_at(axis, at).0.to_owned()
    }

    #[track_caller]
    fn behind_along(&self, axis: Axis, at: usize) -> Array<T, D> {
        self.view().split_at(axis, at).1.to_owned()
    }

    #[track_caller]
    fn gathered_windows<Sh: ndarray::IntoDimension<Dim = D>>(&self, size: Sh) -> Vec<Array<T, D>> {
        owned(self.windows(size))
    }

    fn shape_without(&self, axis: Axis) -> D::Smaller
    where
        D: RemoveAxis,
    {
        self.raw_dim().remove_axis(axis)
    }

    #[track_caller]
    fn gathered_as<U>(&self, entries: Vec<U>) -> Array<U, D> {
        from_rows(self.raw_dim(), entries)
    }
}

/// Adds the cotangents of entries.
pub(super) fn add_entries<'a, E: Element, D: Dimension>(
    bar: Option<&mut Array<E, D>>,
    entries: impl IntoIterator<Item = &'a E>,
) {
    for (bar, entry) in bar.into_iter().flatten().zip(entries) {
        *bar += *entry;
    }
}

/// The rules of iterators that give parts which do not overlap, each from the parts of the array and of
/// its cotangent.
macro_rules! part_rules {
    ($($again:ident $vjp:ident $jvp:ident $gathered:ident -> $Part:ty $(where $bound:ty)?, $parts_mut:ident($($arg:ident: $Arg:ty, $again_arg:ty),*);)+) => {$(
        shared!($again);

        #[track_caller]
        fn $vjp<const M: u64>(
            &self,
            $($arg: $Arg,)*
            _: Wrt<M>,
        ) -> (
            Vec<$Part>,
            impl FnOnce(Vec<$Part>, &Self, $($again_arg,)* Option<&mut Array<E, D>>, $(without!($arg, IndexBar<'_>)),*)
            + use<M, Self, E, S, D>,
        )
        $(where $bound: RemoveAxis)?
        {
            part_rules!(@ pull pull $Part, $parts_mut, $($arg: $again_arg)?);
            (self.__grad_iterated().$gathered($($arg),*), pull)
        }

        #[track_caller]
        fn $jvp<const M: u64>(
            &self,
            $($arg: $Arg,)*
            _: Wrt<M>,
            dot: Option<&Array<E, D>>,
            $(_: without!($arg, Option<&NoTangent>)),*
        ) -> (Vec<$Part>, Vec<$Part>)
        $(where $bound: RemoveAxis)?
        {
            let x = self.__grad_iterated();
            let y = x.$gathered($($arg),*);
            let y_dot = match dot {
                Some(dot) => dot.$gathered($($arg),*),
                None => y.iter().map(|part| Array::zeros(part.raw_dim())).collect(),
            };
            (y, y_dot)
        }
    )+};
    (@ pull $pull:ident $Part:ty, $parts_mut:ident,) => {
        let $pull = |y_bar: Vec<$Part>, _: &Self, bar: Option<&mut Array<E, D>>| {
            if let Some(bar) = bar {
                for (mut bar, part) in bar.$parts_mut().into_iter().zip(y_bar) {
                    bar += &part;
                }
            }
        };
    };
    (@ pull $pull:ident $Part:ty, $parts_mut:ident, $arg:ident: $again_arg:ty) => {
        let $pull = |y_bar: Vec<$Part>, _: &Self, $arg: $again_arg, bar: Option<&mut Array<E, D>>, _: IndexBar<'_>| {
            if let Some(bar) = bar {
                for (mut bar, part) in bar.$parts_mut(*$arg).into_iter().zip(y_bar) {
                    bar += &part;
                }
            }
        };
    };
}

/// The derivatives of what iterators over an array give.
#[allow(
    missing_docs,
    reason = "each is the rule of the method it is named after"
)]
pub trait IteratorRules<E: Element, S: Data<Elem = E>, D: Dimension>: Sized {
    fn __grad_iterated(&self) -> &ArrayBase<S, D>;

    shared!(__grad_again_gathered);

    fn __grad_vjp_gathered<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Vec<E>,
        impl FnOnce(Vec<E>, &Self, Option<&mut Array<E, D>>) + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: Vec<E>, _: &Self, bar: Option<&mut Array<E, D>>| {
            add_entries(bar, &y_bar);
        };
        (self.__grad_iterated().gathered(), pull)
    }

    fn __grad_jvp_gathered<const M: u64>(
        &self,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
    ) -> (Vec<E>, Vec<E>) {
        let y = self.__grad_iterated().gathered();
        let y_dot = dot.map_or_else(|| vec![E::zero(); y.len()], Gathered::gathered);
        (y, y_dot)
    }

    part_rules! {
        __grad_again_gathered_rows __grad_vjp_gathered_rows __grad_jvp_gathered_rows
            gathered_rows -> Array1<E>, rows_mut();
        __grad_again_gathered_columns __grad_vjp_gathered_columns __grad_jvp_gathered_columns
            gathered_columns -> Array1<E>, columns_mut();
        __grad_again_gathered_outer __grad_vjp_gathered_outer __grad_jvp_gathered_outer
            gathered_outer -> Array<E, D::Smaller> where D, outer_iter_mut();
        __grad_again_gathered_along __grad_vjp_gathered_along __grad_jvp_gathered_along
            gathered_along -> Array<E, D::Smaller> where D, axis_iter_mut(axis: Axis, &Axis);
        __grad_again_gathered_lanes __grad_vjp_gathered_lanes __grad_jvp_gathered_lanes
            gathered_lanes -> Array1<E> where D, lanes_mut(axis: Axis, &Axis);
    }

    shared!(__grad_again_gathered_windows);

    #[track_caller]
    fn __grad_vjp_gathered_windows<const M: u64, Sh: ndarray::IntoDimension<Dim = D> + Clone>(
        &self,
        size: Sh,
        _: Wrt<M>,
    ) -> (
        Vec<Array<E, D>>,
        impl FnOnce(Vec<Array<E, D>>, &Self, &Sh, Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D, Sh>,
    ) {
        let pull = |y_bar: Vec<Array<E, D>>,
                    x: &Self,
                    size: &Sh,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>| {
            let Some(bar) = bar else { return };
            let x = x.__grad_iterated();
            let size = size.clone().into_dimension();
            let mut counts = x.raw_dim();
            for (count, size) in counts.slice_mut().iter_mut().zip(size.slice()) {
                *count = (*count + 1).saturating_sub(*size);
            }
            for (origin, part) in indices_of(counts).into_iter().zip(y_bar) {
                let origin = ndarray::IntoDimension::into_dimension(origin);
                let mut window = bar.slice_each_axis_mut(|axis| {
                    let start = origin[axis.axis.index()];
                    Slice::from(start..start + size[axis.axis.index()])
                });
                window += &part;
            }
        };
        (self.__grad_iterated().gathered_windows(size), pull)
    }

    #[track_caller]
    fn __grad_jvp_gathered_windows<const M: u64, Sh: ndarray::IntoDimension<Dim = D> + Clone>(
        &self,
        size: Sh,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (Vec<Array<E, D>>, Vec<Array<E, D>>) {
        let y = self.__grad_iterated().gathered_windows(size.clone());
        let y_dot = match dot {
            Some(dot) => dot.gathered_windows(size),
            None => y.iter().map(|part| Array::zeros(part.raw_dim())).collect(),
        };
        (y, y_dot)
    }

    shared!(__grad_again_gathered_as);

    #[track_caller]
    fn __grad_vjp_gathered_as<const M: u64>(
        &self,
        entries: Vec<E>,
        _: Wrt<M>,
    ) -> (
        Array<E, D>,
        impl FnOnce(Array<E, D>, &Self, &Vec<E>, Option<&mut Array<E, D>>, Option<&mut [E]>)
        + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: Array<E, D>,
                    _: &Self,
                    _: &Vec<E>,
                    _: Option<&mut Array<E, D>>,
                    bar: Option<&mut [E]>| {
            for (bar, y_bar) in bar.into_iter().flatten().zip(&y_bar) {
                *bar += *y_bar;
            }
        };
        (self.__grad_iterated().gathered_as(entries), pull)
    }

    #[track_caller]
    fn __grad_jvp_gathered_as<const M: u64>(
        &self,
        entries: Vec<E>,
        _: Wrt<M>,
        _: Option<&Array<E, D>>,
        dot: Option<&[E]>,
    ) -> (Array<E, D>, Array<E, D>) {
        let y = self.__grad_iterated().gathered_as(entries);
        let y_dot = match dot {
            Some(dot) => from_rows(y.raw_dim(), dot.to_vec()),
            None => Array::zeros(y.raw_dim()),
        };
        (y, y_dot)
    }
}

impl<E: Element, S: Data<Elem = E>, D: Dimension> IteratorRules<E, S, D> for ArrayBase<S, D> {
    fn __grad_iterated(&self) -> &ArrayBase<S, D> {
        self
    }
}

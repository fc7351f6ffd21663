//! The methods that give a part of an array: a row, a column, what lies at an index of an axis.
//!
//! A part is copied, as every view along a derivative is; its cotangent is added to that part of the
//! array's.

use ndarray::{Array, Array1, Array2, ArrayBase, Axis, Data, Ix2, RemoveAxis};

use super::methods::dot_or_zeros;
use crate::NoTangent;
use crate::nn::Element;
use crate::private::rules::{IndexBar, shared};
use crate::private::{Shared, Wrt};

/// The derivatives of `index_axis` and `select`.
#[allow(
    missing_docs,
    reason = "each is the rule of the method it is named after"
)]
pub trait PartRules<E: Element, S: Data<Elem = E>, D: RemoveAxis>: Sized {
    fn __grad_whole(&self) -> &ArrayBase<S, D>;

    shared!(__grad_again_index_axis);

    #[track_caller]
    fn __grad_vjp_index_axis<const M: u64>(
        &self,
        axis: Axis,
        index: usize,
        _: Wrt<M>,
    ) -> (
        Array<E, D::Smaller>,
        impl FnOnce(
            Array<E, D::Smaller>,
            &Self,
            &Axis,
            &usize,
            Option<&mut Array<E, D>>,
            IndexBar<'_>,
            IndexBar<'_>,
        ) + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: Array<E, D::Smaller>,
                    _: &Self,
                    &axis: &Axis,
                    &index: &usize,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>,
                    _: IndexBar<'_>| {
            if let Some(bar) = bar {
                let mut part = bar.index_axis_mut(axis, index);
                part += &y_bar;
            }
        };
        let x = self.__grad_whole();
        (x.index_axis(axis, index).to_owned(), pull)
    }

    #[track_caller]
    fn __grad_jvp_index_axis<const M: u64>(
        &self,
        axis: Axis,
        index: usize,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
        _: Option<&NoTangent>,
    ) -> (Array<E, D::Smaller>, Array<E, D::Smaller>) {
        let x = self.__grad_whole();
        let y = x.index_axis(axis, index).to_owned();
        let y_dot = match dot {
            Some(dot) => dot.index_axis(axis, index).to_owned(),
            None => Array::zeros(y.raw_dim()),
        };
        (y, y_dot)
    }

    shared!(__grad_again_select);

    #[track_caller]
    fn __grad_vjp_select<const M: u64>(
        &self,
        axis: Axis,
        indices: &[usize],
        _: Wrt<M>,
    ) -> (
        Array<E, D>,
        impl FnOnce(
            Array<E, D>,
            &Self,
            &Axis,
            &[usize],
            Option<&mut Array<E, D>>,
            IndexBar<'_>,
            Option<&mut [NoTangent]>,
        ) + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: Array<E, D>,
                    _: &Self,
                    &axis: &Axis,
                    indices: &[usize],
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>,
                    _: Option<&mut [NoTangent]>| {
            let Some(bar) = bar else { return };
            for (y_bar, &index) in y_bar.axis_iter(axis).zip(indices) {
                let mut part = bar.index_axis_mut(axis, index);
                part += &y_bar;
            }
        };
        (self.__grad_whole().select(axis, indices), pull)
    }

    #[track_caller]
    fn __grad_jvp_select<const M: u64>(
        &self,
        axis: Axis,
        indices: &[usize],
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
        _: Option<&[NoTangent]>,
    ) -> (Array<E, D>, Array<E, D>) {
        let x = self.__grad_whole();
        let y_dot = dot_or_zeros(x, dot).select(axis, indices);
        (x.select(axis, indices), y_dot)
    }
}

impl<E: Element, S: Data<Elem = E>, D: RemoveAxis> PartRules<E, S, D> for ArrayBase<S, D> {
    fn __grad_whole(&self) -> &ArrayBase<S, D> {
        self
    }
}

/// The rules of a method that gives a line of a matrix.
macro_rules! line_rules {
    ($($again:ident $vjp:ident $jvp:ident $line:ident $line_mut:ident;)+) => {
        /// The derivatives of `row` and `column`.
        #[allow(
            missing_docs,
            reason = "each is the rule of the method it is named after"
        )]
        pub trait LineRules<E: Element, S: Data<Elem = E>>: Sized {
            fn __grad_matrix(&self) -> &ArrayBase<S, Ix2>;

            $(
                shared!($again);

                #[track_caller]
                fn $vjp<const M: u64>(
                    &self,
                    index: usize,
                    _: Wrt<M>,
                ) -> (
                    Array1<E>,
                    impl FnOnce(Array1<E>, &Self, &usize, Option<&mut Array2<E>>, IndexBar<'_>)
                    + use<M, Self, E, S>,
                ) {
                    let pull = |y_bar: Array1<E>,
                                _: &Self,
                                &index: &usize,
                                bar: Option<&mut Array2<E>>,
                                _: IndexBar<'_>| {
                        if let Some(bar) = bar {
                            let mut line = bar.$line_mut(index);
                            line += &y_bar;
                        }
                    };
                    (self.__grad_matrix().$line(index).to_owned(), pull)
                }

                #[track_caller]
                fn $jvp<const M: u64>(
                    &self,
                    index: usize,
                    _: Wrt<M>,
                    dot: Option<&Array2<E>>,
                    _: Option<&NoTangent>,
                ) -> (Array1<E>, Array1<E>) {
                    let y = self.__grad_matrix().$line(index).to_owned();
                    let y_dot = match dot {
                        Some(dot) => dot.$line(index).to_owned(),
                        None => Array1::zeros(y.len()),
                    };
                    (y, y_dot)
                }
            )+
        }
    };
}
line_rules! {
    __grad_again_row __grad_vjp_row __grad_jvp_row row row_mut;
    __grad_again_column __grad_vjp_column __grad_jvp_column column column_mut;
}

impl<E: Element, S: Data<Elem = E>> LineRules<E, S> for ArrayBase<S, Ix2> {
    fn __grad_matrix(&self) -> &ArrayBase<S, Ix2> {
        self
    }
}

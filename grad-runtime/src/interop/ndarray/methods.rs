//! The methods of arrays: reductions, products, reshaping, slices. Past 400 lines
//! for the signatures of both modes.

use ndarray::{
    Array, ArrayBase, Axis, CowArray, Data, Dimension, Order, RemoveAxis, ShapeArg, ShapeError,
    SliceArg,
};

use super::broadcast::add_to;
use crate::nn::{Bar, Element};
use crate::private::rules::{IndexBar, shared};
use crate::private::{Shared, TangentOf, Wrt};
use crate::{Differentiable, NoTangent};

/// An owned tangent of an array, or a zero one.
pub(super) fn dot_or_zeros<E: Element, S: Data<Elem = E>, D: Dimension>(
    x: &ArrayBase<S, D>,
    x_dot: Option<&Array<E, D>>,
) -> Array<E, D> {
    x_dot.map_or_else(|| Array::zeros(x.raw_dim()), Clone::clone)
}

/// The reciprocal of a number of entries.
fn weight<E: Element>(entries: usize) -> E {
    E::of(entries as f64).recip()
}

/// The derivatives of the methods of arrays.
///
/// What borrows its receiver (`t`, `view`, `slice`, `to_shape`) gives an owned array here, as a pullback
/// cannot hold both an array and a view of it; what takes it (`insert_axis`, `into_shape_with_order`)
/// takes a copy, as the pullback is handed the receiver again.
#[allow(
    missing_docs,
    reason = "each is the rule of the method it is named after"
)]
pub trait ArrayRules<E: Element, S: Data<Elem = E>, D: Dimension>: Sized {
    fn __grad_array(&self) -> &ArrayBase<S, D>;

    shared! {
        __grad_again_sum, __grad_again_mean, __grad_again_sum_axis, __grad_again_mean_axis,
        __grad_again_t, __grad_again_to_shape, __grad_again_into_shape_with_order,
        __grad_again_insert_axis, __grad_again_slice, __grad_again_to_owned, __grad_again_view,
        __grad_again_clone, __grad_again_dot
    }

    fn __grad_vjp_sum<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        E,
        impl FnOnce(E, &Self, Option<&mut Array<E, D>>) + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: E, _: &Self, bar: Option<&mut Array<E, D>>| {
            if let Some(bar) = bar {
                *bar += y_bar;
            }
        };
        (self.__grad_array().sum(), pull)
    }

    fn __grad_jvp_sum<const M: u64>(&self, _: Wrt<M>, dot: Option<&Array<E, D>>) -> (E, E) {
        (
            self.__grad_array().sum(),
            dot.map_or_else(E::zero, |dot| dot.sum()),
        )
    }

    fn __grad_vjp_mean<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Option<E>,
        impl FnOnce(Option<E>, &Self, Option<&mut Array<E, D>>) + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: Option<E>, x: &Self, bar: Option<&mut Array<E, D>>| {
            if let (Some(bar), Some(y_bar)) = (bar, y_bar) {
                *bar += y_bar * weight::<E>(x.__grad_array().len());
            }
        };
        (mean(self.__grad_array()), pull)
    }

    fn __grad_jvp_mean<const M: u64>(
        &self,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
    ) -> (Option<E>, Option<E>) {
        let x = self.__grad_array();
        let y = mean(x);
        (
            y,
            y.map(|_| dot.map_or_else(E::zero, |dot| dot.sum() * weight(x.len()))),
        )
    }

    fn __grad_vjp_sum_axis<const M: u64>(
        &self,
        axis: Axis,
        _: Wrt<M>,
    ) -> (
        Array<E, D::Smaller>,
        impl FnOnce(Array<E, D::Smaller>, &Self, &Axis, Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D>,
    )
    where
        D: RemoveAxis,
    {
        let pull = |y_bar: Array<E, D::Smaller>,
                    _: &Self,
                    &axis: &Axis,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>| {
            if let Some(bar) = bar {
                let mut bar = bar.view_mut().into_dyn();
                bar += &y_bar.into_dyn().insert_axis(axis);
            }
        };
        (self.__grad_array().sum_axis(axis), pull)
    }

    fn __grad_jvp_sum_axis<const M: u64>(
        &self,
        axis: Axis,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (Array<E, D::Smaller>, Array<E, D::Smaller>)
    where
        D: RemoveAxis,
    {
        let y = self.__grad_array().sum_axis(axis);
        let y_dot = dot.map_or_else(|| Array::zeros(y.raw_dim()), |dot| dot.sum_axis(axis));
        (y, y_dot)
    }

    #[allow(clippy::type_complexity, reason = "as the pullbacks of all rules")]
    fn __grad_vjp_mean_axis<const M: u64>(
        &self,
        axis: Axis,
        _: Wrt<M>,
    ) -> (
        Option<Array<E, D::Smaller>>,
        impl FnOnce(Option<Array<E, D::Smaller>>, &Self, &Axis, Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D>,
    )
    where
        D: RemoveAxis,
    {
        let pull = |y_bar: Option<Array<E, D::Smaller>>,
                    x: &Self,
                    &axis: &Axis,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>| {
            if let (Some(bar), Some(y_bar)) = (bar, y_bar) {
                let share =
                    y_bar.into_dyn().insert_axis(axis) * weight::<E>(x.__grad_array().len_of(axis));
                let mut bar = bar.view_mut().into_dyn();
                bar += &share;
            }
        };
        (mean_axis(self.__grad_array(), axis), pull)
    }

    #[allow(clippy::type_complexity, reason = "value and tangent")]
    fn __grad_jvp_mean_axis<const M: u64>(
        &self,
        axis: Axis,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (Option<Array<E, D::Smaller>>, Option<Array<E, D::Smaller>>)
    where
        D: RemoveAxis,
    {
        let y = mean_axis(self.__grad_array(), axis);
        let y_dot = y.as_ref().map(|y| match dot {
            Some(dot) => mean_axis(dot, axis).unwrap_or_else(|| Array::zeros(y.raw_dim())),
            None => Array::zeros(y.raw_dim()),
        });
        (y, y_dot)
    }

    fn __grad_vjp_t<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Array<E, D>,
        impl FnOnce(Array<E, D>, &Self, Option<&mut Array<E, D>>) + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: Array<E, D>, _: &Self, bar: Option<&mut Array<E, D>>| {
            if let Some(bar) = bar {
                *bar += &y_bar.t();
            }
        };
        (self.__grad_array().t().to_owned(), pull)
    }

    fn __grad_jvp_t<const M: u64>(
        &self,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
    ) -> (Array<E, D>, Array<E, D>) {
        let x = self.__grad_array();
        (x.t().to_owned(), dot_or_zeros(x, dot).reversed_axes())
    }

    #[allow(clippy::type_complexity, reason = "as the pullbacks of all rules")]
    fn __grad_vjp_to_shape<const M: u64, Sh: ShapeArg + Clone>(
        &self,
        shape: Sh,
        _: Wrt<M>,
    ) -> (
        Result<Array<E, Sh::Dim>, ShapeError>,
        impl FnOnce(Option<Array<E, Sh::Dim>>, &Self, &Sh, Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D, Sh>,
    ) {
        let pull = |y_bar: Option<Array<E, Sh::Dim>>,
                    _: &Self,
                    shape: &Sh,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>| add_reshaped(bar, y_bar, shape);
        (to_shape(self.__grad_array(), shape), pull)
    }

    #[allow(clippy::type_complexity, reason = "value and tangent")]
    fn __grad_jvp_to_shape<const M: u64, Sh: ShapeArg + Clone>(
        &self,
        shape: Sh,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (
        Result<Array<E, Sh::Dim>, ShapeError>,
        Option<Array<E, Sh::Dim>>,
    ) {
        let dot = dot_or_zeros(self.__grad_array(), dot);
        let y_dot = dot.to_shape(shape.clone()).ok().map(CowArray::into_owned);
        (to_shape(self.__grad_array(), shape), y_dot)
    }

    #[allow(clippy::type_complexity, reason = "as the pullbacks of all rules")]
    fn __grad_vjp_into_shape_with_order<const M: u64, Sh: ShapeArg + Clone>(
        &self,
        shape: Sh,
        _: Wrt<M>,
    ) -> (
        Result<Array<E, Sh::Dim>, ShapeError>,
        impl FnOnce(Option<Array<E, Sh::Dim>>, &Self, &Sh, Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D, Sh>,
    ) {
        let pull = |y_bar: Option<Array<E, Sh::Dim>>,
                    _: &Self,
                    shape: &Sh,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>| add_reshaped(bar, y_bar, shape);
        (into_shape(self.__grad_array(), shape), pull)
    }

    #[allow(clippy::type_complexity, reason = "value and tangent")]
    fn __grad_jvp_into_shape_with_order<const M: u64, Sh: ShapeArg + Clone>(
        &self,
        shape: Sh,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (
        Result<Array<E, Sh::Dim>, ShapeError>,
        Option<Array<E, Sh::Dim>>,
    ) {
        let x = self.__grad_array();
        let y = into_shape(x, shape.clone());
        let y_dot = y.is_ok().then(|| to_shape(&dot_or_zeros(x, dot), shape));
        (y, y_dot.and_then(Result::ok))
    }

    fn __grad_vjp_insert_axis<const M: u64>(
        &self,
        axis: Axis,
        _: Wrt<M>,
    ) -> (
        Array<E, D::Larger>,
        impl FnOnce(Array<E, D::Larger>, &Self, &Axis, Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: Array<E, D::Larger>,
                    _: &Self,
                    &axis: &Axis,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>| {
            if let Some(bar) = bar {
                add_to(bar, y_bar.into_dyn().index_axis_move(axis, 0));
            }
        };
        let x = self.__grad_array().view();
        (x.insert_axis(axis).to_owned(), pull)
    }

    fn __grad_jvp_insert_axis<const M: u64>(
        &self,
        axis: Axis,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (Array<E, D::Larger>, Array<E, D::Larger>) {
        let x = self.__grad_array();
        let y_dot = dot_or_zeros(x, dot).insert_axis(axis);
        (x.view().insert_axis(axis).to_owned(), y_dot)
    }

    fn __grad_vjp_slice<const M: u64, I: SliceArg<D>>(
        &self,
        info: I,
        _: Wrt<M>,
    ) -> (
        Array<E, I::OutDim>,
        impl FnOnce(Array<E, I::OutDim>, &Self, &I, Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D, I>,
    ) {
        let pull = |y_bar: Array<E, I::OutDim>,
                    _: &Self,
                    info: &I,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>| {
            if let Some(bar) = bar {
                let mut part = bar.slice_mut(info);
                part += &y_bar;
            }
        };
        (self.__grad_array().slice(info).to_owned(), pull)
    }

    fn __grad_jvp_slice<const M: u64, I: SliceArg<D>>(
        &self,
        info: I,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (Array<E, I::OutDim>, Array<E, I::OutDim>) {
        let x = self.__grad_array();
        let y_dot = dot_or_zeros(x, dot).slice(&info).to_owned();
        (x.slice(info).to_owned(), y_dot)
    }

    fn __grad_vjp_to_owned<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Array<E, D>,
        impl FnOnce(Array<E, D>, &Self, Option<&mut Array<E, D>>) + use<M, Self, E, S, D>,
    ) {
        (self.__grad_array().to_owned(), pull_same)
    }

    fn __grad_jvp_to_owned<const M: u64>(
        &self,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
    ) -> (Array<E, D>, Array<E, D>) {
        let x = self.__grad_array();
        (x.to_owned(), dot_or_zeros(x, dot))
    }

    fn __grad_vjp_view<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Array<E, D>,
        impl FnOnce(Array<E, D>, &Self, Option<&mut Array<E, D>>) + use<M, Self, E, S, D>,
    ) {
        (self.__grad_array().to_owned(), pull_same)
    }

    fn __grad_jvp_view<const M: u64>(
        &self,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
    ) -> (Array<E, D>, Array<E, D>) {
        let x = self.__grad_array();
        (x.to_owned(), dot_or_zeros(x, dot))
    }

    fn __grad_vjp_clone<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Self,
        impl FnOnce(Array<E, D>, &Self, Option<&mut Array<E, D>>) + use<M, Self, E, S, D>,
    )
    where
        Self: Clone,
    {
        (self.clone(), pull_same)
    }

    fn __grad_jvp_clone<const M: u64>(
        &self,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
    ) -> (Self, Array<E, D>)
    where
        Self: Clone,
    {
        (self.clone(), dot_or_zeros(self.__grad_array(), dot))
    }
}

impl<E: Element, S: Data<Elem = E>, D: Dimension> ArrayRules<E, S, D> for ArrayBase<S, D> {
    fn __grad_array(&self) -> &ArrayBase<S, D> {
        self
    }
}

/// The pullback of what copies.
fn pull_same<T, E: Element, D: Dimension>(
    y_bar: Array<E, D>,
    _: &T,
    bar: Option<&mut Array<E, D>>,
) {
    if let Some(bar) = bar {
        *bar += &y_bar;
    }
}

fn to_shape<E: Element, S: Data<Elem = E>, D: Dimension, Sh: ShapeArg>(
    x: &ArrayBase<S, D>,
    shape: Sh,
) -> Result<Array<E, Sh::Dim>, ShapeError> {
    x.to_shape(shape).map(CowArray::into_owned)
}

fn into_shape<E: Element, S: Data<Elem = E>, D: Dimension, Sh: ShapeArg>(
    x: &ArrayBase<S, D>,
    shape: Sh,
) -> Result<Array<E, Sh::Dim>, ShapeError> {
    let shaped = x.view().into_shape_with_order(shape);
    shaped.map(|shaped| shaped.to_owned())
}

fn mean<E: Element, S: Data<Elem = E>, D: Dimension>(x: &ArrayBase<S, D>) -> Option<E> {
    x.mean()
}

fn mean_axis<E: Element, S: Data<Elem = E>, D: RemoveAxis>(
    x: &ArrayBase<S, D>,
    axis: Axis,
) -> Option<Array<E, D::Smaller>> {
    x.mean_axis(axis)
}

/// Adds a cotangent to one of another shape with the same entries.
fn add_reshaped<E: Element, D: Dimension, Sh: ShapeArg + Clone>(
    bar: Option<&mut Array<E, D>>,
    y_bar: Option<Array<E, Sh::Dim>>,
    shape: &Sh,
) {
    if let (Some(bar), Some(y_bar)) = (bar, y_bar) {
        let order = shape
            .clone()
            .into_shape_and_order()
            .1
            .unwrap_or(Order::RowMajor);
        let y_bar = y_bar
            .to_shape((bar.raw_dim(), order))
            .expect("both shapes have the same entries");
        *bar += &y_bar;
    }
}

/// The derivative of `dot`, a linear map of each operand.
#[allow(
    missing_docs,
    reason = "each is the rule of the method it is named after"
)]
pub trait DotRules<R: Differentiable>: Differentiable + Sized {
    /// The product.
    type Product: Differentiable;

    fn __grad_dot(&self, rhs: &R) -> Self::Product;

    /// Adds what the cotangent of the product gives.
    fn __grad_pull_dot(
        &self,
        rhs: &R,
        y_bar: TangentOf<Self::Product>,
        self_bar: Bar<'_, Self>,
        rhs_bar: Bar<'_, R>,
    );

    /// The tangent of the product.
    fn __grad_push_dot(
        &self,
        rhs: &R,
        self_dot: Option<&TangentOf<Self>>,
        rhs_dot: Option<&TangentOf<R>>,
    ) -> TangentOf<Self::Product>;

    #[track_caller]
    fn __grad_vjp_dot<const M: u64>(
        &self,
        rhs: &R,
        _: Wrt<M>,
    ) -> (
        Self::Product,
        impl FnOnce(TangentOf<Self::Product>, &Self, &R, Bar<'_, Self>, Bar<'_, R>) + use<M, Self, R>,
    ) {
        let pull =
            |y_bar: TangentOf<Self::Product>,
             this: &Self,
             rhs: &R,
             self_bar: Bar<'_, Self>,
             rhs_bar: Bar<'_, R>| this.__grad_pull_dot(rhs, y_bar, self_bar, rhs_bar);
        (self.__grad_dot(rhs), pull)
    }

    #[track_caller]
    fn __grad_jvp_dot<const M: u64>(
        &self,
        rhs: &R,
        _: Wrt<M>,
        self_dot: Option<&TangentOf<Self>>,
        rhs_dot: Option<&TangentOf<R>>,
    ) -> (Self::Product, TangentOf<Self::Product>) {
        (
            self.__grad_dot(rhs),
            self.__grad_push_dot(rhs, self_dot, rhs_dot),
        )
    }
}

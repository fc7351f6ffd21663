//! Methods that give the entries of an array another shape or order, or repeat them.
//!
//! Each is stated by what it does to an array: the tangent goes the same way, and the cotangent is added
//! to the cotangent of the array seen that way.

use std::vec::Vec;

use ndarray::{
    Array, Array1, ArrayBase, Axis, Data, Dimension, IntoDimension, Ix1, RemoveAxis, Slice,
};

use super::broadcast::add_to;
use super::gathered::{Gathered, add_entries};
use super::methods::dot_or_zeros;
use crate::NoTangent;
use crate::nn::Element;
use crate::private::rules::{IndexBar, shared};
use crate::private::{Shared, Wrt};

/// Rules of methods that show each entry once: `|x|` is a view of the array, or of its cotangent.
macro_rules! rearranging {
    ($($again:ident $vjp:ident $jvp:ident $(<$I:ident: $bound:path>)? ($($arg:ident: $Arg:ty),*) -> $Of:ty,
       |$x:ident| $seen:expr;)+) => {$(
        shared!($again);

        #[track_caller]
        fn $vjp<const M: u64 $(, $I: $bound + Clone)?>(
            &self,
            $($arg: $Arg,)*
            _: Wrt<M>,
        ) -> (
            Array<E, $Of>,
            impl FnOnce(
                Array<E, $Of>,
                &Self,
                $(&$Arg,)*
                Option<&mut Array<E, D>>,
                $(without!($arg, IndexBar<'_>)),*
            ) + use<M, Self, E, S, D $(, $I)?>,
        )
        where
            D: RemoveAxis,
        {
            let pull = |y_bar: Array<E, $Of>,
                        _: &Self,
                        $($arg: &$Arg,)*
                        bar: Option<&mut Array<E, D>>,
                        $(_: without!($arg, IndexBar<'_>)),*| {
                if let Some(bar) = bar {
                    $(let $arg = $arg.clone();)*
                    let $x = bar.view_mut();
                    let mut seen = $seen;
                    seen += &y_bar;
                }
            };
            let $x = self.__grad_rearranged().view();
            ($seen.to_owned(), pull)
        }

        #[track_caller]
        fn $jvp<const M: u64 $(, $I: $bound + Clone)?>(
            &self,
            $($arg: $Arg,)*
            _: Wrt<M>,
            dot: Option<&Array<E, D>>,
            $(_: without!($arg, Option<&NoTangent>)),*
        ) -> (Array<E, $Of>, Array<E, $Of>)
        where
            D: RemoveAxis,
        {
            let dot = dot_or_zeros(self.__grad_rearranged(), dot);
            let seen = {
                $(let $arg = $arg.clone();)*
                let $x = dot.view();
                $seen.to_owned()
            };
            let $x = self.__grad_rearranged().view();
            ($seen.to_owned(), seen)
        }
    )+};
}

/// Rules of methods that give the entries in one line.
macro_rules! flattening {
    ($($again:ident $vjp:ident $jvp:ident;)+) => {$(
        shared!($again);

        fn $vjp<const M: u64>(
            &self,
            _: Wrt<M>,
        ) -> (
            Array1<E>,
            impl FnOnce(Array1<E>, &Self, Option<&mut Array<E, D>>) + use<M, Self, E, S, D>,
        ) {
            let pull = |y_bar: Array1<E>, _: &Self, bar: Option<&mut Array<E, D>>| {
                add_entries(bar, &y_bar);
            };
            (self.__grad_rearranged().gathered().into(), pull)
        }

        fn $jvp<const M: u64>(
            &self,
            _: Wrt<M>,
            dot: Option<&Array<E, D>>,
        ) -> (Array1<E>, Array1<E>) {
            let x = self.__grad_rearranged();
            (x.gathered().into(), dot_or_zeros(x, dot).gathered().into())
        }
    )+};
}

/// The derivatives of what shows the entries of an array in another way.
#[allow(
    missing_docs,
    reason = "each is the rule of the method it is named after"
)]
pub trait RearrangeRules<E: Element, S: Data<Elem = E>, D: Dimension>: Sized {
    fn __grad_rearranged(&self) -> &ArrayBase<S, D>;

    rearranging! {
        __grad_again_reversed_axes __grad_vjp_reversed_axes __grad_jvp_reversed_axes
            () -> D, |x| x.reversed_axes();
        __grad_again_permuted_axes __grad_vjp_permuted_axes __grad_jvp_permuted_axes
            <I: AxesOf<D>> (axes: I) -> D, |x| x.permuted_axes(axes);
        __grad_again_remove_axis __grad_vjp_remove_axis __grad_jvp_remove_axis
            (axis: Axis) -> D::Smaller, |x| x.index_axis_move(axis, 0);
        __grad_again_index_axis_move __grad_vjp_index_axis_move __grad_jvp_index_axis_move
            (axis: Axis, index: usize) -> D::Smaller, |x| x.index_axis_move(axis, index);
        __grad_again_slice_axis __grad_vjp_slice_axis __grad_jvp_slice_axis
            (axis: Axis, range: Slice) -> D, |x| { let mut x = x; x.slice_axis_inplace(axis, range); x };
        __grad_again_before_along __grad_vjp_before_along __grad_jvp_before_along
            (axis: Axis, at: usize) -> D, |x| x.split_at(axis, at).0;
        __grad_again_behind_along __grad_vjp_behind_along __grad_jvp_behind_along
            (axis: Axis, at: usize) -> D, |x| x.split_at(axis, at).1;
        __grad_again_diag __grad_vjp_diag __grad_jvp_diag
            () -> Ix1, |x| x.into_diag();
        __grad_again_into_diag __grad_vjp_into_diag __grad_jvp_into_diag
            () -> Ix1, |x| x.into_diag();
    }

    flattening! {
        __grad_again_flatten __grad_vjp_flatten __grad_jvp_flatten;
        __grad_again_into_flat __grad_vjp_into_flat __grad_jvp_into_flat;
    }

    shared!(__grad_again_to_vec);

    fn __grad_vjp_to_vec<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Vec<E>,
        impl FnOnce(Vec<E>, &Self, Option<&mut Array<E, D>>) + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: Vec<E>, _: &Self, bar: Option<&mut Array<E, D>>| {
            add_entries(bar, &y_bar);
        };
        (self.__grad_rearranged().gathered(), pull)
    }

    fn __grad_jvp_to_vec<const M: u64>(
        &self,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
    ) -> (Vec<E>, Vec<E>) {
        let x = self.__grad_rearranged();
        (x.gathered(), dot_or_zeros(x, dot).gathered())
    }

    shared!(__grad_again_broadcast);

    fn __grad_vjp_broadcast<const M: u64, Sh: IntoDimension>(
        &self,
        shape: Sh,
        _: Wrt<M>,
    ) -> (
        Option<Array<E, Sh::Dim>>,
        impl FnOnce(Option<Array<E, Sh::Dim>>, &Self, &Sh, Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D, Sh>,
    ) {
        let pull = |y_bar: Option<Array<E, Sh::Dim>>,
                    _: &Self,
                    _: &Sh,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>| {
            if let (Some(y_bar), Some(bar)) = (y_bar, bar) {
                add_to(bar, y_bar.into_dyn());
            }
        };
        let y = self.__grad_rearranged().broadcast(shape);
        (y.map(|y| y.to_owned()), pull)
    }

    fn __grad_jvp_broadcast<const M: u64, Sh: IntoDimension>(
        &self,
        shape: Sh,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (Option<Array<E, Sh::Dim>>, Option<Array<E, Sh::Dim>>) {
        let (x, shape) = (self.__grad_rearranged(), shape.into_dimension());
        let dot = dot_or_zeros(x, dot);
        let y_dot = dot.broadcast(shape.clone()).map(|dot| dot.to_owned());
        (x.broadcast(shape).map(|y| y.to_owned()), y_dot)
    }
}

impl<E: Element, S: Data<Elem = E>, D: Dimension> RearrangeRules<E, S, D> for ArrayBase<S, D> {
    fn __grad_rearranged(&self) -> &ArrayBase<S, D> {
        self
    }
}

/// An order of axes.
pub trait AxesOf<D>: IntoDimension<Dim = D> {}

impl<D, T: IntoDimension<Dim = D>> AxesOf<D> for T {}

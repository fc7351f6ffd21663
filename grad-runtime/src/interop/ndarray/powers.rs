//! Powers of each entry, the product of all, and moments along an axis.
//!
//! ```text
//! product = Π x_k                       d product / d x_j = Π_{k ≠ j} x_k
//! ```

use std::vec;
use std::vec::Vec;

use ndarray::{Array, ArrayBase, Axis, Data, Dimension, RemoveAxis};

use super::entries::push;
use super::moments::MomentRules;
use crate::NoTangent;
use crate::nn::Element;
use crate::private::rules::{IndexBar, RealRules, shared};
use crate::private::{Shared, Wrt};

/// The derivatives of `product`, and of powers of each entry by the rule of its float.
#[allow(
    missing_docs,
    reason = "each is the rule of the method it is named after"
)]
pub trait PowerRules<E: Element + RealRules, S: Data<Elem = E>, D: Dimension>: Sized {
    fn __grad_powered(&self) -> &ArrayBase<S, D>;

    shared!(__grad_again_powi);

    fn __grad_vjp_powi<const M: u64>(
        &self,
        n: i32,
        _: Wrt<M>,
    ) -> (
        Array<E, D>,
        impl FnOnce(Array<E, D>, &Self, &i32, Option<&mut Array<E, D>>, IndexBar<'_>)
        + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: Array<E, D>,
                    x: &Self,
                    n: &i32,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>| {
            let Some(bar) = bar else { return };
            for ((bar, x), y_bar) in bar.iter_mut().zip(x.__grad_powered()).zip(y_bar) {
                if !y_bar.is_zero() {
                    let (_, pull) = RealRules::__grad_vjp_powi(x, *n, Wrt::<1>);
                    pull(y_bar, x, n, Some(bar), None);
                }
            }
        };
        (self.__grad_powered().powi(n), pull)
    }

    fn __grad_jvp_powi<const M: u64>(
        &self,
        n: i32,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        _: Option<&NoTangent>,
    ) -> (Array<E, D>, Array<E, D>) {
        push(self.__grad_powered(), dot, |x, dot| {
            RealRules::__grad_jvp_powi(x, n, Wrt::<1>, dot, None)
        })
    }

    shared!(__grad_again_powf);

    fn __grad_vjp_powf<const M: u64>(
        &self,
        exponent: E,
        _: Wrt<M>,
    ) -> (
        Array<E, D>,
        impl FnOnce(Array<E, D>, &Self, &E, Option<&mut Array<E, D>>, Option<&mut E>)
        + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: Array<E, D>,
                    x: &Self,
                    exponent: &E,
                    mut bar: Option<&mut Array<E, D>>,
                    mut exponent_bar: Option<&mut E>| {
            let mut bars = bar.as_mut().map(|bar| bar.iter_mut());
            for (x, y_bar) in x.__grad_powered().iter().zip(y_bar) {
                let bar = bars.as_mut().and_then(Iterator::next);
                if !y_bar.is_zero() {
                    let (_, pull) = RealRules::__grad_vjp_powf(x, *exponent, Wrt::<3>);
                    pull(y_bar, x, exponent, bar, exponent_bar.as_deref_mut());
                }
            }
        };
        (self.__grad_powered().powf(exponent), pull)
    }

    fn __grad_jvp_powf<const M: u64>(
        &self,
        exponent: E,
        _: Wrt<M>,
        dot: Option<&Array<E, D>>,
        exponent_dot: Option<&E>,
    ) -> (Array<E, D>, Array<E, D>) {
        push(self.__grad_powered(), dot, |x, dot| {
            RealRules::__grad_jvp_powf(x, exponent, Wrt::<3>, dot, exponent_dot)
        })
    }

    shared!(__grad_again_product);

    fn __grad_vjp_product<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        E,
        impl FnOnce(E, &Self, Option<&mut Array<E, D>>) + use<M, Self, E, S, D>,
    ) {
        let pull = |y_bar: E, x: &Self, bar: Option<&mut Array<E, D>>| {
            let Some(bar) = bar.filter(|_| !y_bar.is_zero()) else {
                return;
            };
            for (bar, others) in bar.iter_mut().zip(products_of_others(x.__grad_powered())) {
                *bar += y_bar * others;
            }
        };
        (self.__grad_powered().product(), pull)
    }

    fn __grad_jvp_product<const M: u64>(&self, _: Wrt<M>, dot: Option<&Array<E, D>>) -> (E, E) {
        let x = self.__grad_powered();
        let along = |dot: &Array<E, D>| {
            let terms = dot.iter().zip(products_of_others(x));
            terms
                .filter(|(dot, _)| !dot.is_zero())
                .map(|(dot, others)| *dot * others)
                .sum()
        };
        (x.product(), dot.map_or_else(E::zero, along))
    }
}

impl<E: Element + RealRules, S: Data<Elem = E>, D: Dimension> PowerRules<E, S, D>
    for ArrayBase<S, D>
{
    fn __grad_powered(&self) -> &ArrayBase<S, D> {
        self
    }
}

/// For each entry the product of all others: of those before it and those behind it, without a
/// division.
fn products_of_others<E: Element, S: Data<Elem = E>, D: Dimension>(x: &ArrayBase<S, D>) -> Vec<E> {
    let entries: Vec<E> = x.iter().copied().collect();
    let mut others = vec![E::one(); entries.len()];
    let mut before = E::one();
    for (others, x) in others.iter_mut().zip(&entries) {
        *others = before;
        before *= *x;
    }
    let mut behind = E::one();
    for (others, x) in others.iter_mut().zip(&entries).rev() {
        *others *= behind;
        behind *= *x;
    }
    others
}

macro_rules! axis_moments {
    ($($again:ident $vjp:ident $jvp:ident $method:ident $of_vjp:ident $of_jvp:ident;)+) => {
        /// The derivatives of `var_axis` and `std_axis`: of `var` and `std` in each lane.
        #[allow(
            missing_docs,
            reason = "each is the rule of the method it is named after"
        )]
        pub trait AxisMomentRules<E: Element, S: Data<Elem = E>, D: RemoveAxis>: Sized {
            fn __grad_spread_along(&self) -> &ArrayBase<S, D>;

            $(
                shared!($again);

                #[track_caller]
                fn $vjp<const M: u64>(
                    &self,
                    axis: Axis,
                    ddof: E,
                    _: Wrt<M>,
                ) -> (
                    Array<E, D::Smaller>,
                    impl FnOnce(
                        Array<E, D::Smaller>,
                        &Self,
                        &Axis,
                        &E,
                        Option<&mut Array<E, D>>,
                        IndexBar<'_>,
                        Option<&mut E>,
                    ) + use<M, Self, E, S, D>,
                ) {
                    let pull = |y_bar: Array<E, D::Smaller>,
                                x: &Self,
                                axis: &Axis,
                                ddof: &E,
                                mut bar: Option<&mut Array<E, D>>,
                                _: IndexBar<'_>,
                                mut ddof_bar: Option<&mut E>| {
                        let x = x.__grad_spread_along();
                        let mut bars = bar.as_mut().map(|bar| bar.lanes_mut(*axis).into_iter());
                        for (x, y_bar) in x.lanes(*axis).into_iter().zip(y_bar) {
                            let bar = bars.as_mut().and_then(Iterator::next);
                            let (_, pull) = MomentRules::$of_vjp(&x, *ddof, Wrt::<3>);
                            let mut of_lane = bar.as_ref().map(|bar| Array::zeros(bar.raw_dim()));
                            pull(y_bar, &x, ddof, of_lane.as_mut(), ddof_bar.as_deref_mut());
                            if let (Some(mut bar), Some(of_lane)) = (bar, of_lane) {
                                bar += &of_lane;
                            }
                        }
                    };
                    (self.__grad_spread_along().$method(axis, ddof), pull)
                }

                #[track_caller]
                fn $jvp<const M: u64>(
                    &self,
                    axis: Axis,
                    ddof: E,
                    _: Wrt<M>,
                    dot: Option<&Array<E, D>>,
                    _: Option<&NoTangent>,
                    ddof_dot: Option<&E>,
                ) -> (Array<E, D::Smaller>, Array<E, D::Smaller>) {
                    let x = self.__grad_spread_along();
                    let y = x.$method(axis, ddof);
                    let mut y_dot = Array::zeros(y.raw_dim());
                    let mut dots = dot.map(|dot| dot.lanes(axis).into_iter());
                    for (x, y_dot) in x.lanes(axis).into_iter().zip(&mut y_dot) {
                        let dot = dots.as_mut().and_then(Iterator::next);
                        let dot = dot.map(|dot| dot.to_owned());
                        *y_dot = MomentRules::$of_jvp(&x, ddof, Wrt::<3>, dot.as_ref(), ddof_dot).1;
                    }
                    (y, y_dot)
                }
            )+
        }
    };
}
axis_moments! {
    __grad_again_var_axis __grad_vjp_var_axis __grad_jvp_var_axis var_axis __grad_vjp_var __grad_jvp_var;
    __grad_again_std_axis __grad_vjp_std_axis __grad_jvp_std_axis std_axis __grad_vjp_std __grad_jvp_std;
}

impl<E: Element, S: Data<Elem = E>, D: RemoveAxis> AxisMomentRules<E, S, D> for ArrayBase<S, D> {
    fn __grad_spread_along(&self) -> &ArrayBase<S, D> {
        self
    }
}

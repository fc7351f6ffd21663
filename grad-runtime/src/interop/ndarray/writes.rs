//! The methods that write a whole array: `assign`, `fill`, `scaled_add`, `swap_axes`.

use ndarray::{Array, ArrayBase, Data, Dimension, Zip};

use super::broadcast::{add_to, repeat, view};
use crate::NoTangent;
use crate::nn::Element;
use crate::private::rules::{IndexBar, exclusive};
use crate::private::{Exclusive, UnitTangent, Wrt, unit_tangent};

/// The derivatives of the methods that write an array that owns its entries.
#[allow(
    missing_docs,
    reason = "each is the rule of the method it is named after"
)]
pub trait ArrayWriteRules<E: Element, D: Dimension> {
    fn __grad_written(&mut self) -> &mut Array<E, D>;

    exclusive! { __grad_again_assign, __grad_again_fill, __grad_again_scaled_add, __grad_again_swap_axes }

    #[track_caller]
    fn __grad_vjp_assign<const M: u64, S: Data<Elem = E>, R: Dimension>(
        &mut self,
        rhs: &ArrayBase<S, R>,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(
            UnitTangent,
            (),
            &ArrayBase<S, R>,
            Option<&mut Array<E, D>>,
            Option<&mut Array<E, R>>,
        ) + use<M, Self, E, D, S, R>,
    ) {
        self.__grad_written().assign(rhs);
        let pull = |_: UnitTangent,
                    (): (),
                    _: &ArrayBase<S, R>,
                    bar: Option<&mut Array<E, D>>,
                    rhs_bar: Option<&mut Array<E, R>>| {
            if let Some(bar) = bar {
                if let Some(rhs_bar) = rhs_bar {
                    add_to(rhs_bar, view(bar).to_owned());
                }
                bar.fill(E::zero());
            }
        };
        ((), pull)
    }

    #[track_caller]
    fn __grad_jvp_assign<const M: u64, S: Data<Elem = E>, R: Dimension>(
        &mut self,
        rhs: &ArrayBase<S, R>,
        _: Wrt<M>,
        dot: Option<&mut Array<E, D>>,
        rhs_dot: Option<&Array<E, R>>,
    ) -> ((), UnitTangent) {
        self.__grad_written().assign(rhs);
        match (dot, rhs_dot) {
            (Some(dot), Some(rhs_dot)) => dot.assign(rhs_dot),
            (Some(dot), None) => dot.fill(E::zero()),
            (None, _) => {}
        }
        ((), unit_tangent())
    }

    fn __grad_vjp_fill<const M: u64>(
        &mut self,
        value: E,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &E, Option<&mut Array<E, D>>, Option<&mut E>) + use<M, Self, E, D>,
    ) {
        self.__grad_written().fill(value);
        let pull = |_: UnitTangent,
                    (): (),
                    _: &E,
                    bar: Option<&mut Array<E, D>>,
                    value_bar: Option<&mut E>| {
            if let Some(bar) = bar {
                if let Some(value_bar) = value_bar {
                    *value_bar += bar.sum();
                }
                bar.fill(E::zero());
            }
        };
        ((), pull)
    }

    fn __grad_jvp_fill<const M: u64>(
        &mut self,
        value: E,
        _: Wrt<M>,
        dot: Option<&mut Array<E, D>>,
        value_dot: Option<&E>,
    ) -> ((), UnitTangent) {
        self.__grad_written().fill(value);
        if let Some(dot) = dot {
            dot.fill(value_dot.copied().unwrap_or_else(E::zero));
        }
        ((), unit_tangent())
    }

    #[track_caller]
    fn __grad_vjp_scaled_add<const M: u64, S: Data<Elem = E>, R: Dimension>(
        &mut self,
        factor: E,
        rhs: &ArrayBase<S, R>,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(
            UnitTangent,
            (),
            &E,
            &ArrayBase<S, R>,
            Option<&mut Array<E, D>>,
            Option<&mut E>,
            Option<&mut Array<E, R>>,
        ) + use<M, Self, E, D, S, R>,
    ) {
        self.__grad_written().scaled_add(factor, rhs);
        let pull = |_: UnitTangent,
                    (): (),
                    &factor: &E,
                    rhs: &ArrayBase<S, R>,
                    bar: Option<&mut Array<E, D>>,
                    factor_bar: Option<&mut E>,
                    rhs_bar: Option<&mut Array<E, R>>| {
            let Some(bar) = bar else { return };
            let bar = view(bar);
            if let Some(factor_bar) = factor_bar {
                let rhs = view(rhs);
                Zip::from(&bar)
                    .and(&repeat(&rhs, bar.shape()))
                    .for_each(|&bar, &rhs| *factor_bar += bar * rhs);
            }
            if let Some(rhs_bar) = rhs_bar {
                add_to(rhs_bar, &bar * factor);
            }
        };
        ((), pull)
    }

    #[track_caller]
    fn __grad_jvp_scaled_add<const M: u64, S: Data<Elem = E>, R: Dimension>(
        &mut self,
        factor: E,
        rhs: &ArrayBase<S, R>,
        _: Wrt<M>,
        dot: Option<&mut Array<E, D>>,
        factor_dot: Option<&E>,
        rhs_dot: Option<&Array<E, R>>,
    ) -> ((), UnitTangent) {
        self.__grad_written().scaled_add(factor, rhs);
        if let Some(dot) = dot {
            if let Some(&factor_dot) = factor_dot {
                dot.scaled_add(factor_dot, rhs);
            }
            if let Some(rhs_dot) = rhs_dot {
                dot.scaled_add(factor, rhs_dot);
            }
        }
        ((), unit_tangent())
    }

    #[track_caller]
    fn __grad_vjp_swap_axes<const M: u64>(
        &mut self,
        a: usize,
        b: usize,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(
            UnitTangent,
            (),
            &usize,
            &usize,
            Option<&mut Array<E, D>>,
            IndexBar<'_>,
            IndexBar<'_>,
        ) + use<M, Self, E, D>,
    ) {
        self.__grad_written().swap_axes(a, b);
        let pull = |_: UnitTangent,
                    (): (),
                    &a: &usize,
                    &b: &usize,
                    bar: Option<&mut Array<E, D>>,
                    _: IndexBar<'_>,
                    _: IndexBar<'_>| {
            if let Some(bar) = bar {
                bar.swap_axes(a, b);
            }
        };
        ((), pull)
    }

    #[track_caller]
    fn __grad_jvp_swap_axes<const M: u64>(
        &mut self,
        a: usize,
        b: usize,
        _: Wrt<M>,
        dot: Option<&mut Array<E, D>>,
        _: Option<&NoTangent>,
        _: Option<&NoTangent>,
    ) -> ((), UnitTangent) {
        self.__grad_written().swap_axes(a, b);
        if let Some(dot) = dot {
            dot.swap_axes(a, b);
        }
        ((), unit_tangent())
    }
}

impl<E: Element, D: Dimension> ArrayWriteRules<E, D> for Array<E, D> {
    fn __grad_written(&mut self) -> &mut Array<E, D> {
        self
    }
}

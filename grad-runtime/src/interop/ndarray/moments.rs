//! Variance and standard deviation of all entries.
//!
//! ```text
//! var = Σ (x - mean)² / (n - ddof)      d var / d x = 2 (x - mean) / (n - ddof)
//! std = sqrt(var)                       d std / d x = (x - mean) / (std (n - ddof))
//! ```
//!
//! What the mean moves by `x` adds nothing, as the deviations add up to zero.

use ndarray::{Array, ArrayBase, Data, Dimension, Zip};

use crate::nn::Element;
use crate::private::rules::shared;
use crate::private::{Shared, Wrt};

/// What a small change of each entry counts, and of `ddof`.
struct Slopes<E> {
    mean: E,
    factor: E,
    by_ddof: E,
}

/// The slopes of the variance `y`.
fn of_var<E: Element, S: Data<Elem = E>, D: Dimension>(
    x: &ArrayBase<S, D>,
    ddof: E,
    y: E,
) -> Slopes<E> {
    let entries = E::of(x.len() as f64);
    let weight = (entries - ddof).recip();
    Slopes {
        mean: x.sum() / entries,
        factor: E::of(2.0) * weight,
        by_ddof: y * weight,
    }
}

/// The slopes of the deviation `y`.
fn of_std<E: Element, S: Data<Elem = E>, D: Dimension>(
    x: &ArrayBase<S, D>,
    ddof: E,
    y: E,
) -> Slopes<E> {
    let of_var = of_var(x, ddof, y * y);
    let by_var = (E::of(2.0) * y).recip();
    Slopes {
        mean: of_var.mean,
        factor: of_var.factor * by_var,
        by_ddof: y * (E::of(2.0) * (E::of(x.len() as f64) - ddof)).recip(),
    }
}

macro_rules! moment_rules {
    ($($again:ident $vjp:ident $jvp:ident $method:ident $slopes:ident;)+) => {
        /// The derivatives of `var` and `std`.
        #[allow(
            missing_docs,
            reason = "each is the rule of the method it is named after"
        )]
        pub trait MomentRules<E: Element, S: Data<Elem = E>, D: Dimension>: Sized {
            fn __grad_spread(&self) -> &ArrayBase<S, D>;

            $(
                shared!($again);

                #[track_caller]
                fn $vjp<const M: u64>(
                    &self,
                    ddof: E,
                    _: Wrt<M>,
                ) -> (
                    E,
                    impl FnOnce(E, &Self, &E, Option<&mut Array<E, D>>, Option<&mut E>)
                    + use<M, Self, E, S, D>,
                ) {
                    let y = self.__grad_spread().$method(ddof);
                    let pull = move |y_bar: E,
                                     x: &Self,
                                     &ddof: &E,
                                     bar: Option<&mut Array<E, D>>,
                                     ddof_bar: Option<&mut E>| {
                        // Zero times an infinite slope is zero.
                        if y_bar.is_zero() {
                            return;
                        }
                        let x = x.__grad_spread();
                        let slopes = $slopes(x, ddof, y);
                        if let Some(bar) = bar {
                            let factor = y_bar * slopes.factor;
                            Zip::from(bar)
                                .and(x)
                                .for_each(|bar, &x| *bar += factor * (x - slopes.mean));
                        }
                        if let Some(ddof_bar) = ddof_bar {
                            *ddof_bar += y_bar * slopes.by_ddof;
                        }
                    };
                    (y, pull)
                }

                #[track_caller]
                fn $jvp<const M: u64>(
                    &self,
                    ddof: E,
                    _: Wrt<M>,
                    dot: Option<&Array<E, D>>,
                    ddof_dot: Option<&E>,
                ) -> (E, E) {
                    let x = self.__grad_spread();
                    let y = x.$method(ddof);
                    let slopes = $slopes(x, ddof, y);
                    let mut sum = E::zero();
                    if let Some(dot) = dot {
                        Zip::from(x)
                            .and(dot)
                            .for_each(|&x, &dot| sum += (x - slopes.mean) * dot);
                    }
                    let along = if sum.is_zero() { sum } else { sum * slopes.factor };
                    let by_ddof = ddof_dot.map_or_else(E::zero, |&dot| dot * slopes.by_ddof);
                    (y, along + by_ddof)
                }
            )+
        }
    };
}
moment_rules! {
    __grad_again_var __grad_vjp_var __grad_jvp_var var of_var;
    __grad_again_std __grad_vjp_std __grad_jvp_std std of_std;
}

impl<E: Element, S: Data<Elem = E>, D: Dimension> MomentRules<E, S, D> for ArrayBase<S, D> {
    fn __grad_spread(&self) -> &ArrayBase<S, D> {
        self
    }
}

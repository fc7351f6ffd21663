//! Penalties: sums over weights, to be added to a loss with a factor.

use ndarray::{ArrayBase, Data, Dimension};

use crate::nn::buffer::{self, Rows};
use crate::nn::{Bar, Element};
use crate::private::{TangentOf, Wrt};
use crate::tensor::{elementwise, reduce};

/// The sum of the absolute values; at 0 the derivative is 0.
///
/// ```
/// assert_eq!(grad_runtime::loss::l1_penalty(&ndarray::arr1(&[-1.0, 2.0])), 3.0);
/// ```
#[must_use]
pub fn l1_penalty<E: Element, S: Data<Elem = E>, D: Dimension>(x: &ArrayBase<S, D>) -> E {
    x.iter().map(|x| x.abs()).sum()
}

/// The sum of the squares.
///
/// ```
/// assert_eq!(grad_runtime::loss::l2_penalty(&ndarray::arr1(&[-1.0, 2.0])), 5.0);
/// ```
#[must_use]
pub fn l2_penalty<E: Element, S: Data<Elem = E>, D: Dimension>(x: &ArrayBase<S, D>) -> E {
    let x = Rows::of(x);
    reduce::dot(&x, &x)
}

fn sign<E: Element>(x: E) -> E {
    if x == E::zero() {
        E::zero()
    } else {
        x.signum()
    }
}

macro_rules! companions {
    ($($name:ident, pull: $pull:expr, push: $push:expr;)+) => {$(
        #[doc = concat!("The companion of [`", stringify!($name), "()`]: its derivatives, for generated code.")]
        #[allow(non_camel_case_types, reason = "found by the function's own path")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name {}

        impl $name {
            #[doc(hidden)]
            pub fn vjp<const M: u64, E: Element, S: Data<Elem = E>, D: Dimension>(
                x: &ArrayBase<S, D>,
                _: Wrt<M>,
            ) -> (
                E,
                impl FnOnce(E, &ArrayBase<S, D>, Bar<'_, ArrayBase<S, D>>) + use<M, E, S, D>,
            ) {
                let backward = |y_bar: E, x: &ArrayBase<S, D>, x_bar: Bar<'_, ArrayBase<S, D>>| {
                    if let Some(x_bar) = x_bar {
                        let x = Rows::of(x);
                        buffer::change(x_bar, |x_bar| $pull(&x, y_bar, x_bar));
                    }
                };
                ($name(x), backward)
            }

            #[doc(hidden)]
            #[must_use]
            pub fn jvp<const M: u64, E: Element, S: Data<Elem = E>, D: Dimension>(
                x: &ArrayBase<S, D>,
                _: Wrt<M>,
                x_dot: Option<&TangentOf<ArrayBase<S, D>>>,
            ) -> (E, E) {
                let push = |x_dot| $push(&Rows::of(x), &Rows::of(x_dot));
                ($name(x), x_dot.map_or_else(E::zero, push))
            }
        }
    )+};
}
companions! {
    l1_penalty, pull: add_signs, push: dot_signs;
    l2_penalty, pull: add_doubled, push: dot_doubled;
}

fn add_signs<E: Element>(x: &[E], y_bar: E, x_bar: &mut [E]) {
    for (x_bar, &x) in x_bar.iter_mut().zip(x) {
        *x_bar += y_bar * sign(x);
    }
}

fn dot_signs<E: Element>(x: &[E], x_dot: &[E]) -> E {
    x.iter()
        .zip(x_dot)
        .map(|(&x, &x_dot)| sign(x) * x_dot)
        .sum()
}

fn add_doubled<E: Element>(x: &[E], y_bar: E, x_bar: &mut [E]) {
    elementwise::add_scaled(x_bar, x, y_bar + y_bar);
}

fn dot_doubled<E: Element>(x: &[E], x_dot: &[E]) -> E {
    let dot = reduce::dot(x, x_dot);
    dot + dot
}

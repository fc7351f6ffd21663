//! [`softmax()`] and [`log_softmax()`] of the last axis.

use std::vec::Vec;

use ndarray::{Array, ArrayBase, Data, Dimension};

use super::buffer::{self, Rows};
use super::{Bar, Element, Layer};
use crate::private::{TangentOf, Wrt};
use crate::tensor::elementwise::passes;
use crate::tensor::{reduce, workspace};
use crate::{Differentiable, NoTangent};

/// [`softmax()`] as a layer.
///
/// ```
/// use grad_runtime::nn::Softmax;
/// use ndarray::arr1;
///
/// assert_eq!(Softmax.forward(&arr1(&[1.0, 1.0])), arr1(&[0.5, 0.5]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Differentiable)]
pub struct Softmax;

/// [`log_softmax()`] as a layer.
///
/// ```
/// use grad_runtime::nn::LogSoftmax;
/// use ndarray::arr1;
///
/// let y = LogSoftmax.forward(&arr1(&[1.0_f64, 1.0]));
/// assert!((y[0] - 0.5_f64.ln()).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Differentiable)]
pub struct LogSoftmax;

/// `e^x_i / Σ_j e^x_j` along the last axis.
///
/// The largest entry is subtracted first, so that nothing overflows; results below the smallest normal
/// number divided by the precision are set to zero, as subnormal numbers slow what follows.
///
/// ```
/// use grad_runtime::nn::softmax;
/// use ndarray::arr2;
///
/// let y = softmax(&arr2(&[[1000.0, 1000.0], [0.0, 3.0_f64.ln()]]));
/// assert!(y.iter().zip([0.5, 0.5, 0.25, 0.75]).all(|(y, e)| (y - e).abs() < 1e-15));
/// ```
#[must_use]
pub fn softmax<E: Element, S: Data<Elem = E>, D: Dimension>(x: &ArrayBase<S, D>) -> Array<E, D> {
    Softmax.forward(x)
}

/// `x_i - ln Σ_j e^x_j` along the last axis.
///
/// ```
/// use grad_runtime::nn::log_softmax;
/// use ndarray::arr1;
///
/// let y = log_softmax(&arr1(&[0.0, 1000.0]));
/// assert_eq!(y, arr1(&[-1000.0, 0.0]));
/// ```
#[must_use]
pub fn log_softmax<E: Element, S: Data<Elem = E>, D: Dimension>(
    x: &ArrayBase<S, D>,
) -> Array<E, D> {
    LogSoftmax.forward(x)
}

/// The length of the last axis; an array without axes is one row of one entry.
fn row_len(x: &[usize]) -> usize {
    x.last().copied().unwrap_or(1).max(1)
}

passes! {
    /// `y = x - log` of each row.
    fn subtract_logs<'a, E>(x: &'a [E], logs: &'a [E], columns: usize, y: &'a mut [E]) -> () {
        let rows = y.chunks_exact_mut(columns).zip(x.chunks_exact(columns));
        for ((y, x), &log) in rows.zip(logs) {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = x - log;
            }
        }
    }

    /// `bar -= softmax Σ bar` of each row.
    fn pull_log_softmax<'a, E>(softmax: &'a [E], bar: &'a mut [E], columns: usize) -> () {
        for (softmax, bar) in softmax.chunks_exact(columns).zip(bar.chunks_exact_mut(columns)) {
            let total = bar.iter().copied().sum::<E>();
            for (bar, &softmax) in bar.iter_mut().zip(softmax) {
                *bar -= softmax * total;
            }
        }
    }

    /// `dot -= ⟨softmax, dot⟩` of each row.
    fn push_log_softmax<'a, E>(softmax: &'a [E], dot: &'a mut [E], columns: usize) -> () {
        for (softmax, dot) in softmax.chunks_exact(columns).zip(dot.chunks_exact_mut(columns)) {
            let mean = softmax.iter().zip(dot.iter()).map(|(&s, &d)| s * d).sum::<E>();
            for dot in dot {
                *dot -= mean;
            }
        }
    }
}

impl Softmax {
    /// The result in `y`; the softmax is kept.
    fn run<E: Element>(_: &[E], softmax: &[E], _: &[E], _: usize, y: &mut [E]) {
        y.copy_from_slice(softmax);
    }

    fn pull_rows<E: Element>(softmax: &[E], bar: &mut [E], columns: usize) {
        reduce::pull_softmax_rows(softmax, bar, columns);
    }

    /// The derivative of a softmax is symmetric.
    fn push_rows<E: Element>(softmax: &[E], dot: &mut [E], columns: usize) {
        reduce::pull_softmax_rows(softmax, dot, columns);
    }
}

impl LogSoftmax {
    /// The result in `y`; the softmax is kept.
    fn run<E: Element>(x: &[E], _: &[E], logs: &[E], columns: usize, y: &mut [E]) {
        subtract_logs(x, logs, columns, y);
    }

    fn pull_rows<E: Element>(softmax: &[E], bar: &mut [E], columns: usize) {
        pull_log_softmax(softmax, bar, columns);
    }

    fn push_rows<E: Element>(softmax: &[E], dot: &mut [E], columns: usize) {
        push_log_softmax(softmax, dot, columns);
    }
}

macro_rules! layers {
    ($($Softmax:ident $softmax:ident)+) => {$(
        impl $Softmax {
            /// The result.
            #[must_use]
            pub fn forward<E: Element, S: Data<Elem = E>, D: Dimension>(
                &self,
                x: &ArrayBase<S, D>,
            ) -> Array<E, D> {
                Layer::forward(self, x)
            }
        }

        impl<E: Element, S: Data<Elem = E>, D: Dimension> Layer<ArrayBase<S, D>> for $Softmax {
            type Output = Array<E, D>;
            /// The softmax.
            type Kept = Vec<E>;

            fn forward(&self, x: &ArrayBase<S, D>) -> Array<E, D> {
                let (y, kept) = self.forward_keep(x);
                workspace::give(kept);
                y
            }

            fn forward_keep(&self, x: &ArrayBase<S, D>) -> (Array<E, D>, Vec<E>) {
                let columns = row_len(x.shape());
                let x_rows = Rows::of(x);
                let mut softmax = buffer::copy(&x_rows);
                let mut logs = workspace::take(x.len() / columns);
                reduce::softmax_rows(&mut softmax, columns, &mut logs);
                let mut y = buffer::array(x.raw_dim());
                Self::run(&x_rows, &softmax, &logs, columns, buffer::entries(&mut y));
                workspace::give(logs);
                (y, softmax)
            }

            fn pull(
                &self,
                x: &ArrayBase<S, D>,
                softmax: Vec<E>,
                y_bar: Array<E, D>,
                _: Bar<'_, Self>,
                x_bar: Bar<'_, ArrayBase<S, D>>,
            ) {
                let mut bar = buffer::into_rows(y_bar);
                if let Some(x_bar) = x_bar {
                    Self::pull_rows(&softmax, &mut bar, row_len(x.shape()));
                    buffer::change(x_bar, |x_bar| crate::tensor::elementwise::add(x_bar, &bar));
                }
                workspace::give(bar);
                workspace::give(softmax);
            }

            fn push(
                &self,
                x: &ArrayBase<S, D>,
                _: Option<&NoTangent>,
                x_dot: Option<&Array<E, D>>,
            ) -> (Array<E, D>, Array<E, D>) {
                let (y, softmax) = self.forward_keep(x);
                let mut y_dot = buffer::zeros(x.raw_dim());
                if let Some(x_dot) = x_dot {
                    let dot = buffer::entries(&mut y_dot);
                    dot.copy_from_slice(&Rows::of(x_dot));
                    Self::push_rows(&softmax, dot, row_len(x.shape()));
                }
                workspace::give(softmax);
                (y, y_dot)
            }

            fn reuse(y: Array<E, D>) {
                buffer::give(y);
            }
        }

        #[doc = concat!("The companion of [`", stringify!($softmax), "()`]: its derivatives, for generated code.")]
        #[allow(non_camel_case_types, reason = "found by the function's own path")]
        #[derive(Clone, Copy, Debug)]
        pub struct $softmax {}

        impl $softmax {
            #[doc(hidden)]
            pub fn vjp<const M: u64, E: Element, S: Data<Elem = E>, D: Dimension>(
                x: &ArrayBase<S, D>,
                _: Wrt<M>,
            ) -> (
                Array<E, D>,
                impl FnOnce(Array<E, D>, &ArrayBase<S, D>, Bar<'_, ArrayBase<S, D>>) + use<M, E, S, D>,
            ) {
                let (y, kept) = $Softmax.forward_keep(x);
                let pull = |y_bar: Array<E, D>, x: &ArrayBase<S, D>, x_bar: Bar<'_, ArrayBase<S, D>>| {
                    $Softmax.pull(x, kept, y_bar, None, x_bar);
                };
                (y, pull)
            }

            #[doc(hidden)]
            pub fn jvp<const M: u64, E: Element, S: Data<Elem = E>, D: Dimension>(
                x: &ArrayBase<S, D>,
                _: Wrt<M>,
                x_dot: Option<&TangentOf<ArrayBase<S, D>>>,
            ) -> (Array<E, D>, Array<E, D>) {
                $Softmax.push(x, None, x_dot)
            }
        }
    )+};
}
layers!(Softmax softmax LogSoftmax log_softmax);

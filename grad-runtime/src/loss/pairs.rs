//! Losses of pairs: a prediction and a target for each entry.

use ndarray::{Array, ArrayBase, Data, Dimension};

use crate::nn::buffer::{self, Rows};
use crate::nn::error::{check, expect};
use crate::nn::{Bar, Element, LayerName};
use crate::private::{TangentOf, Wrt};
use crate::tensor::elementwise::passes;

/// A loss of one prediction and one target, and its derivatives by both.
pub(super) trait Pair<E>: Copy {
    /// The loss.
    fn value(self, prediction: E, target: E) -> E;
    /// Its derivative by the prediction.
    fn by_prediction(self, prediction: E, target: E) -> E;
    /// Its derivative by the target.
    fn by_target(self, prediction: E, target: E) -> E;
}

#[derive(Clone, Copy)]
struct Squared;

impl<E: Element> Pair<E> for Squared {
    #[inline(always)]
    fn value(self, p: E, t: E) -> E {
        (p - t) * (p - t)
    }
    #[inline(always)]
    fn by_prediction(self, p: E, t: E) -> E {
        (p - t) + (p - t)
    }
    #[inline(always)]
    fn by_target(self, p: E, t: E) -> E {
        -self.by_prediction(p, t)
    }
}

#[derive(Clone, Copy)]
struct Absolute;

/// -1, 0 or 1; at 0 it is 0, as the derivative of `abs` is there.
#[inline(always)]
fn sign<E: Element>(x: E) -> E {
    if x > E::zero() {
        E::one()
    } else if x < E::zero() {
        -E::one()
    } else {
        // Zero, or what is not a number.
        x
    }
}

impl<E: Element> Pair<E> for Absolute {
    #[inline(always)]
    fn value(self, p: E, t: E) -> E {
        (p - t).abs()
    }
    #[inline(always)]
    fn by_prediction(self, p: E, t: E) -> E {
        sign(p - t)
    }
    #[inline(always)]
    fn by_target(self, p: E, t: E) -> E {
        -sign(p - t)
    }
}

#[derive(Clone, Copy)]
struct Huber<E>(E);

impl<E: Element> Pair<E> for Huber<E> {
    #[inline(always)]
    fn value(self, p: E, t: E) -> E {
        let size = (p - t).abs();
        let half = E::of(0.5);
        if size <= self.0 {
            half * size * size
        } else {
            self.0 * (size - half * self.0)
        }
    }
    #[inline(always)]
    fn by_prediction(self, p: E, t: E) -> E {
        let d = p - t;
        if d.abs() <= self.0 {
            d
        } else {
            self.0 * sign(d)
        }
    }
    #[inline(always)]
    fn by_target(self, p: E, t: E) -> E {
        -self.by_prediction(p, t)
    }
}

#[derive(Clone, Copy)]
struct BinaryCrossEntropy;

impl<E: Element> Pair<E> for BinaryCrossEntropy {
    #[inline(always)]
    fn value(self, z: E, t: E) -> E {
        crate::nn::softplus(z) - z * t
    }
    #[inline(always)]
    fn by_prediction(self, z: E, t: E) -> E {
        crate::nn::sigmoid(z) - t
    }
    #[inline(always)]
    fn by_target(self, z: E, _: E) -> E {
        -z
    }
}

passes! {
    /// The sum of the losses, by partial sums.
    fn total<'a, E, P: Pair<E>>(predictions: &'a [E], targets: &'a [E], pair: P) -> E {
        let mut sums = [E::zero(); 16];
        for (p, t) in predictions.chunks(16).zip(targets.chunks(16)) {
            for ((sum, &p), &t) in sums.iter_mut().zip(p).zip(t) {
                *sum += pair.value(p, t);
            }
        }
        sums.into_iter().sum()
    }

    /// `bar += factor` times the derivative by the prediction.
    fn add_by_prediction<'a, E, P: Pair<E>>(
        predictions: &'a [E], targets: &'a [E], factor: E, bar: &'a mut [E], pair: P
    ) -> () {
        for ((bar, &p), &t) in bar.iter_mut().zip(predictions).zip(targets) {
            *bar += factor * pair.by_prediction(p, t);
        }
    }

    /// `bar += factor` times the derivative by the target.
    fn add_by_target<'a, E, P: Pair<E>>(
        predictions: &'a [E], targets: &'a [E], factor: E, bar: &'a mut [E], pair: P
    ) -> () {
        for ((bar, &p), &t) in bar.iter_mut().zip(predictions).zip(targets) {
            *bar += factor * pair.by_target(p, t);
        }
    }
}

/// The weight of one entry in the mean.
fn weight<E: Element>(entries: usize) -> E {
    E::of(entries as f64).recip()
}

#[track_caller]
fn mean<E: Element, S: Data<Elem = E>, S2: Data<Elem = E>, D: Dimension, P: Pair<E>>(
    name: &'static str,
    prediction: &ArrayBase<S, D>,
    target: &ArrayBase<S2, D>,
    pair: P,
) -> E {
    expect(check(
        LayerName::new(name),
        "target",
        prediction.shape(),
        target.shape(),
    ));
    total(&Rows::of(prediction), &Rows::of(target), pair) * weight(prediction.len())
}

fn pull<E: Element, S: Data<Elem = E>, S2: Data<Elem = E>, D: Dimension, P: Pair<E>>(
    y_bar: E,
    prediction: &ArrayBase<S, D>,
    target: &ArrayBase<S2, D>,
    bars: (Option<&mut Array<E, D>>, Option<&mut Array<E, D>>),
    pair: P,
) {
    let factor = y_bar * weight(prediction.len());
    let (p, t) = (Rows::of(prediction), Rows::of(target));
    if let Some(bar) = bars.0 {
        buffer::change(bar, |bar| add_by_prediction(&p, &t, factor, bar, pair));
    }
    if let Some(bar) = bars.1 {
        buffer::change(bar, |bar| add_by_target(&p, &t, factor, bar, pair));
    }
}

fn push<E: Element, S: Data<Elem = E>, S2: Data<Elem = E>, D: Dimension, P: Pair<E>>(
    prediction: &ArrayBase<S, D>,
    target: &ArrayBase<S2, D>,
    dots: (Option<&Array<E, D>>, Option<&Array<E, D>>),
    pair: P,
) -> E {
    let (p, t) = (Rows::of(prediction), Rows::of(target));
    let by = |dot: Option<&Array<E, D>>, slope: &dyn Fn(E, E) -> E| {
        dot.map_or_else(E::zero, |dot| {
            let dot = Rows::of(dot);
            let entries = p.iter().zip(t.iter()).zip(dot.iter());
            entries.map(|((&p, &t), &dot)| slope(p, t) * dot).sum()
        })
    };
    let by_prediction = by(dots.0, &|p, t| pair.by_prediction(p, t));
    let by_target = by(dots.1, &|p, t| pair.by_target(p, t));
    (by_prediction + by_target) * weight(prediction.len())
}

/// The function and its companion, of losses without and with a setting.
macro_rules! losses {
    ($($(#[$doc:meta])* $name:ident, $title:literal, $pair:expr;)+) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// If the shapes differ; the message names both.
        #[must_use]
        #[track_caller]
        pub fn $name<E: Element, S: Data<Elem = E>, S2: Data<Elem = E>, D: Dimension>(
            prediction: &ArrayBase<S, D>,
            target: &ArrayBase<S2, D>,
        ) -> E {
            mean($title, prediction, target, $pair)
        }

        #[doc = concat!("The companion of [`", stringify!($name), "()`]: its derivatives, for generated code.")]
        #[allow(non_camel_case_types, reason = "found by the function's own path")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name {}

        impl $name {
            #[doc(hidden)]
            #[track_caller]
            pub fn vjp<const M: u64, E: Element, S: Data<Elem = E>, S2: Data<Elem = E>, D: Dimension>(
                prediction: &ArrayBase<S, D>,
                target: &ArrayBase<S2, D>,
                _: Wrt<M>,
            ) -> (
                E,
                impl FnOnce(
                    E,
                    &ArrayBase<S, D>,
                    &ArrayBase<S2, D>,
                    Bar<'_, ArrayBase<S, D>>,
                    Bar<'_, ArrayBase<S2, D>>,
                ) + use<M, E, S, S2, D>,
            ) {
                let backward = |y_bar: E,
                                p: &ArrayBase<S, D>,
                                t: &ArrayBase<S2, D>,
                                p_bar: Bar<'_, ArrayBase<S, D>>,
                                t_bar: Bar<'_, ArrayBase<S2, D>>| {
                    pull(y_bar, p, t, (p_bar, t_bar), $pair);
                };
                ($name(prediction, target), backward)
            }

            #[doc(hidden)]
            #[must_use]
            #[track_caller]
            pub fn jvp<const M: u64, E: Element, S: Data<Elem = E>, S2: Data<Elem = E>, D: Dimension>(
                prediction: &ArrayBase<S, D>,
                target: &ArrayBase<S2, D>,
                _: Wrt<M>,
                prediction_dot: Option<&TangentOf<ArrayBase<S, D>>>,
                target_dot: Option<&TangentOf<ArrayBase<S2, D>>>,
            ) -> (E, E) {
                let dots = (prediction_dot, target_dot);
                ($name(prediction, target), push(prediction, target, dots, $pair))
            }
        }
    )+};
}
losses! {
    /// The mean of the squared differences.
    ///
    /// ```
    /// use grad_runtime::loss::mean_squared;
    /// use ndarray::arr1;
    ///
    /// assert_eq!(mean_squared(&arr1(&[1.0, 5.0]), &arr1(&[1.0, 2.0])), 4.5);
    /// ```
    mean_squared, "mean squared loss", Squared;
    /// The mean of the absolute differences; where one is 0 its derivative is 0.
    ///
    /// ```
    /// use grad_runtime::loss::mean_absolute;
    /// use ndarray::arr1;
    ///
    /// assert_eq!(mean_absolute(&arr1(&[1.0, 5.0]), &arr1(&[1.0, 2.0])), 1.5);
    /// ```
    mean_absolute, "mean absolute loss", Absolute;
    /// The mean binary cross-entropy of scores (logits) `z` with targets `t` between 0 and 1,
    /// `ln(1 + e^z) - z t`: that of the probabilities `1 / (1 + e^-z)`, without their rounding.
    ///
    /// ```
    /// use grad_runtime::loss::binary_cross_entropy;
    /// use ndarray::arr1;
    ///
    /// let loss = binary_cross_entropy(&arr1(&[0.0, 1000.0]), &arr1(&[1.0, 1.0]));
    /// assert_eq!(loss, 2.0_f64.ln() / 2.0);
    /// ```
    binary_cross_entropy, "binary cross-entropy", BinaryCrossEntropy;
}

/// The mean of Huber's function of the differences: `d²/2` up to `delta`, `delta (abs(d) - delta/2)`
/// beyond (Huber 1964).
///
/// ```
/// use grad_runtime::loss::huber;
/// use ndarray::arr1;
///
/// assert_eq!(huber(&arr1(&[0.5, 4.0]), &arr1(&[0.0, 1.0]), 1.0), (0.125 + 2.5) / 2.0);
/// ```
///
/// # Panics
/// If the shapes differ, or `delta` is not positive.
#[must_use]
#[track_caller]
pub fn huber<E: Element, S: Data<Elem = E>, S2: Data<Elem = E>, D: Dimension>(
    prediction: &ArrayBase<S, D>,
    target: &ArrayBase<S2, D>,
    delta: E,
) -> E {
    assert!(
        delta > E::zero(),
        "the delta of a Huber loss must be positive, it is {delta}"
    );
    mean("Huber loss", prediction, target, Huber(delta))
}

/// The companion of [`huber()`]: its derivatives, for generated code.
#[allow(non_camel_case_types, reason = "found by the function's own path")]
#[derive(Clone, Copy, Debug)]
pub struct huber {}

/// The derivative of the loss by `delta`: `abs(d) - delta` of what is beyond.
fn by_delta<E: Element, S: Data<Elem = E>, S2: Data<Elem = E>, D: Dimension>(
    prediction: &ArrayBase<S, D>,
    target: &ArrayBase<S2, D>,
    delta: E,
) -> E {
    let beyond = |(&p, &t): (&E, &E)| ((p - t).abs() - delta).max(E::zero());
    prediction.iter().zip(target).map(beyond).sum::<E>() * weight(prediction.len())
}

impl huber {
    #[doc(hidden)]
    #[track_caller]
    pub fn vjp<const M: u64, E: Element, S: Data<Elem = E>, S2: Data<Elem = E>, D: Dimension>(
        prediction: &ArrayBase<S, D>,
        target: &ArrayBase<S2, D>,
        delta: E,
        _: Wrt<M>,
    ) -> (
        E,
        impl FnOnce(
            E,
            &ArrayBase<S, D>,
            &ArrayBase<S2, D>,
            &E,
            Bar<'_, ArrayBase<S, D>>,
            Bar<'_, ArrayBase<S2, D>>,
            Option<&mut E>,
        ) + use<M, E, S, S2, D>,
    ) {
        let backward = |y_bar: E,
                        p: &ArrayBase<S, D>,
                        t: &ArrayBase<S2, D>,
                        delta: &E,
                        p_bar: Bar<'_, ArrayBase<S, D>>,
                        t_bar: Bar<'_, ArrayBase<S2, D>>,
                        delta_bar: Option<&mut E>| {
            if let Some(delta_bar) = delta_bar {
                *delta_bar += y_bar * by_delta(p, t, *delta);
            }
            pull(y_bar, p, t, (p_bar, t_bar), Huber(*delta));
        };
        (huber(prediction, target, delta), backward)
    }

    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub fn jvp<const M: u64, E: Element, S: Data<Elem = E>, S2: Data<Elem = E>, D: Dimension>(
        prediction: &ArrayBase<S, D>,
        target: &ArrayBase<S2, D>,
        delta: E,
        _: Wrt<M>,
        prediction_dot: Option<&TangentOf<ArrayBase<S, D>>>,
        target_dot: Option<&TangentOf<ArrayBase<S2, D>>>,
        delta_dot: Option<&E>,
    ) -> (E, E) {
        let dots = (prediction_dot, target_dot);
        let by_pair = push(prediction, target, dots, Huber(delta));
        let by_delta =
            delta_dot.map_or_else(E::zero, |&dot| by_delta(prediction, target, delta) * dot);
        (huber(prediction, target, delta), by_pair + by_delta)
    }
}

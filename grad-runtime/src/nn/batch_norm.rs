//! [`BatchNorm`]: every feature to mean 0 and variance 1 over the batch.

use std::vec::Vec;

use ndarray::{Array, Array1, ArrayBase, Data, Dimension};

use super::buffer::{self, Rows};
use super::error::{check, expect};
use super::layer_norm::{check_last_axis, multiply_columns, push_scale_and_shift};
use super::normalise::{
    add_centred_columns, add_column_dots, column_moments, normalise_columns, scale_columns,
};
use super::{Bar, Element, Layer, LayerError, LayerName};
use crate::Differentiable;
use crate::private::TangentOf;
use crate::tensor::{reduce, workspace};

/// Brings every feature (the last axis: a channel of an image) to mean 0 and variance 1, then scales
/// and shifts (Ioffe and Szegedy 2015):
///
/// ```text
/// y = scale (x - mean) / sqrt(variance + epsilon) + shift
/// ```
///
/// In [`Training`](BatchNormMode::Training) mean and variance are those of the batch, and derivatives go
/// through them. In [`Evaluation`](BatchNormMode::Evaluation) they are the running ones, which are
/// constants. `forward` never changes the layer: [`observe`](Self::observe) takes a batch into the
/// running means, after a step, or over the data once training is done.
///
/// ```
/// use grad_runtime::nn::{BatchNorm, BatchNormMode};
/// use ndarray::arr2;
///
/// let mut layer: BatchNorm<f64> = BatchNorm::new(1);
/// let x = arr2(&[[1.0], [3.0]]);
/// assert!((layer.forward(&x)[[1, 0]] - 1.0).abs() < 1e-5);
///
/// layer.momentum = 1.0;
/// layer.observe(&x);
/// layer.mode = BatchNormMode::Evaluation;
/// assert_eq!((layer.mean[0], layer.variance[0]), (2.0, 2.0));
/// assert!((layer.forward(&arr2(&[[2.0]]))[[0, 0]]).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct BatchNorm<E: Element = f32> {
    /// Of `[features]`, at first 1.
    pub scale: Array1<E>,
    /// Of `[features]`, at first 0.
    pub shift: Array1<E>,
    /// The running mean, at first 0.
    #[differentiate(skip)]
    pub mean: Array1<E>,
    /// The running variance (over `n - 1`), at first 1.
    #[differentiate(skip)]
    pub variance: Array1<E>,
    /// What mean and variance are.
    #[differentiate(skip)]
    pub mode: BatchNormMode,
    /// What a batch counts in the running means.
    #[differentiate(skip)]
    pub momentum: f64,
    /// Added to the variance.
    #[differentiate(skip)]
    pub epsilon: f64,
}

/// Where a batch normalisation takes mean and variance from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BatchNormMode {
    /// From the batch.
    #[default]
    Training,
    /// From the running means.
    Evaluation,
}

/// The normalised entries and the factors; what the derivative needs.
#[derive(Debug)]
pub struct BatchNormKept<E>(Vec<E>, Vec<E>);

impl<E: Element> BatchNorm<E> {
    /// A layer for so many features, in training, with `momentum = 0.1` and `epsilon = 1e-5`.
    #[must_use]
    pub fn new(features: usize) -> Self {
        Self {
            scale: Array1::ones(features),
            shift: Array1::zeros(features),
            mean: Array1::zeros(features),
            variance: Array1::ones(features),
            mode: BatchNormMode::Training,
            momentum: 0.1,
            epsilon: 1e-5,
        }
    }

    /// The result.
    ///
    /// # Panics
    /// If the last axis is not that of the layer, or, in training, if there is no entry.
    #[must_use]
    #[track_caller]
    pub fn forward<S: Data<Elem = E>, D: Dimension>(&self, x: &ArrayBase<S, D>) -> Array<E, D> {
        Layer::forward(self, x)
    }

    /// Takes a batch into the running means: `mean ← (1 - momentum) mean + momentum mean(x)`, and the
    /// variance alike, over `n - 1` of the batch's `n` entries.
    ///
    /// # Panics
    /// If the last axis is not that of the layer, or if there are less than two entries.
    #[track_caller]
    pub fn observe<S: Data<Elem = E>, D: Dimension>(&mut self, x: &ArrayBase<S, D>) {
        expect(self.check(x.shape()));
        let rows = x.len() / self.scale.len();
        assert!(rows > 1, "{}: one entry has no variance", self.name());
        let features = self.scale.len();
        let (mut mean, mut variance) = (workspace::take(features), workspace::take(features));
        column_moments(&Rows::of(x), &mut mean, &mut variance);
        let weight = E::of(self.momentum);
        let rest = E::one() - weight;
        let unbias = E::of(rows as f64 / (rows - 1) as f64);
        for (running, &mean) in self.mean.iter_mut().zip(&mean) {
            *running = rest * *running + weight * mean;
        }
        for (running, &variance) in self.variance.iter_mut().zip(&variance) {
            *running = rest * *running + weight * unbias * variance;
        }
        workspace::give(mean);
        workspace::give(variance);
    }

    fn name(&self) -> LayerName {
        let features = self.scale.len();
        LayerName::sized("batch normalisation", features, features)
    }

    fn check(&self, x: &[usize]) -> Result<(), LayerError> {
        let features = self.scale.len();
        for (operand, array) in [
            ("shift", &self.shift),
            ("mean", &self.mean),
            ("variance", &self.variance),
        ] {
            check(self.name(), operand, &[features], array.shape())?;
        }
        check_last_axis(self.name(), features, x)?;
        if self.mode == BatchNormMode::Training && x.contains(&0) {
            let rule = "a batch to train on must not be empty";
            return Err(LayerError::Setting {
                layer: self.name(),
                rule,
            });
        }
        Ok(())
    }

    /// The normalised entries, and `1 / sqrt(variance + epsilon)`.
    fn normalise(&self, x: &[E]) -> BatchNormKept<E> {
        let features = self.scale.len();
        let (mut mean, mut factor) = (workspace::take(features), workspace::take(features));
        match self.mode {
            BatchNormMode::Training => column_moments(x, &mut mean, &mut factor),
            BatchNormMode::Evaluation => {
                mean.copy_from_slice(&Rows::of(&self.mean));
                factor.copy_from_slice(&Rows::of(&self.variance));
            }
        }
        for factor in &mut factor {
            *factor = (*factor + E::of(self.epsilon)).sqrt().recip();
        }
        let mut n = workspace::take(x.len());
        normalise_columns(x, &mean, &factor, &mut n);
        workspace::give(mean);
        BatchNormKept(n, factor)
    }

    /// `to += J bar` for the derivative `J` of the normalisation alone, which is symmetric.
    fn add_derivative(&self, bar: &[E], kept: &BatchNormKept<E>, to: &mut [E]) {
        let BatchNormKept(n, factor) = kept;
        let features = factor.len();
        let (mut mean, mut dot) = (
            workspace::take_zeroed(features),
            workspace::take_zeroed(features),
        );
        if self.mode == BatchNormMode::Training {
            let weight = E::of((bar.len() / features) as f64).recip();
            reduce::add_column_sums(bar, &mut mean);
            add_column_dots(bar, n, &mut dot);
            for x in mean.iter_mut().chain(&mut dot) {
                *x *= weight;
            }
        }
        add_centred_columns(bar, n, factor, &mean, &dot, to);
        workspace::give(mean);
        workspace::give(dot);
    }
}

impl<E: Element, S: Data<Elem = E>, D: Dimension> Layer<ArrayBase<S, D>> for BatchNorm<E> {
    type Output = Array<E, D>;
    type Kept = BatchNormKept<E>;

    #[track_caller]
    fn forward(&self, x: &ArrayBase<S, D>) -> Array<E, D> {
        let (y, BatchNormKept(n, factor)) = self.forward_keep(x);
        workspace::give(n);
        workspace::give(factor);
        y
    }

    #[track_caller]
    fn forward_keep(&self, x: &ArrayBase<S, D>) -> (Array<E, D>, BatchNormKept<E>) {
        expect(self.check(x.shape()));
        let kept = self.normalise(&Rows::of(x));
        let mut y = buffer::array(x.raw_dim());
        let (scale, shift) = (Rows::of(&self.scale), Rows::of(&self.shift));
        scale_columns(&kept.0, &scale, &shift, buffer::entries(&mut y));
        (y, kept)
    }

    fn pull(
        &self,
        _: &ArrayBase<S, D>,
        kept: BatchNormKept<E>,
        y_bar: Array<E, D>,
        self_bar: Bar<'_, Self>,
        x_bar: Bar<'_, ArrayBase<S, D>>,
    ) {
        let mut bar = buffer::into_rows(y_bar);
        if let Some(self_bar) = self_bar {
            buffer::change(&mut self_bar.scale, |scale_bar| {
                add_column_dots(&bar, &kept.0, scale_bar)
            });
            buffer::change(&mut self_bar.shift, |shift_bar| {
                reduce::add_column_sums(&bar, shift_bar)
            });
        }
        if let Some(x_bar) = x_bar {
            multiply_columns(&mut bar, &Rows::of(&self.scale));
            buffer::change(x_bar, |x_bar| self.add_derivative(&bar, &kept, x_bar));
        }
        workspace::give(bar);
        workspace::give(kept.0);
        workspace::give(kept.1);
    }

    #[track_caller]
    fn push(
        &self,
        x: &ArrayBase<S, D>,
        self_dot: Option<&TangentOf<Self>>,
        x_dot: Option<&Array<E, D>>,
    ) -> (Array<E, D>, Array<E, D>) {
        let (y, kept) = self.forward_keep(x);
        let mut y_dot = buffer::zeros(x.raw_dim());
        let dot = buffer::entries(&mut y_dot);
        if let Some(x_dot) = x_dot {
            self.add_derivative(&Rows::of(x_dot), &kept, dot);
            multiply_columns(dot, &Rows::of(&self.scale));
        }
        if let Some(self_dot) = self_dot {
            push_scale_and_shift(
                &kept.0,
                &Rows::of(&self_dot.scale),
                &Rows::of(&self_dot.shift),
                dot,
            );
        }
        workspace::give(kept.0);
        workspace::give(kept.1);
        (y, y_dot)
    }

    fn reuse(y: Array<E, D>) {
        buffer::give(y);
    }
}

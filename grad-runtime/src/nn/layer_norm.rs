//! [`LayerNorm`]: every row to mean 0 and variance 1.

use std::vec::Vec;

use ndarray::{Array, Array1, ArrayBase, Data, Dimension};

use super::buffer::{self, Rows};
use super::error::{check, expect};
use super::normalise::{add_centred_rows, add_column_dots, normalise_rows, scale_columns};
use super::{Bar, Element, Layer, LayerError, LayerName};
use crate::private::TangentOf;
use crate::tensor::{elementwise, reduce, workspace};
use crate::{Differentiable, Dimensions};

/// Brings the last axis of each entry to mean 0 and variance 1, then scales and shifts (Ba, Kiros and
/// Hinton 2016):
///
/// ```text
/// y = scale (x - mean(x)) / sqrt(variance(x) + epsilon) + shift
/// ```
///
/// ```
/// use grad_runtime::nn::LayerNorm;
/// use ndarray::arr2;
///
/// let y = LayerNorm::<f64>::new(2).forward(&arr2(&[[1.0, 3.0], [-5.0, 5.0]]));
/// assert!(y.iter().zip([-1.0, 1.0, -1.0, 1.0]).all(|(y, e)| (y - e).abs() < 1e-5));
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct LayerNorm<E: Element = f32> {
    /// Of `[features]`, at first 1.
    pub scale: Array1<E>,
    /// Of `[features]`, at first 0.
    pub shift: Array1<E>,
    /// Added to the variance.
    #[differentiate(skip)]
    pub epsilon: f64,
}

impl<E: Element> LayerNorm<E> {
    /// A layer for rows of so many features, with `epsilon = 1e-5`.
    #[must_use]
    pub fn new(features: usize) -> Self {
        Self {
            scale: Array1::ones(features),
            shift: Array1::zeros(features),
            epsilon: 1e-5,
        }
    }

    /// The result.
    ///
    /// # Panics
    /// If the last axis is not that of the layer; the message names both shapes.
    #[must_use]
    #[track_caller]
    pub fn forward<S: Data<Elem = E>, D: Dimension>(&self, x: &ArrayBase<S, D>) -> Array<E, D> {
        Layer::forward(self, x)
    }

    fn check(&self, x: &[usize]) -> Result<(), LayerError> {
        let features = self.scale.len();
        let name = LayerName::sized("layer normalisation", features, features);
        check(name, "shift", &[features], self.shift.shape())?;
        check_last_axis(name, features, x)
    }
}

/// An error unless the last axis has `features` entries.
pub(super) fn check_last_axis(
    name: LayerName,
    features: usize,
    x: &[usize],
) -> Result<(), LayerError> {
    let mut expected = [Dimensions::ANY; Dimensions::MOST];
    let rank = x.len().clamp(1, Dimensions::MOST);
    expected[rank - 1] = features;
    if features == 0 {
        let rule = "there must be a feature";
        return Err(LayerError::Setting { layer: name, rule });
    }
    check(name, "input", &expected[..rank], x)
}

impl<E: Element, S: Data<Elem = E>, D: Dimension> Layer<ArrayBase<S, D>> for LayerNorm<E> {
    type Output = Array<E, D>;
    /// The normalised rows and the factors.
    type Kept = (Vec<E>, Vec<E>);

    #[track_caller]
    fn forward(&self, x: &ArrayBase<S, D>) -> Array<E, D> {
        let (y, (n, factors)) = self.forward_keep(x);
        workspace::give(n);
        workspace::give(factors);
        y
    }

    #[track_caller]
    fn forward_keep(&self, x: &ArrayBase<S, D>) -> (Array<E, D>, (Vec<E>, Vec<E>)) {
        expect(self.check(x.shape()));
        let mut n = workspace::take(x.len());
        let mut factors = workspace::take(x.len() / self.scale.len());
        normalise_rows(&Rows::of(x), E::of(self.epsilon), &mut factors, &mut n);
        let mut y = buffer::array(x.raw_dim());
        let (scale, shift) = (Rows::of(&self.scale), Rows::of(&self.shift));
        scale_columns(&n, &scale, &shift, buffer::entries(&mut y));
        (y, (n, factors))
    }

    fn pull(
        &self,
        _: &ArrayBase<S, D>,
        (n, factors): (Vec<E>, Vec<E>),
        y_bar: Array<E, D>,
        self_bar: Bar<'_, Self>,
        x_bar: Bar<'_, ArrayBase<S, D>>,
    ) {
        let mut bar = buffer::into_rows(y_bar);
        if let Some(self_bar) = self_bar {
            buffer::change(&mut self_bar.scale, |scale_bar| {
                add_column_dots(&bar, &n, scale_bar)
            });
            buffer::change(&mut self_bar.shift, |shift_bar| {
                reduce::add_column_sums(&bar, shift_bar)
            });
        }
        if let Some(x_bar) = x_bar {
            multiply_columns(&mut bar, &Rows::of(&self.scale));
            buffer::change(x_bar, |x_bar| add_centred_rows(&bar, &n, &factors, x_bar));
        }
        workspace::give(bar);
        workspace::give(n);
        workspace::give(factors);
    }

    #[track_caller]
    fn push(
        &self,
        x: &ArrayBase<S, D>,
        self_dot: Option<&TangentOf<Self>>,
        x_dot: Option<&Array<E, D>>,
    ) -> (Array<E, D>, Array<E, D>) {
        let (y, (n, factors)) = self.forward_keep(x);
        let mut y_dot = buffer::zeros(x.raw_dim());
        let dot = buffer::entries(&mut y_dot);
        if let Some(x_dot) = x_dot {
            add_centred_rows(&Rows::of(x_dot), &n, &factors, dot);
            multiply_columns(dot, &Rows::of(&self.scale));
        }
        if let Some(self_dot) = self_dot {
            push_scale_and_shift(
                &n,
                &Rows::of(&self_dot.scale),
                &Rows::of(&self_dot.shift),
                dot,
            );
        }
        workspace::give(n);
        workspace::give(factors);
        (y, y_dot)
    }

    fn reuse(y: Array<E, D>) {
        buffer::give(y);
    }
}

/// `x *= factors`, by columns.
pub(super) fn multiply_columns<E: Element>(x: &mut [E], factors: &[E]) {
    for row in x.chunks_exact_mut(factors.len()) {
        for (x, &factor) in row.iter_mut().zip(factors) {
            *x *= factor;
        }
    }
}

/// `dot += n scale_dot + shift_dot`, by columns.
pub(super) fn push_scale_and_shift<E: Element>(
    n: &[E],
    scale_dot: &[E],
    shift_dot: &[E],
    dot: &mut [E],
) {
    let columns = scale_dot.len();
    for (dot, n) in dot.chunks_exact_mut(columns).zip(n.chunks_exact(columns)) {
        elementwise::add_product(dot, n, scale_dot);
        elementwise::add(dot, shift_dot);
    }
}

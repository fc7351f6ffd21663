//! [`Dense`]: every output a weighted sum of all inputs.

use ndarray::{Array1, Array2, ArrayBase, Data, Ix2};

use super::buffer::{self, Rows};
use super::error::{check, expect};
use super::layer::inherent_forward;
use super::{Activation, ActivationKept, Bar, Element, Init, Layer, LayerError, LayerName};
use crate::private::TangentOf;
use crate::tensor::elementwise;
use crate::tensor::product::{Matrix, Start, multiply};
use crate::tensor::{reduce, workspace};
use crate::{Differentiable, Dimensions};

/// A dense (fully connected) layer, `y = f(x W + b)` for each row of the input.
///
/// Of `[batch, inputs]` it makes `[batch, outputs]`; the bias starts every sum, and a rectifier ends it,
/// without a further pass.
///
/// ```
/// use grad_runtime::nn::Dense;
/// use ndarray::{arr1, arr2};
///
/// let layer = Dense::from_parts(arr2(&[[1.0, 2.0], [3.0, 4.0]]), arr1(&[0.5, -0.5]))?;
/// assert_eq!(layer.forward(&arr2(&[[1.0, 10.0]])), arr2(&[[31.5, 41.5]]));
/// # Ok::<(), grad_runtime::nn::LayerError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Dense<E: Element = f32> {
    /// `W`, of `[inputs, outputs]`.
    pub weights: Array2<E>,
    /// `b`, of `[outputs]`.
    pub bias: Array1<E>,
    /// `f`.
    #[differentiate(skip)]
    pub activation: Activation,
}

impl<E: Element> Dense<E> {
    /// A linear layer with weights drawn as `init` says and a bias of zero.
    #[must_use]
    pub fn new(inputs: usize, outputs: usize, init: Init) -> Self {
        Self {
            weights: init.weights(Ix2(inputs, outputs), inputs, outputs),
            bias: Array1::zeros(outputs),
            activation: Activation::Linear,
        }
    }

    /// A linear layer with these weights.
    ///
    /// # Errors
    /// If the bias has not one entry for each column of the weights.
    pub fn from_parts(weights: Array2<E>, bias: Array1<E>) -> Result<Self, LayerError> {
        let layer = Self {
            weights,
            bias,
            activation: Activation::Linear,
        };
        layer.check_bias()?;
        Ok(layer)
    }

    /// The layer with an activation.
    ///
    /// # Panics
    /// If a setting of the activation is out of its range.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, activation: Activation) -> Self {
        activation.expect_settings();
        self.activation = activation;
        self
    }

    fn name(&self) -> LayerName {
        let (inputs, outputs) = self.weights.dim();
        LayerName::sized("dense layer", inputs, outputs)
    }

    fn check_bias(&self) -> Result<(), LayerError> {
        check(
            self.name(),
            "bias",
            &[self.weights.ncols()],
            self.bias.shape(),
        )
    }

    fn check(&self, x: &[usize]) -> Result<(), LayerError> {
        self.check_bias()?;
        check(
            self.name(),
            "input",
            &[Dimensions::ANY, self.weights.nrows()],
            x,
        )
    }

    /// `x W + b`, made positive if `rectify`.
    #[track_caller]
    fn sums<S: Data<Elem = E>>(&self, x: &ArrayBase<S, Ix2>, rectify: bool) -> Array2<E> {
        expect(self.check(x.shape()));
        let (inputs, outputs) = self.weights.dim();
        let mut y = buffer::array(Ix2(x.nrows(), outputs));
        multiply(
            Matrix::rows(&Rows::of(x), inputs),
            Matrix::rows(&Rows::of(&self.weights), outputs),
            [inputs, outputs],
            Start::Row(&Rows::of(&self.bias)),
            rectify,
            buffer::entries(&mut y),
        );
        y
    }
}

impl<E: Element, S: Data<Elem = E>> Layer<ArrayBase<S, Ix2>> for Dense<E> {
    type Output = Array2<E>;
    type Kept = ActivationKept<E>;

    #[track_caller]
    fn forward(&self, x: &ArrayBase<S, Ix2>) -> Array2<E> {
        let rectify = self.activation == Activation::Relu;
        let mut y = self.sums(x, rectify);
        if !rectify {
            self.activation.apply(buffer::entries(&mut y));
        }
        y
    }

    #[track_caller]
    fn forward_keep(&self, x: &ArrayBase<S, Ix2>) -> (Array2<E>, ActivationKept<E>) {
        let rectify = self.activation == Activation::Relu;
        let mut y = self.sums(x, rectify);
        let entries = buffer::entries(&mut y);
        let kept = if rectify {
            Activation::keep_rectified(entries)
        } else {
            self.activation.apply_keep(entries)
        };
        (y, kept)
    }

    fn pull(
        &self,
        x: &ArrayBase<S, Ix2>,
        kept: ActivationKept<E>,
        y_bar: Array2<E>,
        self_bar: Bar<'_, Self>,
        x_bar: Bar<'_, ArrayBase<S, Ix2>>,
    ) {
        let (inputs, outputs) = self.weights.dim();
        let batch = x.nrows();
        let mut bar = buffer::into_rows(y_bar);
        self.activation.pull(&kept, &mut bar);
        kept.give();
        let sums = Matrix::rows(&bar, outputs);
        if let Some(self_bar) = self_bar {
            buffer::change(&mut self_bar.bias, |bias_bar| {
                reduce::add_column_sums(&bar, bias_bar);
            });
            let x = Rows::of(x);
            buffer::change(&mut self_bar.weights, |weights_bar| {
                let x = Matrix::rows(&x, inputs).t();
                multiply(x, sums, [batch, outputs], Start::Held, false, weights_bar);
            });
        }
        if let Some(x_bar) = x_bar {
            let weights = Rows::of(&self.weights);
            buffer::change(x_bar, |x_bar| {
                let weights = Matrix::rows(&weights, outputs).t();
                multiply(sums, weights, [outputs, inputs], Start::Held, false, x_bar);
            });
        }
        workspace::give(bar);
    }

    #[track_caller]
    fn push(
        &self,
        x: &ArrayBase<S, Ix2>,
        self_dot: Option<&TangentOf<Self>>,
        x_dot: Option<&Array2<E>>,
    ) -> (Array2<E>, Array2<E>) {
        let (y, kept) = self.forward_keep(x);
        let (inputs, outputs) = self.weights.dim();
        let mut y_dot = buffer::zeros(y.raw_dim());
        let dot = buffer::entries(&mut y_dot);
        let mut add = |x: &[E], weights: &[E]| {
            let (x, weights) = (Matrix::rows(x, inputs), Matrix::rows(weights, outputs));
            multiply(x, weights, [inputs, outputs], Start::Held, false, dot);
        };
        if let Some(x_dot) = x_dot {
            add(&Rows::of(x_dot), &Rows::of(&self.weights));
        }
        if let Some(self_dot) = self_dot {
            add(&Rows::of(x), &Rows::of(&self_dot.weights));
            let bias_dot = Rows::of(&self_dot.bias);
            for row in dot.chunks_exact_mut(outputs.max(1)) {
                elementwise::add(row, &bias_dot);
            }
        }
        self.activation.pull(&kept, dot);
        kept.give();
        (y, y_dot)
    }

    fn reuse(y: Array2<E>) {
        buffer::give(y);
    }
}

inherent_forward!(Dense<E>, ArrayBase<S, Ix2> => Array2<E>);

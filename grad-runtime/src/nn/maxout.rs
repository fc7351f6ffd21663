//! [`Maxout`]: the largest of several linear functions.

use std::vec::Vec;

use ndarray::{Array2, Array3, ArrayBase, Data, Ix2, Ix3};

use super::buffer::{self, Rows};
use super::error::{check, expect};
use super::layer::inherent_forward;
use super::{Bar, Element, Init, Layer, LayerError, LayerName};
use crate::private::TangentOf;
use crate::tensor::elementwise::passes;
use crate::tensor::product::{Matrix, Start, multiply};
use crate::tensor::{elementwise, reduce, workspace};
use crate::{Differentiable, Dimensions};

/// The largest of `k` linear functions for each output, `y = max_k (x W_k + b_k)` (Goodfellow et al.
/// 2013): an activation that is learnt.
///
/// Where several pieces are the largest, each gets an equal share of the cotangent.
///
/// ```
/// use grad_runtime::nn::Maxout;
/// use ndarray::{arr2, arr3};
///
/// // |x| as the larger of x and -x.
/// let layer = Maxout::from_parts(arr3(&[[[1.0]], [[-1.0]]]), arr2(&[[0.0], [0.0]]))?;
/// assert_eq!(layer.forward(&arr2(&[[-3.0], [2.0]])), arr2(&[[3.0], [2.0]]));
/// # Ok::<(), grad_runtime::nn::LayerError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Differentiable)]
pub struct Maxout<E: Element = f32> {
    /// Of `[pieces, inputs, outputs]`.
    pub weights: Array3<E>,
    /// Of `[pieces, outputs]`.
    pub bias: Array2<E>,
}

impl<E: Element> Maxout<E> {
    /// A layer of `pieces` linear functions with weights drawn as `init` says and biases of zero.
    ///
    /// # Panics
    /// If there is no piece.
    #[must_use]
    #[track_caller]
    pub fn new(inputs: usize, outputs: usize, pieces: usize, init: Init) -> Self {
        let weights = init.weights(Ix3(pieces, inputs, outputs), inputs, outputs);
        expect(Self::from_parts(weights, Array2::zeros((pieces, outputs))))
    }

    /// A layer with these weights.
    ///
    /// # Errors
    /// If there is no piece, or the bias is not of `[pieces, outputs]`.
    pub fn from_parts(weights: Array3<E>, bias: Array2<E>) -> Result<Self, LayerError> {
        let layer = Self { weights, bias };
        layer.check_parts()?;
        Ok(layer)
    }

    fn name(&self) -> LayerName {
        let (_, inputs, outputs) = self.weights.dim();
        LayerName::sized("maxout layer", inputs, outputs)
    }

    fn check_parts(&self) -> Result<(), LayerError> {
        let (pieces, _, outputs) = self.weights.dim();
        if pieces == 0 {
            let rule = "there must be a piece";
            return Err(LayerError::Setting {
                layer: self.name(),
                rule,
            });
        }
        check(self.name(), "bias", &[pieces, outputs], self.bias.shape())
    }

    /// The linear functions of `x`, piece after piece.
    #[track_caller]
    fn pieces<S: Data<Elem = E>>(&self, x: &ArrayBase<S, Ix2>) -> Vec<E> {
        expect(self.check_parts());
        let (pieces, inputs, outputs) = self.weights.dim();
        expect(check(
            self.name(),
            "input",
            &[Dimensions::ANY, inputs],
            x.shape(),
        ));
        let len = x.nrows() * outputs;
        let mut sums = workspace::take(pieces * len);
        let (weights, bias, x) = (Rows::of(&self.weights), Rows::of(&self.bias), Rows::of(x));
        for (k, sums) in sums.chunks_exact_mut(len.max(1)).enumerate() {
            multiply(
                Matrix::rows(&x, inputs),
                Matrix::rows(&weights[k * inputs * outputs..], outputs),
                [inputs, outputs],
                Start::Row(&bias[k * outputs..][..outputs]),
                false,
                sums,
            );
        }
        sums
    }

    /// The largest of the pieces.
    fn largest(&self, x_rows: usize, sums: &[E]) -> Array2<E> {
        let mut y = buffer::array(Ix2(x_rows, self.bias.ncols()));
        let entries = buffer::entries(&mut y);
        let mut pieces = sums.chunks_exact(entries.len().max(1));
        if let Some(first) = pieces.next() {
            entries.copy_from_slice(first);
        }
        for piece in pieces {
            raise(entries, piece);
        }
        y
    }

    /// Replaces each sum by its share of the output: 1, or less where several are the largest.
    fn shares(y: &[E], sums: &mut [E]) {
        let mut counts = workspace::take_zeroed(y.len());
        for piece in sums.chunks_exact_mut(y.len().max(1)) {
            mark(y, piece, &mut counts);
        }
        for piece in sums.chunks_exact_mut(y.len().max(1)) {
            divide(piece, &counts);
        }
        workspace::give(counts);
    }
}

passes! {
    /// `y = max(y, x)`; what is not a number stays.
    fn raise<'a, E>(y: &'a mut [E], x: &'a [E]) -> () {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = if *y >= x || y.is_nan() { *y } else { x };
        }
    }

    /// Turns a piece into 1 where it is the largest, else 0, and counts.
    fn mark<'a, E>(y: &'a [E], piece: &'a mut [E], counts: &'a mut [E]) -> () {
        for ((piece, &y), count) in piece.iter_mut().zip(y).zip(counts) {
            *piece = if *piece >= y { E::one() } else { E::zero() };
            *count += *piece;
        }
    }

    /// `x /= y`, where `x` is not zero.
    fn divide<'a, E>(x: &'a mut [E], y: &'a [E]) -> () {
        for (x, &y) in x.iter_mut().zip(y) {
            *x = if *x > E::zero() { *x / y } else { E::zero() };
        }
    }

    /// `x *= y`.
    fn multiply_by<'a, E>(x: &'a mut [E], y: &'a [E]) -> () {
        for (x, &y) in x.iter_mut().zip(y) {
            // A share of zero takes nothing, not even of what is infinite.
            *x = if *x > E::zero() { *x * y } else { E::zero() };
        }
    }
}

impl<E: Element, S: Data<Elem = E>> Layer<ArrayBase<S, Ix2>> for Maxout<E> {
    type Output = Array2<E>;
    /// The share of each piece in each output.
    type Kept = Vec<E>;

    #[track_caller]
    fn forward(&self, x: &ArrayBase<S, Ix2>) -> Array2<E> {
        let sums = self.pieces(x);
        let y = self.largest(x.nrows(), &sums);
        workspace::give(sums);
        y
    }

    #[track_caller]
    fn forward_keep(&self, x: &ArrayBase<S, Ix2>) -> (Array2<E>, Vec<E>) {
        let mut sums = self.pieces(x);
        let mut y = self.largest(x.nrows(), &sums);
        Self::shares(buffer::entries(&mut y), &mut sums);
        (y, sums)
    }

    fn pull(
        &self,
        x: &ArrayBase<S, Ix2>,
        mut shares: Vec<E>,
        y_bar: Array2<E>,
        self_bar: Bar<'_, Self>,
        x_bar: Bar<'_, ArrayBase<S, Ix2>>,
    ) {
        let (_, inputs, outputs) = self.weights.dim();
        let batch = x.nrows();
        let bar = buffer::into_rows(y_bar);
        let len = bar.len().max(1);
        for share in shares.chunks_exact_mut(len) {
            multiply_by(share, &bar);
        }
        workspace::give(bar);
        if let Some(self_bar) = self_bar {
            let x = Rows::of(x);
            buffer::change(&mut self_bar.bias, |bias_bar| {
                for (bar, to) in shares
                    .chunks_exact(len)
                    .zip(bias_bar.chunks_exact_mut(outputs))
                {
                    reduce::add_column_sums(bar, to);
                }
            });
            buffer::change(&mut self_bar.weights, |weights_bar| {
                let pieces = weights_bar.chunks_exact_mut((inputs * outputs).max(1));
                for (bar, to) in shares.chunks_exact(len).zip(pieces) {
                    let (x, bar) = (Matrix::rows(&x, inputs).t(), Matrix::rows(bar, outputs));
                    multiply(x, bar, [batch, outputs], Start::Held, false, to);
                }
            });
        }
        if let Some(x_bar) = x_bar {
            let weights = Rows::of(&self.weights);
            buffer::change(x_bar, |x_bar| {
                let pieces = weights.chunks_exact((inputs * outputs).max(1));
                for (bar, weights) in shares.chunks_exact(len).zip(pieces) {
                    let weights = Matrix::rows(weights, outputs).t();
                    let bar = Matrix::rows(bar, outputs);
                    multiply(bar, weights, [outputs, inputs], Start::Held, false, x_bar);
                }
            });
        }
        workspace::give(shares);
    }

    #[track_caller]
    fn push(
        &self,
        x: &ArrayBase<S, Ix2>,
        self_dot: Option<&TangentOf<Self>>,
        x_dot: Option<&Array2<E>>,
    ) -> (Array2<E>, Array2<E>) {
        let (y, shares) = self.forward_keep(x);
        let (pieces, inputs, outputs) = self.weights.dim();
        let mut y_dot = buffer::zeros(y.raw_dim());
        let dot = buffer::entries(&mut y_dot);
        let mut part = workspace::take_zeroed(dot.len());
        let no_bias = Array2::zeros((pieces, outputs));
        let mut add = |x: &[E], weights: &[E], bias: &[E]| {
            for k in 0..pieces {
                let weights = Matrix::rows(&weights[k * inputs * outputs..], outputs);
                let bias = Start::Row(&bias[k * outputs..][..outputs]);
                multiply(
                    Matrix::rows(x, inputs),
                    weights,
                    [inputs, outputs],
                    bias,
                    false,
                    &mut part,
                );
                elementwise::add_product(dot, &part, &shares[k * part.len()..]);
            }
        };
        if let Some(x_dot) = x_dot {
            add(
                &Rows::of(x_dot),
                &Rows::of(&self.weights),
                &Rows::of(&no_bias),
            );
        }
        if let Some(self_dot) = self_dot {
            add(
                &Rows::of(x),
                &Rows::of(&self_dot.weights),
                &Rows::of(&self_dot.bias),
            );
        }
        workspace::give(part);
        workspace::give(shares);
        (y, y_dot)
    }

    fn reuse(y: Array2<E>) {
        buffer::give(y);
    }
}

inherent_forward!(Maxout<E>, ArrayBase<S, Ix2> => Array2<E>);

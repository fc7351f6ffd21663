//! Models of one's own through `#[differentiate]`.

use grad_runtime::check::check_gradient;
use grad_runtime::loss::softmax_cross_entropy;
use grad_runtime::nn::{Activation, Dense, Init};
use grad_runtime::{Differentiable, differentiate};
use ndarray::{Array1, Array2, Axis, s};

use super::random;

#[derive(Clone, Differentiable)]
struct Classifier {
    hidden: Dense<f64>,
    output: Dense<f64>,
}

impl Classifier {
    #[differentiate(wrt(self))]
    fn loss(&self, images: &Array2<f64>, labels: &[usize]) -> f64 {
        let h = self.hidden.forward(images);
        softmax_cross_entropy(&self.output.forward(&h), labels)
    }
}

#[test]
fn a_classifier() {
    let model = Classifier {
        hidden: Dense::new(5, 4, Init::glorot(1)).with(Activation::Tanh),
        output: Dense::new(4, 3, Init::glorot(2)),
    };
    let (images, labels) = (random((6, 5), 1), [0, 1, 2, 2, 1, 0]);
    let value = |model: &Classifier| model.loss(&images, &labels);
    let grad = |model: &Classifier| model.grad_loss(&images, &labels);
    check_gradient(value, grad, model).unwrap();
}

#[differentiate(wrt(weights, bias))]
fn affine(weights: &Array2<f64>, bias: &Array1<f64>, x: &Array2<f64>) -> f64 {
    let h = &x.dot(weights) + bias;
    (&h * &h).sum() / 2.0
}

#[differentiate]
fn standardise(x: &Array2<f64>, scale: f64) -> f64 {
    let mean = x.mean_axis(Axis(0)).unwrap();
    let centred = x - &mean;
    let square = &centred * &centred;
    let total = square.sum_axis(Axis(1));
    let mut y = &centred.t() * scale;
    y += &total;
    y *= 2.0;
    let square = &y * &y;
    let row = square.slice(s![.., 0]);
    row.sum() + (-&y).sum()
}

#[test]
fn functions_on_arrays() {
    type Point = (Array2<f64>, Array1<f64>);
    let x: Array2<f64> = random((6, 5), 1);
    let point: Point = (random((5, 3), 2), random(3, 3));
    let value = |(w, b): &Point| affine(w, b, &x);
    check_gradient(value, |(w, b)| grad_affine(w, b, &x), point).unwrap();

    let point = (random::<f64, _>((3, 3), 4), 0.7);
    let value = |(x, scale): &(Array2<f64>, f64)| standardise(x, *scale);
    check_gradient(value, |(x, scale)| grad_standardise(x, *scale), point).unwrap();
}

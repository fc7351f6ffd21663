//! Models of one's own through `#[differentiate]`.

use grad_runtime::check::check_gradient;
use grad_runtime::loss::softmax_cross_entropy;
use grad_runtime::nn::{Activation, Dense, Init};
use grad_runtime::{Differentiable, differentiate};
use ndarray::Array2;

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

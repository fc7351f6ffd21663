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

/// The example of the crate's documentation, as it is written there.
mod example {
    use grad_runtime::loss::softmax_cross_entropy;
    use grad_runtime::nn::{Dense, Init, tanh};
    use grad_runtime::optim::Adam;
    use grad_runtime::{Differentiable, differentiate};
    use ndarray::Array2;

    use super::random;

    #[derive(Differentiable)]
    struct Classifier {
        hidden: Dense,
        output: Dense,
    }

    impl Classifier {
        #[differentiate(wrt(self))]
        fn loss(&self, images: &Array2<f32>, labels: &[usize]) -> f32 {
            let h = self.hidden.forward(images).mapv(tanh);
            softmax_cross_entropy(&self.output.forward(&h), labels)
        }
    }

    #[test]
    fn trains() {
        let mut model = Classifier {
            hidden: Dense::new(5, 4, Init::glorot(1)),
            output: Dense::new(4, 3, Init::glorot(2)),
        };
        let images: Array2<f32> = random((6, 5), 1);
        let labels = [0, 1, 2, 2, 1, 0];
        let mut optimizer = Adam::new(0.05);
        let first = model.loss(&images, &labels);
        for _ in 0..100 {
            let (_, grads) = model.value_and_grad_loss(&images, &labels);
            optimizer.step(&mut model, &grads);
        }
        assert!(model.loss(&images, &labels) < 0.2 * first);
    }
}

#[differentiate]
fn softsign(x: f64) -> f64 {
    x / (1.0 + x.abs())
}

#[differentiate]
fn of_entries(x: &Array2<f64>) -> f64 {
    let third = 3.0;
    let mut bent = x.mapv(grad_runtime::nn::tanh).mapv(softsign);
    bent.mapv_inplace(f64::exp);
    bent.mapv_inplace(|v| if v > 1.0 { 2.0 * v } else { v * v });
    let waves = (&bent * x).mapv_into(|v| v * v * third + v.sin());
    let squares = x.map(|v| v * v + *v).map(|&v| v.cos());
    (&waves + &squares).mapv(|v: f64| v.powi(3)).sum()
}

#[derive(Clone, Differentiable)]
struct Bend {
    strength: f64,
}

#[differentiate]
impl Bend {
    fn bend(&self, x: f64) -> f64 {
        (self.strength * x).sin()
    }

    fn total(&self, x: &Array1<f64>) -> f64 {
        x.mapv(|v| self.bend(v)).sum() * x.mapv(Self::square).sum()
    }

    fn square(x: f64) -> f64 {
        x * x + x
    }
}

/// Single precision, paths, closures in variables, arrays of integers and of no derivative.
#[differentiate(wrt(x))]
fn other_entries(x: &Array1<f32>, labels: &Array1<usize>, scale: &Array1<f32>) -> f32 {
    let target = labels.mapv(|l| if l > 1 { 1.0_f32 } else { 0.25 });
    let logs = scale.mapv(f32::ln);
    let cube = |v: f32| v * v * v;
    let positive = |v: f32| if v > 0.0 { v } else { 0.1 * v };
    let mut y = x.mapv(f32::exp).mapv(cube) * &target + &logs;
    y.mapv_inplace(positive);
    let z = grad_runtime::nn::gelu(y.sum());
    z + (&y - &target).mapv_into(|d| d.powi(2)).sum()
}

/// A function that captures what is differentiated.
#[differentiate]
fn of_entries_and_captures(x: &Array2<f64>, scale: f64, shifts: &[f64]) -> f64 {
    let twice = 2.0 * scale;
    let mut y = x.mapv(|v| (v * twice).tanh() + shifts[1]);
    y.mapv_inplace(|v| v * scale);
    y.map(|v| v * shifts[0] * scale).sum()
}

#[differentiate]
fn of_entries_given(f: impl Fn(f64) -> f64, x: &Array1<f64>) -> f64 {
    x.mapv(f).sum()
}

#[differentiate]
fn gives_a_function(x: &Array1<f64>, a: f64) -> f64 {
    of_entries_given(|v: f64| v * v * a, x)
}

#[derive(Clone, Differentiable)]
struct Weights {
    weights: Array2<f64>,
}

impl Weights {
    /// `to_owned` where the macro knows no type: of views, of arrays, of what is not active.
    #[differentiate]
    fn owned(&self, x: &Array2<f64>, constant: &Array2<f64>) -> f64 {
        let views = self.weights.t().to_owned() * 2.0;
        let h = x.dot(&self.weights);
        let sum = h.to_owned() + constant.t().to_owned();
        let plain = self.clone();
        (&views * &plain.weights.t().to_owned()).sum() + (&sum * &sum.to_owned()).sum()
    }

    #[differentiate(wrt(self))]
    fn partly_owned(&self, constant: &Array2<f64>) -> f64 {
        (&self.weights * &(constant.t().to_owned() * 2.0)).sum()
    }
}

#[test]
fn owned_copies() {
    let point = Weights {
        weights: random((3, 2), 7),
    };
    let (x, constant) = (random((4, 3), 8), random((2, 4), 9));
    let value = |(w, x, c): &(Weights, Array2<f64>, Array2<f64>)| w.owned(x, c);
    let grad = |(w, x, c): &(Weights, Array2<f64>, Array2<f64>)| w.grad_owned(x, c);
    check_gradient(value, grad, (point.clone(), x, constant)).unwrap();
    let constant = random((2, 3), 9);
    let grad = |w: &Weights| w.grad_partly_owned(&constant);
    check_gradient(|w: &Weights| w.partly_owned(&constant), grad, point).unwrap();
}

#[test]
fn functions_of_entries() {
    let x: Array2<f64> = random((4, 3), 7);
    check_gradient(of_entries, grad_of_entries, x.clone()).unwrap();
    let (_, dot) = jvp_of_entries(&x, &Array2::ones((4, 3)));
    assert!((dot - grad_of_entries(&x).sum()).abs() < 1e-10);

    let point = (x.clone(), 0.8, vec![0.3, -1.2]);
    let value = |(x, a, s): &(Array2<f64>, f64, Vec<f64>)| of_entries_and_captures(x, *a, s);
    let grad = |(x, a, s): &(Array2<f64>, f64, Vec<f64>)| grad_of_entries_and_captures(x, *a, s);
    check_gradient(value, grad, point).unwrap();
    let ones = (Array2::ones((4, 3)), 1.0, vec![1.0, 1.0]);
    let (_, dot) = jvp_of_entries_and_captures(&x, 0.8, &[0.3, -1.2], &ones.0, ones.1, &ones.2);
    let (a, b, c) = grad_of_entries_and_captures(&x, 0.8, &[0.3, -1.2]);
    assert!((dot - a.sum() - b - c[0] - c[1]).abs() < 1e-10);

    let point = (Bend { strength: 0.7 }, random(5, 3));
    let value = |(b, x): &(Bend, Array1<f64>)| b.total(x);
    check_gradient(value, |(b, x)| b.grad_total(x), point).unwrap();

    let (labels, scale) = (
        Array1::from(vec![0, 1, 2]),
        Array1::from(vec![0.5, 0.1, 2.0]),
    );
    let x: Array1<f32> = random(3, 4);
    let grad = grad_other_entries(&x, &labels, &scale);
    for k in 0..3 {
        let mut ends = (x.clone(), x.clone());
        ends.0[k] += 0.005;
        ends.1[k] -= 0.005;
        let rise =
            other_entries(&ends.0, &labels, &scale) - other_entries(&ends.1, &labels, &scale);
        assert!((rise / 0.01 - grad[k]).abs() < 2e-2 * (1.0 + grad[k].abs()));
    }

    let point = (random(5, 3), 0.8);
    let value = |(x, a): &(Array1<f64>, f64)| gives_a_function(x, *a);
    check_gradient(value, |(x, a)| grad_gives_a_function(x, *a), point).unwrap();
}

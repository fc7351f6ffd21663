//! Slices behind pointers that own them, `Box<[f64]>`, `Rc<[f64]>` and `Arc<[f64]>`: fields, parameters,
//! values.

use std::rc::Rc;
use std::sync::Arc;

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Differentiable)]
struct Layer {
    weights: Box<[f64]>,
    bias: f64,
    order: Box<[usize]>,
}

#[differentiate]
impl Layer {
    fn new(weights: &[f64], bias: f64) -> Self {
        let order = vec![1, 0, 2].into_boxed_slice();
        Layer {
            weights: weights.to_vec().into_boxed_slice(),
            bias,
            order,
        }
    }

    fn eval(&self, x: &[f64]) -> f64 {
        let first = self.weights[self.order[0]];
        self.weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + self.bias * first
    }

    fn scale(&mut self, by: f64) {
        for w in self.weights.iter_mut() {
            *w *= by;
        }
        self.weights[1] += by;
    }
}

#[differentiate]
fn norm(x: &Box<[f64]>) -> f64 {
    x.iter().map(|v| v * v).sum::<f64>().sqrt()
}

#[differentiate]
fn ends(x: Box<[f64]>) -> f64 {
    x[0] * x[x.len() - 1]
}

#[differentiate]
fn squares(x: &[f64]) -> Box<[f64]> {
    x.iter().map(|v| v * v).collect()
}

#[differentiate]
pub fn boxed(x: &[f64]) -> f64 {
    let mut layer = Layer::new(x, x[2]);
    layer.scale(x[1]);
    let values = squares(x);
    let (other, third): (Box<[f64]>, Box<[f64]>) = (x.into(), Box::from(x));
    let mut back = other.into_vec();
    back.push(layer.eval(&values));
    norm(&values) + ends(values) + back.iter().product::<f64>() * third[1]
}

#[derive(Differentiable)]
struct Kernel {
    taps: Rc<[f64]>,
    gain: f64,
}

#[differentiate]
impl Kernel {
    fn response(&self) -> f64 {
        self.taps.iter().map(|t| t * self.gain).sum()
    }
}

#[differentiate]
fn total(values: Arc<Vec<f64>>) -> f64 {
    values.iter().map(|v| v * v).sum()
}

#[differentiate]
pub fn shared(x: &[f64]) -> f64 {
    let kernel = Kernel {
        taps: Rc::from(x.to_vec()),
        gain: x[0],
    };
    let taps: Arc<[f64]> = x.into();
    let values = Arc::new(x.to_vec());
    kernel.response() * taps[1] + total(Arc::clone(&values)) + total(values) * kernel.taps[2]
}

#[test]
fn boxed_slices() {
    each! {
        [1.3, 0.7, 2.1], [0.4, 1.9, 0.6];
        boxed, value_and_grad_boxed, jvp_boxed;
        shared, value_and_grad_shared, jvp_shared;
    }
}

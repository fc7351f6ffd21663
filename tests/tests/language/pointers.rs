//! What is behind pointers in fields, types with another name, generic parameters without a size.

use std::rc::Rc;

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
struct Held<'a> {
    shared: Rc<f64>,
    owned: Box<f64>,
    lent: &'a f64,
    all: &'a Vec<f64>,
    scale: f64,
}

#[differentiate]
impl<'a> Held<'a> {
    fn product(&self) -> f64 {
        *self.shared * *self.owned + *self.lent * self.all[0] + self.lent.sin()
    }

    fn scaled(&mut self, by: f64) -> f64 {
        self.scale *= by;
        self.product() * self.scale
    }
}

#[differentiate]
impl Held<'_> {
    fn twice(&self) -> f64 {
        self.product() * *self.owned
    }
}

#[differentiate]
trait Weighted {
    fn weighted(&self, by: f64) -> f64;
}

#[differentiate]
impl Weighted for Held<'_> {
    fn weighted(&self, by: f64) -> f64 {
        self.scale * by * *self.lent
    }
}

type Square = [[f64; 2]; 2];

#[differentiate]
fn times(a: &Square, v: [f64; 2]) -> [f64; 2] {
    a.map(|row| row[0] * v[0] + row[1] * v[1])
}

#[differentiate]
pub fn renamed_arrays(x: &[f64]) -> f64 {
    let a: Square = [[x[0], x[1]], [x[2], 1.0]];
    let w = times(&a, times(&a, [x[1], x[0]]));
    w[0] * w[1]
}

#[differentiate]
trait Potential {
    fn energy(&self, r: f64) -> f64;
}

#[derive(Differentiable)]
struct Spring {
    k: f64,
}

#[differentiate]
impl Potential for Spring {
    fn energy(&self, r: f64) -> f64 {
        self.k * r * r
    }
}

#[differentiate]
fn total<P: Potential + ?Sized>(p: &P, distances: &[f64]) -> f64 {
    distances.iter().map(|r| p.energy(*r)).sum()
}

#[differentiate]
pub fn without_size(x: &[f64]) -> f64 {
    total(&Spring { k: x[0] }, &x[1..])
}

#[derive(Differentiable)]
struct Layer {
    weights: Rc<Vec<f64>>,
    bias: Vec<f64>,
}

/// A struct that is made again in the reverse sweep: what was moved into it is needed once more.
#[differentiate]
pub fn made_again(x: &[f64]) -> f64 {
    let weights = Rc::new(x[..2].to_vec());
    let layer = Layer {
        weights: Rc::clone(&weights),
        bias: x[1..].to_vec(),
    };
    layer.weights[0] * layer.bias[1] + weights[1] * layer.bias[0]
}

#[test]
fn pointers() {
    let mut held = Held {
        shared: Rc::new(2.0),
        owned: Box::new(3.0),
        lent: &0.5,
        all: &vec![4.0, 5.0],
        scale: 1.5,
    };
    let gradient = held.grad_product();
    assert_eq!((gradient.shared, *gradient.owned), (3.0, 2.0));
    assert_eq!(
        (gradient.lent, gradient.all),
        (4.0 + 0.5f64.cos(), vec![0.5, 0.0])
    );
    let (value, gradient) = held.value_and_grad_twice();
    assert_eq!(*gradient.owned, 2.0 * 3.0 + value / 3.0);
    let (gradient, by) = held.grad_weighted(3.0);
    assert_eq!((gradient.scale, gradient.lent, by), (1.5, 4.5, 0.75));
    let product = held.product();
    let (gradient, by) = held.grad_scaled(2.0);
    assert_eq!((gradient.scale, by), (2.0 * product, 1.5 * product));
    slice!(renamed_arrays, value_and_grad_renamed_arrays, jvp_renamed_arrays; [0.4, 1.3, 0.7]);
    slice!(made_again, value_and_grad_made_again, jvp_made_again; [0.4, 1.3, 0.7]);
    slice!(without_size, value_and_grad_without_size, jvp_without_size; [0.4, 1.3, 0.7]);
}

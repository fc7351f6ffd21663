//! Places that a helper on the same receiver finds: an offset computed before the mutable borrow.

use std::ops::{Index, IndexMut};

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
pub struct Tensor<const R: usize> {
    shape: [usize; R],
    data: Vec<f64>,
}

#[differentiate]
impl<const R: usize> Tensor<R> {
    fn offset(&self, idx: [usize; R]) -> usize {
        idx.iter().zip(&self.shape).fold(0, |o, (i, n)| o * n + i)
    }
    fn at_mut(&mut self, idx: [usize; R]) -> &mut f64 {
        let k = self.offset(idx);
        &mut self.data[k]
    }
}

#[differentiate]
impl<const R: usize> Index<[usize; R]> for Tensor<R> {
    type Output = f64;
    fn index(&self, i: [usize; R]) -> &f64 {
        &self.data[self.offset(i)]
    }
}

#[differentiate]
impl<const R: usize> IndexMut<[usize; R]> for Tensor<R> {
    fn index_mut(&mut self, i: [usize; R]) -> &mut f64 {
        let o = self.offset(i);
        &mut self.data[o]
    }
}

#[differentiate]
pub fn run_tensor(x: &[f64]) -> f64 {
    let mut t = Tensor {
        shape: [2, 2, 2],
        data: x.to_vec(),
    };
    for i in 0..2 {
        for j in 0..2 {
            t[[i, j, 1]] *= t[[j, i, 0]];
            t[[i, j, 0]] = t[[i, j, 1]].sin() + t[[i, 1 - j, 0]];
            *t.at_mut([j, j, i]) += 0.5 * x[i];
        }
    }
    t[[1, 0, 1]] * t[[0, 1, 0]] + t.data.iter().sum::<f64>()
}

#[test]
fn all() {
    each!([0.4, 1.3, 0.9, 1.7, 0.6, 1.1, 0.3, 1.5], [1.6, 0.7, 1.2, 0.5, 1.4, 0.8, 1.9, 0.2];
        run_tensor, value_and_grad_run_tensor, jvp_run_tensor;
    );
}

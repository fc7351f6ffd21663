use std::collections::VecDeque;

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn queue(x: &[f64]) -> f64 {
    let queue: VecDeque<f64> = x.iter().copied().collect();
    queue[0]
}

/// A collection of its own.
#[derive(Differentiable)]
struct Polynomial(Vec<f64>);

impl FromIterator<f64> for Polynomial {
    fn from_iter<I: IntoIterator<Item = f64>>(items: I) -> Self {
        Polynomial(items.into_iter().collect())
    }
}

#[differentiate]
fn of_a_type(x: &[f64]) -> f64 {
    let p: Polynomial = x.iter().map(|v| v * v).collect();
    p.0[0]
}

fn main() {}

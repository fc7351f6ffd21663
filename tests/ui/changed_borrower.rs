//! A struct with a reference in one field changes in another.

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
struct Walker<'a> {
    slope: &'a [f64],
    at: f64,
}

#[differentiate]
impl Walker<'_> {
    fn step(&mut self, i: usize) {
        self.at += self.slope[i];
    }
}

#[differentiate]
fn walk(x: &[f64]) -> f64 {
    let mut walker = Walker { slope: x, at: 1.0 };
    for i in 0..x.len() {
        walker.step(i);
    }
    walker.at
}

fn main() {}

//! Mutable references that are put into a struct or an option.

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
struct Adder<'a> {
    out: &'a mut [f64],
    by: f64,
}

#[differentiate]
impl Adder<'_> {
    fn add(&mut self, i: usize, x: f64) {
        self.out[i] += self.by * x;
    }
}

#[differentiate]
fn into_struct(x: f64, out: &mut [f64]) {
    let mut adder = Adder { out: &mut out[1..], by: x };
    adder.add(0, x);
}

#[differentiate]
fn logged(x: f64, log: Option<&mut f64>) -> f64 {
    if let Some(log) = log {
        *log += x;
    }
    x * x
}

#[differentiate]
fn hands_over(x: f64) -> f64 {
    let mut seen = 0.0;
    let y = maybe(x, Some(&mut seen));
    y * seen
}

fn maybe(x: f64, _log: Option<&mut f64>) -> f64 {
    x
}

fn main() {}

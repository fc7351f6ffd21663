use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Copy, Differentiable)]
struct Pair {
    x: f64,
    y: f64,
}

#[differentiate]
fn square(x: f64) -> f64 {
    x * x
}

#[differentiate(jacobian, lanes)]
fn calls_one_without(x: f64) -> [f64; 2] {
    [square(x), x]
}

#[differentiate(jacobian, lanes)]
fn takes_one_without(p: Pair) -> [f64; 2] {
    [p.x * p.y, p.x]
}

fn main() {}

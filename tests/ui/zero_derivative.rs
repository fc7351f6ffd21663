//! Warnings by default, which this crate denies.
#![deny(deprecated)]

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
struct Model {
    weight: f64,
}

/// The derivative of the program is 0, that of the root is not.
#[differentiate]
fn root(p: f64, start: f64) -> f64 {
    let (mut low, mut high) = (start, start + 4.0);
    while high - low > 1e-12 {
        let middle = 0.5 * (low + high);
        if middle * middle > p { high = middle } else { low = middle }
    }
    low
}

#[differentiate]
fn rounded(x: f64, w: &[f64], (a, b): (f64, f64)) -> f64 {
    (x as i64) as f64 + w.len() as f64 + a.floor() + grad_runtime::constant(b)
}

struct Block;

#[differentiate]
impl Block {
    #[differentiate(wrt(x))]
    fn meant(x: f64, y: f64) -> f64 {
        if y > 0.0 { x } else { x * x }
    }

    fn not_meant(x: f64, y: f64) -> f64 {
        if y > 0.0 { x } else { x * x }
    }
}

// None of these warns.
#[differentiate(wrt(x))]
fn meant(x: f64, y: f64, model: &Model) -> f64 {
    if y > 0.0 { x } else { x * x }
}

/// A named type may be without floats.
#[differentiate]
fn ignored(_: &Model, x: f64) -> f64 {
    x * x
}

#[differentiate]
fn underscored(x: f64, _y: f64, n: usize, out: &mut [f64]) -> f64 {
    out[n] = 1.0;
    x
}

fn main() {
    assert_eq!(grad_ignored(&Model { weight: 1.0 }, 3.0).1, 6.0);
}

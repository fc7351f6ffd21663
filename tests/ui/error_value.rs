//! The error of a `Result` taken for a number.

use grad_runtime::differentiate;

#[differentiate]
fn quotient(a: f64, b: f64) -> Result<f64, f64> {
    if b > 0.0 { Ok(a / b) } else { Err(a * b) }
}

#[differentiate]
fn weighted(a: f64, b: f64) -> f64 {
    match quotient(a, b) {
        Ok(q) => q,
        Err(e) => e * a,
    }
}

fn main() {}

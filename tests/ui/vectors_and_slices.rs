#![deny(warnings)]

use grad_runtime::differentiate;

#[differentiate]
trait Norm {
    fn norm(&self) -> f64;
}

#[differentiate]
impl Norm for Vec<f64> {
    fn norm(&self) -> f64 {
        self[0]
    }
}

#[differentiate]
impl Norm for [f64] {
    fn norm(&self) -> f64 {
        self[0] * self[0]
    }
}

// The slice is a vector to the macro.
#[differentiate(reverse)]
fn ambiguous(x: &[f64]) -> f64 {
    let all = x.to_vec();
    let part: &[f64] = &all;
    part.norm()
}

fn main() {}

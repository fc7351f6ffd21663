use std::collections::VecDeque;

use grad_runtime::differentiate;

#[differentiate]
fn queue(x: &[f64]) -> f64 {
    let queue: VecDeque<f64> = x.iter().copied().collect();
    queue[0]
}

fn main() {}

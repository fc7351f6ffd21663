use std::collections::LinkedList;

use grad_runtime::differentiate;

#[differentiate]
fn queue(x: &[f64]) -> f64 {
    let queue: LinkedList<f64> = x.iter().copied().collect();
    queue.front().copied().unwrap_or(0.0)
}

fn main() {}

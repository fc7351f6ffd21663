//! A list walked by a reference that moves on.

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable, Clone)]
struct Node {
    value: f64,
    next: Option<Box<Node>>,
}

#[differentiate]
fn total(head: &Node) -> f64 {
    let mut sum = 0.0;
    let mut cur = Some(head);
    while let Some(node) = cur {
        sum += node.value;
        cur = node.next.as_deref();
    }
    sum
}

fn main() {}

//! A reference that moves on through a part of another type.

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable, Clone)]
struct Tree {
    value: f64,
    below: Below,
}

#[derive(Differentiable, Clone)]
struct Below {
    trees: Vec<Tree>,
}

#[differentiate]
impl Below {
    fn first(&self) -> &Tree {
        &self.trees[0]
    }
}

#[differentiate]
fn total(tree: &Tree, depth: usize) -> f64 {
    let mut sum = 0.0;
    let mut node = tree;
    for _ in 0..depth {
        sum += node.value;
        node = node.below.first();
    }
    sum
}

fn main() {}

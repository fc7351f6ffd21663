//! `BinaryHeap` of entries that hold floats: shortest paths, the largest of many.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Copy, PartialEq, Differentiable)]
struct State {
    cost: f64,
    node: usize,
}

impl Eq for State {}

impl Ord for State {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_cost = other.cost.partial_cmp(&self.cost).unwrap();
        by_cost.then_with(|| self.node.cmp(&other.node))
    }
}

impl PartialOrd for State {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[differentiate]
fn shortest(edges: &[Vec<(usize, f64)>], from: usize, to: usize) -> f64 {
    let mut dist = vec![f64::INFINITY; edges.len()];
    let mut heap = BinaryHeap::new();
    dist[from] = 0.0;
    heap.push(State {
        cost: 0.0,
        node: from,
    });
    while let Some(State { cost, node }) = heap.pop() {
        if node == to {
            return cost;
        }
        if cost > dist[node] {
            continue;
        }
        for &(next, length) in &edges[node] {
            let cost = cost + length;
            if cost < dist[next] {
                dist[next] = cost;
                heap.push(State { cost, node: next });
            }
        }
    }
    f64::INFINITY
}

#[differentiate]
pub fn paths(x: &[f64]) -> f64 {
    let edges = vec![
        vec![(1, x[0]), (2, x[1]), (4, x[0] * x[1])],
        vec![(3, x[2]), (2, x[1] * x[1])],
        vec![(1, x[2] * x[0]), (3, x[2] + x[1])],
        vec![(5, x[0] + x[2])],
        vec![(5, x[0] * 0.5), (3, x[1])],
        vec![],
    ];
    (0..5).map(|from| shortest(&edges, from, 5)).sum::<f64>() * x[1]
}

#[derive(Clone, Copy, PartialEq, Differentiable)]
struct Ordered(f64);

impl Eq for Ordered {}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[differentiate]
fn put(heap: &mut BinaryHeap<Reverse<Ordered>>, value: f64, limit: usize) {
    heap.push(Reverse(Ordered(value)));
    if heap.len() > limit {
        heap.pop();
    }
}

#[differentiate]
pub fn largest(x: &[f64]) -> f64 {
    let mut heap = BinaryHeap::with_capacity(5);
    for (k, v) in x.iter().cycle().take(11).enumerate() {
        put(&mut heap, v * v + (k as f64 * 1.7).sin(), 4);
    }
    let mut total = 0.0;
    if let Some(least) = heap.peek() {
        total += least.0.0 * x[0];
    }
    let mut weight = 1.0;
    while let Some(Reverse(Ordered(v))) = heap.pop() {
        total += weight * v;
        weight *= x[1];
    }
    total
}

/// Equal entries, of which each has a derivative of its own.
#[differentiate]
pub fn equal(x: &[f64]) -> f64 {
    let mut heap: BinaryHeap<(u8, Ordered)> = BinaryHeap::new();
    for (k, v) in x.iter().chain(x).enumerate() {
        heap.push(((k % 2) as u8, Ordered(*v)));
    }
    let mut total = 0.0;
    let mut weight = 1.0;
    while !heap.is_empty() {
        let (level, Ordered(v)) = heap.pop().unwrap();
        total += weight * v * v + f64::from(level);
        weight += 0.5;
    }
    total
}

#[test]
fn heaps() {
    each! {
        [1.3, 0.7, 2.1], [0.4, 1.9, 0.6];
        paths, value_and_grad_paths, jvp_paths;
        largest, value_and_grad_largest, jvp_largest;
        equal, value_and_grad_equal, jvp_equal;
    }
}

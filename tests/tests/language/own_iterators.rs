//! Iterators of the user's own types, and functions that return iterators or are given some.

use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
struct Steps {
    t: f64,
    h: f64,
    n: usize,
}

#[differentiate]
impl Iterator for Steps {
    type Item = f64;
    fn next(&mut self) -> Option<f64> {
        if self.n == 0 {
            return None;
        }
        self.n -= 1;
        self.t += self.h * self.t;
        Some(self.t)
    }
}

#[differentiate]
impl Steps {
    fn new(t: f64, h: f64, n: usize) -> Self {
        Steps { t, h, n }
    }
}

/// Without an end.
#[derive(Differentiable)]
struct Newton {
    z: f64,
    a: f64,
}

#[differentiate]
impl Iterator for Newton {
    type Item = f64;
    fn next(&mut self) -> Option<f64> {
        self.z = 0.5 * (self.z + self.a / self.z);
        Some(self.z)
    }
}

#[derive(Clone, Copy, Differentiable)]
struct State {
    p: f64,
    v: f64,
}

#[derive(Differentiable)]
struct Simulation {
    s: State,
    h: f64,
}

#[differentiate]
impl Iterator for Simulation {
    type Item = State;
    fn next(&mut self) -> Option<Self::Item> {
        self.s.p += self.h * self.s.v;
        self.s.v -= self.h * self.s.p;
        Some(self.s)
    }
}

#[differentiate]
pub fn in_loops(x: &[f64]) -> f64 {
    let mut total = 0.0;
    for v in (Steps {
        t: x[0],
        h: x[1],
        n: 3,
    }) {
        total += v * v;
    }
    let steps = Steps::new(x[1], x[2], 4);
    for (k, v) in steps.enumerate() {
        if k == 2 {
            continue;
        }
        total += v * x[k % 3];
    }
    let mut rest = Steps::new(x[2], 0.5, 3);
    while let Some(v) = rest.next() {
        total *= v;
    }
    total
}

#[differentiate]
pub fn in_chains(x: &[f64]) -> f64 {
    let newton = Newton {
        z: 2.0,
        a: x[0] * x[0],
    };
    let sum: f64 = newton.take(4).map(|z| z * z + x[1]).sum();
    let last = Newton {
        z: 1.5,
        a: x[1] * x[1],
    }
    .nth(2)
    .unwrap();
    let all: Vec<f64> = Steps::new(x[0], x[1], 4).collect();
    let folded = Steps::new(x[1], x[0], 3).fold(1.0, |a, v| a * v);
    let pairs = x.iter().zip(Steps::new(x[2], x[0], 9)).map(|(a, b)| a * b);
    let other = Steps::new(x[2], x[0], 9)
        .zip(x.iter())
        .map(|(a, b)| a + b * b);
    let energy = Simulation {
        s: State { p: x[0], v: x[1] },
        h: 0.1 * x[2],
    };
    let states = energy
        .take_while(|s| s.p < 9.0)
        .take(5)
        .map(|s| s.p * s.v)
        .sum::<f64>();
    sum + last + all[1] * all[3] + folded + pairs.sum::<f64>() + other.product::<f64>() + states
}

/// What is taken first is not there later.
#[differentiate]
pub fn in_parts(x: &[f64]) -> f64 {
    let mut steps = Steps::new(x[0], x[1], 9);
    let first: f64 = steps.by_ref().take(2).sum();
    let beside: f64 = x.iter().zip(steps.by_ref()).map(|(a, b)| a * b).sum();
    let next = steps.next().unwrap();
    first * beside + next * steps.map(|v| v * v).sum::<f64>()
}

#[derive(Differentiable)]
struct Bag {
    values: Vec<f64>,
    scale: f64,
    links: Vec<(usize, usize)>,
}

#[differentiate]
impl Bag {
    fn scaled(&self) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().map(|v| v * self.scale)
    }

    #[differentiate(wrt(self))]
    fn large(&self, least: f64) -> impl Iterator<Item = (usize, &f64)> {
        self.values
            .iter()
            .enumerate()
            .filter(move |(_, v)| **v > least)
    }

    fn linked(&self, from: usize) -> impl Iterator<Item = usize> + '_ {
        self.links.iter().filter(move |l| l.0 == from).map(|l| l.1)
    }

    fn total(&self) -> f64 {
        self.scaled().sum::<f64>() + self.scaled().map(|v| v * v).sum::<f64>()
    }

    fn flow(&self) -> f64 {
        let mut flow = 0.0;
        for from in 0..self.values.len() {
            for to in self.linked(from) {
                flow += self.values[from] * self.values[to] * self.scale;
            }
        }
        flow
    }
}

#[differentiate]
fn differences(x: &[f64]) -> impl Iterator<Item = f64> + '_ {
    x.windows(2).map(|w| w[1] - w[0])
}

#[differentiate]
fn grid(from: f64, to: f64, n: usize) -> impl Iterator<Item = f64> {
    let step = (to - from) / (n - 1) as f64;
    (0..n).map(move |k| from + step * k as f64)
}

#[differentiate]
fn in_order(x: &[f64], back: bool) -> Box<dyn Iterator<Item = f64> + '_> {
    if back {
        return Box::new(x.iter().rev().copied());
    }
    Box::new(x.iter().copied())
}

#[differentiate]
pub fn returned(x: &[f64]) -> f64 {
    let bag = Bag {
        values: x.to_vec(),
        scale: x[1],
        links: vec![(0, 1), (1, 2), (0, 2)],
    };
    let mut total = bag.total() + bag.flow();
    for (k, v) in bag.large(0.5) {
        total += k as f64 * v;
    }
    for t in grid(x[0], x[1], 5) {
        total += t * t;
    }
    let paired = differences(x).zip(bag.scaled()).map(|(d, v)| d * v);
    let reversed = in_order(x, true).enumerate().map(|(k, v)| v * k as f64);
    let forward = in_order(x, false).fold(1.0, |a, b| a * b);
    total + paired.sum::<f64>() + reversed.sum::<f64>() + forward
}

#[differentiate]
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0);
    for v in values {
        sum += v;
        count += 1;
    }
    sum / count as f64
}

#[differentiate]
fn norm<'a, I: IntoIterator<Item = &'a f64>>(values: I) -> f64 {
    values.into_iter().map(|v| v * v).sum::<f64>().sqrt()
}

#[differentiate]
fn dot<I, J>(a: I, b: J) -> f64
where
    I: Iterator<Item = f64>,
    J: IntoIterator<Item = f64>,
{
    a.zip(b).map(|(a, b)| a * b).sum()
}

#[differentiate]
pub fn given(x: &[f64]) -> f64 {
    let squares: Vec<f64> = x.iter().map(|v| v * v).collect();
    let other = x.iter().rev().map(|v| v + 1.0);
    mean(x.iter().map(|v| v.sin()))
        + norm(x) * norm(&squares)
        + norm(x.iter())
        + dot(other, squares)
}

#[test]
fn own_iterators() {
    each! {
        [1.3, 0.7, 2.1], [0.4, 1.9, 0.6];
        in_loops, value_and_grad_in_loops, jvp_in_loops;
        in_chains, value_and_grad_in_chains, jvp_in_chains;
        in_parts, value_and_grad_in_parts, jvp_in_parts;
        returned, value_and_grad_returned, jvp_returned;
        given, value_and_grad_given, jvp_given;
    }
}

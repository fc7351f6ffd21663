//! Structs that a condition gives or not, the nearest of them; the ends of a `VecDeque`, which is collected into; two
//! iterators over rows in one another, side by side.

use std::collections::VecDeque;

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Copy, Differentiable)]
struct Hit {
    t: f64,
    u: f64,
}

#[differentiate]
fn hit(a: f64, b: f64) -> Option<Hit> {
    let t = a * b;
    if t < 0.1 {
        return None;
    }
    let u = a / b;
    (t < 2.0).then(|| Hit { t, u })
}

#[differentiate]
fn hits(x: &[f64]) -> f64 {
    let near = hit(x[0], x[1]).map_or(x[2], |hit| hit.t * hit.u);
    near + match hit(9.0 * x[0], x[1]) {
        Some(hit) => hit.t,
        None => x[1] * x[2],
    }
}

#[differentiate]
fn nearest(x: &[f64]) -> Option<(usize, Hit)> {
    x.iter()
        .enumerate()
        .filter_map(|(i, v)| hit(*v, x[1]).map(|hit| (i, hit)))
        .min_by(|a, b| a.1.t.total_cmp(&b.1.t))
}

#[differentiate]
fn nearest_of_all(x: &[f64]) -> f64 {
    match nearest(x) {
        Some((i, Hit { t, u })) => t * u + i as f64,
        None => x[0],
    }
}

/// What `None` could hold is said by its annotation alone.
#[differentiate]
fn least(x: &[f64]) -> f64 {
    let mut best: Option<(usize, f64)> = None;
    for (i, &v) in x.iter().enumerate() {
        if best.is_none() || v < best.unwrap().1 {
            best = Some((i, v));
        }
    }
    let (i, v) = best.unwrap();
    v * x[(i + 1) % x.len()]
}

#[differentiate]
fn delayed(x: &[f64]) -> f64 {
    let mut line: VecDeque<f64> = std::iter::repeat(x[2]).take(2).collect();
    let mut sum = 0.0;
    for v in x {
        let old = line.pop_front().unwrap_or(0.0);
        line.push_back(v + x[0] * old);
        sum += line.back().unwrap() * line.front().unwrap();
    }
    sum
}

type Field = [[f64; 2]; 2];

#[differentiate]
fn overlap(a: Field, b: Field) -> f64 {
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.map(|(p, q)| p * q * q).sum()
}

#[differentiate]
fn fields(x: &[f64]) -> f64 {
    overlap([[x[0], x[1]], [x[2], 1.0]], [[x[1], 0.5], [x[2], x[0]]])
}

#[test]
fn what_may_be_there() {
    let x = [0.7, 1.3, 0.4];
    slice!(hits, value_and_grad_hits, jvp_hits; x);
    slice!(nearest_of_all, value_and_grad_nearest_of_all, jvp_nearest_of_all; x, [3.0, 1.3, 0.4]);
    slice!(least, value_and_grad_least, jvp_least; x);
    slice!(delayed, value_and_grad_delayed, jvp_delayed; x);
    slice!(fields, value_and_grad_fields, jvp_fields; x);
}

//! Ranges as values: parameters, fields, arguments; ranges of floats, which are differentiated.

use std::ops::{Range, RangeInclusive};

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Differentiable)]
struct Window {
    span: Range<usize>,
    weight: f64,
}

#[differentiate]
fn mean(x: &[f64], range: Range<usize>) -> f64 {
    let n = range.len() as f64;
    x[range].iter().sum::<f64>() / n
}

#[differentiate]
fn powers(x: f64, range: RangeInclusive<i32>) -> f64 {
    range.map(|k| x.powi(k)).sum()
}

#[differentiate]
pub fn of_indices(x: &[f64]) -> f64 {
    let middle = x.len() / 2;
    let first = Window {
        span: 1..middle + 1,
        weight: x[0],
    };
    let both = vec![
        first.clone(),
        Window {
            span: 0..2,
            weight: x[1],
        },
    ];
    let sums = both
        .iter()
        .map(|w| mean(x, w.span.clone()) * w.weight + x[w.span.clone()][0]);
    sums.sum::<f64>() + mean(x, middle..x.len()) * first.weight + powers(x[0], 1..=3)
}

#[differentiate]
fn clipped(x: f64, range: Range<f64>, scale: &Range<f64>) -> f64 {
    if range.contains(&x) {
        x * (range.end - range.start)
    } else {
        x.clamp(range.start, range.end) * scale.start
    }
}

#[differentiate]
pub fn of_floats(x: &[f64]) -> f64 {
    let range = x[0]..x[1] + 1.0;
    clipped(0.9 * x[1], range.clone(), &(0.1..0.2)) + clipped(5.0, x[2]..2.5, &range) * range.start
}

#[test]
fn all() {
    each! { [0.6, 1.4, 0.8], [0.5, 0.7, 1.7];
        of_indices, value_and_grad_of_indices, jvp_of_indices;
        of_floats, value_and_grad_of_floats, jvp_of_floats;
    }
}

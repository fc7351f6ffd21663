//! Passes in which some arguments of a call rest, each in turn, and tangents that are handed on.

use std::ops::Mul;

use grad_runtime::{Differentiable, differentiate};

use super::assert_differences;

#[derive(Clone, Copy, Debug, Differentiable)]
#[differentiate(lanes)]
struct Square {
    rows: [[f64; 2]; 2],
}

#[differentiate(lanes)]
impl Mul for Square {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let mut rows = [[0.0; 2]; 2];
        for i in 0..2 {
            for j in 0..2 {
                for k in 0..2 {
                    rows[i][j] += self.rows[i][k] * other.rows[k][j];
                }
            }
        }
        Square { rows }
    }
}

/// A struct, another, and a number, which is asked nothing.
#[differentiate(lanes)]
fn blend(a: Square, b: &Square, weight: f64) -> (Square, f64) {
    let mut rows = a.rows;
    let mut trace = weight.sin();
    for i in 0..2 {
        for j in 0..2 {
            rows[i][j] += weight * b.rows[j][i];
        }
        trace *= rows[i][i];
    }
    (Square { rows }, trace)
}

/// What is pushed is used before, after, or both.
#[differentiate(jacobian, lanes = 2)]
fn chain(links: &[Square], weight: f64) -> (Vec<Square>, f64) {
    let mut out: Vec<Square> = Vec::new();
    let mut last = links[0];
    let mut traces = 0.0;
    for i in 1..links.len() {
        let next = links[i - 1] * links[i];
        let (mixed, trace) = blend(next, &last, weight);
        out.push(next);
        out.push(mixed * last);
        last = next;
        traces += trace;
    }
    (out, traces)
}

#[test]
fn each_argument_rests_in_some_pass() {
    let x: Vec<f64> = (0..13).map(|i| (1.0 + f64::from(i)).cos()).collect();
    let links = |x: &[f64]| -> Vec<Square> {
        let square = |x: &[f64]| Square {
            rows: [[x[0], x[1]], [x[2], x[3]]],
        };
        x[..12].chunks(4).map(square).collect()
    };
    let jacobian = jacobian_chain(&links(&x), x[12]);
    assert_differences(&jacobian, &x, |x| {
        let (out, traces) = chain(&links(x), x[12]);
        let out = out.iter().flat_map(|square| square.rows);
        out.flatten().chain([traces]).collect()
    });
}

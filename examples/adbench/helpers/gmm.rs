//! GMM: the log posterior of `gmm`, with iterators and with helpers that write into scratch.

use grad_runtime::differentiate;

use crate::adbench::PI;
use crate::adbench::gmm::{Wishart, log_wishart_prior};

/// `ln(sum(exp(x)))`, safe from overflow.
#[differentiate]
fn log_sum_exp(x: &[f64]) -> f64 {
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = x.iter().map(|v| (v - top).exp()).sum();
    sum.ln() + top
}

/// The squared length.
#[differentiate]
fn squared_norm(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum()
}

/// `x - y`.
#[differentiate]
fn subtract(x: &[f64], y: &[f64], out: &mut [f64]) {
    for ((out, x), y) in out.iter_mut().zip(x).zip(y) {
        *out = x - y;
    }
}

/// `Q` times a vector: its diagonal, and the columns of its strictly lower triangle.
#[differentiate]
fn times(diagonal: &[f64], triangle: &[f64], x: &[f64], out: &mut [f64]) {
    for i in 0..x.len() {
        out[i] = diagonal[i] * x[i];
    }
    let mut next = 0;
    for i in 0..x.len() {
        for j in i + 1..x.len() {
            out[j] += triangle[next] * x[i];
            next += 1;
        }
    }
}

/// The log posterior.
#[differentiate(wrt(alphas, means, icf))]
#[must_use]
pub fn log_posterior(
    d: usize,
    alphas: &[f64],
    means: &[f64],
    icf: &[f64],
    points: &[f64],
    wishart: &Wishart,
) -> f64 {
    let k = alphas.len();
    let n = points.len() / d;
    let icf_size = d * (d + 1) / 2;

    let mut diagonals = Vec::with_capacity(k * d);
    let mut sums = Vec::with_capacity(k);
    for factor in icf.chunks_exact(icf_size) {
        sums.push(factor[..d].iter().sum::<f64>());
        diagonals.extend(factor[..d].iter().map(|q| q.exp()));
    }

    let mut centred = vec![0.0; d];
    let mut scaled = vec![0.0; d];
    let mut terms = vec![0.0; k];
    let mut total = 0.0;
    for point in points.chunks_exact(d) {
        for c in 0..k {
            subtract(point, &means[c * d..(c + 1) * d], &mut centred);
            times(
                &diagonals[c * d..(c + 1) * d],
                &icf[c * icf_size + d..(c + 1) * icf_size],
                &centred,
                &mut scaled,
            );
            terms[c] = alphas[c] + sums[c] - 0.5 * squared_norm(&scaled);
        }
        total += log_sum_exp(&terms);
    }
    total - 0.5 * (n * d) as f64 * (2.0 * PI).ln() - n as f64 * log_sum_exp(alphas)
        + log_wishart_prior(d, wishart, &sums, &diagonals, icf)
}

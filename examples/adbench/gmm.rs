//! GMM: the log posterior of a Gaussian mixture under a Wishart prior.
//!
//! For `n` points `x` in `d` dimensions and `k` components with weights `softmax(alpha)`, means
//! `mu` and inverse covariance factors `Q`, lower triangular with `exp` of the stored diagonal,
//!
//! ```text
//! L = -n d/2 ln(2 pi) + sum_i ln sum_k exp(alpha_k + sum(q_k) - |Q_k (x_i - mu_k)|^2 / 2)
//!     - n ln sum_k exp(alpha_k) + ln Wishart(Q)
//! ```
//!
//! The gradient is by `alphas`, `means` and `icf`; points and prior are constant.

use std::f64::consts::LN_2;

use grad_runtime::differentiate;

use super::PI;

/// The prior on the inverse covariance factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wishart {
    /// How strongly large factors are penalised.
    pub gamma: f64,
    /// Degrees of freedom beyond the dimension.
    pub m: i32,
}

/// One data set and the parameters at which it is judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Gmm {
    /// Dimensions.
    pub d: usize,
    /// Logarithms of the weights, not normalised: one for each component.
    pub alphas: Vec<f64>,
    /// The means, `d` for each component.
    pub means: Vec<f64>,
    /// Inverse covariance factors: for each component `d` logarithms of the diagonal, then the
    /// strictly lower triangle by columns.
    pub icf: Vec<f64>,
    /// The points, `d` numbers each.
    pub points: Vec<f64>,
    /// The prior.
    pub wishart: Wishart,
}

/// The largest element.
#[differentiate]
fn largest(x: &[f64]) -> f64 {
    let mut top = x[0];
    for i in 1..x.len() {
        top = top.max(x[i]);
    }
    top
}

/// `ln(sum(exp(x)))`, safe from overflow.
#[differentiate]
fn log_sum_exp(x: &[f64]) -> f64 {
    let top = largest(x);
    let mut sum = 0.0;
    for i in 0..x.len() {
        sum += (x[i] - top).exp();
    }
    sum.ln() + top
}

/// The squared length.
#[differentiate]
fn squared_norm(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for i in 0..x.len() {
        sum += x[i] * x[i];
    }
    sum
}

/// `ln(gamma(x))` for positive `x`: Stirling's series, after steps up to where it is exact.
///
/// NIST Digital Library of Mathematical Functions, 5.11.1 and 5.5.1.
fn ln_gamma(mut x: f64) -> f64 {
    const SERIES: [f64; 6] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
    ];
    let mut steps = 1.0;
    while x < 16.0 {
        steps *= x;
        x += 1.0;
    }
    let inverse_square = 1.0 / (x * x);
    let tail = SERIES
        .iter()
        .rev()
        .fold(0.0, |tail, term| tail * inverse_square + term);
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + tail / x - steps.ln()
}

/// The logarithm of the constant of a Wishart distribution over `d` x `d` matrices.
#[must_use]
pub fn wishart_constant(d: usize, wishart: &Wishart) -> f64 {
    let d = d as f64;
    let n = d + f64::from(wishart.m) + 1.0;
    let mut ln_gamma_d = 0.25 * d * (d - 1.0) * PI.ln();
    let mut j = 1.0;
    while j <= d {
        ln_gamma_d += ln_gamma(0.5 * n + 0.5 * (1.0 - j));
        j += 1.0;
    }
    n * d * (wishart.gamma.ln() - 0.5 * LN_2) - ln_gamma_d
}

/// The logarithm of the prior of all components.
#[differentiate(wrt(sums, diagonals, icf))]
pub(super) fn log_wishart_prior(
    d: usize,
    wishart: &Wishart,
    sums: &[f64],
    diagonals: &[f64],
    icf: &[f64],
) -> f64 {
    let k = sums.len();
    let icf_size = d * (d + 1) / 2;
    let mut out = 0.0;
    for c in 0..k {
        let frobenius = squared_norm(&diagonals[c * d..(c + 1) * d])
            + squared_norm(&icf[c * icf_size + d..(c + 1) * icf_size]);
        out += 0.5 * wishart.gamma * wishart.gamma * frobenius - f64::from(wishart.m) * sums[c];
    }
    out - k as f64 * wishart_constant(d, wishart)
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

    let mut diagonals = vec![0.0; k * d];
    let mut sums = vec![0.0; k];
    for c in 0..k {
        for i in 0..d {
            let q = icf[c * icf_size + i];
            sums[c] += q;
            diagonals[c * d + i] = q.exp();
        }
    }

    let mut centred = vec![0.0; d];
    let mut scaled = vec![0.0; d];
    let mut terms = vec![0.0; k];
    let mut total = 0.0;
    for p in 0..n {
        for c in 0..k {
            let point = &points[p * d..(p + 1) * d];
            let mean = &means[c * d..(c + 1) * d];
            let diagonal = &diagonals[c * d..(c + 1) * d];
            let triangle = &icf[c * icf_size + d..(c + 1) * icf_size];
            for i in 0..d {
                centred[i] = point[i] - mean[i];
                scaled[i] = diagonal[i] * centred[i];
            }
            let mut next = 0;
            for i in 0..d {
                for j in i + 1..d {
                    scaled[j] += triangle[next] * centred[i];
                    next += 1;
                }
            }
            terms[c] = alphas[c] + sums[c] - 0.5 * squared_norm(&scaled);
        }
        total += log_sum_exp(&terms);
    }
    total - 0.5 * (n * d) as f64 * (2.0 * PI).ln() - n as f64 * log_sum_exp(alphas)
        + log_wishart_prior(d, wishart, &sums, &diagonals, icf)
}

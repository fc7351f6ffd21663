//! The log posterior and its gradient in one pass over the points.
//!
//! With `y = Q (x - mu)` and the responsibility `r` of a component for a point, the point's term
//! has the derivatives `r` by `alpha` and by each `q`, `Q^T r y` by `mu`, and `-r y (x - mu)^T` by
//! `Q`. `Q` does not depend on the point, so `r y` is summed first and multiplied by `Q^T` once.

use crate::adbench::PI;
use crate::adbench::gmm::{Gmm, wishart_constant};

/// What is summed over the points and kept of one, for every component.
pub(super) struct Sums {
    pub(super) diagonals: Vec<f64>,
    pub(super) offsets: Vec<f64>,
    centred: Vec<f64>,
    scaled: Vec<f64>,
    terms: Vec<f64>,
    pub(super) responsible: Vec<f64>,
    pub(super) weighted: Vec<f64>,
    pub(super) by_diagonal: Vec<f64>,
}

/// The log posterior; adds its gradient into the buffers.
pub fn log_posterior(
    data: &Gmm,
    alphas_bar: &mut [f64],
    means_bar: &mut [f64],
    icf_bar: &mut [f64],
) -> f64 {
    let mut sums = Sums::new(data);
    let mut total = 0.0;
    for point in data.points.chunks_exact(data.d) {
        total += sums.add_point(data, point, icf_bar);
    }
    total + sums.finish(data, alphas_bar, means_bar, icf_bar)
}

impl Sums {
    /// What the sums over the points come to, and all that is no sum over them.
    pub(super) fn finish(
        mut self,
        data: &Gmm,
        alphas_bar: &mut [f64],
        means_bar: &mut [f64],
        icf_bar: &mut [f64],
    ) -> f64 {
        let (d, alphas) = (data.d, &data.alphas);
        let n = data.points.len() / d;
        for (bar, r) in alphas_bar.iter_mut().zip(&self.responsible) {
            *bar += r;
        }
        let normaliser = softmax_of_alphas(alphas, n as f64, alphas_bar, &mut self.terms);
        let prior = self.finish_factors(data, means_bar, icf_bar);
        prior - 0.5 * (n * d) as f64 * (2.0 * PI).ln() - n as f64 * normaliser
    }

    pub(super) fn new(data: &Gmm) -> Self {
        let (d, k) = (data.d, data.alphas.len());
        let icf_size = d * (d + 1) / 2;
        let mut diagonals = Vec::with_capacity(k * d);
        let mut offsets = Vec::with_capacity(k);
        for (factor, alpha) in data.icf.chunks_exact(icf_size).zip(&data.alphas) {
            let diagonal = &factor[..d];
            diagonals.extend(diagonal.iter().map(|q| q.exp()));
            offsets.push(alpha + diagonal.iter().sum::<f64>());
        }
        Self {
            diagonals,
            offsets,
            centred: vec![0.0; k * d],
            scaled: vec![0.0; k * d],
            terms: vec![0.0; k],
            responsible: vec![0.0; k],
            weighted: vec![0.0; k * d],
            by_diagonal: vec![0.0; k * d],
        }
    }

    /// The term of one point. What it adds to the lower triangles goes to `icf_bar`.
    pub(super) fn add_point(&mut self, data: &Gmm, point: &[f64], icf_bar: &mut [f64]) -> f64 {
        let d = data.d;
        let icf_size = d * (d + 1) / 2;
        let mut top = f64::NEG_INFINITY;
        for (c, term) in self.terms.iter_mut().enumerate() {
            let own = c * d..(c + 1) * d;
            let centred = &mut self.centred[own.clone()];
            let scaled = &mut self.scaled[own.clone()];
            centre(point, &data.means[own.clone()], centred);
            let factor = &data.icf[c * icf_size..(c + 1) * icf_size];
            scale(&self.diagonals[own], &factor[d..], centred, scaled);
            *term = self.offsets[c] - 0.5 * scaled.iter().map(|y| y * y).sum::<f64>();
            top = top.max(*term);
        }
        let mut sum = 0.0;
        for term in &mut self.terms {
            *term = (*term - top).exp();
            sum += *term;
        }
        let inverse = 1.0 / sum;
        for (c, term) in self.terms.iter().enumerate() {
            let r = term * inverse;
            self.responsible[c] += r;
            let own = c * d..(c + 1) * d;
            let centred = &self.centred[own.clone()];
            let scaled = &mut self.scaled[own.clone()];
            let weighted = &mut self.weighted[own.clone()];
            for (y, sum) in scaled.iter_mut().zip(weighted) {
                *y *= r;
                *sum += *y;
            }
            let by_diagonal = &mut self.by_diagonal[own];
            for ((y, x), sum) in scaled.iter().zip(centred).zip(by_diagonal) {
                *sum -= y * x;
            }
            let mut column = &mut icf_bar[c * icf_size + d..(c + 1) * icf_size];
            for (i, x) in centred.iter().enumerate() {
                let (head, rest) = column.split_at_mut(d - 1 - i);
                for (bar, y) in head.iter_mut().zip(&scaled[i + 1..]) {
                    *bar -= y * x;
                }
                column = rest;
            }
        }
        sum.ln() + top
    }

    /// The gradients by means and factors, and the prior with its own.
    fn finish_factors(&self, data: &Gmm, means_bar: &mut [f64], icf_bar: &mut [f64]) -> f64 {
        let (d, wishart) = (data.d, &data.wishart);
        let icf_size = d * (d + 1) / 2;
        let strength = wishart.gamma * wishart.gamma;
        let m = f64::from(wishart.m);
        let mut out = 0.0;
        for (c, factor) in data.icf.chunks_exact(icf_size).enumerate() {
            let own = c * d..(c + 1) * d;
            let (logs, triangle) = factor.split_at(d);
            let diagonal = &self.diagonals[own.clone()];
            let weighted = &self.weighted[own.clone()];
            let (logs_bar, triangle_bar) =
                icf_bar[c * icf_size..(c + 1) * icf_size].split_at_mut(d);
            let mut next = 0;
            let mut frobenius = 0.0;
            for i in 0..d {
                let q = diagonal[i];
                let by_q = self.by_diagonal[c * d + i] + strength * q;
                logs_bar[i] += by_q * q + self.responsible[c] - m;
                frobenius += q * q;
                let mut mean_bar = q * weighted[i];
                for y in &weighted[i + 1..] {
                    mean_bar += triangle[next] * y;
                    triangle_bar[next] += strength * triangle[next];
                    frobenius += triangle[next] * triangle[next];
                    next += 1;
                }
                means_bar[c * d + i] += mean_bar;
            }
            out += 0.5 * strength * frobenius - m * logs.iter().sum::<f64>();
        }
        out - data.alphas.len() as f64 * wishart_constant(d, wishart)
    }
}

fn centre(point: &[f64], mean: &[f64], centred: &mut [f64]) {
    for ((out, x), mu) in centred.iter_mut().zip(point).zip(mean) {
        *out = x - mu;
    }
}

/// `Q` times a vector, `Q` given by its diagonal and the columns of its strictly lower triangle.
fn scale(diagonal: &[f64], mut triangle: &[f64], x: &[f64], out: &mut [f64]) {
    for ((out, q), x) in out.iter_mut().zip(diagonal).zip(x) {
        *out = q * x;
    }
    for (i, x) in x.iter().enumerate() {
        let below = &mut out[i + 1..];
        let (column, rest) = triangle.split_at(below.len());
        for (out, l) in below.iter_mut().zip(column) {
            *out += l * x;
        }
        triangle = rest;
    }
}

/// `ln(sum(exp(alpha)))`; adds `-n` times its gradient into `alphas_bar`.
fn softmax_of_alphas(alphas: &[f64], n: f64, alphas_bar: &mut [f64], terms: &mut [f64]) -> f64 {
    let top = alphas.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for (term, alpha) in terms.iter_mut().zip(alphas) {
        *term = (alpha - top).exp();
    }
    let sum = terms.iter().sum::<f64>();
    for (bar, term) in alphas_bar.iter_mut().zip(terms) {
        *bar -= n * *term / sum;
    }
    sum.ln() + top
}

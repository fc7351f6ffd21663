//! Normalisation to mean 0 and variance 1, of columns or of rows: what batch and layer normalisation
//! share.

use crate::tensor::elementwise::passes;

passes! {
    /// Mean and variance (over `n`, not `n - 1`) of each column; `x` is not empty.
    pub(super) fn column_moments<'a, E>(x: &'a [E], mean: &'a mut [E], variance: &'a mut [E]) -> () {
        let columns = mean.len();
        let weight = E::of((x.len() / columns) as f64).recip();
        mean.fill(E::zero());
        variance.fill(E::zero());
        for row in x.chunks_exact(columns) {
            for (mean, &x) in mean.iter_mut().zip(row) {
                *mean += x;
            }
        }
        for mean in mean.iter_mut() {
            *mean *= weight;
        }
        // A second pass, as the difference of two large means would lose the digits.
        for row in x.chunks_exact(columns) {
            for ((variance, &mean), &x) in variance.iter_mut().zip(&*mean).zip(row) {
                *variance += (x - mean) * (x - mean);
            }
        }
        for variance in variance.iter_mut() {
            *variance *= weight;
        }
    }

    /// `n = (x - mean) factor`, by columns.
    pub(super) fn normalise_columns<'a, E>(x: &'a [E], mean: &'a [E], factor: &'a [E], n: &'a mut [E]) -> () {
        for (n, x) in n.chunks_exact_mut(mean.len()).zip(x.chunks_exact(mean.len())) {
            for (((n, &x), &mean), &factor) in n.iter_mut().zip(x).zip(mean).zip(factor) {
                *n = (x - mean) * factor;
            }
        }
    }

    /// `to += Σ x y`, by columns.
    pub(super) fn add_column_dots<'a, E>(x: &'a [E], y: &'a [E], to: &'a mut [E]) -> () {
        for (x, y) in x.chunks_exact(to.len()).zip(y.chunks_exact(to.len())) {
            for ((to, &x), &y) in to.iter_mut().zip(x).zip(y) {
                *to += x * y;
            }
        }
    }

    /// `y = n scale + shift`, by columns.
    pub(super) fn scale_columns<'a, E>(n: &'a [E], scale: &'a [E], shift: &'a [E], y: &'a mut [E]) -> () {
        for (y, n) in y.chunks_exact_mut(scale.len()).zip(n.chunks_exact(scale.len())) {
            for (((y, &n), &scale), &shift) in y.iter_mut().zip(n).zip(scale).zip(shift) {
                *y = n * scale + shift;
            }
        }
    }

    /// `to += factor (bar - mean - n dot)`, by columns: the derivative of a normalisation, which is its
    /// own adjoint, with the means of `bar` and of `bar n`.
    pub(super) fn add_centred_columns<'a, E>(
        bar: &'a [E], n: &'a [E], factor: &'a [E], mean: &'a [E], dot: &'a [E], to: &'a mut [E]
    ) -> () {
        let columns = factor.len();
        for ((to, bar), n) in to.chunks_exact_mut(columns).zip(bar.chunks_exact(columns)).zip(n.chunks_exact(columns)) {
            for k in 0..columns {
                to[k] += factor[k] * (bar[k] - mean[k] - n[k] * dot[k]);
            }
        }
    }

    /// `n = (x - mean) factor` of each row, and the factors `1 / sqrt(variance + epsilon)`.
    pub(super) fn normalise_rows<'a, E>(x: &'a [E], epsilon: E, factors: &'a mut [E], n: &'a mut [E]) -> () {
        let columns = x.len() / factors.len().max(1);
        let weight = E::of(columns as f64).recip();
        for ((n, x), factor) in n.chunks_exact_mut(columns).zip(x.chunks_exact(columns)).zip(factors) {
            let mean = x.iter().copied().sum::<E>() * weight;
            let variance = x.iter().map(|&x| (x - mean) * (x - mean)).sum::<E>() * weight;
            *factor = (variance + epsilon).sqrt().recip();
            for (n, &x) in n.iter_mut().zip(x) {
                *n = (x - mean) * *factor;
            }
        }
    }

    /// `to += factor (bar - mean(bar) - n mean(bar n))` for each row.
    pub(super) fn add_centred_rows<'a, E>(bar: &'a [E], n: &'a [E], factors: &'a [E], to: &'a mut [E]) -> () {
        let columns = bar.len() / factors.len().max(1);
        let weight = E::of(columns as f64).recip();
        let rows = to.chunks_exact_mut(columns).zip(bar.chunks_exact(columns));
        for ((to, bar), (n, &factor)) in rows.zip(n.chunks_exact(columns).zip(factors)) {
            let mean = bar.iter().copied().sum::<E>() * weight;
            let dot = bar.iter().zip(n).map(|(&bar, &n)| bar * n).sum::<E>() * weight;
            for ((to, &bar), &n) in to.iter_mut().zip(bar).zip(n) {
                *to += factor * (bar - mean - n * dot);
            }
        }
    }
}

//! Sums over the rows of a matrix, and the softmax of each row.

use super::elementwise::passes;

/// Partial sums that a long sum is split into, so that it vectorises.
const LANES: usize = 32;

passes! {
    /// The sum, by many partial sums.
    pub fn sum<'a, E>(x: &'a [E]) -> E {
        let mut sums = [E::zero(); LANES];
        let blocks = x.chunks_exact(LANES);
        let rest = blocks.remainder();
        for block in blocks {
            for (sum, &x) in sums.iter_mut().zip(block) {
                *sum += x;
            }
        }
        sums.into_iter().sum::<E>() + rest.iter().copied().sum()
    }

    /// The sum of the products.
    pub fn dot<'a, E>(x: &'a [E], y: &'a [E]) -> E {
        let mut sums = [E::zero(); LANES];
        let (blocks, others) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
        let rest = blocks.remainder().iter().zip(others.remainder());
        for (block, other) in blocks.zip(others) {
            for ((sum, &x), &y) in sums.iter_mut().zip(block).zip(other) {
                *sum += x * y;
            }
        }
        sums.into_iter().sum::<E>() + rest.map(|(&x, &y)| x * y).sum()
    }

    /// Adds the sum of the rows of `x`, each as long as `sums`, into `sums`.
    pub fn add_column_sums<'a, E>(x: &'a [E], sums: &'a mut [E]) -> () {
        if sums.is_empty() {
            return;
        }
        if sums.len() >= LANES {
            for row in x.chunks_exact(sums.len()) {
                for (sum, &x) in sums.iter_mut().zip(row) {
                    *sum += x;
                }
            }
            return;
        }
        // Short rows: LANES of them lie together as one long one, whose sums are folded at the end.
        let columns = sums.len();
        let mut wide = [E::zero(); LANES * LANES];
        let wide = &mut wide[..columns * LANES];
        let blocks = x.chunks_exact(columns * LANES);
        for row in blocks.remainder().chunks_exact(columns) {
            for (sum, &x) in sums.iter_mut().zip(row) {
                *sum += x;
            }
        }
        for block in blocks {
            for (wide, &x) in wide.iter_mut().zip(block) {
                *wide += x;
            }
        }
        for row in wide.chunks_exact(columns) {
            for (sum, &x) in sums.iter_mut().zip(row) {
                *sum += x;
            }
        }
    }

    /// Turns each row of `x` into its softmax, `e^x_i / Σ_j e^x_j`, and returns through `logs` the
    /// logarithm of each row's denominator.
    ///
    /// The row's largest entry is subtracted first. Results so small that a hundred million of them
    /// would not show are set to zero: subnormal numbers slow what follows down several times.
    pub fn softmax_rows<'a, E>(x: &'a mut [E], columns: usize, logs: &'a mut [E]) -> () {
        for (row, log) in x.chunks_exact_mut(columns).zip(logs.iter_mut()) {
            let largest = row.iter().fold(E::neg_infinity(), |m, &x| if m > x { m } else { x });
            // All of -inf: subtract nothing, so that the result is not a number and seen.
            for x in row.iter_mut() {
                *x -= largest;
            }
            *log = largest;
        }
        for x in x.iter_mut() {
            *x = x.fast_exp();
        }
        let least = E::min_positive_value() / E::epsilon();
        for (row, log) in x.chunks_exact_mut(columns).zip(logs) {
            let total = row.iter().copied().sum::<E>();
            *log += total.ln();
            let factor = total.recip();
            for x in row {
                let y = *x * factor;
                *x = if y < least { E::zero() } else { y };
            }
        }
    }

    /// `bar = y (bar - ⟨bar, y⟩)` for each row: back through the softmax `y`.
    pub fn pull_softmax_rows<'a, E>(y: &'a [E], bar: &'a mut [E], columns: usize) -> () {
        for (y, bar) in y.chunks_exact(columns).zip(bar.chunks_exact_mut(columns)) {
            let mean = y.iter().zip(bar.iter()).map(|(&y, &bar)| y * bar).sum::<E>();
            for (bar, &y) in bar.iter_mut().zip(y) {
                *bar = y * (*bar - mean);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "the values compared are exact")]
mod tests {
    use std::vec::Vec;

    use super::{add_column_sums, dot, sum};

    #[test]
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    fn sums_are_those_of_a_plain_loop() {
        for len in [0, 1, 31, 32, 100, 640] {
            let x: Vec<f64> = (0..len).map(f64::from).collect();
            let y: Vec<f64> = (0..len).map(|i| f64::from(i % 7)).collect();
            assert_eq!(sum(&x), x.iter().sum());
            assert_eq!(dot(&x, &y), x.iter().zip(&y).map(|(x, y)| x * y).sum());
        }
        for (rows, columns) in [(1, 1), (3, 5), (100, 10), (64, 33), (0, 4)] {
            let x: Vec<f64> = (0..rows * columns).map(|i| i as f64).collect();
            let mut sums = std::vec![1.0; columns];
            add_column_sums(&x, &mut sums);
            for (j, sum) in sums.into_iter().enumerate() {
                assert_eq!(
                    sum,
                    1.0 + (0..rows).map(|i| x[i * columns + j]).sum::<f64>()
                );
            }
        }
    }
}

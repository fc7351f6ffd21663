//! Vectors and arrays made by iterators, and changed through them.

use grad_runtime::differentiate;

/// `collect` of numbers.
#[differentiate]
fn collected(x: &[f64]) -> f64 {
    let exps: Vec<f64> = x.iter().map(|v| v.exp()).collect();
    let total: f64 = exps.iter().sum();
    let shares = exps.iter().map(|e| e / total).collect::<Vec<_>>();
    let mut scaled: Vec<f64> = (0..x.len()).map(|i| x[i] * shares[i]).collect();
    scaled[0] *= 2.0;
    for v in &mut scaled {
        *v += 1.0;
    }
    shares.iter().zip(&scaled).map(|(p, q)| p * q.ln()).sum()
}

/// Where the number of items is not known.
#[differentiate]
fn collected_some(x: &[f64]) -> f64 {
    let positive: Vec<f64> = x.iter().copied().filter(|v| *v > 0.0).collect();
    let spread: Vec<f64> = x.iter().flat_map(|v| [v * v, v.sin()]).collect();
    let doubled: Vec<f64> = positive.iter().chain(&spread).map(|v| v * 2.0).collect();
    let n = positive.len();
    doubled
        .iter()
        .enumerate()
        .map(|(i, v)| v * v * (i + n) as f64)
        .sum()
}

/// Elements that are tuples, arrays, vectors.
#[differentiate]
fn collected_parts(x: &[f64]) -> f64 {
    let pairs: Vec<(f64, f64)> = x.iter().zip(&x[1..]).map(|(a, b)| (a * b, a - b)).collect();
    let rows: Vec<Vec<f64>> = x
        .iter()
        .map(|a| x.iter().map(|b| a * b).collect())
        .collect();
    let points: Vec<[f64; 2]> = x.chunks_exact(2).map(|c| [c[0], c[0] * c[1]]).collect();
    let a: f64 = pairs.iter().map(|(p, q)| p * q).sum();
    let b: f64 = rows.iter().map(|row| row.iter().sum::<f64>().sin()).sum();
    let c: f64 = points.iter().map(|[p, q]| p + q * q).sum();
    let d: f64 = rows.iter().enumerate().map(|(i, row)| row[i]).sum();
    a + b + c + d
}

/// `unzip`, `partition`, `extend`.
#[differentiate]
fn split_up(x: &[f64]) -> f64 {
    let (squares, sines): (Vec<f64>, Vec<f64>) = x.iter().map(|v| (v * v, v.sin())).unzip();
    let (large, small): (Vec<f64>, Vec<f64>) = x.iter().copied().partition(|v| *v > 0.3);
    let mut all = Vec::new();
    all.extend(large.iter().map(|v| v * 3.0));
    all.extend(small.iter());
    squares.iter().zip(&sines).map(|(a, b)| a * b).sum::<f64>()
        + large.iter().product::<f64>()
        + all
            .iter()
            .enumerate()
            .map(|(i, v)| v * v * i as f64)
            .sum::<f64>()
}

/// Arrays: `map`, `from_fn`, by value.
#[differentiate]
fn arrays(x: &[f64]) -> f64 {
    let a = [x[0], x[1], x[0] * x[1]];
    let squares = a.map(|v| v * v + 1.0);
    let pairs = a.map(|v| (v, v.cos()));
    let made: [f64; 4] = std::array::from_fn(|i| x[i % 2] * i as f64);
    let table: [[f64; 2]; 2] = std::array::from_fn(|i| std::array::from_fn(|j| x[i] * x[j]));
    let b: f64 = squares
        .into_iter()
        .zip(pairs)
        .map(|(s, (v, c))| s * v * c)
        .sum();
    let c: f64 = table.iter().flatten().sum();
    let d: f64 = table.iter().map(|row| row[0] * row[1]).sum();
    let mut e = 0.0;
    for v in [x[0], x[1], made[3]] {
        e += v * v;
    }
    b + c * d + e + made.iter().sum::<f64>()
}

/// Elements changed through `iter_mut` and mutable chunks.
#[differentiate]
fn changed(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    for e in v.iter_mut() {
        *e *= *e + 1.0;
    }
    for (i, e) in v.iter_mut().enumerate() {
        *e += i as f64 * x[0];
    }
    for (e, d) in v.iter_mut().zip(x) {
        *e = e.sin() * d;
    }
    for pair in v.chunks_mut(2) {
        let first = pair[0];
        for e in pair.iter_mut() {
            *e += first * 0.5;
        }
    }
    v.iter_mut().rev().skip(1).for_each(|e| *e *= 2.0);
    v.iter_mut().filter(|e| **e > 0.5).for_each(|e| *e = e.ln());
    v.iter().map(|e| e * e).sum()
}

/// Rows of a matrix in one vector.
#[differentiate]
fn rows(x: &[f64]) -> f64 {
    let n = 2;
    let mut m = vec![0.0; x.len()];
    for (row, out) in x.chunks(n).zip(m.chunks_mut(n)) {
        let norm = row.iter().map(|v| v * v).sum::<f64>().sqrt();
        for (o, v) in out.iter_mut().zip(row) {
            *o = v / (1.0 + norm);
        }
    }
    let sums: Vec<f64> = m.chunks(n).map(|row| row.iter().sum()).collect();
    sums.iter()
        .zip(m.iter().step_by(n))
        .map(|(s, v)| s * v.exp())
        .sum()
}

/// Vectors moved through functions and loops.
#[differentiate]
fn rebuilt(x: &[f64]) -> f64 {
    let mut v: Vec<f64> = x.iter().map(|v| v * 0.5).collect();
    for _ in 0..3 {
        v = v
            .iter()
            .zip(v.iter().skip(1).chain(std::iter::once(&x[0])))
            .map(|(a, b)| a * b + 0.1)
            .collect();
    }
    let total: f64 = v.iter().sum();
    v.into_iter().map(|a| a * total).sum()
}

/// A layer, as one writes it: rows times a vector.
#[differentiate]
fn layer(x: &[f64]) -> f64 {
    let (weights, rest) = x.split_at(4);
    let hidden: Vec<f64> = weights
        .chunks_exact(2)
        .map(|row| row.iter().zip(rest).map(|(w, v)| w * v).sum::<f64>().tanh())
        .collect();
    hidden.iter().map(|h| h * h).sum()
}

#[cfg(test)]
mod tests {
    use crate::iterators::check;

    const LONG: [f64; 6] = [0.7, -0.4, 1.3, 0.25, -1.1, 0.6];

    check! {
        collected, value_and_grad_collected, jvp_collected at LONG, [0.3];
        collected_some, value_and_grad_collected_some, jvp_collected_some at LONG, [0.3], [-1.0], [];
        collected_parts, value_and_grad_collected_parts, jvp_collected_parts at LONG, [0.3];
        split_up, value_and_grad_split_up, jvp_split_up at LONG, [0.7], [];
        arrays, value_and_grad_arrays, jvp_arrays at [0.7, 0.4];
        changed, value_and_grad_changed, jvp_changed at LONG, [0.7, 0.3, 0.5];
        rows, value_and_grad_rows, jvp_rows at LONG, [0.7, 0.3];
        rebuilt, value_and_grad_rebuilt, jvp_rebuilt at LONG, [0.7, 0.3];
        layer, value_and_grad_layer, jvp_layer at LONG;
    }
}

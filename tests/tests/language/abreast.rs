//! Loops whose iterations run several at a time, with some left over: short loops inside over what
//! each iteration rewrites.

use grad_runtime::differentiate;

#[differentiate]
fn squared_norm(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum()
}

#[differentiate]
fn soft_max(x: &[f64; 3], sharp: f64) -> f64 {
    (x.iter().map(|v| (sharp * v).exp()).sum::<f64>()).ln() / sharp
}

/// Rows by slices, calls with private arrays, a tape inside, two sums with a difference.
#[differentiate]
pub fn mixture(x: &[f64]) -> f64 {
    let d = 2;
    let (triangle, points) = (&x[..6], &x[6..]);
    let mut scaled = vec![0.0; d];
    let mut terms = [0.0; 3];
    let (mut total, mut rest) = (0.0, x[0]);
    for p in 0..points.len() / d {
        for c in 0..3 {
            let point = &points[p * d..(p + 1) * d];
            for i in 0..d {
                scaled[i] = point[i] - triangle[2 * c + i];
            }
            for i in 0..d {
                for j in i + 1..d {
                    scaled[j] += triangle[2 * c] * scaled[i];
                }
            }
            for i in 0..d {
                scaled[i] = scaled[i].tanh();
            }
            terms[c] = if c == 1 { 0.5 } else { triangle[c] } - squared_norm(&scaled);
        }
        total += soft_max(&terms, x[1] * x[1] + 1.0);
        rest = rest - terms[0] * terms[2] + 0.1;
    }
    total + rest
}

/// Rows by an index, in a loop that runs backwards too; an array of an array's length.
#[differentiate]
pub fn indexed(x: &[f64]) -> f64 {
    let d = 3;
    let mut m = vec![0.0; d];
    let mut total = 0.0;
    for p in 0..x.len() / d {
        for i in 0..d {
            m[i] = x[p * d + i] * x[i] + i as f64;
        }
        for i in (0..d).rev() {
            m[i] = m[i] * x[i + p * d].sin();
        }
        let mut most = 0.0;
        for i in 0..d {
            most += m[i] * m[d - 1 - i];
        }
        total -= most * m[0];
    }
    total
}

/// Places that differ from iteration to iteration, of private arrays and of the input.
#[differentiate]
pub fn scattered(x: &[f64]) -> f64 {
    let n = 3;
    let mut bins = vec![0.0; n];
    let mut total = x[0];
    for p in 0..x.len() {
        for i in 0..n {
            bins[i] = x[(p * p) % x.len()] * (i + 1) as f64;
        }
        bins[p % n] += x[p] * x[x.len() - 1 - p];
        for i in 0..n {
            bins[(p + i) % n] *= if i > 0 { x[i] } else { 2.0 };
        }
        let chosen = if n > 2 { bins[0] } else { bins[p % 3] };
        total += chosen * bins[(p + 1) % n];
    }
    total
}

/// In single precision, over a range of 32 bits that begins at 1.
#[differentiate]
pub fn single(x: &[f32], y: &[f32]) -> f32 {
    let n = x.len();
    let mut terms = vec![0.0_f32; n];
    let mut total = 0.0;
    for p in 1..y.len() as u32 {
        for i in 0..n {
            terms[i] = x[i] * y[p as usize];
        }
        let mut sum = 0.0;
        for i in 0..n {
            sum += x[i] * terms[i] * terms[n - 1 - i];
        }
        total += sum * sum;
    }
    total
}

/// The last row may be short.
#[differentiate]
pub fn ragged(x: &[f64], points: &[f64], d: usize) -> f64 {
    let mut own = vec![0.0; d];
    let mut total = 0.0;
    for p in 0..points.len().div_ceil(d) {
        for i in 0..d {
            own[i] = x[i] * points[p * d..(p + 1) * d][i];
        }
        let mut sum = 0.0;
        for i in 0..d {
            sum += own[i] * own[d - 1 - i];
        }
        total += sum;
    }
    total
}

fn inputs(n: usize) -> Vec<f64> {
    (0..n).map(|k| ((7 * k + 3) as f64).sin()).collect()
}

#[test]
fn several_iterations_at_a_time() {
    for n in [6, 14, 22, 29, 40] {
        each! {
            inputs(n);
            mixture, value_and_grad_mixture, jvp_mixture;
            indexed, value_and_grad_indexed, jvp_indexed;
            scattered, value_and_grad_scattered, jvp_scattered;
        }
    }
}

#[test]
fn in_single_precision() {
    let x = [0.5, -1.0, 0.25, 0.125];
    let y: Vec<f32> = (0..21).map(|k| k as f32 / 16.0).collect();
    let (value, (x_bar, y_bar)) = value_and_grad_single(&x, &y);
    assert_eq!(value.to_bits(), single(&x, &y).to_bits());
    for k in 0..4 {
        let mut dot = [0.0; 4];
        dot[k] = 1.0;
        let (_, expected) = jvp_single(&x, &y, &dot, &vec![0.0; 21]);
        assert!((x_bar[k] - expected).abs() < 1e-4 * (1.0 + expected.abs()));
    }
    let (_, expected) = jvp_single(&x, &y, &[0.0; 4], &vec![1.0; 21]);
    let found: f32 = y_bar.iter().sum();
    assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()));
}

#[test]
#[should_panic(expected = "range end index 18 out of range for slice of length 17")]
fn a_row_that_is_short() {
    let _ = grad_ragged(&[1.0, 2.0], &inputs(17), 2);
}

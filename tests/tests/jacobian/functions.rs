//! Floats, arrays, slices, vectors, tuples, `&mut`, control flow, calls.

use grad_runtime::{Jacobian, differentiate};

use super::{assert_column, assert_differences};

#[differentiate(jacobian, lanes)]
fn polar(r: f64, angle: f64) -> (f64, f64) {
    (r * angle.cos(), r * angle.sin())
}

#[test]
fn numbers_and_tuples() {
    let jacobian = jacobian_polar(2.0, 0.3);
    assert_differences(&jacobian, &[2.0, 0.3], |x| {
        let (a, b) = polar(x[0], x[1]);
        vec![a, b]
    });
    assert_eq!(value_and_jacobian_polar(2.0, 0.3).0, polar(2.0, 0.3));
}

#[differentiate(lanes)]
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Loops, branches, memory, a call, and values that some directions do not move.
#[differentiate(jacobian, lanes)]
fn network(weights: &[f64], bias: [f64; 2], steps: usize) -> Vec<f64> {
    let mut state = vec![0.5; weights.len()];
    let mut carried = 1.0;
    for step in 0..steps {
        for i in 0..weights.len() {
            if step % 2 == 0 {
                state[i] = softplus(state[i] * weights[i] + bias[0] * carried);
            } else {
                state[i] += weights[i] * bias[1] / (1.0 + state[i] * state[i]).sqrt();
            }
        }
        carried *= state[0];
    }
    let mut rest = 0.0;
    let mut k = 0;
    while k < state.len() {
        rest += state[k] * state[k];
        k += 1;
    }
    state.push(rest);
    state.push(carried);
    state
}

#[differentiate(jacobian)]
fn network_by_column(weights: &[f64], bias: [f64; 2], steps: usize) -> Vec<f64> {
    let mut state = vec![0.5; weights.len()];
    for _ in 0..steps {
        for i in 0..weights.len() {
            state[i] = (state[i] * weights[i] + bias[0]).tanh() * bias[1];
        }
    }
    state
}

#[test]
fn more_columns_than_lanes() {
    let x: Vec<f64> = (0..11).map(|i| 0.2 + 0.1 * f64::from(i)).collect();
    let split = |x: &[f64]| (x[..9].to_vec(), [x[9], x[10]]);
    let (weights, bias) = split(&x);
    let (value, jacobian) = value_and_jacobian_network(&weights, bias, 5);
    assert_eq!(value, network(&weights, bias, 5));
    assert_differences(&jacobian, &x, |x| {
        let (weights, bias) = split(x);
        network(&weights, bias, 5)
    });
    for column in 0..x.len() {
        let mut unit = vec![0.0; x.len()];
        unit[column] = 1.0;
        let (weights_dot, bias_dot) = split(&unit);
        let (_, dot) = jvp_network(&weights, bias, 5, &weights_dot, bias_dot);
        assert_column(&jacobian, column, &dot);
    }
    let by_rows = vjp_network(&weights, bias, 5);
    let mut seed = vec![0.0; value.len()];
    seed[2] = 1.0;
    let (weights_bar, bias_bar) = (by_rows.1)(seed);
    for (found, expected) in jacobian
        .row(2)
        .iter()
        .zip(weights_bar.iter().chain(&bias_bar))
    {
        assert!((found - expected).abs() < 1e-13);
    }
}

#[test]
fn one_column_at_a_time() {
    let x: Vec<f64> = (0..5).map(|i| 0.2 + 0.1 * f64::from(i)).collect();
    let split = |x: &[f64]| (x[..3].to_vec(), [x[3], x[4]]);
    let (weights, bias) = split(&x);
    let jacobian = jacobian_network_by_column(&weights, bias, 3);
    assert_differences(&jacobian, &x, |x| {
        let (weights, bias) = split(x);
        network_by_column(&weights, bias, 3)
    });
}

/// Fewer outputs than inputs: by rows.
#[differentiate(jacobian)]
fn moments(x: [f64; 4], power: f64) -> (f64, f64) {
    let mut first = 0.0;
    let mut second = 0.0;
    for i in 0..4 {
        first += x[i].powf(power);
        second += x[i] * x[i] * power;
    }
    (first, second)
}

#[differentiate(jacobian, reverse)]
fn scaled(x: &[f64], out: &mut [f64], factor: f64) -> f64 {
    let mut sum = 0.0;
    for i in 0..out.len() {
        out[i] = out[i] * x[i] * factor;
        sum += out[i];
    }
    sum
}

#[differentiate(jacobian, lanes = 2)]
fn scaled_in_lanes(x: &[f64], out: &mut [f64], factor: f64) -> f64 {
    let mut sum = 0.0;
    for i in 0..out.len() {
        out[i] = out[i] * x[i] * factor;
        sum += out[i];
    }
    sum
}

#[differentiate(jacobian)]
fn scaled_by_column(x: &[f64], out: &mut Vec<f64>, factor: f64) {
    for i in 0..x.len() {
        let last = out[i] * x[i] * factor;
        out.push(last);
    }
}

#[test]
fn fewer_outputs() {
    let x = [0.5, 1.5, 2.0, 0.25, 3.0];
    let of = |x: &[f64]| moments([x[0], x[1], x[2], x[3]], x[4]);
    let jacobian = jacobian_moments([0.5, 1.5, 2.0, 0.25], 3.0);
    assert_differences(&jacobian, &x, |x| {
        let (first, second) = of(x);
        vec![first, second]
    });
}

#[test]
fn what_is_changed_is_input_and_output() {
    let x = [0.5, 1.5, 2.0, 3.0, 0.7];
    let f = |x: &[f64]| {
        let mut out = x[2..4].to_vec();
        let sum = scaled(&x[..2], &mut out, x[4]);
        vec![sum, out[0], out[1]]
    };
    let mut out = x[2..4].to_vec();
    let (sum, jacobian) = value_and_jacobian_scaled(&x[..2], &mut out, x[4]);
    assert_eq!([sum, out[0], out[1]], *f(&x));
    assert_differences(&jacobian, &x, f);
    let mut again = x[2..4].to_vec();
    let (sum, in_lanes) = value_and_jacobian_scaled_in_lanes(&x[..2], &mut again, x[4]);
    assert_eq!([sum, again[0], again[1]], *f(&x));
    assert_differences(&in_lanes, &x, f);
    let mut longer = x[2..4].to_vec();
    let by_column = jacobian_scaled_by_column(&x[..2], &mut longer, x[4]);
    assert_eq!(longer.len(), 4);
    assert_differences(&by_column, &x, |x| {
        let mut out = x[2..4].to_vec();
        scaled_by_column(&x[..2], &mut out, x[4]);
        out
    });
}

/// At 0 the factor of `sqrt` is infinite: directions that do not move it stay zero.
#[differentiate(jacobian, lanes)]
fn roots(x: [f64; 3]) -> [f64; 3] {
    [x[0].sqrt(), x[1].sqrt() * x[2], x[0].max(x[1]).abs()]
}

#[test]
fn strong_zeros_lane_by_lane() {
    let jacobian = jacobian_roots([0.0, 4.0, 3.0]);
    assert_eq!(jacobian.row(0), [f64::INFINITY, 0.0, 0.0]);
    assert_eq!(jacobian.row(1), [0.0, 0.75, 2.0]);
    assert_eq!(jacobian.row(2), [0.0, 1.0, 0.0]);
}

#[differentiate(jacobian, lanes)]
fn singles(x: &[f32], y: f32) -> Vec<f32> {
    let mut out = Vec::new();
    for i in 0..x.len() {
        out.push(x[i] * y);
    }
    out
}

#[test]
fn single_precision_and_empty() {
    let jacobian = jacobian_singles(&[2.0, 3.0], 5.0);
    assert_eq!(jacobian.entries(), [5.0, 0.0, 2.0, 0.0, 5.0, 3.0]);
    let empty = jacobian_singles(&[], 5.0);
    assert_eq!((empty.rows(), empty.columns()), (0, 1));
}

#[test]
fn place_is_used_again() {
    let mut jacobian = Jacobian::new();
    for r in [1.0, 2.0] {
        let value = write_jacobian_polar(r, 0.0, &mut jacobian);
        assert_eq!(value, (r, 0.0));
        assert_eq!(jacobian.entries(), [1.0, 0.0, 0.0, r]);
    }
    for (x, columns) in [(vec![1.0; 20], 21), (vec![], 1)] {
        write_jacobian_singles(&x, 2.0, &mut jacobian);
        assert_eq!(jacobian.columns(), columns);
        assert_eq!(jacobian.rows(), x.len());
    }
}

#[test]
fn batches() {
    let weights = [0.3, 0.4, 0.5];
    let directions: Vec<(Vec<f64>, [f64; 2])> = (0..19)
        .map(|k| {
            let k = f64::from(k);
            (vec![k, 1.0, -k], [0.5, k])
        })
        .collect();
    let (value, dots) = jvp_batch_network(&weights, [0.1, 0.2], 4, &directions);
    let (_, one_by_one) = jvp_batch_network_by_column(&weights, [0.1, 0.2], 4, &directions);
    assert_eq!(value, network(&weights, [0.1, 0.2], 4));
    for (k, (weights_dot, bias_dot)) in directions.iter().enumerate() {
        let (_, dot) = jvp_network(&weights, [0.1, 0.2], 4, weights_dot, *bias_dot);
        for (found, expected) in dots[k].iter().zip(&dot) {
            assert!((found - expected).abs() <= 1e-13 * expected.abs().max(1.0));
        }
        let (_, dot) = jvp_network_by_column(&weights, [0.1, 0.2], 4, weights_dot, *bias_dot);
        assert_eq!(one_by_one[k], dot);
    }
    let (_, none) = jvp_batch_network(&weights, [0.1, 0.2], 4, &[]);
    assert!(none.is_empty());
}

#[test]
#[should_panic(expected = "`weights_dot` has length 2, but its parameter has length 3")]
fn a_direction_of_another_length() {
    let direction = (vec![0.0; 2], [0.0; 2]);
    let _ = jvp_batch_network(&[0.3, 0.4, 0.5], [0.1, 0.2], 4, &[direction]);
}

#[test]
#[should_panic(expected = "there is no row 2 in a Jacobian of 2 rows and 2 columns")]
fn a_row_too_far() {
    let _ = jacobian_polar(1.0, 0.0).row(2);
}

#[differentiate(rows)]
fn smooth(x: f64) -> f64 {
    if x > 1.0 { (x * x).ln() } else { x.sin() }
}

/// Several rows from one primal sweep: loops with tapes, branches, calls.
#[differentiate(jacobian, rows)]
fn chain(x: &[f64], out: &mut [f64], steps: usize) -> (f64, f64) {
    let mut carried = 1.0;
    for step in 0..steps {
        for i in 0..x.len() {
            carried = smooth(carried * x[i]) + out[i % 2];
        }
        out[step % 2] *= carried;
    }
    (carried, carried * out[0])
}

#[test]
fn rows_from_one_primal_sweep() {
    let x = [0.5, 1.5, 2.0, 0.75, 1.25];
    let f = |x: &[f64]| {
        let mut out = x[3..].to_vec();
        let (a, b) = chain(&x[..3], &mut out, 3);
        vec![a, b, out[0], out[1]]
    };
    let mut out = x[3..].to_vec();
    let ((a, b), jacobian) = value_and_jacobian_chain(&x[..3], &mut out, 3);
    assert_eq!([a, b, out[0], out[1]], *f(&x));
    assert_differences(&jacobian, &x, f);
}

#[differentiate(lanes)]
fn bent(x: f64, by: f64) -> f64 {
    (x * by).sin() + x / by
}

/// Changes what it owns, and the caller's copy stays.
#[differentiate(lanes)]
fn doubled(mut xs: Vec<f64>, scale: &f64) -> Vec<f64> {
    for i in 0..xs.len() {
        xs[i] = bent(xs[i], *scale) * 2.0;
    }
    xs
}

#[differentiate(lanes)]
fn power(x: f64, n: u32) -> f64 {
    if n == 0 { 1.0 } else { power(x, n - 1) * x }
}

/// Calls in branches, in loops inside loops, in loops that only running ends, and of itself.
#[differentiate(jacobian, lanes = 2)]
fn winding(xs: &[f64], start: f64, mut rest: Vec<f64>) -> (f64, Vec<f64>) {
    let mut total = start;
    let mut seen = Vec::new();
    for i in 0..xs.len() {
        if xs[i] > 0.5 {
            total = bent(total, xs[i]);
            for k in 0..i {
                total += bent(xs[k], power(total, 2));
            }
        } else {
            total -= xs[i];
        }
        seen.push(total);
    }
    let mut left = 3.0;
    while total < left {
        total += power(bent(start, left), 4);
        left -= 0.25;
    }
    rest = doubled(rest, &xs[1]);
    rest[0] *= total;
    rest.push(seen[1] * seen[xs.len() - 1]);
    (total, rest)
}

#[test]
fn values_of_calls_are_kept_for_all_passes() {
    let x = [0.3, 0.8, 1.1, 0.4, 0.9, 0.2, 0.7];
    let jacobian = jacobian_winding(&x[..4], x[4], x[5..].to_vec());
    assert_differences(&jacobian, &x, |x| {
        let (total, rest) = winding(&x[..4], x[4], x[5..].to_vec());
        [total].into_iter().chain(rest).collect()
    });
    let rest = x[5..].to_vec();
    let (value, _) = value_and_jacobian_winding(&x[..4], x[4], rest.clone());
    assert_eq!(value, winding(&x[..4], x[4], rest));
}

//! Loops whose reverse sums cotangents are cut into strips of eight iterations: lengths around
//! multiples of it, and loops beside those that can be cut.

use grad_runtime::differentiate;

/// A product, row by row.
#[differentiate]
fn product(x: &[f64], n: usize) -> f64 {
    let mut out = vec![0.0; n * n];
    for i in 0..n {
        for k in 0..n {
            for j in 0..n {
                out[i * n + j] += x[i * n + k] * x[n * n + k * n + j];
            }
        }
    }
    let mut sum = 0.0;
    for i in 0..n * n {
        sum += out[i].sin() * out[i];
    }
    sum
}

/// Adds to what it is given; its pullback may not be asked for all.
#[differentiate]
fn add_scaled(scale: f64, x: &[f64], out: &mut [f64]) {
    for i in 0..out.len() {
        out[i] += scale * x[i] + x[i];
    }
}

#[differentiate]
fn called(x: &[f64], n: usize) -> f64 {
    let mut out = vec![0.0; n];
    let fixed = vec![0.7; n];
    for k in 0..3 {
        add_scaled(x[k], &x[k..], &mut out);
        add_scaled(x[k] * x[k], &fixed, &mut out);
    }
    let mut sum = 0.0;
    for i in 0..n {
        sum += out[i] * out[i];
    }
    sum
}

/// Begins where its loop around is, divides, and has two sums.
#[differentiate]
fn triangle(x: &[f64], n: usize) -> f64 {
    let weights = x.to_vec();
    let mut out = vec![0.0; n + 2];
    for i in 1..n {
        for j in i..n {
            out[j + 2] += x[j] / weights[i] - weights[i + 1] * x[n + j];
        }
    }
    let mut sum = 0.0;
    for i in 0..n + 2 {
        sum += out[i] * out[i];
    }
    sum
}

/// An element is added to where the row is read.
#[differentiate]
fn meets(x: &[f64], n: usize) -> f64 {
    let mut out = x.to_vec();
    for i in 0..n {
        out[n + i] += x[0] * out[i + 1];
    }
    let mut sum = 0.0;
    for i in 0..n {
        sum += out[n + i] * out[i];
    }
    sum
}

fn numbers(n: usize) -> Vec<f64> {
    (0..n).map(|k| 1.5 + (k as f64 * 0.7).sin()).collect()
}

agree! {
    product_1: product, accumulate_grad_product, vjp_product, jvp_product; numbers(2), 1;
    product_7: product, accumulate_grad_product, vjp_product, jvp_product; numbers(98), 7;
    product_8: product, accumulate_grad_product, vjp_product, jvp_product; numbers(128), 8;
    product_19: product, accumulate_grad_product, vjp_product, jvp_product; numbers(722), 19;
    called_0: called, accumulate_grad_called, vjp_called, jvp_called; numbers(3), 0;
    called_8: called, accumulate_grad_called, vjp_called, jvp_called; numbers(11), 8;
    called_21: called, accumulate_grad_called, vjp_called, jvp_called; numbers(24), 21;
    triangle_3: triangle, accumulate_grad_triangle, vjp_triangle, jvp_triangle; numbers(8), 3;
    triangle_26: triangle, accumulate_grad_triangle, vjp_triangle, jvp_triangle; numbers(54), 26;
    meets_17: meets, accumulate_grad_meets, vjp_meets, jvp_meets; numbers(35), 17;
}

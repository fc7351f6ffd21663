//! Arrays that a loop in a loop keeps for its reverse are read where they lie; beside it, what writes
//! them again or changes their length.

use grad_runtime::differentiate;

use super::{x5, x9};

#[differentiate]
fn sum_of_squares(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for v in x {
        sum += v * v;
    }
    sum
}

/// Asks for a vector.
#[differentiate]
fn first_by_last(x: &Vec<f64>) -> f64 {
    x[0] * x[x.len() - 1]
}

/// Elements, rows, and the whole, as a slice and as a vector.
#[differentiate]
pub fn read_in_all_ways(x: &[f64], n: usize) -> f64 {
    let d = x.len();
    let mut a = vec![0.0; d];
    let mut b = vec![0.0; d];
    let mut terms = vec![0.0; 3];
    let mut total = 0.0;
    for p in 0..n {
        for c in 0..3 {
            for i in 0..d {
                a[i] = (x[i] + p as f64).sin();
                b[i] = a[i] * x[d - 1 - i];
            }
            for i in 0..d {
                for j in 0..d {
                    b[i] += a[j] * x[j] * 0.1;
                }
            }
            let (s, t): (f64, f64) = (sum_of_squares(&b), first_by_last(&a));
            terms[c] = 0.5 * s * t + 2.0 * sum_of_squares(&a[1..]) + (b[c] * a[0]).cos();
        }
        total += 1.0 * sum_of_squares(&terms);
    }
    total
}

/// The callee writes into what was kept.
#[differentiate]
fn doubled(x: &mut [f64]) -> f64 {
    let mut sum = 0.0;
    for v in x {
        *v *= 2.0;
        sum += v.sin();
    }
    sum
}

#[differentiate]
pub fn written_by_a_call(x: &[f64], n: usize) -> f64 {
    let d = x.len();
    let mut a = vec![0.0; d];
    let mut terms = vec![0.0; 2];
    let mut total = 0.0;
    for p in 0..n {
        for c in 0..2 {
            for i in 0..d {
                a[i] = x[i] * (1.0 + p as f64) + c as f64;
            }
            terms[c] = 1.0 * doubled(&mut a) * sum_of_squares(&a);
        }
        total += 1.0 * sum_of_squares(&terms);
    }
    total
}

/// Not of the same length each time.
#[differentiate]
pub fn growing(x: &[f64], n: usize) -> f64 {
    let mut total = 0.0;
    let mut terms = vec![0.0; 2];
    for p in 0..n {
        let d = 1 + p % x.len();
        let mut a = vec![0.0; d];
        for c in 0..2 {
            for i in 0..d {
                a[i] = (x[i] + c as f64).sin();
            }
            terms[c] = 1.0 * sum_of_squares(&a) * a[d - 1];
        }
        total += 1.0 * sum_of_squares(&terms);
    }
    total
}

/// Read behind the loop, and from one iteration to the next.
#[differentiate]
pub fn read_again(x: &[f64], n: usize) -> f64 {
    let d = x.len();
    let mut a = vec![0.5; d];
    let mut terms = vec![0.0; 2];
    let mut total = 0.0;
    for p in 0..n {
        for c in 0..2 {
            let before = a[0];
            for i in 0..d {
                a[i] = (x[i] + p as f64).sin();
            }
            terms[c] = 1.0 * sum_of_squares(&a) * before;
        }
        total += terms[0] * terms[1] * a[1];
    }
    total + a[d - 1]
}

agree! {
    read_where_it_lies: read_in_all_ways, accumulate_grad_read_in_all_ways, vjp_read_in_all_ways, jvp_read_in_all_ways; x9(), 3;
    read_where_it_lies_short: read_in_all_ways, accumulate_grad_read_in_all_ways, vjp_read_in_all_ways, jvp_read_in_all_ways; x5(), 2;
    a_call_writes: written_by_a_call, accumulate_grad_written_by_a_call, vjp_written_by_a_call, jvp_written_by_a_call; x5(), 3;
    lengths_change: growing, accumulate_grad_growing, vjp_growing, jvp_growing; x5(), 7;
    read_behind: read_again, accumulate_grad_read_again, vjp_read_again, jvp_read_again; x5(), 3;
}

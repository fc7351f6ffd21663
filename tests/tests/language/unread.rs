//! NaN and infinite values that are stored in memory and never read there do not reach the gradient.
#![allow(unused_assignments)]

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub fn element_again(x: &[f64]) -> f64 {
    let mut a = [0.0; 2];
    a[0] = (-x[0] - 5.0).sqrt() * x[3];
    a[0] = x[1] * x[1];
    a[0] * x[0]
}

#[differentiate]
pub fn replaced_where_bad(x: &[f64]) -> f64 {
    let mut a = vec![0.0; x.len()];
    for i in 0..x.len() {
        a[i] = (x[i] - 1.0).ln() * x[0];
        if x[i] < 1.05 {
            a[i] = x[i];
        }
    }
    a.iter().sum()
}

#[differentiate]
pub fn another_sweep(x: &[f64]) -> f64 {
    let mut a = vec![0.0; x.len()];
    for i in 0..x.len() {
        a[i] = (x[i] - 1.0).ln() * x[0];
    }
    for i in 0..x.len() {
        a[i] = x[i] * x[1];
    }
    a.iter().sum()
}

/// The ends are set after the sweep, as boundary conditions are.
#[differentiate]
pub fn ends_set_later(x: &[f64]) -> f64 {
    let mut a = [0.0; 4];
    for i in 0..4 {
        a[i] = x[i] / (i as f64 * x[0]) * x[1];
    }
    a[0] = x[2];
    a.iter().sum()
}

/// Every round writes what the one before wrote, which only some rounds read.
#[differentiate]
pub fn rounds(x: &[f64]) -> f64 {
    let (mut a, mut sum) = ([0.0; 2], 0.0);
    for i in 0..4 {
        a[1] = (x[i] - 1.0).sqrt() * x[0];
        if x[i] > 1.05 {
            sum += a[1];
        }
    }
    sum + x[3] * x[3]
}

#[derive(Differentiable)]
struct Pair {
    a: f64,
    b: f64,
}

#[differentiate]
pub fn field_again(x: &[f64]) -> f64 {
    let mut p = Pair { a: x[0], b: x[1] };
    p.a = (x[0] - 3.0).sqrt() * x[1];
    p.a = p.b * x[2];
    p.a * p.b
}

#[differentiate]
pub fn parts_unread(x: &[f64]) -> f64 {
    let a = [(x[0] - 3.0).sqrt() * x[1], x[2] * x[1]];
    let p = Pair {
        a: (x[0] - 3.0).sqrt() * x[2],
        b: x[3],
    };
    let t = ((x[0] - 3.0).ln() * x[3], x[2]);
    a[1] * p.b * t.1
}

#[differentiate]
pub fn filled(x: &[f64]) -> f64 {
    let mut a = [x[0]; 2];
    a[0] = (-x[0] - 5.0).sqrt() * x[3];
    a.fill(x[2]);
    a[0] * x[0]
}

#[differentiate]
pub fn whole_again(x: &[f64]) -> f64 {
    let mut a = [x[0]; 2];
    a[0] = (-x[0] - 5.0).sqrt() * x[3];
    a = [x[1], x[2]];
    a[0] * x[0] + a[1]
}

/// What is read before it is written again counts.
#[differentiate]
pub fn kept(x: &[f64]) -> f64 {
    let mut a = [0.0; 3];
    for i in 0..3 {
        a[i] = x[i] * x[3];
    }
    for i in 1..3 {
        a[i] += a[i - 1] * x[0];
    }
    a[2] * a[0]
}

#[test]
fn what_is_never_read_does_not_reach_the_gradient() {
    each!([0.4, 1.3, 0.9, 1.7], [1.6, 0.7, 1.2, 0.3];
        element_again, value_and_grad_element_again, jvp_element_again;
        replaced_where_bad, value_and_grad_replaced_where_bad, jvp_replaced_where_bad;
        another_sweep, value_and_grad_another_sweep, jvp_another_sweep;
        ends_set_later, value_and_grad_ends_set_later, jvp_ends_set_later;
        rounds, value_and_grad_rounds, jvp_rounds;
        field_again, value_and_grad_field_again, jvp_field_again;
        parts_unread, value_and_grad_parts_unread, jvp_parts_unread;
        filled, value_and_grad_filled, jvp_filled;
        whole_again, value_and_grad_whole_again, jvp_whole_again;
        kept, value_and_grad_kept, jvp_kept;
    );
}

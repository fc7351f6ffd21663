//! `#[differentiate(checkpoint)]` on loops: the value to the bit, and both reverse modes against
//! forward mode, which knows nothing of it, for trip counts around those at which states are kept and
//! dropped.
#![allow(clippy::all, clippy::pedantic, unreachable_pub, missing_docs)]
#![forbid(unsafe_code)]

use grad_runtime::{Differentiable, differentiate};

const TRIPS: [usize; 12] = [0, 1, 2, 3, 4, 5, 8, 9, 16, 17, 40, 101];

macro_rules! agree {
    ($($test:ident: $f:ident, $grad:ident, $vjp:ident, $jvp:ident;)*) => {$(
        #[test]
        fn $test() {
            let x = [0.7, -0.3, 1.1, 0.4];
            for n in TRIPS {
                let value = $f(&x, n);
                let gradient = $grad(&x, n);
                let (again, pull) = $vjp(&x, n);
                assert_eq!(again.to_bits(), value.to_bits(), "n = {n}");
                let pulled = pull(1.0);
                for k in 0..x.len() {
                    let mut dot = [0.0; 4];
                    dot[k] = 1.0;
                    let (_, expected) = $jvp(&x, n, &dot);
                    let tolerance = 1e-11 * (1.0 + expected.abs());
                    for (mode, found) in [("grad", gradient[k]), ("vjp", pulled[k])] {
                        assert!((found - expected).abs() <= tolerance, "{mode}, n = {n}, entry {k}: {found} for {expected}");
                    }
                }
            }
        }
    )*};
}

#[differentiate]
fn counted(x: &[f64], n: usize) -> f64 {
    let mut y = x[0];
    #[differentiate(checkpoint)]
    for i in 0..n {
        y = (x[1] * y + i as f64 * x[2]).sin();
    }
    y * y
}

#[differentiate]
fn counted_back(x: &[f64], n: usize) -> f64 {
    let mut y = x[0];
    #[differentiate(checkpoint)]
    for i in (0..n).rev().step_by(3) {
        y = (x[i % 4] * y + i as f64 * x[2]).sin();
    }
    y
}

/// A state every seven iterations, and in the loop inside every two.
#[differentiate]
fn strided(x: &[f64], n: usize) -> f64 {
    let (mut y, mut k) = (x[0], 0);
    #[differentiate(checkpoint = 7)]
    while k < n {
        #[differentiate(checkpoint = 2)]
        for i in 0..k % 5 {
            y = (x[1] * y + i as f64 * x[2]).sin();
        }
        y = x[3] * y + x[k % 4];
        k += 1;
    }
    y * y
}

#[differentiate]
fn inclusive(x: &[f64], n: usize) -> f64 {
    let mut y = x[0];
    #[differentiate(checkpoint)]
    for i in (1..=n as i64).step_by(2) {
        y = (y * x[1] + i as f64).cos();
    }
    y
}

#[differentiate]
fn while_(x: &[f64], n: usize) -> f64 {
    let (mut y, mut k) = (x[0], 0);
    #[differentiate(checkpoint)]
    while k < n {
        y = (y + x[k % 4]).sin() * x[3];
        k += 1;
    }
    y
}

/// The trip count depends on the data.
#[differentiate]
fn until(x: &[f64], n: usize) -> f64 {
    let mut y = 2.0 + x[0] * x[0];
    let bound = 1.0 / (1.0 + n as f64);
    #[differentiate(checkpoint)]
    while y > bound {
        y *= 0.9 + 0.05 * x[1].sin();
    }
    y * x[2]
}

#[differentiate]
fn loop_with_a_value(x: &[f64], n: usize) -> f64 {
    let mut y = x[0];
    let mut k = 0;
    #[differentiate(checkpoint)]
    let last = loop {
        if k >= n {
            break y * x[1];
        }
        k += 1;
        if k % 3 == 0 {
            continue;
        }
        y = (y * x[k % 4]).cos();
    };
    last + y
}

#[differentiate]
fn leaves(x: &[f64], n: usize) -> f64 {
    let mut y = x[0];
    #[differentiate(checkpoint)]
    for i in 0..1000 {
        if i == n {
            break;
        }
        y = y.sin() + x[i % 4];
        if y > 1.6 {
            return y * x[2];
        }
    }
    y
}

#[differentiate]
fn labelled(x: &[f64], n: usize) -> f64 {
    let mut y = x[0];
    #[differentiate(checkpoint)]
    'outer: for i in 0..n {
        for j in 0..4 {
            if i + j > 20 {
                continue 'outer;
            }
            if y > 3.0 {
                break 'outer;
            }
            y += 0.1 * (y * x[j]).sin();
        }
    }
    y
}

#[differentiate]
fn in_an_array(x: &[f64], n: usize) -> f64 {
    let mut y = [x[0], x[1], 0.5];
    #[differentiate(checkpoint)]
    for i in 0..n {
        let next = (y[0] * x[i % 4]).sin();
        y[i % 3] = next + y[2];
        y[2] *= 0.9;
    }
    y[0] + y[1] * y[2]
}

/// An explicit heat equation: the state is a vector, buffers are swapped, one is rewritten each time.
#[differentiate]
fn heat(x: &[f64], n: usize) -> f64 {
    let mut u = x.to_vec();
    let mut next = vec![0.0; u.len()];
    #[differentiate(checkpoint)]
    for _ in 0..n {
        for k in 0..u.len() {
            let left = if k > 0 { u[k - 1] } else { 0.0 };
            let right = if k + 1 < u.len() { u[k + 1] } else { 0.0 };
            next[k] = u[k] + 0.2 * (left - 2.0 * u[k] + right) + 0.01 * u[k] * u[k];
        }
        std::mem::swap(&mut u, &mut next);
    }
    u.iter().map(|v| v * v).sum()
}

/// Its length changes too.
#[differentiate]
fn in_a_growing_vector(x: &[f64], n: usize) -> f64 {
    let mut stack = vec![x[0]];
    #[differentiate(checkpoint)]
    for i in 0..n {
        let top = stack[stack.len() - 1];
        stack.push((top * x[i % 4]).sin());
        if i % 5 == 4 {
            stack.pop();
            stack[0] *= 1.1;
        }
    }
    stack.iter().sum()
}

#[derive(Clone, Differentiable)]
struct Body {
    at: [f64; 2],
    speed: Vec<f64>,
    steps: usize,
}

#[differentiate]
impl Body {
    fn step(&mut self, pull: f64) -> f64 {
        for k in 0..2 {
            self.speed[k] -= 0.1 * pull * self.at[k];
            self.at[k] += 0.1 * self.speed[k];
        }
        self.steps += 1;
        self.at[0] * self.speed[1]
    }
}

#[differentiate]
fn in_a_struct(x: &[f64], n: usize) -> f64 {
    let mut body = Body {
        at: [x[0], x[1]],
        speed: vec![x[2], 0.1],
        steps: 0,
    };
    let mut action = 0.0;
    #[differentiate(checkpoint)]
    while body.steps < n {
        action += body.step(1.0 + x[3] * x[3]);
    }
    action + body.at[0]
}

#[differentiate]
fn in_a_field(x: &[f64], n: usize) -> f64 {
    let mut body = Body {
        at: [x[0], x[1]],
        speed: vec![x[2], 0.1],
        steps: 0,
    };
    #[differentiate(checkpoint)]
    for _ in 0..n {
        let [a, b] = body.at;
        body.at = [b, (a * x[3]).sin()];
        body.speed[0] += a;
    }
    body.at[0] * body.speed[0]
}

#[differentiate]
fn in_a_tuple(x: &[f64], n: usize) -> f64 {
    let mut pair = (x[0], x[1]);
    #[differentiate(checkpoint)]
    for _ in 0..n {
        pair = (pair.1, 0.5 * (pair.0 + x[2] * pair.1));
    }
    pair.0
}

#[differentiate]
fn advance(u: &mut [f64], rate: f64) {
    for k in 1..u.len() {
        u[k] += rate * (u[k - 1] * u[k]).sin();
    }
}

#[differentiate]
fn by_calls(x: &[f64], n: usize) -> f64 {
    let mut u = [x[0], x[1], x[2], 0.4];
    #[differentiate(checkpoint)]
    for i in 0..n {
        advance(&mut u, 0.1 * x[i % 4]);
    }
    u[3] * u[2]
}

#[differentiate]
fn within(u: &mut [f64], rate: f64, n: usize) -> f64 {
    #[differentiate(checkpoint)]
    for i in 0..n {
        let k = 1 + i % (u.len() - 1);
        u[k] = (u[k] + rate * u[k - 1]).sin();
    }
    u[0] * rate
}

/// The loop writes what its function is lent.
#[differentiate]
fn lent(x: &[f64], n: usize) -> f64 {
    let mut u = x.to_vec();
    let y = within(&mut u, x[3], n);
    u[1] * u[3] + y
}

#[differentiate]
fn nested(x: &[f64], n: usize) -> f64 {
    let mut y = x[0];
    #[differentiate(checkpoint)]
    for i in 0..n / 3 {
        let mut z = y;
        #[differentiate(checkpoint)]
        for j in 0..i + 2 {
            z = (z * x[j % 4] + y).sin();
        }
        y = 0.5 * y + z;
    }
    y
}

#[differentiate]
fn nested_arrays(x: &[f64], n: usize) -> f64 {
    let mut y = x.to_vec();
    #[differentiate(checkpoint)]
    for _ in 0..n / 3 {
        let mut z = y.clone();
        let mut k = 0;
        #[differentiate(checkpoint)]
        while k < 7 {
            z[k % 4] = (z[(k + 1) % 4] * x[k % 4] + y[0]).sin();
            k += 1;
        }
        y[1] = z[2];
        y[0] += 0.1 * z[0] * y[1];
    }
    y[0] + y[1]
}

/// Inside a loop with a tape; what the inner loop reads changes behind it.
#[differentiate]
fn inside(x: &[f64], n: usize) -> f64 {
    let mut w = x.to_vec();
    let mut y = x[0];
    for i in 0..5 {
        #[differentiate(checkpoint)]
        for j in 0..n / 2 {
            y = (y * w[j % 4]).sin() + 0.3;
        }
        w[i % 4] *= y;
    }
    y + w[2]
}

/// One side of a branch, in a loop that only adds up.
#[differentiate]
fn in_a_branch(x: &[f64], n: usize) -> f64 {
    let mut sum = 0.0;
    for i in 0..4 {
        let mut y = x[i];
        if y > 0.0 {
            #[differentiate(checkpoint)]
            for _ in 0..n {
                y = y.sin() * x[1];
            }
        }
        sum += y * y;
    }
    sum
}

#[differentiate]
fn over_items(x: &[f64], n: usize) -> f64 {
    let mut y = 0.3;
    let more: Vec<f64> = (0..n).map(|k| (k as f64).cos()).collect();
    #[differentiate(checkpoint)]
    for (k, (a, b)) in more.iter().zip(&more[n / 2..]).enumerate() {
        y = (y * b * x[k % 4] + a).sin() + k as f64 * 0.01;
    }
    #[differentiate(checkpoint)]
    for v in x.iter().chain(&more).filter(|v| **v > 0.0) {
        y = (y * v).cos();
    }
    #[differentiate(checkpoint)]
    for pair in more.chunks(2) {
        y += (y * pair[0] * x[3]).sin();
    }
    y
}

/// Nothing is carried but the sum: in one body there is no tape anyway.
#[differentiate]
fn sum(x: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    #[differentiate(checkpoint)]
    for i in 0..n {
        s += (x[i % 4] * i as f64).sin().exp();
    }
    s * s
}

#[differentiate]
fn checks_and_says(x: &[f64], n: usize) -> f64 {
    let mut y = x[0];
    #[differentiate(checkpoint)]
    for i in 0..n {
        assert!(i < n && x.len() == 4, "out of range");
        if y > 1e9 {
            panic!("diverged at {y}");
        }
        y = match i % 3 {
            0 => y.sin(),
            1 => y * x[1],
            2 => y + x[2],
            _ => unreachable!(),
        };
    }
    y
}

#[differentiate]
fn with_closures(x: &[f64], n: usize) -> f64 {
    let mut y = x[0];
    let turn = |v: f64, k: usize| (v * x[k % 4]).sin();
    let mut most = 0.0;
    #[differentiate(checkpoint)]
    for k in 0..n {
        y = turn(y, k) + x.iter().map(|v| v * y).sum::<f64>();
        most = f64::max(most, y);
    }
    y + most
}

#[differentiate]
fn generic<T: num_like::Number>(x: T, n: usize) -> T {
    let mut y = x;
    #[differentiate(checkpoint)]
    for _ in 0..n {
        y = y * y - x * y;
    }
    y
}

mod num_like {
    use std::ops::{Mul, Sub};

    pub trait Number: Copy + Mul<Output = Self> + Sub<Output = Self> {}
    impl Number for f64 {}
}

#[differentiate]
fn with_a_generic(x: &[f64], n: usize) -> f64 {
    generic(x[1], n / 10) + generic(0.5 * x[3], 3)
}

#[differentiate]
fn recursive(x: &[f64], n: usize) -> f64 {
    if n < 4 {
        return x[0] * x[n];
    }
    let mut y = recursive(x, n / 2);
    #[differentiate(checkpoint)]
    for i in 0..n {
        y = (y + x[i % 4]).sin();
    }
    y
}

agree! {
    for_loops: counted, grad_counted, vjp_counted, jvp_counted;
    backwards_by_steps: counted_back, grad_counted_back, vjp_counted_back, jvp_counted_back;
    given_strides: strided, grad_strided, vjp_strided, jvp_strided;
    inclusive_ranges: inclusive, grad_inclusive, vjp_inclusive, jvp_inclusive;
    while_loops: while_, grad_while_, vjp_while_, jvp_while_;
    data_dependent_trips: until, grad_until, vjp_until, jvp_until;
    loops_with_values: loop_with_a_value, grad_loop_with_a_value, vjp_loop_with_a_value, jvp_loop_with_a_value;
    early_exits: leaves, grad_leaves, vjp_leaves, jvp_leaves;
    labels: labelled, grad_labelled, vjp_labelled, jvp_labelled;
    arrays: in_an_array, grad_in_an_array, vjp_in_an_array, jvp_in_an_array;
    double_buffers: heat, grad_heat, vjp_heat, jvp_heat;
    growing_vectors: in_a_growing_vector, grad_in_a_growing_vector, vjp_in_a_growing_vector, jvp_in_a_growing_vector;
    structs_by_method: in_a_struct, grad_in_a_struct, vjp_in_a_struct, jvp_in_a_struct;
    fields: in_a_field, grad_in_a_field, vjp_in_a_field, jvp_in_a_field;
    tuples: in_a_tuple, grad_in_a_tuple, vjp_in_a_tuple, jvp_in_a_tuple;
    calls: by_calls, grad_by_calls, vjp_by_calls, jvp_by_calls;
    mutable_parameters: lent, grad_lent, vjp_lent, jvp_lent;
    loops_in_loops: nested, grad_nested, vjp_nested, jvp_nested;
    arrays_in_loops_in_loops: nested_arrays, grad_nested_arrays, vjp_nested_arrays, jvp_nested_arrays;
    inside_a_taped_loop: inside, grad_inside, vjp_inside, jvp_inside;
    inside_a_branch: in_a_branch, grad_in_a_branch, vjp_in_a_branch, jvp_in_a_branch;
    iterators: over_items, grad_over_items, vjp_over_items, jvp_over_items;
    sums: sum, grad_sum, vjp_sum, jvp_sum;
    checks: checks_and_says, grad_checks_and_says, vjp_checks_and_says, jvp_checks_and_says;
    closures: with_closures, grad_with_closures, vjp_with_closures, jvp_with_closures;
    generics: with_a_generic, grad_with_a_generic, vjp_with_a_generic, jvp_with_a_generic;
    recursion: recursive, grad_recursive, vjp_recursive, jvp_recursive;
}

/// Defines the same function without and with `checkpoint`.
macro_rules! pendulum {
    ($name:ident $(, $checkpoint:meta)?) => {
        #[differentiate]
        fn $name(angle: f64, speed: f64, n: usize) -> f64 {
            let (mut a, mut v) = (angle, speed);
            $(#[$checkpoint])?
            for _ in 0..n {
                v -= 0.01 * a.sin();
                a += 0.01 * v;
            }
            a
        }
    };
}

pendulum!(taped);
pendulum!(kept, differentiate(checkpoint));

#[test]
fn the_gradient_has_the_bits_of_that_of_the_taped_loop() {
    for n in TRIPS {
        assert_eq!(
            value_and_grad_taped(0.7, 0.1, n),
            value_and_grad_kept(0.7, 0.1, n)
        );
    }
}

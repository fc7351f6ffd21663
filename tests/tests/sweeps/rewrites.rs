//! Scratch that functions write into: where a callee writes all of it first, iterations do not meet,
//! and each may be followed by its own reverse. Whether it does is known by the sizes of a run.

use grad_runtime::differentiate;

use super::{x5, x9};

#[differentiate]
fn subtract(x: &[f64], y: &[f64], out: &mut [f64]) {
    for ((out, x), y) in out.iter_mut().zip(x).zip(y) {
        *out = x - y;
    }
}

/// Writes all, then adds to it.
#[differentiate]
fn running_products(x: &[f64], out: &mut [f64]) {
    for i in 0..x.len() {
        out[i] = x[i].sin();
    }
    for i in 0..x.len() {
        for j in i + 1..x.len() {
            out[j] += x[i] * x[j];
        }
    }
}

/// Only hands it on.
#[differentiate]
fn subtract_first(x: &[f64], y: &[f64], out: &mut [f64]) {
    subtract(&x[..y.len()], y, out);
    running_products(y, out);
}

/// Reads what is there.
#[differentiate]
fn add_to(x: &[f64], out: &mut [f64]) {
    for i in 0..out.len() {
        out[i] = 0.5 * out[i] + x[i] * x[i];
    }
}

/// Reads the neighbour, which may not be written yet.
#[differentiate]
fn shifted(x: &[f64], out: &mut [f64]) {
    for i in 0..out.len() {
        out[i] = x[i] * out[(i + 1) % x.len()];
    }
}

/// Writes some.
#[differentiate]
fn positive(x: &[f64], out: &mut [f64]) {
    for i in 0..out.len() {
        if x[i] > 0.0 {
            out[i] = x[i] * x[i];
        }
    }
}

/// Leaves before all is written.
#[differentiate]
fn until_negative(x: &[f64], out: &mut [f64]) {
    for i in 0..out.len() {
        if x[i] < 0.0 {
            return;
        }
        out[i] = x[i] * x[i];
    }
}

/// Hands all on to itself.
#[differentiate]
fn halves(x: &[f64], depth: usize, out: &mut [f64]) {
    if depth > 0 {
        halves(x, depth - 1, out);
        return;
    }
    subtract(x, &x[1..], out);
}

/// Makes it longer.
#[differentiate]
fn collect_into(x: &[f64], out: &mut Vec<f64>) {
    for i in 0..out.len() {
        out[i] = x[i] * x[i];
    }
    out.push(x[0]);
}

#[differentiate]
fn squared_norm(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).sum()
}

#[test]
fn what_is_rewritten_depends_on_sizes() {
    let all = |n| [Some(n), Some(n)];
    assert_eq!(subtract::rewrites([Some(3), Some(4), Some(3)]), 4);
    assert_eq!(subtract::rewrites([Some(3), Some(4), Some(4)]), 0);
    assert_eq!(subtract::rewrites([None, Some(4), Some(4)]), 0);
    assert_eq!(running_products::rewrites(all(3)), 2);
    assert_eq!(running_products::rewrites([Some(2), Some(3)]), 0);
    // Wrong today: a reference handed on by its name is not seen to be written through.
    assert_eq!(subtract_first::rewrites([Some(5), Some(3), Some(3)]), 0);
    assert_eq!(subtract_first::rewrites([Some(3), Some(2), Some(3)]), 0);
    use grad_runtime::private::Rewrites as _;
    for none in [
        add_to::rewrites,
        shifted::rewrites,
        positive::rewrites,
        until_negative::rewrites,
        collect_into::rewrites,
    ] {
        assert_eq!(none(all(3)), 0);
    }
}

/// Of the right length: nothing is carried.
#[differentiate]
fn of_the_right_length(x: &[f64], n: usize) -> f64 {
    let mut scratch = vec![0.0; n];
    let mut products = vec![0.0; n];
    let mut total = 0.0;
    for p in 0..x.len() / n {
        subtract(&x[p * n..(p + 1) * n], &x[..n], &mut scratch);
        running_products(&scratch, &mut products);
        total += squared_norm(&products) * x[p];
    }
    total
}

/// One longer: the last element is carried.
#[differentiate]
fn one_longer(x: &[f64], n: usize) -> f64 {
    let mut scratch = vec![0.0; n + 1];
    let mut total = 0.0;
    for p in 0..x.len() / n {
        subtract(&x[p * n..(p + 1) * n], &x[..n], &mut scratch);
        total += squared_norm(&scratch) * x[p];
        scratch[n] = scratch[0] + x[p];
    }
    total
}

/// Shorter in each iteration: what is left is of earlier ones.
#[differentiate]
fn ever_shorter(x: &[f64], n: usize) -> f64 {
    let mut scratch = vec![0.0; n];
    let mut total = 0.0;
    for p in 0..n {
        subtract(&x[p..n], &x[..n], &mut scratch);
        total += squared_norm(&scratch) * x[p];
    }
    total
}

/// Written by one call, changed by another.
#[differentiate]
fn changed_in_place(x: &[f64], n: usize) -> f64 {
    let mut scratch = vec![0.0; n];
    let mut total = 0.0;
    for p in 0..x.len() / n {
        subtract(&x[p * n..(p + 1) * n], &x[..n], &mut scratch);
        add_to(&x[..n], &mut scratch);
        total += squared_norm(&scratch) * x[p];
    }
    total
}

/// Read once more when the loop has ended.
#[differentiate]
fn read_behind(x: &[f64], n: usize) -> f64 {
    let mut scratch = vec![0.0; n];
    let mut total = 0.0;
    for p in 0..x.len() / n {
        subtract(&x[p * n..(p + 1) * n], &x[1..n + 1], &mut scratch);
        total += squared_norm(&scratch) * x[p];
    }
    total * scratch[0]
}

/// Written in some iterations only.
#[differentiate]
fn written_sometimes(x: &[f64], n: usize) -> f64 {
    let mut scratch = vec![0.0; n];
    let mut total = 0.0;
    for p in 0..x.len() / n {
        if p != 1 {
            subtract(&x[p * n..(p + 1) * n], &x[1..n + 1], &mut scratch);
        }
        total += squared_norm(&scratch) * x[p];
    }
    total
}

macro_rules! carried {
    ($($name:ident: $callee:ident)*) => {$(
        #[differentiate]
        fn $name(x: &[f64], n: usize) -> f64 {
            let mut scratch = vec![0.0; n];
            let mut total = 0.0;
            for p in 0..x.len() / n {
                $callee(&x[p * n..(p + 1) * n], &mut scratch);
                total += squared_norm(&scratch) * x[p];
            }
            total
        }
    )*};
}

carried! {
    carried_added: add_to
    carried_shifted: shifted
    carried_positive: positive
    carried_until: until_negative
}

/// Written by a function that calls itself.
#[differentiate]
fn by_recursion(x: &[f64], n: usize) -> f64 {
    let mut scratch = vec![0.0; n];
    let mut total = 0.0;
    for p in 0..x.len() / n - 1 {
        halves(&x[p * n..(p + 1) * n + 1], 2, &mut scratch);
        total += squared_norm(&scratch) * x[p];
    }
    total
}

/// One longer after each call.
#[differentiate]
fn grown(x: &[f64], n: usize) -> f64 {
    let mut scratch = vec![0.0; 1];
    let mut total = 0.0;
    for p in 0..n {
        collect_into(&x[p..], &mut scratch);
        total += squared_norm(&scratch) * x[p];
    }
    total
}

agree! {
    right_length: of_the_right_length, accumulate_grad_of_the_right_length, vjp_of_the_right_length, jvp_of_the_right_length; x9(), 3;
    longer: one_longer, accumulate_grad_one_longer, vjp_one_longer, jvp_one_longer; x9(), 3;
    shorter: ever_shorter, accumulate_grad_ever_shorter, vjp_ever_shorter, jvp_ever_shorter; x5(), 5;
    in_place: changed_in_place, accumulate_grad_changed_in_place, vjp_changed_in_place, jvp_changed_in_place; x9(), 3;
    behind: read_behind, accumulate_grad_read_behind, vjp_read_behind, jvp_read_behind; x9(), 3;
    sometimes: written_sometimes, accumulate_grad_written_sometimes, vjp_written_sometimes, jvp_written_sometimes; x9(), 3;
    added: carried_added, accumulate_grad_carried_added, vjp_carried_added, jvp_carried_added; x9(), 3;
    neighbours: carried_shifted, accumulate_grad_carried_shifted, vjp_carried_shifted, jvp_carried_shifted; x9(), 3;
    some: carried_positive, accumulate_grad_carried_positive, vjp_carried_positive, jvp_carried_positive; x9(), 3;
    until: carried_until, accumulate_grad_carried_until, vjp_carried_until, jvp_carried_until; x9(), 3;
    recursion: by_recursion, accumulate_grad_by_recursion, vjp_by_recursion, jvp_by_recursion; x9(), 3;
    grows: grown, accumulate_grad_grown, vjp_grown, jvp_grown; x5(), 3;
}

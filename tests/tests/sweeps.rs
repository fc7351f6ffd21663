//! What the reverse sweep does to loops and memory: each function's gradient in one body
//! (`accumulate_grad_f`), and its pullback (`vjp_f`), against forward mode, which does none of it.
//! Functions come in pairs: one where a transformation is right, and its neighbours where it is not.
#![allow(clippy::all, clippy::pedantic, unreachable_pub)]
#![forbid(unsafe_code)]

use grad_runtime::differentiate;

macro_rules! agree {
    ($($test:ident: $f:ident, $grad:ident, $vjp:ident, $jvp:ident; $x:expr, $n:expr;)*) => {$(
        #[test]
        fn $test() {
            let (x, n): (Vec<f64>, usize) = ($x, $n);
            let value = $f(&x, n);
            let mut bar: Vec<f64> = (0..x.len()).map(|k| k as f64).collect();
            let before = bar.clone();
            let accumulated = $grad(&x, n, 2.0, &mut bar);
            assert_eq!(accumulated.to_bits(), value.to_bits(), "accumulate_grad changes the value");
            let (again, pull) = $vjp(&x, n);
            assert_eq!(again.to_bits(), value.to_bits(), "vjp changes the value");
            let pulled = pull(1.0);
            for k in 0..x.len() {
                let mut dot = vec![0.0; x.len()];
                dot[k] = 1.0;
                let (_, expected) = $jvp(&x, n, &dot);
                let tolerance = 1e-11 * (1.0 + expected.abs() + k as f64);
                assert!((pulled[k] - expected).abs() <= tolerance, "vjp, entry {k}: {} for {expected}", pulled[k]);
                let added = (bar[k] - before[k]) / 2.0;
                assert!((added - expected).abs() <= tolerance, "accumulate_grad, entry {k}: {added} for {expected}");
            }
        }
    )*};
}

#[path = "sweeps/partial.rs"]
mod partial;
#[path = "sweeps/postponed.rs"]
mod postponed;
#[path = "sweeps/rewrites.rs"]
mod rewrites;
#[path = "sweeps/shelf.rs"]
mod shelf;
#[path = "sweeps/strips.rs"]
mod strips;

fn x5() -> Vec<f64> {
    vec![0.7, -1.3, 2.1, 0.4, -0.9]
}

fn x9() -> Vec<f64> {
    vec![0.7, -1.3, 2.1, 0.4, -0.9, 1.1, 0.3, -0.2, 1.7]
}

/// A sum that nothing else reads: fused.
#[differentiate]
pub fn plain_sum(x: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    for i in 0..n {
        s += x[i] * x[i];
        s -= x[i].sin();
    }
    3.0 * s
}

/// The sum is read in the loop: carried.
#[differentiate]
pub fn sum_read(x: &[f64], n: usize) -> f64 {
    let mut s = 0.1;
    for i in 0..n {
        s += x[i] * s;
    }
    s
}

/// The sum is compared in the loop, which carries no derivative.
#[differentiate]
pub fn sum_compared(x: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    for i in 0..n {
        if s > 1.0 {
            s -= x[i] * x[i];
        } else {
            s += x[i].exp();
        }
    }
    s
}

/// The cotangent of the sum is known only behind the loop.
#[differentiate]
pub fn sum_squared(x: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    for i in 0..n {
        s += x[i].exp();
    }
    s * s + s.ln()
}

/// The second loop reads what the first gave.
#[differentiate]
pub fn two_sums(x: &[f64], n: usize) -> f64 {
    let mut mean = 0.0;
    for i in 0..n {
        mean += x[i];
    }
    let mean = mean / (n as f64 + 1.0);
    let mut s = 0.0;
    for i in 0..n {
        s += (x[i] - mean) * (x[i] - mean);
    }
    s
}

/// Two sums, one of which feeds the other.
#[differentiate]
pub fn sum_of_sums(x: &[f64], n: usize) -> f64 {
    let mut a = 0.0;
    let mut b = 0.0;
    for i in 0..n {
        a += x[i] * x[i];
        b += a * x[i];
    }
    a + b
}

/// Leaves early.
#[differentiate]
pub fn early(x: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    for i in 0..n {
        if x[i] < -1.0 {
            break;
        }
        if x[i] > 2.0 {
            continue;
        }
        s += x[i] * x[i] * x[i];
    }
    s
}

/// Returns out of a loop in a loop.
#[differentiate]
pub fn returns(x: &[f64], n: usize) -> f64 {
    let mut s = x[0] * x[1];
    for i in 0..n {
        for j in 0..i {
            if x[i] * x[j] > 1.0 {
                return s * x[j];
            }
            s += x[i] * x[j];
        }
    }
    s
}

/// An early return in front, so that all else stands in a branch.
#[differentiate]
pub fn guarded(x: &[f64], n: usize) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let mut s = 0.0;
    for i in 0..n {
        s += x[i] * x[i];
    }
    s
}

/// Nested sums, with a data-dependent branch.
#[differentiate]
pub fn nested(x: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    for i in 0..n {
        for j in i..n {
            if x[i] > x[j] {
                s += x[i] * x[j];
            } else {
                s -= x[i].sin() * x[j];
            }
        }
    }
    s
}

/// Scratch that each iteration rewrites.
#[differentiate]
pub fn scratch(x: &[f64], n: usize) -> f64 {
    let mut t = vec![0.0; n];
    let mut s = 0.0;
    for i in 0..n {
        for j in 0..n {
            t[j] = x[i] * x[j];
        }
        for j in 0..n {
            s += t[j] * t[j] * x[0];
        }
    }
    s
}

/// Scratch of which some elements stay from iteration to iteration.
#[differentiate]
pub fn scratch_kept(x: &[f64], n: usize) -> f64 {
    let mut t = vec![1.0; n];
    let mut s = 0.0;
    for i in 0..n {
        for j in i..n {
            t[j] = x[i] * x[j];
        }
        for j in 0..n {
            s += t[j] * t[j];
        }
    }
    s
}

/// Scratch read before it is rewritten.
#[differentiate]
pub fn scratch_before(x: &[f64], n: usize) -> f64 {
    let mut t = vec![0.5; n];
    let mut s = 0.0;
    for i in 0..n {
        for j in 0..n {
            s += t[j] * x[i];
        }
        for j in 0..n {
            t[j] = x[i] * x[j];
        }
    }
    s
}

/// Scratch used again behind the loop.
#[differentiate]
pub fn scratch_after(x: &[f64], n: usize) -> f64 {
    let mut t = vec![0.5; n];
    let mut s = 0.0;
    for i in 0..n {
        for j in 0..n {
            t[j] = x[i] * x[j];
        }
        for j in 0..n {
            s += t[j].sin();
        }
    }
    for j in 0..n {
        s += t[j] * t[j];
    }
    s
}

/// Scratch written where a condition holds.
#[differentiate]
pub fn scratch_sometimes(x: &[f64], n: usize) -> f64 {
    let mut t = vec![0.5; n];
    let mut s = 0.0;
    for i in 0..n {
        for j in 0..n {
            if x[j] > 0.5 {
                t[j] = x[i] * x[j];
            }
        }
        for j in 0..n {
            s += t[j] * t[j];
        }
    }
    s
}

/// An array read in the loop and overwritten behind it.
#[differentiate]
pub fn overwritten(x: &[f64], n: usize) -> f64 {
    let mut a = x.to_vec();
    let mut s = 0.0;
    for i in 0..n {
        s += a[i] * a[i];
    }
    for i in 0..n {
        a[i] = a[i].sin();
    }
    for i in 0..n {
        s += a[i] * x[i];
    }
    s
}

/// In place, element by element.
#[differentiate]
pub fn in_place(x: &[f64], n: usize) -> f64 {
    let mut a = x.to_vec();
    for _ in 0..3 {
        for i in 0..n {
            a[i] = a[i] * a[i] * 0.3 + x[i];
        }
    }
    let mut s = 0.0;
    for i in 0..n {
        s += a[i];
    }
    s
}

/// In place, from neighbours: the order of iterations matters.
#[differentiate]
pub fn in_place_neighbours(x: &[f64], n: usize) -> f64 {
    let mut a = x.to_vec();
    for i in 1..n {
        a[i] = a[i] * a[i - 1] + x[i];
    }
    for i in 1..n {
        a[i - 1] += a[i] * x[i];
    }
    let mut s = 0.0;
    for i in 0..n {
        s += a[i] * a[i];
    }
    s
}

/// Neighbours read in one loop: their cotangents stay in registers.
#[differentiate]
pub fn stencil(x: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    for i in 2..n {
        let d = x[i - 2] - 2.0 * x[i - 1] + x[i];
        s += d * d * d;
    }
    s
}

/// Neighbours two apart, backward, in rows.
#[differentiate]
pub fn stencil_rows(x: &[f64], n: usize) -> f64 {
    let w = n / 3;
    let mut s = 0.0;
    for r in 0..3 {
        for j in (1..w - 1).rev() {
            s += x[r * w + j - 1] * x[r * w + j + 1];
        }
    }
    s
}

/// A fixed place inside a loop that may not run: the place need not exist.
#[differentiate]
pub fn fixed_place(x: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    for i in 0..n + 1 {
        for j in i..n {
            s += x[i] * x[j] * x[j];
        }
    }
    s
}

/// A counter beside the loops, as packed triangles are walked.
#[differentiate]
pub fn packed(x: &[f64], n: usize) -> f64 {
    let mut v = vec![0.0; n];
    let mut next = 0;
    for i in 0..n {
        for j in i + 1..n {
            v[j] += x[next] * x[i];
            next += 1;
        }
    }
    let mut s = 0.0;
    for i in 0..n {
        s += v[i] * v[i];
    }
    s
}

/// A counter that moves only sometimes.
#[differentiate]
pub fn counted_sometimes(x: &[f64], n: usize) -> f64 {
    let mut next = 0;
    let mut p = 1.0;
    for i in 0..n {
        if x[i] > 0.0 {
            p *= x[next] + 0.5;
            next += 1;
        }
        next += 1;
        p += x[next / 2];
    }
    p
}

/// A counter that doubles, in a loop that runs while it may.
#[differentiate]
pub fn doubling(x: &[f64], n: usize) -> f64 {
    let mut step = 1;
    let mut p = 1.0;
    while step < n {
        for i in (0..n).step_by(step) {
            p = p * 0.5 + x[i] * x[i];
        }
        step *= 2;
    }
    p
}

/// A loop that runs while a sum is small.
#[differentiate]
pub fn while_small(x: &[f64], n: usize) -> f64 {
    let mut s = 0.0;
    let mut i = 0;
    while s < 1.5 && i < n {
        s += x[i] * x[i];
        i += 1;
    }
    s
}

/// The branch that a recomputed value takes must be the one taken.
#[differentiate]
pub fn knife_edge(x: &[f64], n: usize) -> f64 {
    let mut p = 1.0;
    for i in 0..n {
        let t = -(x[i] * 3.0) * 0.1 + x[i] * 0.3;
        if t > 0.0 {
            p *= x[i];
        } else {
            p += x[i] * x[i];
        }
    }
    p
}

/// The largest element, by comparison.
#[differentiate]
pub fn largest(x: &[f64], n: usize) -> f64 {
    let mut top = x[0];
    for i in 0..n {
        if x[i] > top {
            top = x[i];
        }
    }
    let mut s = 0.0;
    for i in 0..n {
        s += (x[i] - top).exp();
    }
    top * top + s.ln()
}

/// The last element that a condition chooses, with a factor from outside; or none.
#[differentiate]
pub fn last_chosen(x: &[f64], n: usize) -> f64 {
    let k = x[1] * x[2];
    let mut chosen = x[0];
    let mut other = 2.0 * x[0];
    for i in 0..n {
        if x[i] < 0.0 {
            chosen = x[i] * k;
            other = k + x[i];
        }
    }
    chosen * chosen + other
}

/// Chosen by adding to what was: not the last alone.
#[differentiate]
pub fn chosen_on_top(x: &[f64], n: usize) -> f64 {
    let mut chosen = x[0];
    for i in 0..n {
        if x[i] < chosen {
            chosen = x[i] * 0.5 + chosen * 0.25;
        }
    }
    chosen * chosen
}

/// The length.
#[differentiate]
pub fn norm(v: &[f64]) -> f64 {
    let mut s = 0.0;
    for i in 0..v.len() {
        s += v[i] * v[i];
    }
    s.sqrt()
}

/// Calls in a fused loop, of scratch and of slices that overlap.
#[differentiate]
pub fn calls(x: &[f64], n: usize) -> f64 {
    let mut t = vec![0.0; n];
    let mut s = 0.0;
    for i in 0..n {
        for j in 0..n {
            t[j] = x[i] + x[j] * 0.5;
        }
        s += norm(&t) * norm(&x[..i + 1]) + norm(&x[i..]);
    }
    s
}

/// Matrices: a product in place, and the sum of its squares.
#[differentiate]
pub fn product(x: &[f64], n: usize) -> f64 {
    let mut c = vec![0.0; n * n];
    for i in 0..n {
        for k in 0..n {
            for j in 0..n {
                c[i * n + j] += x[i * n + k] * x[k * n + j];
            }
        }
    }
    let mut s = 0.0;
    for i in 0..n * n {
        s += c[i] * c[i];
    }
    s
}

/// A state carried through inner loops that read and rewrite all of it.
#[differentiate]
pub fn diffusion(x: &[f64], n: usize) -> f64 {
    let mut u = x.to_vec();
    let mut next = vec![0.0; n];
    for _ in 0..4 {
        for i in 0..n {
            let left = if i > 0 { u[i - 1] } else { 0.0 };
            let right = if i + 1 < n { u[i + 1] } else { 0.0 };
            next[i] = u[i] + 0.1 * (left - 2.0 * u[i] + right) + 0.01 * u[i] * u[i];
        }
        for i in 0..n {
            u[i] = next[i];
        }
    }
    let mut s = 0.0;
    for i in 0..n {
        s += u[i] * u[i] * x[i];
    }
    s
}

/// Scratch of which an inner loop reads elements out of order.
#[differentiate]
pub fn out_of_order(x: &[f64], n: usize) -> f64 {
    let mut t = vec![0.0; n];
    let mut p = 1.0;
    for i in 0..n {
        for j in 0..n {
            t[j] = x[i] * x[j] + p;
        }
        let mut q = 0.0;
        for j in 0..n {
            q += t[n - 1 - j] * t[(i + j) % n];
        }
        p = p * 0.5 + q.sin();
    }
    p
}

/// Scratch that is rewritten twice in an iteration: the first content is gone at its end.
#[differentiate]
pub fn twice_written(x: &[f64], n: usize) -> f64 {
    let mut t = vec![0.0; n];
    let mut p = 1.0;
    for i in 0..n {
        for j in 0..n {
            t[j] = x[i] * x[j] + p;
        }
        let mut q = 0.0;
        for j in 0..n {
            q += t[j] * t[n - 1 - j];
        }
        for j in 0..n {
            t[j] = x[j] - p;
        }
        for j in 0..n {
            q += t[j] * t[j] * t[n - 1 - j];
        }
        p = p * 0.5 + q.sin();
    }
    p
}

/// The same buffer as two rows, swapped each time.
#[differentiate]
pub fn rows_swapped(x: &[f64], n: usize) -> f64 {
    let mut a = x.to_vec();
    let mut b = vec![0.0; n];
    for _ in 0..3 {
        for i in 0..n {
            b[i] = a[n - 1 - i] * a[i] + x[i];
        }
        for i in 0..n {
            let t = a[i];
            a[i] = b[i];
            b[i] = t;
        }
    }
    let mut s = 0.0;
    for i in 0..n {
        s += a[i] * b[i];
    }
    s
}

agree! {
    a_plain_sum: plain_sum, accumulate_grad_plain_sum, vjp_plain_sum, jvp_plain_sum; x5(), 5;
    a_plain_sum_of_none: plain_sum, accumulate_grad_plain_sum, vjp_plain_sum, jvp_plain_sum; x5(), 0;
    a_sum_read: sum_read, accumulate_grad_sum_read, vjp_sum_read, jvp_sum_read; x5(), 5;
    a_sum_compared: sum_compared, accumulate_grad_sum_compared, vjp_sum_compared, jvp_sum_compared; x9(), 9;
    a_sum_squared: sum_squared, accumulate_grad_sum_squared, vjp_sum_squared, jvp_sum_squared; x5(), 5;
    a_two_sums: two_sums, accumulate_grad_two_sums, vjp_two_sums, jvp_two_sums; x5(), 5;
    a_sum_of_sums: sum_of_sums, accumulate_grad_sum_of_sums, vjp_sum_of_sums, jvp_sum_of_sums; x5(), 5;
    an_early_exit: early, accumulate_grad_early, vjp_early, jvp_early; x9(), 9;
    an_early_exit_later: early, accumulate_grad_early, vjp_early, jvp_early; vec![0.5, 2.5, 0.7, -2.0, 1.0], 5;
    a_return: returns, accumulate_grad_returns, vjp_returns, jvp_returns; x9(), 9;
    no_return: returns, accumulate_grad_returns, vjp_returns, jvp_returns; vec![0.1, 0.2, 0.3, 0.4], 4;
    a_guard: guarded, accumulate_grad_guarded, vjp_guarded, jvp_guarded; x5(), 5;
    a_guard_taken: guarded, accumulate_grad_guarded, vjp_guarded, jvp_guarded; x5(), 0;
    nested_sums: nested, accumulate_grad_nested, vjp_nested, jvp_nested; x9(), 9;
    private_scratch: scratch, accumulate_grad_scratch, vjp_scratch, jvp_scratch; x5(), 5;
    scratch_that_stays: scratch_kept, accumulate_grad_scratch_kept, vjp_scratch_kept, jvp_scratch_kept; x5(), 5;
    scratch_read_first: scratch_before, accumulate_grad_scratch_before, vjp_scratch_before, jvp_scratch_before; x5(), 5;
    scratch_read_later: scratch_after, accumulate_grad_scratch_after, vjp_scratch_after, jvp_scratch_after; x5(), 5;
    scratch_on_condition: scratch_sometimes, accumulate_grad_scratch_sometimes, vjp_scratch_sometimes, jvp_scratch_sometimes; x5(), 5;
    overwritten_later: overwritten, accumulate_grad_overwritten, vjp_overwritten, jvp_overwritten; x5(), 5;
    elements_in_place: in_place, accumulate_grad_in_place, vjp_in_place, jvp_in_place; x5(), 5;
    neighbours_in_place: in_place_neighbours, accumulate_grad_in_place_neighbours, vjp_in_place_neighbours, jvp_in_place_neighbours; x9(), 9;
    a_stencil: stencil, accumulate_grad_stencil, vjp_stencil, jvp_stencil; x9(), 9;
    a_stencil_once: stencil, accumulate_grad_stencil, vjp_stencil, jvp_stencil; x9(), 3;
    a_stencil_of_none: stencil, accumulate_grad_stencil, vjp_stencil, jvp_stencil; x9(), 1;
    a_stencil_in_rows: stencil_rows, accumulate_grad_stencil_rows, vjp_stencil_rows, jvp_stencil_rows; (0..15).map(|k| (k as f64).sin()).collect(), 15;
    a_fixed_place: fixed_place, accumulate_grad_fixed_place, vjp_fixed_place, jvp_fixed_place; x5(), 5;
    a_packed_triangle: packed, accumulate_grad_packed, vjp_packed, jvp_packed; x9(), 4;
    a_counter_now_and_then: counted_sometimes, accumulate_grad_counted_sometimes, vjp_counted_sometimes, jvp_counted_sometimes; x9(), 5;
    a_doubling_step: doubling, accumulate_grad_doubling, vjp_doubling, jvp_doubling; x9(), 9;
    while_a_sum_is_small: while_small, accumulate_grad_while_small, vjp_while_small, jvp_while_small; x9(), 9;
    on_a_knife_edge: knife_edge, accumulate_grad_knife_edge, vjp_knife_edge, jvp_knife_edge; x9(), 9;
    the_largest: largest, accumulate_grad_largest, vjp_largest, jvp_largest; x9(), 9;
    the_largest_is_first: largest, accumulate_grad_largest, vjp_largest, jvp_largest; vec![3.0, 1.0, 3.0, 2.0], 4;
    the_last_chosen: last_chosen, accumulate_grad_last_chosen, vjp_last_chosen, jvp_last_chosen; x9(), 9;
    none_chosen: last_chosen, accumulate_grad_last_chosen, vjp_last_chosen, jvp_last_chosen; vec![1.0, 2.0, 3.0], 3;
    chosen_and_kept: chosen_on_top, accumulate_grad_chosen_on_top, vjp_chosen_on_top, jvp_chosen_on_top; x9(), 9;
    calls_in_a_loop: calls, accumulate_grad_calls, vjp_calls, jvp_calls; x5(), 5;
    a_matrix_product: product, accumulate_grad_product, vjp_product, jvp_product; x9(), 3;
    a_diffusion: diffusion, accumulate_grad_diffusion, vjp_diffusion, jvp_diffusion; x5(), 5;
    elements_out_of_order: out_of_order, accumulate_grad_out_of_order, vjp_out_of_order, jvp_out_of_order; x5(), 5;
    written_twice: twice_written, accumulate_grad_twice_written, vjp_twice_written, jvp_twice_written; x5(), 5;
    swapped_rows: rows_swapped, accumulate_grad_rows_swapped, vjp_rows_swapped, jvp_rows_swapped; x5(), 5;
}

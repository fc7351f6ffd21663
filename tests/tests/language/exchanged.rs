//! Tuples of arrays and vectors that change places, parts of structs overwritten while they are read.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn dbl(a: [f64; 2]) -> [f64; 2] {
    [2.0 * a[0], a[1] * a[0]]
}

#[differentiate]
fn mix(a: &[f64], k: f64) -> (Vec<f64>, f64) {
    (a.iter().map(|v| v * k).collect(), a[0] * k)
}

#[differentiate]
pub fn run_swap_arrays(x: &[f64]) -> f64 {
    let mut s = ([x[0], x[1]], [x[2], x[3]]);
    let keep = s;
    for i in 0..3 {
        s = (s.1, dbl(s.0));
        if s.0[0] > 1.5 {
            s.0 = [s.1[1], x[i]];
        }
    }
    s.0[0] * s.1[1] + s.1[0] + keep.0[0] * keep.1[1]
}

#[differentiate]
pub fn run_array_then_shared(x: &[f64]) -> f64 {
    let a = [x[0], x[1]];
    let mut s = (a, 1.0);
    s = (dbl(s.0), s.1 * x[2]);
    s.0[1] += a[0];
    let t = s;
    s = (dbl(t.0), t.1 + s.0[1]);
    s.0[0] * t.0[1] + s.1 + a[1]
}

#[differentiate]
pub fn run_vec_tuple(x: &[f64]) -> f64 {
    let mut s = (x[..3].to_vec(), 0.5);
    for k in 0..3 {
        s = mix(&s.0, x[k + 3] + s.1);
        s.0.push(s.1);
        if s.0.len() > 4 {
            break;
        }
    }
    let (v, k) = s;
    v.iter().sum::<f64>() * k
}

#[differentiate]
pub fn run_nested_break(x: &[f64]) -> f64 {
    let mut best = (0usize, f64::INFINITY);
    let mut pair = (x[0], [x[1], x[2]]);
    'o: for i in 0..x.len() {
        for j in 0..i {
            let d = (x[i] - x[j]).powi(2) + 0.1;
            if d < best.1 {
                best = (i, d);
            }
            if d > 2.0 {
                continue 'o;
            }
            pair = if i % 2 == 0 {
                (pair.1[0], [pair.0, d])
            } else {
                flip(pair)
            };
            if pair.0 > 5.0 {
                break 'o;
            }
        }
    }
    best.1 * x[best.0] + pair.0 * pair.1[1]
}

#[differentiate]
fn flip(p: (f64, [f64; 2])) -> (f64, [f64; 2]) {
    (p.1[1] * 0.5, [p.0, p.1[0] * 1.1])
}

#[differentiate]
pub fn run_tuple_match_loop(x: &[f64]) -> f64 {
    let mut st = (x[0], x[1], 0u8);
    for v in x {
        st = match st {
            (a, b, 0) if a > b => (b * v, a, 1),
            (a, b, 0) => advance(a, b, *v),
            (a, b, n) => (a + 0.1 * v, b * 0.9, n - 1),
        };
    }
    st.0 * st.1 + st.2 as f64 * st.0
}

#[differentiate]
fn advance(a: f64, b: f64, v: f64) -> (f64, f64, u8) {
    (a * v + b, b - 0.1 * a, 2)
}

#[differentiate]
pub fn run_unused_store_guard(x: &[f64]) -> f64 {
    let mut a = [0.0; 4];
    for r in 0..3 {
        for i in 0..4 {
            a[i] = x[i] * x[(i + r) % 8];
            if x[i] > 1.0 {
                a[i] = a[i].sqrt() * x[r];
            } else if r == 2 {
                a[i] += a[(i + 1) % 4];
            }
        }
        a[0] = x[r];
    }
    a[3] = a[2] * a[1];
    a.iter().product::<f64>() + a[3]
}

#[differentiate]
pub fn run_struct_overwrites(x: &[f64]) -> f64 {
    let mut s = St {
        a: x[0] * x[1],
        b: [x[2], x[3] * x[0]],
    };
    s.b[0] = s.a * s.b[1];
    s = St { a: s.b[0], ..s };
    s.b = [s.b[1] * x[4], s.a];
    let t = std::mem::replace(
        &mut s,
        St {
            a: x[5],
            b: [x[6], x[7]],
        },
    );
    s.b[1] *= t.b[0];
    s.a * s.b[1] + t.a * t.b[1]
}

/// Rows of two lengths change places.
#[differentiate]
pub fn run_swap_rows(x: &[f64]) -> f64 {
    let mut rows = vec![vec![x[0], x[1]], vec![x[2], x[0]]];
    rows[0].push(x[1] * x[1]);
    rows.swap(0, 1);
    let mut sum = rows[1][2];
    for _ in 0..2 {
        rows.swap(1, 0);
        rows[1].push(x[3] * sum);
        sum += rows
            .iter()
            .map(|r| r[0] * r.iter().sum::<f64>())
            .sum::<f64>();
    }
    sum
}

/// Elements of two parts of one sequence.
#[differentiate]
pub fn run_swap_halves(x: &[f64]) -> f64 {
    let mut w = x.to_vec();
    for k in 1..4 {
        let (low, high) = w.split_at_mut(k);
        std::mem::swap(&mut low[k - 1], &mut high[1]);
        high[0] *= low[0] * x[k];
        let (high, rest) = high.split_at_mut(2);
        std::mem::swap(&mut high[1], &mut rest[0]);
    }
    w.iter().zip(x).map(|(a, b)| a * a.sin() * b).sum()
}

#[derive(Clone, Copy, Differentiable)]
pub struct St {
    a: f64,
    b: [f64; 2],
}

#[test]
fn all() {
    each!([0.4, 1.3, 0.9, 1.7, 0.6, 1.1, 0.3, 1.5], [1.6, 0.7, 1.2, 0.5, 1.4, 0.8, 1.9, 0.2];
        run_swap_arrays, value_and_grad_run_swap_arrays, jvp_run_swap_arrays;
        run_array_then_shared, value_and_grad_run_array_then_shared, jvp_run_array_then_shared;
        run_vec_tuple, value_and_grad_run_vec_tuple, jvp_run_vec_tuple;
        run_nested_break, value_and_grad_run_nested_break, jvp_run_nested_break;
        run_tuple_match_loop, value_and_grad_run_tuple_match_loop, jvp_run_tuple_match_loop;
        run_unused_store_guard, value_and_grad_run_unused_store_guard, jvp_run_unused_store_guard;
        run_swap_rows, value_and_grad_run_swap_rows, jvp_run_swap_rows;
        run_swap_halves, value_and_grad_run_swap_halves, jvp_run_swap_halves;
        run_struct_overwrites, value_and_grad_run_struct_overwrites, jvp_run_struct_overwrites;
    );
}

//! Queues and vectors whose type a later push tells, tables with rows behind references, arrays of references.

use std::collections::VecDeque;

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub fn run_deque(x: &[f64]) -> f64 {
    let mut window = VecDeque::with_capacity(3);
    let mut sum = 0.0;
    for &v in x {
        if window.len() == 3 {
            sum -= window.pop_front().unwrap();
        }
        window.push_back(v);
        sum += v * v;
    }
    sum
}

#[differentiate]
pub fn run_deque_new(x: &[f64]) -> f64 {
    let mut window = VecDeque::new();
    let mut sum = 0.0;
    for v in x {
        window.push_back(v * v);
        if window.len() > 3 {
            let old = window.pop_front().unwrap();
            sum += old * old;
        }
    }
    sum
}

#[differentiate]
pub fn run_heap_like(x: &[f64]) -> f64 {
    let mut best = Vec::with_capacity(3);
    for &v in x {
        best.push(v);
        best.sort_by(|a: &f64, b: &f64| b.partial_cmp(a).unwrap());
        if best.len() > 3 {
            let worst = best.pop().unwrap();
            best[0] += 0.1 * worst;
        }
    }
    best.iter().product()
}

#[differentiate]
pub fn run_vec_new_pop(x: &[f64]) -> f64 {
    let mut stack = Vec::new();
    let mut acc = 1.0;
    for &v in x {
        if stack.len() == 2 {
            acc -= stack.pop().unwrap();
            acc *= stack.pop().unwrap();
        }
        stack.push(v);
    }
    acc
}

#[differentiate]
pub fn run_page_rank(x: &[f64]) -> f64 {
    let links: [&[usize]; 4] = [&[1, 2], &[2], &[0, 3], &[0]];
    let mut rank = [0.25; 4];
    for _ in 0..6 {
        let mut next = [(1.0 - 0.3 * x[0]) / 4.0; 4];
        for (i, out) in links.iter().enumerate() {
            let share = 0.3 * x[0] * rank[i] * x[i + 1] / out.len() as f64;
            for &j in *out {
                next[j] += share;
            }
        }
        rank = next;
    }
    rank[2] / rank.iter().sum::<f64>()
}

#[differentiate]
pub fn run_ragged_floats(x: &[f64]) -> f64 {
    let rows: &[&[f64]] = &[&[1.0, -2.0], &[0.5], &[]];
    let mut s = 0.0;
    for (r, row) in rows.iter().enumerate() {
        for (c, w) in row.iter().enumerate() {
            s += w * x[r + c] * x[c];
        }
    }
    s + rows[0][1] * x[7]
}

#[differentiate]
pub fn run_named_rows(x: &[f64]) -> f64 {
    let rules: [(&str, f64); 3] = [("a", 1.0), ("b", 2.0), ("c", -1.0)];
    rules
        .iter()
        .enumerate()
        .map(|(i, (n, w))| w * x[i] * n.len() as f64)
        .sum()
}
const WEIGHTS: [[f64; 2]; 2] = [[0.5, 0.25], [1.0, -1.0]];
const PAIRS: &[(usize, usize)] = &[(0, 1), (2, 3), (1, 4)];
static NAMES: [&str; 2] = ["x", "yy"];

#[differentiate]
pub fn run_consts(x: &[f64]) -> f64 {
    let mut s = 0.0;
    for &(i, j) in PAIRS {
        s += x[i] * x[j];
    }
    for (row, n) in WEIGHTS.iter().zip(NAMES.iter()) {
        s += row[0] * x[0] + row[1] * x[n.len()].powi(2);
    }
    s
}

#[derive(Differentiable)]
pub struct Q {
    w: f64,
    x: f64,
    y: f64,
}

#[differentiate]
impl Q {
    fn normalize(&mut self) {
        let n = (self.w.powi(2) + self.x.powi(2) + self.y * self.y).sqrt();
        for c in [&mut self.w, &mut self.x, &mut self.y] {
            *c /= n;
        }
    }
}

#[differentiate]
pub fn run_places(x: &[f64]) -> f64 {
    let mut q = Q {
        w: x[0],
        x: x[1],
        y: x[2],
    };
    q.normalize();
    q.w * q.x + q.y
}

#[differentiate]
pub fn run_places_scalars(x: &[f64]) -> f64 {
    let (mut a, mut b, mut c) = (x[0], x[1], x[2]);
    for (v, g) in [(&mut a, x[3]), (&mut b, 2.0), (&mut c, x[4] * x[0])] {
        if g > 1.9 {
            continue;
        }
        *v = *v * g + 1.0;
        if *v > 2.5 {
            break;
        }
    }
    a * b + c
}

#[differentiate]
pub fn run_places_rows(x: &[f64]) -> f64 {
    let mut u = [x[0], x[1]];
    let mut v = [x[2], x[3]];
    for (k, row) in [&mut u, &mut v].into_iter().enumerate() {
        for e in row.iter_mut() {
            *e = e.sin() + k as f64 * x[4];
        }
    }
    u[0] * v[1] - u[1] * v[0]
}

#[differentiate]
pub fn run_shared_rows(x: &[f64]) -> f64 {
    let u = vec![x[0], x[1], x[5]];
    let v = vec![x[2], x[3]];
    let mut s = 0.0;
    for (k, row) in [&u, &v].iter().enumerate() {
        s += row.iter().sum::<f64>() * x[k];
    }
    for row in [&u, &v] {
        s *= row[0];
    }
    s
}

#[test]
fn all() {
    each!([0.4, 1.3, 0.9, 1.7, 0.6, 1.1, 0.3, 1.5], [1.6, 0.7, 1.2, 0.5, 1.4, 0.8, 1.9, 0.2];
        run_deque, value_and_grad_run_deque, jvp_run_deque;
        run_deque_new, value_and_grad_run_deque_new, jvp_run_deque_new;
        run_heap_like, value_and_grad_run_heap_like, jvp_run_heap_like;
        run_vec_new_pop, value_and_grad_run_vec_new_pop, jvp_run_vec_new_pop;
        run_page_rank, value_and_grad_run_page_rank, jvp_run_page_rank;
        run_ragged_floats, value_and_grad_run_ragged_floats, jvp_run_ragged_floats;
        run_named_rows, value_and_grad_run_named_rows, jvp_run_named_rows;
        run_consts, value_and_grad_run_consts, jvp_run_consts;
        run_places, value_and_grad_run_places, jvp_run_places;
        run_places_scalars, value_and_grad_run_places_scalars, jvp_run_places_scalars;
        run_places_rows, value_and_grad_run_places_rows, jvp_run_places_rows;
        run_shared_rows, value_and_grad_run_shared_rows, jvp_run_shared_rows;
    );
}

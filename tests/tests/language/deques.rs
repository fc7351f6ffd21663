//! `VecDeque`: made, collected into, changed at its ends and inside, and read like a slice.

use std::collections::VecDeque;

use grad_runtime::differentiate;

#[differentiate]
pub fn ends(x: &[f64]) -> f64 {
    let mut window: VecDeque<f64> = VecDeque::with_capacity(3);
    let mut total = 0.0;
    for &v in x {
        if window.len() == 3 {
            total -= window.pop_front().unwrap();
        }
        window.push_back(v * v);
        total += window.iter().sum::<f64>() / window.len() as f64;
        while window.back().is_some_and(|last| *last > 4.0) {
            window.pop_back();
        }
    }
    total * window.front().unwrap_or(&x[0])
}

#[differentiate]
pub fn elements(x: &[f64]) -> f64 {
    let mut all: VecDeque<f64> = x.iter().map(|v| v * v).collect();
    all.push_front(x[0] * x[1]);
    all[1] *= x[2];
    for v in all.iter_mut().skip(2) {
        *v += x[0];
    }
    if let Some(v) = all.front_mut() {
        *v *= x[1];
    }
    *all.back_mut().unwrap() *= x[2];
    let second = all.get(1).copied().unwrap_or(0.0);
    let weighted = all
        .iter()
        .enumerate()
        .map(|(k, v)| k as f64 * v)
        .sum::<f64>();
    weighted + second * all.range(1..3).product::<f64>()
}

#[differentiate]
pub fn rearranged(x: &[f64]) -> f64 {
    let mut all = VecDeque::from(x.to_vec());
    all.extend(x.iter().map(|v| v.sin()));
    all.extend(x);
    all.rotate_left(2);
    all.swap(0, 3);
    all.insert(2, x[0] * x[1]);
    let removed = all.remove(1).unwrap();
    all.truncate(6);
    all.retain(|v| *v != 0.25);
    all.make_contiguous().sort_by(|a, b| a.total_cmp(b));
    let drained: Vec<f64> = all.drain(..2).collect();
    let mut end = all.split_off(2);
    end.resize(4, removed);
    all.append(&mut end);
    let list: Vec<f64> = all.into_iter().rev().collect();
    let products = list.windows(2).map(|w| w[0] * w[1] * w[1]).sum::<f64>();
    products + drained[0] * drained[1]
}

#[differentiate]
fn push_limited(queue: &mut VecDeque<f64>, value: f64, limit: usize) {
    queue.push_back(value);
    if queue.len() > limit {
        queue.pop_front();
    }
}

#[differentiate]
pub fn passed(x: &[f64]) -> f64 {
    let mut queue = VecDeque::new();
    for v in x {
        push_limited(&mut queue, v * x[0], 2);
    }
    let mut total = 0.0;
    for v in &queue {
        total += v * v;
    }
    for v in queue {
        total *= v;
    }
    total
}

#[test]
fn deques() {
    each! {
        [1.3, 0.7, 2.1], [-0.6, 1.9, -0.3];
        ends, value_and_grad_ends, jvp_ends;
        elements, value_and_grad_elements, jvp_elements;
        rearranged, value_and_grad_rearranged, jvp_rearranged;
        passed, value_and_grad_passed, jvp_passed;
    }
}

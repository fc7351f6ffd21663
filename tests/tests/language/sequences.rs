//! Methods of slices and vectors that are written out.

use grad_runtime::differentiate;

/// `drain` of a range.
#[differentiate]
pub fn drain(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let s: f64 = v.drain(1..3).map(|a| a * a).sum();
    s * v.iter().product::<f64>()
}

/// `drain(..)`.
#[differentiate]
pub fn drain_all(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let mut s = 0.0;
    for a in v.drain(..) {
        s += a * a;
    }
    v.push(s);
    v[0].sqrt()
}

/// What is drained is dropped.
#[differentiate]
pub fn drain_stmt(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    v.drain(..2);
    v.drain(2..);
    v.iter().product()
}

/// `splice`.
#[differentiate]
pub fn splice(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    v.splice(1..3, [x[0] * 2.0]);
    v.iter().enumerate().map(|(i, a)| a * a * i as f64).sum()
}

/// What `splice` gives.
#[differentiate]
pub fn splice_collect(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let w: Vec<f64> = v.splice(..2, x[2..].iter().map(|a| a * a)).collect();
    v.iter().sum::<f64>() * w[0] * w[1]
}

/// `copy_within`.
#[differentiate]
pub fn copy_within(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    v.copy_within(0..2, 3);
    v.copy_within(4.., 0);
    v.iter()
        .enumerate()
        .map(|(i, a)| a.powi(i as i32 + 1))
        .sum()
}

/// In a loop, of an array.
#[differentiate]
pub fn copy_within_mut(x: &[f64]) -> f64 {
    let mut h = [0.0; 4];
    for v in x {
        h.copy_within(1.., 0);
        h[3] = *v;
    }
    h[0] * h[1] + h[2] * h[3]
}

/// `concat` of slices.
#[differentiate]
pub fn concat(x: &[f64]) -> f64 {
    let (a, b) = x.split_at(2);
    let c = [b, a].concat();
    c.iter().enumerate().map(|(i, v)| v * v * i as f64).sum()
}

/// `join`.
#[differentiate]
pub fn join(x: &[f64]) -> f64 {
    let rows: Vec<Vec<f64>> = x.chunks(2).map(|c| c.to_vec()).collect();
    let flat = rows.join(&1.5);
    flat.iter().enumerate().map(|(i, v)| v * v * i as f64).sum()
}

/// `dedup`.
#[differentiate]
pub fn dedup(x: &[f64]) -> f64 {
    let mut v = vec![x[0], x[0], x[1], x[2], x[2], x[2]];
    v.dedup();
    v.iter()
        .enumerate()
        .map(|(i, a)| a * a * (i + 1) as f64)
        .sum()
}

/// `dedup_by`.
#[differentiate]
pub fn dedup_by(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    v.dedup_by(|a, b| (*a - *b).abs() < 0.5);
    v.iter().map(|a| a.sin()).sum()
}

/// `dedup_by_key`.
#[differentiate]
pub fn dedup_by_key(x: &[f64]) -> f64 {
    let mut v: Vec<(usize, f64)> = x.iter().enumerate().map(|(i, v)| (i / 2, *v)).collect();
    v.dedup_by_key(|p| p.0);
    v.iter().map(|(i, a)| a * a * (i + 1) as f64).sum()
}

/// `retain` with a closure that counts.
#[differentiate]
pub fn retain(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    v.retain(|a| *a > 0.4);
    let mut w = x.to_vec();
    let mut k = 0;
    w.retain(|_| {
        k += 1;
        k % 2 == 0
    });
    v.iter().map(|a| a * a).sum::<f64>() * w.iter().product::<f64>()
}

/// `retain_mut`.
#[differentiate]
pub fn retain_mut(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    v.retain_mut(|a| {
        *a *= 2.0;
        *a > 0.9
    });
    v.iter().map(|a| a * a).sum::<f64>()
}

/// All ways to extend.
#[differentiate]
pub fn extend(x: &[f64]) -> f64 {
    let mut v = Vec::with_capacity(10);
    v.extend(x.iter().map(|a| a * a));
    v.extend(&x[..2]);
    v.extend([x[0], 1.0]);
    v.extend_from_slice(&x[3..]);
    v.extend_from_within(..2);
    v.extend(vec![x[1]; 2]);
    v.iter().enumerate().map(|(i, a)| a * i as f64).sum()
}

/// `resize_with`.
#[differentiate]
pub fn resize_with(x: &[f64]) -> f64 {
    let mut v: Vec<f64> = Vec::new();
    let mut k = x[0];
    v.resize_with(4, || {
        k *= x[1];
        k
    });
    let mut w: Vec<Vec<f64>> = Vec::new();
    w.resize_with(2, Vec::new);
    w[1].push(x[2]);
    v.iter().sum::<f64>() * w[1][0]
}

/// `fill_with`.
#[differentiate]
pub fn fill_with(x: &[f64]) -> f64 {
    let mut v = [0.0; 5];
    let mut k = x[0];
    v.fill_with(|| {
        k = k * x[1] + 0.5;
        k
    });
    v[..2].fill(x[2]);
    v.iter().map(|a| a * a).sum()
}

/// `pop_if`.
#[differentiate]
pub fn pop_if(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let l = v.pop_if(|a| *a > 0.3).unwrap_or(1.0);
    v.iter().sum::<f64>() * l
}

/// `f64::total_cmp` as an argument.
#[differentiate]
pub fn sort_total(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    v.sort_by(f64::total_cmp);
    let m = (v[2] + v[3]) / 2.0;
    v.sort_by(|a, b| b.total_cmp(a));
    m * v[0] + v[5]
}

/// `rchunks_exact`.
#[differentiate]
pub fn rchunks(x: &[f64]) -> f64 {
    x.rchunks(4)
        .map(|c| c.iter().product::<f64>())
        .fold(1.0, |a, b| a * 0.5 + b)
        + x.rchunks_exact(4).map(|c| c[0] * c[3]).sum::<f64>()
}

/// `remainder`.
#[differentiate]
pub fn chunk_lanes(x: &[f64]) -> f64 {
    let mut acc = [0.0; 4];
    let mut it = x.chunks_exact(4);
    for c in it.by_ref() {
        for (a, v) in acc.iter_mut().zip(c) {
            *a += v * v;
        }
    }
    let tail: f64 = it.remainder().iter().map(|v| v * v).sum();
    acc.iter().sum::<f64>() + tail
}

/// `chunk_by`.
#[differentiate]
pub fn chunk_by(x: &[f64]) -> f64 {
    x.chunk_by(|a, b| a < b)
        .map(|r| r.iter().product::<f64>())
        .sum()
}

/// `split`.
#[differentiate]
pub fn splits(x: &[f64]) -> f64 {
    x.split(|v| *v > 1.0)
        .map(|s| s.iter().product::<f64>())
        .sum()
}

/// `first_chunk`.
#[differentiate]
pub fn first_chunk(x: &[f64]) -> f64 {
    let Some([a, b]) = x.first_chunk::<2>() else {
        return 0.0;
    };
    let c = x.last_chunk::<3>().unwrap();
    a * b + c[0] * c[2]
}

/// `split_at_checked`.
#[differentiate]
pub fn split_at(x: &[f64]) -> f64 {
    let (a, b) = x.split_at(x.len() / 2);
    let (c, d) = b.split_at_checked(1).unwrap();
    a.iter().zip(b).map(|(p, q)| p * q).sum::<f64>() + c[0] * d[1]
}

/// Halves of one vector.
#[differentiate]
pub fn swap_with_slice(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let (a, b) = v.split_at_mut(3);
    a.swap_with_slice(b);
    a[0] *= b[0];
    v.iter().zip(x).map(|(a, b)| a * b * b).sum()
}

/// `each_ref`.
#[differentiate]
pub fn each_ref(x: &[f64]) -> f64 {
    let a = [x[0], x[1], x[2]];
    let b = a.each_ref().map(|v| v * v);
    b[0] * b[1] + b[2]
}

/// `each_mut`.
#[differentiate]
pub fn each_mut(x: &[f64]) -> f64 {
    let mut a = [x[0], x[1], x[2]];
    let [p, q, r] = a.each_mut();
    *p *= *q;
    *r += *p;
    a[0] * a[1] + a[2]
}

/// `get` of ranges.
#[differentiate]
pub fn get_range(x: &[f64]) -> f64 {
    let a = x.get(1..3).unwrap();
    let b = x.get(..=2).map(|s| s.iter().sum::<f64>()).unwrap_or(0.0);
    a[0] * a[1] + b * b
}

/// `repeat`.
#[differentiate]
pub fn repeat_slice(x: &[f64]) -> f64 {
    let v = x[..2].repeat(3);
    v.iter().zip(x).map(|(a, b)| a * b).sum()
}

/// `reserve`.
#[differentiate]
pub fn vec_eq_len(x: &[f64]) -> f64 {
    let mut v = Vec::from(x);
    let w = Vec::from([x[0], x[1]]);
    if !v.is_empty() && w.len() == 2 {
        v[0] *= w[1];
    }
    v.clear();
    v.push(w[0] * w[1]);
    v.reserve(3);
    v.shrink_to_fit();
    v[0].sin()
}

/// A mutable reference chosen by a branch.
#[differentiate]
pub fn fe(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let r = if x[0] > x[1] { &mut v[2] } else { &mut v[3] };
    *r *= 3.0;
    let w = match x.len() {
        6 => &mut v[0],
        _ => &mut v[1],
    };
    *w += x[5];
    v.iter().map(|a| a * a).sum()
}

/// A slice chosen by a branch.
#[differentiate]
pub fn ff(x: &[f64]) -> f64 {
    let m = [[x[0], x[1]], [x[2], x[3]]];
    let r = if x[0] > x[4] { &m[0] } else { &m[1] };
    let s: &[f64] = if x[1] > 0.5 { &x[..2] } else { &x[3..5] };
    r[0] * r[1] + s[0] * s[1]
}

#[test]
fn check_all() {
    each! {
        [0.313, 0.707, 1.117, 0.453, 1.929, 0.611], [1.523, 0.207, 0.941, 2.113, 0.357, 0.829], [0.517, -0.409, 1.237, -1.319, 0.761, 0.253];
        drain, value_and_grad_drain, jvp_drain;
        drain_all, value_and_grad_drain_all, jvp_drain_all;
        drain_stmt, value_and_grad_drain_stmt, jvp_drain_stmt;
        splice, value_and_grad_splice, jvp_splice;
        splice_collect, value_and_grad_splice_collect, jvp_splice_collect;
        copy_within, value_and_grad_copy_within, jvp_copy_within;
        copy_within_mut, value_and_grad_copy_within_mut, jvp_copy_within_mut;
        concat, value_and_grad_concat, jvp_concat;
        join, value_and_grad_join, jvp_join;
        dedup, value_and_grad_dedup, jvp_dedup;
        dedup_by, value_and_grad_dedup_by, jvp_dedup_by;
        dedup_by_key, value_and_grad_dedup_by_key, jvp_dedup_by_key;
        retain, value_and_grad_retain, jvp_retain;
        retain_mut, value_and_grad_retain_mut, jvp_retain_mut;
        extend, value_and_grad_extend, jvp_extend;
        resize_with, value_and_grad_resize_with, jvp_resize_with;
        fill_with, value_and_grad_fill_with, jvp_fill_with;
        pop_if, value_and_grad_pop_if, jvp_pop_if;
        sort_total, value_and_grad_sort_total, jvp_sort_total;
        rchunks, value_and_grad_rchunks, jvp_rchunks;
        chunk_lanes, value_and_grad_chunk_lanes, jvp_chunk_lanes;
        chunk_by, value_and_grad_chunk_by, jvp_chunk_by;
        splits, value_and_grad_splits, jvp_splits;
        first_chunk, value_and_grad_first_chunk, jvp_first_chunk;
        split_at, value_and_grad_split_at, jvp_split_at;
        swap_with_slice, value_and_grad_swap_with_slice, jvp_swap_with_slice;
        each_ref, value_and_grad_each_ref, jvp_each_ref;
        each_mut, value_and_grad_each_mut, jvp_each_mut;
        get_range, value_and_grad_get_range, jvp_get_range;
        repeat_slice, value_and_grad_repeat_slice, jvp_repeat_slice;
        vec_eq_len, value_and_grad_vec_eq_len, jvp_vec_eq_len;
        fe, value_and_grad_fe, jvp_fe;
        ff, value_and_grad_ff, jvp_ff;
    }
}

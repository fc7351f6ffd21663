//! Iterators of which items are taken one by one, and what is left of them.

use grad_runtime::differentiate;

/// `peek`.
#[differentiate]
pub fn peekable(x: &[f64]) -> f64 {
    let mut it = x.iter().peekable();
    let mut s = 0.0;
    while let Some(a) = it.next() {
        if let Some(b) = it.peek() {
            s += a * **b;
        } else {
            s += a * a;
        }
    }
    s
}

/// Two of them merged.
#[differentiate]
pub fn peek_merge(x: &[f64]) -> f64 {
    let mut a = x[..3].iter().peekable();
    let mut b = x[3..].iter().peekable();
    let mut out = Vec::new();
    loop {
        match (a.peek(), b.peek()) {
            (Some(&u), Some(&v)) => {
                if u < v {
                    out.push(*u);
                    a.next();
                } else {
                    out.push(*v);
                    b.next();
                }
            }
            (Some(&u), None) => {
                out.push(*u);
                a.next();
            }
            (None, Some(&v)) => {
                out.push(*v);
                b.next();
            }
            (None, None) => break,
        }
    }
    out.iter()
        .enumerate()
        .map(|(i, v)| (i + 1) as f64 * v * v)
        .sum()
}

/// `next_if`.
#[differentiate]
pub fn next_if(x: &[f64]) -> f64 {
    let mut it = x.iter().copied().peekable();
    let mut s = 1.0;
    while let Some(v) = it.next_if(|v| *v < 1.5) {
        s *= 1.0 + v;
    }
    s + it.map(|v| v * v).sum::<f64>()
}

/// `by_ref` and the rest.
#[differentiate]
pub fn by_ref(x: &[f64]) -> f64 {
    let mut it = x.iter();
    let head: f64 = it.by_ref().take(2).map(|v| v * v).sum();
    let tail: f64 = it.map(|v| v.sin()).sum();
    head * tail
}

/// `take_while` takes one more.
#[differentiate]
pub fn by_ref_while(x: &[f64]) -> f64 {
    let mut it = x.iter().copied();
    let mut s = 0.0;
    for v in it.by_ref().take_while(|v| *v < 1.0) {
        s += v * v;
    }
    for v in it {
        s += v.exp();
    }
    s
}

/// `&mut it` in a `for`.
#[differentiate]
pub fn mut_ref_iter(x: &[f64]) -> f64 {
    let mut it = x.iter();
    let mut s = 0.0;
    for v in &mut it {
        s += v * v;
        if s > 1.0 {
            break;
        }
    }
    for v in it {
        s *= 1.0 + v;
    }
    s
}

/// Both ends.
#[differentiate]
pub fn two_ends_odd(x: &[f64]) -> f64 {
    let mut it = x[..5].iter();
    let mut s = 0.0;
    loop {
        match (it.next(), it.next_back()) {
            (Some(a), Some(b)) => s += a * b,
            (Some(m), None) => {
                s += m * m;
                break;
            }
            _ => break,
        }
    }
    s + it.count() as f64
}

/// The rest from its end.
#[differentiate]
pub fn by_ref_rev(x: &[f64]) -> f64 {
    let mut it = x.iter();
    let tail: f64 = it.by_ref().rev().take(2).product();
    let head: f64 = it.map(|v| v * v).sum();
    head + tail
}

/// What `position` went past is gone.
#[differentiate]
pub fn position_then(x: &[f64]) -> f64 {
    let mut it = x.iter();
    let p = it.position(|v| *v > 0.6).unwrap();
    let r: f64 = it.map(|v| v * v).sum();
    r * x[p]
}

/// `any`, `find`.
#[differentiate]
pub fn any_then(x: &[f64]) -> f64 {
    let mut it = x.iter();
    let any = it.any(|v| *v > 0.6);
    let f = it.find(|v| **v > 0.2).unwrap_or(&1.0);
    if any {
        it.map(|v| v * v).sum::<f64>() * f
    } else {
        0.0
    }
}

/// A clone stays where it was.
#[differentiate]
pub fn clone_iter(x: &[f64]) -> f64 {
    let mut a = x.iter();
    a.next();
    let b = a.clone();
    a.next();
    a.zip(b).map(|(p, q)| p * q).sum()
}

/// Items that only running the iterator tells.
#[differentiate]
pub fn filter_next(x: &[f64]) -> f64 {
    let mut it = x.iter().filter(|v| **v > 0.25);
    let a = it.next().unwrap();
    let b = it.next().unwrap();
    a * b * b
}

/// Tuples of them.
#[differentiate]
pub fn filter_while_let(x: &[f64]) -> f64 {
    let mut it = x
        .iter()
        .enumerate()
        .filter(|(i, _)| i % 2 == 0)
        .map(|(i, v)| (i, v * v));
    let mut s = 0.0;
    while let Some((i, v)) = it.next() {
        s += v * (i + 1) as f64;
    }
    s
}

/// `chain`.
#[differentiate]
pub fn chain_next(x: &[f64]) -> f64 {
    let mut it = x[..2].iter().chain(&x[4..]).copied();
    let mut prev = it.next().unwrap();
    let mut s = 0.0;
    for v in it {
        s += (v - prev).powi(2);
        prev = v;
    }
    s
}

/// `scan`.
#[differentiate]
pub fn scan_next(x: &[f64]) -> f64 {
    let mut cum = x.iter().scan(0.0, |s, v| {
        *s += v;
        Some(*s)
    });
    let first = cum.next().unwrap();
    let last = cum.last().unwrap();
    first * last
}

/// `rposition`.
#[differentiate]
pub fn rposition(x: &[f64]) -> f64 {
    let i = x.iter().rposition(|v| *v < 1.0).unwrap();
    let j = x.iter().position(|&v| v > 0.3).unwrap_or(0);
    x[i] * x[j] * x[j]
}

/// `next_back`, `nth_back`.
#[differentiate]
pub fn next_back_direct(x: &[f64]) -> f64 {
    x.iter().map(|v| v * v).next_back().unwrap()
        * x.iter().rev().nth(1).unwrap()
        * x.iter().nth_back(2).unwrap()
}

/// `cycle`.
#[differentiate]
pub fn cycle(x: &[f64]) -> f64 {
    x.iter()
        .cycle()
        .take(10)
        .enumerate()
        .map(|(i, v)| v * i as f64)
        .sum()
}

/// `zip` with a `cycle`.
#[differentiate]
pub fn cycle_zip(x: &[f64]) -> f64 {
    let w = [x[0], x[1]];
    x.iter().zip(w.iter().cycle()).map(|(a, b)| a * b).sum()
}

/// `cycle` left by `break`.
#[differentiate]
pub fn cycle_for_break(x: &[f64]) -> f64 {
    let mut s = 0.0;
    let mut n = 0;
    for v in x.iter().cycle() {
        s += v * v * 0.5;
        n += 1;
        if n == 9 {
            break;
        }
    }
    s
}

/// `cycle` of a filter.
#[differentiate]
pub fn cycle_filter(x: &[f64]) -> f64 {
    x.iter()
        .filter(|v| **v > 0.4)
        .cycle()
        .take(8)
        .fold(0.0, |a, v| a * 0.5 + v * v)
}

/// Both sides drop items.
#[differentiate]
pub fn zip_of_filters(x: &[f64]) -> f64 {
    let a = x.iter().filter(|v| **v > 0.25);
    let b = x.iter().rev().filter(|v| **v < 1.6);
    a.zip(b).map(|(p, q)| p * q * q).sum()
}

/// Comparisons.
#[differentiate]
pub fn cmp(x: &[f64]) -> f64 {
    let mut s = x[0];
    if x[..3].iter().partial_cmp(x[3..].iter()) == Some(std::cmp::Ordering::Less) {
        s *= x[1];
    }
    if x[..3].iter().eq(x[3..].iter()) {
        s += x[2];
    }
    if x[..3].iter().lt(x[3..].iter()) {
        s *= x[3];
    }
    if x.is_sorted() {
        s += 1.0
    }
    if x.iter().is_sorted_by(|a, b| a <= b) {
        s += 1.0
    }
    s
}

/// `is_sorted_by`.
#[differentiate]
pub fn sorted_by(x: &[f64]) -> f64 {
    let a = x.iter().is_sorted_by(|a, b| a <= b);
    let b = x.is_sorted();
    let c = x.iter().zip(&x[1..]).map(|(a, b)| b - a).is_sorted();
    if a || b || c {
        x[0] * x[1]
    } else {
        x[1] * x[2]
    }
}

/// `as_slice`.
#[differentiate]
pub fn iter_stored_len(x: &[f64]) -> f64 {
    let mut it = x.iter();
    it.next();
    let n = it.len() as f64;
    let m = it.as_slice();
    m.iter().map(|v| v / n).sum::<f64>()
}

/// Items folded by reference.
#[differentiate]
pub fn fold_struct_ref(x: &[f64]) -> f64 {
    let p: Vec<(f64, f64)> = x.chunks(2).map(|c| (c[0], c[1])).collect();
    let best = p.iter().fold(&p[0], |a, b| if b.0 > a.0 { b } else { a });
    let r = p
        .iter()
        .reduce(|a, b| if a.1 < b.1 { a } else { b })
        .unwrap();
    best.0 * best.1 + r.0 * r.1
}

#[test]
fn check_all() {
    each! {
        [0.313, 0.707, 1.117, 0.453, 1.929, 0.611], [1.523, 0.207, 0.941, 2.113, 0.357, 0.829], [0.517, -0.409, 1.237, -1.319, 0.761, 0.253];
        peekable, value_and_grad_peekable, jvp_peekable;
        peek_merge, value_and_grad_peek_merge, jvp_peek_merge;
        next_if, value_and_grad_next_if, jvp_next_if;
        by_ref, value_and_grad_by_ref, jvp_by_ref;
        by_ref_while, value_and_grad_by_ref_while, jvp_by_ref_while;
        mut_ref_iter, value_and_grad_mut_ref_iter, jvp_mut_ref_iter;
        two_ends_odd, value_and_grad_two_ends_odd, jvp_two_ends_odd;
        by_ref_rev, value_and_grad_by_ref_rev, jvp_by_ref_rev;
        position_then, value_and_grad_position_then, jvp_position_then;
        any_then, value_and_grad_any_then, jvp_any_then;
        clone_iter, value_and_grad_clone_iter, jvp_clone_iter;
        filter_next, value_and_grad_filter_next, jvp_filter_next;
        filter_while_let, value_and_grad_filter_while_let, jvp_filter_while_let;
        chain_next, value_and_grad_chain_next, jvp_chain_next;
        scan_next, value_and_grad_scan_next, jvp_scan_next;
        rposition, value_and_grad_rposition, jvp_rposition;
        next_back_direct, value_and_grad_next_back_direct, jvp_next_back_direct;
        cycle, value_and_grad_cycle, jvp_cycle;
        cycle_zip, value_and_grad_cycle_zip, jvp_cycle_zip;
        cycle_for_break, value_and_grad_cycle_for_break, jvp_cycle_for_break;
        cycle_filter, value_and_grad_cycle_filter, jvp_cycle_filter;
        zip_of_filters, value_and_grad_zip_of_filters, jvp_zip_of_filters;
        cmp, value_and_grad_cmp, jvp_cmp;
        sorted_by, value_and_grad_sorted_by, jvp_sorted_by;
        iter_stored_len, value_and_grad_iter_stored_len, jvp_iter_stored_len;
        fold_struct_ref, value_and_grad_fold_struct_ref, jvp_fold_struct_ref;
    }
}

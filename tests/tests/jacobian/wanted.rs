//! Vectors of which the caller reads some elements: the others' tangents are not computed.

use grad_runtime::{Differentiable, differentiate};

use crate::{assert_column, assert_differences};

#[derive(Clone, Copy, Debug, Default, Differentiable, PartialEq)]
#[differentiate(lanes)]
struct Pair {
    a: f64,
    b: f64,
}

#[differentiate(forward, lanes)]
fn turned(x: f64, by: f64) -> Pair {
    Pair {
        a: x * by.sin(),
        b: x + by.cos(),
    }
}

/// One loop from another start than zero, a kept call in each iteration: the others are passed over.
#[differentiate(forward, lanes)]
fn spread(x: &[f64], n: usize) -> Vec<Pair> {
    let scale = turned(x[2], x[3]);
    let mut out = Vec::new();
    for k in 3..n + 3 {
        let p = turned(x[k % x.len()] * k as f64, x[1]);
        out.push(Pair {
            a: p.b * scale.a,
            b: if k % 2 == 0 { p.a } else { x[0] },
        });
    }
    out
}

/// Which call is kept hangs on the iteration: nothing may be passed over.
#[differentiate(forward, lanes)]
fn pairs(x: &[f64], n: usize) -> Vec<Pair> {
    let mut out = Vec::new();
    for k in 3..n + 3 {
        let by = x[k % x.len()] * k as f64;
        if k % 3 == 0 {
            out.push(turned(x[0] * by, by));
        } else {
            let p = turned(by, x[1]);
            out.push(Pair { a: p.b, b: p.a });
        }
    }
    out
}

/// Elements hang on those before: nothing may be passed over.
#[differentiate(forward, lanes)]
fn sums(x: &[f64], n: usize) -> Vec<f64> {
    let mut out = Vec::new();
    let mut sum = x[0];
    for k in 0..n {
        sum = sum * 0.5 + x[k % x.len()].sin();
        out.push(sum);
    }
    out
}

/// Two loops, the second over what the first has made; vectors in vectors.
#[differentiate(forward, lanes)]
fn rows(x: &[f64], n: usize) -> Vec<Vec<f64>> {
    let mut squares = Vec::new();
    for k in 0..n {
        squares.push(x[k % x.len()] * x[0]);
    }
    let mut out = Vec::new();
    for k in 0..n {
        out.push(vec![squares[n - 1 - k].exp(), x[0]]);
    }
    out
}

/// What stands elsewhere once it is all there: nothing may be passed over.
#[differentiate(forward, lanes)]
fn reversed(x: &[f64], n: usize) -> Vec<f64> {
    let mut out = Vec::new();
    for k in 0..n {
        out.push((x[k % x.len()] + k as f64).sin());
    }
    out.swap(0, n - 1);
    out
}

/// Reads a few elements of each, by computed indices; some after they were changed.
#[differentiate(forward, jacobian, lanes, wrt(x))]
fn chosen(x: &[f64], n: usize, choice: &[usize]) -> Vec<f64> {
    let spread = spread(x, n);
    let pairs = pairs(x, n);
    let mut sums = sums(x, n);
    let rows = rows(x, n);
    let reversed = reversed(x, n);
    let mut out = Vec::new();
    for k in 0..choice.len() {
        let at = choice[k];
        sums[at] = sums[n - 1 - at] * x[2];
        out.push(pairs[at].a * sums[at] + rows[at][0]);
        out.push(spread[at].a * spread[n - at].b);
        out.push(pairs[pairs.len() - 1].b * reversed[at]);
    }
    out
}

/// The same vector whole and by elements: all of it is wanted.
#[differentiate(forward, jacobian, lanes, wrt(x))]
fn whole(x: &[f64], n: usize, at: usize) -> (f64, Vec<Pair>) {
    let pairs = pairs(x, n);
    (pairs[at * 2].a, pairs)
}

/// One call in each iteration, each read at another element.
#[differentiate(forward, jacobian, lanes, wrt(x))]
fn each(x: &[f64], n: usize, choice: &[usize]) -> Vec<f64> {
    let mut out = Vec::new();
    for k in 0..choice.len() {
        let pairs = pairs(x, n + k);
        out.push(pairs[choice[k]].a * pairs[choice[k] / 2].b);
    }
    out
}

/// What a call gives is moved about before it is read.
#[differentiate(forward, jacobian, lanes, wrt(x))]
fn moved(x: &[f64], n: usize, choice: &[usize]) -> Vec<f64> {
    let mut sums = sums(x, n);
    sums.swap(0, 2);
    sums[1..].reverse();
    sums.rotate_left(1);
    let part = sums[2..4].to_vec();
    sums[..2].copy_from_slice(&part);
    sums[4..].fill(x[1]);
    choice.iter().map(|&at| sums[at] * x[0]).collect()
}

#[test]
fn elements_that_nobody_reads() {
    let x = [0.7, -0.4, 1.3, 0.2, -0.9, 0.5];
    let choice = [4, 1, 4, 6];
    let jacobian = jacobian_chosen(&x, 9, &choice);
    assert_differences(&jacobian, &x, |x| chosen(x, 9, &choice));
    let of_each = jacobian_each(&x, 9, &choice);
    assert_differences(&of_each, &x, |x| each(x, 9, &choice));
    let of_all = jacobian_whole(&x, 5, 1);
    let of_moved = jacobian_moved(&x, 6, &choice[..3]);
    assert_differences(&of_moved, &x, |x| moved(x, 6, &choice[..3]));
    for column in 0..x.len() {
        let mut dot = vec![0.0; x.len()];
        dot[column] = 1.0;
        assert_column(&jacobian, column, &jvp_chosen(&x, 9, &choice, &dot).1);
        assert_column(&of_moved, column, &jvp_moved(&x, 6, &choice[..3], &dot).1);
        assert_column(&of_each, column, &jvp_each(&x, 9, &choice, &dot).1);
        let (first, pairs) = jvp_whole(&x, 5, 1, &dot).1;
        let flat: Vec<f64> = pairs.iter().flat_map(|p| [p.a, p.b]).collect();
        assert_column(&of_all, column, &[vec![first], flat].concat());
    }
}

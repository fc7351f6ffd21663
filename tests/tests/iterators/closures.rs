//! Closures: captures, calls, state, early returns, paths as functions.

use grad_runtime::differentiate;

/// Captures active values; closures call closures.
#[differentiate]
fn captures(x: &[f64]) -> f64 {
    let a = x[0];
    let b = x[1] * a;
    let parabola = |t: f64| a * t * t + b;
    let scaled = |t: f64| parabola(t) * b.exp();
    parabola(1.5) + scaled(a) - parabola(b)
}

/// A closure that changes what it captures.
#[differentiate]
fn counts(x: &[f64]) -> f64 {
    let mut total = 0.0;
    let mut calls = 0;
    let mut add = |v: f64| {
        calls += 1;
        total += v * v;
        total
    };
    let first = add(x[0]);
    let second = add(x[1]);
    for v in x {
        add(*v);
    }
    first * second + total / calls as f64
}

/// A `move` closure has its own copies.
#[differentiate]
fn moves(x: &[f64]) -> f64 {
    let mut a = x[0];
    let scaled = move |t: f64| a * t;
    a = x[1] * 2.0;
    let mut count = 1.0;
    let mut next = move || {
        count *= 2.0;
        count
    };
    let steps = next() + next();
    scaled(a) + a * steps + count
}

/// `return` leaves the closure only.
#[differentiate]
fn returns(x: &[f64]) -> f64 {
    let smooth = |t: f64| {
        if t < 0.0 {
            return t * 0.1;
        }
        if t > 2.0 {
            return 2.0 + (t - 2.0).ln_1p();
        }
        t * t
    };
    let mut total = 0.0;
    for v in x {
        total += smooth(*v) * smooth(v + 1.0);
    }
    total
}

/// `return` out of a loop inside a closure.
#[differentiate]
fn returns_from_loop(x: &[f64]) -> f64 {
    let first_large = |limit: f64| {
        for v in x {
            if *v > limit {
                return v * limit;
            }
        }
        -limit
    };
    first_large(x[0]) + first_large(0.9 * x[1]) * first_large(100.0)
}

/// Patterns as parameters, annotated and not.
#[differentiate]
fn patterns(x: &[f64]) -> f64 {
    let norm = |(a, b): (f64, f64)| (a * a + b * b).sqrt();
    let first = |w: &[f64]| w[0] * w[1];
    let third = |[a, _, c]: [f64; 3]| a / c;
    norm((x[0], x[1])) + first(x) + first(&x[1..]) + third([x[0], x[1], x[2]])
}

/// Names mean what they meant where the closure was written.
#[differentiate]
fn scopes(x: &[f64]) -> f64 {
    let a = x[0];
    let f = |t: f64| t * a;
    let a = x[1];
    let g = {
        let b = a * 3.0;
        move |t: f64| t.sin() * b + f(t)
    };
    let b = 7.0;
    g(a) + f(b) + a
}

fn square(t: f64) -> f64 {
    t * t
}
#[allow(non_camel_case_types)]
struct Unused;

/// Paths as functions.
#[differentiate]
fn paths(x: &[f64]) -> f64 {
    let root = f64::sqrt;
    let largest = f64::max;
    let _ = Unused;
    root(x[0] * x[0] + 1.0) + largest(x[1], x[2]) + x.iter().copied().map(f64::sin).sum::<f64>()
}

#[differentiate]
fn cube(t: f64) -> f64 {
    t * t * t
}

/// A differentiated function's name where a closure may stand.
#[differentiate]
fn function_names(x: &[f64]) -> f64 {
    let f = cube;
    x.iter().copied().map(cube).sum::<f64>() + f(x[0])
}

/// Called at once; nested closures; a closure that panics on one side.
#[differentiate]
fn at_once(x: &[f64]) -> f64 {
    let y = (|a: f64, b: f64| a * b + 1.0)(x[0], x[1]);
    let checked = |t: f64| {
        if t > -1e9 {
            t.exp()
        } else {
            panic!("too small")
        }
    };
    let outer = |t: f64| {
        let inner = |s: f64| s * t;
        inner(t) + inner(x[2])
    };
    y + outer(y) + checked(x[0])
}

/// A closure over arrays in memory.
#[differentiate]
fn over_memory(x: &[f64]) -> f64 {
    let mut table = [0.0; 4];
    let mut put = |k: usize, v: f64| table[k] += v;
    for (k, v) in x.iter().enumerate() {
        put(k % 4, *v);
        put((k + 1) % 4, v * v);
    }
    let at = |k: usize| table[k % 4];
    at(0) * at(1) + at(2) * at(5) + at(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iterators::check;

    #[test]
    fn plain_functions_stay() {
        assert_eq!(square(2.0), 4.0);
    }

    check! {
        captures, value_and_grad_captures, jvp_captures at [0.7, -0.4], [1.2, 0.3];
        counts, value_and_grad_counts, jvp_counts at [0.7, -0.4], [1.2, 0.3, 0.8, -0.1];
        moves, value_and_grad_moves, jvp_moves at [0.7, -0.4];
        returns, value_and_grad_returns, jvp_returns at [0.7, -0.4, 2.5, -3.0, 1.4], [];
        returns_from_loop, value_and_grad_returns_from_loop, jvp_returns_from_loop
            at [0.7, 1.4, 2.5], [3.0, 2.0, 1.0];
        patterns, value_and_grad_patterns, jvp_patterns at [0.7, 1.4, 2.5];
        scopes, value_and_grad_scopes, jvp_scopes at [0.7, 1.4];
        paths, value_and_grad_paths, jvp_paths at [0.7, 1.4, 2.5], [0.7, 2.4, 1.5];
        function_names, value_and_grad_function_names, jvp_function_names at [0.7, 1.4, 2.5];
        at_once, value_and_grad_at_once, jvp_at_once at [0.7, 0.4, 0.5];
        over_memory, value_and_grad_over_memory, jvp_over_memory at [0.7, 0.4, 0.5], [0.7, 0.4, 0.5, -0.2, 0.3, 0.9];
    }
}

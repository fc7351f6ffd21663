//! Conventions at kinks and edges, as the documentation's table states them; and panics inside a
//! function, which happen in its derivatives alike.
#![allow(clippy::all, clippy::pedantic, deprecated, missing_docs)]

// Its functions panic, whatever becomes of their values.
#[allow(unused, unreachable_pub)]
#[path = "edges/panics.rs"]
mod panics;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use grad_runtime::{constant, differentiate};

#[differentiate]
fn absolute(x: f64) -> f64 {
    x.abs()
}
#[differentiate]
fn larger(x: f64, y: f64) -> f64 {
    x.max(y)
}
#[differentiate]
fn smaller(x: f64, y: f64) -> f64 {
    x.min(y)
}
#[differentiate]
fn clamped(x: f64, low: f64, high: f64) -> f64 {
    x.clamp(low, high)
}
#[differentiate]
fn by_hand(x: f64, y: f64) -> f64 {
    if x >= y { x } else { y }
}
#[differentiate]
fn length(x: f64, y: f64) -> f64 {
    x.hypot(y)
}
#[differentiate]
fn root(x: f64) -> f64 {
    x.sqrt()
}
#[differentiate]
fn half_power(x: f64) -> f64 {
    x.powf(0.5)
}
#[differentiate]
fn logarithm(x: f64) -> f64 {
    x.ln()
}
#[differentiate]
fn steps(x: f64) -> f64 {
    x.floor() + 2.0 * x.ceil() + 4.0 * x.round() + 8.0 * x.trunc() + 16.0 * x.signum()
}
#[differentiate]
fn remainder(x: f64, y: f64) -> f64 {
    x % y
}
#[differentiate]
fn power(x: f64, y: f64) -> f64 {
    x.powf(y)
}
#[differentiate(wrt(x))]
fn power_of_constant(x: f64, y: f64) -> f64 {
    x.powf(y)
}
#[differentiate]
fn relu(x: f64) -> f64 {
    x.max(0.0)
}
#[differentiate]
fn relu_by_hand(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.0 }
}
#[differentiate]
fn integer_power(x: f64, n: i32) -> f64 {
    x.powi(n)
}

/// Both modes give the same.
#[track_caller]
fn both(reverse: &[f64], forward: &[f64], expected: &[f64]) {
    let same = |a: &[f64]| {
        a.iter()
            .zip(expected)
            .all(|(a, b)| a == b || a.is_nan() && b.is_nan())
    };
    assert!(same(reverse), "reverse mode {reverse:?}, not {expected:?}");
    assert!(same(forward), "forward mode {forward:?}, not {expected:?}");
}

macro_rules! gradient {
    ($grad:ident, $jvp:ident, ($x:expr) == $expected:expr) => {
        both(&[$grad($x)], &[$jvp($x, 1.0).1], &[$expected])
    };
    ($grad:ident, $jvp:ident, ($x:expr, $y:expr) == ($a:expr, $b:expr)) => {{
        let (a, b) = $grad($x, $y);
        let forward = [$jvp($x, $y, 1.0, 0.0).1, $jvp($x, $y, 0.0, 1.0).1];
        both(&[a, b], &forward, &[$a, $b])
    }};
    ($grad:ident, $jvp:ident, ($x:expr, $y:expr, $z:expr) == ($a:expr, $b:expr, $c:expr)) => {{
        let (a, b, c) = $grad($x, $y, $z);
        let forward = [
            $jvp($x, $y, $z, 1.0, 0.0, 0.0).1,
            $jvp($x, $y, $z, 0.0, 1.0, 0.0).1,
            $jvp($x, $y, $z, 0.0, 0.0, 1.0).1,
        ];
        both(&[a, b, c], &forward, &[$a, $b, $c])
    }};
}

#[test]
fn kinks() {
    gradient!(grad_absolute, jvp_absolute, (0.0) == 0.0);
    gradient!(grad_absolute, jvp_absolute, (-0.0) == 0.0);
    gradient!(grad_absolute, jvp_absolute, (-2.0) == -1.0);
    gradient!(grad_larger, jvp_larger, (2.0, 2.0) == (0.5, 0.5));
    gradient!(grad_larger, jvp_larger, (2.0, 3.0) == (0.0, 1.0));
    gradient!(grad_smaller, jvp_smaller, (2.0, 2.0) == (0.5, 0.5));
    gradient!(grad_smaller, jvp_smaller, (2.0, 3.0) == (1.0, 0.0));
    gradient!(
        grad_clamped,
        jvp_clamped,
        (1.0, 1.0, 3.0) == (0.5, 0.5, 0.0)
    );
    gradient!(
        grad_clamped,
        jvp_clamped,
        (3.0, 1.0, 3.0) == (0.5, 0.0, 0.5)
    );
    gradient!(
        grad_clamped,
        jvp_clamped,
        (2.0, 1.0, 3.0) == (1.0, 0.0, 0.0)
    );
    gradient!(
        grad_clamped,
        jvp_clamped,
        (0.0, 1.0, 3.0) == (0.0, 1.0, 0.0)
    );
    gradient!(
        grad_clamped,
        jvp_clamped,
        (4.0, 1.0, 3.0) == (0.0, 0.0, 1.0)
    );
    gradient!(grad_by_hand, jvp_by_hand, (2.0, 2.0) == (1.0, 0.0));
    gradient!(grad_length, jvp_length, (0.0, 0.0) == (0.0, 0.0));
    gradient!(grad_length, jvp_length, (3.0, 4.0) == (0.6, 0.8));
    gradient!(grad_root, jvp_root, (0.0) == f64::INFINITY);
    gradient!(grad_half_power, jvp_half_power, (0.0) == f64::INFINITY);
    gradient!(grad_logarithm, jvp_logarithm, (0.0) == f64::INFINITY);
    gradient!(grad_steps, jvp_steps, (1.5) == 0.0);
    gradient!(grad_steps, jvp_steps, (2.0) == 0.0);
    gradient!(grad_remainder, jvp_remainder, (5.5, 2.0) == (1.0, -2.0));
    gradient!(grad_remainder, jvp_remainder, (-5.5, 2.0) == (1.0, 2.0));
    gradient!(grad_power, jvp_power, (0.0, 2.0) == (0.0, 0.0));
    gradient!(grad_relu, jvp_relu, (0.0) == 0.5);
    gradient!(grad_relu_by_hand, jvp_relu_by_hand, (0.0) == 0.0);
}

/// A negative base has no logarithm, but it is asked for by an active exponent alone.
#[test]
fn the_exponent_counts_only_where_it_is_active() {
    let (value, slope) = jvp_power_of_constant(-2.0, 2.0, 1.0);
    assert_eq!((value, slope), (4.0, -4.0));
    assert_eq!(grad_power_of_constant(-2.0, 2.0), -4.0);
    assert!(grad_power(-2.0, 2.0).1.is_nan());
}

#[test]
fn integer_powers_at_zero() {
    for (n, expected) in [(0, 0.0), (1, 1.0), (2, 0.0), (-1, f64::NEG_INFINITY)] {
        both(
            &[grad_integer_power(0.0, n)],
            &[jvp_integer_power(0.0, n, 1.0).1],
            &[expected],
        );
    }
}

/// A zero cotangent times an infinite partial is zero.
#[differentiate]
fn infinite_but_unused(x: f64, y: f64) -> f64 {
    let root = x.sqrt();
    let log = x.ln();
    let quotient = 1.0 / x;
    if y > 0.0 {
        return y * y;
    }
    root + log + quotient
}

#[differentiate]
fn zero_times_root(x: f64, k: f64) -> f64 {
    k * x.sqrt()
}

#[differentiate]
fn not_taken(x: f64) -> f64 {
    let bad = (x - 2.0).sqrt();
    if x > 2.0 { bad } else { x * 3.0 }
}

#[differentiate]
fn dead(x: f64) -> f64 {
    let nan = f64::NAN * x;
    let _unused = nan * x;
    x * x
}

#[differentiate]
fn dead_in_a_loop(x: &[f64]) -> f64 {
    let mut total = 0.0;
    let mut last = 0.0;
    for i in 0..x.len() {
        last = x[i].ln();
        total += x[i];
    }
    if total > 100.0 { last } else { total }
}

/// The product is NaN or infinite, and not the result.
#[differentiate]
fn product_not_taken(x: f64, y: f64) -> f64 {
    let product = (x - 2.0).sqrt() * y;
    let infinite = x * f64::INFINITY;
    let quotient = y / (x - x).abs() + x / 0.0;
    if x > 2.0 {
        product * infinite * quotient
    } else {
        x * y
    }
}

#[differentiate]
fn carried_and_not_taken(x: &[f64]) -> f64 {
    let (mut total, mut last) = (0.0, 0.0);
    let mut roots = vec![0.0; x.len()];
    for i in 0..x.len() {
        roots[i] = (x[i] - 1.0).sqrt() * x[0];
        last = roots[i] / 0.0;
        if x[i] > 1.0 {
            total += roots[i]
        } else {
            total += x[i]
        }
    }
    if total > 100.0 { last } else { total }
}

#[differentiate]
fn root_of_product(x: f64, y: f64) -> f64 {
    (x - 2.0).sqrt() * y * y
}

#[differentiate]
fn call_not_taken(x: f64, y: f64) -> f64 {
    let root = root_of_product(x, y);
    if x > 2.0 { root } else { x * y }
}

#[differentiate]
fn saturated(x: f64, y: f64) -> f64 {
    let sigmoid = 1.0 / (1.0 + (-x).exp());
    sigmoid + (x * x).exp().min(y) + (x * x * x.exp()).clamp(-1.0, 1.0)
}

#[differentiate]
fn held(x: f64) -> f64 {
    x * constant(x.sqrt() / 0.0)
}

#[test]
fn nothing_dead_reaches_the_gradient() {
    gradient!(
        grad_infinite_but_unused,
        jvp_infinite_but_unused,
        (0.0, 3.0) == (0.0, 6.0)
    );
    gradient!(grad_not_taken, jvp_not_taken, (1.0) == 3.0);
    gradient!(grad_not_taken, jvp_not_taken, (2.0) == 3.0);
    gradient!(grad_dead, jvp_dead, (3.0) == 6.0);
    gradient!(
        grad_product_not_taken,
        jvp_product_not_taken,
        (1.0, 3.0) == (3.0, 1.0)
    );
    gradient!(
        grad_call_not_taken,
        jvp_call_not_taken,
        (1.0, 3.0) == (3.0, 1.0)
    );
    gradient!(grad_saturated, jvp_saturated, (-800.0, 5.0) == (0.0, 1.0));
    gradient!(grad_saturated, jvp_saturated, (800.0, 5.0) == (0.0, 1.0));
    assert_eq!(grad_carried_and_not_taken(&[0.5, 0.25]), [1.0, 1.0]);
    assert_eq!(jvp_carried_and_not_taken(&[0.5, 0.25], &[1.0, 0.0]).1, 1.0);
    assert_eq!(grad_zero_times_root(0.0, 0.0), (0.0, 0.0));
    assert_eq!(grad_dead_in_a_loop(&[0.0, -1.0]), [1.0, 1.0]);
    assert_eq!(jvp_dead_in_a_loop(&[0.0, -1.0], &[1.0, 0.0]).1, 1.0);
    assert_eq!(grad_held(4.0), f64::INFINITY);
}

#[differentiate]
fn out_of_bounds(x: &[f64], k: usize) -> f64 {
    let mut s = x[0];
    for _ in 0..2 {
        s *= x[k]; // LINE: bounds
    }
    s
}

#[differentiate]
fn asserted(x: f64) -> f64 {
    assert!(x > 0.0, "x must be positive, not {x}"); // LINE: assert
    x.ln()
}

#[differentiate]
fn divided(x: f64, n: usize) -> f64 {
    x * (10 / n) as f64 // LINE: division
}

#[differentiate]
fn divided_by_variable(x: f64, n: usize, m: usize) -> f64 {
    let k = n - n;
    x * (m / k) as f64 // LINE: remainder
}

/// Held by who has set the hook.
static ALONE: Mutex<()> = Mutex::new(());

/// The message of a panic and its line.
fn panic_of(run: impl FnOnce()) -> (String, u32) {
    static SEEN: Mutex<(String, u32)> = Mutex::new((String::new(), 0));
    let _alone = ALONE.lock();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(|info| {
        let line = info.location().map_or(0, |place| place.line());
        *SEEN.lock().unwrap() = (info.to_string(), line);
    }));
    let outcome = catch_unwind(AssertUnwindSafe(run));
    std::panic::set_hook(before);
    assert!(outcome.is_err(), "no panic");
    SEEN.lock().unwrap().clone()
}

/// The line of this file that ends in the mark.
fn line_of(mark: &str) -> u32 {
    let mark = format!("// LINE: {mark}");
    let lines = include_str!("edges.rs").lines();
    lines.take_while(|line| !line.ends_with(&mark)).count() as u32 + 1
}

#[track_caller]
fn panics_alike(mark: &str, text: &str, runs: Vec<(&str, Box<dyn FnOnce()>)>) {
    for (name, run) in runs {
        let (message, line) = panic_of(run);
        assert!(message.contains(text), "{name}: {message}");
        assert!(message.contains("edges.rs"), "{name}: {message}");
        assert_eq!(line, line_of(mark), "{name}: {message}");
    }
}

#[test]
fn panics_happen_in_derivatives_with_the_line_of_the_user() {
    let x = [1.0, 2.0];
    panics_alike(
        "bounds",
        "index out of bounds: the len is 2 but the index is 7",
        vec![
            (
                "the function",
                Box::new(move || {
                    let _ = out_of_bounds(&x, 7);
                }),
            ),
            ("grad", Box::new(move || drop(grad_out_of_bounds(&x, 7)))),
            ("vjp", Box::new(move || drop(vjp_out_of_bounds(&x, 7)))),
            (
                "jvp",
                Box::new(move || {
                    let _ = jvp_out_of_bounds(&x, 7, &x);
                }),
            ),
        ],
    );
    panics_alike(
        "assert",
        "x must be positive, not -1",
        vec![
            (
                "the function",
                Box::new(|| {
                    let _ = asserted(-1.0);
                }),
            ),
            (
                "grad",
                Box::new(|| {
                    let _ = grad_asserted(-1.0);
                }),
            ),
            ("vjp", Box::new(|| drop(vjp_asserted(-1.0)))),
            (
                "jvp",
                Box::new(|| {
                    let _ = jvp_asserted(-1.0, 1.0);
                }),
            ),
        ],
    );
    panics_alike(
        "remainder",
        "divide by zero",
        vec![(
            "grad",
            Box::new(|| drop(vec![grad_divided_by_variable(1.0, 5, 3)])),
        )],
    );
    panics_alike(
        "division",
        "divide by zero",
        vec![
            (
                "the function",
                Box::new(|| {
                    let _ = divided(1.0, 0);
                }),
            ),
            (
                "grad",
                Box::new(|| {
                    let _ = grad_divided(1.0, 0);
                }),
            ),
            ("vjp", Box::new(|| drop(vjp_divided(1.0, 0)))),
            (
                "jvp",
                Box::new(|| {
                    let _ = jvp_divided(1.0, 0, 1.0);
                }),
            ),
        ],
    );
}

#[differentiate]
fn weighted(x: &[f64], w: &[f64]) -> f64 {
    let mut s = 0.0;
    for i in 0..x.len() {
        s += x[i] * w[i];
    }
    s
}

#[test]
fn buffers_of_wrong_length_are_named_with_both_lengths() {
    let x = [1.0, 2.0, 3.0];
    let (message, _) = panic_of(move || {
        let _ = accumulate_grad_weighted(&x, &x, 1.0, &mut [0.0; 2], &mut [0.0; 3]);
    });
    let names = |text: &str| message.contains(text);
    assert!(
        names("x_bar") && names("length 2") && names("length 3"),
        "{message}"
    );
    let (message, _) = panic_of(move || {
        let _ = jvp_weighted(&x, &x, &x, &[0.0; 5]);
    });
    let names = |text: &str| message.contains(text);
    assert!(
        names("w_dot") && names("length 5") && names("length 3"),
        "{message}"
    );
}

//! Formulas that overflow inside and saturate: the zero of one factor meets the infinity of another.

use grad_runtime::differentiate;

#[differentiate]
fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[differentiate]
fn swish(x: f64) -> f64 {
    x / (1.0 + (-x).exp())
}

#[differentiate]
fn tanh_by_exp(x: f64) -> f64 {
    1.0 - 2.0 / ((2.0 * x).exp() + 1.0)
}

#[differentiate]
fn gumbel(x: f64) -> f64 {
    (-(-x).exp()).exp()
}

#[differentiate]
fn flat_ends(x: f64) -> f64 {
    let e = x.exp();
    e.atan() + e.tanh() + e.recip() + x.cosh().recip() + (-x.sinh().abs()).exp()
}

/// The overflown values in memory.
#[differentiate]
fn stored(x: f64) -> f64 {
    let mut e = [0.0; 2];
    for i in 0..2 {
        e[i] = ((i + 1) as f64 * -x).exp();
    }
    1.0 / (1.0 + e[0] + e[1])
}

#[differentiate]
fn called(x: f64) -> f64 {
    3.0 * logistic(x) + x
}

/// As [`logistic`], through the rules of numbers.
#[differentiate]
fn generic<T: num::Real>(x: T) -> T {
    T::one() / (T::one() + (-x).exp())
}

mod num {
    use std::ops::{Add, Div, Neg};

    pub trait Real: Copy + Add<Output = Self> + Div<Output = Self> + Neg<Output = Self> {
        fn one() -> Self;
        fn exp(self) -> Self;
    }

    impl Real for f64 {
        fn one() -> f64 {
            1.0
        }
        fn exp(self) -> f64 {
            f64::exp(self)
        }
    }
}

#[differentiate]
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[differentiate]
fn bell(x: f64) -> f64 {
    (-0.5 * x * x).exp()
}

#[differentiate]
fn masked_root(k: f64, x: f64) -> f64 {
    k * (2.0 * x).sqrt() + k * x.powf(0.25)
}

#[differentiate]
fn guarded_root(x: f64) -> f64 {
    if x > 0.0 { x.sqrt() } else { 0.0 }
}

#[differentiate]
fn angle(y: f64, x: f64) -> f64 {
    y.atan2(x)
}

#[differentiate]
fn softmax_share(a: f64, b: f64) -> f64 {
    let top = a.max(b);
    let (ea, eb) = ((a - top).exp(), (b - top).exp());
    ea / (ea + eb)
}

/// Value, reverse mode and forward mode.
macro_rules! exactly {
    ($f:path, $grad:ident, $jvp:ident; $($x:expr => $y:expr, $slope:expr;)+) => {$({
        let (x, slope): (f64, f64) = ($x, $slope);
        assert_eq!($f(x), $y, "{}({x})", stringify!($f));
        assert_eq!($grad(x), slope, "{}({x})", stringify!($grad));
        assert_eq!($jvp(x, 1.0).1, slope, "{}({x})", stringify!($jvp));
        assert_eq!($jvp(x, 0.0).1, 0.0, "{}({x}) along 0", stringify!($jvp));
    })+};
}

#[test]
fn saturated_formulas_are_flat_in_both_modes() {
    exactly!(logistic, grad_logistic, jvp_logistic; -800.0 => 0.0, 0.0; 0.0 => 0.5, 0.25; 800.0 => 1.0, 0.0;);
    exactly!(swish, grad_swish, jvp_swish; -800.0 => 0.0, 0.0; 0.0 => 0.0, 0.5; 800.0 => 800.0, 1.0;);
    exactly!(tanh_by_exp, grad_tanh_by_exp, jvp_tanh_by_exp; -800.0 => -1.0, 0.0; 0.0 => 0.0, 1.0; 800.0 => 1.0, 0.0;);
    exactly!(gumbel, grad_gumbel, jvp_gumbel; -800.0 => 0.0, 0.0; 800.0 => 1.0, 0.0;);
    let end = std::f64::consts::FRAC_PI_2 + 1.0;
    exactly!(flat_ends, grad_flat_ends, jvp_flat_ends; 800.0 => end, 0.0;);
    exactly!(stored, grad_stored, jvp_stored; -800.0 => 0.0, 0.0; 800.0 => 1.0, 0.0;);
    exactly!(called, grad_called, jvp_called; -800.0 => -800.0, 1.0; 0.0 => 1.5, 1.75;);
    exactly!(generic::<f64>, grad_generic, jvp_generic; -800.0 => 0.0, 0.0; 0.0 => 0.5, 0.25;);
}

#[test]
fn stable_formulas_are_right_far_out() {
    exactly!(softplus, grad_softplus, jvp_softplus; -800.0 => 0.0, 0.0; 0.0 => std::f64::consts::LN_2, 0.5; 800.0 => 800.0, 1.0;);
    exactly!(bell, grad_bell, jvp_bell; -1e100 => 0.0, 0.0; 0.0 => 1.0, 0.0; 60.0 => 0.0, 0.0;);
    assert_eq!(grad_softmax_share(0.0, 2000.0), (0.0, 0.0));
    assert_eq!(jvp_softmax_share(0.0, 2000.0, 1.0, 0.0).1, 0.0);
    assert_eq!(grad_softmax_share(1.0, 1.0), (0.25, -0.25));
}

#[test]
fn roots_at_zero() {
    exactly!(guarded_root, grad_guarded_root, jvp_guarded_root; 0.0 => 0.0, 0.0; 4.0 => 2.0, 0.25;);
    assert_eq!(grad_masked_root(0.0, 0.0), (0.0, 0.0));
    assert_eq!(jvp_masked_root(0.0, 0.0, 0.0, 1.0).1, 0.0);
    assert_eq!(jvp_masked_root(0.0, 0.0, 1.0, 0.0).1, 0.0);
    assert_eq!(grad_masked_root(1.0, 0.0), (0.0, f64::INFINITY));
    assert_eq!(jvp_masked_root(1.0, 0.0, 0.0, 1.0).1, f64::INFINITY);
}

/// There is none, and none is made up.
#[test]
fn the_angle_of_the_origin_has_no_derivative() {
    let (y, x) = grad_angle(0.0, 0.0);
    assert!(y.is_nan() && x.is_nan());
    assert!(jvp_angle(0.0, 0.0, 1.0, 0.0).1.is_nan());
}

#[differentiate]
fn length_by_root(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

/// An infinite cotangent times a factor of 0; `hypot` is the function that says what is meant.
#[test]
fn the_length_of_nothing_has_no_gradient() {
    let (x, y) = grad_length_by_root(0.0, 0.0);
    assert!(x.is_nan() && y.is_nan());
    assert_eq!(jvp_length_by_root(0.0, 0.0, 1.0, 0.0).1, 0.0);
    assert_eq!(grad_length_by_root(0.0, 2.0), (0.0, 1.0));
}

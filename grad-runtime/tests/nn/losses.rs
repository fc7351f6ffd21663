//! Every loss: derivatives by every operand, values by formula, kinks, errors.

use grad_runtime::Differentiable;
use grad_runtime::check::{check_gradient, check_jvp};
use grad_runtime::loss::{
    binary_cross_entropy, huber, l1_penalty, l2_penalty, mean_absolute, mean_squared,
    multiclass_hinge, soft_cross_entropy, softmax_cross_entropy,
};
use grad_runtime::nn::{
    elu, gelu, grad_gelu, grad_relu, grad_sigmoid, grad_silu, grad_softplus, grad_tanh, leaky_relu,
    log_softmax, relu, sigmoid, silu, softmax, softplus, tanh,
};
use grad_runtime::private::Wrt;
use ndarray::{Array1, Array2, arr1, arr2};

use super::{distinct, panic_text, random};

type Pair = (Array2<f64>, Array2<f64>);

/// A loss of two arrays, its derivatives against differences and each other.
macro_rules! check_pairs {
    ($($loss:ident at $point:expr;)+) => {$({
        let value = |(p, t): &Pair| $loss(p, t);
        let grad = |(p, t): &Pair| {
            let (value, pull) = $loss::vjp(p, t, Wrt::<3>);
            assert_eq!(value, $loss(p, t));
            let (mut p_bar, mut t_bar) = (p.zero_tangent(), t.zero_tangent());
            pull(2.0, p, t, Some(&mut p_bar), Some(&mut t_bar));
            (p_bar / 2.0, t_bar / 2.0)
        };
        let jvp = |(p, t): &Pair, (p_dot, t_dot): &Pair| {
            let (value, dot) = $loss::jvp(p, t, Wrt::<3>, Some(p_dot), Some(t_dot));
            assert_eq!(value, $loss(p, t));
            dot
        };
        check_gradient(value, grad, $point).expect(stringify!($loss));
        check_jvp(value, jvp, $point).expect(stringify!($loss));
    })+};
}

#[test]
fn losses_of_pairs() {
    check_pairs! {
        mean_squared at (random((3, 4), 1), random((3, 4), 2));
        mean_absolute at (distinct((3, 4)), distinct((3, 4)) * 3.0 + 0.2);
        binary_cross_entropy at (random((3, 4), 1) * 4.0, random((3, 4), 2));
        soft_cross_entropy at (random((3, 4), 1), random((3, 4), 2));
    }
}

#[test]
fn huber_loss() {
    type Point = (Array2<f64>, Array2<f64>, f64);
    let point = (random::<f64, _>((3, 4), 1) * 2.0, random((3, 4), 2), 0.6);
    let value = |(p, t, delta): &Point| huber(p, t, *delta);
    let grad = |(p, t, delta): &Point| {
        let (value, pull) = huber::vjp(p, t, *delta, Wrt::<7>);
        assert_eq!(value, huber(p, t, *delta));
        let (mut p_bar, mut t_bar, mut delta_bar) = (p.zero_tangent(), t.zero_tangent(), 0.0);
        let bars = (Some(&mut p_bar), Some(&mut t_bar), Some(&mut delta_bar));
        pull(1.0, p, t, delta, bars.0, bars.1, bars.2);
        (p_bar, t_bar, delta_bar)
    };
    let jvp = |(p, t, delta): &Point, (p_dot, t_dot, delta_dot): &Point| {
        let dots = (Some(p_dot), Some(t_dot), Some(delta_dot));
        huber::jvp(p, t, *delta, Wrt::<7>, dots.0, dots.1, dots.2).1
    };
    check_gradient(value, grad, point.clone()).unwrap();
    check_jvp(value, jvp, point).unwrap();
}

#[test]
fn losses_of_labels() {
    let labels = [3, 0, 1];
    macro_rules! check {
        ($($loss:ident)+) => {$(
            let value = |scores: &Array2<f64>| $loss(scores, &labels);
            let grad = |scores: &Array2<f64>| {
                let (value, pull) = $loss::vjp(scores, &labels, Wrt::<1>);
                assert_eq!(value, $loss(scores, &labels));
                let mut bar = scores.zero_tangent();
                pull(-2.0, scores, &labels, Some(&mut bar), None);
                bar / -2.0
            };
            let jvp = |scores: &Array2<f64>, dot: &Array2<f64>| {
                $loss::jvp(scores, &labels, Wrt::<1>, Some(dot), None).1
            };
            check_gradient(value, grad, distinct((3, 4))).expect(stringify!($loss));
            check_jvp(value, jvp, distinct((3, 4))).expect(stringify!($loss));
        )+};
    }
    check!(softmax_cross_entropy multiclass_hinge);
}

#[test]
fn penalties_and_softmax_functions() {
    macro_rules! check {
        ($($penalty:ident)+) => {$(
            let grad = |x: &Array1<f64>| {
                let (value, pull) = $penalty::vjp(x, Wrt::<1>);
                assert_eq!(value, $penalty(x));
                let mut bar = x.zero_tangent();
                pull(1.0, x, Some(&mut bar));
                bar
            };
            let jvp = |x: &Array1<f64>, dot: &Array1<f64>| $penalty::jvp(x, Wrt::<1>, Some(dot)).1;
            check_gradient(|x: &Array1<f64>| $penalty(x), grad, distinct(40)).unwrap();
            check_jvp(|x: &Array1<f64>| $penalty(x), jvp, distinct(40)).unwrap();
        )+};
    }
    check!(l1_penalty l2_penalty);

    macro_rules! check_arrays {
        ($($function:ident)+) => {$(
            let weights = random::<f64, _>((3, 4), 9);
            let value = |x: &Array2<f64>| ($function(x) * &weights).sum();
            let grad = |x: &Array2<f64>| {
                let (value, pull) = $function::vjp(x, Wrt::<1>);
                assert_eq!(value, $function(x));
                let mut bar = x.zero_tangent();
                pull(weights.clone(), x, Some(&mut bar));
                bar
            };
            let jvp = |x: &Array2<f64>, dot: &Array2<f64>| {
                ($function::jvp(x, Wrt::<1>, Some(dot)).1 * &weights).sum()
            };
            check_gradient(value, grad, random((3, 4), 1)).unwrap();
            check_jvp(value, jvp, random((3, 4), 1)).unwrap();
        )+};
    }
    check_arrays!(softmax log_softmax);
}

#[test]
fn scalar_activations() {
    macro_rules! check {
        ($($function:ident $grad:ident)+) => {$(
            for x in [-30.0, -3.0, -0.7, -0.01, 0.01, 0.4, 2.0, 20.0] {
                let grad = |x: &f64| {
                    let (value, pull) = $function::vjp(*x, Wrt::<1>);
                    assert_eq!(value, $function(*x));
                    let mut bar = 0.0;
                    pull(1.0, x, Some(&mut bar));
                    assert_eq!(bar, $grad(*x));
                    bar
                };
                check_gradient(|x: &f64| $function(*x), grad, x).expect(stringify!($function));
                let jvp = |x: &f64, dot: &f64| $function::jvp(*x, Wrt::<1>, Some(dot)).1;
                check_jvp(|x: &f64| $function(*x), jvp, x).expect(stringify!($function));
            }
        )+};
    }
    check!(relu grad_relu sigmoid grad_sigmoid tanh grad_tanh gelu grad_gelu softplus grad_softplus silu grad_silu);

    macro_rules! check_with_setting {
        ($($function:ident)+) => {$(
            for x in [-3.0, -0.7, 0.4, 2.0] {
                let value = |(x, s): &(f64, f64)| $function(*x, *s);
                let grad = |(x, s): &(f64, f64)| {
                    let (_, pull) = $function::vjp(*x, *s, Wrt::<3>);
                    let mut bars = (0.0, 0.0);
                    pull(1.0, x, s, Some(&mut bars.0), Some(&mut bars.1));
                    bars
                };
                let jvp = |(x, s): &(f64, f64), (x_dot, s_dot): &(f64, f64)| {
                    $function::jvp(*x, *s, Wrt::<3>, Some(x_dot), Some(s_dot)).1
                };
                check_gradient(value, grad, (x, -0.3)).expect(stringify!($function));
                check_jvp(value, jvp, (x, -0.3)).expect(stringify!($function));
            }
        )+};
    }
    check_with_setting!(leaky_relu elu);
}

#[test]
fn kinks() {
    assert_eq!(
        (
            grad_relu(0.0),
            grad_relu(-0.0),
            grad_relu(f64::MIN_POSITIVE)
        ),
        (0.0, 0.0, 1.0)
    );
    assert!(relu(f32::NAN).is_nan() && grad_tanh(f32::NAN).is_nan());
    let same = arr1(&[1.0, 2.0]);
    let mut bar = Array1::<f64>::zeros(2);
    mean_absolute::vjp(&same, &same, Wrt::<1>).1(1.0, &same, &same, Some(&mut bar), None);
    assert_eq!(bar, arr1(&[0.0, 0.0]));
    l1_penalty::vjp(&arr1(&[0.0, -0.0]), Wrt::<1>).1(1.0, &arr1(&[0.0, -0.0]), Some(&mut bar));
    assert_eq!(bar, arr1(&[0.0, 0.0]));
    // A margin of exactly 0.
    let scores = arr2(&[[1.0, 0.0]]);
    let mut bar = Array2::<f64>::zeros((1, 2));
    multiclass_hinge::vjp(&scores, &[0], Wrt::<1>).1(1.0, &scores, &[0], Some(&mut bar), None);
    assert_eq!(bar, arr2(&[[0.0, 0.0]]));
}

#[test]
fn saturated_scores_stay_finite() {
    let scores = arr2(&[[1e4_f32, -1e4, 0.0], [-1e4, 1e4, 0.0]]);
    let (loss, pull) = softmax_cross_entropy::vjp(&scores, &[0, 0], Wrt::<1>);
    assert_eq!(loss, 1e4);
    let mut bar = Array2::zeros((2, 3));
    pull(1.0, &scores, &[0, 0], Some(&mut bar), None);
    assert_eq!(bar, arr2(&[[0.0, 0.0, 0.0], [-0.5, 0.5, 0.0]]));
    assert!(softmax_cross_entropy(&arr2(&[[f32::NAN, 0.0]]), &[0]).is_nan());
}

#[test]
fn shapes_that_do_not_fit_are_named() {
    let cases: [(&str, fn()); 4] = [
        (
            "mean squared loss: the target has shape (3), expected (2)",
            || {
                let _ = mean_squared(&Array1::<f64>::zeros(2), &Array1::zeros(3));
            },
        ),
        (
            "softmax cross-entropy: the list of labels has shape (1), expected (2)",
            || {
                let _ = softmax_cross_entropy(&Array2::<f64>::zeros((2, 3)), &[0]);
            },
        ),
        ("softmax cross-entropy: index 3 of 3 rows", || {
            let _ = softmax_cross_entropy(&Array2::<f64>::zeros((2, 3)), &[0, 3]);
        }),
        (
            "the delta of a Huber loss must be positive, it is 0",
            || {
                let _ = huber(&Array1::<f64>::zeros(2), &Array1::zeros(2), 0.0);
            },
        ),
    ];
    for (text, case) in cases {
        assert_eq!(panic_text(case), text);
    }
}

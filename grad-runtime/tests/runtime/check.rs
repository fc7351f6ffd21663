//! The checks find what is wrong, and nothing else.

use grad_runtime::check::{Place, check_gradient, check_jvp, check_vjp};
use grad_runtime::{Differentiable, NoTangent};

/// `sum sin(x_i) x_(i+1)`, cyclic.
fn f(x: &Vec<f64>) -> f64 {
    (0..x.len())
        .map(|i| x[i].sin() * x[(i + 1) % x.len()])
        .sum()
}

fn grad_f(x: &Vec<f64>) -> Vec<f64> {
    let n = x.len();
    (0..n)
        .map(|i| x[i].cos() * x[(i + 1) % n] + x[(i + n - 1) % n].sin())
        .collect()
}

fn point(len: u32) -> Vec<f64> {
    (0..len).map(|i| 2.0 * f64::from(i).sin()).collect()
}

#[test]
fn right_gradients_pass() {
    check_gradient(f, grad_f, point(7)).unwrap();
    check_gradient(f, grad_f, point(3000)).unwrap();
    check_gradient(|x: &f64| x.exp(), |x| x.exp(), 3.0).unwrap();
    check_gradient(
        |x: &f32| f64::from(x.sin() * 3.0),
        |x| x.cos() * 3.0,
        0.7_f32,
    )
    .unwrap();
    check_gradient(|_| 1.0, |_| NoTangent, "text".to_owned()).unwrap();
}

#[test]
fn every_wrong_entry_is_found() {
    for k in 0..7 {
        for factor in [0.0, -1.0, 1.0 + 1e-4] {
            let wrong = |x: &Vec<f64>| {
                let mut gradient = grad_f(x);
                gradient[k] *= factor;
                gradient
            };
            let error = check_gradient(f, wrong, point(7)).unwrap_err();
            assert_eq!(error.place(), Place::Entry(k));
            assert_eq!(error.found(), wrong(&point(7))[k]);
            assert!((error.expected() - grad_f(&point(7))[k]).abs() < 1e-6);
        }
    }
}

#[test]
fn a_wrong_entry_among_many_is_found() {
    for k in [0, 1500, 2999] {
        let wrong = |x: &Vec<f64>| {
            let mut gradient = grad_f(x);
            gradient[k] += 0.01;
            gradient
        };
        let error = check_gradient(f, wrong, point(3000)).unwrap_err();
        assert_eq!(error.place(), Place::Direction(0));
    }
}

#[test]
fn what_is_not_a_number_is_wrong() {
    let error = check_gradient(|x| *x, |_| f64::NAN, 1.0).unwrap_err();
    assert!(error.found().is_nan());
    check_gradient(|x: &f64| x.ln(), |x| 1.0 / x, 0.0).unwrap_err();
}

#[derive(Differentiable)]
struct Model {
    weights: Vec<f64>,
    bias: f64,
    count: usize,
}

#[test]
fn structs_are_points() {
    let f = |m: &Model| m.weights.iter().map(|w| w * w).sum::<f64>() * m.bias;
    let grad_f = |m: &Model| {
        let mut gradient = m.zero_tangent();
        for (g, w) in gradient.weights.iter_mut().zip(&m.weights) {
            *g = 2.0 * w * m.bias;
        }
        gradient.bias = m.weights.iter().map(|w| w * w).sum();
        gradient
    };
    let model = || Model {
        weights: vec![1.0, 2.0],
        bias: 3.0,
        count: 2,
    };
    assert_eq!(model().count, 2);
    check_gradient(f, grad_f, model()).unwrap();
    let wrong = |m: &Model| {
        let mut gradient = grad_f(m);
        gradient.bias = 0.0;
        gradient
    };
    assert_eq!(
        check_gradient(f, wrong, model()).unwrap_err().place(),
        Place::Entry(2)
    );
}

#[test]
fn forward_mode_is_checked() {
    let jvp = |x: &Vec<f64>, x_dot: &Vec<f64>| {
        grad_f(x).iter().zip(x_dot).map(|(g, d)| g * d).sum::<f64>()
    };
    check_jvp(f, jvp, point(5)).unwrap();
    check_jvp(f, |x, x_dot| 2.0 * jvp(x, x_dot), point(5)).unwrap_err();

    let vjp = |x: &Vec<f64>, y_bar: &f64| grad_f(x).iter().map(|g| g * y_bar).collect();
    check_vjp(jvp, vjp, point(5), &3.0).unwrap();
    let transposed =
        |x: &Vec<f64>, y_bar: &f64| grad_f(x).iter().rev().map(|g| g * y_bar).collect();
    check_vjp(jvp, transposed, point(5), &3.0).unwrap_err();
}

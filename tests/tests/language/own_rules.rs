//! `#[derivative_of]`: rules of the user's own, of functions and methods, in both modes.

use grad_runtime::{Differentiable, derivative_of, differentiate};

/// Stands for another crate.
mod other {
    pub fn softplus(x: f64) -> f64 {
        x.max(0.0) + (-x.abs()).exp().ln_1p()
    }

    pub fn weighted(x: f64, w: &[f64]) -> f64 {
        w.iter().map(|w| w * x * x).sum()
    }

    pub fn scaled(w: Vec<f64>, by: f64) -> Vec<f64> {
        w.iter().map(|w| w * by).collect()
    }

    pub fn power(x: f64, n: i32) -> f64 {
        x.powi(n)
    }

    #[derive(Clone, grad_runtime::Differentiable)]
    pub struct Matrix(pub [f64; 4]);

    impl Matrix {
        pub fn det(&self) -> f64 {
            self.0[0] * self.0[3] - self.0[1] * self.0[2]
        }

        pub fn trace_of(values: &[f64; 4]) -> f64 {
            values[0] + values[3]
        }
    }

    pub fn squared<T: std::ops::Mul<Output = T> + Copy>(x: T) -> T {
        x * x
    }
}

/// Rules in a module of their own, to be imported.
mod rules {
    use grad_runtime::derivative_of;

    #[derivative_of(super::other::softplus)]
    pub(super) fn softplus_vjp(x: f64) -> (f64, impl FnOnce(f64) -> f64) {
        let y = super::other::softplus(x);
        (y, move |y_bar| y_bar / (1.0 + (-x).exp()))
    }

    #[derivative_of(super::other::weighted)]
    pub fn weighted_vjp(
        x: f64,
        w: &[f64],
    ) -> (f64, impl FnOnce(f64, f64, &[f64]) -> (f64, Vec<f64>)) {
        (
            super::other::weighted(x, w),
            move |y_bar: f64, x: f64, w: &[f64]| {
                let total: f64 = w.iter().sum();
                (
                    2.0 * x * total * y_bar,
                    w.iter().map(|_| x * x * y_bar).collect(),
                )
            },
        )
    }
}

use other::softplus;
use other::weighted;
use rules::softplus;
use rules::weighted;

#[differentiate]
fn calls(a: f64, b: f64) -> f64 {
    let mut s = softplus(a * b);
    for k in 0..3 {
        s += softplus(s - a * k as f64);
    }
    s + weighted(a, &[b, s, 2.0])
}

#[differentiate]
fn same_twice(x: &[f64]) -> f64 {
    let before = weighted(x[0], x);
    before * weighted(x[1], &x[1..])
}

use other::scaled;

#[derivative_of(other::scaled, forward = scaled_jvp)]
fn scaled_vjp(w: Vec<f64>, by: f64) -> (Vec<f64>, impl FnOnce(Vec<f64>) -> (Vec<f64>, f64)) {
    let kept = w.clone();
    (scaled(w, by), move |y_bar: Vec<f64>| {
        let by_bar = y_bar.iter().zip(&kept).map(|(y, w)| y * w).sum();
        (y_bar.iter().map(|y| y * by).collect(), by_bar)
    })
}

fn scaled_jvp(w: Vec<f64>, by: f64, w_dot: &[f64], by_dot: f64) -> (Vec<f64>, Vec<f64>) {
    let dot = w
        .iter()
        .zip(w_dot)
        .map(|(w, d)| d * by + w * by_dot)
        .collect();
    (scaled(w, by), dot)
}

#[differentiate]
fn of_vectors(x: &[f64]) -> f64 {
    let y = scaled(x.to_vec(), x[0]);
    let mut s = 0.0;
    for i in 0..y.len() {
        s += y[i] * y[i] * x[i];
    }
    s
}

use other::power;

#[derivative_of(other::power)]
fn power_vjp(x: f64, n: i32) -> (f64, impl FnOnce(f64) -> f64) {
    (power(x, n), move |y_bar| {
        y_bar * f64::from(n) * x.powi(n - 1)
    })
}

#[differentiate]
fn of_integers(a: f64, b: f64) -> f64 {
    power(a, 3) * b + power(b + a, 2)
}

use other::squared;

#[derivative_of(other::squared)]
fn squared_vjp<T: grad_runtime::Scalar>(x: T) -> (T, impl FnOnce(T) -> T) {
    (squared(x), move |y_bar| y_bar * (x + x))
}

#[differentiate]
fn of_generics(a: f64, b: f64) -> f64 {
    squared(a) * squared::<f64>(a * b)
}

/// A type of this crate.
#[derive(Differentiable, Clone)]
pub struct Ellipse {
    pub a: f64,
    pub b: f64,
}

impl Ellipse {
    pub fn area(&self, scale: f64) -> f64 {
        std::f64::consts::PI * self.a * self.b * scale
    }
}

#[derivative_of(Ellipse::area)]
fn area_vjp(this: &Ellipse, scale: f64) -> (f64, impl FnOnce(f64) -> (Ellipse, f64)) {
    let (a, b) = (this.a, this.b);
    let y = this.area(scale);
    (y, move |y_bar: f64| {
        let f = std::f64::consts::PI * y_bar;
        (
            Ellipse {
                a: f * b * scale,
                b: f * a * scale,
            },
            f * a * b,
        )
    })
}

#[differentiate]
fn of_methods(a: f64, b: f64) -> f64 {
    let e = Ellipse {
        a: a * b,
        b: a + 1.0,
    };
    e.area(b) + e.area(a * a)
}

/// A method of another crate's type, as a function of what it is made from.
use other::Matrix;

mod foreign {
    use super::Matrix;
    use grad_runtime::derivative_of;

    #[derivative_of(Matrix::trace_of, foreign)]
    pub fn trace_vjp(values: &[f64; 4]) -> (f64, impl FnOnce(f64) -> [f64; 4]) {
        (Matrix::trace_of(values), move |y_bar| {
            [y_bar, 0.0, 0.0, y_bar]
        })
    }

    #[derivative_of(Matrix::det, foreign)]
    pub fn det_vjp(m: &Matrix) -> (f64, impl FnOnce(f64, &Matrix) -> Matrix) {
        let pull = |y: f64, m: &Matrix| {
            let [a, b, c, d] = m.0;
            Matrix([y * d, -y * c, -y * b, y * a])
        };
        (m.det(), pull)
    }
}
use foreign::{det_vjp, trace_vjp};

#[differentiate]
fn of_foreign(x: &[f64]) -> f64 {
    let v = [x[0] * x[0], x[1], x[2], x[0] * x[1]];
    let m = Matrix([x[0], x[1], x[2], x[0] * x[2]]);
    Matrix::trace_of(&v) * x[2] + m.det()
}

/// A better formula than the program's.
fn log_sum(x: &[f64]) -> f64 {
    x.iter().map(|v| v.exp()).sum::<f64>().ln()
}

#[derivative_of(log_sum)]
fn log_sum_vjp(x: &[f64]) -> (f64, Box<dyn FnOnce(f64) -> Vec<f64>>) {
    let y = log_sum(x);
    let shares: Vec<f64> = x.iter().map(|v| (v - y).exp()).collect();
    (
        y,
        Box::new(move |y_bar| shares.iter().map(|s| s * y_bar).collect()),
    )
}

#[differentiate]
fn of_slices(x: &[f64]) -> f64 {
    log_sum(x) * log_sum(&x[1..])
}

/// Forward mode alone, with an argument held constant.
fn step(x: f64, y: f64) -> f64 {
    x * y
}

#[derivative_of(step, forward, wrt(x))]
fn step_jvp(x: f64, y: f64, x_dot: f64) -> (f64, f64) {
    (step(x, y), x_dot * y)
}

#[differentiate(forward)]
fn of_tangents(x: f64) -> f64 {
    step(x * x, grad_runtime::constant(x))
}

#[test]
fn rules() {
    numbers!(calls, value_and_grad_calls, jvp_calls, 2; [0.5, 1.2], [-1.0, 0.7]);
    slice!(same_twice, value_and_grad_same_twice, jvp_same_twice; [0.5, 1.5, 2.0]);
    slice!(of_vectors, value_and_grad_of_vectors, jvp_of_vectors; [0.5, 1.5, 2.0]);
    numbers!(of_integers, value_and_grad_of_integers, jvp_of_integers, 2; [0.5, 1.2]);
    numbers!(of_generics, value_and_grad_of_generics, jvp_of_generics, 2; [0.5, 1.2]);
    numbers!(of_methods, value_and_grad_of_methods, jvp_of_methods, 2; [0.5, 1.2]);
    slice!(of_foreign, value_and_grad_of_foreign, jvp_of_foreign; [0.5, 1.5, 2.0]);
    slice!(of_slices, value_and_grad_of_slices, jvp_of_slices; [0.5, 1.5, 2.0]);
    // y is held constant: 2 x y.
    assert_eq!(jvp_of_tangents(3.0, 1.0), (27.0, 18.0));
}

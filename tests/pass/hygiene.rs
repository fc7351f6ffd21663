//! Functions that other macros write: names of theirs and of the caller stay apart.
#![deny(warnings)]

use grad_runtime::differentiate;

macro_rules! shifted {
    ($name:ident, $x:ident, $body:expr) => {
        #[differentiate]
        fn $name($x: f64) -> f64 {
            let shift = 10.0 * $x;
            let inner = $body;
            let mut total = inner + shift;
            for i in 0..2 {
                total += i as f64 * inner;
            }
            total
        }
    };
}

const SHIFT: f64 = 100.0;
shifted!(uses_caller, y, y * SHIFT);
shifted!(plain, x, x * x);

macro_rules! vector {
    ($($name:ident => $op:tt;)*) => {$(
        #[differentiate]
        fn $name(x: &[f64], w: &[f64]) -> f64 {
            let mut total = 0.0;
            for k in 0..x.len() {
                total += x[k] $op w[k];
            }
            total
        }
    )*};
}

vector! {
    product => *;
    difference => -;
}

macro_rules! method {
    ($type:ty, $name:ident) => {
        impl $type {
            #[differentiate]
            fn $name(&self, x: f64) -> f64 {
                self.k * x
            }
        }
    };
}

#[derive(grad_runtime::Differentiable)]
struct Factor {
    k: f64,
}
method!(Factor, scale);

fn main() {
    assert_eq!(grad_uses_caller(1.0), 210.0);
    assert_eq!(grad_plain(2.0), 4.0 * 2.0 + 10.0);
    assert_eq!(grad_product(&[1.0, 2.0], &[3.0, 4.0]).0, [3.0, 4.0]);
    assert_eq!(grad_difference(&[1.0, 2.0], &[3.0, 4.0]).1, [-1.0, -1.0]);
    let (k_bar, x_bar) = Factor { k: 3.0 }.grad_scale(2.0);
    assert_eq!((k_bar.k, x_bar), (2.0, 3.0));
}

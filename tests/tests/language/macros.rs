//! Macros of the user's in a body: what only reads is carried as it stands.

use grad_runtime::{Differentiable, differentiate};

macro_rules! check {
    ($c:expr, $($t:tt)*) => { if !$c { panic!($($t)*); } };
}

macro_rules! note {
    ($($t:tt)*) => { let _text = format!($($t)*); };
}

macro_rules! half {
    ($m:expr) => {
        $m.len() / 2
    };
}

macro_rules! weights {
    ($($k:expr),*) => { [$($k as f64),*] };
}

mod statements {
    use super::*;
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut s = 0.0;
        let mut y = x.to_vec();
        for v in x {
            check!(v.abs() < 100.0, "large {}", v);
            s += v * v;
            note!("{s} {}", y[0]);
            y[0] *= s;
        }
        note! {"{:?}", y}
        check!(y.len() == 4 && s > 0.0, "{s}");
        s * y[0]
    }
}

mod values {
    use super::*;
    #[derive(Differentiable)]
    struct P {
        a: f64,
        n: usize,
    }
    macro_rules! count {
        ($p:expr) => {
            $p.n
        };
    }
    #[differentiate]
    impl P {
        fn sum(&self, x: f64) -> f64 {
            let mut s = 0.0;
            for i in 0..count!(self) {
                s += self.a * x * i as f64;
            }
            s
        }
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut y = x.to_vec();
        y[1] *= 2.0;
        let w = weights!(1, 2, 3);
        let mut s = P { a: x[0], n: 3 }.sum(x[1]);
        for i in 0..half!(y) {
            s += y[i] * w[i];
        }
        s
    }
}

#[test]
fn all() {
    slice!(statements::f, statements::value_and_grad_f, statements::jvp_f; [1.3, 0.7, 2.1, -0.4]);
    slice!(values::f, values::value_and_grad_f, values::jvp_f; [1.3, 0.7, 2.1, -0.4]);
}

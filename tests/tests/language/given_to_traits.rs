//! Methods of traits that are given functions, and functions whose inputs have lifetimes of their own:
//! each module is one function of a slice.

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Differentiable)]
struct Line {
    a: Vec<f64>,
}

mod generic_methods {
    use super::*;
    #[differentiate]
    trait Mesh {
        fn visit<F: FnMut(f64)>(&self, f: F);
        fn sum(&self, f: impl Fn(f64) -> f64, by: f64) -> f64;
        fn total(&self) -> f64 {
            let mut t = 0.0;
            self.visit(|v| t += v * v);
            t
        }
        fn both(&self, f: impl Fn(f64) -> f64) -> f64 {
            self.sum(&f, 2.0) * f(1.0)
        }
    }
    #[differentiate]
    impl Mesh for Line {
        fn visit<F: FnMut(f64)>(&self, mut f: F) {
            for v in self.a.iter() {
                f(*v);
            }
        }
        fn sum(&self, f: impl Fn(f64) -> f64, by: f64) -> f64 {
            self.a.iter().map(|v| f(*v * by)).sum()
        }
    }
    #[differentiate]
    fn go<M: Mesh>(m: &M) -> f64 {
        let mut p = 1.0;
        m.visit(|v| p *= v + 1.0);
        p * m.total() + m.sum(f64::sin, p)
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let m = Line { a: x.to_vec() };
        go(&m) * m.both(|t| t * t + x[1])
    }
}

mod lifetimes {
    use super::*;
    #[differentiate]
    fn by_clause<F>(f: F, x: &[f64]) -> f64
    where
        F: for<'a> Fn(&'a [f64]) -> f64,
    {
        f(x) * f(&x[1..])
    }
    #[differentiate]
    fn by_type<F>(f: F, x: &[f64]) -> f64
    where
        for<'a> F: Fn(&'a [f64], &'a f64) -> f64,
    {
        f(x, &x[1])
    }
    #[differentiate]
    fn by_object(f: &dyn for<'a> Fn(&'a [f64]) -> f64, x: &[f64]) -> f64 {
        f(&[x[0], x[1] * x[0]])
    }
    #[differentiate]
    fn by_pointer(f: for<'a> fn(&'a [f64]) -> f64, x: &[f64]) -> f64 {
        f(x)
    }
    #[differentiate]
    fn norm(x: &[f64]) -> f64 {
        x.iter().map(|v| v * v).sum()
    }
    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        by_clause(|v| v[0] * v[1] + x[0], x) + by_type(|v, w| v[0] * w * x[1], x)
            - by_object(&|v| v[1] * x[1], x)
            + by_pointer(norm, x)
    }
}

#[test]
fn methods_given_functions() {
    slice!(generic_methods::f, generic_methods::value_and_grad_f, generic_methods::jvp_f; [0.5, 0.7, 1.1]);
    slice!(lifetimes::f, lifetimes::value_and_grad_f, lifetimes::jvp_f; [0.5, 0.7, 1.1]);
}

//! Generics over floats, const generics, traits of the user's.

use std::ops::{Add, Mul, Neg, Sub};

use grad_runtime::{Differentiable, differentiate};

pub trait Real:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
{
    fn from_f64(v: f64) -> Self;
    fn sqrt(self) -> Self;
    fn exp(self) -> Self;
}

impl Real for f64 {
    fn from_f64(v: f64) -> Self {
        v
    }
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    fn exp(self) -> Self {
        f64::exp(self)
    }
}

#[differentiate]
pub fn rbf<T: Real>(a: &[T], b: &[T], gamma: T) -> T {
    let mut d2 = T::from_f64(0.0);
    for i in 0..a.len() {
        let d = a[i] - b[i];
        d2 = d2 + d * d;
    }
    (-(gamma * d2)).exp() + d2.sqrt()
}

/// The same with the trait under the attribute.
pub mod annotated {
    use super::*;

    #[differentiate]
    pub trait Number: Copy + PartialOrd + Add<Output = Self> + Mul<Output = Self> {
        fn from_f64(v: f64) -> Self;
        fn cube(self) -> Self;
        fn twice(self) -> Self {
            self + self
        }
    }

    #[differentiate]
    impl Number for f64 {
        fn from_f64(v: f64) -> Self {
            v
        }
        fn cube(self) -> Self {
            self * self * self
        }
    }

    #[differentiate]
    pub fn polynomial<T: Number>(c: &[T], x: T) -> T {
        let mut acc = T::from_f64(0.0);
        for i in 0..c.len() {
            acc = acc * x + c[i];
        }
        acc.cube() + x.twice()
    }

    #[differentiate]
    pub fn use_it(c: &[f64], x: f64) -> f64 {
        polynomial(c, x) * polynomial::<f64>(&c[1..], x * x)
    }
}

#[differentiate]
pub trait Shape {
    fn area(&self) -> f64;
    fn scaled(&self, k: f64) -> f64 {
        self.area() * k * k
    }
}

#[derive(Differentiable, Clone)]
pub struct Disc {
    pub r: f64,
}

#[derive(Differentiable, Clone)]
pub struct Square(pub f64);

#[differentiate]
impl Shape for Disc {
    fn area(&self) -> f64 {
        3.0 * self.r * self.r
    }
}

#[differentiate]
impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
    fn scaled(&self, k: f64) -> f64 {
        (self.0 * k).powi(2)
    }
}

#[differentiate]
pub fn total<S: Shape>(shapes: &[S], k: f64) -> f64 {
    let mut s = 0.0;
    for shape in shapes {
        s += shape.area() + shape.scaled(k);
    }
    s
}

#[differentiate]
pub fn both(a: f64, b: f64) -> f64 {
    let discs = [Disc { r: a }, Disc { r: b }];
    let squares = vec![Square(a * b)];
    total(&discs, b) * total(&squares, a)
}

#[derive(Clone, Copy, Differentiable)]
pub struct Pair<T> {
    pub a: T,
    pub b: T,
}

#[differentiate]
impl<T: Real> Pair<T> {
    pub fn product(self) -> T {
        self.a * self.b
    }
    pub fn sum(&self) -> T {
        self.a + self.b
    }
}

#[differentiate]
pub fn pairs(a: f64, b: f64) -> f64 {
    let p = Pair { a: a * b, b };
    p.product() - p.sum()
}

#[differentiate]
pub fn norm<const N: usize>(x: &[f64; N]) -> f64 {
    let mut s = 0.0;
    for k in 0..N {
        s += x[k] * x[k];
    }
    s.sqrt()
}

#[differentiate]
pub fn norms(a: f64, b: f64) -> f64 {
    norm(&[a, b, a * b]) + norm::<2>(&[a, b])
}

#[differentiate]
pub fn lifetimes<'a>(x: &'a [f64], y: &'a [f64], first: bool) -> f64 {
    if first { x[0] * y[0] } else { x[0] - y[0] }
}

#[differentiate]
pub fn nested_function(a: f64, b: f64) -> f64 {
    fn helper(x: f64) -> f64 {
        x * x + 1.0
    }
    helper(a) * helper(b + helper(a))
}

#[differentiate]
pub fn named_by_the_trait<T: Real>(a: T, b: T) -> T {
    Real::exp(a) * Real::sqrt(b) * a
}

/// A vector of numbers that is moved out on one of the ways.
#[differentiate]
pub fn scaled<T: Real>(a: &[T], mut b: Vec<T>) -> Option<Vec<T>> {
    if b.is_empty() {
        return None;
    }
    for (b, a) in b.iter_mut().zip(a) {
        *b = *b * *a;
    }
    Some(b)
}

#[differentiate]
pub fn moved_on_a_way(x: &[f64]) -> f64 {
    scaled(x, vec![x[1], x[0] * x[0]]).map_or(0.0, |v| v[0] * v[1])
}

#[test]
fn generic() {
    let f = |x: &[f64]| rbf(&x[..2], &x[2..4], x[4]);
    let g = |x: &[f64]| {
        let (y, pull) = vjp_rbf(&x[..2], &x[2..4], x[4]);
        let (a, b, c) = pull(1.0);
        (y, [a, b, vec![c]].concat())
    };
    let j = |x: &[f64], d: &[f64]| jvp_rbf(&x[..2], &x[2..4], x[4], &d[..2], &d[2..4], d[4]);
    slice!(f, g, j; [0.1, 0.4, -0.3, 0.9, 0.6]);
    slice!(moved_on_a_way, value_and_grad_moved_on_a_way, jvp_moved_on_a_way; [0.8, 1.4]);
    let f = |x: &[f64]| annotated::use_it(&x[1..], x[0]);
    let g = |x: &[f64]| {
        let (y, (c, d)) = annotated::value_and_grad_use_it(&x[1..], x[0]);
        (y, [vec![d], c].concat())
    };
    let j = |x: &[f64], d: &[f64]| annotated::jvp_use_it(&x[1..], x[0], &d[1..], d[0]);
    slice!(f, g, j; [0.5, 0.1, 0.4, -0.3]);
    numbers!(named_by_the_trait, value_and_grad_named_by_the_trait, jvp_named_by_the_trait, 2; [0.7, 1.9]);
    numbers!(both, value_and_grad_both, jvp_both, 2; [0.7, 1.9]);
    numbers!(pairs, value_and_grad_pairs, jvp_pairs, 2; [0.7, 1.9]);
    numbers!(norms, value_and_grad_norms, jvp_norms, 2; [0.7, 1.9]);
    numbers!(nested_function, value_and_grad_nested_function, jvp_nested_function, 2; [0.7, 1.9]);
    assert_eq!(grad_lifetimes(&[2.0], &[3.0], true), (vec![3.0], vec![2.0]));
    let disc = Disc { r: 2.0 };
    assert_eq!(disc.grad_area().r, 12.0);
}

#![allow(unused)]
use grad_runtime::differentiate;

#[differentiate]
unsafe fn not_safe(x: f64) -> f64 {
    x
}

#[differentiate]
fn with_impl(x: f64, y: impl Into<f64>) -> f64 {
    x * y.into()
}

#[differentiate]
fn viewed<T>(x: &T) -> f64
where
    T: AsRef<[f64]>,
{
    x.as_ref()[0]
}

#[differentiate]
fn make(a: f64) -> impl FnMut(f64) -> f64 {
    let mut sum = 0.0;
    move |x| {
        sum += a * x;
        sum
    }
}

#[differentiate]
fn make_boxed(v: &mut Vec<f64>, a: f64) -> Box<dyn Fn(f64) -> f64> {
    v.push(a);
    Box::new(move |x| a * x)
}

#[differentiate]
fn make_shown(a: f64) -> impl std::fmt::Debug {
    [a, a * a]
}

#[rustfmt::skip]
#[differentiate]
fn many(
    a0: f64, a1: f64, a2: f64, a3: f64, a4: f64, a5: f64, a6: f64, a7: f64, a8: f64, a9: f64,
    b0: f64, b1: f64, b2: f64, b3: f64, b4: f64, b5: f64, b6: f64, b7: f64, b8: f64, b9: f64,
    c0: f64, c1: f64, c2: f64, c3: f64, c4: f64, c5: f64, c6: f64, c7: f64, c8: f64, c9: f64,
    d0: f64, d1: f64, d2: f64, d3: f64, d4: f64, d5: f64, d6: f64, d7: f64, d8: f64, d9: f64,
    e0: f64, e1: f64, e2: f64, e3: f64, e4: f64, e5: f64, e6: f64, e7: f64, e8: f64, e9: f64,
    g0: f64, g1: f64, g2: f64, g3: f64, g4: f64, g5: f64, g6: f64, g7: f64, g8: f64, g9: f64,
    h0: f64, h1: f64, h2: f64, h3: f64, h4: f64,
) -> f64 {
    a0
}

fn main() {}

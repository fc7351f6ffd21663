//! Nothing that the macros generate may warn: this crate denies whatever a user's may.
//!
//! Compiled in editions 2024 and 2021; `cargo clippy` is the test.

#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    single_use_lifetimes,
    unreachable_pub,
    unused,
    unused_qualifications,
    rust_2018_idioms,
    clippy::all,
    clippy::pedantic
)]
#![forbid(unsafe_code)]
// What the functions below would be told without the macros too: they are loops on purpose.
#![allow(clippy::needless_range_loop, clippy::cast_precision_loss)]

use std::ops::{Add, Index, IndexMut, Mul};

use grad_runtime::{Differentiable, constant, differentiate};

/// Scalars.
#[differentiate]
#[must_use]
pub fn scalars(x: f64, y: f32, n: usize, flag: bool) -> f64 {
    let mut z = x * f64::from(y);
    if flag {
        z += x.sin();
    }
    for _ in 0..n {
        z = z.tanh() + 0.1 * x;
    }
    z
}

/// Slices, an early return and nested loops.
#[differentiate(wrt(x, w))]
#[must_use]
pub fn slices(x: &[f64], w: &[f64], limit: f64) -> f64 {
    let mut total = 0.0;
    'rows: for i in 0..x.len() {
        for j in 0..w.len() {
            if w[j] > limit {
                continue 'rows;
            }
            total += x[i] * w[j];
        }
        if total > 1e6 {
            return total;
        }
    }
    total
}

/// Owned values, changed in place.
#[differentiate]
#[must_use]
pub fn owned(mut x: [f64; 3], v: Vec<f64>, pair: (f64, f64)) -> Vec<f64> {
    x[0] *= pair.0;
    let mut out = v;
    for i in 0..3 {
        out[i] += x[i] * pair.1;
    }
    out
}

/// Several results.
#[differentiate]
#[must_use]
pub fn several(x: f64) -> (f64, [f64; 2]) {
    (x.exp(), [x, x * x])
}

/// Constant parameters and lifetimes.
#[differentiate]
#[must_use]
pub fn generic<'a, const N: usize>(x: &'a [f64; N], y: &'a [f64]) -> f64
where
    [f64; N]: Sized,
{
    x[0] * y[N - 1]
}

/// Options: one parameter, and forward mode alone.
#[differentiate(wrt(x), forward)]
#[inline]
#[must_use]
pub fn chosen(x: f64, data: &[f64]) -> f64 {
    x * data[0]
}

/// Reverse mode alone, with the runtime by another path.
#[differentiate(reverse, crate = ::grad_runtime)]
#[must_use]
pub fn renamed(x: f64) -> f64 {
    chosen_constant(x) + 1.0
}

#[differentiate]
fn chosen_constant(x: f64) -> f64 {
    const SCALE: f64 = 2.0;
    x * SCALE
}

/// A function that is not always there.
#[cfg(not(any()))]
#[differentiate]
#[must_use]
pub fn conditional(x: f64) -> f64 {
    x
}

/// A function that is never there.
#[cfg(any())]
#[differentiate]
pub fn absent(x: NoSuchType) -> f64 {
    x
}

/// Calls itself.
#[differentiate]
#[must_use]
pub fn recursive(x: f64, n: u32) -> f64 {
    if n == 0 {
        return x;
    }
    x * recursive(x.cos(), n - 1)
}

/// Only its derivatives are called.
#[differentiate]
pub(crate) fn visible_here(x: f64) -> f64 {
    x * x
}

/// Calls the gradient of a function that is not public.
#[must_use]
pub fn slope(x: f64) -> f64 {
    grad_visible_here(x)
}

/// A module of its own.
pub mod inner {
    use grad_runtime::differentiate;

    /// Found through the path.
    #[differentiate]
    #[must_use]
    pub fn cube(x: f64) -> f64 {
        x * super::recursive(x, 2)
    }
}

/// Calls through a module.
#[differentiate]
#[must_use]
pub fn through(x: f64) -> f64 {
    inner::cube(x) + inner::cube(2.0)
}

/// Its own tangent.
#[derive(Differentiable, Clone, Copy, Debug, PartialEq)]
pub struct Vec2 {
    /// Across.
    pub x: f64,
    /// Up.
    pub y: f64,
}

impl Add for Vec2 {
    type Output = Vec2;
    fn add(self, other: Vec2) -> Vec2 {
        Vec2 {
            x: self.x + other.x,
            y: self.y + other.y,
        }
    }
}

#[differentiate]
impl Mul<f64> for Vec2 {
    type Output = Vec2;
    fn mul(self, k: f64) -> Vec2 {
        Vec2 {
            x: self.x * k,
            y: self.y * k,
        }
    }
}

#[differentiate]
impl Vec2 {
    /// The square of the length.
    #[must_use]
    pub fn square(&self) -> f64 {
        self.x * self.x + self.y * self.y
    }

    /// A point on the axis.
    #[must_use]
    pub fn on_axis(x: f64) -> Vec2 {
        Vec2 { x, y: 0.0 }
    }

    /// Moves the point.
    pub fn stretch(&mut self, k: f64) {
        self.x *= k;
        self.y *= k;
    }
}

/// Operators of the user's.
#[differentiate]
#[must_use]
pub fn scaled(p: Vec2, k: f64) -> f64 {
    let q = p * k;
    q.x + q.square()
}

/// A tangent of another type.
#[derive(Differentiable, Clone, Debug)]
pub struct Model {
    /// Weights.
    pub weights: Vec<f64>,
    /// A count, which has no derivative.
    pub count: usize,
    /// Not differentiated.
    #[differentiate(skip)]
    pub data: Vec<f64>,
}

impl Model {
    /// A loss.
    #[differentiate]
    #[must_use]
    pub fn loss(&self, x: &[f64]) -> f64 {
        let mut total = 0.0;
        for i in 0..self.weights.len() {
            let error = self.weights[i] * x[i] - constant(self.data[i]);
            total += error * error;
        }
        total / x.len() as f64
    }
}

/// Several shapes.
#[derive(Differentiable, Clone, Debug)]
pub enum Shape {
    /// A circle.
    Circle {
        /// Its radius.
        r: f64,
    },
    /// A rectangle.
    Rectangle(f64, f64),
    /// Nothing.
    Nothing,
}

/// A tuple struct with a type parameter.
#[derive(Differentiable, Clone, Debug)]
pub struct Pair<T>(pub T, pub T);

/// A trait with a default method.
#[differentiate]
pub trait Curve {
    /// The height at `x`.
    fn height(&self, x: f64) -> f64;

    /// Twice the height.
    fn twice(&self, x: f64) -> f64 {
        2.0 * self.height(x)
    }
}

#[differentiate]
impl Curve for Vec2 {
    fn height(&self, x: f64) -> f64 {
        self.x * x + self.y
    }
}

macro_rules! polynomial {
    ($name:ident, $x:ident, $body:expr) => {
        /// From a macro.
        #[differentiate]
        #[must_use]
        pub fn $name($x: f64) -> f64 {
            let value = $body;
            value * value
        }
    };
}

polynomial!(from_a_macro, t, t * t + 1.0);

/// A matrix, indexed and seen by its rows.
#[derive(Clone, Debug, Differentiable)]
pub struct Matrix {
    data: Vec<f64>,
    columns: usize,
}

#[differentiate]
impl Index<(usize, usize)> for Matrix {
    type Output = f64;
    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.data[i * self.columns + j]
    }
}

#[differentiate]
impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        &mut self.data[i * self.columns + j]
    }
}

#[differentiate]
impl From<Vec<f64>> for Matrix {
    fn from(data: Vec<f64>) -> Self {
        Matrix { data, columns: 1 }
    }
}

#[differentiate]
impl Matrix {
    /// A row.
    #[must_use]
    pub fn row(&self, i: usize) -> &[f64] {
        &self.data[i * self.columns..(i + 1) * self.columns]
    }

    /// A row to be written.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        let columns = self.columns;
        &mut self.data[i * columns..(i + 1) * columns]
    }

    /// Writes through what indices and rows give.
    pub fn scale(&mut self, by: f64) -> f64 {
        self[(0, 0)] *= by;
        self.row_mut(0)[0] += by;
        self.row(0)[0] * self[(0, 0)]
    }
}

/// The longer one.
#[differentiate]
#[must_use]
pub fn longer<'a>(a: &'a [f64], b: &'a [f64]) -> &'a [f64] {
    if a.len() > b.len() { a } else { b }
}

/// Something with objects.
#[differentiate(wrt(x))]
pub trait Response {
    /// The response.
    fn respond(&self, x: f64) -> f64;
    /// To the response.
    fn twice(&self, x: f64) -> f64 {
        self.respond(self.respond(x))
    }
}

/// A factor.
#[derive(Clone, Copy, Debug)]
pub struct Gain(pub f64);

#[differentiate(wrt(x))]
impl Response for Gain {
    fn respond(&self, x: f64) -> f64 {
        self.0 * x
    }
}

/// By objects.
#[differentiate(wrt(x))]
#[must_use]
pub fn responses(all: &[Box<dyn Response>], x: f64) -> f64 {
    all.iter().map(|one| one.twice(x)).sum()
}

/// What is not always used, and functions that call one another.
#[differentiate(recursive)]
#[must_use]
pub fn there(x: f64, n: usize) -> f64 {
    let other = back(x * 0.5, n.saturating_sub(1));
    let root = (x - 1.0).sqrt() * x;
    if n == 0 {
        return x;
    }
    if x > 1.0 { root } else { other }
}

/// The other one.
#[differentiate]
#[must_use]
pub fn back(x: f64, n: usize) -> f64 {
    if n == 0 { x * x } else { there(x + 0.5, n - 1) }
}

/// Slices, arrays of structs, values of loops, the order of operands.
#[differentiate]
#[must_use]
pub fn corners(x: &[f64]) -> f64 {
    let mut corners = [Vec2 { x: x[0], y: x[1] }; 2];
    let mut rest = x;
    let pair = loop {
        let [first, after @ ..] = rest else {
            break [1.0, 2.0];
        };
        if *first > 2.0 {
            break [*first; 2];
        }
        rest = after;
    };
    corners[1].x *= pair[0];
    let mut both = (pair[1], corners[1].x);
    std::mem::swap(&mut both.0, &mut corners[0].y);
    both.0 * both.1 + corners[0].y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_there() {
        assert!((grad_from_a_macro(2.0) - 40.0).abs() < 1e-12);
        assert!((slope(3.0) - 6.0).abs() < 1e-12);
        assert!((grad_through(1.0) - jvp_through(1.0, 1.0).1).abs() < 1e-12);
        let p = Vec2 { x: 1.0, y: 2.0 };
        assert_eq!(p.grad_square(), Vec2 { x: 2.0, y: 4.0 });
    }
}

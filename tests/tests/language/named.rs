//! Names that mean something else than usual: operators called by theirs, a `len` that measures,
//! functions of traits in scope beside those of std; operators that are there alone.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

use grad_runtime::{Differentiable, differentiate};

/// Its `from` makes `f64::from` ambiguous.
trait Cast: Sized {
    fn from(n: u8) -> Option<Self>;
}

impl Cast for f64 {
    fn from(n: u8) -> Option<f64> {
        Some(n as f64)
    }
}

impl Cast for u8 {
    fn from(n: u8) -> Option<u8> {
        Some(n)
    }
}

#[differentiate]
fn operators(x: &[f64]) -> f64 {
    let product = x.iter().copied().fold(1.0, f64::mul);
    x.iter().copied().map(Neg::neg).sum::<f64>() * product + x.iter().fold(0.5, Add::add)
}

#[derive(Clone, Copy, Differentiable)]
struct Arrow {
    x: f64,
    y: f64,
}

#[differentiate]
impl Sub for Arrow {
    type Output = Arrow;
    fn sub(self, other: Arrow) -> Arrow {
        Arrow {
            x: self.x - other.x,
            y: self.y - other.y,
        }
    }
}

#[differentiate]
impl Arrow {
    fn len(&self) -> f64 {
        self.x.hypot(self.y)
    }
    fn max(self, least: f64) -> Arrow {
        Arrow {
            x: self.x.max(least),
            y: self.y.max(least),
        }
    }
    fn unit(self) -> Arrow {
        let len = self.len();
        Arrow {
            x: self.x / len,
            y: self.y / len,
        }
    }
}

#[differentiate]
fn measured(x: &[f64]) -> f64 {
    let a = Arrow { x: x[0], y: x[1] };
    let b = Arrow { x: x[2], y: 1.0 };
    (a - b).len() * a.unit().x + (a - b).max(x[1]).len()
}

#[differentiate]
fn applied(f: impl Fn(&[f64]) -> Vec<f64>, x: &[f64]) -> f64 {
    let v = f(x);
    v[0] * v[1]
}

#[differentiate]
fn range_ends(x: &[f64]) -> f64 {
    let n = x.len();
    let k = x[2];
    applied(|v| (0..n).map(|i| k * v[i] * v[i]).collect(), x)
}

#[differentiate]
fn backtracked(x: &[f64]) -> f64 {
    let f = |t: f64| x.iter().map(|v| (v - t).powi(2)).sum::<f64>();
    let mut step = 4.0 * x[0];
    while f(step) > f(0.0) {
        step *= 0.5;
    }
    f(step) * step
}

/// Only `+=` is there, no `+`.
#[derive(Clone, Copy, Default, Differentiable)]
struct Seconds(f64);

#[differentiate]
impl AddAssign for Seconds {
    fn add_assign(&mut self, other: Seconds) {
        self.0 += other.0;
    }
}

#[differentiate]
fn assigned(x: &[f64]) -> f64 {
    let mut t = Seconds::default();
    for v in x {
        t += Seconds(v * v);
    }
    t.0 * x[0]
}

#[derive(Differentiable)]
struct Matrix {
    rows: usize,
    data: Vec<f64>,
}

#[differentiate]
impl Mul<&Vec<f64>> for &Matrix {
    type Output = Vec<f64>;
    fn mul(self, v: &Vec<f64>) -> Vec<f64> {
        self * v.as_slice()
    }
}

#[differentiate]
impl Mul<&[f64]> for &Matrix {
    type Output = Vec<f64>;
    fn mul(self, v: &[f64]) -> Vec<f64> {
        let rows = self.data.chunks(self.data.len() / self.rows);
        rows.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
            .collect()
    }
}

#[differentiate]
fn rows_times(x: &[f64]) -> f64 {
    let m = Matrix {
        rows: 2,
        data: vec![x[0], 0.5, x[2], x[1], x[0], 2.0],
    };
    let v = vec![x[1], x[0], 1.0];
    let (a, b) = (&m * &v, &m * x);
    a[0] * a[1] + b[0] * b[1]
}

#[derive(Clone, Copy, Differentiable)]
enum Turn {
    By(f64),
    To([[f64; 2]; 2]),
}

#[differentiate]
impl From<Turn> for [[f64; 2]; 2] {
    fn from(turn: Turn) -> Self {
        match turn {
            Turn::By(angle) => {
                let (s, c) = angle.sin_cos();
                [[c, -s], [s, c]]
            }
            Turn::To(matrix) => matrix,
        }
    }
}

#[differentiate]
fn turned(x: &[f64]) -> f64 {
    let (first, second) = (Turn::By(x[0]), Turn::To([[x[1], 0.5], [x[2], 1.0]]));
    let (a, b): ([[f64; 2]; 2], [[f64; 2]; 2]) = (first.into(), second.into());
    (0..2).map(|k| a[0][k] * b[k][1] * b[1][0]).sum()
}

/// A name for an array's type.
type Square = [[f64; 2]; 2];

#[differentiate]
fn diagonal(m: Square) -> f64 {
    let mut sum = 0.0;
    for (i, row) in m.into_iter().enumerate() {
        sum += row[i];
    }
    sum
}

#[differentiate]
fn scale(m: &mut Square, k: f64) {
    for row in m {
        row[0] *= k;
    }
}

#[differentiate]
fn squares(x: &[f64]) -> f64 {
    let mut m: Square = Default::default();
    for (row, v) in m.iter_mut().zip(x) {
        *row = [*v, v * v];
    }
    scale(&mut m, x[2]);
    let mut sum = diagonal(m);
    for (row, v) in x.chunks(2).zip(&m) {
        sum += row[0] * v[1];
    }
    sum
}

#[test]
fn names_mean_what_they_are() {
    let x = [0.7, 1.3, 0.4];
    slice!(operators, value_and_grad_operators, jvp_operators; x);
    slice!(measured, value_and_grad_measured, jvp_measured; x);
    slice!(assigned, value_and_grad_assigned, jvp_assigned; x);
    slice!(rows_times, value_and_grad_rows_times, jvp_rows_times; x);
    slice!(turned, value_and_grad_turned, jvp_turned; x);
    slice!(squares, value_and_grad_squares, jvp_squares; x);
    slice!(range_ends, value_and_grad_range_ends, jvp_range_ends; x);
    slice!(backtracked, value_and_grad_backtracked, jvp_backtracked; x);
}

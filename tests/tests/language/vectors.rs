//! Generic functions of what is added and scaled, of which a number is one kind.

use std::ops::{Add, Mul, Neg};

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Copy, Differentiable)]
struct Plane {
    x: f64,
    y: f64,
}

#[differentiate]
impl Add for Plane {
    type Output = Plane;
    fn add(self, other: Plane) -> Plane {
        Plane {
            x: self.x + other.x,
            y: self.y + other.y,
        }
    }
}

#[differentiate]
impl Mul<f64> for Plane {
    type Output = Plane;
    fn mul(self, k: f64) -> Plane {
        Plane {
            x: self.x * k,
            y: self.y * k,
        }
    }
}

#[differentiate]
impl Neg for Plane {
    type Output = Plane;
    fn neg(self) -> Plane {
        Plane {
            x: -self.x,
            y: -self.y,
        }
    }
}

#[differentiate]
fn euler<V>(mut y: V, h: f64, steps: usize, slope: impl Fn(V) -> V) -> V
where
    V: Copy + Add<Output = V> + Mul<f64, Output = V>,
{
    for _ in 0..steps {
        y = y + slope(y) * h;
    }
    y
}

#[differentiate]
pub fn integrated(x: &[f64]) -> f64 {
    let start = Plane { x: x[0], y: x[1] };
    let end = euler(start, 0.1, 3, |p| Plane {
        x: p.y,
        y: -p.x * x[2],
    });
    euler(x[0], 0.2, 2, |y| y * y) + end.x * end.y
}

#[differentiate]
trait Vector: Copy + Add<Output = Self> + Mul<f64, Output = Self> + Neg<Output = Self> {
    fn dot(self, other: Self) -> f64;

    fn mix(self, other: Self, t: f64) -> Self {
        self * (1.0 - t) + -(other * -t)
    }
}

#[differentiate]
impl Vector for Plane {
    fn dot(self, other: Plane) -> f64 {
        self.x * other.x + self.y * other.y
    }
}

#[differentiate]
fn bezier<V: Vector>(points: &[V], t: f64) -> V {
    let mut work = points.to_vec();
    while work.len() > 1 {
        work = work.windows(2).map(|w| w[0].mix(w[1], t)).collect();
    }
    work[0] + work[0] * t
}

#[differentiate]
pub fn curve(x: &[f64]) -> f64 {
    let points = [
        Plane { x: x[0], y: x[1] },
        Plane { x: x[2], y: x[0] },
        Plane { x: x[1], y: 1.0 },
    ];
    let p = bezier(&points, 0.3);
    p.dot(p).sqrt() + bezier(&points[..2], x[2]).x
}

#[test]
fn vectors() {
    slice!(integrated, value_and_grad_integrated, jvp_integrated; [0.4, 1.3, 0.7]);
    slice!(curve, value_and_grad_curve, jvp_curve; [0.4, 1.3, 0.7]);
}

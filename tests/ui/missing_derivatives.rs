use grad_runtime::{Differentiable, differentiate};

struct Plain {
    x: f64,
}

#[derive(Clone, Copy, Differentiable)]
struct Point {
    x: f64,
}

impl Point {
    fn norm(&self) -> f64 {
        self.x.abs()
    }
}

impl std::ops::Add for Point {
    type Output = Point;
    fn add(self, other: Point) -> Point {
        Point { x: self.x + other.x }
    }
}

#[differentiate]
fn parameter(p: &Plain) -> f64 {
    p.x
}

#[differentiate]
fn operator(p: Point) -> f64 {
    (p + p).x
}

#[differentiate]
fn method(p: &Point) -> f64 {
    p.norm()
}

fn main() {}

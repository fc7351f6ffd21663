//! Traits that slices implement, called on slices, vectors, arrays, parts of them, and fields.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub trait Stats {
    fn mean(&self) -> f64;
    fn spread(&self, k: f64) -> f64 {
        let m = self.mean();
        k * m * m + self.mean().sin()
    }
    fn normalize(&mut self);
    fn weighted(&self, by: &[f64]) -> f64;
    fn at(&self, i: usize) -> f64;
    fn parts(&self) -> (Vec<f64>, Option<f64>);
    fn folded(&self) -> f64;
}

#[differentiate]
impl Stats for [f64] {
    fn mean(&self) -> f64 {
        let mut s = 0.0;
        for v in self {
            s += v * v;
        }
        s / self.len() as f64
    }
    fn normalize(&mut self) {
        let m = self.mean();
        for v in self.iter_mut() {
            *v /= m;
        }
    }
    fn weighted(&self, by: &[f64]) -> f64 {
        self.iter().zip(by).map(|(a, b)| a * b).sum()
    }
    fn at(&self, i: usize) -> f64 {
        self[i]
    }
    fn parts(&self) -> (Vec<f64>, Option<f64>) {
        let all: f64 = self.iter().map(|v| v.exp()).sum();
        let soft = self.iter().map(|v| v.exp() / all).collect();
        (soft, self.iter().copied().reduce(f64::max))
    }
    fn folded(&self) -> f64 {
        if self.len() == 1 {
            return self[0].sin();
        }
        let half = self.len() / 2;
        self[..half].folded() * self[half..].folded() + self[0]
    }
}

/// The trait has objects all the same.
#[derive(Differentiable, Clone)]
struct Point {
    r: f64,
}

#[differentiate]
impl Stats for Point {
    fn mean(&self) -> f64 {
        self.r * self.r
    }
    fn normalize(&mut self) {
        self.r = 1.0;
    }
    fn weighted(&self, by: &[f64]) -> f64 {
        by[1] * self.r
    }
    fn at(&self, _i: usize) -> f64 {
        self.r
    }
    fn parts(&self) -> (Vec<f64>, Option<f64>) {
        (vec![self.r], None)
    }
    fn folded(&self) -> f64 {
        self.r
    }
}

#[differentiate(wrt(by))]
fn of_object(stats: &dyn Stats, by: &[f64]) -> f64 {
    stats.weighted(by) * stats.spread(by[0])
}

#[differentiate]
fn of_any<S: Stats>(stats: &S, k: f64) -> f64 {
    stats.spread(k)
}

#[differentiate]
fn parts(x: &[f64]) -> f64 {
    x.mean() + x[1..3].spread(x[0]) + x[..2].to_vec().mean() + x[..2].weighted(&x[2..])
}

#[differentiate]
fn changed(x: &[f64]) -> f64 {
    let mut y = x.to_vec();
    y.normalize();
    let mut z = [x[0] * x[1], x[2], y[0]];
    let before = z.mean();
    z.normalize();
    y[1..3].normalize();
    y[0] = before * z.at(1);
    y.mean() + z.weighted(&y) + y.weighted(x)
}

#[derive(Differentiable, Clone)]
struct Model {
    values: Vec<f64>,
    pair: [f64; 2],
}

#[differentiate]
impl Model {
    fn step(&mut self) {
        let values: &mut [f64] = &mut self.values;
        values.normalize();
        let pair: &mut [f64; 2] = &mut self.pair;
        pair.normalize();
        pair[0] += values.mean();
    }
    fn energy(&self) -> f64 {
        let (values, pair): (&[f64], &[f64]) = (&self.values, &self.pair);
        let tail = &self.values[1..];
        values.mean() * pair.spread(2.0) + tail.weighted(&self.pair)
    }
}

#[differentiate]
fn fields(x: &[f64]) -> f64 {
    let mut model = Model {
        values: x.to_vec(),
        pair: [x[0], x[1]],
    };
    let first = model.energy();
    model.step();
    model.step();
    let values: &Vec<f64> = &model.values;
    first * model.energy() + values.at(1) * model.pair[0]
}

#[differentiate]
fn write(x: &mut [f64], y: &mut Vec<f64>) {
    x.normalize();
    y.normalize();
    x[0] += y.mean();
    y[0] += x.weighted(y);
}

#[differentiate]
fn through(a: &Vec<f64>, b: &[f64; 2], c: Vec<f64>) -> f64 {
    a.mean() * b.mean() + c.spread(b.at(0))
}

#[differentiate]
fn apply(g: impl Fn(f64) -> f64, t: f64) -> f64 {
    g(t) * g(2.0 * t)
}

#[differentiate]
fn passed(x: &[f64]) -> f64 {
    fn inner(y: &[f64]) -> f64 {
        y.mean() * y.at(1)
    }
    let (mut a, mut b) = (x.to_vec(), x[1..].to_vec());
    write(&mut a[1..], &mut b);
    let twice = |s: &[f64]| s.mean() * 2.0;
    let rows = [x[..2].to_vec(), a];
    let mut t = 0.0;
    for row in &rows {
        t += row.mean() * row.at(0) + inner(row);
    }
    t += x.windows(2).map(|w| w.mean()).sum::<f64>();
    t + twice(&b) + apply(|t| t * x.mean(), x[1]) + through(&b, &[x[1], x[2]], x[2..].to_vec())
}

#[differentiate]
fn objects(x: &[f64]) -> f64 {
    let (soft, largest) = x.parts();
    let held = Point { r: 0.7 };
    let active = Point { r: x[1] };
    of_object(&held, x) + of_any(&active, x[0]) + active.mean() * largest.unwrap_or(0.0) * soft[0]
}

#[differentiate]
fn itself(x: &[f64]) -> f64 {
    x.folded() + x[1..].folded()
}

/// Slices of structs, of what implements the trait itself, and of numbers of any width.
mod generic {
    use super::*;

    pub trait Real: Copy + std::ops::Add<Output = Self> + std::ops::Mul<Output = Self> {}
    impl Real for f64 {}

    #[differentiate]
    pub trait Squares<T> {
        const WEIGHT: f64;
        fn squares(&self) -> T;
        fn double(&mut self);
    }

    #[differentiate]
    impl<T: Real> Squares<T> for [T] {
        const WEIGHT: f64 = 2.0;
        fn squares(&self) -> T {
            let mut s = self[0] * self[0];
            for v in &self[1..] {
                s = s + *v * *v;
            }
            s
        }
        fn double(&mut self) {
            for v in self.iter_mut() {
                *v = *v + *v;
            }
        }
    }

    #[derive(Differentiable, Clone)]
    pub struct Particle {
        m: f64,
        v: f64,
    }

    #[differentiate]
    pub trait System {
        fn energy(&self) -> f64;
        fn total(&self, k: f64) -> f64 {
            k * self.energy()
        }
    }

    #[differentiate]
    impl System for Particle {
        fn energy(&self) -> f64 {
            self.m * self.v * self.v
        }
    }

    #[differentiate]
    impl<S: System> System for [S] {
        fn energy(&self) -> f64 {
            self.iter().map(|s| s.energy()).sum()
        }
    }

    #[differentiate]
    pub trait Moves {
        fn advance(&mut self, dt: f64);
    }

    #[differentiate]
    impl Moves for [Particle] {
        fn advance(&mut self, dt: f64) {
            for p in self.iter_mut() {
                p.v += dt * p.m;
            }
        }
    }

    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let mut all = vec![Particle { m: x[0], v: x[1] }, Particle { m: x[2], v: x[0] }];
        for _ in 0..3 {
            all.advance(x[2]);
        }
        let mut y = x.to_vec();
        y.double();
        all.energy() * all[1..].total(x[1]) + y.squares() * x[1..].squares()
    }
}

/// What vectors and arrays implement themselves is theirs.
mod own {
    use super::*;

    #[differentiate]
    pub trait Norm {
        fn norm(&self) -> f64;
        fn flip(&mut self);
    }

    #[differentiate]
    impl Norm for Vec<f64> {
        fn norm(&self) -> f64 {
            self.iter().map(|v| v * v).sum()
        }
        fn flip(&mut self) {
            self[0] *= 3.0;
            self.push(1.0);
        }
    }

    #[differentiate]
    impl Norm for [f64; 3] {
        fn norm(&self) -> f64 {
            (self[0] * self[0] + self[1].exp()).sqrt()
        }
        fn flip(&mut self) {
            self.swap(0, 1);
            self[2] *= 2.0;
        }
    }

    #[differentiate]
    pub fn f(x: &[f64]) -> f64 {
        let (mut a, mut b) = (x.to_vec(), [x[0], x[1], x[2]]);
        a.flip();
        b.flip();
        a.norm() * b.norm()
    }
}

macro_rules! each {
    ($($f:path, $gradient:path, $push:path;)*) => {
        $(slice!($f, $gradient, $push; [1.3, 0.7, -0.4, 2.1]);)*
    };
}

#[test]
fn all() {
    each! {
        parts, value_and_grad_parts, jvp_parts;
        changed, value_and_grad_changed, jvp_changed;
        fields, value_and_grad_fields, jvp_fields;
        passed, value_and_grad_passed, jvp_passed;
        objects, value_and_grad_objects, jvp_objects;
        itself, value_and_grad_itself, jvp_itself;
        generic::f, generic::value_and_grad_f, generic::jvp_f;
        own::f, own::value_and_grad_f, own::jvp_f;
    }
}

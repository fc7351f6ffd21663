//! Functions that are passed to functions: closures with what they capture, names, `dyn`.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub fn integrate(f: impl Fn(f64) -> f64, a: f64, b: f64) -> f64 {
    let n = 8;
    let h = (b - a) / n as f64;
    let mut s = 0.5 * (f(a) + f(b));
    for i in 1..n {
        s += f(a + i as f64 * h);
    }
    s * h
}

#[differentiate]
fn inputs_only(a: f64, b: f64) -> f64 {
    integrate(|x: f64| x.sin() * x, a, b)
}

#[differentiate]
fn unannotated(a: f64, b: f64) -> f64 {
    integrate(|x| x.sin() * x + 1.0, a, b)
}

#[differentiate]
fn captures(a: f64, b: f64) -> f64 {
    let k = a * b;
    integrate(|x: f64| (k * x).sin() + a, 0.0, b)
}

#[differentiate]
fn captures_constant_bounds(a: f64, b: f64) -> f64 {
    integrate(|x: f64| (a * x).exp() * b, 0.0, 1.0)
}

#[differentiate]
fn operators(a: f64, b: f64) -> f64 {
    integrate(f64::sin, a, b) * integrate(f64::exp, a, 1.0)
}

#[differentiate]
fn slices(w: &[f64]) -> f64 {
    let scale = w[0] + 1.0;
    let y = integrate(
        |x: f64| {
            let mut s = 0.0;
            for (i, v) in w.iter().enumerate() {
                s += v * x.powi(i as i32);
            }
            s * scale
        },
        w[1],
        w[2],
    );
    y * y
}

#[differentiate]
pub fn newton<F: Fn(f64) -> f64>(f: F, start: f64) -> f64 {
    let mut x = start;
    for _ in 0..3 {
        x -= 0.3 * f(x);
    }
    x
}

#[differentiate]
pub fn twice<F>(f: &F, x: f64) -> f64
where
    F: Fn(f64, f64) -> f64,
{
    f(f(x, 1.0), x)
}

#[differentiate]
pub fn dynamic(f: &dyn Fn(f64) -> f64, x: f64) -> f64 {
    f(x) * f(2.0 * x)
}

#[differentiate]
fn bound_to_names(a: f64, b: f64) -> f64 {
    let g = |x: f64| x * x - a * b;
    let h = |x: f64, y: f64| x * y.cos() + b;
    newton(g, 1.0) + twice(&h, a) + dynamic(&g, b) + dynamic(&|t| t * t * a, a)
}

#[differentiate]
fn branches(a: f64, b: f64) -> f64 {
    newton(
        |x: f64| {
            if x > 1.2 {
                x * a
            } else {
                return x - b;
            }
        },
        1.5,
    )
}

/// A closure that calls functions, and one inside another.
#[differentiate]
fn nested(a: f64, b: f64) -> f64 {
    integrate(
        |x: f64| integrate(|t: f64| t * x * a, 0.0, x) + newton(|y| y * y - x * b, 1.0),
        0.0,
        a,
    )
}

#[derive(Differentiable, Clone)]
pub struct Spring {
    pub stiffness: f64,
    pub rest: Vec<f64>,
}

#[differentiate]
fn structs(a: f64, b: f64) -> f64 {
    let spring = Spring {
        stiffness: a * a,
        rest: vec![a, b],
    };
    let n: usize = 1;
    newton(|x: f64| spring.stiffness * (x - spring.rest[n]) * 0.1, b) + spring.stiffness
}

/// A function handed on.
#[differentiate]
pub fn halves(f: impl Fn(f64) -> f64 + Copy, a: f64, b: f64) -> f64 {
    let m = 0.5 * (a + b);
    integrate(f, a, m) + integrate(f, m, b)
}

#[differentiate]
fn handed_on(a: f64, b: f64) -> f64 {
    halves(|x: f64| x.ln() * a, 1.0, b)
}

#[derive(Differentiable, Clone)]
pub struct Rule {
    pub weight: f64,
}

#[differentiate]
impl Rule {
    pub fn apply(&self, f: impl Fn(f64) -> f64, x: f64) -> f64 {
        self.weight * f(x) + f(self.weight)
    }

    pub fn own(&self, x: f64) -> f64 {
        self.apply(|t: f64| t * t * self.weight * x, x)
    }
}

#[differentiate]
fn methods(a: f64, b: f64) -> f64 {
    let r = Rule { weight: a };
    r.apply(|t| t * t * b, b) + r.own(b)
}

#[differentiate]
pub fn weighted(f: impl Fn(&[f64]) -> f64, x: &[f64]) -> f64 {
    f(x) + f(&x[1..])
}

#[differentiate]
fn of_slices(x: &[f64]) -> f64 {
    let k = x[0];
    weighted(
        |v: &[f64]| {
            let mut s = 0.0;
            for e in v {
                s += e * e * k;
            }
            s
        },
        x,
    )
}

#[differentiate(recursive)]
fn even(x: f64, n: u32) -> f64 {
    if n == 0 { x } else { odd(x * 0.9, n - 1) * x }
}

#[differentiate]
fn odd(x: f64, n: u32) -> f64 {
    if n == 0 {
        x * x
    } else {
        even(x + 0.1, n - 1) + x
    }
}

/// A parser of sums and products; its methods call one another in a circle.
#[derive(Differentiable, Clone)]
struct Parser {
    values: Vec<f64>,
    at: usize,
    sum: f64,
}

#[differentiate]
impl Parser {
    fn next(&mut self) -> Option<f64> {
        if self.at >= self.values.len() {
            return None;
        }
        self.at += 1;
        self.sum += self.values[self.at - 1];
        Some(self.values[self.at - 1])
    }
    fn expression(&mut self) -> f64 {
        let mut total = self.term();
        while self.at < self.values.len() {
            total += self.term();
        }
        total
    }
    fn term(&mut self) -> f64 {
        match self.next() {
            Some(v) if v > 0.5 => v * self.sum,
            Some(v) => v - self.expression() * 0.1,
            None => 1.0,
        }
    }
}

#[differentiate]
pub fn circles(x: &[f64]) -> f64 {
    let mut parser = Parser {
        values: x.to_vec(),
        at: 0,
        sum: x[0],
    };
    parser.expression() * parser.sum + even(x[0], 4) * odd(x[1], 3)
}

#[test]
fn functions() {
    slice!(circles, value_and_grad_circles, jvp_circles; [0.7, 1.2, 0.3, 0.9], [0.2, 0.4]);
    numbers!(inputs_only, value_and_grad_inputs_only, jvp_inputs_only, 2; [0.5, 1.2]);
    numbers!(unannotated, value_and_grad_unannotated, jvp_unannotated, 2; [0.5, 1.2]);
    numbers!(captures, value_and_grad_captures, jvp_captures, 2; [0.5, 1.2], [-0.3, 0.7]);
    numbers!(captures_constant_bounds, value_and_grad_captures_constant_bounds, jvp_captures_constant_bounds, 2; [0.5, 1.2]);
    numbers!(operators, value_and_grad_operators, jvp_operators, 2; [0.5, 1.2]);
    slice!(slices, value_and_grad_slices, jvp_slices; [0.5, 0.2, 1.1]);
    numbers!(bound_to_names, value_and_grad_bound_to_names, jvp_bound_to_names, 2; [0.5, 1.2]);
    numbers!(branches, value_and_grad_branches, jvp_branches, 2; [0.5, 0.2]);
    numbers!(nested, value_and_grad_nested, jvp_nested, 2; [0.5, 1.2]);
    numbers!(structs, value_and_grad_structs, jvp_structs, 2; [0.5, 1.2]);
    numbers!(handed_on, value_and_grad_handed_on, jvp_handed_on, 2; [0.5, 1.2]);
    numbers!(methods, value_and_grad_methods, jvp_methods, 2; [0.5, 1.2]);
    slice!(of_slices, value_and_grad_of_slices, jvp_of_slices; [0.5, 0.2, 1.1]);
}

/// Methods of std's by their paths.
#[differentiate]
pub fn std_by_path(x: &[f64]) -> f64 {
    let rows: Vec<Vec<f64>> = x.chunks(2).map(<[f64]>::to_vec).collect();
    let firsts: f64 = rows
        .iter()
        .map(Vec::as_slice)
        .map(|row| row[0] * x[0])
        .sum();
    let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
    firsts * longest as f64
        + x.iter()
            .map(Clone::clone)
            .map(std::convert::identity)
            .sum::<f64>()
}

#[test]
fn methods_by_path() {
    slice!(std_by_path, value_and_grad_std_by_path, jvp_std_by_path; [1.3, 0.7, 0.4]);
}

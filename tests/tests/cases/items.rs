//! Cases on types with operators, traits, enums, options and mutation.

#![allow(unreachable_pub)] // as the users wrote them

use std::f64::consts::PI;
use std::ops::{Add, Mul, Neg, Sub};

use grad_runtime::{Differentiable, differentiate};

use super::reference::{Case, unit};

/// In-place, result only through the `&mut` argument.
#[differentiate]
pub fn cumulative_product(x: &mut [f64]) {
    for i in 1..x.len() {
        x[i] *= x[i - 1];
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub enum Activation {
    Relu,
    Tanh,
    Leaky(f64),
}

#[differentiate]
pub fn activate(kind: Activation, x: f64) -> f64 {
    match kind {
        Activation::Relu => x.max(0.0),
        Activation::Tanh => x.tanh(),
        Activation::Leaky(slope) => {
            if x > 0.0 {
                x
            } else {
                slope * x
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Differentiable)]
pub struct Vec3 {
    pub x: f64,
    pub y: f64,
    pub z: f64,
}

#[differentiate]
impl Vec3 {
    pub fn new(x: f64, y: f64, z: f64) -> Self {
        Vec3 { x, y, z }
    }
    pub fn dot(self, o: Vec3) -> f64 {
        self.x * o.x + self.y * o.y + self.z * o.z
    }
    pub fn length(self) -> f64 {
        self.dot(self).sqrt()
    }
}

#[differentiate]
impl Add for Vec3 {
    type Output = Vec3;
    fn add(self, o: Vec3) -> Vec3 {
        Vec3::new(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

#[differentiate]
impl Sub for Vec3 {
    type Output = Vec3;
    fn sub(self, o: Vec3) -> Vec3 {
        Vec3::new(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}

#[differentiate]
impl Mul<f64> for Vec3 {
    type Output = Vec3;
    fn mul(self, k: f64) -> Vec3 {
        Vec3::new(self.x * k, self.y * k, self.z * k)
    }
}

#[differentiate]
impl Neg for Vec3 {
    type Output = Vec3;
    fn neg(self) -> Vec3 {
        Vec3::new(-self.x, -self.y, -self.z)
    }
}

/// Operator overloading on a user type, early returns, depth of the nearest hit.
#[differentiate]
pub fn ray_sphere(origin: Vec3, dir: Vec3, centre: Vec3, radius: f64) -> f64 {
    let oc = origin - centre;
    let a = dir.dot(dir);
    let b = oc.dot(dir);
    let c = oc.dot(oc) - radius * radius;
    let disc = b * b - a * c;
    if disc < 0.0 {
        return f64::INFINITY;
    }
    let t = (-b - disc.sqrt()) / a;
    if t > 0.0 {
        return t;
    }
    (-b + disc.sqrt()) / a
}

#[differentiate]
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

#[differentiate]
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
impl Real for f32 {
    fn from_f64(v: f64) -> Self {
        v as f32
    }
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }
    fn exp(self) -> Self {
        f32::exp(self)
    }
}

#[differentiate]
pub fn generic_rbf<T: Real>(a: &[T], b: &[T], gamma: T) -> T {
    let mut d2 = T::from_f64(0.0);
    for (x, y) in a.iter().zip(b.iter()) {
        let d = *x - *y;
        d2 = d2 + d * d;
    }
    (-(gamma * d2)).exp() + d2.sqrt()
}

#[derive(Differentiable)]
pub enum Shape {
    Circle { r: f64 },
    Rect { w: f64, h: f64 },
    Triangle(f64, f64, f64),
}

#[differentiate]
pub fn total_area(shapes: &[Shape]) -> f64 {
    let mut area = 0.0;
    for s in shapes {
        area += match s {
            Shape::Circle { r } => PI * r * r,
            Shape::Rect { w, h } => w * h,
            Shape::Triangle(a, b, c) => {
                let p = 0.5 * (a + b + c);
                (p * (p - a) * (p - b) * (p - c)).sqrt()
            }
        };
    }
    area
}

#[differentiate]
pub fn checked_div(a: f64, b: f64) -> Option<f64> {
    if b == 0.0 { None } else { Some(a / b) }
}

#[differentiate]
pub fn option_chain(a: f64, b: f64, c: f64) -> Option<f64> {
    let q = checked_div(a, b)?;
    let r = checked_div(q + b, c)?;
    Some(q * r)
}

#[differentiate]
pub fn rotate_in_place(v: &mut [f64; 2], theta: f64) {
    let (s, c) = theta.sin_cos();
    let x = v[0];
    v[0] = c * x - s * v[1];
    v[1] = s * x + c * v[1];
}

#[differentiate]
pub fn rotated_product(x: f64, y: f64, theta: f64) -> f64 {
    let mut v = [x, y];
    rotate_in_place(&mut v, theta);
    let first = v[0];
    rotate_in_place(&mut v, 2.0 * theta);
    first * v[1]
}

#[derive(Default, Differentiable)]
struct Accumulator {
    sum: f64,
    sum_sq: f64,
    count: usize,
}

#[differentiate]
impl Accumulator {
    fn push(&mut self, v: f64) {
        self.sum += v;
        self.sum_sq += v * v;
        self.count += 1;
    }
    fn variance(&self) -> f64 {
        let n = self.count as f64;
        self.sum_sq / n - (self.sum / n).powi(2)
    }
}

/// Mutation behind a `&mut self` method.
#[differentiate]
pub fn streaming_variance(x: &[f64], scale: f64) -> f64 {
    let mut acc = Accumulator::default();
    for v in x {
        acc.push(scale * v.sin());
    }
    acc.variance()
}

/// Checks value, gradient and every directional derivative of a case whose differentiable arguments
/// are `names`, joined.
fn check(
    name: &str,
    names: &[&str],
    value: f64,
    (same, gradient): (f64, Vec<f64>),
    jvp: impl Fn(&[f64]) -> (f64, f64),
) {
    let case = Case::read(name);
    case.check_value(&value);
    assert_eq!(same.to_bits(), value.to_bits());
    case.check_gradient(names, 0, &gradient);
    for k in 0..gradient.len() {
        let mut dot = vec![0.0; gradient.len()];
        unit(&mut dot, k);
        let (same, tangent) = jvp(&dot);
        assert_eq!(same.to_bits(), value.to_bits());
        let error = (tangent - gradient[k]).abs() / gradient[k].abs().max(1.0);
        assert!(
            error <= 1e-10,
            "{name}: forward {tangent}, reverse {}",
            gradient[k]
        );
    }
}

#[test]
fn case_cumulative_product() {
    let case = Case::read("cumulative_product");
    let x: Vec<f64> = case.shaped("x");
    let mut plain = x.clone();
    cumulative_product(&mut plain);
    case.check_value(&plain);
    for k in 0..x.len() {
        let (mut y, mut bar) = (x.clone(), vec![0.0; x.len()]);
        unit(&mut bar, k);
        let ((), pull) = vjp_cumulative_product(&mut y);
        pull((), &mut bar);
        assert_eq!(y, plain);
        case.check_gradient(&["x"], k, &bar);
        let (mut y, mut dot) = (x.clone(), vec![0.0; x.len()]);
        unit(&mut dot, k);
        jvp_cumulative_product(&mut y, &mut dot);
        assert_eq!(y, plain);
        case.check_tangent("x", k, &dot);
    }
}

#[test]
fn case_activate() {
    for (name, kind) in [
        ("activate_relu", Activation::Relu),
        ("activate_tanh", Activation::Tanh),
    ] {
        let x = Case::read(name).num("x");
        let (value, (_, by_x)) = value_and_grad_activate(kind, x);
        let zero = kind.zero_tangent();
        check(
            name,
            &["x"],
            activate(kind, x),
            (value, vec![by_x]),
            |dot| jvp_activate(kind, x, zero, dot[0]),
        );
    }
    let case = Case::read("activate_leaky");
    let (x, slope) = (case.num("x"), case.num("slope"));
    let kind = Activation::Leaky(slope);
    let (value, (by_kind, by_x)) = value_and_grad_activate(kind, x);
    let ActivationTangent::Leaky(by_slope) = by_kind else {
        panic!("the tangent has another variant");
    };
    check(
        "activate_leaky",
        &["x", "slope"],
        activate(kind, x),
        (value, vec![by_x, by_slope]),
        |dot| jvp_activate(kind, x, ActivationTangent::Leaky(dot[1]), dot[0]),
    );
}

fn vector(parts: &[f64]) -> Vec3 {
    Vec3::new(parts[0], parts[1], parts[2])
}

#[test]
fn case_ray_sphere() {
    for name in ["ray_sphere", "ray_sphere_inside"] {
        let case = Case::read(name);
        let part = |key: &str| vector(&case.shaped::<Vec<f64>>(key));
        let (origin, dir, centre, radius) = (
            part("origin"),
            part("dir"),
            part("centre"),
            case.num("radius"),
        );
        let (value, (o, d, c, r)) = value_and_grad_ray_sphere(origin, dir, centre, radius);
        let gradient = vec![o.x, o.y, o.z, d.x, d.y, d.z, c.x, c.y, c.z, r];
        let plain = ray_sphere(origin, dir, centre, radius);
        check(
            name,
            &["origin", "dir", "centre", "radius"],
            plain,
            (value, gradient),
            |dot| {
                let (o, d, c) = (vector(&dot[..3]), vector(&dot[3..6]), vector(&dot[6..9]));
                jvp_ray_sphere(origin, dir, centre, radius, o, d, c, dot[9])
            },
        );
    }
}

#[test]
fn case_generic_rbf() {
    let case = Case::read("generic_rbf");
    let (a, b): (Vec<f64>, Vec<f64>) = (case.shaped("a"), case.shaped("b"));
    let gamma = case.num("gamma");
    let (value, (by_a, by_b, by_gamma)) = value_and_grad_generic_rbf(&a, &b, gamma);
    let gradient = [by_a, by_b, vec![by_gamma]].concat();
    let plain = generic_rbf(&a, &b, gamma);
    check(
        "generic_rbf",
        &["a", "b", "gamma"],
        plain,
        (value, gradient),
        |dot| jvp_generic_rbf(&a, &b, gamma, &dot[..3], &dot[3..6], dot[6]),
    );
}

#[test]
fn case_total_area() {
    let case = Case::read("total_area");
    let n = |key: &str| case.num(key);
    let shapes = [
        Shape::Circle { r: n("r") },
        Shape::Rect {
            w: n("w"),
            h: n("h"),
        },
        Shape::Triangle(n("a"), n("b"), n("c")),
    ];
    let (value, by_shapes) = value_and_grad_total_area(&shapes);
    let gradient = by_shapes
        .iter()
        .flat_map(|shape| match *shape {
            ShapeTangent::Circle { r } => vec![r],
            ShapeTangent::Rect { w, h } => vec![w, h],
            ShapeTangent::Triangle(a, b, c) => vec![a, b, c],
        })
        .collect();
    let names = ["r", "w", "h", "a", "b", "c"];
    check(
        "total_area",
        &names,
        total_area(&shapes),
        (value, gradient),
        |dot| {
            let dots = [
                ShapeTangent::Circle { r: dot[0] },
                ShapeTangent::Rect {
                    w: dot[1],
                    h: dot[2],
                },
                ShapeTangent::Triangle(dot[3], dot[4], dot[5]),
            ];
            jvp_total_area(&shapes, &dots)
        },
    );
}

#[test]
fn case_option_chain() {
    let case = Case::read("option_chain");
    let (a, b, c) = (case.num("a"), case.num("b"), case.num("c"));
    let (value, pull) = vjp_option_chain(a, b, c);
    let (by_a, by_b, by_c) = pull(Some(1.0));
    let plain = option_chain(a, b, c).unwrap();
    check(
        "option_chain",
        &["a", "b", "c"],
        plain,
        (value.unwrap(), vec![by_a, by_b, by_c]),
        |dot| {
            let (value, tangent) = jvp_option_chain(a, b, c, dot[0], dot[1], dot[2]);
            (value.unwrap(), tangent.unwrap())
        },
    );
}

#[test]
fn case_rotated_product() {
    let case = Case::read("rotated_product");
    let (x, y, theta) = (case.num("x"), case.num("y"), case.num("theta"));
    let (value, (a, b, c)) = value_and_grad_rotated_product(x, y, theta);
    let plain = rotated_product(x, y, theta);
    check(
        "rotated_product",
        &["x", "y", "theta"],
        plain,
        (value, vec![a, b, c]),
        |dot| jvp_rotated_product(x, y, theta, dot[0], dot[1], dot[2]),
    );
}

#[test]
fn case_streaming_variance() {
    let case = Case::read("streaming_variance");
    let (x, scale): (Vec<f64>, f64) = (case.shaped("x"), case.num("scale"));
    let (value, (by_x, by_scale)) = value_and_grad_streaming_variance(&x, scale);
    let gradient = [by_x, vec![by_scale]].concat();
    let plain = streaming_variance(&x, scale);
    check(
        "streaming_variance",
        &["x", "scale"],
        plain,
        (value, gradient),
        |dot| {
            let n = x.len();
            jvp_streaming_variance(&x, scale, &dot[..n], dot[n])
        },
    );
}

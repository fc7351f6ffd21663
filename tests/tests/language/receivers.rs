//! Methods that take `self` by value, called on types that are not `Copy`.

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Debug, Differentiable)]
pub struct Model {
    a: f64,
    rate: f64,
    bias: f64,
    history: Vec<f64>,
}

#[differentiate]
impl Model {
    pub fn new(a: f64) -> Self {
        Model {
            a,
            rate: 1.0,
            bias: 0.0,
            history: vec![],
        }
    }
    pub fn with_rate(mut self, rate: f64) -> Self {
        self.rate = rate;
        self
    }
    pub fn with_bias(self, bias: f64) -> Self {
        Model { bias, ..self }
    }
    pub fn pushed(mut self, v: f64) -> Self {
        self.history.push(v * self.rate);
        self
    }
    pub fn eval(&self, x: f64) -> f64 {
        let mut sum = self.bias + self.a * (self.rate * x).exp();
        for h in &self.history {
            sum += h * x;
        }
        sum
    }
}

#[differentiate]
fn builder(a: f64, b: f64) -> f64 {
    Model::new(a)
        .with_rate(b)
        .with_bias(a * b)
        .pushed(a)
        .pushed(b)
        .eval(0.3 * b)
}

/// Not `Clone`: the derive copies it.
#[derive(Differentiable)]
pub struct Parts {
    parts: Vec<f64>,
    scale: f64,
}

#[differentiate]
impl Parts {
    pub fn of(parts: Vec<f64>, scale: f64) -> Parts {
        Parts { parts, scale }
    }
    pub fn scaled(self, s: f64) -> Parts {
        let Parts { parts, scale } = self;
        Parts {
            parts,
            scale: scale * s,
        }
    }
    pub fn sum(&self) -> f64 {
        self.parts.iter().map(|p| p * p).sum()
    }
    pub fn into_total(self) -> f64 {
        let first = self.parts[0];
        self.sum() * self.scale + first
    }
    pub fn grow(&mut self, d: f64) {
        self.scale += d * self.parts[0];
    }
    /// A name that the rules of numbers have too.
    pub fn max(self, other: Parts) -> Parts {
        if self.scale > other.scale {
            self
        } else {
            other
        }
    }
}

/// By path, of receivers and of what is none.
#[differentiate]
fn by_path(a: f64, b: f64) -> f64 {
    let p = Parts::scaled(Parts::of(vec![a, b], a), b);
    let s = Parts::sum(&p);
    let mut q = Parts::scaled(Parts::of(vec![b, a * a], 1.0), s);
    Parts::grow(&mut q, a);
    let r = Parts::max(Parts::of(vec![a], b), Parts::of(vec![b], a));
    Parts::into_total(p) + Parts::into_total(q) + r.max(Parts::of(vec![b], -9.0)).into_total()
}

#[differentiate]
fn method_calls(x: &[f64]) -> f64 {
    let mut total = Parts::of(x.to_vec(), x[0]);
    for v in x {
        total = total.scaled(v + 1.0);
    }
    total.into_total()
}

#[differentiate]
pub trait Energy: Sized {
    fn energy(self, t: f64) -> f64;
    fn tune(self, k: f64) -> Self;
    fn both(self, t: f64) -> f64
    where
        Self: Clone,
    {
        self.clone().energy(t) * self.tune(t).energy(1.0)
    }
}

#[derive(Clone, Differentiable)]
pub struct Spring {
    k: f64,
    lengths: Vec<f64>,
}

#[differentiate]
impl Energy for Spring {
    fn energy(self, t: f64) -> f64 {
        let mut sum = 0.0;
        for x in self.lengths {
            sum += x * x * self.k * t;
        }
        sum
    }
    fn tune(mut self, k: f64) -> Self {
        self.k *= k;
        self
    }
}

#[differentiate]
fn tuned<E: Energy + Differentiable + Clone>(e: E, t: f64) -> f64 {
    e.tune(t).energy(t * t)
}

#[differentiate]
fn traits(a: f64, b: f64) -> f64 {
    let s = Spring {
        k: a,
        lengths: vec![a, b],
    };
    let u = s.clone();
    s.tune(b).tune(a).energy(a) + Energy::energy(u.clone(), b) + tuned(u.clone(), b) + u.both(b)
}

#[derive(Clone, Differentiable)]
pub struct Wrapped<E> {
    inner: E,
    k: f64,
}

#[differentiate]
impl<E: Energy + Differentiable + Clone> Wrapped<E> {
    pub fn new(inner: E, k: f64) -> Self {
        Wrapped { inner, k }
    }
    pub fn with(mut self, k: f64) -> Self {
        self.k = k;
        self
    }
    pub fn finish(self, t: f64) -> f64 {
        self.inner.tune(t).energy(t) * self.k
    }
}

#[differentiate]
fn generic(a: f64, b: f64) -> f64 {
    let s = Spring {
        k: a,
        lengths: vec![a, b],
    };
    Wrapped::new(s, a).with(b * a).finish(b)
}

#[derive(Clone, Debug, Differentiable)]
pub enum Shape {
    Circle { r: f64 },
    Poly(Vec<f64>),
}

#[differentiate]
impl Shape {
    pub fn grow(self, k: f64) -> Self {
        match self {
            Shape::Circle { r } => Shape::Circle { r: r * k },
            Shape::Poly(mut v) => {
                for a in v.iter_mut() {
                    *a += k;
                }
                Shape::Poly(v)
            }
        }
    }
    pub fn area(self) -> f64 {
        match self {
            Shape::Circle { r } => 3.0 * r * r,
            Shape::Poly(v) => v.into_iter().map(f64::sin).sum(),
        }
    }
}

#[differentiate]
fn enums(x: &[f64]) -> f64 {
    let mut circle = Shape::Circle { r: x[0] };
    let mut poly = Shape::Poly(x.to_vec());
    for k in 0..3 {
        circle = circle.grow(x[k % x.len()]);
        poly = poly.grow(x[1]);
    }
    let mut total = 0.0;
    for shape in vec![circle, poly] {
        total += shape.area();
    }
    total
}

#[test]
fn receivers() {
    numbers!(builder, value_and_grad_builder, jvp_builder, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(by_path, value_and_grad_by_path, jvp_by_path, 2; [0.5, 0.7], [1.2, -0.3]);
    slice!(method_calls, value_and_grad_method_calls, jvp_method_calls; [0.5, 0.7, 1.1]);
    numbers!(traits, value_and_grad_traits, jvp_traits, 2; [0.5, 0.7], [1.2, -0.3]);
    numbers!(generic, value_and_grad_generic, jvp_generic, 2; [0.5, 0.7], [1.2, -0.3]);
    slice!(enums, value_and_grad_enums, jvp_enums; [0.5, 0.7, 1.1]);
}

#[derive(Clone, Copy, Differentiable)]
enum Made {
    Given,
    Sum(usize, usize),
    Sine(usize),
}

#[derive(Default, Differentiable)]
struct Record {
    made: Vec<Made>,
    values: Vec<f64>,
}

/// Methods that write, have names of functions of numbers, and call these.
#[differentiate]
impl Record {
    fn put(&mut self, value: f64) -> usize {
        self.made.push(Made::Given);
        self.values.push(value);
        self.values.len() - 1
    }

    fn add(&mut self, a: usize, b: usize) -> usize {
        let value = self.values[a] + self.values[b];
        self.made.push(Made::Sum(a, b));
        self.values.push(value);
        self.values.len() - 1
    }

    fn sin(&mut self, a: usize) -> usize {
        let value = self.values[a].sin();
        self.made.push(Made::Sine(a));
        self.values.push(value);
        self.values.len() - 1
    }

    fn slope(&self, of: usize, by: usize) -> f64 {
        let mut bars = vec![0.0; self.values.len()];
        bars[of] = 1.0;
        for k in (0..=of).rev() {
            match self.made[k] {
                Made::Given => {}
                Made::Sum(a, b) => {
                    bars[a] += bars[k];
                    bars[b] += bars[k];
                }
                Made::Sine(a) => bars[a] += bars[k] * self.values[a].cos(),
            }
        }
        bars[by]
    }
}

#[differentiate]
pub fn recorded(x: &[f64]) -> f64 {
    let mut record = Record::default();
    let (a, b) = (record.put(x[0]), record.put(x[1]));
    let sine = record.sin(a);
    let sum = record.add(sine, b);
    let all = record.sin(sum);
    record.values[all] * x[1] + record.slope(all, a)
}

#[test]
fn methods_named_like_functions_of_numbers() {
    slice!(recorded, value_and_grad_recorded, jvp_recorded; [1.3, 0.7], [-0.3, 2.1]);
}

#[derive(Clone, Differentiable)]
struct Span {
    low: f64,
    high: f64,
}

/// Methods with names of a sequence's.
#[differentiate]
impl Span {
    fn of(low: f64, high: f64) -> Span {
        Span { low, high }
    }

    fn is_empty(&self) -> bool {
        self.low > self.high
    }

    fn len(&self) -> usize {
        if self.high > 2.0 { 2 } else { 1 }
    }

    fn contains(&self, x: f64) -> bool {
        self.low < x && x < self.high
    }
}

#[differentiate]
pub fn spanned(x: &[f64]) -> f64 {
    let span = Span::of(x[0], x[1]);
    if span.is_empty() {
        return span.low * 3.0;
    }
    let all = span.high * span.len() as f64;
    if span.contains(1.0) {
        all * span.low
    } else {
        all
    }
}

#[test]
fn methods_named_like_those_of_sequences() {
    slice!(spanned, value_and_grad_spanned, jvp_spanned; [0.3, 0.7], [0.3, 2.7], [1.3, 0.7]);
}

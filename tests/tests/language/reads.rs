//! What an expression reads is read before what stands after it in the same expression changes it.

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Differentiable)]
struct Counter {
    n: f64,
}

#[differentiate]
impl Counter {
    fn bump(&mut self, v: f64) -> f64 {
        self.n += v;
        self.n * v
    }

    fn half(&self) -> Option<f64> {
        if self.n > 100.0 {
            None
        } else {
            Some(self.n * 0.5)
        }
    }
}

#[differentiate]
fn grown(c: &mut Counter) -> f64 {
    c.n *= 1.5;
    c.n
}

#[differentiate]
fn squared(a: f64, b: f64) -> f64 {
    a * a + b
}

#[differentiate]
pub fn fields(x: &[f64]) -> f64 {
    let mut c = Counter { n: x[0] };
    let called = squared(c.n, c.bump(x[1])) + squared(c.n, grown(&mut c));
    let (a, b, d) = (c.n, c.bump(x[1]), c.n);
    let product = c.n * c.bump(x[1]) + c.n * grown(&mut c);
    let real = c.n.max(c.bump(x[1])) + c.n.powf(c.bump(0.1));
    let choice = if c.n > 0.0 { c.n } else { 0.0 } * c.bump(0.2);
    called + a * b + d + product + real + choice + c.n
}

#[differentiate]
fn in_front_of_a_question_mark(x: f64, y: f64) -> Option<f64> {
    let mut c = Counter { n: x };
    let r = c.bump(y) * c.half()? + c.bump(x);
    let branch = c.bump(y)
        * if c.n > 50.0 {
            return None;
        } else {
            c.n.sin()
        };
    let mut s = x;
    let mut next = || {
        s *= y;
        s
    };
    let closure = next() + Some(next())? * next();
    let mut v = vec![x, y];
    let popped = v.pop()? + v.len() as f64 * v.pop()?;
    Some(r * c.n + branch + closure + popped)
}

#[differentiate]
pub fn leaving(x: &[f64]) -> f64 {
    in_front_of_a_question_mark(x[0], x[1]).unwrap_or(x[2])
}

#[derive(Differentiable)]
struct Stack {
    items: Vec<f64>,
    k: f64,
}

#[differentiate]
impl Stack {
    fn read(&self, i: usize) -> Option<f64> {
        self.items.get(i).map(|v| v * self.k)
    }

    /// Receivers and arrays stay where they are.
    fn duplicate(&mut self, i: usize) -> Option<f64> {
        self.items.push(self.read(i)?);
        self.items[0] += self.k * self.read(1)?;
        Some(self.k.max(self.read(0)?) + self.items[self.find(1)?])
    }

    fn find(&self, i: usize) -> Option<usize> {
        (i < self.items.len()).then_some(i)
    }
}

#[differentiate]
pub fn receivers(x: &[f64]) -> f64 {
    let mut s = Stack {
        items: vec![x[0], x[1]],
        k: x[2],
    };
    let d = s.duplicate(1).unwrap();
    d * s.items[2] + s.items[0]
}

#[test]
fn reads() {
    each! { [0.6, 1.4, 0.8], [1.1, 0.7, 1.7];
        fields, value_and_grad_fields, jvp_fields;
        leaving, value_and_grad_leaving, jvp_leaving;
        receivers, value_and_grad_receivers, jvp_receivers;
    }
}

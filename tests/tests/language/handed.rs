//! Mutable references handed on, to functions that take a shared one or a mutable one.

use grad_runtime::{Differentiable, differentiate};

#[differentiate(lanes)]
fn norm(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for v in x {
        sum += v * v;
    }
    sum.sqrt()
}

#[differentiate]
fn norm_of_vec(x: &Vec<f64>) -> f64 {
    norm(x)
}

#[differentiate]
fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

#[differentiate(lanes)]
fn scale(x: &mut [f64], k: f64) {
    for v in x.iter_mut() {
        *v *= k;
    }
}

#[differentiate]
fn normalize(x: &mut Vec<f64>) -> f64 {
    let n = norm(x);
    scale(x, 1.0 / n);
    x.push(n);
    let m = norm(&x[..2]);
    scale(&mut x[1..], m);
    n + norm_of_vec(x) + norm(&*x)
}

#[differentiate]
fn reborrows(x: &mut [f64]) -> f64 {
    let n = norm(x);
    scale(x, n);
    let r = &mut *x;
    r[0] *= 2.0;
    scale(&mut *r, n);
    norm(r) + norm(&*r) + norm(&x[1..])
}

#[differentiate]
fn iterated(x: &mut [f64], steps: usize) -> f64 {
    let mut total = 0.0;
    for _ in 0..steps {
        let n = norm(x);
        total += n * dot(x, x) + dot(x, &x[..]);
        scale(x, 1.0 / (1.0 + n));
    }
    total
}

#[differentiate]
fn slices(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let n = normalize(&mut v);
    let m = reborrows(&mut v);
    n * m + v[0] + v[v.len() - 1] + iterated(&mut v, 3)
}

#[derive(Clone, Differentiable)]
pub struct State {
    pos: Vec<f64>,
    speed: f64,
}

#[differentiate]
fn energy(s: &State) -> f64 {
    s.pos[0] * s.pos[1] + s.speed * s.speed
}

#[differentiate]
impl State {
    pub fn weighted(&self, w: &[f64]) -> f64 {
        self.pos[0] * w[1] + self.speed * w[0]
    }
    pub fn kick(&mut self, h: f64) -> f64 {
        let e = energy(self);
        self.speed += h * e;
        energy(self) + self.weighted(&self.pos)
    }
}

#[differentiate]
fn half(s: &mut State, h: f64) {
    s.pos[1] += h * s.speed;
    let e = energy(&*s);
    s.speed *= e;
}

#[differentiate]
fn step(s: &mut State, h: f64) {
    let e = energy(s);
    s.speed += h * e;
    let t = &mut *s;
    t.pos[0] += h * t.speed;
    half(t, h);
    let q = &*t;
    let e2 = energy(q) + s.kick(h);
    s.pos[1] -= e2 * h;
}

#[differentiate]
fn structs(a: f64, b: f64) -> f64 {
    let mut s = State {
        pos: vec![a, b],
        speed: a * b,
    };
    for _ in 0..3 {
        step(&mut s, 0.1);
    }
    let r = &mut s;
    step(r, b);
    let e = energy(r);
    step(&mut *r, 0.2);
    e + energy(&s)
}

#[differentiate]
fn bump(x: &mut f64, k: f64) {
    *x += k * *x;
}

#[differentiate]
fn square(x: &f64) -> f64 {
    x * x
}

#[differentiate]
fn locals(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let mut t = x[0];
    {
        let r = &mut v;
        r[0] *= x[1];
        let s = norm(r);
        r.push(s);
        let q = &r[1..];
        t += norm(q);
        let mut other = vec![0.0; r.len()];
        other.copy_from_slice(r);
        t += other[1];
    }
    let w = &mut t;
    bump(w, x[2]);
    bump(&mut *w, 0.5);
    let y = square(w);
    bump(&mut v[0], y);
    y + norm(&v) + t
}

#[differentiate(jacobian, lanes)]
fn in_lanes(x: &mut [f64]) -> f64 {
    let n = norm(x);
    scale(x, n);
    norm(x) + n
}

#[test]
fn references_handed_on() {
    slice!(slices, value_and_grad_slices, jvp_slices; [0.5, 0.7, 1.1]);
    numbers!(structs, value_and_grad_structs, jvp_structs, 2; [0.5, 0.7], [1.2, -0.3]);
    slice!(locals, value_and_grad_locals, jvp_locals; [0.5, 0.7, 1.1]);
}

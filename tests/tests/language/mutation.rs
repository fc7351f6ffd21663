//! Mutation: `&mut` parameters and receivers, vectors that grow, swaps, references in locals.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub fn rotate(v: &mut [f64; 2], theta: f64) {
    let (s, c) = theta.sin_cos();
    let x = v[0];
    v[0] = c * x - s * v[1];
    v[1] = s * x + c * v[1];
}

#[differentiate]
pub fn rotated(x: f64, y: f64, theta: f64) -> f64 {
    let mut v = [x, y];
    rotate(&mut v, theta);
    let first = v[0];
    rotate(&mut v, 2.0 * theta);
    first * v[1]
}

#[differentiate]
pub fn cumulative(x: &mut [f64]) {
    for i in 1..x.len() {
        x[i] *= x[i - 1];
    }
}

#[differentiate]
pub fn scratch(x: &[f64]) -> f64 {
    let mut buffer = x.to_vec();
    cumulative(&mut buffer);
    let half = buffer.len() / 2;
    cumulative(&mut buffer[half..]);
    let mut s = 0.0;
    for v in &buffer {
        s += v * v;
    }
    s
}

#[differentiate]
pub fn bump(x: &mut f64, by: f64) -> f64 {
    let before = *x;
    *x += by * before;
    before * by
}

#[differentiate]
pub fn scalar_by_reference(a: f64, b: f64) -> f64 {
    let mut x = a;
    let mut total = 0.0;
    for _ in 0..3 {
        total += bump(&mut x, b);
    }
    let r = &mut x;
    *r *= 2.0;
    x * total
}

#[derive(Differentiable, Default)]
pub struct Accumulator {
    pub sum: f64,
    pub sum_sq: f64,
    pub count: usize,
}

#[differentiate]
impl Accumulator {
    pub fn push(&mut self, v: f64) {
        self.sum += v;
        self.sum_sq += v * v;
        self.count += 1;
    }
    pub fn variance(&self) -> f64 {
        let n = self.count as f64;
        self.sum_sq / n - (self.sum / n).powi(2)
    }
}

#[differentiate]
pub fn streaming(x: &[f64], scale: f64) -> f64 {
    let mut acc = Accumulator::default();
    for v in x {
        acc.push(scale * v.sin());
    }
    acc.variance()
}

#[derive(Differentiable, Clone)]
pub struct Body {
    pub pos: [f64; 2],
    pub vel: [f64; 2],
    pub mass: f64,
}

#[differentiate]
impl Body {
    pub fn kick(&mut self, force: [f64; 2], dt: f64) {
        for k in 0..2 {
            self.vel[k] += force[k] / self.mass * dt;
        }
    }
    pub fn drift(&mut self, dt: f64) {
        for k in 0..2 {
            self.pos[k] += self.vel[k] * dt;
        }
    }
    pub fn step(&mut self, k: f64, dt: f64) {
        let force = [-k * self.pos[0], -k * self.pos[1]];
        self.kick(force, dt);
        self.drift(dt);
    }
    pub fn energy(&self, k: f64) -> f64 {
        let mut e = 0.0;
        for d in 0..2 {
            e += 0.5 * self.mass * self.vel[d] * self.vel[d] + 0.5 * k * self.pos[d] * self.pos[d];
        }
        e
    }
}

#[differentiate]
pub fn simulate(k: f64, mass: f64, dt: f64) -> f64 {
    let mut body = Body {
        pos: [1.0, k],
        vel: [0.0, 0.5],
        mass,
    };
    let mut e = 0.0;
    for _ in 0..5 {
        body.step(k, dt);
        e += body.energy(k);
    }
    e + body.pos[0]
}

#[differentiate]
pub fn vectors(a: f64, b: f64) -> f64 {
    let mut v = vec![a, b];
    for i in 0..4 {
        let next = v[i] * v[i + 1] + 0.1 * i as f64;
        v.push(next);
    }
    v.truncate(5);
    v.insert(1, a * a);
    let removed = v.remove(0);
    v.reverse();
    v.rotate_left(2);
    v.extend_from_slice(&[a, b, a * b]);
    v.swap(0, 3);
    let last = v.pop().unwrap();
    let mut s = removed * last;
    for (k, e) in v.iter().enumerate() {
        s += e * (k as f64 + 1.0);
    }
    s
}

#[differentiate]
pub fn double_buffer(x: &[f64], alpha: f64) -> f64 {
    let n = x.len();
    let mut u = x.to_vec();
    let mut next = vec![0.0; n];
    for _ in 0..3 {
        next[0] = u[0];
        next[n - 1] = u[n - 1];
        for i in 1..n - 1 {
            next[i] = u[i] + alpha * (u[i - 1] - 2.0 * u[i] + u[i + 1]);
        }
        std::mem::swap(&mut u, &mut next);
    }
    let mut s = 0.0;
    for v in &u {
        s += v * v;
    }
    s
}

#[differentiate]
pub fn moved_vectors(x: &[f64], a: f64) -> f64 {
    let mut alpha = x.to_vec();
    for _ in 0..3 {
        let mut next = vec![0.0; alpha.len()];
        for i in 0..alpha.len() {
            next[i] = alpha[i] * a + alpha[0];
        }
        alpha = next;
    }
    let taken = std::mem::take(&mut alpha);
    let mut s = alpha.len() as f64;
    for v in taken {
        s += v * v;
    }
    s
}

#[differentiate]
pub fn replaced(a: f64, b: f64) -> f64 {
    let mut x = a;
    let old = std::mem::replace(&mut x, a * b);
    let mut v = vec![a, b];
    let before = std::mem::replace(&mut v, vec![a * a, b, a + b]);
    let mut s = old * x;
    for e in &before {
        s += e * v[2];
    }
    s + v[0] * v[1]
}

#[differentiate]
pub fn references(x: &[f64]) -> f64 {
    let mut v = x.to_vec();
    let n = v.len();
    {
        let (left, right) = v.split_at_mut(n / 2);
        for i in 0..left.len() {
            left[i] *= right[i];
            right[i] += left[i];
        }
    }
    let w = &mut v[1];
    *w *= 3.0;
    *w += 1.0;
    if let Some(last) = v.last_mut() {
        *last *= 2.0;
    }
    let row = &v[1..];
    let mut s = v[0];
    for i in 0..row.len() {
        s += row[i] * row[0];
    }
    s
}

#[differentiate]
pub fn destructured(a: f64, b: f64) -> f64 {
    let (mut x, mut y) = (a, b);
    for _ in 0..4 {
        (x, y) = (y, x + y * a);
    }
    let mut v = [x, y, a];
    [v[0], v[1]] = [v[1], v[0] * v[2]];
    v[0] - v[1]
}

#[differentiate]
pub fn nested_vectors(a: f64, b: f64) -> f64 {
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for i in 0..3 {
        let mut row = vec![a; i + 1];
        row[i] = b * i as f64;
        rows.push(row);
    }
    let mut s = 0.0;
    for row in &rows {
        for v in row {
            s += v * v * a;
        }
    }
    rows[1][0] *= b;
    s + rows[1][0]
}

#[differentiate]
pub fn changed_argument(mut v: Vec<f64>, mut k: f64) -> f64 {
    k *= 2.0;
    v.push(k);
    v[0] *= k;
    let mut s = 0.0;
    for e in &v {
        s += e * e;
    }
    s
}

#[differentiate]
fn negate(x: &mut f64, y: &mut f64) -> f64 {
    *x = -*x * *y;
    *y += 1.0;
    *x
}

/// Numbers in tuples, lent and swapped.
#[differentiate]
pub fn parts_lent(a: f64, b: f64) -> f64 {
    let mut t = (a, (b, a * b));
    let first = negate(&mut t.0, &mut t.1.1);
    std::mem::swap(&mut t.1.0, &mut t.0);
    let old = std::mem::replace(&mut t.1.1, first * b);
    let r = &mut t.0;
    *r *= old;
    let (_, pair) = &mut t;
    negate(&mut pair.1, &mut pair.0);
    t.0 * t.1.0 + t.1.1 * first
}

/// Slices in variables that are set again.
#[differentiate]
fn by_pairs(mut rest: &[f64]) -> f64 {
    let mut s = 0.0;
    while !rest.is_empty() {
        let (pair, after) = rest.split_at(rest.len().min(2));
        s = s * 0.5 + pair.iter().product::<f64>();
        rest = after;
    }
    s
}

#[differentiate]
pub fn slices_set_again(x: &[f64]) -> f64 {
    let mut rest = x;
    let (mut s, mut n) = (by_pairs(x), 0);
    while let [first, after @ ..] = rest {
        s = s * first + 0.5;
        n += 1;
        rest = after;
        if s > 2.0 && rest.len() > 1 {
            rest = &rest[1..];
        }
    }
    let mut part = &x[..=1];
    if x[0] > 1.0 {
        part = &x[1..][1..];
    }
    s * n as f64 + part[0] * part.len() as f64
}

#[derive(Clone, Copy, Differentiable)]
pub struct Knot {
    pub c: [f64; 2],
    pub k: f64,
}

#[derive(Clone, Copy, Differentiable)]
pub struct Chain {
    pub knots: [Knot; 2],
    pub k: f64,
}

#[derive(Clone, Differentiable)]
pub struct Bag {
    pub items: Vec<f64>,
    pub k: f64,
}

/// Arrays and vectors of equal structs.
#[differentiate]
pub fn equal_structs(a: f64, b: f64) -> f64 {
    let knot = Knot {
        c: [a, b],
        k: a * b,
    };
    let mut chains = [Chain {
        knots: [knot; 2],
        k: b,
    }; 3];
    let mut bags = vec![
        Bag {
            items: vec![a, b],
            k: a
        };
        2
    ];
    chains[1].knots[0].c[1] *= chains[2].k;
    bags[1].items[0] += chains[1].knots[0].c[1];
    bags[0].k * bags[1].items[0] + chains[0].knots[1].k * chains[1].knots[1].c[0]
}

/// A field whose type stands elsewhere, and that nothing indexes.
#[derive(Clone, Differentiable)]
pub struct History {
    values: Vec<f64>,
    scale: f64,
}

#[differentiate]
pub fn ends_of_fields(x: f64, y: f64) -> f64 {
    let mut history = History {
        values: vec![x, x * y],
        scale: y,
    };
    if let Some(last) = history.values.last_mut() {
        *last = x.sin();
    }
    *history.values.first_mut().unwrap() *= y;
    history.scale += 1.0;
    let all = history.values.clone();
    let total: f64 = all.iter().sum();
    total * history.scale
}

#[test]
fn mutation() {
    numbers!(ends_of_fields, value_and_grad_ends_of_fields, jvp_ends_of_fields, 2; [0.7, 1.9]);
    numbers!(equal_structs, value_and_grad_equal_structs, jvp_equal_structs, 2; [0.7, 1.9], [1.5, 0.4]);
    slice!(slices_set_again, value_and_grad_slices_set_again, jvp_slices_set_again; [0.7, 1.9, 0.4, 1.2, 0.9], [1.7, 1.9, 0.4], [0.3, 0.2]);
    numbers!(parts_lent, value_and_grad_parts_lent, jvp_parts_lent, 2; [0.7, 1.9], [1.5, 0.4]);
    numbers!(rotated, value_and_grad_rotated, jvp_rotated, 3; [0.7, 1.9, 0.4]);
    slice!(scratch, value_and_grad_scratch, jvp_scratch; [0.7, 1.9, 1.1, 0.3, 2.0], [1.5]);
    numbers!(scalar_by_reference, value_and_grad_scalar_by_reference, jvp_scalar_by_reference, 2; [0.7, 1.9]);
    let f = |x: &[f64]| streaming(&x[1..], x[0]);
    let g = |x: &[f64]| {
        let (y, (v, s)) = value_and_grad_streaming(&x[1..], x[0]);
        (y, [vec![s], v].concat())
    };
    let j = |x: &[f64], d: &[f64]| jvp_streaming(&x[1..], x[0], &d[1..], d[0]);
    slice!(f, g, j; [1.2, 0.3, 0.7, -0.4]);
    numbers!(simulate, value_and_grad_simulate, jvp_simulate, 3; [0.7, 1.9, 0.1]);
    numbers!(vectors, value_and_grad_vectors, jvp_vectors, 2; [0.7, 1.9]);
    numbers!(replaced, value_and_grad_replaced, jvp_replaced, 2; [0.7, 1.9]);
    let f = |x: &[f64]| double_buffer(&x[1..], x[0]);
    let g = |x: &[f64]| {
        let (y, (v, s)) = value_and_grad_double_buffer(&x[1..], x[0]);
        (y, [vec![s], v].concat())
    };
    let j = |x: &[f64], d: &[f64]| jvp_double_buffer(&x[1..], x[0], &d[1..], d[0]);
    slice!(f, g, j; [0.2, 0.3, 0.7, -0.4, 1.1]);
    let f = |x: &[f64]| moved_vectors(&x[1..], x[0]);
    let g = |x: &[f64]| {
        let (y, (v, s)) = value_and_grad_moved_vectors(&x[1..], x[0]);
        (y, [vec![s], v].concat())
    };
    let j = |x: &[f64], d: &[f64]| jvp_moved_vectors(&x[1..], x[0], &d[1..], d[0]);
    slice!(f, g, j; [0.2, 0.3, 0.7, -0.4, 1.1]);
    slice!(references, value_and_grad_references, jvp_references; [0.7, 1.9, 1.1, 0.3], [1.5, 0.2]);
    numbers!(destructured, value_and_grad_destructured, jvp_destructured, 2; [0.7, 1.9]);
    numbers!(nested_vectors, value_and_grad_nested_vectors, jvp_nested_vectors, 2; [0.7, 1.9]);
    let (y, (dv, dk)) = value_and_grad_changed_argument(vec![2.0, 3.0], 0.5);
    assert_eq!(
        (y, dv, dk),
        (4.0 + 9.0 + 1.0, vec![4.0, 6.0], 2.0 * (2.0 * 4.0 + 2.0))
    );
    let mut x = [1.0, 2.0, 3.0];
    let ((), pull) = vjp_cumulative(&mut x);
    let mut bar = [1.0, 1.0, 1.0];
    pull((), &mut bar);
    assert_eq!((x, bar), ([1.0, 2.0, 6.0], [9.0, 4.0, 2.0]));
    let (mut x, mut dot) = ([1.0, 2.0, 3.0], [1.0, 0.0, 0.0]);
    jvp_cumulative(&mut x, &mut dot);
    assert_eq!((x, dot), ([1.0, 2.0, 6.0], [1.0, 2.0, 6.0]));
}

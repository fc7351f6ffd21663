//! Ordinary functions of robotics, finance and numerics that once did not compile: struct update,
//! references passed on, closures that take slices, arrays whose length only their use tells.

use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Default, Differentiable)]
struct Controller {
    gain: f64,
    last: Option<f64>,
    history: Vec<f64>,
    limit: f64,
}

#[differentiate]
impl Controller {
    const fn limited(gain: f64, limit: f64) -> Self {
        Controller {
            gain,
            last: None,
            history: Vec::new(),
            limit,
        }
    }

    fn cautious(gain: f64) -> Self {
        Controller {
            gain,
            limit: 0.7,
            ..Default::default()
        }
    }

    fn stepped(&self, error: f64) -> Controller {
        let history = self.history.iter().map(|e| e * 0.5).collect();
        Controller {
            history,
            last: Some(error),
            ..*self
        }
    }

    fn output(&self) -> f64 {
        let old: f64 = self.history.iter().sum();
        (self.gain * self.last.unwrap_or(0.1) + old).min(self.limit)
    }
}

#[differentiate]
pub fn struct_update(x: &[f64]) -> f64 {
    let mut c = Controller::cautious(x[0]);
    c.history.push(x[1] * 0.1);
    let limited = Controller::limited(x[1], 9.0);
    c.stepped(x[2]).output() * limited.output() + c.output()
}

#[differentiate]
pub fn annotated_literals(x: &[f64]) -> f64 {
    let mut q: [f64; 2] = [0.3, 0.8];
    let grid: [[f32; 2]; 1] = [[0.5; 2]];
    for v in x {
        let (sin, cos) = q[0].sin_cos();
        q = [q[1] * v + cos, sin * f64::from(grid[0][1].sqrt())];
    }
    q[0] * q[1]
}

#[derive(Debug, Differentiable)]
enum NotSolved {
    After(usize),
    Bad(String),
}

#[differentiate]
fn solve(a: &[f64]) -> Result<f64, NotSolved> {
    if a.len() < 2 {
        return Err(NotSolved::Bad(format!("{} numbers", a.len())));
    }
    let mut r = a[0];
    for _ in 0..60 {
        let step = 0.5 * (r - a[1] / r);
        r -= step;
        if step.abs() < 1e-13 {
            return Ok(r);
        }
    }
    Err(NotSolved::After(60))
}

#[differentiate]
pub fn error_that_is_not_clone(x: &[f64]) -> f64 {
    match solve(x) {
        Ok(r) => r * x[2],
        Err(NotSolved::After(n)) => n as f64 * x[0],
        Err(NotSolved::Bad(_)) => f64::NAN,
    }
}

#[differentiate]
pub fn arrays_of_slices(x: &[f64]) -> f64 {
    let [a, b, c] = <[f64; 3]>::try_from(x).unwrap();
    let head: [f64; 2] = x[..2].try_into().expect("two numbers");
    let &[d, e] = <&[f64; 2]>::try_from(&x[1..]).unwrap();
    a * b + c * d * e + head.iter().product::<f64>()
}

#[differentiate]
fn norm(v: &[f64]) -> f64 {
    v.iter().map(|e| e * e).sum::<f64>().sqrt()
}

#[differentiate]
fn normalise(v: &mut [f64]) {
    let n = norm(v);
    for e in v.iter_mut() {
        *e /= n;
    }
}

#[derive(Differentiable)]
struct State {
    q: Vec<f64>,
    t: f64,
}

#[differentiate]
fn energy(s: &State) -> f64 {
    norm(&s.q) * s.t
}

#[differentiate]
fn advance(s: &mut State, k: f64) -> f64 {
    let before = energy(s);
    s.t += k * before;
    normalise(&mut s.q);
    before * energy(s)
}

#[derive(Differentiable)]
struct Smoother {
    rate: f64,
}

#[differentiate]
impl Smoother {
    fn roughness(&self, u: &[f64]) -> f64 {
        u.windows(2).map(|w| (w[1] - w[0]).powi(2)).sum::<f64>() * self.rate
    }

    fn sweep(&self, u: &mut [f64]) {
        let r = self.roughness(u);
        for i in 1..u.len() {
            u[i] += r * u[i - 1];
        }
    }

    fn run(&self, u: &mut Vec<f64>) -> f64 {
        for _ in 0..2 {
            self.sweep(u);
            Self::scale(u, 0.9);
        }
        self.roughness(u)
    }

    fn scale(u: &mut [f64], k: f64) {
        u.iter_mut().for_each(|v| *v *= k);
    }
}

#[differentiate]
pub fn references_passed_on(x: &[f64]) -> f64 {
    let mut rows = vec![x[..2].to_vec(), x[1..].to_vec()];
    let mut total = 0.0;
    for row in rows.iter_mut() {
        total += norm(row);
        normalise(row);
        row[0] *= 2.0;
        total *= norm(row);
    }
    let mut state = State {
        q: rows[1].clone(),
        t: x[0],
    };
    let mut u = x.to_vec();
    let rough = Smoother { rate: x[0] }.run(&mut u);
    total * advance(&mut state, x[1]) + state.t + rough * u[2]
}

#[differentiate]
fn heun<F: Fn(f64, &[f64]) -> Vec<f64>>(f: F, t: f64, y: &mut [f64], h: f64) {
    let k = f(t, y);
    let there: Vec<f64> = y.iter().zip(&k).map(|(a, b)| a + h * b).collect();
    let then = f(t + h, &there);
    for (i, y) in y.iter_mut().enumerate() {
        *y += 0.5 * h * (k[i] + then[i]);
    }
}

#[differentiate]
fn euler(f: impl Fn(f64, &[f64], &mut [f64]), y: &mut [f64], h: f64) {
    let mut dy = vec![0.0; y.len()];
    for k in 0..3 {
        f(k as f64 * h, y, &mut dy);
        for i in 0..y.len() {
            y[i] += h * dy[i];
        }
    }
}

#[differentiate]
pub fn closures_of_slices(x: &[f64]) -> f64 {
    let mut y = [x[0], x[1]];
    heun(|t, s| vec![s[1] * x[2], t - s[0] * x[0]], 0.1, &mut y, 0.2);
    euler(
        |t, s, ds| {
            ds[0] = s[1] * x[2];
            ds[1] = t - x[0] * s[0];
        },
        &mut y,
        0.1,
    );
    y[0] * y[1]
}

#[differentiate]
fn area(f: &impl Fn(f64) -> f64, lo: f64, hi: f64, depth: u32) -> f64 {
    let mid = 0.5 * (lo + hi);
    if depth == 0 {
        return (hi - lo) * f(mid);
    }
    area(f, lo, mid, depth - 1) + area(f, mid, hi, depth - 1)
}

#[differentiate]
pub fn recursion_with_a_function(x: &[f64]) -> f64 {
    area(&|t| (x[0] * t).sin() + x[1], 0.0, x[2], 2)
}

#[derive(Clone, Copy, Differentiable)]
struct Matrix<const R: usize, const C: usize> {
    d: [[f64; C]; R],
}

#[differentiate]
impl<const R: usize, const C: usize> Matrix<R, C> {
    fn transposed(&self) -> Matrix<C, R> {
        Matrix {
            d: std::array::from_fn(|i| std::array::from_fn(|j| self.d[j][i])),
        }
    }

    fn trace(&self) -> f64 {
        let order = [1; R];
        let mut sum = 0.0;
        for i in 0..R.min(C) {
            sum += self.d[i][i] * order[i] as f64;
        }
        sum
    }
}

#[differentiate]
pub fn arrays_of_open_length(x: &[f64]) -> f64 {
    let m = Matrix {
        d: [[x[0], x[1]], [x[2], x[0]], [1.0, x[1]]],
    };
    let mut w: [f64; 2] = [x[0], x[1]];
    w = std::array::from_fn(|i| w[i] * m.transposed().d[i][2]);
    m.trace() * w[0] + w[1] * norm(&std::array::from_fn::<f64, 3, _>(|k| x[k]))
}

#[derive(Clone, Copy, Differentiable)]
struct Hit {
    t: f64,
    side: f64,
}

#[derive(Differentiable)]
enum Volume {
    Leaf(f64),
    Node(Box<Volume>, Box<Volume>),
}

#[differentiate]
impl Volume {
    fn hit(&self, ray: f64) -> Option<Hit> {
        match self {
            Volume::Leaf(at) => {
                let t = (at - ray).abs();
                if t > 1.0 {
                    return None;
                }
                Some(Hit { t, side: t * at })
            }
            Volume::Node(left, right) => {
                if ray > 100.0 {
                    return None;
                }
                match (left.hit(ray), right.hit(ray)) {
                    (Some(a), Some(b)) => Some(if a.t < b.t { a } else { b }),
                    (Some(h), None) | (None, Some(h)) => Some(h),
                    (None, None) => None,
                }
            }
        }
    }
}

#[differentiate]
pub fn struct_in_some(x: &[f64]) -> f64 {
    let leaf = |at: f64| Box::new(Volume::Leaf(at));
    let tree = Volume::Node(leaf(x[0]), leaf(x[1]));
    match tree.hit(x[2]) {
        Some(Hit { t, side }) => t * side,
        None => x[0],
    }
}

#[derive(Differentiable)]
enum Op {
    Push(f64),
    Var(usize),
    Mul,
}

#[differentiate]
fn run(ops: &[Op], vars: &[f64]) -> Result<f64, &'static str> {
    let mut stack = Vec::new();
    for op in ops {
        match op {
            Op::Push(v) => stack.push(*v),
            Op::Var(i) => stack.push(*vars.get(*i).ok_or("no such variable")?),
            Op::Mul => {
                let b: f64 = stack.pop().ok_or("empty")?;
                let a: f64 = stack.pop().ok_or("empty")?;
                stack.push(a * b);
            }
        }
    }
    stack.pop().ok_or("nothing left")
}

#[differentiate]
pub fn question_mark_in_an_arm(x: &[f64]) -> f64 {
    let ops = [Op::Var(0), Op::Push(x[1]), Op::Mul, Op::Var(2), Op::Mul];
    run(&ops, x).unwrap_or(0.0) + run(&[Op::Var(7)], x).unwrap_or(x[0])
}

#[derive(Clone, Copy, Differentiable)]
struct Point {
    x: f64,
}

#[differentiate]
impl Point {
    fn lerp(self, other: Self, t: f64) -> Self {
        Point {
            x: self.x * (1.0 - t) + other.x * t,
        }
    }
}

#[differentiate]
pub fn element_of_its_neighbour(x: &[f64]) -> f64 {
    let mut p: Vec<Point> = x.iter().map(|&x| Point { x }).collect();
    while p.len() > 1 {
        for i in 0..p.len() - 1 {
            p[i] = p[i].lerp(p[i + 1], 0.3 * x[0]);
        }
        p.pop();
    }
    p[0].x
}

#[derive(Differentiable)]
struct Dice(u64);

#[differentiate]
impl Dice {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Nothing but `return` leaves the loop.
    fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s >= 1.0 {
                continue;
            }
            return mean + deviation * u * (-2.0 * s.ln() / s).sqrt();
        }
    }
}

#[differentiate]
pub fn endless_loops(x: &[f64]) -> f64 {
    let grown = |mut n: f64| {
        loop {
            n *= 1.1;
            if n > 3.0 {
                return n;
            }
        }
    };
    grown(x[0]) * Dice(3).normal(x[1], x[2])
}

#[derive(Differentiable)]
struct Row {
    d: Vec<f64>,
}

#[differentiate]
impl std::ops::Sub for &Row {
    type Output = Row;
    fn sub(self, rhs: &Row) -> Row {
        let d = self.d.iter().zip(&rhs.d).map(|(a, b)| a - b).collect();
        Row { d }
    }
}

#[differentiate]
impl Row {
    fn map(&self, f: impl Fn(f64) -> f64) -> Row {
        Row {
            d: self.d.iter().map(|&v| f(v)).collect(),
        }
    }
}

#[differentiate]
fn root(a: f64, b: f64) -> Option<f64> {
    if a < 0.5 { None } else { Some((a * b).sqrt()) }
}

/// Nothing tells the macro which `map` is meant.
#[differentiate]
pub fn maps(x: &[f64]) -> f64 {
    let a = Row { d: x.to_vec() };
    let b = Row {
        d: vec![x[1], 0.3, x[0]],
    };
    let k = x[2];
    let c = (&a - &b).map(|v| v * k).map(f64::sin);
    let r = root(x[0], x[1]).map(|r| r * k);
    c.d.iter().sum::<f64>() + r.unwrap_or(k)
}

#[differentiate]
trait Density {
    fn log(&self, x: f64) -> f64;
}

#[derive(Clone, Copy, Differentiable)]
struct Normal(f64);

#[differentiate]
impl Density for Normal {
    fn log(&self, x: f64) -> f64 {
        -(x - self.0).powi(2)
    }
}

#[derive(Clone, Differentiable)]
struct Mixture<A, B> {
    a: A,
    b: B,
    weight: f64,
}

#[differentiate]
impl<A: Density, B: Density> Density for Mixture<A, B> {
    fn log(&self, x: f64) -> f64 {
        self.weight * self.a.log(x) + (1.0 - self.weight) * self.b.log(x)
    }
}

#[derive(Differentiable)]
struct Model<D: Density> {
    density: D,
}

#[differentiate]
impl<D: Density> Model<D> {
    fn score(&self, data: &[f64]) -> f64 {
        data.iter().map(|v| self.density.log(*v)).sum()
    }
}

#[differentiate]
pub fn densities(x: &[f64]) -> f64 {
    let density = Mixture {
        a: Normal(x[0]),
        b: Normal(0.3),
        weight: x[1],
    };
    Model { density }.score(x)
}

#[differentiate]
pub fn empty_vectors(x: &[f64]) -> f64 {
    let mut hull: Vec<Point> = Vec::new();
    for v in x {
        while hull.len() >= 2 && hull[hull.len() - 2].x < *v {
            hull.pop();
        }
        hull.push(Point { x: *v });
    }
    hull.iter().map(|p| p.x * p.x).sum()
}

#[test]
fn all() {
    each! { [0.6, 1.4, 0.8], [1.1, 0.7, 1.7], [0.3, 0.5, 0.9];
        struct_update, value_and_grad_struct_update, jvp_struct_update;
        annotated_literals, value_and_grad_annotated_literals, jvp_annotated_literals;
        error_that_is_not_clone, value_and_grad_error_that_is_not_clone, jvp_error_that_is_not_clone;
        arrays_of_slices, value_and_grad_arrays_of_slices, jvp_arrays_of_slices;
        references_passed_on, value_and_grad_references_passed_on, jvp_references_passed_on;
        closures_of_slices, value_and_grad_closures_of_slices, jvp_closures_of_slices;
        recursion_with_a_function, value_and_grad_recursion_with_a_function, jvp_recursion_with_a_function;
        arrays_of_open_length, value_and_grad_arrays_of_open_length, jvp_arrays_of_open_length;
        struct_in_some, value_and_grad_struct_in_some, jvp_struct_in_some;
        question_mark_in_an_arm, value_and_grad_question_mark_in_an_arm, jvp_question_mark_in_an_arm;
        endless_loops, value_and_grad_endless_loops, jvp_endless_loops;
        maps, value_and_grad_maps, jvp_maps;
        densities, value_and_grad_densities, jvp_densities;
        empty_vectors, value_and_grad_empty_vectors, jvp_empty_vectors;
        element_of_its_neighbour, value_and_grad_element_of_its_neighbour, jvp_element_of_its_neighbour;
    }
}

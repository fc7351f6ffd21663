//! Ordinary functions that once did not compile: values that leave loops early, values that are not
//! `Clone`, swaps, names of ranges, functions of functions only.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn first_large(x: &[f64]) -> [f64; 2] {
    for i in 0..x.len() {
        if x[i] > 1.0 {
            return [x[i] * x[i], x[0]];
        }
    }
    [x[0], x[1]]
}

#[differentiate]
pub fn array_leaves(x: &[f64]) -> f64 {
    let [a, b] = first_large(x);
    a * b
}

#[differentiate]
fn until_large(x: &[f64]) -> Vec<f64> {
    let mut squares = Vec::new();
    for (i, &v) in x.iter().enumerate() {
        squares.push(v * v);
        if v > 1.3 {
            return squares;
        }
        if i == 2 {
            return vec![v.sin(), v.cos()];
        }
    }
    squares
}

#[differentiate]
pub fn vector_leaves(x: &[f64]) -> f64 {
    until_large(x).iter().sum()
}

#[derive(Differentiable)]
struct Hit {
    t: f64,
    normal: [f64; 2],
}

#[differentiate]
fn march(start: f64, speed: f64) -> Hit {
    let mut t = 0.0;
    loop {
        let p = start + speed * t;
        let distance = 3.0 - p * p * 0.3;
        if distance < 0.5 {
            return Hit {
                t,
                normal: [p, distance],
            };
        }
        t += distance * 0.3;
    }
}

#[differentiate]
pub fn struct_leaves(x: &[f64]) -> f64 {
    let hit = march(x[0], x[1]);
    hit.t * hit.normal[0] + hit.normal[1]
}

#[differentiate(wrt(x))]
fn prefix(x: &[f64], limit: f64) -> (Vec<f64>, f64, usize) {
    let mut sum = 0.0;
    for (i, v) in x.iter().enumerate() {
        sum += v * v;
        if sum > limit {
            return (x[..i].to_vec(), sum, i);
        }
    }
    (x.to_vec(), sum, x.len())
}

#[differentiate]
pub fn tuple_leaves(x: &[f64]) -> f64 {
    let (values, sum, n) = prefix(x, 1.5);
    values.iter().sum::<f64>() * sum + n as f64
}

#[differentiate]
fn half(v: f64) -> Option<f64> {
    if v > 0.4 { Some(v * 0.5) } else { None }
}

#[differentiate]
fn halves(x: &[f64]) -> Option<Vec<f64>> {
    let mut all = Vec::with_capacity(x.len());
    for &v in x {
        all.push(half(v)? * v);
    }
    Some(all)
}

#[differentiate]
pub fn question_mark_leaves(x: &[f64]) -> f64 {
    match halves(x) {
        Some(v) => v.iter().sum(),
        None => x[2] * x[0],
    }
}

#[differentiate]
fn logarithms(x: &[f64]) -> Result<Vec<f64>, String> {
    let mut all = vec![];
    for v in x {
        if *v > 1.8 {
            return Err("too large".to_owned());
        }
        if *v > 1.2 {
            return Ok(all);
        }
        all.push(v.ln());
    }
    Ok(all)
}

#[differentiate]
pub fn result_leaves(x: &[f64]) -> f64 {
    match logarithms(x) {
        Ok(v) => v.iter().sum::<f64>() + x[0],
        Err(_) => x[0] * x[1],
    }
}

#[differentiate]
fn gain(a: f64) -> f64 {
    a * a + 1.0
}

#[differentiate]
pub fn swapped_call(x: &[f64]) -> f64 {
    let mut a = gain(x[0]);
    let mut b = x[1] * x[2];
    if a > b {
        std::mem::swap(&mut a, &mut b);
    }
    let mut values = [x[0], x[1]];
    std::mem::swap(&mut b, &mut values[1]);
    a * 2.0 + b.sin() + values[0] * values[1]
}

#[derive(Differentiable)]
struct Body {
    position: Vec<f64>,
    velocity: Vec<f64>,
}

#[differentiate]
fn moved(body: Body, force: &[f64], dt: f64) -> Body {
    let velocity: Vec<f64> = body
        .velocity
        .iter()
        .zip(force)
        .map(|(v, f)| v + f * dt)
        .collect();
    let position = body
        .position
        .iter()
        .zip(&velocity)
        .map(|(p, v)| p + v * dt)
        .collect();
    Body { position, velocity }
}

#[differentiate]
pub fn state_replaced(x: &[f64]) -> f64 {
    let mut body = Body {
        position: vec![x[0]],
        velocity: vec![x[1]],
    };
    for _ in 0..4 {
        let force: Vec<f64> = body.position.iter().map(|p| -p * x[2]).collect();
        body = moved(body, &force, 0.1);
    }
    body.position[0] * body.velocity[0]
}

#[derive(Clone, Copy, Differentiable)]
enum Phase {
    Idle,
    Drive { rate: f64, left: u32 },
}

#[differentiate]
fn next(phase: Phase, x: f64) -> Phase {
    match phase {
        Phase::Idle => Phase::Drive { rate: x, left: 1 },
        Phase::Drive { rate, left: 0 } if rate > 1.0 => Phase::Idle,
        Phase::Drive { rate, left } => Phase::Drive {
            rate: rate * 1.1,
            left: left.saturating_sub(1),
        },
    }
}

#[differentiate]
pub fn machine(x: &[f64]) -> f64 {
    let mut phase = Phase::Idle;
    let mut v = x[0];
    for i in 0..9 {
        phase = next(phase, x[i % 3]);
        v += match phase {
            Phase::Idle => -0.1 * v,
            Phase::Drive { rate, .. } => rate,
        };
    }
    v
}

#[differentiate]
pub fn named_range(x: &[f64]) -> f64 {
    let own = 0..2;
    let sum: f64 = x[own.clone()].iter().sum();
    sum * x[own].iter().product::<f64>()
}

#[differentiate]
fn total(f: impl Fn(usize) -> f64) -> f64 {
    let mut sum = 0.0;
    for i in 0..3 {
        sum += f(i);
    }
    sum
}

#[differentiate]
pub fn only_a_function(x: &[f64]) -> f64 {
    let k = x[2];
    total(|i| x[i] * k.powi(i as i32))
}

#[differentiate]
pub fn label_in_a_loop(x: &[f64]) -> f64 {
    let label = format!("n = {}", x.len());
    let mut sum = 0.0;
    for v in x {
        if *v > 100.0 {
            println!("{label} {v}");
        }
        sum += v.ln();
    }
    sum
}

#[differentiate]
trait Curve {
    fn squared(self) -> f64;
}

#[differentiate]
impl Curve for f64 {
    fn squared(self) -> f64 {
        self * self
    }
}

#[differentiate]
pub fn extended(x: &[f64]) -> f64 {
    (x[0] - x[1]).squared() * x[2].squared()
}

#[derive(Differentiable)]
struct Stats {
    n: usize,
    mean: f64,
}

#[differentiate]
impl Stats {
    fn merged(&self, other: &Stats) -> Stats {
        let n = self.n + other.n;
        let d = other.mean - self.mean;
        Stats {
            n,
            mean: self.mean + d * other.n as f64 / n as f64,
        }
    }
}

#[differentiate]
pub fn integer_of_unknown_type(x: &[f64]) -> f64 {
    let (a, b) = (
        Stats { n: 2, mean: x[0] },
        Stats {
            n: 1,
            mean: x[1] * x[2],
        },
    );
    let all = a.merged(&b);
    all.mean * all.n as f64
}

#[derive(Differentiable)]
struct Particle {
    place: Vec<f64>,
    best: f64,
}

#[differentiate]
impl Particle {
    fn visit(&mut self, f: f64) {
        if f < self.best {
            self.best = f;
        }
        for p in &mut self.place {
            *p *= 0.9;
        }
    }
}

#[differentiate]
pub fn swarm(x: &[f64]) -> f64 {
    let mut all: Vec<Particle> = Vec::new();
    for v in x {
        all.push(Particle {
            place: vec![*v, 0.5],
            best: 9.0,
        });
    }
    for _ in 0..2 {
        for particle in all.iter_mut() {
            let f = particle.place.iter().map(|v| v * v).sum::<f64>();
            particle.visit(f);
        }
    }
    all.iter().map(|p| p.best * p.place[0]).sum()
}

#[derive(Differentiable)]
struct Series {
    scale: f64,
    values: Vec<f64>,
}

#[differentiate]
fn ends(series: &Series) -> f64 {
    let Some(&last) = series.values.last() else {
        return 0.0;
    };
    let first = match series.values.first() {
        Some(&v) => v * v,
        None => 1.0,
    };
    let mut sum = last * series.scale * first;
    if let Some(&v) = series.values.get(1) {
        sum += v.sin();
    }
    sum
}

#[differentiate]
pub fn ends_of_a_field(x: &[f64]) -> f64 {
    let series = Series {
        scale: x[0],
        values: x[1..].to_vec(),
    };
    ends(&series)
}

#[test]
fn all() {
    each! { [0.6, 1.4, 0.8], [1.1, 0.7, 1.7], [0.3, 0.5, 0.9];
        array_leaves, value_and_grad_array_leaves, jvp_array_leaves;
        vector_leaves, value_and_grad_vector_leaves, jvp_vector_leaves;
        struct_leaves, value_and_grad_struct_leaves, jvp_struct_leaves;
        tuple_leaves, value_and_grad_tuple_leaves, jvp_tuple_leaves;
        question_mark_leaves, value_and_grad_question_mark_leaves, jvp_question_mark_leaves;
        result_leaves, value_and_grad_result_leaves, jvp_result_leaves;
        swapped_call, value_and_grad_swapped_call, jvp_swapped_call;
        state_replaced, value_and_grad_state_replaced, jvp_state_replaced;
        machine, value_and_grad_machine, jvp_machine;
        named_range, value_and_grad_named_range, jvp_named_range;
        only_a_function, value_and_grad_only_a_function, jvp_only_a_function;
        label_in_a_loop, value_and_grad_label_in_a_loop, jvp_label_in_a_loop;
        extended, value_and_grad_extended, jvp_extended;
        integer_of_unknown_type, value_and_grad_integer_of_unknown_type, jvp_integer_of_unknown_type;
        swarm, value_and_grad_swarm, jvp_swarm;
        ends_of_a_field, value_and_grad_ends_of_a_field, jvp_ends_of_a_field;
    }
}

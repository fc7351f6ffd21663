//! Types associated with a trait, and type parameters that no parameter mentions.

use grad_runtime::{Differentiable, differentiate};

#[differentiate]
pub trait Model {
    type State: Clone;
    fn start(&self) -> Self::State;
    fn step(&self, state: &Self::State, dt: f64) -> Self::State;
    fn energy(&self, state: &Self::State) -> f64;
    fn run(&self, steps: usize, dt: f64) -> f64 {
        let mut state = self.start();
        for _ in 0..steps {
            state = self.step(&state, dt);
        }
        self.energy(&state)
    }
}

#[derive(Differentiable)]
struct Pendulum {
    length: f64,
    angle: f64,
}

#[derive(Clone, Copy, Differentiable)]
struct Swing {
    angle: f64,
    speed: f64,
}

#[differentiate]
impl Model for Pendulum {
    type State = Swing;
    fn start(&self) -> Swing {
        Swing {
            angle: self.angle,
            speed: 0.0,
        }
    }
    fn step(&self, state: &Self::State, dt: f64) -> Self::State {
        let speed = state.speed - dt * 9.81 / self.length * state.angle.sin();
        Swing {
            angle: state.angle + dt * speed,
            speed,
        }
    }
    fn energy(&self, state: &Swing) -> f64 {
        0.5 * (self.length * state.speed).powi(2) - 9.81 * self.length * state.angle.cos()
    }
}

#[derive(Differentiable)]
struct Decay(f64);

#[differentiate]
impl Model for Decay {
    type State = f64;
    fn start(&self) -> f64 {
        1.0
    }
    fn step(&self, state: &f64, dt: f64) -> f64 {
        state * (-self.0 * dt).exp()
    }
    fn energy(&self, state: &f64) -> f64 {
        *state
    }
}

#[differentiate]
fn both<A: Model, B>(a: &A, b: &B, dt: f64) -> f64
where
    B: Model<State = f64>,
{
    let mut state = a.start();
    for _ in 0..3 {
        state = a.step(&state, dt);
    }
    let left = b.step(&b.start(), dt);
    a.energy(&state) * left + a.run(2, dt) * b.run(4, dt)
}

#[differentiate]
pub fn of_states(x: &[f64]) -> f64 {
    let pendulum = Pendulum {
        length: x[0],
        angle: x[1],
    };
    both(&pendulum, &Decay(x[2]), 0.05)
}

pub trait Metric {
    const POWER: i32;
    fn weight(i: usize) -> f64 {
        1.0 / (1 + i) as f64
    }
}

struct Square;
struct Fourth;

impl Metric for Square {
    const POWER: i32 = 2;
}

impl Metric for Fourth {
    const POWER: i32 = 4;
    fn weight(i: usize) -> f64 {
        (i + 1) as f64
    }
}

#[differentiate]
fn length<M>(x: &[f64]) -> f64
where
    M: Metric,
{
    let powers = x
        .iter()
        .enumerate()
        .map(|(i, v)| M::weight(i) * v.abs().powi(M::POWER));
    powers.sum::<f64>().powf(1.0 / M::POWER as f64)
}

#[differentiate]
pub fn of_lengths(x: &[f64]) -> f64 {
    length::<Square>(x) - length::<Fourth>(&x[1..])
}

#[test]
fn all() {
    each! { [0.6, 1.4, 0.8], [1.1, 0.7, 1.7];
        of_states, value_and_grad_of_states, jvp_of_states;
        of_lengths, value_and_grad_of_lengths, jvp_of_lengths;
    }
}

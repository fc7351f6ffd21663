use grad_runtime::{Differentiable, differentiate};

#[derive(Clone, Differentiable)]
struct Sim {
    at: f64,
}

#[differentiate]
impl Sim {
    fn moved(&mut self, by: f64) -> Sim {
        Sim { at: self.at + by }
    }

    fn step(&mut self, by: f64) -> &mut Self {
        self.at += by;
        self
    }
}

#[differentiate]
fn chained(x: f64) -> f64 {
    let mut sim = Sim { at: x };
    sim.moved(x).step(x);
    sim.at
}

fn main() {}

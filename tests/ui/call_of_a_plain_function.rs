use grad_runtime::{Differentiable, differentiate};

fn g(x: f64) -> f64 {
    x
}

mod inside {
    pub fn g(x: f64) -> f64 {
        x
    }
}

#[differentiate]
fn f(x: f64) -> f64 {
    g(x) * 2.0 + inside::g(x)
}

#[differentiate]
fn apply(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    f(x)
}

#[differentiate]
fn by_name(x: f64) -> f64 {
    apply(g, x)
}

#[derive(Differentiable)]
struct Spring {
    stiffness: f64,
}

impl Spring {
    fn new(stiffness: f64) -> Spring {
        Spring { stiffness }
    }
    fn force(&self, x: f64) -> f64 {
        self.stiffness * x
    }
}

#[differentiate(forward)]
fn associated(x: f64) -> f64 {
    Spring::new(x).stiffness
}

#[differentiate(forward)]
fn method(x: f64) -> f64 {
    let spring = Spring { stiffness: x };
    spring.force(x)
}

fn main() {}

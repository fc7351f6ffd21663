use grad_runtime::{Differentiable, differentiate};

#[differentiate]
trait Energy {
    fn energy(&self, x: f64) -> f64;
}

#[derive(Differentiable)]
struct Spring;

#[differentiate(jacobian)]
impl Energy for Spring {
    fn energy(&self, x: f64) -> f64 {
        0.5 * x * x
    }
}

fn main() {}

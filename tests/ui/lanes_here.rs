use grad_runtime::{Differentiable, differentiate};

#[differentiate]
trait Energy {
    fn energy(&self, x: f64) -> f64;
}

#[derive(Differentiable)]
struct Spring;

#[differentiate(lanes)]
impl Energy for Spring {
    fn energy(&self, x: f64) -> f64 {
        0.5 * x * x
    }
}

#[differentiate(lanes = 0)]
fn no_lanes(x: f64) -> f64 {
    x
}

#[differentiate(jacobian, lanes)]
fn generic<T: std::ops::Mul<Output = T> + Copy>(x: T) -> T {
    x * x
}

fn main() {}

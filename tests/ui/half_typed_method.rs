use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
struct Line {
    slope: f64,
}

#[differentiate]
impl Line {
    fn at(&self, x: f64) -> f64 {
        self.slope * x +
    }

    fn twice(&self, x: f64) -> f64 {
        2.0 * self.at(x)
    }
}

fn main() {
    let line = Line { slope: 1.0 };
    let _ = line.grad_at(1.0);
    let _ = line.grad_twice(1.0);
}

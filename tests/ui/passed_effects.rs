use grad_runtime::{Differentiable, differentiate};

#[differentiate]
fn each(x: &[f64], mut visit: impl FnMut(f64)) {
    for v in x {
        visit(*v);
    }
}

#[derive(Clone, Differentiable)]
struct Model {
    x: Vec<f64>,
    sum: f64,
}

#[differentiate]
fn parts(mut model: Model) -> f64 {
    let mut add = |v| model.sum += v;
    each(&model.x, |v| {
        add(v * v);
    });
    model.sum
}

#[differentiate]
fn turns(x: &[f64], other: &[f64]) -> f64 {
    let mut current = x;
    each(x, |v| {
        if v < 0.0 {
            current = other;
        }
    });
    current[0]
}

fn main() {}

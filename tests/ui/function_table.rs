use grad_runtime::differentiate;

#[differentiate]
fn apply(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    f(x)
}

#[differentiate]
fn filled_in_a_loop(x: &[f64]) -> f64 {
    let mut steps: Vec<Box<dyn Fn(f64) -> f64>> = Vec::new();
    for k in 0..x.len() {
        steps.push(Box::new(move |t| t * k as f64));
    }
    x[0]
}

#[differentiate]
fn sorted(x: f64) -> f64 {
    let mut steps = [f64::sin, f64::cos];
    steps.reverse();
    steps[0](x)
}

fn main() {}

use grad_runtime::differentiate;

#[differentiate]
fn once(x: f64) -> Vec<f64> {
    vec![x, 2.0 * x]
}

#[differentiate]
fn summed(x: f64) -> f64 {
    once(x).iter().sum()
}

fn main() {}

use grad_runtime::differentiate;

#[differentiate]
fn running(x: &[f64], y: &[f64]) -> f64 {
    let mut sum = 0.0;
    let total: f64 = x
        .iter()
        .map(|v| {
            sum += v;
            sum
        })
        .zip(y)
        .map(|(a, b)| a * b)
        .sum();
    total + sum
}

fn main() {}

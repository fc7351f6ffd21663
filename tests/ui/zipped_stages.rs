use grad_runtime::differentiate;

#[differentiate]
fn pairs(x: &[f64]) -> f64 {
    let positive = x.iter().filter(|v| **v > 0.0);
    let negative = x.iter().filter(|v| **v < 0.0);
    positive.zip(negative).map(|(a, b)| a * b).sum()
}

fn main() {}

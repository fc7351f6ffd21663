use grad_runtime::differentiate;

#[differentiate]
fn each(x: &[f64], mut visit: impl FnMut(f64) -> f64) -> f64 {
    visit(x[0]) + visit(x[1])
}

#[differentiate]
fn counts(x: &[f64]) -> f64 {
    let mut sum = 0.0;
    each(
        x,
        |v| {
            sum += v;
            v
        },
    ) + sum
}

fn main() {}

use grad_runtime::differentiate;

#[differentiate]
fn f(x: &[f64]) -> f64 {
    let first = x.first();
    *first.unwrap()
}

fn main() {}

use grad_runtime::differentiate;

fn g(x: f64) -> Option<f64> {
    Some(x)
}

#[differentiate]
fn f(x: f64) -> Option<f64> {
    let y = g(x)?;
    Some(y)
}

fn main() {}

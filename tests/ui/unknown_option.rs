use grad_runtime::differentiate;

#[differentiate(backward)]
fn f(x: f64) -> f64 {
    x
}

fn main() {}

use grad_runtime::differentiate;

#[differentiate(wrt(z))]
fn f(x: f64) -> f64 {
    x
}

fn main() {}

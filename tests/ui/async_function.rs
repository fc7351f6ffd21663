use grad_runtime::differentiate;

#[differentiate]
async fn f(x: f64) -> f64 {
    x
}

fn main() {}

use grad_runtime::differentiate;

#[differentiate]
fn f(x: f64) -> f64 {
    let mut v = vec![x];
    v.push(x * x);
    v[1]
}

fn main() {}

use grad_runtime::differentiate;

#[differentiate]
fn f<T: Copy>(x: f64, _t: T) -> f64 {
    x
}

fn main() {}

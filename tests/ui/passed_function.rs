use grad_runtime::differentiate;

#[differentiate]
fn apply(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    f(x)
}

#[differentiate]
fn square(x: f64) -> f64 {
    x * x
}

#[differentiate]
fn name(x: f64) -> f64 {
    apply(square, x)
}

#[differentiate]
fn closure_in_closure(x: f64) -> f64 {
    let g = |t: f64| t * x;
    apply(|t: f64| g(t) * t, x)
}

fn main() {}

use grad_runtime::differentiate;

#[differentiate]
fn apply(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    f(x)
}

#[differentiate]
fn scaled(a: f64) -> impl Fn(f64) -> f64 {
    move |t| a * t
}

#[differentiate]
fn handed_on(x: f64) -> f64 {
    apply(scaled(x), x)
}

fn main() {}

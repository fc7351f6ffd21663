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
fn one_of_two(x: f64) -> f64 {
    let g: fn(f64) -> f64 = if x > 0.0 { square } else { f64::sin };
    apply(g, x)
}

#[differentiate]
fn two_meanings(x: f64) -> f64 {
    let t = x * x;
    let g = |s: f64| s * t;
    apply(|t: f64| g(t) * t, x)
}

fn main() {}

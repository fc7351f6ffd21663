use grad_runtime::differentiate;

#[differentiate]
fn f(x: f64, y: f64) -> f64 {
    let g = |t: f64| t;
    let h = |t: f64| t + 1.0;
    let z = unsafe { x };
    g(x) + h(y) + z
}

fn uses() {
    let _ = grad_f(1.0, 2.0);
    let _ = jvp_f(1.0, 2.0, 1.0, 0.0);
}

fn main() {}

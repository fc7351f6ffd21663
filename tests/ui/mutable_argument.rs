use grad_runtime::differentiate;

fn g(x: &mut f64) {
    *x += 1.0;
}

#[differentiate]
fn f(x: f64) -> f64 {
    let mut y = x;
    g(&mut y);
    y
}

fn main() {}

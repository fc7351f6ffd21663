use grad_runtime::differentiate;

pub struct Curve {
    pub shape: fn(f64) -> f64,
}

#[differentiate(wrt(x))]
fn value(curve: &Curve, x: f64) -> f64 {
    (curve.shape)(x)
}

fn main() {}

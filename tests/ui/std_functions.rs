use grad_runtime::differentiate;

#[differentiate]
fn several(x: f64) -> f64 {
    let p = &x as *const f64;
    let a = std::convert::identity(x);
    a * f64::from_bits(x.to_bits())
}

fn main() {
    let _ = several(1.0);
}

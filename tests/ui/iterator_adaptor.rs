use grad_runtime::differentiate;

#[differentiate]
fn smallest_ten(x: &[f64]) -> f64 {
    x.iter().try_fold(0.0, |total, v| if total < 10.0 { Some(total + v) } else { None }).unwrap()
}

fn main() {}

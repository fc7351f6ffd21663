//! Which loops run several iterations side by side.

use crate::driver;

const FUNCTION: &str = "fn f(x: &[f64], points: &[f64], d: usize) -> f64 {
    let mut scaled = vec![0.0; d];
    let mut total = 0.0;
    for p in 0..points.len() / d {
        for i in 0..d {
            scaled[i] = x[i] * points[p * d + i];
        }
        let norm = NORM;
        total += STEP;
    }
    total
}";

fn is_abreast(norm: &str, step: &str) -> bool {
    let text = FUNCTION.replace("NORM", norm).replace("STEP", step);
    let item = text.parse().expect("tokens");
    let attribute = "wrt(x)".parse().expect("tokens");
    let code = driver::differentiate(attribute, item).to_string();
    code.contains("put_abreast")
}

#[test]
fn iterations_run_side_by_side_where_it_pays() {
    let sum = "{ let mut s = 0.0; for i in 0..d { s += scaled[i] * scaled[i]; } s }";
    assert!(is_abreast(sum, "norm.sqrt()"));
    // Ways part, something is printed, or all the work is in a call.
    assert!(!is_abreast(
        sum,
        "if norm > 1.0 { norm.sqrt() } else { norm }"
    ));
    assert!(!is_abreast(sum, "{ println!(\"{norm}\"); norm }"));
    assert!(!is_abreast("dot(&scaled, &scaled)", "norm"));
}

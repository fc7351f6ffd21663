//! Where a product waits behind its loop: the sums it waits for are named after what they sum.

use crate::driver;

const FUNCTION: &str = "fn f(x: &[f64], q: &[f64], points: &[f64], d: usize) -> f64 {
    let mut centred = vec![0.0; d];
    let mut scaled = vec![0.0; d];
    let mut total = 0.0;
    for p in 0..points.len() / d {
        for i in 0..d {
            centred[i] = points[p * d + i] - x[PLACE];
            scaled[i] = 0.0;
        }
        for i in 0..d {
            for j in 0..d {
                scaled[i] += FACTOR * centred[j];
            }
        }
        for i in 0..d {
            total += scaled[i].sin() * scaled[i];
        }
    }
    total
}";

fn is_postponed(place: &str, factor: &str) -> bool {
    let text = FUNCTION.replace("PLACE", place).replace("FACTOR", factor);
    let item = text.parse().expect("tokens");
    let attribute = "wrt(x, q)".parse().expect("tokens");
    let code = driver::differentiate(attribute, item).to_string();
    code.contains("scaled_bar_sum")
}

#[test]
fn products_wait_where_their_factors_stay() {
    assert!(is_postponed("i", "q[i * d + j]"));
    assert!(is_postponed("d - i - 1", "(q[i * d + j] * 2.0)"));
    assert!(!is_postponed("p + i", "q[i * d + j]"));
    assert!(!is_postponed("i", "q[p + i * d + j]"));
    assert!(!is_postponed("i", "(q[i * d + j] * centred[i])"));
}

//! Results of calls, whose types only the compiler knows, stored into elements of what a function
//! changes.

use grad_runtime::differentiate;

#[differentiate]
fn square(x: f64) -> f64 {
    x * x
}

/// `h_i = (h_i w_i)^2 h_i`
#[differentiate]
fn step(w: &[f64], h: &mut [f64]) {
    for i in 0..w.len() {
        let factor = square(h[i] * w[i]);
        h[i] *= factor;
    }
}

/// `x^3 w^2`, then the same again of that: `x^9 w^8`.
#[differentiate]
fn twice(w: &[f64], x: &[f64]) -> f64 {
    let mut h = x.to_vec();
    step(w, &mut h);
    step(w, &mut h);
    h[0]
}

#[test]
fn the_cotangent_of_a_stored_result_is_taken() {
    let (w, x) = (1.25_f64, 0.75_f64);
    let (value, (by_w, by_x)) = value_and_grad_twice(&[w], &[x]);
    let close = |found: f64, expected: f64| (found - expected).abs() < 1e-14;
    assert!(close(value, x.powi(9) * w.powi(8)));
    assert!(close(by_w[0], 8.0 * x.powi(9) * w.powi(7)));
    assert!(close(by_x[0], 9.0 * x.powi(8) * w.powi(8)));
}

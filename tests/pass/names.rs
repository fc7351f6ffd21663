//! Raw identifiers, names against convention, names that generated code might use itself.
#![deny(warnings)]

use grad_runtime::differentiate;

#[differentiate]
fn r#type(r#in: f64, r#match: &[f64]) -> f64 {
    let r#loop = r#in * r#match[0];
    r#loop + r#type_of(r#in)
}

#[differentiate]
fn r#type_of(x: f64) -> f64 {
    x.sin()
}

#[differentiate]
#[allow(non_snake_case)]
fn Area(X: f64, yBar: f64) -> f64 {
    let Product = X * yBar;
    Product
}

#[differentiate]
fn like_ours(value: f64, pull: f64, seed: f64, y_bar: f64, x_bar: f64, x: &[f64], tape: f64, this: f64) -> f64 {
    let mut t = value * pull;
    let absent = seed;
    for i in 0..x.len() {
        t = t * x[i] + absent * y_bar;
    }
    let value_1 = t.sin();
    value_1 * x_bar + tape * this
}

#[differentiate]
fn unicode(größe: f64, 幅: f64) -> f64 {
    größe * 幅
}

fn main() {
    let (a, b) = grad_type(2.0, &[3.0]);
    assert_eq!(b, vec![2.0]);
    assert_eq!(a, 3.0 + 2.0_f64.cos());
    assert_eq!(grad_Area(2.0, 3.0), (3.0, 2.0));
    assert_eq!(grad_unicode(2.0, 3.0), (3.0, 2.0));
    let (value, gradient) =
        value_and_grad_like_ours(1.0, 2.0, 0.5, 3.0, 4.0, &[1.0, 2.0], 5.0, 6.0);
    assert_eq!(value, like_ours(1.0, 2.0, 0.5, 3.0, 4.0, &[1.0, 2.0], 5.0, 6.0));
    assert_eq!(gradient.6, 6.0);
    assert_eq!(jvp_like_ours(1.0, 2.0, 0.5, 3.0, 4.0, &[1.0, 2.0], 5.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0, &[0.0; 2], 0.0, 1.0).1, 5.0);
}

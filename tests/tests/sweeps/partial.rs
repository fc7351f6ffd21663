//! Pullbacks of functions of one number keep its derivative where that is made of several.

use grad_runtime::differentiate;

#[differentiate]
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Its derivative is infinite at 0.
#[differentiate]
fn root(x: f64) -> f64 {
    let y = x.sqrt().exp();
    y / (1.0 + y * y)
}

/// The difference has no derivative where it stays below zero.
#[differentiate]
fn branches(x: f64) -> f64 {
    let y = (x.exp() + x.sin()).ln();
    if y > 0.0 { y * x.cos() } else { 0.0 }
}

#[test]
fn one_number_is_kept() {
    let (_, pull) = vjp_sigmoid(0.3);
    assert!(size_of_val(&pull) <= 2 * size_of::<f64>());
}

#[test]
fn derivatives_are_those_of_forward_mode() {
    type Way = (fn(f64) -> f64, fn(f64, f64) -> (f64, f64), fn(f64) -> f64);
    let ways: [Way; 3] = [
        (|x| vjp_sigmoid(x).1(2.0), jvp_sigmoid, sigmoid),
        (|x| vjp_root(x).1(2.0), jvp_root, root),
        (|x| vjp_branches(x).1(2.0), jvp_branches, branches),
    ];
    for (pulled, jvp, value) in ways {
        for x in [-800.0, -40.0, -1.5, 0.2, 1.3, 36.0, 800.0] {
            let (y, expected) = jvp(x, 2.0);
            assert_eq!(y.to_bits(), value(x).to_bits());
            let pulled = pulled(x);
            let near = pulled == expected || (pulled - expected).abs() <= 1e-12 * expected.abs();
            assert!(
                near || pulled.is_nan() && expected.is_nan(),
                "{pulled} for {expected} at {x}"
            );
        }
    }
}

#[test]
fn nothing_comes_back_where_nothing_is_asked() {
    assert_eq!(vjp_root(0.0).1(0.0), 0.0);
    assert_eq!(vjp_sigmoid(-800.0).1(3.0), 0.0);
}

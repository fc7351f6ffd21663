//! What derivatives in several directions at once do not do.

use crate::driver;

fn in_lanes(function: &str) -> String {
    let item = function.parse().expect("tokens");
    let attribute = "lanes".parse().expect("tokens");
    driver::differentiate(attribute, item).to_string()
}

#[test]
fn functions_with_loops_ask_whether_their_structs_rest() {
    let asks = |function| in_lanes(function).contains("resting ::");
    assert!(asks(
        "fn f(a: Row, n: usize) -> f64 {
            let mut sum = 0.0;
            for i in 0..n { sum += a.parts[i] * a.parts[i]; }
            sum
        }"
    ));
    assert!(!asks("fn f(a: Row, n: usize) -> f64 { a.first * a.last }"));
    // A look at every element of a sequence is no small thing.
    assert!(!asks(
        "fn f(a: &[f64]) -> f64 {
            let mut sum = 0.0;
            for i in 0..a.len() { sum += a[i] * a[i]; }
            sum
        }"
    ));
}

#[test]
fn a_tangent_that_is_pushed_is_not_copied() {
    let copies = |function: String| in_lanes(&function).contains(":: owned (");
    let function = "fn f(rows: &[Row]) -> Vec<Row> {
        let mut out: Vec<Row> = Vec::new();
        for i in 0..rows.len() {
            let row = turned(rows[i]);
            out.push(row);
            AFTER
        }
        out
    }";
    assert!(!copies(function.replace("AFTER", "")));
    assert!(copies(function.replace("AFTER", "out.push(row);")));
}

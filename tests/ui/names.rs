use grad_runtime::differentiate;

#[differentiate(wrt("x"))]
fn quoted(x: f64) -> f64 {
    x
}

#[differentiate]
fn misspelled(x: f64) -> f64 {
    x * yy
}

fn main() {
    let _ = (quoted(1.0), misspelled(1.0));
}

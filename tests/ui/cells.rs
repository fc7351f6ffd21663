use grad_runtime::differentiate;
use std::cell::Cell;
use std::sync::Mutex;

static TOTAL: Mutex<f64> = Mutex::new(0.0);

#[differentiate]
fn given(f: impl Fn(f64) -> f64, x: f64) -> f64 {
    f(x)
}

#[differentiate]
fn handed(x: f64) -> f64 {
    let c = Cell::new(x);
    given(|t| t * c.get(), x)
}

#[differentiate]
fn in_a_vector(x: f64) -> f64 {
    let cells = vec![Cell::new(x)];
    x * cells.len() as f64
}

#[differentiate]
fn put_into_a_static(x: f64) -> f64 {
    *TOTAL.lock().unwrap() += x;
    x
}

#[differentiate(wrt(x))]
fn put_into_a_parameter(kept: &Cell<f64>, x: f64) -> f64 {
    kept.set(x);
    kept.get() * x
}

fn main() {}

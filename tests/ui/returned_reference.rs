use grad_runtime::differentiate;

static NONE: f64 = 0.0;

#[differentiate]
fn of_a_static(x: &[f64]) -> &f64 {
    if x.len() > 1 { &x[1] } else { &NONE }
}

#[differentiate]
fn inside_a_tuple(x: &[f64]) -> (&f64, usize) {
    (&x[0], x.len())
}

#[differentiate]
fn counted(x: &mut [f64]) -> &mut f64 {
    x[0] += 1.0;
    &mut x[1]
}

fn main() {}

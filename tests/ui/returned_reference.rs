use grad_runtime::differentiate;

static NONE: f64 = 0.0;

#[differentiate]
fn of_a_static(x: &[f64]) -> &f64 {
    if x.len() > 1 { &x[1] } else { &NONE }
}

#[differentiate]
fn inside_an_option(x: &[f64]) -> Option<&f64> {
    x.first()
}

#[differentiate]
fn counted(x: &mut [f64]) -> &mut f64 {
    x[0] += 1.0;
    &mut x[1]
}

fn main() {}

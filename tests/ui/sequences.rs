use grad_runtime::differentiate;

#[differentiate]
fn no_place(x: &[f64]) -> f64 {
    x.splitn(2, |v| *v > 1.0).map(|part| part[0]).sum()
}

#[differentiate]
fn unknown_length(x: &[f64]) -> f64 {
    let first = x.first_chunk().unwrap();
    total(first)
}

#[differentiate]
fn total(a: &[f64; 3]) -> f64 {
    a[0] + a[1] + a[2]
}

#[differentiate]
fn taken_twice(x: &[f64]) -> f64 {
    let mut seen = 0.0;
    let mut all = x.iter().map(|v| {
        seen += v;
        v * seen
    });
    let first = all.next().unwrap();
    first * all.sum::<f64>()
}

fn main() {}

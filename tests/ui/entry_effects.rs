use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
struct Entries(Vec<f64>);

impl Entries {
    fn mapv(&self, mut f: impl FnMut(f64) -> f64) -> f64 {
        self.0.iter().map(|v| f(*v)).sum()
    }
}

#[differentiate]
fn running_total(x: &Entries) -> f64 {
    let mut total = 0.0;
    x.mapv(|v| {
        total += v;
        v * total
    })
}

fn main() {}

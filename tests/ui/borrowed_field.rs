use grad_runtime::{Differentiable, differentiate};

#[derive(Differentiable)]
struct View<'a> {
    data: &'a [f64],
    stride: usize,
}

impl View<'_> {
    #[differentiate]
    fn sum(&self) -> f64 {
        self.data.iter().step_by(self.stride).sum()
    }
}

#[differentiate]
fn f(x: &[f64]) -> f64 {
    let view = View {
        data: &x[1..],
        stride: 2,
    };
    view.sum()
}

fn main() {}

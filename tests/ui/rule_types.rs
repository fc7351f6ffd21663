use grad_runtime::derivative_of;

mod other {
    pub fn cube(x: f64) -> f64 {
        x * x * x
    }
    pub fn mean(x: &[f64]) -> f64 {
        x.iter().sum::<f64>() / x.len() as f64
    }
    pub fn product(x: f64, y: f64) -> f64 {
        x * y
    }
}

mod arity {
    #[grad_runtime::derivative_of(super::other::cube)]
    fn cube_vjp(x: f64, y: f64) -> (f64, impl FnOnce(f64) -> (f64, f64)) {
        (x * y, move |y_bar| (y * y_bar, x * y_bar))
    }
}

mod argument {
    #[grad_runtime::derivative_of(super::other::mean)]
    fn mean_vjp(x: f64) -> (f64, impl FnOnce(f64) -> f64) {
        (x, |y_bar| y_bar)
    }
}

mod result {
    #[grad_runtime::derivative_of(super::other::cube)]
    fn cube_vjp(x: f64) -> (f32, impl FnOnce(f32) -> f64) {
        (x as f32, |y_bar| y_bar as f64)
    }
}

#[derivative_of(other::mean)]
fn mean_vjp(x: &[f64]) -> (f64, impl FnOnce(f64) -> f64) {
    (other::mean(x), |y_bar| y_bar)
}

#[derivative_of(other::product)]
fn product_vjp(x: f64, y: f64) -> (f64, impl FnOnce(f32) -> (f64, f64, f64)) {
    (x * y, |_| (0.0, 0.0, 0.0))
}

mod borrowed {
    #[grad_runtime::derivative_of(super::other::mean)]
    fn mean_vjp(x: &[f64]) -> (f64, impl FnOnce(f64) -> Vec<f64>) {
        (super::other::mean(x), move |y_bar| vec![y_bar / x.len() as f64; x.len()])
    }
}

fn main() {}

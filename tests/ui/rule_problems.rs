use grad_runtime::derivative_of;

mod other {
    pub fn cube(x: f64) -> f64 {
        x * x * x
    }
    pub fn fill(x: f64, out: &mut [f64]) {
        out.fill(x);
    }
}

#[derivative_of(other::cube)]
fn no_pullback(x: f64) -> f64 {
    3.0 * x * x
}

#[derivative_of(other::cube, forward)]
fn no_tangent(x: f64) -> (f64, f64) {
    (x * x * x, 3.0 * x * x)
}

#[derivative_of(other::cube, forward)]
fn no_pair(x: f64, x_dot: f64) -> f64 {
    3.0 * x * x * x_dot
}

#[derivative_of(other::cube)]
fn half_of_the_arguments(x: f64, y: f64) -> (f64, impl FnOnce(f64, f64) -> (f64, f64)) {
    (x * y, move |y_bar, _x| (y_bar, y_bar))
}

#[derivative_of(other::fill)]
fn written(x: f64, out: &mut [f64]) -> ((), impl FnOnce(f64) -> f64) {
    (other::fill(x, out), |y_bar| y_bar)
}

#[derivative_of(other::cube)]
struct NotAFunction;

#[derivative_of(other::cube, backwards)]
fn unknown_option(x: f64) -> (f64, impl FnOnce(f64) -> f64) {
    (x, |y_bar| y_bar)
}

fn main() {}

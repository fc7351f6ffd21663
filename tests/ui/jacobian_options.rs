use grad_runtime::differentiate;

#[differentiate(jacobian, lanes = 0)]
fn no_lanes(x: f64) -> [f64; 2] {
    [x, x * x]
}

#[differentiate(jacobian, lanes = 4)]
trait Curve {
    fn at(x: f64) -> f64 {
        2.0 * x
    }
}

fn main() {}

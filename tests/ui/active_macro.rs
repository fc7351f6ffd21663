use grad_runtime::differentiate;

macro_rules! double {
    ($x:expr) => {
        $x * 2.0
    };
}

#[differentiate]
fn f(x: f64) -> f64 {
    double!(x)
}

fn main() {}

use grad_runtime::differentiate;

#[differentiate]
fn scale(x: f64) -> f64 {
    2.0 * x
}

#[differentiate]
fn hidden(x: f64) -> f64 {
    let a = scale(x);
    let b = {
        fn scale(x: f64) -> f64 {
            x * x
        }
        scale(x)
    };
    a + b
}

fn main() {}

//! Differentiated values read back from texts, bits and errors.

use grad_runtime::differentiate;

#[differentiate]
fn printed(x: f64, y: f64) -> f64 {
    let text = format!("{x:.3}");
    text.parse::<f64>().unwrap() * y
}

#[differentiate]
fn magnitude(x: f64, y: f64) -> f64 {
    let bits = x.to_bits();
    f64::from_bits(bits & !(1 << 63)) * y
}

#[differentiate]
fn logarithm(x: f64, y: f64) -> f64 {
    x.to_bits() as f64 * y
}

mod known_to_rustc {
    use super::differentiate;

    #[differentiate]
    fn residual(a: f64, b: f64) -> Result<f64, f64> {
        if a > b { Ok(a * b) } else { Err(a - b) }
    }

    #[differentiate]
    fn square(x: f64) -> f64 {
        x * x
    }

    #[differentiate]
    fn squared(a: f64, b: f64) -> f64 {
        match residual(a, b) {
            Ok(value) => value,
            Err(left) => square(left),
        }
    }

    #[differentiate]
    fn corrected(a: f64, b: f64) -> f64 {
        residual(a, b).unwrap_or_else(|left| left.abs())
    }
}

fn main() {}

//! Entries that are always 0, and what `wrt(..)` on a method of a differentiated block says.

use grad_runtime::differentiate;

/// Warned of, and 0.
#[allow(deprecated)]
mod warned {
    use grad_runtime::differentiate;

    #[differentiate]
    pub fn rounded(x: f64, y: f64) -> f64 {
        x.floor() + (x as i64) as f64 + y * y
    }
}

pub struct Steps;

#[differentiate]
impl Steps {
    #[differentiate(wrt(x))]
    pub fn picked(x: f64, by: f64) -> f64 {
        if by > 0.0 { x * x } else { x }
    }

    pub fn all(x: f64, by: f64) -> f64 {
        x * by
    }
}

#[test]
fn zeros() {
    assert_eq!(warned::grad_rounded(2.5, 3.0), (0.0, 6.0));
    assert_eq!(warned::jvp_rounded(2.5, 3.0, 1.0, 1.0), (13.0, 6.0));
    let (y, pull) = warned::vjp_rounded(2.5, 3.0);
    assert_eq!((y, pull(2.0)), (13.0, (0.0, 12.0)));
    assert_eq!(Steps::grad_picked(3.0, 1.0), 6.0);
    assert_eq!(Steps::grad_all(3.0, 1.0), (1.0, 3.0));
}

//! Attributes and options: `cfg`, `inline`, documentation, visibility, the path of the runtime.
#![deny(warnings, missing_docs)]

/// The runtime under another name.
pub mod facade {
    pub use grad_runtime::*;
}

use facade::differentiate;

/// By another path.
#[differentiate(crate = crate::facade)]
#[must_use]
pub fn renamed(x: &[f64], k: f64) -> f64 {
    let mut s = 0.0;
    for i in 0..x.len() {
        s += if x[i] > 0.0 { x[i].ln() } else { k };
    }
    s
}

/// Not compiled.
#[cfg(any())]
#[differentiate]
pub fn never(x: Missing) -> f64 {
    x.missing()
}

/// The attribute first, `cfg` behind it.
#[differentiate]
#[cfg(all())]
#[inline]
#[must_use]
pub fn always(x: f64) -> f64 {
    x * x
}

/// Attributes of lints and optimisation.
#[inline(always)]
#[cold]
#[track_caller]
#[allow(clippy::many_single_char_names)]
#[differentiate(wrt(a, c), reverse)]
#[must_use]
pub fn chosen(a: f64, b: f64, c: f64) -> f64 {
    a * b * c
}

/// Forward mode.
#[differentiate(forward, wrt(b))]
#[must_use]
pub fn ahead(a: f64, b: f64) -> f64 {
    a * b
}

fn main() {
    let (dx, dk) = grad_renamed(&[2.0, -1.0], 3.0);
    assert_eq!((dx, dk), (vec![0.5, 0.0], 1.0));
    assert_eq!(grad_always(3.0), 6.0);
    assert_eq!(grad_chosen(2.0, 3.0, 4.0), (12.0, 6.0));
    assert_eq!(jvp_ahead(2.0, 3.0, 1.0), (6.0, 2.0));
}

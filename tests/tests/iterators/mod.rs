//! Closures and iterators: reverse mode, forward mode and central differences agree, and the value
//! is the function's own bit for bit.

mod chains;
mod closures;
mod collections;
mod control;
mod types;

/// A function of a slice with its derivatives.
pub(crate) struct Subject {
    pub(crate) f: fn(&[f64]) -> f64,
    pub(crate) value_and_grad: fn(&[f64]) -> (f64, Vec<f64>),
    pub(crate) jvp: fn(&[f64], &[f64]) -> (f64, f64),
}

impl Subject {
    /// Checks both modes at a point.
    pub(crate) fn check(&self, name: &str, x: &[f64]) {
        let value = (self.f)(x);
        let (same, gradient) = (self.value_and_grad)(x);
        assert_eq!(
            same.to_bits(),
            value.to_bits(),
            "{name}: value in reverse mode"
        );
        assert_eq!(gradient.len(), x.len(), "{name}");
        for k in 0..x.len() {
            let mut unit = vec![0.0; x.len()];
            unit[k] = 1.0;
            let (same, tangent) = (self.jvp)(x, &unit);
            assert_eq!(
                same.to_bits(),
                value.to_bits(),
                "{name}: value in forward mode"
            );
            let scale = 1.0 + tangent.abs();
            assert!(
                (tangent - gradient[k]).abs() <= 1e-12 * scale,
                "{name}: forward {tangent}, reverse {} by {k} at {x:?}",
                gradient[k]
            );
            let at = |h: f64| {
                let mut x = x.to_vec();
                x[k] += h;
                (self.f)(&x)
            };
            let difference = (at(1e-6) - at(-1e-6)) / 2e-6;
            assert!(
                (tangent - difference).abs() <= 1e-6 * scale,
                "{name}: derivative {tangent}, difference {difference} by {k} at {x:?}"
            );
        }
    }
}

/// Checks functions `fn(&[f64]) -> f64` at the points given.
macro_rules! check {
    ($($f:ident, $grad:ident, $jvp:ident at $($x:expr),+;)*) => {$(
        #[test]
        fn $f() {
            let subject = $crate::iterators::Subject { f: super::$f, value_and_grad: super::$grad, jvp: super::$jvp };
            $(subject.check(stringify!($f), &$x);)+
        }
    )*};
}
pub(crate) use check;

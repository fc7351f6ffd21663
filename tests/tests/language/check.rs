//! Checks a function of numbers against differences, in both modes.

/// Value, gradient and directional derivative of `f` at `x` agree.
pub fn check(
    name: &str,
    f: &dyn Fn(&[f64]) -> f64,
    grad: &dyn Fn(&[f64]) -> (f64, Vec<f64>),
    jvp: &dyn Fn(&[f64], &[f64]) -> (f64, f64),
    x: &[f64],
) {
    let (value, gradient) = grad(x);
    assert_eq!(
        value.to_bits(),
        f(x).to_bits(),
        "{name}: value in reverse mode"
    );
    for k in 0..x.len() {
        let h = 1e-5 * x[k].abs().max(1.0);
        let (mut hi, mut lo) = (x.to_vec(), x.to_vec());
        hi[k] += h;
        lo[k] -= h;
        let difference = (f(&hi) - f(&lo)) / (2.0 * h);
        let scale = 1.0 + difference.abs() + gradient[k].abs();
        assert!(
            (difference - gradient[k]).abs() < 2e-6 * scale,
            "{name}: entry {k} is {} by reverse mode, {difference} by differences",
            gradient[k]
        );
        let mut unit = vec![0.0; x.len()];
        unit[k] = 1.0;
        let (value, dot) = jvp(x, &unit);
        assert_eq!(
            value.to_bits(),
            f(x).to_bits(),
            "{name}: value in forward mode"
        );
        assert!(
            (dot - gradient[k]).abs() < 1e-10 * scale,
            "{name}: entry {k} is {} by reverse mode, {dot} by forward mode",
            gradient[k]
        );
    }
}

/// `slice!(f, value_and_grad_f, jvp_f; x1, x2, ..)` for `f(x: &[f64]) -> f64`.
macro_rules! slice {
    ($f:path, $grad:path, $jvp:path; $($x:expr),+ $(,)?) => {$(
        crate::check::check(
            stringify!($f),
            &|x| $f(x),
            &|x| $grad(x),
            &|x, d| $jvp(x, d),
            &$x,
        );
    )+};
}

/// `numbers!(f, value_and_grad_f, jvp_f, 2; [a, b], ..)` for `f(a: f64, b: f64) -> f64`.
macro_rules! numbers {
    ($f:path, $grad:path, $jvp:path, 1; $($x:expr),+ $(,)?) => {$(
        crate::check::check(
            stringify!($f),
            &|x| $f(x[0]),
            &|x| { let (y, a) = $grad(x[0]); (y, vec![a]) },
            &|x, d| $jvp(x[0], d[0]),
            &$x,
        );
    )+};
    ($f:path, $grad:path, $jvp:path, 2; $($x:expr),+ $(,)?) => {$(
        crate::check::check(
            stringify!($f),
            &|x| $f(x[0], x[1]),
            &|x| { let (y, (a, b)) = $grad(x[0], x[1]); (y, vec![a, b]) },
            &|x, d| $jvp(x[0], x[1], d[0], d[1]),
            &$x,
        );
    )+};
    ($f:path, $grad:path, $jvp:path, 3; $($x:expr),+ $(,)?) => {$(
        crate::check::check(
            stringify!($f),
            &|x| $f(x[0], x[1], x[2]),
            &|x| { let (y, (a, b, c)) = $grad(x[0], x[1], x[2]); (y, vec![a, b, c]) },
            &|x, d| $jvp(x[0], x[1], x[2], d[0], d[1], d[2]),
            &$x,
        );
    )+};
}

/// [`slice`] for several functions at the same points.
macro_rules! each {
    ($($x:expr),+; $($f:ident, $gradient:ident, $push:ident;)*) => { each!(@points [$($x),+] $($f, $gradient, $push;)*) };
    (@points $x:tt $($f:ident, $gradient:ident, $push:ident;)*) => { $(each!(@one $x $f, $gradient, $push);)* };
    (@one [$($x:expr),+] $f:ident, $gradient:ident, $push:ident) => { slice!($f, $gradient, $push; $($x),+) };
}

/// [`slice`] for several functions by their paths, at the same points.
macro_rules! at_points {
    ($($x:expr),+; $($f:path, $gradient:path, $push:path;)*) => { at_points!(@points [$($x),+] $($f, $gradient, $push;)*) };
    (@points $x:tt $($f:path, $gradient:path, $push:path;)*) => { $(at_points!(@one $x $f, $gradient, $push);)* };
    (@one [$($x:expr),+] $f:path, $gradient:path, $push:path) => { slice!($f, $gradient, $push; $($x),+) };
}

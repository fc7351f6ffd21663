//! The rules of the floats, each against the function itself and against differences.

use grad_runtime::private::rules::{
    AddAssignRule, AddRule, DivAssignRule, DivRule, MulAssignRule, MulRule, NegRule, REAL_METHODS,
    RealRules, RemAssignRule, RemRule, SubAssignRule, SubRule,
};
use grad_runtime::private::{Again, Wrt, unit_tangent};

/// Rows of points.
type Points = &'static [&'static [f64]];

const REAL: Points = &[&[-2.3], &[-0.4], &[0.7], &[1.9]];
const SIGNS: Points = &[&[-2.3], &[-0.4], &[0.7], &[1.9]];
const STEPS: Points = &[&[-2.3], &[-0.4], &[0.7], &[1.9]];
const UNIT: Points = &[&[-0.9], &[-0.4], &[0.3], &[0.8]];
const POSITIVE: Points = &[&[0.2], &[1.0], &[3.7]];
const ABOVE_ONE: Points = &[&[1.3], &[2.9]];
const PAIRS: Points = &[&[-2.0, 0.7], &[1.5, -0.3], &[0.4, 2.2], &[-0.6, -1.1]];
const POSITIVES: Points = &[&[0.4, 2.2], &[1.7, -1.3], &[2.5, 0.5]];
const BASES: Points = &[&[0.4, 2.2], &[1.7, 0.3], &[2.5, 10.0]];
const QUOTIENTS: Points = &[&[5.4, 2.2], &[-5.4, 2.2], &[5.4, -2.2]];
const TRIPLES: Points = &[&[1.5, -0.3, 0.7], &[-2.0, 0.7, 3.0]];
const RANGES: Points = &[&[-3.0, -1.0, 1.0], &[0.2, -1.0, 1.0], &[3.0, -1.0, 1.0]];

/// One rule, of up to three operands.
struct Case {
    name: &'static str,
    points: Points,
    value: fn(&[f64]) -> f64,
    pull: fn(&[f64], f64) -> (f64, Vec<f64>),
    push: fn(&[f64], &[f64]) -> (f64, f64),
    /// The gradient in `f32`.
    narrow: fn(&[f32]) -> Vec<f32>,
}

/// The value and the pullback of a method at `v`, for any float.
macro_rules! pull {
    ($vjp:ident (x) $v:ident $t:expr) => {{
        let (y, pull) = $v[0].$vjp(Wrt::<1>);
        let mut bars = vec![0.0; 1];
        assert_eq!(size_of_val(&pull), 0, "a pullback keeps nothing");
        pull($t, &$v[0], Some(&mut bars[0]));
        (y, bars)
    }};
    ($vjp:ident (x, y) $v:ident $t:expr) => {{
        let (y, pull) = $v[0].$vjp($v[1], Wrt::<3>);
        let (mut x_bar, mut y_bar) = (0.0, 0.0);
        assert_eq!(size_of_val(&pull), 0, "a pullback keeps nothing");
        pull($t, &$v[0], &$v[1], Some(&mut x_bar), Some(&mut y_bar));
        (y, vec![x_bar, y_bar])
    }};
    ($vjp:ident (x, y, z) $v:ident $t:expr) => {{
        let (y, pull) = $v[0].$vjp($v[1], $v[2], Wrt::<7>);
        let [mut x_bar, mut y_bar, mut z_bar] = [0.0; 3];
        assert_eq!(size_of_val(&pull), 0, "a pullback keeps nothing");
        let (x, y_again, z) = (&$v[0], &$v[1], &$v[2]);
        pull(
            $t,
            x,
            y_again,
            z,
            Some(&mut x_bar),
            Some(&mut y_bar),
            Some(&mut z_bar),
        );
        (y, vec![x_bar, y_bar, z_bar])
    }};
}

/// The value and the tangent of a method at `v` along `d`.
macro_rules! push {
    ($jvp:ident (x) $v:ident $d:ident) => {
        $v[0].$jvp(Wrt::<1>, Some(&$d[0]))
    };
    ($jvp:ident (x, y) $v:ident $d:ident) => {
        $v[0].$jvp($v[1], Wrt::<3>, Some(&$d[0]), Some(&$d[1]))
    };
    ($jvp:ident (x, y, z) $v:ident $d:ident) => {
        $v[0].$jvp(
            $v[1],
            $v[2],
            Wrt::<7>,
            Some(&$d[0]),
            Some(&$d[1]),
            Some(&$d[2]),
        )
    };
}

macro_rules! value {
    ($name:ident (x) $v:ident) => {
        $v[0].$name()
    };
    ($name:ident (x, y) $v:ident) => {
        $v[0].$name($v[1])
    };
    ($name:ident (x, y, z) $v:ident) => {
        $v[0].$name($v[1], $v[2])
    };
}

macro_rules! cases {
    ($($name:ident $vjp:ident $jvp:ident $operands:tt $points:ident;)*) => {
        vec![$(Case {
            name: stringify!($name),
            points: $points,
            value: |v| value!($name $operands v),
            pull: |v, t| pull!($vjp $operands v t),
            push: |v, d| push!($jvp $operands v d),
            narrow: |v| pull!($vjp $operands v 1.0).1,
        }),*]
    };
}

#[allow(deprecated, reason = "`abs_sub` is a row")]
fn methods() -> Vec<Case> {
    cases! {
        abs __grad_vjp_abs __grad_jvp_abs (x) SIGNS;
        signum __grad_vjp_signum __grad_jvp_signum (x) SIGNS;
        floor __grad_vjp_floor __grad_jvp_floor (x) STEPS;
        ceil __grad_vjp_ceil __grad_jvp_ceil (x) STEPS;
        round __grad_vjp_round __grad_jvp_round (x) STEPS;
        round_ties_even __grad_vjp_round_ties_even __grad_jvp_round_ties_even (x) STEPS;
        trunc __grad_vjp_trunc __grad_jvp_trunc (x) STEPS;
        fract __grad_vjp_fract __grad_jvp_fract (x) STEPS;
        recip __grad_vjp_recip __grad_jvp_recip (x) SIGNS;
        sqrt __grad_vjp_sqrt __grad_jvp_sqrt (x) POSITIVE;
        cbrt __grad_vjp_cbrt __grad_jvp_cbrt (x) SIGNS;
        exp __grad_vjp_exp __grad_jvp_exp (x) REAL;
        exp2 __grad_vjp_exp2 __grad_jvp_exp2 (x) REAL;
        exp_m1 __grad_vjp_exp_m1 __grad_jvp_exp_m1 (x) REAL;
        ln __grad_vjp_ln __grad_jvp_ln (x) POSITIVE;
        ln_1p __grad_vjp_ln_1p __grad_jvp_ln_1p (x) UNIT;
        log2 __grad_vjp_log2 __grad_jvp_log2 (x) POSITIVE;
        log10 __grad_vjp_log10 __grad_jvp_log10 (x) POSITIVE;
        sin __grad_vjp_sin __grad_jvp_sin (x) REAL;
        cos __grad_vjp_cos __grad_jvp_cos (x) REAL;
        tan __grad_vjp_tan __grad_jvp_tan (x) UNIT;
        asin __grad_vjp_asin __grad_jvp_asin (x) UNIT;
        acos __grad_vjp_acos __grad_jvp_acos (x) UNIT;
        atan __grad_vjp_atan __grad_jvp_atan (x) REAL;
        sinh __grad_vjp_sinh __grad_jvp_sinh (x) REAL;
        cosh __grad_vjp_cosh __grad_jvp_cosh (x) REAL;
        tanh __grad_vjp_tanh __grad_jvp_tanh (x) REAL;
        asinh __grad_vjp_asinh __grad_jvp_asinh (x) REAL;
        acosh __grad_vjp_acosh __grad_jvp_acosh (x) ABOVE_ONE;
        atanh __grad_vjp_atanh __grad_jvp_atanh (x) UNIT;
        to_degrees __grad_vjp_to_degrees __grad_jvp_to_degrees (x) REAL;
        to_radians __grad_vjp_to_radians __grad_jvp_to_radians (x) REAL;
        copysign __grad_vjp_copysign __grad_jvp_copysign (x, y) PAIRS;
        max __grad_vjp_max __grad_jvp_max (x, y) PAIRS;
        min __grad_vjp_min __grad_jvp_min (x, y) PAIRS;
        abs_sub __grad_vjp_abs_sub __grad_jvp_abs_sub (x, y) PAIRS;
        div_euclid __grad_vjp_div_euclid __grad_jvp_div_euclid (x, y) QUOTIENTS;
        rem_euclid __grad_vjp_rem_euclid __grad_jvp_rem_euclid (x, y) QUOTIENTS;
        hypot __grad_vjp_hypot __grad_jvp_hypot (x, y) PAIRS;
        midpoint __grad_vjp_midpoint __grad_jvp_midpoint (x, y) PAIRS;
        powf __grad_vjp_powf __grad_jvp_powf (x, y) POSITIVES;
        log __grad_vjp_log __grad_jvp_log (x, y) BASES;
        atan2 __grad_vjp_atan2 __grad_jvp_atan2 (x, y) PAIRS;
        clamp __grad_vjp_clamp __grad_jvp_clamp (x, y, z) RANGES;
        mul_add __grad_vjp_mul_add __grad_jvp_mul_add (x, y, z) TRIPLES;
    }
}

/// Operators, in each of the four combinations of owned and borrowed, and assigning.
macro_rules! operators {
    ($($Rule:ident $vjp:ident $jvp:ident $op:tt $Assign:ident $vjp_assign:ident $jvp_assign:ident $points:ident;)*) => {
        vec![$(
            operators!(@ "owned", $points, $op, |x, y| $Rule::$vjp(x, y, Wrt::<3>), |x, y, dx, dy| $Rule::$jvp(x, y, Wrt::<3>, dx, dy)),
            operators!(@ "left by reference", $points, $op, |x, y| $Rule::$vjp(&x, y, Wrt::<3>), |x, y, dx, dy| $Rule::$jvp(&x, y, Wrt::<3>, dx, dy)),
            operators!(@ "right by reference", $points, $op, |x, y| $Rule::$vjp(x, &y, Wrt::<3>), |x, y, dx, dy| $Rule::$jvp(x, &y, Wrt::<3>, dx, dy)),
            operators!(@ "both by reference", $points, $op, |x, y| $Rule::$vjp(&x, &y, Wrt::<3>), |x, y, dx, dy| $Rule::$jvp(&x, &y, Wrt::<3>, dx, dy)),
            operators!(@assign $points, $op, |x, y| $Assign::$vjp_assign(x, y, Wrt::<3>), |x, y, dx, dy| $Assign::$jvp_assign(x, y, Wrt::<3>, dx, dy)),
            operators!(@assign $points, $op, |x, y| $Assign::$vjp_assign(x, &y, Wrt::<3>), |x, y, dx, dy| $Assign::$jvp_assign(x, &y, Wrt::<3>, dx, dy)),
        )*]
    };
    (@ $how:literal, $points:ident, $op:tt, |$x:ident, $y:ident| $vjp:expr, |$a:ident, $b:ident, $dx:ident, $dy:ident| $jvp:expr) => {
        Case {
            name: concat!(stringify!($op), ", ", $how),
            points: $points,
            value: |v| v[0] $op v[1],
            pull: |v, t| operators!(@pull v, t, |$x, $y| $vjp),
            push: |v, d| {
                let ($a, $b, $dx, $dy) = (v[0], v[1], Some(&d[0]), Some(&d[1]));
                $jvp
            },
            narrow: |v| operators!(@pull v, 1.0, |$x, $y| $vjp).1,
        }
    };
    (@assign $points:ident, $op:tt, |$x:ident, $y:ident| $vjp:expr, |$a:ident, $b:ident, $dx:ident, $dy:ident| $jvp:expr) => {
        Case {
            name: concat!(stringify!($op), "="),
            points: $points,
            value: |v| v[0] $op v[1],
            pull: |v, t| operators!(@pull_assign v, t, |$x, $y| $vjp),
            push: |v, d| {
                let (mut place, mut dot) = (v[0], d[0]);
                let ($a, $b, $dx, $dy) = (&mut place, v[1], Some(&mut dot), Some(&d[1]));
                let ((), _) = $jvp;
                (place, dot)
            },
            narrow: |v| operators!(@pull_assign v, 1.0, |$x, $y| $vjp).1,
        }
    };
    (@pull $v:ident, $t:expr, |$x:ident, $y:ident| $vjp:expr) => {{
        let ($x, $y) = ($v[0], $v[1]);
        let (value, pull) = $vjp;
        assert_eq!(size_of_val(&pull), 0, "a pullback keeps nothing");
        let (mut x_bar, mut y_bar) = (0.0, 0.0);
        pull($t, &$v[0], &$v[1], Some(&mut x_bar), Some(&mut y_bar));
        (value, vec![x_bar, y_bar])
    }};
    (@pull_assign $v:ident, $t:expr, |$x:ident, $y:ident| $vjp:expr) => {{
        let (mut place, $y) = ($v[0], $v[1]);
        let $x = &mut place;
        let ((), pull) = $vjp;
        let (mut place_bar, mut y_bar) = ($t, 0.0);
        pull(unit_tangent(), (), &$v[1], Some(&mut place_bar), Some(&mut y_bar));
        (place, vec![place_bar, y_bar])
    }};
}

fn operators() -> Vec<Case> {
    operators! {
        AddRule __grad_vjp_add __grad_jvp_add + AddAssignRule __grad_vjp_add_assign __grad_jvp_add_assign PAIRS;
        SubRule __grad_vjp_sub __grad_jvp_sub - SubAssignRule __grad_vjp_sub_assign __grad_jvp_sub_assign PAIRS;
        MulRule __grad_vjp_mul __grad_jvp_mul * MulAssignRule __grad_vjp_mul_assign __grad_jvp_mul_assign PAIRS;
        DivRule __grad_vjp_div __grad_jvp_div / DivAssignRule __grad_vjp_div_assign __grad_jvp_div_assign PAIRS;
        RemRule __grad_vjp_rem __grad_jvp_rem % RemAssignRule __grad_vjp_rem_assign __grad_jvp_rem_assign QUOTIENTS;
    }
}

/// The exponent of `powi` is an integer, the result of `sin_cos` a pair.
fn others() -> Vec<Case> {
    const POWERS: Points = &[&[0.4], &[-1.7], &[2.5]];
    macro_rules! powi {
        ($($n:literal)*) => {
            [$(Case {
                name: concat!("powi ", $n),
                points: POWERS,
                value: |v| v[0].powi($n),
                pull: |v, t| {
                    let (y, pull) = v[0].__grad_vjp_powi($n, Wrt::<1>);
                    let mut x_bar = 0.0;
                    pull(t, &v[0], &$n, Some(&mut x_bar), None);
                    (y, vec![x_bar])
                },
                push: |v, d| v[0].__grad_jvp_powi($n, Wrt::<1>, Some(&d[0]), None),
                narrow: |v| {
                    let (_, pull) = v[0].__grad_vjp_powi($n, Wrt::<1>);
                    let mut x_bar = 0.0;
                    pull(1.0, &v[0], &$n, Some(&mut x_bar), None);
                    vec![x_bar]
                },
            }),*]
        };
    }
    macro_rules! sin_cos {
        ($sin:literal $cos:literal) => {
            Case {
                name: "sin_cos",
                points: REAL,
                value: |v| $sin * v[0].sin() + $cos * v[0].cos(),
                pull: |v, t| {
                    let ((sin, cos), pull) = v[0].__grad_vjp_sin_cos(Wrt::<1>);
                    let mut x_bar = 0.0;
                    pull((t * $sin, t * $cos), &v[0], Some(&mut x_bar));
                    ($sin * sin + $cos * cos, vec![x_bar])
                },
                push: |v, d| {
                    let ((sin, cos), (sin_dot, cos_dot)) =
                        v[0].__grad_jvp_sin_cos(Wrt::<1>, Some(&d[0]));
                    ($sin * sin + $cos * cos, $sin * sin_dot + $cos * cos_dot)
                },
                narrow: |v| {
                    let (_, pull) = v[0].__grad_vjp_sin_cos(Wrt::<1>);
                    let mut x_bar = 0.0;
                    pull(($sin, $cos), &v[0], Some(&mut x_bar));
                    vec![x_bar]
                },
            }
        };
    }
    macro_rules! neg {
        ($operand:expr) => {
            Case {
                name: "-x",
                points: REAL,
                value: |v| -v[0],
                pull: |v, t| {
                    let (y, pull) = NegRule::__grad_vjp_neg($operand(&v[0]), Wrt::<1>);
                    let mut x_bar = 0.0;
                    pull(t, &v[0], Some(&mut x_bar));
                    (y, vec![x_bar])
                },
                push: |v, d| NegRule::__grad_jvp_neg($operand(&v[0]), Wrt::<1>, Some(&d[0])),
                narrow: |_| vec![-1.0],
            }
        };
    }
    let mut cases = vec![
        sin_cos!(1.0 0.0),
        sin_cos!(0.3 - 1.7),
        neg!(|x: &f64| *x),
        neg!(std::convert::identity),
    ];
    cases.extend(powi!(0 1 2 3 -1 -2 5));
    cases
}

fn all() -> impl Iterator<Item = Case> {
    let lists = [methods(), operators(), others()];
    lists.into_iter().flatten()
}

#[test]
fn every_method_is_in_the_table() {
    let tabled: Vec<_> = methods().into_iter().chain(others()).collect();
    for name in REAL_METHODS {
        let found = tabled
            .iter()
            .any(|case| case.name.split(' ').next() == Some(name));
        assert!(found, "`{name}` is not tested");
    }
}

#[test]
fn values_are_the_functions_own() {
    for case in all() {
        for point in case.points {
            let expected = (case.value)(point).to_bits();
            let (name, zeros) = (case.name, vec![0.0; point.len()]);
            assert_eq!(
                (case.pull)(point, 1.0).0.to_bits(),
                expected,
                "{name} at {point:?}"
            );
            assert_eq!(
                (case.push)(point, &zeros).0.to_bits(),
                expected,
                "{name} at {point:?}"
            );
        }
    }
}

#[test]
fn push_agrees_with_differences() {
    for case in all() {
        for point in case.points {
            for k in 0..point.len() {
                let moved = |by: f64| {
                    let mut point = point.to_vec();
                    point[k] += by;
                    (case.value)(&point)
                };
                let step = 1e-5;
                let expected = (moved(step) - moved(-step)) / (2.0 * step);
                let mut dots = vec![0.0; point.len()];
                dots[k] = 1.0;
                let (_, found) = (case.push)(point, &dots);
                let error = (found - expected).abs() / (1.0 + expected.abs());
                assert!(
                    error < 1e-8,
                    "{} at {point:?} by {k}: {found}, not {expected}",
                    case.name
                );
            }
        }
    }
}

#[test]
fn pull_is_the_adjoint_of_push_in_both_widths() {
    for case in all() {
        for point in case.points {
            let dots: Vec<f64> = (0..point.len()).map(|k| [0.7, -1.3, 0.4][k]).collect();
            let (_, y_dot) = (case.push)(point, &dots);
            let (_, bars) = (case.pull)(point, 1.9);
            let sum: f64 = bars.iter().zip(&dots).map(|(a, b)| a * b).sum();
            let (name, size) = (case.name, 1.0 + y_dot.abs());
            assert!(
                (sum - 1.9 * y_dot).abs() < 1e-12 * size,
                "{name} at {point:?}: {sum} {y_dot}"
            );

            #[expect(clippy::cast_possible_truncation, reason = "the point in `f32`")]
            let narrow: Vec<f32> = point.iter().map(|x| *x as f32).collect();
            let (_, wide) = (case.pull)(point, 1.0);
            for (narrow, wide) in (case.narrow)(&narrow).iter().zip(&wide) {
                let error = (f64::from(*narrow) - wide).abs() / (1.0 + wide.abs());
                assert!(error < 1e-5, "{name} at {point:?}: {narrow} {wide}");
            }
        }
    }
}

#[test]
fn a_cotangent_is_added_and_none_is_left_alone() {
    let (_, pull) = MulRule::__grad_vjp_mul(3.0_f64, 4.0_f64, Wrt::<2>);
    let mut y_bar = 100.0;
    pull(2.0, &3.0, &4.0, None, Some(&mut y_bar));
    assert_eq!(y_bar, 106.0);
    assert_eq!(
        AddRule::__grad_jvp_add(1.0_f64, 2.0_f64, Wrt::<0>, None, None),
        (3.0, 0.0)
    );
    let mut place = 5.0_f64;
    let ((), pull) = MulAssignRule::__grad_vjp_mul_assign(&mut place, 2.0, Wrt::<0>);
    pull(unit_tangent(), (), &2.0, None, None);
    assert_eq!(place, 10.0);
}

#[test]
fn a_zero_cotangent_times_an_infinite_partial_is_zero() {
    for (name, point) in [
        ("recip", 0.0),
        ("sqrt", 0.0),
        ("ln", 0.0),
        ("cbrt", 0.0),
        ("asin", 1.0),
    ] {
        let case = methods().into_iter().find(|case| case.name == name);
        let case = case.unwrap_or_else(|| panic!("no {name}"));
        assert_eq!((case.pull)(&[point], 0.0).1, [0.0], "{name}");
        assert_eq!((case.push)(&[point], &[0.0]).1, 0.0, "{name}");
        assert!((case.pull)(&[point], 1.0).1[0].is_infinite(), "{name}");
    }
    for case in operators()
        .into_iter()
        .filter(|case| case.name.starts_with('/'))
    {
        assert_eq!((case.pull)(&[1.0, 0.0], 0.0).1, [0.0, 0.0], "{}", case.name);
        assert_eq!(
            (case.push)(&[1.0, 0.0], &[0.0, 0.0]).1,
            0.0,
            "{}",
            case.name
        );
    }
}

#[test]
fn kinks_have_the_stated_derivatives() {
    let kinks: &[(&str, &[f64], &[f64])] = &[
        ("abs", &[0.0], &[0.0]),
        ("max", &[2.0, 2.0], &[0.5, 0.5]),
        ("min", &[2.0, 2.0], &[0.5, 0.5]),
        ("clamp", &[1.0, 1.0, 3.0], &[0.5, 0.5, 0.0]),
        ("clamp", &[3.0, 1.0, 3.0], &[0.5, 0.0, 0.5]),
        ("hypot", &[0.0, 0.0], &[0.0, 0.0]),
        ("powf", &[0.0, 2.0], &[0.0, 0.0]),
        ("signum", &[0.0], &[0.0]),
        ("%, owned", &[5.5, 2.0], &[1.0, -2.0]),
        ("powi 0", &[0.0], &[0.0]),
    ];
    for (name, point, expected) in kinks {
        let case = all().find(|case| case.name == *name);
        let case = case.unwrap_or_else(|| panic!("no {name}"));
        assert_eq!((case.pull)(point, 1.0).1, *expected, "{name} at {point:?}");
    }
}

#[test]
fn receivers_are_handed_again_by_reference() {
    use grad_runtime::private::rules::methods::*;

    let x = 0.5_f64;
    assert_eq!(x.__grad_again_sqrt().give(), &0.5);
    assert_eq!((&&x.__grad_again_max().keeper()).keep().again(), &0.5);
}

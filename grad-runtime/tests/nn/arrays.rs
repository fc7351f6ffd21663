//! The rules of arrays, one row for each form of each operation: the value is the operation's own,
//! forward mode agrees with differences, reverse with forward.

use grad_runtime::Differentiable;
use grad_runtime::check::{check_gradient, check_vjp};
use grad_runtime::private::rules::{
    AddAssignRule, AddRule, ArrayRules, DivAssignRule, DivRule, DotRules, EntryRules,
    EntryWriteRules, MulAssignRule, MulRule, NegRule, SubAssignRule, SubRule,
};
use grad_runtime::private::{Wrt, unit_tangent};
use ndarray::{Array, Array1, Array2, Array3, Axis, Dimension, Order, arr1, s};

use super::random;

/// An array of numbers of both signs, none near zero.
fn away_from_zero<I: ndarray::IntoDimension>(shape: I, seed: u64) -> Array<f64, I::Dim> {
    random::<f64, _>(shape, seed).mapv_into(|x| x + 0.5_f64.copysign(x))
}

/// A result as an array, to be weighed: numbers are arrays of rank 0.
trait AsArray {
    type Dim: Dimension;
    fn as_array(&self) -> Array<f64, Self::Dim>;
}

impl<S: ndarray::Data<Elem = f64>, D: Dimension> AsArray for ndarray::ArrayBase<S, D> {
    type Dim = D;
    fn as_array(&self) -> Array<f64, D> {
        self.to_owned()
    }
}

/// Checks `(l, r) -> y` with `vjp(l, r, y_bar)` and `jvp(l, r, l_dot, r_dot)`, which return the value
/// as well.
#[track_caller]
fn check<L, R, D: Dimension>(
    l: L,
    r: R,
    value: impl Fn(&L, &R) -> Array<f64, D>,
    vjp: impl Fn(&L, &R, &Array<f64, D>, &mut L::Tangent, &mut R::Tangent) -> Array<f64, D>,
    jvp: impl Fn(&L, &R, &L::Tangent, &R::Tangent) -> (Array<f64, D>, Array<f64, D>),
) where
    L: grad_runtime::Parameters + Clone,
    R: grad_runtime::Parameters + Clone,
{
    let y = value(&l, &r);
    let y_bar: Array<f64, D> = random(y.raw_dim(), 21);
    let reverse = |(l, r): &(L, R), y_bar: &Array<f64, D>| {
        let (mut l_bar, mut r_bar) = (l.zero_tangent(), r.zero_tangent());
        assert_eq!(vjp(l, r, y_bar, &mut l_bar, &mut r_bar), value(l, r));
        (l_bar, r_bar)
    };
    let forward = |(l, r): &(L, R), (l_dot, r_dot): &(L::Tangent, R::Tangent)| {
        let (found, dot) = jvp(l, r, l_dot, r_dot);
        assert_eq!(found, value(l, r));
        dot
    };
    let weighed = |(l, r): &(L, R)| (value(l, r) * &y_bar).sum();
    let point = (l, r);
    check_gradient(weighed, |point| reverse(point, &y_bar), point.clone()).unwrap();
    check_vjp(forward, reverse, point, &y_bar).unwrap();
}

/// Rows of one operator, each with its operands as the operator takes them.
macro_rules! operator_rows {
    ($Rule:ident $vjp:ident $jvp:ident $op:tt;
     $(|$l:ident: $left:ty, $r:ident: $right:ty| $a:expr, $b:expr, at $at:expr;)+) => {$(
        {
            let ($l, $r): ($left, $right) = $at;
            check(
                $l,
                $r,
                |$l: &$left, $r: &$right| ($a $op $b).as_array(),
                |$l, $r, y_bar, l_bar, r_bar| {
                    let (y, pull) = $Rule::$vjp($a, $b, Wrt::<3>);
                    pull(y_bar.clone(), $l, $r, Some(l_bar), Some(r_bar));
                    // Each operand alone as well.
                    let (mut l_only, mut r_only) = ($l.zero_tangent(), $r.zero_tangent());
                    let (_, pull) = $Rule::$vjp($a, $b, Wrt::<1>);
                    pull(y_bar.clone(), $l, $r, Some(&mut l_only), None);
                    let (_, pull) = $Rule::$vjp($a, $b, Wrt::<2>);
                    pull(y_bar.clone(), $l, $r, None, Some(&mut r_only));
                    assert!(l_only == *l_bar && r_only == *r_bar);
                    y
                },
                |$l, $r, l_dot, r_dot| $Rule::$jvp($a, $b, Wrt::<3>, Some(l_dot), Some(r_dot)),
            );
        }
    )+};
}

macro_rules! all_forms {
    ($($Rule:ident $vjp:ident $jvp:ident $op:tt;)+) => {$(
        operator_rows! {
            $Rule $vjp $jvp $op;
            |l: Array2<f64>, r: Array2<f64>| l, r, at (away_from_zero((3, 4), 1), away_from_zero((3, 4), 2));
            |l: Array2<f64>, r: Array2<f64>| l.clone(), r, at (away_from_zero((3, 4), 1), away_from_zero((3, 4), 2));
            |l: Array2<f64>, r: Array2<f64>| l, r.clone(), at (away_from_zero((3, 4), 1), away_from_zero((3, 4), 2));
            |l: Array2<f64>, r: Array2<f64>| l.clone(), r.clone(), at (away_from_zero((3, 4), 1), away_from_zero((3, 4), 2));
            // Broadcast: a row, a column, on either side, and both at once.
            |l: Array2<f64>, r: Array1<f64>| l, r, at (away_from_zero((3, 4), 1), away_from_zero(4, 2));
            |l: Array1<f64>, r: Array2<f64>| l, r, at (away_from_zero(4, 1), away_from_zero((3, 4), 2));
            |l: Array2<f64>, r: Array2<f64>| l, r, at (away_from_zero((3, 1), 1), away_from_zero((3, 4), 2));
            |l: Array2<f64>, r: Array2<f64>| l.clone(), r, at (away_from_zero((3, 1), 1), away_from_zero((1, 4), 2));
            |l: Array3<f64>, r: Array2<f64>| l.clone(), r, at (away_from_zero((2, 1, 4), 1), away_from_zero((3, 1), 2));
            // Numbers.
            |l: Array2<f64>, r: f64| l, *r, at (away_from_zero((3, 4), 1), 1.5);
            |l: Array2<f64>, r: f64| l.clone(), *r, at (away_from_zero((3, 4), 1), -1.5);
            |l: f64, r: Array2<f64>| *l, r, at (1.5, away_from_zero((3, 4), 2));
            |l: f64, r: Array2<f64>| *l, r.clone(), at (-1.5, away_from_zero((3, 4), 2));
        }
    )+};
}

#[test]
fn operators() {
    all_forms! {
        AddRule __grad_vjp_add __grad_jvp_add +;
        SubRule __grad_vjp_sub __grad_jvp_sub -;
        MulRule __grad_vjp_mul __grad_jvp_mul *;
        DivRule __grad_vjp_div __grad_jvp_div /;
    }
}

macro_rules! assign_rows {
    ($($Rule:ident $vjp:ident $jvp:ident $op:tt;)+) => {$(
        assign_rows!(@ $Rule $vjp $jvp $op; Array2<f64>; |r| r; away_from_zero((3, 4), 2));
        assign_rows!(@ $Rule $vjp $jvp $op; Array1<f64>; |r| r; away_from_zero(4, 2));
        assign_rows!(@ $Rule $vjp $jvp $op; Array2<f64>; |r| r; away_from_zero((3, 1), 2));
        assign_rows!(@ $Rule $vjp $jvp $op; f64; |r| *r; -1.5);
    )+};
    (@ $Rule:ident $vjp:ident $jvp:ident $op:tt; $right:ty; |$r:ident| $b:expr; $at:expr) => {
        let right: $right = $at;
        check(
            away_from_zero((3, 4), 1),
            right,
            |l: &Array2<f64>, $r: &$right| {
                let mut l = l.clone();
                l $op $b;
                l
            },
            |l, $r, y_bar, l_bar, r_bar| {
                let mut y = l.clone();
                let ((), pull) = $Rule::$vjp(&mut y, $b, Wrt::<3>);
                *l_bar = y_bar.clone();
                pull(unit_tangent(), (), $r, Some(&mut *l_bar), Some(r_bar));
                let mut other = l.clone();
                let ((), pull) = $Rule::$vjp(&mut other, $b, Wrt::<1>);
                let mut only = y_bar.clone();
                pull(unit_tangent(), (), $r, Some(&mut only), None);
                assert_eq!(only, *l_bar);
                y
            },
            |l, $r, l_dot, r_dot| {
                let (mut y, mut dot) = (l.clone(), l_dot.clone());
                let _ = $Rule::$jvp(&mut y, $b, Wrt::<3>, Some(&mut dot), Some(r_dot));
                (y, dot)
            },
        );
    };
}

#[test]
fn assignments() {
    assign_rows! {
        AddAssignRule __grad_vjp_add_assign __grad_jvp_add_assign +=;
        SubAssignRule __grad_vjp_sub_assign __grad_jvp_sub_assign -=;
        MulAssignRule __grad_vjp_mul_assign __grad_jvp_mul_assign *=;
        DivAssignRule __grad_vjp_div_assign __grad_jvp_div_assign /=;
    }
}

/// Rows of methods of one array: receiver, the arguments, and what makes an array of the result and a
/// result's cotangent of an array.
macro_rules! method_rows {
    ($($vjp:ident $jvp:ident |$x:ident: $array:ty| $receiver:expr, ($($arg:expr),*), again ($($again:expr),*), nothing ($($none:expr),*);
       value $value:expr; |$y:ident| $as_array:expr; |$bar:ident| $as_bar:expr; |$dot:ident| $of_dot:expr; at $at:expr;)+) => {$({
        let at: $array = $at;
        check(
            at,
            (),
            |$x: &$array, &()| { let $y = $value; $as_array },
            |$x, (), y_bar, x_bar, _| {
                let ($y, pull) = ArrayRules::$vjp($receiver, $($arg,)* Wrt::<1>);
                let y = $as_array;
                let $bar = y_bar.clone();
                pull($as_bar, $x, $($again,)* Some(x_bar), $($none),*);
                y
            },
            |$x, (), x_dot, _| {
                let ($y, $dot) = ArrayRules::$jvp($receiver, $($arg,)* Wrt::<1>, Some(x_dot), $($none),*);
                ($as_array, $of_dot)
            },
        );
    })+};
}

#[test]
fn methods() {
    let part = s![1..;2, ..;-1, 0];
    let columns = ((4, 3), Order::ColumnMajor);
    method_rows! {
        __grad_vjp_sum __grad_jvp_sum |x: Array2<f64>| x, (), again (), nothing ();
            value x.sum(); |y| ndarray::arr0(y); |bar| bar.into_scalar(); |dot| ndarray::arr0(dot);
            at random((3, 4), 1);
        __grad_vjp_mean __grad_jvp_mean |x: Array2<f64>| x, (), again (), nothing ();
            value x.mean(); |y| ndarray::arr0(y.unwrap()); |bar| Some(bar.into_scalar()); |dot| ndarray::arr0(dot.unwrap());
            at random((3, 4), 1);
        __grad_vjp_sum_axis __grad_jvp_sum_axis |x: Array3<f64>| x, (Axis(1)), again (&Axis(1)), nothing (None);
            value x.sum_axis(Axis(1)); |y| y; |bar| bar; |dot| dot;
            at random((2, 3, 4), 1);
        __grad_vjp_mean_axis __grad_jvp_mean_axis |x: Array3<f64>| x, (Axis(2)), again (&Axis(2)), nothing (None);
            value x.mean_axis(Axis(2)); |y| y.unwrap(); |bar| Some(bar); |dot| dot.unwrap();
            at random((2, 3, 4), 1);
        __grad_vjp_t __grad_jvp_t |x: Array3<f64>| x, (), again (), nothing ();
            value x.t().to_owned(); |y| y; |bar| bar; |dot| dot;
            at random((2, 3, 4), 1);
        __grad_vjp_to_shape __grad_jvp_to_shape |x: Array2<f64>| x, ((2, 6)), again (&(2, 6)), nothing (None);
            value x.to_shape((2, 6)).map(ndarray::CowArray::into_owned); |y| y.unwrap(); |bar| Some(bar); |dot| dot.unwrap();
            at random((3, 4), 1);
        __grad_vjp_to_shape __grad_jvp_to_shape |x: Array2<f64>| x, (columns), again (&columns), nothing (None);
            value x.to_shape(columns).map(ndarray::CowArray::into_owned); |y| y.unwrap(); |bar| Some(bar); |dot| dot.unwrap();
            at random((3, 4), 1);
        __grad_vjp_into_shape_with_order __grad_jvp_into_shape_with_order |x: Array2<f64>| x, ((2, 6)), again (&(2, 6)), nothing (None);
            value x.clone().into_shape_with_order((2, 6)); |y| y.unwrap(); |bar| Some(bar); |dot| dot.unwrap();
            at random((3, 4), 1);
        __grad_vjp_insert_axis __grad_jvp_insert_axis |x: Array2<f64>| x, (Axis(1)), again (&Axis(1)), nothing (None);
            value x.clone().insert_axis(Axis(1)); |y| y; |bar| bar; |dot| dot;
            at random((3, 4), 1);
        __grad_vjp_slice __grad_jvp_slice |x: Array3<f64>| x, (part), again (&part), nothing (None);
            value x.slice(part).to_owned(); |y| y; |bar| bar; |dot| dot;
            at random((4, 3, 2), 1);
        __grad_vjp_to_owned __grad_jvp_to_owned |x: Array2<f64>| x, (), again (), nothing ();
            value x.to_owned(); |y| y; |bar| bar; |dot| dot;
            at random((3, 4), 1);
        __grad_vjp_view __grad_jvp_view |x: Array2<f64>| x, (), again (), nothing ();
            value x.view().to_owned(); |y| y; |bar| bar; |dot| dot;
            at random((3, 4), 1);
        __grad_vjp_clone __grad_jvp_clone |x: Array2<f64>| x, (), again (), nothing ();
            value x.clone(); |y| y; |bar| bar; |dot| dot;
            at random((3, 4), 1);
    }
}

/// Rows of products.
macro_rules! dot_rows {
    ($($left:ty, $right:ty: $l:expr, $r:expr; |$y:ident| $as_array:expr; |$bar:ident| $as_bar:expr;)+) => {$(
        let (l, r): ($left, $right) = ($l, $r);
        check(
            l,
            r,
            |l: &$left, r: &$right| { let $y = l.dot(r); $as_array },
            |l, r, y_bar, l_bar, r_bar| {
                let ($y, pull) = DotRules::__grad_vjp_dot(l, r, Wrt::<3>);
                let y = $as_array;
                let $bar = y_bar.clone();
                pull($as_bar, l, r, Some(l_bar), Some(r_bar));
                y
            },
            |l, r, l_dot, r_dot| {
                let ($y, dot) = DotRules::__grad_jvp_dot(l, r, Wrt::<3>, Some(l_dot), Some(r_dot));
                let y = $as_array;
                let $y = dot;
                (y, $as_array)
            },
        );
    )+};
}

#[test]
fn products() {
    dot_rows! {
        Array2<f64>, Array2<f64>: random((3, 4), 1), random((4, 2), 2); |y| y; |bar| bar;
        Array2<f64>, Array2<f64>: random((4, 3), 1).reversed_axes(), random((2, 4), 2).reversed_axes(); |y| y; |bar| bar;
        Array2<f64>, Array1<f64>: random((3, 4), 1), random(4, 2); |y| y; |bar| bar;
        Array1<f64>, Array2<f64>: random(3, 1), random((3, 4), 2); |y| y; |bar| bar;
        Array1<f64>, Array1<f64>: random(3, 1), random(3, 2); |y| ndarray::arr0(y); |bar| bar.into_scalar();
    }
}

#[test]
fn negation() {
    macro_rules! check_neg {
        ($($x:ident: $operand:expr),+) => {$(
            check(
                random((3, 4), 1),
                (),
                |x: &Array2<f64>, &()| -x,
                |$x, (), y_bar, x_bar, _| {
                    let (y, pull) = NegRule::__grad_vjp_neg($operand, Wrt::<1>);
                    pull(y_bar.clone(), $x, Some(x_bar));
                    y
                },
                |$x, (), x_dot, _| NegRule::__grad_jvp_neg($operand, Wrt::<1>, Some(x_dot)),
            );
        )+};
    }
    check_neg!(x: x, x: x.clone());
}

/// The cube in the form of reverse mode, and of forward mode.
fn cube(x: f64) -> (f64, impl FnOnce(f64, &f64, Option<&mut f64>)) {
    let pull = |y_bar: f64, x: &f64, bar: Option<&mut f64>| {
        if let Some(bar) = bar {
            *bar += 3.0 * x * x * y_bar;
        }
    };
    (x * x * x, pull)
}

fn push_cube(x: f64, dot: Option<&f64>) -> (f64, f64) {
    (x * x * x, dot.map_or(0.0, |dot| 3.0 * x * x * dot))
}

#[test]
fn functions_of_entries() {
    check(
        random((3, 4), 1),
        (),
        |x: &Array2<f64>, &()| x.mapv(|x| x * x * x),
        |x, (), y_bar, x_bar, _| {
            let (y, pull) = x.__grad_vjp_mapv(cube, Wrt::<1>);
            pull(y_bar.clone(), x, (), Some(x_bar), None);
            // With a capture the pullbacks are kept.
            let factor = std::hint::black_box(1.0);
            let (again, pull) = x.__grad_vjp_mapv(move |x| cube(x * factor), Wrt::<1>);
            let mut bar = x.zero_tangent();
            pull(y_bar.clone(), x, (), Some(&mut bar), None);
            assert!(again == y && bar == *x_bar);
            y
        },
        |x, (), x_dot, _| x.__grad_jvp_mapv(push_cube, Wrt::<1>, Some(x_dot), None),
    );
    check(
        random((3, 4), 1).reversed_axes(),
        (),
        |x: &Array2<f64>, &()| x.map(|x| x * x * x),
        |x, (), y_bar, x_bar, _| {
            let (y, pull) = x.__grad_vjp_map(|&x| cube(x), Wrt::<1>);
            pull(y_bar.clone(), x, (), Some(x_bar), None);
            y
        },
        |x, (), x_dot, _| {
            let push = |&x: &f64, dot: Option<&f64>| push_cube(x, dot);
            x.__grad_jvp_map(push, Wrt::<1>, Some(x_dot), None)
        },
    );
    check(
        random((3, 4), 1),
        (),
        |x: &Array2<f64>, &()| x.mapv(|x| x * x * x),
        |x, (), y_bar, x_bar, _| {
            let mut y = x.clone();
            let ((), pull) = y.__grad_vjp_mapv_inplace(cube, Wrt::<1>);
            *x_bar = y_bar.clone();
            pull(unit_tangent(), (), (), Some(x_bar), None);
            y
        },
        |x, (), x_dot, _| {
            let (mut y, mut dot) = (x.clone(), x_dot.clone());
            let _ = y.__grad_jvp_mapv_inplace(push_cube, Wrt::<1>, Some(&mut dot), None);
            (y, dot)
        },
    );
}

#[test]
fn a_zero_cotangent_times_an_infinite_slope_is_zero() {
    let x = arr1(&[0.0_f64, 4.0]);
    let root = |x: f64| {
        let pull = |y_bar: f64, x: &f64, bar: Option<&mut f64>| {
            if let Some(bar) = bar {
                *bar += y_bar * 0.5 / x.sqrt();
            }
        };
        (x.sqrt(), pull)
    };
    let factor = std::hint::black_box(1.0);
    let captures = move |x: f64| root(x * factor);
    let mut bars = (Array1::zeros(2), Array1::zeros(2));
    let (_, pull) = x.__grad_vjp_mapv(root, Wrt::<1>);
    pull(arr1(&[0.0, 1.0]), &x, (), Some(&mut bars.0), None);
    let (_, pull) = x.__grad_vjp_mapv(captures, Wrt::<1>);
    pull(arr1(&[0.0, 1.0]), &x, (), Some(&mut bars.1), None);
    assert_eq!(bars.0, arr1(&[0.0, 0.25]));
    assert_eq!(bars.1, arr1(&[0.0, 0.25]));
}

/// The macro does not see that this is an array.
type Table = Array2<f64>;

#[grad_runtime::differentiate]
fn under_another_name(table: &Table, x: f64) -> f64 {
    let mut own = table.clone();
    own[(0, 1)] = table[[1, 0]] * x;
    own[[0, 0]] += own[(0, 1)] * table[(0, 1)];
    own[[0, 0]] * own[(0, 1)]
}

#[test]
fn elements_of_an_array_under_another_name() {
    let (table, x) = (away_from_zero((2, 2), 7), 0.7);
    let (_, (own, by_x)) = value_and_grad_under_another_name(&table, x);
    let step = 1e-6;
    for (k, entry) in own.indexed_iter() {
        let moved = |by: f64| {
            let mut table = table.clone();
            table[k] += by;
            under_another_name(&table, x)
        };
        let difference = (moved(step) - moved(-step)) / (2.0 * step);
        assert!((entry - difference).abs() < 1e-6);
    }
    let difference = (under_another_name(&table, x + step) - under_another_name(&table, x - step))
        / (2.0 * step);
    assert!((by_x - difference).abs() < 1e-6);
}

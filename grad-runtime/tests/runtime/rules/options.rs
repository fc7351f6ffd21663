//! The rules of options and results, and of what has no derivative.

use grad_runtime::private::rules::methods::*;
use grad_runtime::private::rules::{AddAssignRule, MulRule, NegRule};
use grad_runtime::private::{Wrt, unit_tangent};
use grad_runtime::{Differentiable, NoTangent};

/// Both modes of a method that reads an option or a result: the value, the cotangent of the
/// receiver for the seed 3, and the tangent for the receiver's tangent 2.
macro_rules! reading {
    ($this:expr, $vjp:ident $jvp:ident ($($argument:expr => $bar:expr, $dot:expr);*)) => {{
        let this = $this;
        let (value, pull) = this.$vjp($($argument,)* Wrt::<3>);
        let mut bar = this.zero_tangent();
        pull(3.0, &this, $(&$argument,)* Some(&mut bar), $($bar)*);
        let (pushed, dot) = this.$jvp($($argument,)* Wrt::<3>, Some(&Some(2.0)), $($dot)*);
        assert_eq!(value, pushed);
        (value, bar, dot)
    }};
}

#[test]
fn what_is_unwrapped_gets_the_cotangent() {
    let (some, none) = (Some(5.0), None::<f64>);
    let (good, bad) = (Ok::<f64, &str>(5.0), Err::<f64, &str>("why"));
    let full = (5.0, Some(3.0), 2.0);
    assert_eq!(reading!(some, __grad_vjp_unwrap __grad_jvp_unwrap ()), full);
    assert_eq!(reading!(good, __grad_vjp_unwrap __grad_jvp_unwrap ()), full);
    macro_rules! expecting {
        ($this:expr) => {{
            let this = $this;
            let (value, pull) = this.__grad_vjp_expect("one", Wrt::<1>);
            let mut bar = None;
            pull(3.0, &this, "one", Some(&mut bar), None);
            let (_, dot) = this.__grad_jvp_expect("one", Wrt::<1>, Some(&Some(2.0)), None);
            (value, bar, dot)
        }};
    }
    assert_eq!(expecting!(some), full);
    assert_eq!(expecting!(good), full);

    macro_rules! default {
        ($this:expr) => {{
            let mut default_bar = 0.0;
            let read = reading!($this, __grad_vjp_unwrap_or __grad_jvp_unwrap_or
                (7.0 => Some(&mut default_bar), Some(&9.0)));
            (read, default_bar)
        }};
    }
    assert_eq!(default!(some), (full, 0.0));
    assert_eq!(default!(good), (full, 0.0));
    assert_eq!(default!(none), ((7.0, None, 9.0), 3.0));
    assert_eq!(default!(bad), ((7.0, None, 9.0), 3.0));

    macro_rules! or_default {
        ($this:expr) => {
            reading!($this, __grad_vjp_unwrap_or_default __grad_jvp_unwrap_or_default ())
        };
    }
    assert_eq!(or_default!(some), full);
    assert_eq!(or_default!(none), (0.0, None, 0.0));
    assert_eq!(or_default!(good), full);
    assert_eq!(or_default!(bad), (0.0, None, 0.0));
}

#[test]
#[should_panic(expected = "why")]
fn a_failure_panics_as_it_does() {
    let _ = Err::<f64, &str>("why").__grad_vjp_unwrap(Wrt::<1>);
}

#[test]
fn what_keeps_the_option_passes_it_on() {
    let x = 5.0;
    macro_rules! passing {
        ($this:expr, $vjp:ident $jvp:ident ($($argument:expr),*)) => {{
            let this = $this;
            let (value, pull) = this.$vjp($($argument,)* Wrt::<1>);
            let mut bar = this.zero_tangent();
            pull(value.map(|_| 3.0).into(), &this, $(&$argument,)* Some(&mut bar) $(, passing!(@none $argument))*);
            let (_, dot) = this.$jvp($($argument,)* Wrt::<1>, Some(&Some(2.0)) $(, passing!(@none $argument))*);
            (bar, dot)
        }};
        (@none $argument:expr) => { None };
    }
    let (full, empty) = ((Some(3.0), Some(2.0)), (None, None));
    assert_eq!(
        passing!(Some(&x), __grad_vjp_copied __grad_jvp_copied ()),
        full
    );
    assert_eq!(
        passing!(Some(&x), __grad_vjp_cloned __grad_jvp_cloned ()),
        full
    );
    assert_eq!(
        passing!(None::<&f64>, __grad_vjp_copied __grad_jvp_copied ()),
        empty
    );
    let good: Result<f64, u8> = Ok(5.0);
    assert_eq!(passing!(good, __grad_vjp_ok __grad_jvp_ok ()), full);
    assert_eq!(
        passing!(Err::<f64, u8>(1), __grad_vjp_ok __grad_jvp_ok ()),
        empty
    );

    let (result, pull) = Some(x).__grad_vjp_ok_or("none", Wrt::<1>);
    let mut bar = Some(1.0);
    pull(Some(3.0), &Some(x), &"none", Some(&mut bar), None);
    assert_eq!((result, bar), (Ok(5.0), Some(4.0)));
    let (result, dot) = None::<f64>.__grad_jvp_ok_or("none", Wrt::<1>, Some(&None), None);
    assert_eq!((result, dot), (Err("none"), None));
}

#[test]
fn copies_of_an_option_do_not_hold_on_to_it() {
    let mut x = 5.0;
    let (copy, pull) = Some(&x).__grad_vjp_copied(Wrt::<1>);
    x = 6.0;
    let mut bar = Some(0.0);
    pull(Some(1.0), &Some(&x), Some(&mut bar));
    assert_eq!((copy, bar, x), (Some(5.0), Some(1.0), 6.0));
}

#[test]
fn what_changes_an_option_exchanges_cotangents() {
    let mut place = Some(5.0);
    let (taken, pull) = place.__grad_vjp_take(Wrt::<1>);
    let mut bar = None;
    pull(Some(3.0), (), Some(&mut bar));
    assert_eq!((taken, place, bar), (Some(5.0), None, Some(3.0)));
    let mut dot = Some(2.0);
    let (_, taken_dot) = Some(5.0).__grad_jvp_take(Wrt::<1>, Some(&mut dot));
    assert_eq!((dot, taken_dot), (None, Some(2.0)));

    let mut place = Some(5.0);
    let (old, pull) = place.__grad_vjp_replace(6.0, Wrt::<3>);
    let (mut bar, mut value_bar) = (Some(4.0), 10.0);
    pull(Some(3.0), (), &6.0, Some(&mut bar), Some(&mut value_bar));
    assert_eq!((old, place), (Some(5.0), Some(6.0)));
    assert_eq!((bar, value_bar), (Some(3.0), 14.0));
    let mut dot = Some(2.0);
    let (_, old_dot) = place.__grad_jvp_replace(7.0, Wrt::<3>, Some(&mut dot), Some(&8.0));
    assert_eq!((dot, old_dot), (Some(8.0), Some(2.0)));

    // What is overwritten has the cotangent zero, of its shape.
    let mut place = Some(vec![1.0, 2.0]);
    let ((), pull) = place.__grad_vjp_insert(vec![3.0], Wrt::<3>);
    let (mut bar, mut value_bar) = (Some(vec![4.0]), vec![1.0]);
    pull(
        unit_tangent(),
        (),
        &vec![3.0],
        Some(&mut bar),
        Some(&mut value_bar),
    );
    assert_eq!((bar, value_bar), (Some(vec![0.0, 0.0]), vec![5.0]));
    let mut dot = Some(vec![0.0, 0.0]);
    let ((), _) = place.__grad_jvp_insert(vec![3.0], Wrt::<3>, Some(&mut dot), None);
    assert_eq!(dot, Some(vec![0.0]));
}

#[test]
fn tangents_have_the_fields_of_their_variant() {
    let mut tangent = Ok::<f64, ()>(1.0).zero_tangent();
    *tangent.__grad_mut_Ok_0() += 2.0;
    assert_eq!(
        (tangent.__grad_ref_Ok_0(), tangent.__grad_ref_Some_0()),
        (&2.0, &2.0)
    );
    *tangent.__grad_mut_Some_0() = 3.0;
    assert_eq!(tangent, Some(3.0));
}

#[test]
fn integers_have_no_derivative() {
    macro_rules! check {
        ($($int:ident)*) => {$({
            let (x, y): ($int, $int) = (7, 3);
            let (value, pull) = MulRule::__grad_vjp_mul(x, &y, Wrt::<3>);
            pull(NoTangent, &x, &y, None, Some(&mut NoTangent));
            assert_eq!(value, x * y);
            assert_eq!(MulRule::__grad_jvp_mul(&x, &y, Wrt::<3>, None, None), (x * y, NoTangent));
            let mut place = x;
            let ((), pull) = place.__grad_vjp_add_assign(&y, Wrt::<0>);
            pull(unit_tangent(), (), &y, None, None);
            assert_eq!(place, x + y);
            assert_eq!(x.__grad_vjp_max(y, Wrt::<3>).0, x);
            assert_eq!(x.__grad_vjp_clamp(y, 5, Wrt::<3>).0, 5);
            assert_eq!(x.__grad_jvp_pow(2, Wrt::<1>, None, None).0, 49);
            let (value, pull) = x.__grad_vjp_rem_euclid(y, Wrt::<1>);
            pull(NoTangent, x.__grad_again_rem_euclid().give(), &y, None, None);
            assert_eq!(value, 1);
        })*};
    }
    check!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);
    assert_eq!((-7_i32).__grad_vjp_abs(Wrt::<1>).0, 7);
    assert_eq!((-7_i64).__grad_jvp_signum(Wrt::<1>, None), (-1, NoTangent));
    assert_eq!(NegRule::__grad_vjp_neg(&7_i8, Wrt::<1>).0, -7);
}

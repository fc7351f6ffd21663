//! The rules of vectors, slices and queues. All are linear in the entries, so one loop checks each:
//! the value against the method itself, the push against the method on moved entries, the pull
//! against the push, and that nothing is touched where nothing is active.

#![allow(
    unused_variables,
    clippy::let_unit_value,
    clippy::implicit_clone,
    clippy::trivially_copy_pass_by_ref,
    reason = "one form serves methods with and without arguments and values, of all types"
)]

use std::collections::VecDeque;

use grad_runtime::NoTangent;
use grad_runtime::private::rules::methods::*;
use grad_runtime::private::rules::{replace, swap, take};
use grad_runtime::private::{Again, Wrt};

type Bar<'a> = Option<&'a mut Vec<f64>>;
type Place<'a> = &'a mut Vec<f64>;
type Push = fn(Place, Place, Bar, Bar) -> (Vec<f64>, Vec<f64>);
type Pull = Box<dyn FnOnce(&[f64], Bar, Bar)>;

/// A method on a place `v` and arguments `a`. Its value is flattened.
struct Rule {
    name: &'static str,
    /// Whether the arguments are changed, not only read.
    changes: bool,
    plain: fn(Place, Place) -> Vec<f64>,
    push: Push,
    pull: fn(Place, Place) -> (Vec<f64>, Pull),
    pull_of_inactive: fn(Place, Place) -> Pull,
}

/// A value or a tangent as numbers, and back.
trait Flat {
    fn flat(self) -> Vec<f64>;
    fn seed(numbers: &[f64]) -> Self;
}

macro_rules! flat {
    ($($ty:ty: |$this:ident| $flat:expr, |$numbers:ident| $seed:expr;)*) => {$(
        impl Flat for $ty {
            fn flat(self) -> Vec<f64> {
                let $this = self;
                $flat
            }
            fn seed($numbers: &[f64]) -> Self {
                $seed
            }
        }
    )*};
}

flat! {
    (): |_this| vec![], |_numbers| ();
    NoTangent: |_this| vec![], |_numbers| NoTangent;
    f64: |x| vec![x], |numbers| numbers[0];
    Option<f64>: |x| x.into_iter().collect(), |numbers| numbers.first().copied();
    Vec<f64>: |x| x, |numbers| numbers.to_vec();
}

/// One rule: the method, its push given the tangents of `v` and `a`, its vjp, and the call of its
/// pullback.
macro_rules! rule {
    (
        $name:literal ($v:ident, $a:ident),
        $plain:expr,
        jvp($w:ident, $vd:ident, $ad:ident) $jvp:expr,
        vjp $vjp:expr,
        ($pull:ident, $y:ident, $a2:ident, $vb:ident, $ab:ident) $pulled:expr
        $(, $changes:ident)?
    ) => {
        Rule {
            name: $name,
            changes: rule!(@changes $($changes)?),
            plain: |$v, $a| Flat::flat($plain),
            push: |$v, $a, $vd, $ad| {
                let _ = (&$a, &$ad);
                let $w = Wrt::<{ u64::MAX }>;
                let (value, dot) = $jvp;
                (value.flat(), dot.flat())
            },
            pull: |$v, $a| {
                let $a2 = $a.clone();
                let $w = Wrt::<{ u64::MAX }>;
                let (value, $pull) = $vjp;
                (value.flat(), Box::new(move |numbers, $vb, $ab| {
                    let _ = (&$a2, &$ab);
                    let $y = Flat::seed(numbers);
                    $pulled;
                }))
            },
            pull_of_inactive: |$v, $a| {
                let $a2 = $a.clone();
                let $w = Wrt::<0>;
                let (_, $pull) = $vjp;
                Box::new(move |numbers, $vb, $ab| {
                    let _ = (&$a2, &$ab);
                    let $y = Flat::seed(numbers);
                    $pulled;
                })
            },
        }
    };
    (@changes) => { false };
    (@changes changes) => { true };
}

/// The first entry of the arguments' cotangents.
fn first(bar: Bar<'_>) -> Option<&mut f64> {
    bar.map(|bar| &mut bar[0])
}

/// The first argument's tangent.
fn dot<'a>(bar: &'a Bar<'_>) -> Option<&'a f64> {
    bar.as_ref().map(|bar| &bar[0])
}

fn slice(bar: Bar<'_>) -> Option<&mut [f64]> {
    bar.map(|bar| &mut bar[..])
}

fn read<'a>(bar: &'a Bar<'_>) -> Option<&'a [f64]> {
    bar.as_ref().map(|bar| &bar[..])
}

/// A rule of a method that takes a place and nothing else, or plain arguments.
macro_rules! moves {
    ($name:literal, $method:ident $vjp:ident $jvp:ident ($($argument:expr),*), $as:ident) => {
        rule!($name (v, a), v.$method($($argument),*),
            jvp(w, vd, ad) v.$jvp($($argument,)* w, $as(vd) $(, moves!(@none $argument))*),
            vjp v.$vjp($($argument,)* w),
            (pull, y, a2, vb, ab) pull(y, (), $(&$argument,)* $as(vb) $(, moves!(@none $argument))*))
    };
    (@none $argument:expr) => { None };
}

/// A rule of a method that takes a place and a closure.
macro_rules! by_closure {
    ($name:literal, $method:ident $vjp:ident $jvp:ident ($closure:expr), $as:ident) => {
        rule!($name (v, a), v.$method($closure),
            jvp(w, vd, ad) v.$jvp($closure, w, $as(vd), None),
            vjp v.$vjp($closure, w),
            (pull, y, a2, vb, ab) pull(y, (), (), $as(vb), None))
    };
}

fn vec(bar: Bar) -> Bar {
    bar
}

fn of_vectors() -> Vec<Rule> {
    vec![
        rule!("push" (v, a), v.push(a[0]),
            jvp(w, vd, ad) v.__grad_jvp_push(a[0], w, vd, dot(&ad)),
            vjp v.__grad_vjp_push(a[0], w),
            (pull, y, a2, vb, ab) pull(y, (), &a2[0], vb, first(ab))),
        moves!("pop", pop __grad_vjp_pop __grad_jvp_pop (), vec),
        moves!("truncate", truncate __grad_vjp_truncate __grad_jvp_truncate (2), vec),
        moves!("truncate to more", truncate __grad_vjp_truncate __grad_jvp_truncate (9), vec),
        moves!("clear", clear __grad_vjp_clear __grad_jvp_clear (), vec),
        rule!("insert" (v, a), v.insert(1, a[0]),
            jvp(w, vd, ad) v.__grad_jvp_insert(1, a[0], w, vd, None, dot(&ad)),
            vjp v.__grad_vjp_insert(1, a[0], w),
            (pull, y, a2, vb, ab) pull(y, (), &1, &a2[0], vb, None, first(ab))),
        moves!("remove", remove __grad_vjp_remove __grad_jvp_remove (1), vec),
        moves!("swap_remove", swap_remove __grad_vjp_swap_remove __grad_jvp_swap_remove (1), vec),
        moves!("swap_remove the last", swap_remove __grad_vjp_swap_remove __grad_jvp_swap_remove (4), vec),
        rule!("resize to more" (v, a), v.resize(8, a[0]),
            jvp(w, vd, ad) v.__grad_jvp_resize(8, a[0], w, vd, None, dot(&ad)),
            vjp v.__grad_vjp_resize(8, a[0], w),
            (pull, y, a2, vb, ab) pull(y, (), &8, &a2[0], vb, None, first(ab))),
        rule!("resize to less" (v, a), v.resize(2, a[0]),
            jvp(w, vd, ad) v.__grad_jvp_resize(2, a[0], w, vd, None, dot(&ad)),
            vjp v.__grad_vjp_resize(2, a[0], w),
            (pull, y, a2, vb, ab) pull(y, (), &2, &a2[0], vb, None, first(ab))),
        rule!("extend_from_slice" (v, a), v.extend_from_slice(a),
            jvp(w, vd, ad) v.__grad_jvp_extend_from_slice(a, w, vd, read(&ad)),
            vjp v.__grad_vjp_extend_from_slice(a, w),
            (pull, y, a2, vb, ab) pull(y, (), &a2, vb, slice(ab))),
        rule!("append" (v, a), v.append(a),
            jvp(w, vd, ad) v.__grad_jvp_append(a, w, vd, ad),
            vjp v.__grad_vjp_append(a, w),
            (pull, y, a2, vb, ab) pull(y, (), (), vb, ab), changes),
        moves!("split_off", split_off __grad_vjp_split_off __grad_jvp_split_off (2), vec),
        by_closure!("retain", retain __grad_vjp_retain __grad_jvp_retain (|x: &f64| *x > 2.5), vec),
        rule!("extend by a vector" (v, a), v.extend(a.clone()),
            jvp(w, vd, ad) v.__grad_jvp_extend(a.clone(), w, vd, read(&ad)),
            vjp v.__grad_vjp_extend(a.clone(), w),
            (pull, y, a2, vb, ab) pull(y, (), &a2, vb, slice(ab))),
        rule!("extend by a borrowed vector" (v, a), v.extend(&*a),
            jvp(w, vd, ad) v.__grad_jvp_extend(&*a, w, vd, read(&ad)),
            vjp v.__grad_vjp_extend(&*a, w),
            (pull, y, a2, vb, ab) pull(y, (), &a2, vb, slice(ab))),
        rule!("extend by a slice" (v, a), v.extend(&a[..]),
            jvp(w, vd, ad) v.__grad_jvp_extend(&a[..], w, vd, read(&ad)),
            vjp v.__grad_vjp_extend(&a[..], w),
            (pull, y, a2, vb, ab) pull(y, (), &a2[..], vb, slice(ab))),
        rule!("extend by an array" (v, a), v.extend([a[0]]),
            jvp(w, vd, ad) v.__grad_jvp_extend([a[0]], w, vd, dot(&ad).map(std::array::from_ref)),
            vjp v.__grad_vjp_extend([a[0]], w),
            (pull, y, a2, vb, ab) pull(y, (), &[a2[0]], vb, first(ab).map(std::array::from_mut))),
        rule!("extend by an option" (v, a), v.extend(Some(a[0])),
        jvp(w, vd, ad) v.__grad_jvp_extend(Some(a[0]), w, vd, Some(&dot(&ad).copied())),
        vjp v.__grad_vjp_extend(Some(a[0]), w),
        (pull, y, a2, vb, ab) {
            let mut content = None;
            let wanted = ab.is_some();
            pull(y, (), &Some(a2[0]), vb, wanted.then_some(&mut content));
            if let (Some(bar), Some(content)) = (first(ab), content) {
                *bar += content;
            }
        }),
    ]
}

fn of_slices() -> Vec<Rule> {
    fn descending(a: &f64, b: &f64) -> std::cmp::Ordering {
        b.total_cmp(a)
    }
    fn key(x: &f64) -> bool {
        *x > 2.0
    }
    vec![
        moves!("swap", swap __grad_vjp_swap __grad_jvp_swap (1, 3), slice),
        moves!("reverse", reverse __grad_vjp_reverse __grad_jvp_reverse (), slice),
        moves!("rotate_left", rotate_left __grad_vjp_rotate_left __grad_jvp_rotate_left (2), slice),
        moves!("rotate_right", rotate_right __grad_vjp_rotate_right __grad_jvp_rotate_right (1), slice),
        rule!("fill" (v, a), v.fill(a[0]),
            jvp(w, vd, ad) v.__grad_jvp_fill(a[0], w, slice(vd), dot(&ad)),
            vjp v.__grad_vjp_fill(a[0], w),
            (pull, y, a2, vb, ab) pull(y, (), &a2[0], slice(vb), first(ab))),
        rule!("copy_from_slice" (v, a), v[1..4].copy_from_slice(a),
            jvp(w, vd, ad) v[1..4].__grad_jvp_copy_from_slice(a, w, vd.map(|d| &mut d[1..4]), read(&ad)),
            vjp v[1..4].__grad_vjp_copy_from_slice(a, w),
            (pull, y, a2, vb, ab) pull(y, (), &a2, vb.map(|b| &mut b[1..4]), slice(ab))),
        rule!("clone_from_slice" (v, a), v[1..4].clone_from_slice(a),
            jvp(w, vd, ad) v[1..4].__grad_jvp_clone_from_slice(a, w, vd.map(|d| &mut d[1..4]), read(&ad)),
            vjp v[1..4].__grad_vjp_clone_from_slice(a, w),
            (pull, y, a2, vb, ab) pull(y, (), &a2, vb.map(|b| &mut b[1..4]), slice(ab))),
        moves!("copy_within", copy_within __grad_vjp_copy_within __grad_jvp_copy_within (0..3, 2), slice),
        moves!("copy_within down", copy_within __grad_vjp_copy_within __grad_jvp_copy_within (2..=4, 1), slice),
        rule!("swap_with_slice" (v, a), v[..3].swap_with_slice(a),
            jvp(w, vd, ad) v[..3].__grad_jvp_swap_with_slice(a, w, vd.map(|d| &mut d[..3]), slice(ad)),
            vjp v[..3].__grad_vjp_swap_with_slice(a, w),
            (pull, y, a2, vb, ab) pull(y, (), (), vb.map(|b| &mut b[..3]), slice(ab)), changes),
        rule!("to_vec" (v, a), v.to_vec(),
            jvp(w, vd, ad) v.__grad_jvp_to_vec(w, read(&vd)),
            vjp { let (y, pull) = v.__grad_vjp_to_vec(w); (y, (v.clone(), pull)) },
            (pull, y, a2, vb, ab) pull.1(y, &pull.0, slice(vb))),
        rule!("clone" (v, a), v.clone(),
            jvp(w, vd, ad) v.__grad_jvp_clone(w, read(&vd)),
            vjp { let (y, pull) = v.__grad_vjp_clone(w); (y, (v.clone(), pull)) },
            (pull, y, a2, vb, ab) pull.1(y, &pull.0, slice(vb))),
        by_closure!("sort_by", sort_by __grad_vjp_sort_by __grad_jvp_sort_by (descending), slice),
        by_closure!("sort_unstable_by", sort_unstable_by __grad_vjp_sort_unstable_by __grad_jvp_sort_unstable_by (descending), slice),
        by_closure!("sort_by_key", sort_by_key __grad_vjp_sort_by_key __grad_jvp_sort_by_key (key), slice),
        by_closure!("sort_unstable_by_key", sort_unstable_by_key __grad_vjp_sort_unstable_by_key __grad_jvp_sort_unstable_by_key (key), slice),
        by_closure!("sort_by_cached_key", sort_by_cached_key __grad_vjp_sort_by_cached_key __grad_jvp_sort_by_cached_key (key), slice),
    ]
}

fn of_memory() -> Vec<Rule> {
    vec![
        rule!("replace" (v, a), std::mem::replace(v, a.clone()),
            jvp(w, vd, ad) replace::jvp(v, a.clone(), w, vd, ad.as_deref()),
            vjp replace::vjp(v, a.clone(), w),
            (pull, y, a2, vb, ab) pull(y, (), &a2, vb, ab)),
        rule!("take" (v, a), std::mem::take(v),
            jvp(w, vd, ad) take::jvp(v, w, vd),
            vjp take::vjp(v, w),
            (pull, y, a2, vb, ab) pull(y, (), vb)),
        rule!("mem::swap" (v, a), std::mem::swap(v, a),
            jvp(w, vd, ad) swap::jvp(v, a, w, vd, ad),
            vjp swap::vjp(v, a, w),
            (pull, y, a2, vb, ab) pull(y, (), (), vb, ab), changes),
    ]
}

/// A queue made of the place and turned back into it.
macro_rules! on_queue {
    ($v:ident, $body:expr) => {{
        let mut queue = VecDeque::from(std::mem::take($v));
        let result = $body(&mut queue);
        *$v = queue.into();
        result
    }};
}

/// The queue's cotangent from the place's.
fn with_queue<R>(bar: Bar, body: impl FnOnce(Option<&mut VecDeque<f64>>) -> R) -> R {
    let Some(bar) = bar else { return body(None) };
    let mut queue = VecDeque::from(std::mem::take(bar));
    let result = body(Some(&mut queue));
    *bar = queue.into();
    result
}

macro_rules! ends {
    ($push_name:literal $push:ident $vjp_push:ident $jvp_push:ident, $pop_name:literal $pop:ident $vjp_pop:ident $jvp_pop:ident) => {
        [
            rule!($push_name (v, a), on_queue!(v, |q: &mut VecDeque<f64>| q.$push(a[0])),
                jvp(w, vd, ad) with_queue(vd, |d| on_queue!(v, |q: &mut VecDeque<f64>| q.$jvp_push(a[0], w, d, dot(&ad)))),
                vjp on_queue!(v, |q: &mut VecDeque<f64>| q.$vjp_push(a[0], w)),
                (pull, y, a2, vb, ab) with_queue(vb, |b| pull(y, (), &a2[0], b, first(ab)))),
            rule!($pop_name (v, a), on_queue!(v, |q: &mut VecDeque<f64>| q.$pop()),
                jvp(w, vd, ad) with_queue(vd, |d| on_queue!(v, |q: &mut VecDeque<f64>| q.$jvp_pop(w, d))),
                vjp on_queue!(v, |q: &mut VecDeque<f64>| q.$vjp_pop(w)),
                (pull, y, a2, vb, ab) with_queue(vb, |b| pull(y, (), b))),
        ]
    };
}

fn of_queues() -> Vec<Rule> {
    let mut rules = Vec::new();
    rules.extend(ends!("push_back" push_back __grad_vjp_push_back __grad_jvp_push_back, "pop_back" pop_back __grad_vjp_pop_back __grad_jvp_pop_back));
    rules.extend(ends!("push_front" push_front __grad_vjp_push_front __grad_jvp_push_front, "pop_front" pop_front __grad_vjp_pop_front __grad_jvp_pop_front));
    rules
}

fn all() -> impl Iterator<Item = Rule> {
    let lists = [of_vectors(), of_slices(), of_memory(), of_queues()];
    lists.into_iter().flatten()
}

/// What the rules are tried on: places and arguments, with ties.
fn states() -> [(Vec<f64>, Vec<f64>); 2] {
    [
        (vec![3.0, 1.0, 4.0, 1.5, 9.0], vec![2.0, 6.0, 5.0]),
        (vec![1.0, 3.0, 3.0, -0.0, 0.0], vec![7.0, 7.0, 8.0]),
    ]
}

/// Numbers without pattern.
fn spread(from: u32, count: usize) -> Vec<f64> {
    let number = |k| f64::from((from + k) * 7919 % 1009) / 100.0 - 5.0;
    (0..).map(number).take(count).collect()
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "the tangent has the shape of the value");
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn values_are_the_methods_own() {
    for rule in all() {
        for (place, arguments) in states() {
            let (mut v, mut a) = (place.clone(), arguments.clone());
            let y = (rule.plain)(&mut v, &mut a);
            let expected = [bits(&v), bits(&a), bits(&y)];
            let (mut v, mut a) = (place.clone(), arguments.clone());
            let (y, _) = (rule.pull)(&mut v, &mut a);
            assert_eq!(
                [bits(&v), bits(&a), bits(&y)],
                expected,
                "pull of {}",
                rule.name
            );
            let (mut v, mut a) = (place, arguments);
            let (mut v_dot, mut a_dot) = (spread(1, v.len()), spread(9, a.len()));
            let (y, _) = (rule.push)(&mut v, &mut a, Some(&mut v_dot), Some(&mut a_dot));
            assert_eq!(
                [bits(&v), bits(&a), bits(&y)],
                expected,
                "push of {}",
                rule.name
            );
        }
    }
}

#[test]
fn push_moves_what_the_method_moves() {
    // Sums of entries and steps are exact, and the steps are too small to change an order.
    let step = 0.5_f64.powi(30);
    for rule in all() {
        for (place, arguments) in states().into_iter().take(1) {
            let (v_dot, a_dot) = (spread(1, place.len()), spread(9, arguments.len()));
            let along = |h: f64| {
                let moved = |x: &[f64], dot: &[f64]| -> Vec<f64> {
                    x.iter().zip(dot).map(|(x, dot)| x + h * dot).collect()
                };
                let (mut v, mut a) = (moved(&place, &v_dot), moved(&arguments, &a_dot));
                let y = (rule.plain)(&mut v, &mut a);
                [v, a, y]
            };
            let (mut v, mut a) = (place.clone(), arguments.clone());
            let (mut v_to, mut a_to) = (v_dot.clone(), a_dot.clone());
            let (_, y_dot) = (rule.push)(&mut v, &mut a, Some(&mut v_to), Some(&mut a_to));
            for ((found, after), before) in
                [v_to, a_to, y_dot].iter().zip(along(step)).zip(along(0.0))
            {
                assert_eq!(found.len(), after.len(), "{}", rule.name);
                for ((found, after), before) in found.iter().zip(after).zip(before) {
                    let expected = (after - before) / step;
                    assert!(
                        (found - expected).abs() < 1e-5,
                        "{}: {found} {expected}",
                        rule.name
                    );
                }
            }
        }
    }
}

#[test]
fn pull_is_the_adjoint_of_push() {
    for rule in all() {
        for (place, arguments) in states() {
            let (v_dot, a_dot) = (spread(1, place.len()), spread(9, arguments.len()));
            let (mut v, mut a) = (place.clone(), arguments.clone());
            let (mut v_to, mut a_to) = (v_dot.clone(), a_dot.clone());
            let (_, y_dot) = (rule.push)(&mut v, &mut a, Some(&mut v_to), Some(&mut a_to));

            let (mut v, mut a) = (place, arguments);
            let (y, pull) = (rule.pull)(&mut v, &mut a);
            let (mut v_bar, y_bar) = (spread(20, v.len()), spread(40, y.len()));
            // What is only read is added to.
            let given = if rule.changes {
                spread(60, a.len())
            } else {
                vec![1.0; a.len()]
            };
            let mut seeded = product(&v_bar, &v_to) + product(&y_bar, &y_dot);
            seeded += product(&given, &a_to);
            let mut a_bar = given;
            pull(&y_bar, Some(&mut v_bar), Some(&mut a_bar));
            let reached = product(&v_bar, &v_dot) + product(&a_bar, &a_dot);
            assert!(
                (seeded - reached).abs() < 1e-10,
                "{}: {seeded} {reached}",
                rule.name
            );
        }
    }
}

#[test]
fn nothing_is_touched_where_nothing_is_active() {
    for rule in all() {
        let [(place, arguments), _] = states();
        let (mut v, mut a) = (place.clone(), arguments.clone());
        let y = (rule.plain)(&mut v, &mut a);
        let (mut v, mut a) = (place.clone(), arguments.clone());
        (rule.pull_of_inactive)(&mut v, &mut a)(&y, None, None);
        let (mut v, mut a) = (place, arguments);
        let (y, dot) = (rule.push)(&mut v, &mut a, None, None);
        assert!(dot.iter().all(|dot| *dot == 0.0), "{}", rule.name);
        assert_eq!(dot.len(), y.len(), "{}", rule.name);
    }
}

/// Entries of several sizes, many of them equal: which of them stands where must be what the
/// function's own sort says.
#[test]
fn unstable_sorts_leave_ties_where_the_function_leaves_them() {
    fn check<T: Copy + grad_runtime::Differentiable>(
        of: impl Fn(u32) -> T,
        key: impl Fn(&T) -> u32 + Copy,
        bits: impl Fn(&T) -> u64,
    ) {
        let entries: Vec<T> = (0..500).map(|k| of(k * 7919 % 1009)).collect();
        let (mut sorted, mut followed) = (entries.clone(), entries);
        sorted.sort_unstable_by_key(|x| key(x));
        let ((), _) = followed.__grad_vjp_sort_unstable_by_key(|x| key(x), Wrt::<1>);
        let bits = |xs: &[T]| xs.iter().map(&bits).collect::<Vec<_>>();
        assert_eq!(
            bits(&sorted),
            bits(&followed),
            "{}",
            std::any::type_name::<T>()
        );
    }
    check(
        f64::from,
        |x| (x.to_bits() >> 45 & 7) as u32,
        |x| x.to_bits(),
    );
    #[expect(clippy::cast_precision_loss, reason = "below 1009")]
    check(
        |k| k as f32,
        |x| x.to_bits() >> 16 & 7,
        |x| u64::from(x.to_bits()),
    );
}

#[test]
fn nested_vectors_keep_the_shape_of_what_leaves() {
    let mut rows = vec![vec![1.0], vec![2.0, 3.0], vec![4.0, 5.0, 6.0]];
    let (last, pull_pop) = rows.__grad_vjp_pop(Wrt::<1>);
    let ((), pull_truncate) = rows.__grad_vjp_truncate(1, Wrt::<1>);
    let ((), pull_clear) = rows.__grad_vjp_clear(Wrt::<1>);
    assert_eq!((last, rows.len()), (Some(vec![4.0, 5.0, 6.0]), 0));
    let mut bar = Vec::new();
    let unit = grad_runtime::private::unit_tangent;
    pull_clear(unit(), (), Some(&mut bar));
    pull_truncate(unit(), (), &1, Some(&mut bar), None);
    // A `None` for a value there is: the zero is of the value's shape.
    pull_pop(None, (), Some(&mut bar));
    assert_eq!(bar, [vec![0.0], vec![0.0; 2], vec![0.0; 3]]);
}

#[test]
fn concat_gives_each_part_its_own() {
    let parts = vec![vec![1.0], vec![2.0, 3.0]];
    let (joined, pull) = parts.__grad_vjp_concat(Wrt::<1>);
    assert_eq!(joined, [1.0, 2.0, 3.0]);
    let mut bars = vec![vec![10.0], vec![10.0, 10.0]];
    pull(vec![1.0, 2.0, 3.0], &parts, Some(&mut bars));
    assert_eq!(bars, [vec![11.0], vec![12.0, 13.0]]);
    assert_eq!(
        parts.__grad_jvp_concat(Wrt::<1>, Some(&bars)).1,
        [11.0, 12.0, 13.0]
    );
    assert_eq!(parts.__grad_jvp_concat(Wrt::<0>, None).1, [0.0; 3]);

    let parts = [[1.0, 2.0], [3.0, 4.0]];
    let kept = (&&parts.__grad_again_concat().keeper()).keep();
    let (joined, pull) = parts.__grad_vjp_concat(Wrt::<1>);
    assert_eq!(joined, [1.0, 2.0, 3.0, 4.0]);
    let mut bars = [[0.0; 2]; 2];
    pull(joined, kept.again(), Some(&mut bars));
    assert_eq!(bars, parts);
}

#[test]
fn a_pullback_does_not_hold_on_to_what_was_borrowed() {
    let (mut weights, mut entries) = (vec![2.0, 1.0], vec![0_usize, 1]);
    let mut floats = vec![5.0, 6.0];
    let ((), pull_sort) =
        entries.__grad_vjp_sort_by(|a, b| f64::total_cmp(&weights[*a], &weights[*b]), Wrt::<1>);
    let ((), pull_extend) = floats.__grad_vjp_extend(&weights[..], Wrt::<3>);
    let ((), pull_retain) = floats.__grad_vjp_retain(|x| *x > weights[1], Wrt::<1>);
    weights[0] = 9.0;
    floats.push(0.0);
    entries.push(7);
    let (mut bar, mut weights_bar) = (vec![1.0, 2.0, 3.0], vec![0.0; 2]);
    let unit = grad_runtime::private::unit_tangent;
    pull_retain(unit(), (), (), Some(&mut bar), None);
    assert_eq!(bar, [1.0, 2.0, 3.0, 0.0]);
    pull_extend(unit(), (), &weights, Some(&mut bar), Some(&mut weights_bar));
    pull_sort(unit(), (), (), None, None);
    assert_eq!((bar, weights_bar), (vec![1.0, 2.0], vec![3.0, 0.0]));
}

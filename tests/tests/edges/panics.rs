//! A panic inside a function happens in its derivatives alike: with the message of the function's own,
//! at the user's file and line.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use grad_runtime::differentiate;

/// A panic as the hook sees it.
#[derive(Clone, PartialEq, Debug, Default)]
struct Seen {
    message: String,
    file: String,
    line: u32,
}

/// The panic of a run; `None` if there is none.
fn panic_of(run: impl FnOnce()) -> Option<Seen> {
    static SEEN: Mutex<Option<Seen>> = Mutex::new(None);
    let _alone = super::ALONE.lock();
    let before = std::panic::take_hook();
    *SEEN.lock().unwrap() = None;
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().unwrap();
        *SEEN.lock().unwrap() = Some(Seen {
            message: info.payload_as_str().unwrap_or("?").to_owned(),
            file: place.file().to_owned(),
            line: place.line(),
        });
    }));
    let outcome = catch_unwind(AssertUnwindSafe(run));
    std::panic::set_hook(before);
    let seen = SEEN.lock().unwrap().clone();
    assert_eq!(outcome.is_err(), seen.is_some());
    seen
}

const X: [f64; 3] = [1.5, 2.5, 0.5];
const K: usize = 7;

type Run = (&'static str, fn());

/// What the derivatives do otherwise than the function.
fn faults(kind: &str, [own, derivatives @ ..]: [Run; 6]) -> Vec<String> {
    let Some(expected) = panic_of(own.1) else {
        return vec![format!("{kind}: the function does not panic")];
    };
    let mut faults = Vec::new();
    for (name, run) in derivatives {
        let found = panic_of(run);
        // Where std panics in its own file, the derivatives say the user's place if they know it.
        let same = |found: &Seen| match expected.file.ends_with("panics.rs") {
            true => *found == expected,
            false => found.message == expected.message,
        };
        if !found.as_ref().is_some_and(same) {
            faults.push(format!(
                "{kind}, {name}: {found:?}, the function: {expected:?}"
            ));
        }
    }
    faults
}

macro_rules! alike {
    ($($kind:ident: $function:item)*) => {
        $(mod $kind {
            #[allow(unused_imports)]
            use super::*;
            #[differentiate]
            $function
        })*

        #[test]
        fn panics_are_those_of_the_function() {
            let mut all = Vec::new();
            $(all.extend(faults(stringify!($kind), [
                ("f", || drop(vec![$kind::f(&X, K)])),
                ("grad_f", || drop($kind::grad_f(&X, K))),
                ("value_and_grad_f", || drop($kind::value_and_grad_f(&X, K))),
                ("accumulate_grad_f", || {
                    $kind::accumulate_grad_f(&X, K, 1.0, &mut [0.0; 3]);
                }),
                ("jvp_f", || drop(vec![$kind::jvp_f(&X, K, &[1.0; 3])])),
                ("vjp_f", || drop(vec![$kind::vjp_f(&X, K).1(1.0)])),
            ]));)*
            assert!(all.is_empty(), "{} faults\n{}", all.len(), all.join("\n"));
        }
    };
}

fn checked(k: usize) -> usize {
    assert!(k < 3, "{k} is too large");
    k
}

#[track_caller]
fn checked_for_the_caller(k: usize) -> usize {
    assert!(k < 3, "{k} is too large");
    k
}

#[differentiate]
fn element(x: &[f64], k: usize) -> f64 {
    x[0] * x[k]
}

#[derive(Clone, Debug, grad_runtime::Differentiable)]
struct Table {
    rows: Vec<Vec<f64>>,
    scale: f64,
}

#[differentiate]
impl Table {
    fn at(&self, i: usize, j: usize) -> f64 {
        assert!(i != j, "the diagonal");
        self.scale * self.rows[i][j]
    }
    fn set(&mut self, i: usize, v: f64) {
        self.rows[i][0] = v * self.scale;
    }
}

alike! {
    read: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0] * x[k]
    }
    read_in_a_loop: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut s = 0.0;
        for i in 0..k {
            let a = x[0];
            s += a *
                x[i];
        }
        s
    }
    shorter_of_two: pub fn f(x: &[f64], k: usize) -> f64 {
        let w = &x[..2];
        let mut s = 0.0;
        for i in 0..x.len() {
            s += x[i] * w[i];
        }
        s + k as f64
    }
    sum_of_a_range: pub fn f(x: &[f64], k: usize) -> f64 {
        (0..k).map(|i| x[i] * x[i]).sum()
    }
    store: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        w[1] = x[0];
        w[k] = x[0] * x[1];
        w[0]
    }
    added: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = [0.0; 4];
        w[1] += x[0];
        w[k] += x[0] * x[1];
        w[1]
    }
    store_in_a_loop: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = vec![0.0; 3];
        for i in 0..k {
            w[i] = x[0] * i as f64;
        }
        w[1]
    }
    nested: pub fn f(x: &[f64], k: usize) -> f64 {
        let a = [[x[0], x[1]], [x[2], x[1]]];
        a[0][1]
            * a[1][k - 5]
    }
    nested_outer: pub fn f(x: &[f64], k: usize) -> f64 {
        let a = vec![vec![x[0]; 2]; 2];
        let mut s = 0.0;
        for i in 0..k {
            for j in 0..2 {
                s += a[i][j] * x[1];
            }
        }
        s
    }
    range_from: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0] * x[k..].iter().sum::<f64>()
    }
    range_to: pub fn f(x: &[f64], k: usize) -> f64 {
        x[..k].iter().map(|v| v * v).sum()
    }
    range_backwards: pub fn f(x: &[f64], k: usize) -> f64 {
        x[k - 5..1].iter().product()
    }
    range_inclusive: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut s = x[0];
        for v in &x[1..=k] {
            s *= v;
        }
        s
    }
    range_mutable: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        for v in &mut w[1..k] {
            *v *= 2.0;
        }
        w[1] * x[0]
    }
    range_of_a_range: pub fn f(x: &[f64], k: usize) -> f64 {
        let a = &x[1..];
        a[1..k][0]
    }
    in_a_part: pub fn f(x: &[f64], k: usize) -> f64 {
        let a = &x[1..];
        a[k - 5] * x[0]
    }
    unused_read: pub fn f(x: &[f64], k: usize) -> f64 {
        let _unused = x[k];
        x[0] * x[1]
    }
    unused_statement: pub fn f(x: &[f64], k: usize) -> f64 {
        x[k];
        x[0] * x[1]
    }
    unused_quotient: pub fn f(x: &[f64], k: usize) -> f64 {
        let _n = 10 / (k - 7);
        x[0] * x[1]
    }
    unused_difference: pub fn f(x: &[f64], k: usize) -> f64 {
        let _n = k - 8;
        x[0] * x[1]
    }
    unused_unwrap: pub fn f(x: &[f64], k: usize) -> f64 {
        x.get(k).unwrap();
        x[0] * x[1]
    }
    unused_loop: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut s = 0.0;
        for i in 0..k {
            s += x[i];
        }
        x[0] * x[1]
    }
    unused_call: pub fn f(x: &[f64], k: usize) -> f64 {
        let _ = element(x, k);
        x[0] * x[1]
    }
    unused_product: pub fn f(x: &[f64], k: usize) -> f64 {
        let unused = x[0] * x[k];
        let _more = unused.sin();
        x[0] * x[1]
    }
    overwritten_read: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut a = x[k];
        a = x[0] * 2.0;
        a
    }
    overwritten_store: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        w[k] = x[0];
        w = x.to_vec();
        w[0]
    }
    first_of_two: pub fn f(x: &[f64], k: usize) -> f64 {
        let a = x[k];
        assert!(k < 3, "later");
        a * x[0]
    }
    second_of_two: pub fn f(x: &[f64], k: usize) -> f64 {
        assert!(k < 3, "earlier");
        x[k] * x[0]
    }
    before_the_panic: pub fn f(x: &[f64], k: usize) -> f64 {
        if x[0] > 0.0 {
            panic!("positive at {}", k);
        }
        x[k]
    }
    multiplied_by_zero: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0] + 0.0 * x[k]
    }
    cancelled: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0] + (x[k] - x[k]) * 0.0
    }
    held_constant: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0] * grad_runtime::constant(x[k])
    }
    asserted: pub fn f(x: &[f64], k: usize) -> f64 {
        assert!(k < 3);
        x[0]
    }
    asserted_with_text: pub fn f(x: &[f64], k: usize) -> f64 {
        let y = x[0] * x[1];
        assert!(
            y < 3.0,
            "y is {y} at {}",
            k
        );
        y
    }
    asserted_equal: pub fn f(x: &[f64], k: usize) -> f64 {
        assert_eq!(x.len(), k, "lengths of {:?}", x);
        x[0]
    }
    asserted_unequal: pub fn f(x: &[f64], k: usize) -> f64 {
        let y = x[0];
        assert_ne!(y, 1.5);
        y * k as f64
    }
    debug_asserted: pub fn f(x: &[f64], k: usize) -> f64 {
        debug_assert!(k < x.len(), "no {k}");
        if k < 3 { x[k] } else { panic!("in release") }
    }
    debug_asserted_equal: pub fn f(x: &[f64], k: usize) -> f64 {
        debug_assert_eq!(k % 2, 0);
        if k < 3 { x[k] } else { panic!("in release") }
    }
    panics: pub fn f(x: &[f64], k: usize) -> f64 {
        if k > 3 {
            panic!("k is {k:>4}, x {:?}", x[0] * 2.0)
        }
        x[0]
    }
    unreachables: pub fn f(x: &[f64], k: usize) -> f64 {
        match k {
            0 => x[0],
            1 | 2 => x[1],
            _ => unreachable!("no {k}"),
        }
    }
    todos: pub fn f(x: &[f64], k: usize) -> f64 {
        if k == 0 { x[0] } else { todo!() }
    }
    unimplementeds: pub fn f(x: &[f64], k: usize) -> f64 {
        if k == 0 {
            return x[0];
        }
        unimplemented!("for {}", k)
    }
    unwrapped: pub fn f(x: &[f64], k: usize) -> f64 {
        let a = x.get(k).unwrap();
        a * a
    }
    unwrapped_in_lines: pub fn f(x: &[f64], k: usize) -> f64 {
        let a = x
            .iter()
            .skip(k)
            .next()
            .unwrap();
        a * a
    }
    expected: pub fn f(x: &[f64], k: usize) -> f64 {
        let a = if k < 3 { Some(x[0] * x[1]) } else { None };
        a.expect("k is small")
    }
    unwrapped_copy: pub fn f(x: &[f64], k: usize) -> f64 {
        let a: f64 = x.get(k).copied().unwrap();
        a * x[0]
    }
    expected_first: pub fn f(x: &[f64], k: usize) -> f64 {
        let none = &x[..k - 7];
        none.first().expect("an element") * x[0]
    }
    popped: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        let mut s = x[0];
        for _ in 0..k {
            s += w.pop().unwrap();
        }
        s
    }
    result_unwrapped: pub fn f(x: &[f64], k: usize) -> f64 {
        let a: Result<f64, String> = if k < 3 { Ok(x[0]) } else { Err(format!("{k} of 3")) };
        a.unwrap() * x[1]
    }
    result_expected: pub fn f(x: &[f64], k: usize) -> f64 {
        let a: Result<f64, usize> = if k < 3 { Ok(x[0]) } else { Err(k) };
        a.expect("a result") * x[1]
    }
    extreme_of_nothing: pub fn f(x: &[f64], k: usize) -> f64 {
        let best = x[k - 4..].iter().copied().reduce(f64::max).unwrap();
        best * x[0]
    }
    position_unwrapped: pub fn f(x: &[f64], k: usize) -> f64 {
        let i = x.iter().position(|v| *v > k as f64).unwrap();
        x[i] * x[0]
    }
    subtracted: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0] * x[k - 8]
    }
    subtracted_number: pub fn f(x: &[f64], k: usize) -> f64 {
        let n = x.len() - k;
        x[0] * n as f64
    }
    subtracted_in_a_range: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut s = 0.0;
        for i in 0..x.len() - k {
            s += x[i];
        }
        s
    }
    added_number: pub fn f(x: &[f64], k: usize) -> f64 {
        let n = usize::MAX - 2;
        x[0] * (n + k) as f64
    }
    multiplied_number: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut n = 1_i32;
        for _ in 0..k * 10 {
            n *= 3;
        }
        x[0] * n as f64
    }
    negated_number: pub fn f(x: &[f64], k: usize) -> f64 {
        let n = i32::MIN + k as i32 - 7;
        x[0] * f64::from(-n)
    }
    counted_too_far: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut n = 250_u8;
        let mut s = 0.0;
        for _ in 0..k {
            n += 1;
            s += x[0] * f64::from(n);
        }
        s
    }
    counted_down: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut n = k - 4;
        let mut s = x[0];
        while s > 0.0 {
            n -= 1;
            s += x[n % 3];
        }
        s
    }
    shifted: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0] * (1_u32 << (k * 5)) as f64
    }
    power_of_integers: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0] * (k as i32 * 10).pow(9) as f64
    }
    absolute_number: pub fn f(x: &[f64], k: usize) -> f64 {
        let n = i32::MIN + (k as i32 - 7);
        x[0] * n.abs() as f64
    }
    divided: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0] * (10 / (k - 7)) as f64
    }
    remainder: pub fn f(x: &[f64], k: usize) -> f64 {
        x[10 % (k - 7)] * x[0]
    }
    divided_and_assigned: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut n = 10;
        n /= k - 7;
        x[0] * n as f64
    }
    clamped: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0].clamp(k as f64, 1.0) * x[1]
    }
    clamped_by_active: pub fn f(x: &[f64], k: usize) -> f64 {
        (k as f64).clamp(x[1], x[0])
    }
    copied_lengths: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = vec![0.0; k];
        w.copy_from_slice(x);
        w[0] * x[1]
    }
    cloned_lengths: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = vec![0.0; k];
        w[..2].clone_from_slice(x);
        w[0] * x[1]
    }
    swapped: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        w.swap(0, k);
        w[0] * x[1]
    }
    split: pub fn f(x: &[f64], k: usize) -> f64 {
        let (a, b) = x.split_at(k);
        a[0] * b[0]
    }
    split_mutable: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        let (a, b) = w.split_at_mut(k);
        a[0] *= b[0];
        w[0]
    }
    chunks_of_none: pub fn f(x: &[f64], k: usize) -> f64 {
        x.chunks(k - 7).map(|c| c[0]).sum()
    }
    exact_chunks_of_none: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut s = 0.0;
        for c in x.chunks_exact(k - 7) {
            s += c[0];
        }
        s
    }
    windows_of_none: pub fn f(x: &[f64], k: usize) -> f64 {
        x.windows(k - 7).map(|c| c[0]).sum()
    }
    steps_of_none: pub fn f(x: &[f64], k: usize) -> f64 {
        (0..3).step_by(k - 7).map(|i| x[i]).sum()
    }
    element_of_a_chunk: pub fn f(x: &[f64], k: usize) -> f64 {
        x.chunks(2).map(|c| c[0] * c[k - 6]).sum()
    }
    rotated: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        w.rotate_left(k);
        w[0] * x[1]
    }
    removed: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        let a = w.remove(k);
        a * w[0]
    }
    inserted: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        w.insert(k, x[0] * x[1]);
        w[0]
    }
    swap_removed: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        w.swap_remove(k) * x[0]
    }
    drained: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        w.drain(1..k);
        w[0] * x[1]
    }
    split_off: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        let tail = w.split_off(k);
        w[0] * x[1] + tail[0]
    }
    emptied: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        w.clear();
        w[k - 7] * x[0]
    }
    truncated: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut w = x.to_vec();
        w.truncate(1);
        w[k - 6] * x[0]
    }
    field: pub fn f(x: &[f64], k: usize) -> f64 {
        let t = Table { rows: vec![x.to_vec(); 2], scale: x[0] };
        t.scale * t.rows[k - 6][k]
    }
    panic_of_a_method: pub fn f(x: &[f64], k: usize) -> f64 {
        let t = Table { rows: vec![x.to_vec(); 2], scale: x[0] };
        t.at(0, 1) + t.at(1, k)
    }
    assertion_of_a_method: pub fn f(x: &[f64], k: usize) -> f64 {
        let t = Table { rows: vec![x.to_vec(); 2], scale: x[0] };
        t.at(0, 1) + t.at(1, k - 6)
    }
    panic_of_a_changing_method: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut t = Table { rows: vec![x.to_vec(); 2], scale: x[0] };
        t.set(0, x[1]);
        t.set(k, x[1]);
        t.at(0, 1)
    }
    panic_of_a_function: pub fn f(x: &[f64], k: usize) -> f64 {
        element(x, 1) * element(x, k)
    }
    panic_of_a_plain_function: pub fn f(x: &[f64], k: usize) -> f64 {
        x[checked(k)]
    }
    panic_for_the_caller: pub fn f(x: &[f64], k: usize) -> f64 {
        x[0]
            * x[checked_for_the_caller(k)]
    }
    in_a_closure: pub fn f(x: &[f64], k: usize) -> f64 {
        let g = |i: usize| x[i] * x[0];
        g(1)
            + g(k)
    }
    in_a_nested_function: pub fn f(x: &[f64], k: usize) -> f64 {
        fn g(x: &[f64], i: usize) -> f64 {
            x[i] * x[0]
        }
        g(x, 1) + g(x, k)
    }
    let_else: pub fn f(x: &[f64], k: usize) -> f64 {
        let Some(a) = x.get(k) else {
            panic!("no element {k}");
        };
        a * x[0]
    }
    in_an_arm: pub fn f(x: &[f64], k: usize) -> f64 {
        match x.get(k) {
            Some(a) => a * x[0],
            None => x[k - 1],
        }
    }
    in_a_guard: pub fn f(x: &[f64], k: usize) -> f64 {
        match k {
            n if x[n] > 0.0 => x[0],
            _ => x[1],
        }
    }
    in_a_while_condition: pub fn f(x: &[f64], k: usize) -> f64 {
        let (mut i, mut s) = (0, 0.0);
        while x[i] > 0.0 {
            s += x[0] * x[i];
            i += 1;
        }
        s + k as f64
    }
    in_a_short_circuit: pub fn f(x: &[f64], k: usize) -> f64 {
        if k > 3 && x[k] > 0.0 { x[0] } else { x[1] }
    }
    in_a_comparison: pub fn f(x: &[f64], k: usize) -> f64 {
        if x[k] > 0.0 { x[0] } else { x[1] }
    }
    in_a_loop_with_exits: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut s = 0.0;
        'outer: for i in 0..k {
            for j in 0..2 {
                if x[j] > 100.0 {
                    break 'outer;
                }
                s += x[i + j] * x[j];
            }
        }
        s
    }
    zipped: pub fn f(x: &[f64], k: usize) -> f64 {
        let mut s = 0.0;
        for (i, v) in x.iter().enumerate() {
            s += v * x[i + k - 6];
        }
        s
    }
    array_from_a_slice: pub fn f(x: &[f64], k: usize) -> f64 {
        let a: [f64; 3] = x[k - 6..].try_into().unwrap();
        a[0] * a[1]
    }
    of_a_constant_table: pub fn f(x: &[f64], k: usize) -> f64 {
        const T: [f64; 3] = [1.0, 2.0, 3.0];
        x[0] * T[k]
    }
    of_counts: pub fn f(x: &[f64], k: usize) -> f64 {
        let n = [1_usize, 2, 0];
        x[n[k]] * x[0]
    }
    capacity: pub fn f(x: &[f64], k: usize) -> f64 {
        let w = vec![x[0]; usize::MAX / k];
        w[0] * x[1]
    }
    integer_parsed: pub fn f(x: &[f64], k: usize) -> f64 {
        let n: usize = "seven".parse().unwrap();
        x[n] * k as f64
    }
}

/// What is borrowed out of bounds is noticed where it is used.
#[differentiate]
fn borrowed(x: &[f64], k: usize) -> f64 {
    let tail = &x[k..];
    let n = tail.len(); // LINE: used
    x[0] * n as f64
}

/// `RefCell` does not ask who else borrows.
#[differentiate]
fn borrowed_twice(x: &[f64]) -> f64 {
    let cell = std::cell::RefCell::new(x[0]);
    let held = cell.borrow_mut();
    *cell.borrow_mut() += x[1];
    *held
}

#[test]
fn borrows_are_checked_late_or_not() {
    let line = include_str!("panics.rs").lines();
    let line = line
        .take_while(|line| !line.ends_with("LINE: used"))
        .count() as u32
        + 1;
    let own = panic_of(|| drop(vec![borrowed(&X, K)])).unwrap();
    let found = panic_of(|| drop(grad_borrowed(&X, K))).unwrap();
    assert_eq!((found.message, found.line), (own.message, line));
    assert!(panic_of(|| drop(vec![borrowed_twice(&X)])).is_some());
    assert_eq!(grad_borrowed_twice(&X), [1.0, 1.0, 0.0]);
}

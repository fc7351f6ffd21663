//! The four objectives: each with the generated derivative, the one written by hand, and those by
//! other crates, in one run, as ratios.
//!
//! ```text
//! cargo bench -p grad-benches
//! cargo bench -p grad-benches --bench adbench -- gmm lstm
//! ```
//!
//! Without `--bench`, as a test runs it, everything is called once and nothing is timed.

use std::cell::RefCell;
use std::error::Error;
use std::hint::black_box;

use echidna::DualVec;
use grad_benches::inputs::{self, Form};
use grad_benches::peers;
use grad_benches::table::{Effort, print_head, print_row, way};
use grad_examples::adbench::csr::{BLOCK, Block};
use grad_examples::adbench::hand::PARAMETERS;
use grad_examples::adbench::measure::peak_memory;
use grad_examples::adbench::reference::difference;
use grad_examples::adbench::work::{BaWork, GmmWork, HandWork, LstmWork, Work};
use num_dual::DualSVec64;

fn main() -> Result<(), Box<dyn Error>> {
    let effort = Effort::asked_for();
    let names: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    print_head();
    if wanted("gmm") {
        for (d, k, n) in [
            (10, 25, 1000),
            (10, 25, 10_000),
            (20, 25, 1000),
            (2, 5, 1000),
        ] {
            gmm(d, k, n, effort);
        }
    }
    if wanted("lstm") {
        for layers in [2, 4] {
            lstm(layers, effort);
        }
    }
    if wanted("ba") {
        ba(effort);
    }
    if wanted("hand") {
        for (form, n) in [
            (Form::Simple, 100),
            (Form::Simple, 800),
            (Form::Complicated, 100),
        ] {
            hand(form, n, effort)?;
        }
    }
    if let Some(bytes) = peak_memory() {
        println!("\npeak memory of all: {} KiB", bytes / 1024);
    }
    Ok(())
}

/// A benchmark of something wrong is worth nothing.
fn assert_equal(what: &str, found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(expected) {
        let difference = difference(*found, *expected);
        assert!(difference < 1e-9, "{what}: {found} is not {expected}");
    }
}

/// The Jacobian written by hand, after a check of the generated one against it.
fn checked(what: &str, work: &mut dyn Work) -> Vec<f64> {
    work.jacobian();
    let generated = work.jacobian_part(0);
    work.jacobian_by_hand();
    let by_hand = work.jacobian_part(0);
    assert_equal(what, &generated, &by_hand);
    by_hand
}

fn gmm(d: usize, k: usize, n: usize, effort: Effort) {
    let data = inputs::gmm(d, k, n);
    let title = format!("GMM d{d} K{k} n{n}");
    let mut work = GmmWork::new(data.clone());
    let expected = checked(&title, &mut work);
    work.jacobian_in_lanes();
    assert_equal(&title, &work.jacobian_part(0), &expected);
    let work = RefCell::new(work);
    let mut ways = vec![
        way("objective", || work.borrow_mut().objective()),
        way("generated", || work.borrow_mut().jacobian()),
        way("generated, with helpers", || {
            work.borrow_mut().jacobian_with_helpers();
        }),
        way("by hand", || work.borrow_mut().jacobian_by_hand()),
        way("by hand, four points at a time", || {
            work.borrow_mut().jacobian_in_lanes();
        }),
    ];
    // A tape of all operations: only where it is not gigabytes.
    if d * d * k * n < 3_000_000 {
        assert_equal(&title, &peers::gmm_tape(&data), &expected);
        ways.push(way("echidna's tape", || {
            black_box(peers::gmm_tape(black_box(&data)));
        }));
    }
    print_row(&title, &mut ways, effort);
}

fn lstm(layers: usize, effort: Effort) {
    let data = inputs::lstm(layers, 1024, 14);
    let title = format!("LSTM l{layers} c1024");
    let mut work = LstmWork::new(data.clone());
    let expected = checked(&title, &mut work);
    assert_equal(&title, &peers::lstm_tape(&data), &expected);
    let work = RefCell::new(work);
    let mut ways = [
        way("objective", || work.borrow_mut().objective()),
        way("generated", || work.borrow_mut().jacobian()),
        way("generated, with helpers", || {
            work.borrow_mut().jacobian_with_helpers();
        }),
        way("by hand", || work.borrow_mut().jacobian_by_hand()),
        way("echidna's tape", || {
            black_box(peers::lstm_tape(black_box(&data)));
        }),
    ];
    print_row(&title, &mut ways, effort);
}

fn ba(effort: Effort) {
    let data = inputs::ba(49, 7776, 31843);
    let mut work = BaWork::new(data.clone());
    checked("BA", &mut work);
    let expected: Block = work.blocks_by_hand();
    let blocks = [
        work.blocks(),
        peers::ba_duals::<DualVec<f64, BLOCK>>(&data),
        peers::ba_duals::<DualSVec64<BLOCK>>(&data),
    ];
    for block in blocks {
        assert_equal("BA", block.as_flattened(), expected.as_flattened());
    }
    let work = RefCell::new(work);
    let mut ways = [
        way("objective", || work.borrow_mut().objective()),
        way("generated", || {
            black_box(work.borrow_mut().blocks());
        }),
        way("by hand", || {
            black_box(work.borrow_mut().blocks_by_hand());
        }),
        way("generated, with CSR", || work.borrow_mut().jacobian()),
        way("by hand, with CSR", || {
            work.borrow_mut().jacobian_by_hand();
        }),
        way("echidna's duals", || {
            black_box(peers::ba_duals::<DualVec<f64, BLOCK>>(black_box(&data)));
        }),
        way("num-dual", || {
            black_box(peers::ba_duals::<DualSVec64<BLOCK>>(black_box(&data)));
        }),
    ];
    print_row("BA n49 m7776 p31843", &mut ways, effort);
}

fn hand(form: Form, n: usize, effort: Effort) -> Result<(), Box<dyn Error>> {
    let data = inputs::hand(n, form)?;
    let title = format!("HAND {form:?} n{n}")
        .replace('S', "s")
        .replace('C', "c");
    let mut work = HandWork::new(data.clone());
    let expected = checked(&title, &mut work);
    let work = RefCell::new(work);
    let mut ways = vec![
        way("objective", || work.borrow_mut().objective()),
        way("generated", || work.borrow_mut().jacobian()),
        way("by hand", || work.borrow_mut().jacobian_by_hand()),
    ];
    if form == Form::Simple {
        let echidna = peers::hand_duals::<DualVec<f64, PARAMETERS>>;
        let num_dual = peers::hand_duals::<DualSVec64<PARAMETERS>>;
        assert_equal(&title, &echidna(&data), &expected);
        assert_equal(&title, &num_dual(&data), &expected);
        ways.push(way("echidna's duals", {
            let data = &data;
            move || {
                black_box(echidna(black_box(data)));
            }
        }));
        ways.push(way("num-dual", {
            let data = &data;
            move || {
                black_box(num_dual(black_box(data)));
            }
        }));
    }
    print_row(&title, &mut ways, effort);
    Ok(())
}

//! Times several ways to one result in turn, and prints them as ratios to the first.
//!
//! A round takes every way once, so that whatever slows the machine for a while slows all; a ratio
//! is the median over the rounds of the ratio within a round. In brackets stands the ratio of the
//! fastest times, which a busy machine disturbs less.

use std::time::Instant;

/// The least seconds of one timing: shorter calls are repeated.
const LEAST: f64 = 1e-3;
/// The least seconds that all rounds of one table row take, and the bounds of their number.
const ALL: f64 = 3.0;
const ROUNDS: std::ops::RangeInclusive<usize> = 15..=301;

/// One way to a result.
pub struct Way<'a> {
    name: &'static str,
    call: Box<dyn FnMut() + 'a>,
}

/// A way of this name.
pub fn way<'a>(name: &'static str, call: impl FnMut() + 'a) -> Way<'a> {
    Way {
        name,
        call: Box::new(call),
    }
}

/// Whether to measure, or only to run everything once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Medians of many rounds.
    Measure,
    /// One call of each.
    Try,
}

impl Effort {
    /// What the command line asks for: cargo gives `--bench` to a benchmark, and not to a test.
    #[must_use]
    pub fn asked_for() -> Self {
        if std::env::args().any(|argument| argument == "--bench") {
            Self::Measure
        } else {
            Self::Try
        }
    }
}

/// The head of the table.
pub fn print_head() {
    println!("| objective | fastest | ratios to it: median (of the fastest) |");
    println!("|---|---|---|");
}

/// Times the ways, of which the first is the objective, and prints a row of the table.
pub fn print_row(title: &str, ways: &mut [Way<'_>], effort: Effort) {
    if effort == Effort::Try {
        for way in ways {
            (way.call)();
        }
        println!("| {title} | not measured | |");
        return;
    }
    let counts: Vec<u32> = ways.iter_mut().map(calls_needed).collect();
    let once: f64 = ways
        .iter_mut()
        .zip(&counts)
        .map(|(way, n)| seconds(way, *n))
        .sum();
    let mut rounds = *ROUNDS.start();
    while rounds < *ROUNDS.end() && rounds as f64 * once < ALL {
        rounds += 2;
    }
    let mut times = vec![Vec::with_capacity(rounds); ways.len()];
    for _ in 0..rounds {
        for ((way, &count), times) in ways.iter_mut().zip(&counts).zip(&mut times) {
            times.push(seconds(way, count) / f64::from(count));
        }
    }
    let ratios = (1..ways.len()).map(|index| {
        let within = times[index].iter().zip(&times[0]);
        let typical = median(within.map(|(time, objective)| time / objective).collect());
        let best = fastest(&times[index]) / fastest(&times[0]);
        format!("{} {typical:.2} ({best:.2})", ways[index].name)
    });
    let ratios = ratios.collect::<Vec<_>>().join(", ");
    let micros = 1e6 * fastest(&times[0]);
    println!("| {title} | {micros:.1} us | {ratios} |");
}

fn calls_needed(way: &mut Way<'_>) -> u32 {
    let mut count = 1;
    while count < 1 << 20 && seconds(way, count) < LEAST {
        count *= 2;
    }
    count
}

/// Seconds of `count` calls.
fn seconds(way: &mut Way<'_>, count: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        (way.call)();
    }
    start.elapsed().as_secs_f64()
}

fn fastest(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

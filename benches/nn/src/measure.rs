//! Ways to the same step, timed in turns.

use std::time::Instant;

use crate::allocations::{Used, count};
use crate::workload::{Step, Workload};

/// One way to a workload's step.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    step: Step,
    /// What setting up and the first steps took; and what a later step allocates.
    pub(crate) first: Used,
    pub(crate) late: Used,
}

/// How to set a way up.
type Make = fn(Workload) -> Step;

/// The ways that this program knows.
fn makers() -> Vec<(&'static str, Make)> {
    let makers: [(&str, Make); 2] = [
        ("generated", |workload| workload.generated()),
        ("by hand", Workload::by_hand),
    ];
    #[cfg(feature = "peers")]
    let makers = [
        makers[0],
        makers[1],
        ("candle", crate::peers::candle as Make),
        ("burn", crate::peers::burn),
    ];
    makers.to_vec()
}

/// All ways to a workload, warmed up.
pub(crate) fn ways(workload: Workload) -> Vec<Way> {
    let way = |(name, make): (&'static str, Make)| {
        let (mut step, first) = count(|| {
            let mut step = make(workload);
            for _ in 0..3 {
                step();
            }
            step
        });
        // What was left over from setting up is used up by then.
        let calls = if workload == Workload::Cnn { 3 } else { 30 };
        for _ in 0..calls {
            step();
        }
        let ((), late) = count(&mut step);
        Way {
            name,
            step,
            first,
            late,
        }
    };
    makers().into_iter().map(way).collect()
}

impl Way {
    /// Microseconds a step, over some 50 milliseconds of steps.
    pub(crate) fn time(&mut self) -> f64 {
        let start = Instant::now();
        let mut calls = 0_u32;
        loop {
            (self.step)();
            calls += 1;
            let seconds = start.elapsed().as_secs_f64();
            if seconds > 0.05 {
                return seconds * 1e6 / f64::from(calls);
            }
        }
    }
}

/// The median of some numbers.
pub(crate) fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

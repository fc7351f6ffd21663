//! Times a problem: medians of rounds that take objective and Jacobian in turn, so that what slows
//! the machine down for a while slows both.

use std::time::Instant;

use super::work::Work;

/// The least seconds that one timing must last: shorter ones repeat the call.
const LEAST: f64 = 2e-3;

/// What is timed.
type Call = fn(&mut dyn Work);

/// Medians over the rounds: seconds of one call each, and ratios within a round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    /// The objective.
    pub objective: f64,
    /// Objective and Jacobian by the generated derivatives.
    pub jacobian: f64,
    /// Objective and Jacobian by the derivatives written by hand.
    pub by_hand: f64,
    /// `jacobian` to `objective`.
    pub ratio: f64,
    /// `by_hand` to `objective`.
    pub by_hand_ratio: f64,
}

impl Times {
    /// Times `repeat` rounds.
    #[must_use]
    pub fn of(work: &mut dyn Work, repeat: usize) -> Self {
        let calls: [Call; 3] = [
            |work| work.objective(),
            |work| work.jacobian_by_hand(),
            |work| work.jacobian(),
        ];
        let counts = calls.map(|call| {
            let mut count = 1;
            while count < 1 << 20 && seconds(work, call, count) * f64::from(count) < LEAST {
                count *= 2;
            }
            count
        });
        let mut rounds = [const { Vec::new() }; 3];
        for _ in 0..repeat {
            for ((call, count), round) in calls.iter().zip(counts).zip(&mut rounds) {
                round.push(seconds(work, *call, count));
            }
        }
        let ratio = |index: usize| {
            let ratios = rounds[index].iter().zip(&rounds[0]);
            median(ratios.map(|(time, objective)| time / objective).collect())
        };
        let (by_hand_ratio, ratio) = (ratio(1), ratio(2));
        let [objective, by_hand, jacobian] = rounds.map(median);
        Self {
            objective,
            jacobian,
            by_hand,
            ratio,
            by_hand_ratio,
        }
    }
}

/// Seconds of one call, over `count` of them.
fn seconds(work: &mut dyn Work, call: Call, count: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        call(work);
    }
    start.elapsed().as_secs_f64() / f64::from(count)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The most memory that this process has held so far, in bytes; `None` where the system does not
/// say it as Linux does.
#[must_use]
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

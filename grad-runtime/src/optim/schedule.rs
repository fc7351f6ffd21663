//! Schedules: how the rate changes as training goes on.
//!
//! A schedule gives the rate of the epoch (or step) counted from 0 on, given the rate it starts
//! from. All but [`ReduceOnPlateau`] are functions of that count alone.
//!
//! ```
//! use grad_runtime::optim::{Sgd, schedule::{Cosine, Schedule, WarmUp}};
//!
//! let schedule = WarmUp::new(4, 0.25, Cosine::new(10, 0.0));
//! let mut sgd = Sgd::new(0.1);
//! let base = sgd.rate();
//! for epoch in 0..14 {
//!     sgd.set_rate(schedule.rate(base, epoch));
//! }
//! assert_eq!(schedule.rate(base, 0), 0.025);
//! assert_eq!(schedule.rate(base, 4), 0.1);
//! assert!(schedule.rate(base, 14) < 1e-17);
//! ```

use alloc::{boxed::Box, vec};
use core::f64::consts::PI;

use num_traits::Float;

use crate::snapshot::{Snapshot, SnapshotError};

/// How the rate changes as training goes on.
pub trait Schedule {
    /// The rate of epoch (or step) number `at`, counted from 0, when `base` is the optimizer's own.
    fn rate(&self, base: f64, at: u64) -> f64;

    /// Tells the loss an epoch ended with.
    fn observe(&mut self, _loss: f64) {}

    /// What [`observe`](Self::observe) has left behind.
    fn save(&self) -> Snapshot {
        Snapshot::default()
    }

    /// Continues where [`save`](Self::save) was called.
    ///
    /// # Errors
    /// When the snapshot is of another schedule, or is damaged.
    fn restore(&mut self, _: &Snapshot) -> Result<(), SnapshotError> {
        Ok(())
    }
}

impl<S: Schedule + ?Sized> Schedule for Box<S> {
    fn rate(&self, base: f64, at: u64) -> f64 {
        (**self).rate(base, at)
    }
    fn observe(&mut self, loss: f64) {
        (**self).observe(loss);
    }
    fn save(&self) -> Snapshot {
        (**self).save()
    }
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        (**self).restore(snapshot)
    }
}

/// The base rate, always.
///
/// ```
/// use grad_runtime::optim::schedule::{Constant, Schedule};
/// assert_eq!(Constant.rate(0.5, 1000), 0.5);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Constant;

impl Schedule for Constant {
    fn rate(&self, base: f64, _: u64) -> f64 {
        base
    }
}

/// Multiplies the rate by a factor every so often: `η γ^⌊t / every⌋`.
///
/// ```
/// use grad_runtime::optim::schedule::{Schedule, Step};
/// let step = Step::new(10, 0.5);
/// assert_eq!([0, 9, 10, 25].map(|t| step.rate(8.0, t)), [8.0, 8.0, 4.0, 2.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Step {
    every: u64,
    factor: f64,
}

impl Step {
    /// Multiplies by `factor` after every `every` epochs.
    ///
    /// # Panics
    /// When `every` is 0, or the factor negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn new(every: u64, factor: f64) -> Self {
        assert!(every > 0, "a step schedule needs at least one epoch a step");
        super::expect_rate(factor);
        Self { every, factor }
    }
}

impl Schedule for Step {
    fn rate(&self, base: f64, at: u64) -> f64 {
        let steps = i32::try_from(at / self.every).unwrap_or(i32::MAX);
        base * Float::powi(self.factor, steps)
    }
}

/// Half a cosine wave from the base rate down to `least`, which stays:
/// `η' + (η - η') (1 + cos(π t / T)) / 2`.
///
/// Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (ICLR 2017),
/// without the restarts.
///
/// ```
/// use grad_runtime::optim::schedule::{Cosine, Schedule};
/// let cosine = Cosine::new(10, 0.5);
/// assert_eq!([0, 5, 10, 99].map(|t| cosine.rate(1.5, t)), [1.5, 1.0, 0.5, 0.5]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Cosine {
    length: u64,
    least: f64,
}

impl Cosine {
    /// Falls to `least` within `length` epochs.
    ///
    /// # Panics
    /// When `length` is 0, or `least` negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn new(length: u64, least: f64) -> Self {
        assert!(length > 0, "a cosine schedule needs at least one epoch");
        super::expect_rate(least);
        Self { length, least }
    }
}

impl Schedule for Cosine {
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts are far below 2^52, where f64 stops holding every integer"
    )]
    fn rate(&self, base: f64, at: u64) -> f64 {
        let share = at.min(self.length) as f64 / self.length as f64;
        self.least + (base - self.least) * (1.0 + Float::cos(PI * share)) / 2.0
    }
}

/// Rises evenly from a fraction of the rate to all of it, then hands over to another schedule,
/// which counts from there.
///
/// Goyal and others, "Accurate, Large Minibatch SGD" (2017), section 2.2.
///
/// ```
/// use grad_runtime::optim::schedule::{Constant, Schedule, WarmUp};
/// let warm = WarmUp::new(4, 0.5, Constant);
/// assert_eq!([0, 1, 2, 4, 9].map(|t| warm.rate(8.0, t)), [4.0, 5.0, 6.0, 8.0, 8.0]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WarmUp<S> {
    length: u64,
    from: f64,
    then: S,
}

impl<S: Schedule> WarmUp<S> {
    /// Starts at `from` times the rate, reaches all of it after `length` epochs, then follows
    /// `then`.
    ///
    /// # Panics
    /// When `from` is not in `0..=1`.
    #[must_use]
    #[track_caller]
    pub fn new(length: u64, from: f64, then: S) -> Self {
        assert!(
            (0.0..=1.0).contains(&from),
            "a warm-up starts from 0 to 1 times the rate, not {from}"
        );
        Self { length, from, then }
    }
}

impl<S: Schedule> Schedule for WarmUp<S> {
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts are far below 2^52, where f64 stops holding every integer"
    )]
    fn rate(&self, base: f64, at: u64) -> f64 {
        match at.checked_sub(self.length) {
            Some(rest) => self.then.rate(base, rest),
            None => base * (self.from + (1.0 - self.from) * at as f64 / self.length as f64),
        }
    }
    fn observe(&mut self, loss: f64) {
        self.then.observe(loss);
    }
    fn save(&self) -> Snapshot {
        self.then.save()
    }
    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        self.then.restore(snapshot)
    }
}

/// Multiplies the rate by a factor when the loss has not fallen for a while.
///
/// An epoch counts as better when its loss is below `(1 - threshold)` times the best so far; after
/// more than `patience` epochs that were not, the rate falls, and no lower than `least`. As
/// `ReduceLROnPlateau` of `PyTorch`, without a cool-down.
///
/// ```
/// use grad_runtime::optim::schedule::{ReduceOnPlateau, Schedule};
///
/// let mut plateau = ReduceOnPlateau::new(0.5, 1);
/// for loss in [3.0, 2.0, 2.0, 2.0] {
///     plateau.observe(loss);
/// }
/// assert_eq!(plateau.rate(0.1, 4), 0.05);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ReduceOnPlateau {
    factor: f64,
    patience: u64,
    threshold: f64,
    least: f64,
    best: f64,
    /// Epochs since the best that were no better.
    waited: u64,
    /// How often the rate fell.
    falls: u64,
}

impl ReduceOnPlateau {
    /// Multiplies by `factor` after more than `patience` epochs without progress.
    ///
    /// # Panics
    /// When the factor is not above 0 and below 1.
    #[must_use]
    #[track_caller]
    pub fn new(factor: f64, patience: u64) -> Self {
        assert!(
            factor > 0.0 && factor < 1.0,
            "the factor must be above 0 and below 1, not {factor}"
        );
        Self {
            factor,
            patience,
            threshold: 1e-4,
            least: 0.0,
            best: f64::INFINITY,
            waited: 0,
            falls: 0,
        }
    }

    /// Sets by what share of the best loss an epoch must be better, `1e-4` at first.
    ///
    /// # Panics
    /// Unless at least 0 and less than 1.
    #[must_use]
    #[track_caller]
    pub fn threshold(mut self, threshold: f64) -> Self {
        super::expect_fraction("the threshold", threshold);
        self.threshold = threshold;
        self
    }

    /// Sets the least rate, 0 at first.
    ///
    /// # Panics
    /// When negative or not finite.
    #[must_use]
    #[track_caller]
    pub fn least(mut self, least: f64) -> Self {
        super::expect_rate(least);
        self.least = least;
        self
    }
}

impl Schedule for ReduceOnPlateau {
    fn rate(&self, base: f64, _: u64) -> f64 {
        let falls = i32::try_from(self.falls).unwrap_or(i32::MAX);
        let rate = base * Float::powi(self.factor, falls);
        rate.max(self.least.min(base))
    }

    fn observe(&mut self, loss: f64) {
        if loss < self.best * (1.0 - self.threshold) {
            self.best = loss;
            self.waited = 0;
            return;
        }
        self.waited += 1;
        if self.waited > self.patience {
            self.waited = 0;
            self.falls += 1;
        }
    }

    fn save(&self) -> Snapshot {
        let mut snapshot = Snapshot::of("plateau");
        snapshot.put("best", vec![self.best]);
        snapshot.put("counts", vec![self.waited, self.falls]);
        snapshot
    }

    fn restore(&mut self, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        snapshot.expect_kind("plateau")?;
        let best = snapshot.f64s_of("best", 1)?[0];
        let counts = snapshot.u64s_of("counts", 2)?;
        (self.best, self.waited, self.falls) = (best, counts[0], counts[1]);
        Ok(())
    }
}

//! [`Trainer`]: how to train.

use alloc::boxed::Box;
use std::path::PathBuf;

use super::Steady;
use crate::optim::Optimizer;
use crate::optim::schedule::{Constant, Schedule};

/// Trains a model: see the [module](super).
///
/// ```no_run
/// use grad_runtime::optim::{AdamW, Clip, schedule::{Cosine, WarmUp}};
/// use grad_runtime::train::{Steady, Trainer};
///
/// let trainer = Trainer::new(AdamW::new(1e-3).clip(Clip::Norm(1.0)))
///     .epochs(100)
///     .batch(64)
///     .seed(7)
///     .schedule(WarmUp::new(5, 0.1, Cosine::new(95, 1e-5)))
///     .stop_when(Steady::new(5, 0.01))
///     .folder("runs/first")
///     .resume(true);
/// ```
#[allow(
    clippy::struct_excessive_bools,
    reason = "switches that do not depend on one another, each set by a method of its name"
)]
pub struct Trainer<O> {
    pub(super) optimizer: O,
    pub(super) epochs: usize,
    pub(super) batch: usize,
    pub(super) seed: u64,
    pub(super) drop_last: bool,
    pub(super) schedule: Box<dyn Schedule>,
    pub(super) each_batch: bool,
    pub(super) steady: Option<Steady>,
    pub(super) keep_best: bool,
    pub(super) judge_training: bool,
    pub(super) folder: Option<PathBuf>,
    pub(super) resume: bool,
    pub(super) checkpoint_batches: Option<usize>,
    pub(super) quiet: bool,
}

impl<O: Optimizer> Trainer<O> {
    /// Ten epochs in batches of 32, in an order drawn from seed 0, at the optimizer's rate; the
    /// model ends with its best weights; nothing is written.
    #[must_use]
    pub fn new(optimizer: O) -> Self {
        Self {
            optimizer,
            epochs: 10,
            batch: 32,
            seed: 0,
            drop_last: false,
            schedule: Box::new(Constant),
            each_batch: false,
            steady: None,
            keep_best: true,
            judge_training: false,
            folder: None,
            resume: false,
            checkpoint_batches: None,
            quiet: false,
        }
    }

    /// Sets how many epochs there are at most.
    #[must_use]
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Sets how many samples a batch has.
    ///
    /// # Panics
    /// When it is 0.
    #[must_use]
    #[track_caller]
    pub fn batch(mut self, samples: usize) -> Self {
        assert!(samples > 0, "a batch needs at least one sample");
        self.batch = samples;
        self
    }

    /// Sets what the order of the samples is drawn from.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether to leave out the last batch of an epoch when it is not full.
    #[must_use]
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }

    /// Sets the rate of each epoch, from the optimizer's own as the base.
    #[must_use]
    pub fn schedule(mut self, schedule: impl Schedule + 'static) -> Self {
        self.schedule = Box::new(schedule);
        self.each_batch = false;
        self
    }

    /// Sets the rate of each step, as [`schedule`](Self::schedule) that of each epoch: the schedule
    /// counts batches.
    #[must_use]
    pub fn schedule_each_batch(mut self, schedule: impl Schedule + 'static) -> Self {
        self.schedule = Box::new(schedule);
        self.each_batch = true;
        self
    }

    /// Stops early when the training loss is steady.
    #[must_use]
    pub fn stop_when(mut self, steady: Steady) -> Self {
        self.steady = Some(steady);
        self
    }

    /// Whether the model ends with the weights that had the least validation loss (training loss
    /// where the task counts none), and not with the last.
    #[must_use]
    pub fn keep_best(mut self, keep_best: bool) -> Self {
        self.keep_best = keep_best;
        self
    }

    /// Whether to judge the model on the training data as well after each epoch.
    #[must_use]
    pub fn judge_training(mut self, judge_training: bool) -> Self {
        self.judge_training = judge_training;
        self
    }

    /// Sets the folder for checkpoints, weights and metrics. It is made, and written to once,
    /// before the first step, so that a folder that cannot be written to costs no training.
    ///
    /// What an earlier run left there is overwritten unless [`resume`](Self::resume) is set.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Whether to go on from the checkpoint in the folder, if there is one. The run then comes to
    /// the same bits as one that was never interrupted.
    #[must_use]
    pub fn resume(mut self, resume: bool) -> Self {
        self.resume = resume;
        self
    }

    /// Writes a checkpoint after every so many batches, and not after each epoch only.
    ///
    /// # Panics
    /// When it is 0.
    #[must_use]
    #[track_caller]
    pub fn checkpoint_every(mut self, batches: usize) -> Self {
        assert!(
            batches > 0,
            "there is at least one batch between two checkpoints"
        );
        self.checkpoint_batches = Some(batches);
        self
    }

    /// Whether to show nothing.
    #[must_use]
    pub fn quiet(mut self, quiet: bool) -> Self {
        self.quiet = quiet;
        self
    }

    /// The optimizer, as the last run left it.
    #[must_use]
    pub fn optimizer(&self) -> &O {
        &self.optimizer
    }
}

//! The run itself: epochs, batches, and what happens between them.

use core::marker::PhantomData;
use std::path::PathBuf;

use super::metrics::{self, Metrics};
use super::progress::Progress;
use super::resume::{Best, State, best_path, checkpoint_path};
use super::{
    Checkpoint, Damage, Epoch, History, Quantity, Tally, Task, TrainError, Trainer, file, weights,
};
use crate::data::{Data, DataLoader};
use crate::optim::Optimizer;
use crate::snapshot::{Snapshot, SnapshotError};
use crate::{Parameters, Tangent};

/// What a training run came to.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// What each epoch came to.
    pub history: History,
    /// Why it ended.
    pub stop: Stop,
    /// The epoch with the least validation loss, counted from 1.
    pub best_epoch: Option<usize>,
    /// How the model, with the weights that it ends with, does on the validation data.
    pub validation: Tally,
    /// How long it took, in seconds; of a run that was gone on with, since then.
    pub seconds: f64,
    /// Samples trained on in a second, validation included in the time.
    pub samples_per_second: f64,
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// All epochs are done.
    Epochs,
    /// The loss is steady.
    Steady,
}

impl<O: Optimizer> Trainer<O> {
    /// Trains a model on some data and judges it on other data, which may be empty.
    ///
    /// # Errors
    /// See [`TrainError`].
    ///
    /// # Panics
    /// When the task does, or leaves a gradient of another shape than the model's.
    pub fn run<M, D, V, T>(
        &mut self,
        model: &mut M,
        task: &mut T,
        training: &D,
        validation: &V,
    ) -> Result<Outcome, TrainError>
    where
        M: Parameters,
        D: Data,
        V: Data<Batch = D::Batch>,
        T: Task<M, D::Batch>,
    {
        let mut loader = DataLoader::new(training, self.batch)
            .shuffle(self.seed)
            .drop_last(self.drop_last);
        if loader.batches() == 0 {
            return Err(TrainError::NoSamples);
        }
        let base = self.optimizer.rate();
        let mut run = Run {
            gradient: model.zero_tangent(),
            base,
            state: State::default(),
            batches: loader.batches(),
            samples: training.len(),
            last: None,
            batch: PhantomData,
            trainer: &mut *self,
            model,
            task,
        };
        let outcome = run.all(&mut loader, training, validation);
        self.optimizer.set_rate(base);
        outcome
    }
}

pub(super) struct Run<'a, M: Parameters, B, T, O> {
    pub(super) trainer: &'a mut Trainer<O>,
    pub(super) model: &'a mut M,
    pub(super) task: &'a mut T,
    pub(super) gradient: M::Tangent,
    pub(super) base: f64,
    pub(super) state: State,
    pub(super) batches: usize,
    pub(super) samples: usize,
    /// The checkpoint written or read last.
    pub(super) last: Option<Checkpoint>,
    pub(super) batch: PhantomData<fn(&B)>,
}

impl<M: Parameters, B, T: Task<M, B>, O: Optimizer> Run<'_, M, B, T, O> {
    fn all<D, V>(
        &mut self,
        loader: &mut DataLoader<&D>,
        training: &D,
        validation: &V,
    ) -> Result<Outcome, TrainError>
    where
        D: Data<Batch = B>,
        V: Data<Batch = B>,
        B: Default,
    {
        let mut metrics = self.start()?;
        let before = self.state.epoch * self.batches + self.state.batch;
        let (epochs, quiet) = (self.trainer.epochs, self.trainer.quiet);
        let mut progress = Progress::new(epochs, self.batches, before, quiet);
        let mut stop = self.stop();
        while stop.is_none() {
            self.train_epoch(loader, &mut progress)?;
            let epoch = self.judge_epoch(training, validation)?;
            self.end_epoch(epoch, metrics.as_mut(), &mut progress)?;
            stop = self.stop();
        }
        progress.finish();
        self.put_best_back()?;
        Ok(Outcome {
            validation: judge(self.task, self.model, validation, self.trainer.batch),
            history: self.state.history.clone(),
            stop: stop.unwrap_or(Stop::Epochs),
            best_epoch: self.state.best.as_ref().map(|best| best.epoch),
            seconds: progress.seconds(),
            samples_per_second: progress.speed(),
        })
    }

    /// Makes the folder, goes on from its checkpoint or writes the first one.
    fn start(&mut self) -> Result<Option<Metrics>, TrainError> {
        let Some(folder) = self.trainer.folder.clone() else {
            return Ok(None);
        };
        file::make_folder(&folder)?;
        let path = checkpoint_path(&folder);
        let found = if self.trainer.resume {
            file::read_if_there(&path)?
        } else {
            None
        };
        if let Some(bytes) = found {
            self.resume(&bytes)
                .map_err(|damage| TrainError::Resume { path, damage })?;
            self.last = Some(self.checkpoint(&folder));
        }
        let metrics = Metrics::open(metrics::path(&folder), &self.state.history)?;
        if self.last.is_none() {
            self.write_checkpoint()?;
        }
        Ok(Some(metrics))
    }

    fn stop(&self) -> Option<Stop> {
        let losses = self.state.history.losses();
        let steady = self.trainer.steady.filter(|steady| steady.holds(&losses));
        if self.state.batch > 0 {
            None
        } else if steady.is_some() {
            Some(Stop::Steady)
        } else {
            (self.state.epoch >= self.trainer.epochs).then_some(Stop::Epochs)
        }
    }

    /// Takes the batches of an epoch that are left.
    fn train_epoch<D: Data<Batch = B>>(
        &mut self,
        loader: &mut DataLoader<&D>,
        progress: &mut Progress,
    ) -> Result<(), TrainError>
    where
        B: Default,
    {
        loader.start(self.state.epoch as u64, self.state.batch);
        loop {
            let samples = loader.next_size();
            if samples > 0 {
                self.set_rate();
            }
            let Some(batch) = loader.next_batch() else {
                return Ok(());
            };
            let loss = self.step(batch)?;
            self.count(loss, samples);
            progress.batch(samples, loss);
            let every = self.trainer.checkpoint_batches;
            let due = every.is_some_and(|every| self.state.batch.is_multiple_of(every));
            if due && self.state.batch < self.batches {
                self.write_checkpoint()?;
            }
        }
    }

    fn set_rate(&mut self) {
        let State { epoch, batch, .. } = self.state;
        let at = if self.trainer.each_batch {
            epoch * self.batches + batch
        } else {
            epoch
        };
        let rate = self.trainer.schedule.rate(self.base, at as u64);
        self.trainer.optimizer.set_rate(rate);
    }

    /// One step on one batch; its loss.
    fn step(&mut self, batch: &B) -> Result<f64, TrainError> {
        self.gradient.set_zero();
        let loss = self.task.step(self.model, batch, &mut self.gradient);
        if !loss.is_finite() {
            return Err(self.not_finite(Quantity::Loss, loss, self.state.batch + 1));
        }
        self.trainer.optimizer.step(self.model, &self.gradient);
        Ok(loss)
    }

    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn count(&mut self, loss: f64, samples: usize) {
        self.state.loss += loss * samples as f64;
        self.state.seen += samples;
        self.state.batch += 1;
    }

    pub(super) fn not_finite(&self, quantity: Quantity, value: f64, batch: usize) -> TrainError {
        TrainError::NotFinite {
            quantity,
            value,
            epoch: self.state.epoch + 1,
            batch,
            checkpoint: self.last.clone(),
        }
    }

    /// What the epoch just trained came to.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    fn judge_epoch<D, V>(&mut self, training: &D, validation: &V) -> Result<Epoch, TrainError>
    where
        D: Data<Batch = B>,
        V: Data<Batch = B>,
        B: Default,
    {
        if let Some(value) = weights::not_finite(self.model, &self.gradient) {
            return Err(self.not_finite(Quantity::Parameter, value, self.state.batch));
        }
        let size = self.trainer.batch;
        let unseen = judge(self.task, self.model, validation, size);
        let validation_loss = unseen.mean_loss();
        if let Some(loss) = validation_loss.filter(|loss| !loss.is_finite()) {
            return Err(self.not_finite(Quantity::ValidationLoss, loss, self.state.batch));
        }
        let judge_training = self.trainer.judge_training;
        let seen = judge_training.then(|| judge(self.task, self.model, training, size));
        Ok(Epoch {
            loss: self.state.loss / self.state.seen.max(1) as f64,
            validation_loss,
            accuracy: unseen.accuracy(),
            training_accuracy: seen.and_then(|tally| tally.accuracy()),
            rate: self.trainer.optimizer.rate(),
        })
    }

    fn end_epoch(
        &mut self,
        epoch: Epoch,
        metrics: Option<&mut Metrics>,
        progress: &mut Progress,
    ) -> Result<(), TrainError> {
        let loss = epoch.deciding_loss();
        self.trainer.schedule.observe(loss);
        let state = &mut self.state;
        state.history.push(epoch);
        (state.epoch, state.batch) = (state.epoch + 1, 0);
        (state.loss, state.seen) = (0.0, 0);
        let number = state.epoch;
        if state.best.as_ref().is_none_or(|best| loss < best.loss) {
            let content = self.content();
            self.write_best(&content)?;
            self.state.best = Some(Best {
                epoch: number,
                loss,
                content,
            });
        }
        if let Some(metrics) = metrics {
            metrics.push(number, &epoch, (progress.seconds(), progress.speed()))?;
        }
        progress.epoch(number, &epoch);
        self.write_checkpoint()
    }

    /// The model and what the task carries along.
    pub(super) fn content(&mut self) -> Snapshot {
        let mut content = Snapshot::default();
        content.put_part("model", weights::save(self.model, &self.gradient));
        content.put_part("task", self.task.save(self.model));
        content
    }

    pub(super) fn put_content(&mut self, content: &Snapshot) -> Result<(), SnapshotError> {
        weights::restore(self.model, &self.gradient, &content.part("model"))
            .map_err(|error| error.within("model"))?;
        self.task
            .restore(self.model, &content.part("task"))
            .map_err(|error| error.within("task"))
    }

    fn put_best_back(&mut self) -> Result<(), TrainError> {
        let Some(best) = self.state.best.take_if(|_| self.trainer.keep_best) else {
            return Ok(());
        };
        let outcome = self.put_content(&best.content);
        self.state.best = Some(best);
        outcome.map_err(|error| TrainError::Resume {
            path: self
                .trainer
                .folder
                .as_deref()
                .map_or_else(PathBuf::new, best_path),
            damage: Damage::Content(error),
        })
    }
}

/// How a model does on some data.
fn judge<M, T, D>(task: &mut T, model: &M, data: &D, size: usize) -> Tally
where
    M: Parameters,
    D: Data,
    T: Task<M, D::Batch>,
{
    let mut tally = Tally::default();
    let mut loader = DataLoader::new(data, size);
    while let Some(batch) = loader.next_batch() {
        task.judge(model, batch, &mut tally);
    }
    tally
}

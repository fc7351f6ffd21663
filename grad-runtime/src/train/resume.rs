//! What a run writes down, and how it goes on from there.

use alloc::{vec, vec::Vec};
use std::path::{Path, PathBuf};

use super::run::Run;
use super::{Checkpoint, Damage, History, Quantity, Task, TrainError, checkpoint, weights};
use crate::Parameters;
use crate::optim::Optimizer;
use crate::snapshot::{Snapshot, SnapshotError};

/// The place of a run, and what it has come to so far.
#[derive(Default)]
pub(super) struct State {
    /// Epochs done, and batches of the next one.
    pub(super) epoch: usize,
    pub(super) batch: usize,
    /// The sum of the losses of the epoch's samples so far, and their number.
    pub(super) loss: f64,
    pub(super) seen: usize,
    pub(super) history: History,
    pub(super) best: Option<Best>,
}

/// The best weights so far.
pub(super) struct Best {
    pub(super) epoch: usize,
    pub(super) loss: f64,
    /// The parts `model` and `task`.
    pub(super) content: Snapshot,
}

pub(super) fn checkpoint_path(folder: &Path) -> PathBuf {
    folder.join("checkpoint.safetensors")
}

pub(super) fn best_path(folder: &Path) -> PathBuf {
    folder.join("best.safetensors")
}

impl<M: Parameters, B, T: Task<M, B>, O: Optimizer> Run<'_, M, B, T, O> {
    pub(super) fn checkpoint(&self, folder: &Path) -> Checkpoint {
        Checkpoint {
            path: checkpoint_path(folder),
            epoch: self.state.epoch,
            batch: self.state.batch,
        }
    }

    /// Writes a checkpoint, unless a parameter is not finite.
    pub(super) fn write_checkpoint(&mut self) -> Result<(), TrainError> {
        let Some(folder) = self.trainer.folder.clone() else {
            return Ok(());
        };
        if let Some(value) = weights::not_finite(self.model, &self.gradient) {
            return Err(self.not_finite(Quantity::Parameter, value, self.state.batch));
        }
        checkpoint::write(&checkpoint_path(&folder), &self.save())?;
        self.last = Some(self.checkpoint(&folder));
        Ok(())
    }

    pub(super) fn write_best(&self, content: &Snapshot) -> Result<(), TrainError> {
        let Some(folder) = &self.trainer.folder else {
            return Ok(());
        };
        let snapshot = checkpoint::weights_file(content.part("model"));
        Ok(checkpoint::write(&best_path(folder), &snapshot)?)
    }

    /// Settings that a run cannot go on without.
    fn settings(&self) -> [(&'static str, u64); 4] {
        [
            ("seed", self.trainer.seed),
            ("batch size", self.trainer.batch as u64),
            ("number of training samples", self.samples as u64),
            ("number of batches", self.batches as u64),
        ]
    }

    fn save(&mut self) -> Snapshot {
        let mut all = Snapshot::of("training");
        let settings: Vec<u64> = self.settings().map(|(_, value)| value).into();
        all.put("settings", settings);
        let State {
            epoch, batch, seen, ..
        } = self.state;
        all.put("place", vec![epoch as u64, batch as u64, seen as u64]);
        all.put("loss", vec![self.state.loss]);
        all.put_part("history", self.state.history.save());
        all.put_part("optimizer", self.trainer.optimizer.save());
        all.put_part("schedule", self.trainer.schedule.save());
        let content = self.content();
        for part in ["model", "task"] {
            all.put_part(part, content.part(part));
        }
        if let Some(best) = &self.state.best {
            all.put("best.epoch", vec![best.epoch as u64]);
            all.put("best.loss", vec![best.loss]);
            all.put_part("best", best.content.clone());
        }
        all
    }

    /// Goes on from a checkpoint. The model is changed last.
    pub(super) fn resume(&mut self, bytes: &[u8]) -> Result<(), Damage> {
        let all = checkpoint::parse(bytes)?;
        all.expect_kind("training").map_err(Damage::Content)?;
        let settings = self.settings();
        let then = all.u64s_of("settings", settings.len());
        for ((name, now), &then) in settings.into_iter().zip(then.map_err(Damage::Content)?) {
            if now != then {
                return Err(Damage::Setting { name, then, now });
            }
        }
        self.restore(&all).map_err(Damage::Content)
    }

    fn restore(&mut self, all: &Snapshot) -> Result<(), SnapshotError> {
        let within = |prefix| move |error: SnapshotError| error.within(prefix);
        let state = State::restored(all, self.batches)?;
        let optimizer = &mut self.trainer.optimizer;
        optimizer
            .restore(&all.part("optimizer"))
            .map_err(within("optimizer"))?;
        let schedule = &mut self.trainer.schedule;
        schedule
            .restore(&all.part("schedule"))
            .map_err(within("schedule"))?;
        self.put_content(all)?;
        self.state = state;
        Ok(())
    }
}

impl State {
    fn restored(all: &Snapshot, batches: usize) -> Result<Self, SnapshotError> {
        let mut place = [0; 3];
        for (place, &word) in place.iter_mut().zip(all.u64s_of("place", 3)?) {
            *place = usize::try_from(word)
                .map_err(|_| SnapshotError::value("place", "a place in training", word))?;
        }
        let [epoch, batch, seen] = place;
        if batch >= batches {
            let expected = "a batch of the epoch";
            return Err(SnapshotError::value("place", expected, batch));
        }
        Ok(Self {
            epoch,
            batch,
            loss: all.f64s_of("loss", 1)?[0],
            seen,
            history: History::restored(&all.part("history"), epoch)?,
            best: Best::restored(&all.part("best"))?,
        })
    }
}

impl Best {
    fn restored(part: &Snapshot) -> Result<Option<Self>, SnapshotError> {
        if part.is_empty() {
            return Ok(None);
        }
        let epoch = part.u64s_of("epoch", 1)?[0];
        let wrong = |_| SnapshotError::value("best.epoch", "an epoch", epoch);
        Ok(Some(Self {
            epoch: usize::try_from(epoch).map_err(wrong)?,
            loss: part.f64s_of("loss", 1)?[0],
            content: part.clone(),
        }))
    }
}

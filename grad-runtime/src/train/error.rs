//! Why training stopped before its end.

use alloc::string::String;
use core::error::Error;
use core::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::snapshot::SnapshotError;

/// A file or a folder that could not be read or written.
#[derive(Debug)]
pub struct FileError {
    /// What could not be done.
    pub action: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl FileError {
    pub(super) fn new(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self {
            action,
            path: path.to_path_buf(),
            error,
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: cannot {}: {}",
            self.path.display(),
            self.action,
            self.error
        )
    }
}

impl Error for FileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.error)
    }
}

/// What is wrong with a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// It is no file of tensors, or only part of one.
    Format(String),
    /// Its content does not have the sum that was written with it.
    Sum,
    /// It is of another model, optimizer or task.
    Content(SnapshotError),
    /// It was made with another setting.
    Setting {
        /// The setting.
        name: &'static str,
        /// What it was.
        then: u64,
        /// What it is.
        now: u64,
    },
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format(reason) => write!(f, "not a whole checkpoint: {reason}"),
            Self::Sum => f.write_str("damaged: its content does not have the sum written with it"),
            Self::Content(error) => write!(f, "a checkpoint of something else: {error}"),
            Self::Setting { name, then, now } => write!(
                f,
                "the run that it is of had {name} {then}, this one has {now}"
            ),
        }
    }
}

/// A checkpoint that training can go on from, and where in training it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The file.
    pub path: PathBuf,
    /// How many epochs were done.
    pub epoch: usize,
    /// How many batches of the next epoch were done.
    pub batch: usize,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, epoch, batch } = self;
        write!(
            f,
            "{}, after {epoch} epochs and {batch} batches",
            path.display()
        )
    }
}

/// What should have been finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quantity {
    /// The loss of a batch, before the step.
    Loss,
    /// The loss on the validation data, after the batch.
    ValidationLoss,
    /// A parameter of the model, after the batch.
    Parameter,
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Loss => "the loss",
            Self::ValidationLoss => "the validation loss",
            Self::Parameter => "a parameter",
        })
    }
}

/// Why training stopped before its end. The model is as the last step left it, and the checkpoint
/// written last is whole.
#[derive(Debug)]
#[non_exhaustive]
pub enum TrainError {
    /// There is nothing to learn from.
    NoSamples,
    /// A file or a folder could not be read or written.
    File(FileError),
    /// The run cannot go on from this checkpoint. It was left as it is.
    Resume {
        /// The checkpoint.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// Something became infinite or not a number.
    NotFinite {
        /// What.
        quantity: Quantity,
        /// The value.
        value: f64,
        /// The epoch, counted from 1.
        epoch: usize,
        /// The batch in the epoch, counted from 1.
        batch: usize,
        /// The last checkpoint before, in which all is finite.
        checkpoint: Option<Checkpoint>,
    },
}

impl fmt::Display for TrainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSamples => f.write_str("there are no samples to train on"),
            Self::File(error) => error.fmt(f),
            Self::Resume { path, damage } => write!(f, "{}: {damage}", path.display()),
            Self::NotFinite {
                quantity,
                value,
                epoch,
                batch,
                checkpoint,
            } => {
                write!(f, "epoch {epoch}, batch {batch}: {quantity} is {value}")?;
                match checkpoint {
                    Some(checkpoint) => write!(f, "; the last good checkpoint is {checkpoint}"),
                    None => f.write_str("; no checkpoint was written"),
                }
            }
        }
    }
}

impl Error for TrainError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File(error) => Some(error),
            Self::Resume {
                damage: Damage::Content(error),
                ..
            } => Some(error),
            _ => None,
        }
    }
}

impl From<FileError> for TrainError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

//! What a training run came to after each epoch.

use alloc::vec::Vec;

use crate::snapshot::{Snapshot, SnapshotError};

/// What one epoch came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// The mean loss over the batches of the epoch, as they went by.
    pub loss: f64,
    /// The mean loss on the validation data, if the task counts it.
    pub validation_loss: Option<f64>,
    /// The share of validation samples recognised, if the task counts them.
    pub accuracy: Option<f64>,
    /// The share of training samples recognised, if asked for.
    pub training_accuracy: Option<f64>,
    /// The rate of the last step.
    pub rate: f64,
}

impl Epoch {
    /// What schedules and the choice of the best weights go by.
    pub(super) fn deciding_loss(&self) -> f64 {
        self.validation_loss.unwrap_or(self.loss)
    }
}

/// The epochs of a run, in order.
///
/// ```
/// use grad_runtime::train::{Epoch, History};
///
/// let mut history = History::default();
/// history.push(Epoch {
///     loss: 0.5,
///     validation_loss: None,
///     accuracy: Some(0.9),
///     training_accuracy: None,
///     rate: 0.01,
/// });
/// assert_eq!(history.losses(), [0.5]);
/// assert_eq!(history.last().unwrap().accuracy, Some(0.9));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    epochs: Vec<Epoch>,
}

/// The columns of a history in a snapshot.
const COLUMNS: [&str; 5] = [
    "loss",
    "validation_loss",
    "accuracy",
    "training_accuracy",
    "rate",
];

impl History {
    /// Adds what one epoch came to.
    pub fn push(&mut self, epoch: Epoch) {
        self.epochs.push(epoch);
    }

    /// How many epochs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.epochs.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.epochs.is_empty()
    }

    /// The last epoch.
    #[must_use]
    pub fn last(&self) -> Option<&Epoch> {
        self.epochs.last()
    }

    /// The epochs in order.
    pub fn iter(&self) -> impl Iterator<Item = &Epoch> {
        self.epochs.iter()
    }

    /// The loss of each epoch.
    #[must_use]
    pub fn losses(&self) -> Vec<f64> {
        self.epochs.iter().map(|epoch| epoch.loss).collect()
    }

    /// One list for each quantity; NaN stands for what was not counted.
    pub(super) fn save(&self) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for (column, name) in COLUMNS.iter().enumerate() {
            let cell = |epoch: &Epoch| epoch.cells()[column];
            snapshot.put(name, self.epochs.iter().map(cell).collect::<Vec<f64>>());
        }
        snapshot
    }

    pub(super) fn restored(snapshot: &Snapshot, epochs: usize) -> Result<Self, SnapshotError> {
        let mut columns = [&[][..]; COLUMNS.len()];
        for (column, name) in columns.iter_mut().zip(COLUMNS) {
            *column = snapshot.f64s_of(name, epochs)?;
        }
        let epochs = (0..epochs).map(|i| Epoch::from_cells(columns.map(|column| column[i])));
        Ok(Self {
            epochs: epochs.collect(),
        })
    }
}

impl Epoch {
    fn cells(&self) -> [f64; COLUMNS.len()] {
        let or_nan = |x: Option<f64>| x.unwrap_or(f64::NAN);
        [
            self.loss,
            or_nan(self.validation_loss),
            or_nan(self.accuracy),
            or_nan(self.training_accuracy),
            self.rate,
        ]
    }

    fn from_cells(cells: [f64; COLUMNS.len()]) -> Self {
        let [loss, validation_loss, accuracy, training_accuracy, rate] = cells;
        let known = |x: f64| (!x.is_nan()).then_some(x);
        Self {
            loss,
            validation_loss: known(validation_loss),
            accuracy: known(accuracy),
            training_accuracy: known(training_accuracy),
            rate,
        }
    }
}

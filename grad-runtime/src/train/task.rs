//! [`Task`]: what a model learns, as the trainer sees it.

use core::marker::PhantomData;

use super::Confusion;
use crate::Parameters;
use crate::snapshot::{Snapshot, SnapshotError};

/// What a model learns: the loss of a batch with its gradient, and how well a batch went.
///
/// ```
/// use grad_runtime::data::Samples;
/// use grad_runtime::train::{Tally, Task};
///
/// /// A model of one number tells large values from small ones: class 1 where `x > 0`.
/// struct Threshold;
/// impl Task<f64, Samples<f64>> for Threshold {
///     fn step(&mut self, bound: &mut f64, batch: &Samples<f64>, gradient: &mut f64) -> f64 {
///         let mut loss = 0.0;
///         for (x, label) in batch.iter() {
///             let error = x[0] - *bound - (2.0 * label as f64 - 1.0);
///             loss += error * error / batch.len() as f64;
///             *gradient -= 2.0 * error / batch.len() as f64;
///         }
///         loss
///     }
///     fn judge(&mut self, bound: &f64, batch: &Samples<f64>, tally: &mut Tally) {
///         for (x, label) in batch.iter() {
///             tally.predict(label, usize::from(x[0] > *bound));
///         }
///     }
/// }
/// let mut gradient = 0.0;
/// let batch = Samples::new(vec![1.5], vec![1], vec![1]);
/// assert_eq!(Threshold.step(&mut 0.0, &batch, &mut gradient), 0.25);
/// assert_eq!(gradient, -1.0);
/// ```
pub trait Task<M: Parameters, B> {
    /// The mean loss of a batch. Leaves its gradient in `gradient`, which holds zeros before.
    ///
    /// The model is lent for what it carries along besides parameters, such as running means; the
    /// optimizer moves the parameters.
    fn step(&mut self, model: &mut M, batch: &B, gradient: &mut M::Tangent) -> f64;

    /// Counts how well the model does on a batch that it does not learn from.
    fn judge(&mut self, model: &M, batch: &B, tally: &mut Tally);

    /// All that the steps to come depend on besides the parameters: random states, running means.
    fn save(&self, model: &M) -> Snapshot {
        let _ = model;
        Snapshot::default()
    }

    /// Continues where [`save`](Self::save) was called.
    ///
    /// # Errors
    /// When the snapshot is of another task, or is damaged.
    fn restore(&mut self, model: &mut M, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        let _ = (model, snapshot);
        Ok(())
    }
}

/// A [`Task`] of two functions, see [`task`].
pub struct Functions<M, B, S, J> {
    step: S,
    judge: J,
    types: PhantomData<fn(&M, &B)>,
}

/// A task that carries nothing along, from its [`Task::step`] and its [`Task::judge`].
///
/// ```
/// use grad_runtime::data::Samples;
/// use grad_runtime::train::{Tally, task};
///
/// let _ = task(
///     |x: &mut f64, _: &Samples<f64>, gradient: &mut f64| {
///         *gradient = 2.0 * *x;
///         *x * *x
///     },
///     |x: &f64, batch: &Samples<f64>, tally: &mut Tally| tally.loss(*x * *x, batch.len()),
/// );
/// ```
pub fn task<M, B, S, J>(step: S, judge: J) -> Functions<M, B, S, J>
where
    M: Parameters,
    S: FnMut(&mut M, &B, &mut M::Tangent) -> f64,
    J: FnMut(&M, &B, &mut Tally),
{
    Functions {
        step,
        judge,
        types: PhantomData,
    }
}

impl<M, B, S, J> Task<M, B> for Functions<M, B, S, J>
where
    M: Parameters,
    S: FnMut(&mut M, &B, &mut M::Tangent) -> f64,
    J: FnMut(&M, &B, &mut Tally),
{
    fn step(&mut self, model: &mut M, batch: &B, gradient: &mut M::Tangent) -> f64 {
        (self.step)(model, batch, gradient)
    }
    fn judge(&mut self, model: &M, batch: &B, tally: &mut Tally) {
        (self.judge)(model, batch, tally);
    }
}

/// How well a model does on some data.
///
/// ```
/// use grad_runtime::train::Tally;
///
/// let mut tally = Tally::default();
/// assert_eq!((tally.mean_loss(), tally.accuracy()), (None, None));
/// tally.loss(1.0, 3);
/// tally.loss(2.0, 1);
/// tally.predict(0, 0);
/// tally.predict(1, 0);
/// assert_eq!((tally.mean_loss(), tally.accuracy()), (Some(1.25), Some(0.5)));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Tally {
    loss: f64,
    samples: usize,
    confusion: Confusion,
}

impl Tally {
    /// Counts the mean loss of some samples.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn loss(&mut self, mean: f64, samples: usize) {
        self.loss += mean * samples as f64;
        self.samples += samples;
    }

    /// Counts that a sample of one class was taken for one of another, or of the same.
    pub fn predict(&mut self, truth: usize, predicted: usize) {
        self.confusion.add(truth, predicted);
    }

    /// The mean loss, if any was counted.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub fn mean_loss(&self) -> Option<f64> {
        (self.samples > 0).then(|| self.loss / self.samples as f64)
    }

    /// The share of samples recognised, if any was counted.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        self.confusion.accuracy()
    }

    /// Which class was taken for which.
    #[must_use]
    pub fn confusion(&self) -> &Confusion {
        &self.confusion
    }
}

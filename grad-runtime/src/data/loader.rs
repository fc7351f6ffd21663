//! [`DataLoader`]: batches of samples, in an order of their own each epoch.

use alloc::vec::Vec;

use super::Random;

/// What batches can be taken from.
///
/// ```
/// use grad_runtime::data::{Data, DataLoader};
///
/// /// Points on a parabola, computed when they are asked for.
/// struct Parabola;
/// impl Data for Parabola {
///     type Batch = Vec<(f64, f64)>;
///     fn len(&self) -> usize {
///         10
///     }
///     fn gather(&self, indices: &[usize], batch: &mut Self::Batch) {
///         batch.clear();
///         batch.extend(indices.iter().map(|&i| (i as f64, (i * i) as f64)));
///     }
/// }
/// let mut loader = DataLoader::new(&Parabola, 4);
/// assert_eq!(loader.next_batch().unwrap()[3], (3.0, 9.0));
/// ```
pub trait Data {
    /// Some samples together. Empty at first, and then used again for each batch, so that a batch
    /// allocates nothing once its buffers have grown.
    type Batch: Default;

    /// How many samples there are.
    fn len(&self) -> usize;

    /// Whether there is none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts the samples at `indices` into `batch`, in this order, in place of what it held.
    fn gather(&self, indices: &[usize], batch: &mut Self::Batch);
}

impl<D: Data + ?Sized> Data for &D {
    type Batch = D::Batch;
    fn len(&self) -> usize {
        (**self).len()
    }
    fn gather(&self, indices: &[usize], batch: &mut Self::Batch) {
        (**self).gather(indices, batch);
    }
}

/// Goes over data in batches, every sample once an epoch.
///
/// The order of an epoch depends on the seed and on the number of the epoch alone, so a run can go
/// on from any batch of any epoch: see [`start`](Self::start).
///
/// ```
/// use grad_runtime::data::{DataLoader, Samples};
///
/// let samples = Samples::new(vec![0.0_f64; 5], vec![1], vec![0, 1, 2, 3, 4]);
/// let mut loader = DataLoader::new(&samples, 2);
/// let mut sizes = Vec::new();
/// while let Some(batch) = loader.next_batch() {
///     sizes.push(batch.len());
/// }
/// assert_eq!(sizes, [2, 2, 1]);
/// assert_eq!(loader.drop_last(true).batches(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct DataLoader<D: Data> {
    data: D,
    size: usize,
    seed: Option<u64>,
    drop_last: bool,
    order: Vec<usize>,
    /// The batches taken in this epoch.
    taken: usize,
    batch: D::Batch,
}

impl<D: Data> DataLoader<D> {
    /// Batches of `size` samples, in the order of the data, the last one with what is left.
    ///
    /// # Panics
    /// When `size` is 0.
    #[must_use]
    #[track_caller]
    pub fn new(data: D, size: usize) -> Self {
        assert!(size > 0, "a batch needs at least one sample");
        Self {
            order: (0..data.len()).collect(),
            data,
            size,
            seed: None,
            drop_last: false,
            taken: 0,
            batch: D::Batch::default(),
        }
    }

    /// Draws the order of each epoch from this seed, and starts with epoch 0.
    #[must_use]
    pub fn shuffle(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self.start(0, 0);
        self
    }

    /// Whether to leave out the last batch when it is not full.
    #[must_use]
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }

    /// How many batches an epoch has.
    #[must_use]
    pub fn batches(&self) -> usize {
        if self.drop_last {
            self.order.len() / self.size
        } else {
            self.order.len().div_ceil(self.size)
        }
    }

    /// Goes to the start of an epoch, after `taken` of its batches.
    pub fn start(&mut self, epoch: u64, taken: usize) {
        self.taken = taken;
        if let Some(seed) = self.seed {
            self.order.clear();
            self.order.extend(0..self.data.len());
            Random::stream(seed, epoch).shuffle(&mut self.order);
        }
    }

    /// The next batch of the epoch, or `None` at its end.
    pub fn next_batch(&mut self) -> Option<&D::Batch> {
        if self.taken >= self.batches() {
            return None;
        }
        let indices = self.order.chunks(self.size).nth(self.taken)?;
        self.taken += 1;
        self.data.gather(indices, &mut self.batch);
        Some(&self.batch)
    }

    /// How many samples the next batch has: 0 at the end of the epoch.
    #[must_use]
    pub fn next_size(&self) -> usize {
        if self.taken >= self.batches() {
            return 0;
        }
        (self.order.len() - self.taken * self.size).min(self.size)
    }
}

//! [`Samples`]: numbers with labels.

use alloc::vec::Vec;

use super::Data;

/// Samples of one shape, such as images, each with the number of its class.
///
/// The values of all samples lie one after another. Files hold bytes; their batches hold floats:
/// see the implementations of [`Data`].
///
/// ```
/// use grad_runtime::data::Samples;
///
/// let samples = Samples::new(vec![0_u8, 255, 128, 0], vec![1, 2], vec![3, 1]);
/// assert_eq!((samples.len(), samples.width()), (2, 2));
/// assert_eq!(samples.sample(1), [128, 0]);
/// let (first, rest) = samples.split_at(1);
/// assert_eq!((first.labels(), rest.labels()), (&[3][..], &[1][..]));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples<T> {
    values: Vec<T>,
    shape: Vec<usize>,
    labels: Vec<usize>,
}

impl<T> Samples<T> {
    /// Samples of this shape.
    ///
    /// # Panics
    /// When the number of values is not that of the labels times the shape.
    #[must_use]
    #[track_caller]
    pub fn new(values: Vec<T>, shape: Vec<usize>, labels: Vec<usize>) -> Self {
        let width: usize = shape.iter().product();
        let (found, samples) = (values.len(), labels.len());
        assert!(
            Some(found) == width.checked_mul(samples),
            "{samples} samples of shape {shape:?} have {width} values each, \
             which {found} values are not",
        );
        Self {
            values,
            shape,
            labels,
        }
    }

    /// How many samples there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The values of all samples.
    #[must_use]
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The values of all samples, to be changed.
    #[must_use]
    pub fn values_mut(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// The class of each sample.
    #[must_use]
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// The shape of one sample, such as channels, rows, columns.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The samples in another shape, with as many values.
    ///
    /// # Panics
    /// When the number of values differs.
    #[must_use]
    #[track_caller]
    pub fn reshape(self, shape: Vec<usize>) -> Self {
        Self::new(self.values, shape, self.labels)
    }

    /// How many values one sample has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    /// The values of one sample.
    ///
    /// # Panics
    /// When there is no such sample.
    #[must_use]
    #[track_caller]
    pub fn sample(&self, index: usize) -> &[T] {
        let width = self.width();
        &self.values[index * width..(index + 1) * width]
    }

    /// Every sample with its class.
    pub fn iter(&self) -> impl Iterator<Item = (&[T], usize)> {
        (0..self.len()).map(|index| (self.sample(index), self.labels[index]))
    }

    /// The first samples, and the rest.
    ///
    /// # Panics
    /// When there are fewer than `at`.
    #[must_use]
    #[track_caller]
    pub fn split_at(mut self, at: usize) -> (Self, Self) {
        let rest = Self {
            values: self.values.split_off(at * self.width()),
            shape: self.shape.clone(),
            labels: self.labels.split_off(at),
        };
        (self, rest)
    }

    /// The samples with every value changed.
    #[must_use]
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Samples<U> {
        Samples {
            values: self.values.into_iter().map(change).collect(),
            shape: self.shape,
            labels: self.labels,
        }
    }

    /// Fills `batch` with copies of the samples at `indices`.
    fn gather_as<U>(&self, indices: &[usize], batch: &mut Samples<U>, convert: impl Fn(&T) -> U) {
        batch.values.clear();
        batch.labels.clear();
        batch.shape.clone_from(&self.shape);
        for &index in indices {
            batch.values.extend(self.sample(index).iter().map(&convert));
            batch.labels.push(self.labels[index]);
        }
    }
}

/// The batches are copies.
impl Data for Samples<f32> {
    type Batch = Self;
    fn len(&self) -> usize {
        self.len()
    }
    fn gather(&self, indices: &[usize], batch: &mut Self) {
        self.gather_as(indices, batch, |&x| x);
    }
}

/// The batches are copies.
impl Data for Samples<f64> {
    type Batch = Self;
    fn len(&self) -> usize {
        self.len()
    }
    fn gather(&self, indices: &[usize], batch: &mut Self) {
        self.gather_as(indices, batch, |&x| x);
    }
}

/// The batches hold floats in `0..=1`: each byte divided by 255.
impl Data for Samples<u8> {
    type Batch = Samples<f32>;
    fn len(&self) -> usize {
        self.len()
    }
    fn gather(&self, indices: &[usize], batch: &mut Samples<f32>) {
        self.gather_as(indices, batch, |&byte| f32::from(byte) / 255.0);
    }
}

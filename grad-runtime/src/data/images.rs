//! Samples as arrays of the neural part.

use std::vec::Vec;

use ndarray::Array4;

use super::{Data, Samples};

/// What a pixel is stored as.
pub trait Pixel: Copy {
    /// The value that a network sees: bytes become 0 to 1.
    fn value(self) -> f32;
}

impl Pixel for u8 {
    fn value(self) -> f32 {
        f32::from(self) / 255.0
    }
}

impl Pixel for f32 {
    fn value(self) -> f32 {
        self
    }
}

/// Samples of the shape channels, rows, columns as channels-last images, which is what the layers of
/// [`nn`](crate::nn) take.
///
/// A sample of another rank counts as a single pixel with so many channels.
///
/// ```
/// use grad_runtime::data::{DataLoader, Images, Samples};
///
/// // One image of two channels, one row and two columns.
/// let samples = Samples::new(vec![1.0_f32, 2.0, 3.0, 4.0], vec![2, 1, 2], vec![7]);
/// let images = Images::new(&samples);
/// let mut loader = DataLoader::new(images, 8);
/// let batch = loader.next_batch().unwrap();
/// assert_eq!(batch.images.dim(), (1, 1, 2, 2));
/// assert_eq!(batch.images[[0, 0, 1, 0]], 2.0);
/// assert_eq!(batch.images[[0, 0, 1, 1]], 4.0);
/// assert_eq!(batch.labels, [7]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Images<'a, T> {
    samples: &'a Samples<T>,
}

/// Some images with their classes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImageBatch {
    /// Of `[batch, height, width, channels]`.
    pub images: Array4<f32>,
    /// The class of each.
    pub labels: Vec<usize>,
}

impl<'a, T> Images<'a, T> {
    /// These samples as images.
    #[must_use]
    pub fn new(samples: &'a Samples<T>) -> Self {
        Self { samples }
    }

    /// Channels, height and width.
    fn shape(&self) -> [usize; 3] {
        match *self.samples.shape() {
            [channels, height, width] => [channels, height, width],
            _ => [self.samples.width(), 1, 1],
        }
    }
}

impl<T: Pixel> Images<'_, T> {
    /// The images at these places as a batch of their own.
    #[must_use]
    pub fn take(&self, indices: &[usize]) -> ImageBatch {
        let mut batch = ImageBatch::default();
        self.gather(indices, &mut batch);
        batch
    }
}

impl<T: Pixel> Data for Images<'_, T> {
    type Batch = ImageBatch;

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn gather(&self, indices: &[usize], batch: &mut ImageBatch) {
        let [channels, height, width] = self.shape();
        let area = height * width;
        // The buffer of the batch before, so that a smaller last batch costs no new one.
        let (mut values, _) = std::mem::take(&mut batch.images).into_raw_vec_and_offset();
        values.clear();
        values.reserve(indices.len() * area * channels);
        batch.labels.clear();
        for &index in indices {
            let planes = self.samples.sample(index);
            let pixels = (0..area).flat_map(|at| (0..channels).map(move |c| c * area + at));
            values.extend(pixels.map(|at| planes[at].value()));
            batch.labels.push(self.samples.labels()[index]);
        }
        let shape = (indices.len(), height, width, channels);
        batch.images = Array4::from_shape_vec(shape, values).unwrap_or_default();
    }
}

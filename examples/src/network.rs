//! What the examples that learn images share: a step, a judgement, and what the report shows.

use std::collections::BTreeSet;

use grad_runtime::data::{Data, DataLoader, ImageBatch, Images, Pixel};
use grad_runtime::train::{Picture, Report, Sample, Tally, Task};
use grad_runtime::{Differentiable, Parameters};
use ndarray::{Array2, Array4, ArrayView1};

/// A network that tells classes of images apart: the names under which an example's model has what
/// `#[differentiate]` made for it.
pub trait Network: Parameters {
    /// One score for each class of each image: the larger, the more the image looks like it.
    fn scores(&self, images: &Array4<f32>) -> Array2<f32>;

    /// Adds the gradient of the mean loss of a batch to `gradient`, and returns the loss.
    fn accumulate(&self, batch: &ImageBatch, gradient: &mut Self::Tangent) -> f32;

    /// The gradient of the score of a class with respect to an image.
    fn sensitivity(&self, image: &Array4<f32>, class: usize) -> Array4<f32>;

    /// The loss of a batch.
    fn loss(&self, batch: &ImageBatch) -> f32;
}

/// Implements [`Network`] for a model with methods `scores`, `loss` (with respect to `self`) and
/// `score` of one class (with respect to `image`).
#[macro_export]
macro_rules! network {
    ($model:ty) => {
        impl $crate::network::Network for $model {
            fn scores(&self, images: &::ndarray::Array4<f32>) -> ::ndarray::Array2<f32> {
                self.scores(images)
            }
            fn accumulate(
                &self,
                batch: &::grad_runtime::data::ImageBatch,
                gradient: &mut <Self as ::grad_runtime::Differentiable>::Tangent,
            ) -> f32 {
                self.accumulate_grad_loss(&batch.images, &batch.labels, 1.0, gradient)
            }
            fn sensitivity(
                &self,
                image: &::ndarray::Array4<f32>,
                class: usize,
            ) -> ::ndarray::Array4<f32> {
                self.grad_score(image, class)
            }
            fn loss(&self, batch: &::grad_runtime::data::ImageBatch) -> f32 {
                self.loss(&batch.images, &batch.labels)
            }
        }
    };
}

/// Learning classes from images with labels.
#[derive(Clone, Copy, Debug)]
pub struct Classify;

impl<N: Network> Task<N, ImageBatch> for Classify {
    fn step(
        &mut self,
        model: &mut N,
        batch: &ImageBatch,
        gradient: &mut <N as Differentiable>::Tangent,
    ) -> f64 {
        model.accumulate(batch, gradient).into()
    }

    fn judge(&mut self, model: &N, batch: &ImageBatch, tally: &mut Tally) {
        tally.loss(model.loss(batch).into(), batch.labels.len());
        let scores = model.scores(&batch.images);
        for (scores, &label) in scores.rows().into_iter().zip(&batch.labels) {
            tally.predict(label, largest(&scores));
        }
    }
}

/// How a network does on images that it never saw.
pub fn judge<N: Network>(model: &N, data: &impl Data<Batch = ImageBatch>) -> Tally {
    let mut tally = Tally::default();
    let mut loader = DataLoader::new(data, 256);
    while let Some(batch) = loader.next_batch() {
        Classify.judge(model, batch, &mut tally);
    }
    tally
}

/// The place of the largest number; of the first of them where there are several.
#[must_use]
pub fn largest(scores: &ArrayView1<'_, f32>) -> usize {
    let mut best = 0;
    for (class, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = class;
        }
    }
    best
}

/// How many images are looked at for the report, and how many mistakes it shows.
const LOOKED_AT: usize = 2000;
const MISTAKES: usize = 12;

/// Adds to a report the first image of each class that was recognised, and of each mistake that was
/// made, with their sensitivity maps.
#[must_use]
pub fn show_samples<N: Network, T: Pixel>(
    mut report: Report,
    model: &N,
    images: &Images<'_, T>,
) -> Report {
    let mut kinds = BTreeSet::new();
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for index in 0..images.len().min(LOOKED_AT) {
        let one = images.take(&[index]);
        let truth = one.labels[0];
        let predicted = largest(&model.scores(&one.images).row(0));
        if kinds.insert((truth, predicted)) {
            let kind = if truth == predicted {
                &mut right
            } else {
                &mut wrong
            };
            kind.push((truth, predicted, one.images));
        }
    }
    right.sort_by_key(|(truth, ..)| *truth);
    for (truth, predicted, image) in right.into_iter().chain(wrong.into_iter().take(MISTAKES)) {
        let slopes = model.sensitivity(&image, predicted);
        report = report.sample(Sample {
            image: picture(&image),
            sensitivity: signed(&slopes),
            truth,
            predicted,
        });
    }
    report
}

/// An image of one channel, dark where it is 1, or of three, in colour.
fn picture(image: &Array4<f32>) -> Picture {
    let (_, _, width, channels) = image.dim();
    let values: Vec<f32> = image.iter().copied().collect();
    if channels != 3 {
        return Picture::ink(width, &values);
    }
    let plane = |channel| values.iter().skip(channel).step_by(3);
    let planes: Vec<f32> = (0..3).flat_map(plane).copied().collect();
    Picture::colour(width, &planes)
}

/// Numbers of either sign, summed over the channels, as a picture: of an image, or of weights laid
/// out like one.
fn signed(values: &Array4<f32>) -> Picture {
    let (_, _, width, channels) = values.dim();
    let values: Vec<f32> = values.iter().copied().collect();
    let sums: Vec<f32> = values
        .chunks(channels.max(1))
        .map(|pixel| pixel.iter().sum())
        .collect();
    Picture::signed(width, &sums)
}

/// Adds to a report the weights of each unit, or filter, of a first layer: `weights` has a row for
/// each input, of which there are `height * width * channels`, and a column for each unit.
#[must_use]
pub fn show_templates(mut report: Report, weights: &Array2<f32>, shape: [usize; 3]) -> Report {
    const TEMPLATES: usize = 40;
    let [height, width, channels] = shape;
    for (unit, column) in weights.columns().into_iter().take(TEMPLATES).enumerate() {
        let column = Array4::from_shape_vec((1, height, width, channels), column.to_vec());
        if let Ok(column) = column {
            report = report.template(&format!("unit {unit}"), signed(&column));
        }
    }
    report
}

//! What the report of an example shows of its images.

use std::collections::BTreeSet;

use grad_runtime::data::Samples;
use grad_runtime::train::{Picture, Report, Sample};

use crate::classifier::{Classifier, largest};

/// How many mistakes are shown, and how many units.
const MISTAKES: usize = 12;
const TEMPLATES: usize = 40;

/// An image and the classes that it is of and was taken for.
pub struct Seen<'a, F> {
    /// The values of the image.
    pub image: &'a [F],
    /// The class that it is of.
    pub truth: usize,
    /// The class that it was taken for.
    pub predicted: usize,
}

/// The first image of each class that was recognised, and of each mistake that was made.
pub fn choose<'a, F>(seen: impl Iterator<Item = Seen<'a, F>>) -> Vec<Seen<'a, F>> {
    let mut kinds = BTreeSet::new();
    let (mut right, wrong): (Vec<_>, Vec<_>) = seen
        .filter(|seen| kinds.insert((seen.truth, seen.predicted)))
        .partition(|seen| seen.truth == seen.predicted);
    right.sort_by_key(|seen| seen.truth);
    right
        .into_iter()
        .chain(wrong.into_iter().take(MISTAKES))
        .collect()
}

/// An image of one plane, dark where it is 1, with its sensitivity map.
pub fn ink<F: Copy + Into<f64>>(width: usize, seen: &Seen<'_, F>, slopes: &[F]) -> Sample {
    Sample {
        image: Picture::ink(width, seen.image),
        sensitivity: Picture::signed(width, slopes),
        truth: seen.truth,
        predicted: seen.predicted,
    }
}

/// An image of three planes, with the sum of their sensitivity maps.
#[must_use]
pub fn colour(width: usize, seen: &Seen<'_, f32>, slopes: &[f32]) -> Sample {
    Sample {
        image: Picture::colour(width, seen.image),
        sensitivity: Picture::signed(width, &sum_planes(slopes)),
        truth: seen.truth,
        predicted: seen.predicted,
    }
}

/// The sum of all planes of an image.
fn sum_planes(planes: &[f32]) -> Vec<f32> {
    let size = planes.len() / 3;
    (0..size)
        .map(|i| planes[i] + planes[size + i] + planes[2 * size + i])
        .collect()
}

/// The page of a network on images of one plane or of three: some of them with their sensitivity
/// maps, and the weights of the hidden units.
#[must_use]
pub fn report(mut report: Report, model: &Classifier, images: &Samples<f32>) -> Report {
    let &[planes, _, width] = images.shape() else {
        return report;
    };
    let seen = images.iter().map(|(image, truth)| Seen {
        image,
        truth,
        predicted: largest(&model.scores(image)),
    });
    for seen in choose(seen) {
        let slopes = model.grad_score(seen.image, seen.predicted);
        report = report.sample(if planes == 3 {
            colour(width, &seen, &slopes)
        } else {
            ink(width, &seen, &slopes)
        });
    }
    for unit in 0..model.hidden.biases.len().min(TEMPLATES) {
        let mut weights = model.hidden.template(unit);
        if planes == 3 {
            weights = sum_planes(&weights);
        }
        report = report.template(&format!("unit {unit}"), Picture::signed(width, &weights));
    }
    report
}

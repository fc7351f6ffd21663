//! Learns real handwritten digits with convolutions, as they are and from images shifted about.
//!
//! ```text
//! cargo run --release --example digits_cnn [-- [DATA] [--out DIR] [--epochs N] [--resume]]
//! ```
//!
//! A digit is the same digit a pixel further on: nine images for one, each moved by at most a pixel,
//! teach that to the network.

use std::error::Error;
use std::process::ExitCode;

use grad_examples::cli::{self, TrainingOptions};
use grad_examples::digits::{self, CLASSES, PIXELS, SIDE};
use grad_examples::network::{Classify, judge, show_samples, show_templates};
use grad_runtime::data::{Images, Samples};
use grad_runtime::loss::softmax_cross_entropy;
use grad_runtime::nn::{Activation, Conv2d, Dense, Flatten, Init, MaxPool2d};
use grad_runtime::optim::AdamW;
use grad_runtime::optim::schedule::Cosine;
use grad_runtime::train::{Report, Trainer};
use grad_runtime::{Differentiable, differentiate};
use ndarray::{Array2, Array4};

/// Filters of the two convolutions, and hidden units.
const FILTERS: [usize; 2] = [32, 64];
const HIDDEN: usize = 64;
/// Images in a mini-batch.
const BATCH: usize = 32;
/// The learning rate of `AdamW`, and the decay of its weights.
const RATE: f64 = 0.003;
const DECAY: f64 = 0.1;
/// Epochs on the images as they are; a quarter as many on nine times the images.
const EPOCHS: usize = 32;
/// What the first weights and the order of the images are drawn from.
const SEED: u64 = 1;
/// The least accuracy on the test images that counts as learned, after all epochs: as they are, and
/// shifted.
const GOALS: [f64; 2] = [0.96, 0.97];

/// Two convolutions, the largest of each 2 by 2, two dense layers.
#[derive(Clone, Debug, Differentiable)]
struct Classifier {
    first: Conv2d,
    second: Conv2d,
    pool: MaxPool2d,
    hidden: Dense,
    output: Dense,
}

impl Classifier {
    fn new() -> Self {
        let relu = Activation::Relu;
        let conv = |channels, filters, seed| {
            let layer = Conv2d::new([3, 3], channels, filters, Init::he(seed));
            layer.padding(1).with(relu)
        };
        let pooled = PIXELS / 4 * FILTERS[1];
        Self {
            first: conv(1, FILTERS[0], SEED),
            second: conv(FILTERS[0], FILTERS[1], SEED + 1),
            pool: MaxPool2d::new(2),
            hidden: Dense::new(pooled, HIDDEN, Init::he(SEED + 2)).with(relu),
            output: Dense::new(HIDDEN, CLASSES, Init::glorot(SEED + 3)),
        }
    }

    /// One score for each digit: the larger, the more the image looks like it.
    #[differentiate]
    fn scores(&self, images: &Array4<f32>) -> Array2<f32> {
        let x = self.first.forward(images);
        let x = self.pool.forward(&self.second.forward(&x));
        let x = self.hidden.forward(&Flatten.forward(&x));
        self.output.forward(&x)
    }

    /// The mean surprise at the labels.
    #[differentiate(wrt(self))]
    fn loss(&self, images: &Array4<f32>, labels: &[usize]) -> f32 {
        softmax_cross_entropy(&self.scores(images), labels)
    }

    /// The score of one digit. Its gradient with respect to the image is the sensitivity map.
    #[differentiate(wrt(image))]
    fn score(&self, image: &Array4<f32>, class: usize) -> f32 {
        let scores: Array2<f32> = self.scores(image);
        scores[[0, class]]
    }
}

grad_examples::network!(Classifier);

/// Nine images for each: moved by a pixel up, down and sideways, and as it was. Paper comes in from
/// the edge.
fn shifted(samples: &Samples<f32>) -> Samples<f32> {
    let mut values = Vec::with_capacity(9 * samples.values().len());
    let mut labels = Vec::with_capacity(9 * samples.len());
    for (image, label) in samples.iter() {
        for (down, right) in (0..3).flat_map(|down| (0..3).map(move |right| (down, right))) {
            for (row, column) in
                (0..SIDE).flat_map(|row| (0..SIDE).map(move |column| (row, column)))
            {
                // One is no shift; what comes from beyond the edge wraps round and is not there.
                let (row, column) = (
                    (row + 1).wrapping_sub(down),
                    (column + 1).wrapping_sub(right),
                );
                let inside = row < SIDE && column < SIDE;
                values.push(if inside {
                    image[row * SIDE + column]
                } else {
                    0.0
                });
            }
            labels.push(label);
        }
    }
    Samples::new(values, samples.shape().to_vec(), labels)
}

const USAGE: &str = "usage: digits_cnn [DATA] [--out DIR] [--epochs N] [--resume]

  DATA        gzipped CSV file of the digits (default: the one shipped with this example)
  --out DIR   folder for checkpoints and the reports (default: target/digits_cnn)
  --epochs N  how many epochs (default: 32), a quarter of them on shifted images
  --resume    go on from the checkpoints in the folder";

fn main() -> ExitCode {
    let options = cli::training_options(Some(digits::shipped()), "target/digits_cnn", EPOCHS);
    cli::run(USAGE, options, run)
}

fn run(options: &TrainingOptions) -> Result<(), Box<dyn Error>> {
    let (training, test) = digits::read(&options.data)?;
    let [training, test] = [training, test].map(digits::narrow);
    println!("{}", options.data.display());
    let both = [
        ("as they are", options.epochs, training.clone()),
        ("shifted", options.epochs.div_ceil(4), shifted(&training)),
    ];
    for ((name, epochs, training), goal) in both.into_iter().zip(GOALS) {
        let part = TrainingOptions {
            out: options.out.join(name.replace(' ', "_")),
            epochs,
            ..options.clone()
        };
        let accuracy = learn(&part, name, &training, &test)?;
        if options.epochs >= EPOCHS && accuracy < goal {
            let text = format!("images {name}: test accuracy {accuracy:.4} is below {goal}");
            return Err(text.into());
        }
    }
    Ok(())
}

/// Trains a network and writes its report; its accuracy on the test images, which only the curves of
/// the report see before the end.
fn learn(
    options: &TrainingOptions,
    name: &str,
    training: &Samples<f32>,
    test: &Samples<f32>,
) -> Result<f64, Box<dyn Error>> {
    let [training, test] = [training, test].map(Images::new);
    let mut model = Classifier::new();
    let outcome = Trainer::new(AdamW::new(RATE).decay(DECAY))
        .epochs(options.epochs)
        .batch(BATCH)
        .seed(SEED)
        // The rate falls to 0, so the last weights are those that it settled on.
        .schedule(Cosine::new(options.epochs.max(1) as u64, 0.0))
        .keep_best(false)
        .folder(&options.out)
        .resume(options.resume)
        .run(&mut model, &mut Classify, &training, &test)?;

    let tally = judge(&model, &test);
    let accuracy = tally.accuracy().unwrap_or(0.0);
    let shown = format!("{:.1} %", 100.0 * accuracy);
    println!(
        "images {name}: test accuracy {shown} after {:.1} s, {:.0} images a second",
        outcome.seconds, outcome.samples_per_second
    );
    let report = Report::new(&format!(
        "Handwritten digits by convolutions, images {name}"
    ))
    .note("Validation, the matrix and the images are of the test set.")
    .fact("test accuracy", shown)
    .outcome(&outcome)
    .confusion(tally.confusion());
    let report = show_samples(report, &model, &test);
    let filters = model.first.filters.to_shape((9, FILTERS[0]))?.to_owned();
    let report = show_templates(report, &filters, [3, 3, 1]);
    let path = options.out.join("report.html");
    report.write(&path)?;
    println!("wrote {}", path.display());
    Ok(accuracy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_images_are_made_of_one() {
        #[allow(clippy::cast_precision_loss, reason = "small")]
        let image: Vec<f32> = (1..=PIXELS).map(|i| i as f32).collect();
        let samples = Samples::new(image.clone(), vec![1, SIDE, SIDE], vec![3]);
        let all = shifted(&samples);
        assert_eq!((all.len(), all.labels()[8]), (9, 3));
        assert_eq!(all.sample(4), image);
        // Up and to the left, and down and to the right.
        assert_eq!(all.sample(0)[..2], [10.0, 11.0]);
        assert_eq!(all.sample(8)[..SIDE], [0.0; SIDE]);
        assert_eq!(all.sample(8)[SIDE..SIDE + 2], [0.0, 1.0]);
    }

    #[test]
    fn the_gradient_meets_differences() {
        let model = Classifier::new();
        #[allow(clippy::cast_precision_loss, reason = "small")]
        let value = |(_, i, j, _): (usize, usize, usize, usize)| ((3 * i + 5 * j) % 7) as f32 / 7.0;
        let image = Array4::from_shape_fn((1, SIDE, SIDE, 1), value);
        let slopes = model.grad_score(&image, 2);
        for pixel in [9, 27, 36] {
            let at = [0, pixel / SIDE, pixel % SIDE, 0];
            let score_at = |step: f32| {
                let mut moved = image.clone();
                moved[at] += step;
                f64::from(model.score(&moved, 2))
            };
            let difference = (score_at(1e-3) - score_at(-1e-3)) / 2e-3;
            let slope = f64::from(slopes[at]);
            assert!(
                (slope - difference).abs() < 1e-2,
                "{slope} against {difference}"
            );
        }
    }
}

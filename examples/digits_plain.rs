//! Learns real handwritten digits with a network written as plain Rust on a plain struct.
//!
//! ```text
//! cargo run --release --example digits_plain [-- [DATA] [--out DIR] [--epochs N] [--resume]]
//! ```
//!
//! Every gradient comes from `#[differentiate]`: that of the loss with respect to the network
//! trains it, and that of a score with respect to the image tells which pixels spoke for it.

#![allow(
    clippy::cast_precision_loss,
    reason = "all counts are far below 2^52, where f64 stops holding every integer"
)]
#![allow(
    clippy::needless_range_loop,
    reason = "`iter_mut().enumerate()` is not among what `#[differentiate]` takes yet"
)]

use std::collections::BTreeSet;
use std::error::Error;
use std::process::ExitCode;

use grad_examples::cli::{self, TrainingOptions};
use grad_examples::digits::{self, CLASSES, PIXELS, SIDE};
use grad_runtime::data::{Random, Samples};
use grad_runtime::optim::Adam;
use grad_runtime::train::{
    Confusion, Outcome, Picture, Report, Sample, Steady, Stop, Tally, Task, Trainer,
};
use grad_runtime::{Differentiable, differentiate};

/// Hidden units.
const HIDDEN: usize = 48;
/// The price of a squared weight.
const L2: f64 = 3e-4;
/// Images in a mini-batch.
const BATCH: usize = 32;
/// Adam's learning rate.
const RATE: f64 = 0.003;
/// What the first weights and the order of the images are drawn from.
const SEED: u64 = 1;

/// Training stops when the loss is steady: see [`Steady`].
const WINDOW: usize = 5;
const STEADY: f64 = 0.01;
const MAX_EPOCHS: usize = 150;
/// How many of the training images are not trained on, and tell which epoch's weights are best.
const VALIDATION: usize = 100;

/// The least accuracy on the test images that counts as learned.
const GOAL: f64 = 0.91;

/// Weighted sums of the pixels, `tanh`, and weighted sums of those: one score for each digit.
#[derive(Clone, Debug, Differentiable)]
struct Network {
    /// `HIDDEN` rows of `PIXELS` weights.
    hidden_weights: Vec<f64>,
    hidden_biases: Vec<f64>,
    /// `CLASSES` rows of `HIDDEN` weights.
    class_weights: Vec<f64>,
    class_biases: Vec<f64>,
}

/// `bias + weights · inputs`
#[differentiate]
fn weighted_sum(weights: &[f64], inputs: &[f64], bias: f64) -> f64 {
    let mut sum = bias;
    for i in 0..inputs.len() {
        sum += weights[i] * inputs[i];
    }
    sum
}

/// How much the label surprises whoever believes the softmax of the scores:
/// `ln(Σ exp(scores)) - scores[label]`, shifted by the largest score so that nothing overflows.
#[differentiate]
fn cross_entropy(scores: &[f64], label: usize) -> f64 {
    let mut largest = scores[0];
    for &score in scores {
        largest = largest.max(score);
    }
    let mut sum = 0.0;
    for &score in scores {
        sum += (score - largest).exp();
    }
    sum.ln() + largest - scores[label]
}

impl Network {
    /// A network that knows nothing: weights drawn at random, biases zero.
    fn random(random: &mut Random) -> Self {
        let mut weights = |rows: usize, columns: usize| {
            let bound = (6.0 / (rows + columns) as f64).sqrt();
            (0..rows * columns)
                .map(|_| bound * (2.0 * random.uniform() - 1.0))
                .collect()
        };
        Self {
            hidden_weights: weights(HIDDEN, PIXELS),
            hidden_biases: vec![0.0; HIDDEN],
            class_weights: weights(CLASSES, HIDDEN),
            class_biases: vec![0.0; CLASSES],
        }
    }

    /// One score for each digit: the larger, the more the image looks like it.
    #[differentiate]
    fn scores(&self, image: &[f64]) -> [f64; CLASSES] {
        let mut hidden = [0.0; HIDDEN];
        for j in 0..HIDDEN {
            let weights = &self.hidden_weights[j * PIXELS..(j + 1) * PIXELS];
            hidden[j] = weighted_sum(weights, image, self.hidden_biases[j]).tanh();
        }
        let mut scores = [0.0; CLASSES];
        for k in 0..CLASSES {
            let weights = &self.class_weights[k * HIDDEN..(k + 1) * HIDDEN];
            scores[k] = weighted_sum(weights, &hidden, self.class_biases[k]);
        }
        scores
    }

    /// The mean cross-entropy over a batch of images, and a small price for large weights.
    #[differentiate(wrt(self))]
    fn loss(&self, pixels: &[f64], labels: &[usize]) -> f64 {
        let mut surprise = 0.0;
        for n in 0..labels.len() {
            let scores: [f64; CLASSES] = self.scores(&pixels[n * PIXELS..(n + 1) * PIXELS]);
            surprise += cross_entropy(&scores, labels[n]);
        }
        let mut squares = 0.0;
        for &weight in &self.hidden_weights {
            squares += weight * weight;
        }
        for &weight in &self.class_weights {
            squares += weight * weight;
        }
        surprise / labels.len() as f64 + L2 * squares
    }

    /// The score of one digit. Its gradient with respect to the image is the sensitivity map.
    #[differentiate(wrt(image))]
    fn score(&self, image: &[f64], class: usize) -> f64 {
        let scores: [f64; CLASSES] = self.scores(image);
        scores[class]
    }

    /// The digit with the largest score.
    fn predict(&self, image: &[f64]) -> usize {
        let scores = self.scores(image);
        (0..CLASSES)
            .max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
            .unwrap_or(0)
    }

    /// The image as it is shown: with what it was taken for, and why.
    fn explain(&self, image: &[f64], truth: usize) -> Sample {
        let predicted = self.predict(image);
        Sample {
            image: Picture::ink(SIDE, image),
            sensitivity: Picture::signed(SIDE, &self.grad_score(image, predicted)),
            truth,
            predicted,
        }
    }

    /// What the network takes every image for.
    fn judge(&self, digits: &Samples<f64>) -> Confusion {
        let mut confusion = Confusion::default();
        for (image, truth) in digits.iter() {
            confusion.add(truth, self.predict(image));
        }
        confusion
    }
}

/// Learning the digits from images with labels.
struct Learn;

impl Task<Network, Samples<f64>> for Learn {
    fn step(&mut self, network: &mut Network, batch: &Samples<f64>, gradient: &mut Network) -> f64 {
        let (loss, grads) = network.value_and_grad_loss(batch.values(), batch.labels());
        *gradient = grads;
        loss
    }

    fn judge(&mut self, network: &Network, batch: &Samples<f64>, tally: &mut Tally) {
        for (image, truth) in batch.iter() {
            let scores = network.scores(image);
            tally.loss(cross_entropy(&scores, truth), 1);
            tally.predict(truth, network.predict(image));
        }
    }
}

const USAGE: &str = "usage: digits_plain [DATA] [--out DIR] [--epochs N] [--resume]

  DATA        gzipped CSV file of the digits (default: the one shipped with this example)
  --out DIR   folder for checkpoints and the report (default: target/digits_plain)
  --epochs N  how many epochs at most (default: 150)
  --resume    go on from the checkpoint in the folder";

fn main() -> ExitCode {
    let options = cli::training_options(Some(digits::shipped()), "target/digits_plain", MAX_EPOCHS);
    cli::run(USAGE, options, run)
}

fn run(options: &TrainingOptions) -> Result<(), Box<dyn Error>> {
    let (training, test) = digits::read(&options.data)?;
    println!("{}", options.data.display());
    println!(
        "{} training images, {} of them held back to choose by, \
         {} test images that other people wrote",
        training.len(),
        VALIDATION,
        test.len()
    );
    let (network, outcome) = train(options, training)?;
    let stop = match outcome.stop {
        Stop::Steady => "the loss is steady",
        Stop::Epochs => "stopped",
    };
    let (epochs, seconds) = (outcome.history.len(), outcome.seconds);
    println!("{stop} after {epochs} epochs and {seconds:.1} s\n");

    let confusion = network.judge(&test);
    println!("{confusion}");
    let accuracy = confusion.accuracy().unwrap_or(0.0);
    println!(
        "test accuracy {:.1} % ({} of {})\n",
        100.0 * accuracy,
        confusion.recognised(),
        confusion.total()
    );
    let path = options.out.join("report.html");
    report(&network, &outcome, &confusion, &test).write(&path)?;
    println!("wrote {}", path.display());

    if outcome.stop == Stop::Steady && accuracy < GOAL {
        return Err(format!(
            "test accuracy {accuracy:.4} is below {GOAL}: the network has not learned the digits"
        )
        .into());
    }
    Ok(())
}

/// Trains until the loss is steady, and shows how it goes.
fn train(
    options: &TrainingOptions,
    training: Samples<f64>,
) -> Result<(Network, Outcome), Box<dyn Error>> {
    let at = training.len() - VALIDATION;
    let (training, validation) = training.split_at(at);
    let mut network = Network::random(&mut Random::new(SEED));
    let outcome = Trainer::new(Adam::new(RATE))
        .epochs(options.epochs)
        .batch(BATCH)
        .seed(SEED)
        .stop_when(Steady::new(WINDOW, STEADY))
        .judge_training(true)
        .folder(&options.out)
        .resume(options.resume)
        .run(&mut network, &mut Learn, &training, &validation)?;
    Ok((network, outcome))
}

/// The page of what came out.
fn report(
    network: &Network,
    outcome: &Outcome,
    confusion: &Confusion,
    test: &Samples<f64>,
) -> Report {
    let accuracy = 100.0 * confusion.accuracy().unwrap_or(0.0);
    let mut report = Report::new("Handwritten digits, a network in plain Rust")
        .note(
            "The matrix and the images are of the test set, whose writers wrote none of the rest.",
        )
        .fact("test accuracy", format!("{accuracy:.1} %"))
        .outcome(outcome)
        .confusion(confusion);
    for sample in choose_samples(network, test) {
        report = report.sample(sample);
    }
    for (unit, weights) in network.hidden_weights.chunks(PIXELS).enumerate() {
        report = report.template(&format!("unit {unit}"), Picture::signed(SIDE, weights));
    }
    report
}

/// The first image of each digit that was recognised, and of each mistake that was made.
fn choose_samples(network: &Network, test: &Samples<f64>) -> Vec<Sample> {
    let mut seen = BTreeSet::new();
    let (mut right, wrong): (Vec<Sample>, Vec<Sample>) = test
        .iter()
        .map(|(image, truth)| network.explain(image, truth))
        .filter(|sample| seen.insert((sample.truth, sample.predicted)))
        .partition(|sample| sample.truth == sample.predicted);
    right.sort_by_key(|sample| sample.truth);
    right
        .into_iter()
        .chain(wrong.into_iter().take(10))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: f64 = 1e-5;

    /// Weights, an image and a label drawn at random.
    fn draw() -> (Network, Vec<f64>, usize) {
        let mut random = Random::new(7);
        let network = Network::random(&mut random);
        let image = (0..PIXELS).map(|_| random.uniform()).collect();
        (network, image, random.below(CLASSES))
    }

    fn assert_close(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-8,
            "{found} against {expected}"
        );
    }

    #[test]
    fn the_gradient_of_the_loss_meets_differences() {
        let (network, image, label) = draw();
        let (value, grads) = network.value_and_grad_loss(&image, &[label]);
        assert_eq!(value.to_bits(), network.loss(&image, &[label]).to_bits());
        let difference = |field: fn(&mut Network) -> &mut Vec<f64>, index: usize| {
            let loss_at = |step: f64| {
                let mut moved = network.clone();
                field(&mut moved)[index] += step;
                moved.loss(&image, &[label])
            };
            (loss_at(STEP) - loss_at(-STEP)) / (2.0 * STEP)
        };
        for index in (0..HIDDEN * PIXELS).step_by(37) {
            let expected = difference(|network| &mut network.hidden_weights, index);
            assert_close(grads.hidden_weights[index], expected);
        }
        for index in 0..HIDDEN {
            let expected = difference(|network| &mut network.hidden_biases, index);
            assert_close(grads.hidden_biases[index], expected);
        }
        for index in 0..CLASSES * HIDDEN {
            let expected = difference(|network| &mut network.class_weights, index);
            assert_close(grads.class_weights[index], expected);
        }
        for index in 0..CLASSES {
            let expected = difference(|network| &mut network.class_biases, index);
            assert_close(grads.class_biases[index], expected);
        }
    }

    #[test]
    fn the_sensitivity_map_meets_differences() {
        let (network, image, class) = draw();
        let map = network.grad_score(&image, class);
        for pixel in 0..PIXELS {
            let score_at = |step: f64| {
                let mut moved = image.clone();
                moved[pixel] += step;
                network.score(&moved, class)
            };
            assert_close(
                map[pixel],
                (score_at(STEP) - score_at(-STEP)) / (2.0 * STEP),
            );
        }
    }

    #[test]
    fn a_missing_file_is_an_error_that_names_it() {
        let options = TrainingOptions {
            data: "no/such/file.csv.gz".into(),
            out: "never/written".into(),
            epochs: 1,
            resume: false,
        };
        let error = run(&options).expect_err("there is no such file");
        assert!(error.to_string().starts_with("no/such/file.csv.gz: "));
        assert!(!options.out.exists());
    }
}

//! Learns real handwritten digits with a network written as plain Rust on a plain struct.
//!
//! ```text
//! cargo run --release --example digits [-- [DATA] [--out DIR]]
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
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use grad_examples::charts::{self, History, Sample};
use grad_examples::cli;
use grad_examples::confusion::Confusion;
use grad_examples::data::{CLASSES, Digits, PIXELS};
use grad_examples::progress::Progress;
use grad_runtime::optim::Adam;
use grad_runtime::{Differentiable, differentiate};
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

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

/// Training stops when the loss is steady: when its mean over the last `WINDOW` epochs is less
/// than `STEADY` below its mean over the `WINDOW` epochs before, relative to that.
const WINDOW: usize = 5;
const STEADY: f64 = 0.01;
const MAX_EPOCHS: usize = 150;

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
    fn random(rng: &mut ChaCha8Rng) -> Self {
        let mut weights = |rows: usize, columns: usize| {
            let bound = (6.0 / (rows + columns) as f64).sqrt();
            (0..rows * columns)
                .map(|_| rng.random_range(-bound..bound))
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

    /// What the network takes every image for.
    fn judge(&self, digits: &Digits) -> Confusion {
        Confusion::count(
            digits
                .iter()
                .map(|(image, truth)| (truth, self.predict(image))),
        )
    }

    /// The image as it is shown in the picture: with what it was taken for, and why.
    fn explain(&self, image: &[f64], truth: usize) -> Sample {
        let predicted = self.predict(image);
        Sample {
            pixels: image.to_vec(),
            truth,
            predicted,
            sensitivity: self.grad_score(image, predicted),
        }
    }
}

/// Trains until the loss is steady, and shows how it goes.
fn train(
    network: &mut Network,
    training: &Digits,
    test: &Digits,
    rng: &mut ChaCha8Rng,
) -> Result<History, String> {
    let mut optimizer = Adam::new(RATE);
    let mut history = History::default();
    let mut order: Vec<usize> = (0..training.len()).collect();
    let progress = Progress::new(MAX_EPOCHS);
    for epoch in 1..=MAX_EPOCHS {
        order.shuffle(rng);
        let mut sum = 0.0;
        for indices in order.chunks(BATCH) {
            let batch = training.gather(indices);
            let (loss, grads) = network.value_and_grad_loss(&batch.pixels, &batch.labels);
            optimizer.step(network, &grads);
            sum += loss * indices.len() as f64;
        }
        let loss = sum / training.len() as f64;
        if !loss.is_finite() {
            return Err(format!("the loss of epoch {epoch} is {loss}"));
        }
        let [seen, unseen] = [training, test].map(|digits| network.judge(digits).accuracy());
        history.push(loss, seen, unseen);
        let (seen, unseen) = (100.0 * seen, 100.0 * unseen);
        progress.show(
            epoch,
            &format!(
                "epoch {epoch:>3}  loss {loss:.4}  training {seen:>5.1} %  test {unseen:.1} %"
            ),
        );
        if is_steady(&history.losses) {
            break;
        }
    }
    progress.finish();
    Ok(history)
}

/// Whether the loss has all but stopped falling: see [`WINDOW`] and [`STEADY`].
fn is_steady(losses: &[f64]) -> bool {
    let Some(recent) = losses.last_chunk::<{ 2 * WINDOW }>() else {
        return false;
    };
    let (before, last) = recent.split_at(WINDOW);
    last.iter().sum::<f64>() > (1.0 - STEADY) * before.iter().sum::<f64>()
}

/// What to read and where to write.
struct Options {
    data: PathBuf,
    out: PathBuf,
}

const USAGE: &str = "usage: digits [DATA] [--out DIR]

  DATA       gzipped CSV file of the digits (default: the one shipped with this example)
  --out DIR  folder for the pictures (default: target/digits)";

/// The options on the command line; none when help was asked for.
fn parse_options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut options = Options {
        data: Path::new(env!("CARGO_MANIFEST_DIR")).join("data/digits.csv.gz"),
        out: PathBuf::from("target/digits"),
    };
    let mut given = false;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("out") => options.out = parser.value()?.into(),
            Value(path) if !given => {
                options.data = path.into();
                given = true;
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(options))
}

fn main() -> ExitCode {
    cli::run(USAGE, parse_options(), run)
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (training, test) = Digits::read_split(&options.data)?;
    println!("{}", options.data.display());
    println!(
        "{} training images, {} test images that other people wrote",
        training.len(),
        test.len()
    );

    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut network = Network::random(&mut rng);
    let start = Instant::now();
    let history = train(&mut network, &training, &test, &mut rng)?;
    println!(
        "{} after {} epochs and {:.1} s\n",
        if is_steady(&history.losses) {
            "the loss is steady"
        } else {
            "stopped"
        },
        history.losses.len(),
        start.elapsed().as_secs_f64()
    );

    let confusion = network.judge(&test);
    println!("{confusion}");
    println!(
        "test accuracy {:.1} % ({} of {})\n",
        100.0 * confusion.accuracy(),
        confusion.recognised(),
        confusion.total()
    );

    cli::write(&options.out.join("curves.svg"), &charts::curves(&history)?)?;
    let samples = choose_samples(&network, &test);
    cli::write(
        &options.out.join("samples.svg"),
        &charts::samples(&samples)?,
    )?;

    if confusion.accuracy() < GOAL {
        return Err(format!(
            "test accuracy {:.4} is below {GOAL}: the network has not learned the digits",
            confusion.accuracy()
        )
        .into());
    }
    Ok(())
}

/// The first image of each digit that was recognised, and of each mistake that was made.
fn choose_samples(network: &Network, test: &Digits) -> Vec<Sample> {
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
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let network = Network::random(&mut rng);
        let image = (0..PIXELS).map(|_| rng.random_range(0.0..1.0)).collect();
        (network, image, rng.random_range(0..CLASSES))
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
    fn a_loss_is_steady_when_it_stops_falling() {
        let falling: Vec<f64> = (0..2 * WINDOW).map(|n| 2.0 - 0.1 * n as f64).collect();
        assert!(!is_steady(&falling));
        assert!(!is_steady(&[1.0; 2 * WINDOW - 1]));
        assert!(is_steady(&[1.0; 2 * WINDOW]));
    }

    #[test]
    fn a_missing_file_is_an_error_that_names_it() {
        let options = Options {
            data: PathBuf::from("no/such/file.csv.gz"),
            out: PathBuf::from("never/written"),
        };
        let error = run(&options).expect_err("there is no such file");
        assert!(error.to_string().starts_with("no/such/file.csv.gz: "));
        assert!(!options.out.exists());
    }
}

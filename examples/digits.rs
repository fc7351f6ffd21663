//! Learns real handwritten digits with a network of layers.
//!
//! ```text
//! cargo run --release --example digits [-- [DATA] [--out DIR] [--epochs N] [--resume]]
//! ```
//!
//! `digits_plain` does the same without layers, and `digits_cnn` better, with convolutions.

use std::error::Error;
use std::process::ExitCode;

use grad_examples::cli::{self, TrainingOptions};
use grad_examples::digits::{self, CLASSES, PIXELS, SIDE};
use grad_examples::network::{Classify, judge, show_samples, show_templates};
use grad_runtime::data::Images;
use grad_runtime::loss::softmax_cross_entropy;
use grad_runtime::nn::{Activation, Dense, Flatten, Init};
use grad_runtime::optim::AdamW;
use grad_runtime::optim::schedule::Cosine;
use grad_runtime::train::{Report, Trainer};
use grad_runtime::{Differentiable, differentiate};
use ndarray::{Array2, Array4};

/// Hidden units.
const HIDDEN: usize = 128;
/// Images in a mini-batch.
const BATCH: usize = 32;
/// The learning rate of `AdamW`, and the decay of its weights.
const RATE: f64 = 0.01;
const DECAY: f64 = 0.5;
const EPOCHS: usize = 60;
/// What the first weights and the order of the images are drawn from.
const SEED: u64 = 1;
/// How many of the training images are not trained on, and draw the curves of unseen images.
const VALIDATION: usize = 100;
/// The least accuracy on the test images that counts as learned, after all epochs.
const GOAL: f64 = 0.91;

/// Two dense layers.
#[derive(Clone, Debug, Differentiable)]
struct Classifier {
    hidden: Dense,
    output: Dense,
}

impl Classifier {
    fn new() -> Self {
        Self {
            hidden: Dense::new(PIXELS, HIDDEN, Init::he(SEED)).with(Activation::Relu),
            output: Dense::new(HIDDEN, CLASSES, Init::glorot(SEED + 1)),
        }
    }

    /// One score for each digit: the larger, the more the image looks like it.
    #[differentiate]
    fn scores(&self, images: &Array4<f32>) -> Array2<f32> {
        let hidden = self.hidden.forward(&Flatten.forward(images));
        self.output.forward(&hidden)
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

const USAGE: &str = "usage: digits [DATA] [--out DIR] [--epochs N] [--resume]

  DATA        gzipped CSV file of the digits (default: the one shipped with this example)
  --out DIR   folder for checkpoints and the report (default: target/digits)
  --epochs N  how many epochs (default: 60)
  --resume    go on from the checkpoint in the folder";

fn main() -> ExitCode {
    let options = cli::training_options(Some(digits::shipped()), "target/digits", EPOCHS);
    cli::run(USAGE, options, run)
}

fn run(options: &TrainingOptions) -> Result<(), Box<dyn Error>> {
    let (training, test) = digits::read(&options.data)?;
    let [training, test] = [training, test].map(digits::narrow);
    let at = training.len() - VALIDATION;
    let (training, validation) = training.split_at(at);
    let [training, validation, test] = [&training, &validation, &test].map(Images::new);
    println!("{}", options.data.display());

    let mut model = Classifier::new();
    let outcome = Trainer::new(AdamW::new(RATE).decay(DECAY))
        .epochs(options.epochs)
        .batch(BATCH)
        .seed(SEED)
        // The rate falls to 0, so the last weights are those that it settled on.
        .schedule(Cosine::new(options.epochs.max(1) as u64, 0.0))
        .keep_best(false)
        .judge_training(true)
        .folder(&options.out)
        .resume(options.resume)
        .run(&mut model, &mut Classify, &training, &validation)?;

    let tally = judge(&model, &test);
    println!("\n{}", tally.confusion());
    let accuracy = tally.accuracy().unwrap_or(0.0);
    let shown = format!("{:.1} %", 100.0 * accuracy);
    println!("test accuracy {shown} after {:.1} s\n", outcome.seconds);
    let report = Report::new("Handwritten digits")
        .note(
            "The matrix and the images are of the test set, whose writers wrote none of the rest.",
        )
        .fact("test accuracy", shown)
        .outcome(&outcome)
        .confusion(tally.confusion());
    let report = show_samples(report, &model, &test);
    let report = show_templates(report, &model.hidden.weights, [SIDE, SIDE, 1]);
    let path = options.out.join("report.html");
    report.write(&path)?;
    println!("wrote {}", path.display());

    if options.epochs >= EPOCHS && accuracy < GOAL {
        return Err(format!("test accuracy {accuracy:.4} is below {GOAL}").into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_run_leaves_its_files() {
        let out = std::env::temp_dir().join(format!("grad-digits-{}", std::process::id()));
        let mut options = TrainingOptions {
            data: digits::shipped(),
            out: out.clone(),
            epochs: 1,
            resume: false,
        };
        run(&options).expect("the data ships with the example");
        options.resume = true;
        run(&options).expect("there is a checkpoint");
        for name in [
            "checkpoint.safetensors",
            "best.safetensors",
            "metrics.jsonl",
            "report.html",
        ] {
            assert!(out.join(name).exists(), "{name}");
        }
        std::fs::remove_dir_all(&out).expect("it was just made");
    }
}

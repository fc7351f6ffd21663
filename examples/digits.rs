//! Learns real handwritten digits with a network of layers.
//!
//! ```text
//! cargo run --release --example digits [-- [DATA] [--out DIR] [--epochs N] [--resume]]
//! ```
//!
//! Every gradient comes from `#[differentiate]`: see [`Classifier`]. `digits_plain` does the same
//! without layers.

use std::error::Error;
use std::process::ExitCode;

use grad_examples::classifier::{Classifier, Classify, judge};
use grad_examples::cli::{self, TrainingOptions};
use grad_examples::digits::{self, CLASSES, PIXELS};
use grad_examples::showcase;
use grad_runtime::data::{Random, Samples};
use grad_runtime::optim::AdamW;
use grad_runtime::optim::schedule::Cosine;
use grad_runtime::train::{Outcome, Report, Tally, Trainer};

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
    let [training, test] = [training, test].map(|samples| samples.map(narrow));
    let at = training.len() - VALIDATION;
    let (training, validation) = training.split_at(at);
    println!("{}", options.data.display());
    println!(
        "{} training images, {} to watch it by, {} test images that other people wrote",
        training.len(),
        validation.len(),
        test.len()
    );

    let mut model = Classifier::random(PIXELS, HIDDEN, CLASSES, &mut Random::new(SEED));
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
    println!(
        "test accuracy {:.1} % after {:.1} s\n",
        100.0 * accuracy,
        outcome.seconds
    );
    let path = options.out.join("report.html");
    report(&model, &outcome, &tally, &test).write(&path)?;
    println!("wrote {}", path.display());

    if options.epochs >= EPOCHS && accuracy < GOAL {
        return Err(format!("test accuracy {accuracy:.4} is below {GOAL}").into());
    }
    Ok(())
}

#[allow(clippy::cast_possible_truncation, reason = "pixels have 17 values")]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// The page of what came out.
fn report(model: &Classifier, outcome: &Outcome, tally: &Tally, test: &Samples<f32>) -> Report {
    let accuracy = 100.0 * tally.accuracy().unwrap_or(0.0);
    let report = Report::new("Handwritten digits")
        .note(
            "The matrix and the images are of the test set, whose writers wrote none of the rest.",
        )
        .fact("test accuracy", format!("{accuracy:.1} %"))
        .outcome(outcome)
        .confusion(tally.confusion());
    showcase::report(report, model, test)
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

//! Learns MNIST, or another set in its format, from a folder of its files.
//!
//! ```text
//! cargo run --release --example mnist -- FOLDER [--out DIR] [--epochs N] [--resume]
//! ```

use std::error::Error;
use std::process::ExitCode;

use grad_examples::cli::{self, TrainingOptions};
use grad_examples::network::{Classify, judge, show_samples, show_templates};
use grad_runtime::data::Images;
use grad_runtime::data::mnist::{self, CLASSES};
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
const BATCH: usize = 128;
/// The learning rate.
const RATE: f64 = 0.002;
const EPOCHS: usize = 12;
/// What the first weights and the order of the images are drawn from.
const SEED: u64 = 1;
/// One in so many training images is not trained on, and tells which epoch's weights are best.
const HELD_BACK: usize = 12;

/// Two dense layers.
#[derive(Clone, Debug, Differentiable)]
struct Classifier {
    hidden: Dense,
    output: Dense,
}

impl Classifier {
    fn new(pixels: usize) -> Self {
        Self {
            hidden: Dense::new(pixels, HIDDEN, Init::he(SEED)).with(Activation::Relu),
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

const USAGE: &str = "usage: mnist FOLDER [--out DIR] [--epochs N] [--resume]

  FOLDER      folder of train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte
              and t10k-labels-idx1-ubyte, each gzipped (.gz) or not
  --out DIR   folder for checkpoints and the report (default: target/mnist)
  --epochs N  how many epochs (default: 12)
  --resume    go on from the checkpoint in the folder";

fn main() -> ExitCode {
    let options = cli::training_options(None, "target/mnist", EPOCHS);
    cli::run(USAGE, options, run)
}

fn run(options: &TrainingOptions) -> Result<(), Box<dyn Error>> {
    let (training, test) = mnist::read_both(&options.data)?;
    let at = training.len() - training.len() / HELD_BACK;
    let (training, validation) = training.split_at(at);
    println!(
        "{} training images, {} to choose by, {} test images",
        training.len(),
        validation.len(),
        test.len()
    );

    let shape = [training.shape()[1], training.shape()[2], 1];
    let mut model = Classifier::new(training.width());
    let [training, validation, test] = [&training, &validation, &test].map(Images::new);
    let outcome = Trainer::new(AdamW::new(RATE))
        .epochs(options.epochs)
        .batch(BATCH)
        .seed(SEED)
        .schedule(Cosine::new(options.epochs.max(1) as u64, 0.0))
        .folder(&options.out)
        .resume(options.resume)
        .run(&mut model, &mut Classify, &training, &validation)?;

    let tally = judge(&model, &test);
    println!("\n{}", tally.confusion());
    let accuracy = format!("{:.2} %", 100.0 * tally.accuracy().unwrap_or(0.0));
    println!("test accuracy {accuracy} after {:.1} s", outcome.seconds);
    let path = options.out.join("report.html");
    let report = Report::new("MNIST")
        .note("The matrix and the images are of the test set.")
        .fact("test accuracy", accuracy)
        .outcome(&outcome)
        .confusion(tally.confusion());
    let report = show_samples(report, &model, &test);
    show_templates(report, &model.hidden.weights, shape).write(&path)?;
    println!("wrote {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// Writes images of a bright row each, whose number is the label, in the format of the set.
    fn write(folder: &Path, prefix: &str, count: u8) {
        let (rows, columns) = (10, 12);
        let mut images = vec![0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, rows, 0, 0, 0, columns];
        let mut labels = vec![0, 0, 8, 1, 0, 0, 0, count];
        for image in 0..count {
            labels.push(image % 10);
            for row in 0..rows {
                let ink = if row == image % 10 { 250 } else { image % 7 };
                images.extend(vec![ink; columns.into()]);
            }
        }
        fs::write(folder.join(format!("{prefix}-images-idx3-ubyte")), images).expect("room");
        fs::write(folder.join(format!("{prefix}-labels-idx1-ubyte")), labels).expect("room");
    }

    #[test]
    fn files_in_the_format_are_learned() {
        let folder = std::env::temp_dir().join(format!("grad-mnist-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for tests");
        let mut options = TrainingOptions {
            data: folder.clone(),
            out: folder.join("out"),
            epochs: 8,
            resume: false,
        };
        let error = run(&options).expect_err("the folder is empty").to_string();
        assert!(
            error.contains("the folder holds none of train-images"),
            "{error}"
        );

        write(&folder, "train", 240);
        write(&folder, "t10k", 50);
        run(&options).expect("whole files");
        options.resume = true;
        run(&options).expect("there is a checkpoint");
        let report = fs::read_to_string(options.out.join("report.html")).expect("a report");
        assert!(report.contains("<h1>MNIST</h1>") && report.contains("unit 39"));

        let path = folder.join("t10k-labels-idx1-ubyte");
        let labels = fs::read(&path).expect("just written");
        fs::write(&path, &labels[..20]).expect("room");
        let error = run(&options).expect_err("a file is cut").to_string();
        assert!(
            error.contains("t10k-labels-idx1-ubyte: byte 20: the file ends too early"),
            "{error}"
        );
        fs::remove_dir_all(&folder).expect("it was just made");
    }
}

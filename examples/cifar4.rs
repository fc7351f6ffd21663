//! Tells cats, dogs, frogs and horses of CIFAR-10 apart: the textbook's four classes.
//!
//! ```text
//! cargo run --release --example cifar4 -- FOLDER [--out DIR] [--epochs N] [--resume]
//! ```

use std::error::Error;
use std::process::ExitCode;

use grad_examples::cli::{self, TrainingOptions};
use grad_examples::network::{Classify, judge, show_samples, show_templates};
use grad_runtime::data::Images;
use grad_runtime::data::cifar10::{self, CAT, DOG, FROG, HORSE, NAMES};
use grad_runtime::loss::softmax_cross_entropy;
use grad_runtime::nn::{Activation, Conv2d, Dense, Flatten, Init, MaxPool2d};
use grad_runtime::optim::AdamW;
use grad_runtime::optim::schedule::{Cosine, WarmUp};
use grad_runtime::train::{Report, Trainer};
use grad_runtime::{Differentiable, differentiate};
use ndarray::{Array2, Array4};

/// The classes that are told apart.
const CLASSES: [usize; 4] = [CAT, DOG, FROG, HORSE];
/// Filters of the two convolutions, and hidden units.
const FILTERS: [usize; 2] = [16, 32];
const HIDDEN: usize = 64;
/// Images in a mini-batch.
const BATCH: usize = 64;
/// The learning rate of `AdamW`, and the decay of its weights.
const RATE: f64 = 0.001;
const DECAY: f64 = 0.1;
const EPOCHS: usize = 20;
/// What the first weights and the order of the images are drawn from.
const SEED: u64 = 1;
/// One in so many training images is not trained on, and tells which epoch's weights are best.
const HELD_BACK: usize = 10;

/// Two convolutions, each with the largest of 2 by 2, and two dense layers.
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
        let pooled = 8 * 8 * FILTERS[1];
        Self {
            first: conv(3, FILTERS[0], SEED),
            second: conv(FILTERS[0], FILTERS[1], SEED + 1),
            pool: MaxPool2d::new(2),
            hidden: Dense::new(pooled, HIDDEN, Init::he(SEED + 2)).with(relu),
            output: Dense::new(HIDDEN, CLASSES.len(), Init::glorot(SEED + 3)),
        }
    }

    /// One score for each class: the larger, the more the image looks like it.
    #[differentiate]
    fn scores(&self, images: &Array4<f32>) -> Array2<f32> {
        let x = self.pool.forward(&self.first.forward(images));
        let x = self.pool.forward(&self.second.forward(&x));
        let x = self.hidden.forward(&Flatten.forward(&x));
        self.output.forward(&x)
    }

    /// The mean surprise at the labels.
    #[differentiate(wrt(self))]
    fn loss(&self, images: &Array4<f32>, labels: &[usize]) -> f32 {
        softmax_cross_entropy(&self.scores(images), labels)
    }

    /// The score of one class. Its gradient with respect to the image is the sensitivity map.
    #[differentiate(wrt(image))]
    fn score(&self, image: &Array4<f32>, class: usize) -> f32 {
        let scores: Array2<f32> = self.scores(image);
        scores[[0, class]]
    }
}

grad_examples::network!(Classifier);

const USAGE: &str = "usage: cifar4 FOLDER [--out DIR] [--epochs N] [--resume]

  FOLDER      folder of data_batch_1.bin to data_batch_5.bin and test_batch.bin, the binary version
              of CIFAR-10
  --out DIR   folder for checkpoints and the report (default: target/cifar4)
  --epochs N  how many epochs (default: 20)
  --resume    go on from the checkpoint in the folder";

fn main() -> ExitCode {
    let options = cli::training_options(None, "target/cifar4", EPOCHS);
    cli::run(USAGE, options, run)
}

fn run(options: &TrainingOptions) -> Result<(), Box<dyn Error>> {
    let (training, test) = cifar10::files(&options.data)?;
    let training = cifar10::read(&training, &CLASSES)?;
    let test = cifar10::read(&[test], &CLASSES)?;
    let at = training.len() - training.len() / HELD_BACK;
    let (training, validation) = training.split_at(at);
    println!(
        "{} training images, {} to choose by, {} test images",
        training.len(),
        validation.len(),
        test.len()
    );

    let mut model = Classifier::new();
    let [training, validation, test] = [&training, &validation, &test].map(Images::new);
    let length = options.epochs.max(2) as u64 - 1;
    let outcome = Trainer::new(AdamW::new(RATE).decay(DECAY))
        .epochs(options.epochs)
        .batch(BATCH)
        .seed(SEED)
        .schedule(WarmUp::new(1, 0.2, Cosine::new(length, 0.0)))
        .folder(&options.out)
        .resume(options.resume)
        .run(&mut model, &mut Classify, &training, &validation)?;

    let tally = judge(&model, &test);
    println!("\n{}", tally.confusion());
    let accuracy = format!("{:.1} %", 100.0 * tally.accuracy().unwrap_or(0.0));
    println!("test accuracy {accuracy} after {:.1} s", outcome.seconds);
    let path = options.out.join("report.html");
    let report = Report::new("Cats, dogs, frogs and horses")
        .note("The matrix and the images are of the test set.")
        .fact("test accuracy", accuracy)
        .outcome(&outcome)
        .confusion(tally.confusion())
        .classes(&CLASSES.map(|class| NAMES[class]));
    let report = show_samples(report, &model, &test);
    let filters = model.first.filters.to_shape((27, FILTERS[0]))?.to_owned();
    show_templates(report, &filters, [3, 3, 3]).write(&path)?;
    println!("wrote {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use grad_runtime::data::Random;
    use std::fs;

    /// Records in the format of the set: a colour that tells the class, and a little noise.
    fn records(count: usize, seed: u64) -> Vec<u8> {
        let mut random = Random::new(seed);
        let mut bytes = Vec::new();
        for _ in 0..count {
            let class = random.below(10);
            bytes.push(u8::try_from(class).expect("a small number"));
            for plane in 0..3 {
                for _ in 0..32 * 32 {
                    let ink = (class + 1) * (plane + 2) * 7 % 200 + random.below(40);
                    bytes.push(u8::try_from(ink).expect("a byte"));
                }
            }
        }
        bytes
    }

    #[test]
    fn files_in_the_format_are_learned() {
        let folder = std::env::temp_dir().join(format!("grad-cifar-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for tests");
        let options = TrainingOptions {
            data: folder.clone(),
            out: folder.join("out"),
            epochs: 1,
            resume: false,
        };
        let error = run(&options).expect_err("the folder is empty").to_string();
        assert!(
            error.contains("the folder holds none of data_batch_1.bin"),
            "{error}"
        );
        let names = (1..=5).map(|n| format!("data_batch_{n}.bin"));
        for (seed, name) in (1..).zip(names.chain(["test_batch.bin".into()])) {
            fs::write(folder.join(name), records(20, seed)).expect("room");
        }
        run(&options).expect("whole files");
        let report = fs::read_to_string(options.out.join("report.html")).expect("a report");
        assert!(report.contains("frog") && !report.contains("airplane"));
        fs::remove_dir_all(&folder).expect("it was just made");
    }
}

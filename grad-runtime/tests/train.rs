//! The trainer: what it comes to, what it leaves on the disk, and what becomes of a run that is
//! killed, starved of disk or fed with nonsense.

#![allow(clippy::float_cmp, reason = "the values compared are exact")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use grad_runtime::Differentiable;
use grad_runtime::data::{Random, Samples};
use grad_runtime::optim::schedule::{Cosine, ReduceOnPlateau, WarmUp};
use grad_runtime::optim::{Adam, AdamW, Clip, Sgd};
use grad_runtime::snapshot::{Snapshot, SnapshotError};
use grad_runtime::train::{
    Damage, Outcome, Quantity, Steady, Stop, Tally, Task, TrainError, Trainer, load_weights,
};

/// A linear classifier in both precisions.
#[derive(Clone, Debug, Differentiable, PartialEq)]
struct Model {
    weights: Vec<f32>,
    bias: f64,
    /// A running mean of the scores, which no gradient moves.
    #[differentiate(skip)]
    mean: f64,
}

impl Model {
    fn new() -> Self {
        Self {
            weights: vec![0.0; WIDTH],
            bias: 0.0,
            mean: 0.0,
        }
    }

    fn score(&self, x: &[f64]) -> f64 {
        let sum: f64 = self
            .weights
            .iter()
            .zip(x)
            .map(|(w, x)| f64::from(*w) * x)
            .sum();
        sum + self.bias
    }
}

const WIDTH: usize = 6;

/// Logistic regression that leaves inputs out at random.
struct Classify {
    random: Random,
    pause: Duration,
}

impl Classify {
    fn new() -> Self {
        Self {
            random: Random::new(3),
            pause: Duration::ZERO,
        }
    }
}

impl Task<Model, Samples<f64>> for Classify {
    fn step(
        &mut self,
        model: &mut Model,
        batch: &Samples<f64>,
        gradient: &mut ModelTangent,
    ) -> f64 {
        sleep(self.pause);
        let mut loss = 0.0;
        for (x, label) in batch.iter() {
            let kept: Vec<f64> = x
                .iter()
                .map(|&x| if self.random.uniform() < 0.1 { 0.0 } else { x })
                .collect();
            let score = model.score(&kept);
            model.mean += 0.1 * (score - model.mean);
            let sign = 2.0 * label as f64 - 1.0;
            loss += (-sign * score).exp().ln_1p() / batch.len() as f64;
            let slope = -sign / (1.0 + (sign * score).exp()) / batch.len() as f64;
            for (w_bar, x) in gradient.weights.iter_mut().zip(&kept) {
                #[allow(clippy::cast_possible_truncation, reason = "meant")]
                let part = (slope * x) as f32;
                *w_bar += part;
            }
            gradient.bias += slope;
        }
        loss
    }

    fn judge(&mut self, model: &Model, batch: &Samples<f64>, tally: &mut Tally) {
        for (x, label) in batch.iter() {
            let score = model.score(x);
            let sign = 2.0 * label as f64 - 1.0;
            tally.loss((-sign * score).exp().ln_1p(), 1);
            tally.predict(label, usize::from(score > 0.0));
        }
    }

    fn save(&self, model: &Model) -> Snapshot {
        let mut snapshot = Snapshot::of("classify");
        snapshot.put("random", self.random.state().to_vec());
        snapshot.put("mean", vec![model.mean]);
        snapshot
    }

    fn restore(&mut self, model: &mut Model, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        snapshot.expect_kind("classify")?;
        let mut state = [0; 4];
        state.copy_from_slice(snapshot.u64s_of("random", 4)?);
        self.random = Random::from_state(state);
        model.mean = snapshot.f64s_of("mean", 1)?[0];
        Ok(())
    }
}

/// Points on both sides of a plane, one in ten on the wrong one.
fn points(count: usize, seed: u64) -> Samples<f64> {
    let mut random = Random::new(seed);
    let (mut values, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let x: [f64; WIDTH] = std::array::from_fn(|_| 2.0 * random.uniform() - 1.0);
        let right = x[0] + 0.5 * x[1] - x[2] > 0.2;
        labels.push(usize::from(right != (random.uniform() < 0.1)));
        values.extend(x);
    }
    Samples::new(values, vec![WIDTH], labels)
}

/// An empty folder for a test.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("train-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for tests");
    folder
}

fn trainer() -> Trainer<AdamW> {
    let schedule = WarmUp::new(3, 0.2, ReduceOnPlateau::new(0.5, 1));
    Trainer::new(AdamW::new(0.05).clip(Clip::Norm(0.5)))
        .batch(8)
        .seed(4)
        .schedule(schedule)
        .quiet(true)
}

fn train(trainer: Trainer<AdamW>, model: &mut Model) -> Result<Outcome, TrainError> {
    let mut trainer = trainer;
    trainer.run(model, &mut Classify::new(), &points(50, 1), &points(30, 2))
}

#[test]
fn a_model_learns_and_its_run_is_told() {
    let mut model = Model::new();
    let outcome = train(trainer().epochs(40).judge_training(true), &mut model).expect("it runs");
    assert_eq!((outcome.history.len(), outcome.stop), (40, Stop::Epochs));
    let (first, last) = (outcome.history.losses()[0], outcome.history.losses()[39]);
    assert!(last < 0.7 * first, "{first} to {last}");
    let accuracy = outcome.validation.accuracy().expect("it is counted");
    assert!(accuracy > 0.75, "{accuracy}");
    assert_eq!(outcome.validation.confusion().total(), 30);
    let rates: Vec<f64> = outcome.history.iter().map(|epoch| epoch.rate).collect();
    assert!(
        rates[0] < rates[1] && rates[2] < rates[3] && rates[39] < rates[3],
        "{rates:?}"
    );
    assert!(
        outcome
            .history
            .iter()
            .all(|epoch| epoch.training_accuracy.is_some())
    );
}

#[test]
fn the_best_weights_or_the_last_are_kept() {
    let (mut best, mut last) = (Model::new(), Model::new());
    let outcome = train(trainer().epochs(60), &mut best).expect("it runs");
    let losses: Vec<f64> = outcome
        .history
        .iter()
        .filter_map(|epoch| epoch.validation_loss)
        .collect();
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(outcome.validation.mean_loss(), Some(least));
    let epoch = outcome.best_epoch.expect("there were epochs");
    assert_eq!(losses[epoch - 1], least);
    let outcome = train(trainer().epochs(60).keep_best(false), &mut last).expect("it runs");
    assert_eq!(outcome.validation.mean_loss(), losses.last().copied());
}

#[test]
fn a_steady_loss_ends_the_run() {
    let mut model = Model::new();
    let trainer = trainer().epochs(500).stop_when(Steady::new(4, 0.01));
    let outcome = train(trainer, &mut model).expect("it runs");
    assert_eq!(outcome.stop, Stop::Steady);
    assert!(outcome.history.len() < 200, "{}", outcome.history.len());
}

#[test]
fn a_schedule_may_count_batches() {
    let mut trainer = Trainer::new(Adam::new(0.1))
        .epochs(2)
        .batch(10)
        .schedule_each_batch(Cosine::new(10, 0.0))
        .quiet(true);
    let mut model = Model::new();
    let outcome = trainer
        .run(
            &mut model,
            &mut Classify::new(),
            &points(50, 1),
            &points(0, 0),
        )
        .expect("it runs");
    // The last of 10 steps is number 9.
    let expected = 0.1 * (1.0 + (0.9 * std::f64::consts::PI).cos()) / 2.0;
    let last = outcome.history.last().expect("there were epochs");
    assert_eq!((outcome.history.len(), last.rate), (2, expected));
    assert_eq!(trainer.optimizer().rate(), 0.1);
    assert_eq!(outcome.validation.accuracy(), None);
}

#[test]
fn nothing_to_learn_from_is_an_error() {
    let mut model = Model::new();
    let outcome = trainer().run(
        &mut model,
        &mut Classify::new(),
        &points(0, 1),
        &points(3, 2),
    );
    assert!(matches!(outcome, Err(TrainError::NoSamples)));
    let mut trainer = trainer().drop_last(true);
    let outcome = trainer.run(
        &mut model,
        &mut Classify::new(),
        &points(7, 1),
        &points(3, 2),
    );
    assert!(matches!(outcome, Err(TrainError::NoSamples)));
}

/// The epochs and losses in the metrics of a folder.
fn metrics(folder: &Path) -> Vec<String> {
    let text = fs::read_to_string(folder.join("metrics.jsonl")).expect("there are metrics");
    text.lines()
        .map(|line| {
            let (kept, _) = line.split_once(",\"seconds\"").expect("seconds are last");
            assert!(
                line.starts_with("{\"epoch\":") && line.ends_with('}'),
                "{line}"
            );
            kept.to_owned()
        })
        .collect()
}

#[test]
fn a_run_in_parts_is_the_run_in_one() {
    let (whole, parts) = (folder("whole"), folder("parts"));
    let (mut one, mut other) = (Model::new(), Model::new());
    let outcome = train(trainer().epochs(9).folder(&whole), &mut one).expect("it runs");
    for epochs in [2, 5, 5, 9] {
        other = Model::new();
        let trainer = trainer().epochs(epochs).folder(&parts).resume(true);
        let part = train(trainer, &mut other).expect("it goes on");
        assert_eq!(part.history.len(), epochs);
        if epochs == 9 {
            assert_eq!(part.history, outcome.history);
        } else {
            // What a crash may leave behind: half a line, half a file.
            let path = parts.join("metrics.jsonl");
            let text = fs::read_to_string(&path).expect("there are metrics");
            let (first, rest) = text.split_once('\n').expect("two epochs");
            // A line that never reached the disk, one that did twice.
            let text = if epochs == 2 {
                format!("{rest}{rest}")
            } else {
                format!("{first}\n{text}")
            };
            fs::write(&path, text + "{\"epoch\":99,\"loss\":1}\n{\"epoch\":3,\"lo").expect("room");
            fs::write(parts.join("checkpoint.safetensors.part"), "half").expect("room");
        }
    }
    assert_eq!(one, other);
    same_files(&whole, &parts);
    let mut loaded = Model::new();
    load_weights(&whole.join("best.safetensors"), &mut loaded).expect("whole weights");
    assert_eq!((loaded.weights, loaded.bias), (one.weights, one.bias));
}

#[track_caller]
fn same_files(one: &Path, other: &Path) {
    for name in ["checkpoint.safetensors", "best.safetensors"] {
        let [one, other] = [one, other].map(|folder| fs::read(folder.join(name)).expect("a file"));
        assert!(one == other, "{name} differs");
    }
    assert_eq!(metrics(one), metrics(other));
    for folder in [one, other] {
        assert_eq!(
            fs::read_dir(folder).expect("a folder").count(),
            3,
            "{}",
            folder.display()
        );
    }
}

const CHILD: &str = "GRAD_TRAIN_CHILD_FOLDER";

/// Not a test of its own: the run that [`a_killed_run_comes_to_the_same_bits`] kills.
#[test]
fn child() {
    let Some(folder) = env::var_os(CHILD) else {
        return;
    };
    let mut task = Classify::new();
    task.pause = Duration::from_millis(2);
    let mut trainer = trainer()
        .epochs(25)
        .folder(PathBuf::from(folder))
        .checkpoint_every(2)
        .resume(true);
    let outcome = trainer.run(&mut Model::new(), &mut task, &points(50, 1), &points(30, 2));
    outcome.expect("it runs");
}

fn spawn_child(folder: &Path) -> std::process::Child {
    Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "child"])
        .env(CHILD, folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("this program starts")
}

#[test]
fn a_killed_run_comes_to_the_same_bits() {
    let (whole, killed) = (folder("undisturbed"), folder("killed"));
    let status = spawn_child(&whole).wait().expect("it ends");
    assert!(status.success());

    let mut random = Random::new(std::process::id().into());
    let mut kills = 0;
    while kills < 25 {
        let mut child = spawn_child(&killed);
        sleep(Duration::from_millis(10 + random.below(60) as u64));
        let ended = child.try_wait().expect("a child").is_some();
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        if ended {
            break;
        }
        kills += 1;
    }
    println!("killed {kills} times");
    assert!(kills >= 3, "killed {kills} times only");
    let status = spawn_child(&killed).wait().expect("it ends");
    assert!(status.success(), "after {kills} kills");
    same_files(&whole, &killed);
}

/// What a task with one bad batch gives.
struct Spoiled {
    inner: Classify,
    steps: usize,
    spoil: fn(&mut Model, &mut ModelTangent) -> Option<f64>,
}

impl Task<Model, Samples<f64>> for Spoiled {
    fn step(
        &mut self,
        model: &mut Model,
        batch: &Samples<f64>,
        gradient: &mut ModelTangent,
    ) -> f64 {
        let loss = self.inner.step(model, batch, gradient);
        self.steps += 1;
        if self.steps == 10 {
            if let Some(loss) = (self.spoil)(model, gradient) {
                return loss;
            }
        }
        loss
    }
    fn judge(&mut self, model: &Model, batch: &Samples<f64>, tally: &mut Tally) {
        self.inner.judge(model, batch, tally);
    }
    fn save(&self, model: &Model) -> Snapshot {
        self.inner.save(model)
    }
    fn restore(&mut self, model: &mut Model, snapshot: &Snapshot) -> Result<(), SnapshotError> {
        self.inner.restore(model, snapshot)
    }
}

fn spoiled(name: &str, spoil: fn(&mut Model, &mut ModelTangent) -> Option<f64>) -> TrainError {
    let folder = folder(name);
    let mut task = Spoiled {
        inner: Classify::new(),
        steps: 0,
        spoil,
    };
    let mut trainer = trainer().folder(&folder).checkpoint_every(2);
    let outcome = trainer.run(&mut Model::new(), &mut task, &points(50, 1), &points(30, 2));
    let error = outcome.expect_err("a batch is spoiled");
    // The checkpoint named goes on, where the batch is not spoiled.
    let goes_on = train(
        self::trainer().epochs(2).folder(&folder).resume(true),
        &mut Model::new(),
    );
    assert_eq!(goes_on.expect("the checkpoint is good").history.len(), 2);
    error
}

#[test]
fn a_loss_that_is_no_number_is_named() {
    for (name, value) in [("nan", f64::NAN), ("infinite", f64::INFINITY)] {
        let spoil = if value.is_nan() {
            |_: &mut Model, _: &mut ModelTangent| Some(f64::NAN)
        } else {
            |_: &mut Model, _: &mut ModelTangent| Some(f64::INFINITY)
        };
        let error = spoiled(name, spoil);
        let text = error.to_string();
        // 50 samples in batches of 8 are 7 batches: the tenth is the third of the second epoch.
        assert!(text.starts_with("epoch 2, batch 3: the loss is "), "{text}");
        assert!(
            text.ends_with("checkpoint.safetensors, after 1 epochs and 2 batches"),
            "{text}"
        );
    }
}

#[test]
fn a_parameter_that_is_no_number_never_reaches_a_checkpoint() {
    let error = spoiled("gradient", |_, gradient| {
        gradient.weights[2] = f32::NAN;
        None
    });
    let TrainError::NotFinite {
        quantity: Quantity::Loss | Quantity::Parameter,
        epoch: 2,
        checkpoint: Some(checkpoint),
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!((checkpoint.epoch, checkpoint.batch), (1, 2));
}

/// The damage that a changed checkpoint is refused for.
fn damage(folder: &Path, bytes: &[u8]) -> Damage {
    let path = folder.join("checkpoint.safetensors");
    fs::write(&path, bytes).expect("room");
    let mut model = Model::new();
    let error = train(trainer().folder(folder).resume(true), &mut model);
    let error = error.expect_err("the checkpoint is damaged");
    assert_eq!(model, Model::new());
    assert_eq!(fs::read(&path).expect("it is still there"), bytes);
    match error {
        TrainError::Resume {
            path: named,
            damage,
        } => {
            assert_eq!(named, path);
            damage
        }
        other => panic!("{other}"),
    }
}

#[test]
fn damaged_checkpoints_are_refused() {
    let folder = folder("damaged");
    train(trainer().epochs(1).folder(&folder), &mut Model::new()).expect("it runs");
    let whole = fs::read(folder.join("checkpoint.safetensors")).expect("a checkpoint");
    for length in (0..whole.len()).step_by(61).chain([whole.len() - 1]) {
        let damage = damage(&folder, &whole[..length]);
        assert!(matches!(damage, Damage::Format(_)), "{length}: {damage}");
    }
    for at in (0..whole.len()).step_by(13) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        damage(&folder, &bytes);
    }
    let mut lying = whole.clone();
    lying[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(damage(&folder, &lying), Damage::Format(_)));
    let weights = fs::read(folder.join("best.safetensors")).expect("weights");
    let text = damage(&folder, &weights).to_string();
    assert!(
        text.ends_with("`kind` should be training, not weights"),
        "{text}"
    );
}

#[test]
fn checkpoints_of_other_runs_are_refused() {
    let folder = folder("other");
    train(trainer().epochs(1).folder(&folder), &mut Model::new()).expect("it runs");
    let other = trainer().seed(5).folder(&folder).resume(true);
    let text = train(other, &mut Model::new())
        .expect_err("another seed")
        .to_string();
    assert!(
        text.ends_with("the run that it is of had seed 4, this one has 5"),
        "{text}"
    );
    let other = trainer().batch(16).folder(&folder).resume(true);
    let text = train(other, &mut Model::new())
        .expect_err("other batches")
        .to_string();
    assert!(
        text.ends_with("had batch size 8, this one has 16"),
        "{text}"
    );

    let mut wide = Model::new();
    wide.weights.push(0.0);
    let error =
        train(trainer().folder(&folder).resume(true), &mut wide).expect_err("another shape");
    let text = error.to_string();
    assert!(
        text.ends_with("`model.0000` should have 7 entries, not 6"),
        "{text}"
    );
    assert!(error.source().is_some());

    let mut trainer = Trainer::new(Sgd::new(0.1))
        .batch(8)
        .seed(4)
        .folder(&folder)
        .resume(true);
    let outcome = trainer.run(
        &mut Model::new(),
        &mut Classify::new(),
        &points(50, 1),
        &points(9, 2),
    );
    let text = outcome.expect_err("another optimizer").to_string();
    assert!(
        text.ends_with("`optimizer.kind` should be sgd, not adamw"),
        "{text}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_to_costs_no_training() {
    let file = folder("unwritable").join("file");
    fs::write(&file, "not a folder").expect("room");
    let mut task = Classify::new();
    let random = task.random.clone();
    let mut trainer = trainer().folder(file.join("run"));
    let outcome = trainer.run(&mut Model::new(), &mut task, &points(50, 1), &points(30, 2));
    let text = outcome.expect_err("a file is no folder").to_string();
    assert!(
        text.contains("file/run: cannot make the folder: "),
        "{text}"
    );
    assert_eq!(task.random, random, "no step was taken");
}

/// A limit on the size of files stands in for a disk that is full.
#[cfg(unix)]
#[test]
fn a_full_disk_loses_nothing() {
    let folder = folder("full");
    train(trainer().epochs(2).folder(&folder), &mut Model::new()).expect("it runs");
    let before = fs::read(folder.join("checkpoint.safetensors")).expect("a checkpoint");
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 2; exec \"$0\" --exact child"])
        .arg(env::current_exe().expect("this program"))
        .env(CHILD, &folder)
        .output()
        .expect("a shell");
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("checkpoint.safetensors") && text.contains("FileTooLarge"),
        "{text}"
    );
    let after = fs::read(folder.join("checkpoint.safetensors")).expect("a checkpoint");
    assert!(before == after, "the last good checkpoint is as it was");
    assert!(!folder.join("checkpoint.safetensors.part").exists());
    let goes_on = train(
        trainer().epochs(3).folder(&folder).resume(true),
        &mut Model::new(),
    );
    assert_eq!(goes_on.expect("there is room again").history.len(), 3);
}

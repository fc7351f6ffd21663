//! Training: the loop around a step, and all that should happen there (feature `train`).
//!
//! A [`Trainer`] goes over data for some epochs, judges the model on data it does not learn from,
//! stops when the loss is steady, keeps the best weights, and shows how it goes. Given a folder it
//! writes there, each file whole or not at all:
//!
//! | file | holds |
//! |---|---|
//! | `checkpoint.safetensors` | model, optimizer, schedule, place in the data: a run goes on from there bit for bit |
//! | `best.safetensors` | the weights with the least validation loss |
//! | `metrics.jsonl` | a line of JSON for each epoch |
//!
//! It knows nothing of layers: a model is any [`Parameters`](crate::Parameters), and a [`Task`] says
//! what a step and a judgement are. [`Report`] makes a page of what came out.
//!
//! ```
//! use grad_runtime::Differentiable;
//! use grad_runtime::data::Samples;
//! use grad_runtime::optim::Sgd;
//! use grad_runtime::train::{Trainer, task};
//!
//! #[derive(Differentiable)]
//! struct Line {
//!     slope: f64,
//!     offset: f64,
//! }
//!
//! // y = 2 x + 1, where x is the sample and y the label.
//! let points = Samples::new(vec![0.0, 1.0, 2.0, 3.0], vec![1], vec![1, 3, 5, 7]);
//! let mut line = Line { slope: 0.0, offset: 0.0 };
//! let mut fit = task(
//!     |line: &mut Line, batch: &Samples<f64>, gradient: &mut Line| {
//!         let mut loss = 0.0;
//!         for (x, y) in batch.iter() {
//!             let error = line.slope * x[0] + line.offset - y as f64;
//!             loss += error * error;
//!             gradient.slope += 2.0 * error * x[0];
//!             gradient.offset += 2.0 * error;
//!         }
//!         loss
//!     },
//!     |_, _, _| {},
//! );
//! let mut trainer = Trainer::new(Sgd::new(0.05)).epochs(200).batch(2).quiet(true);
//! let outcome = trainer.run(&mut line, &mut fit, &points, &points).unwrap();
//! assert_eq!(outcome.history.len(), 200);
//! assert!((line.slope - 2.0).abs() < 1e-3 && (line.offset - 1.0).abs() < 1e-3);
//! ```

mod checkpoint;
mod confusion;
mod error;
mod file;
mod history;
mod metrics;
mod progress;
mod report;
mod resume;
mod run;
mod settings;
mod steady;
mod task;
mod tensors;
mod weights;

pub use checkpoint::{load_weights, save_weights};
pub use confusion::Confusion;
pub use error::{Checkpoint, Damage, FileError, Quantity, TrainError};
pub use file::write_atomically;
pub use history::{Epoch, History};
pub use report::{Picture, Report, Sample};
pub use run::{Outcome, Stop};
pub use settings::Trainer;
pub use steady::Steady;
pub use task::{Functions, Tally, Task, task};

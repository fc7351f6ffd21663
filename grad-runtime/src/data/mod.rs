//! Data: samples, readers of the usual files, and batches (feature `data`).
//!
//! [`mnist`], [`cifar10`] and [`Csv`] read files into [`Samples`] and refuse damaged ones with a
//! [`DataError`] that names the file, the place in it and the reason. A [`DataLoader`] goes over
//! samples in batches, in an order drawn anew for each epoch.
//!
//! ```
//! use grad_runtime::data::{DataLoader, Samples};
//!
//! let samples = Samples::new(vec![0.0_f32, 0.1, 1.0, 1.1, 2.0, 2.1], vec![2], vec![0, 1, 2]);
//! let mut loader = DataLoader::new(&samples, 2).shuffle(7);
//! let mut seen = Vec::new();
//! while let Some(batch) = loader.next_batch() {
//!     assert_eq!(batch.values().len(), 2 * batch.labels().len());
//!     seen.extend_from_slice(batch.labels());
//! }
//! seen.sort();
//! assert_eq!(seen, [0, 1, 2]);
//! ```

pub mod cifar10;
mod csv;
mod error;
mod folder;
#[cfg(feature = "nn")]
mod images;
mod loader;
pub mod mnist;
mod random;
mod samples;
mod source;

pub use csv::Csv;
pub use error::{DataError, Place, Problem};
#[cfg(feature = "nn")]
pub use images::{ImageBatch, Images, Pixel};
pub use loader::{Data, DataLoader};
pub use random::Random;
pub use samples::Samples;

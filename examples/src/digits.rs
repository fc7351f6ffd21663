//! The handwritten digits that ship with the examples: 8 by 8 pixels and a label, one row of a
//! gzipped CSV file each.

use std::error::Error;
use std::path::{Path, PathBuf};

use grad_runtime::data::{Csv, Samples};

/// Pixels along one edge of an image.
pub const SIDE: usize = 8;
/// Pixels of one image.
pub const PIXELS: usize = SIDE * SIDE;
/// The digits 0 to 9.
pub const CLASSES: usize = 10;
/// The first rows, which the standard split trains on; people who wrote none of them wrote the rest.
pub const TRAINING_ROWS: usize = 1347;

/// The pixel value of full ink.
const BLACK: f64 = 16.0;

/// The file that ships.
#[must_use]
pub fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/digits.csv.gz")
}

/// Reads a file and splits it into training and test images at [`TRAINING_ROWS`]; ink is 1, paper 0.
///
/// # Errors
/// When the file cannot be read or unpacked, a row is not 64 pixels in 0..=16 and a label in 0..=9,
/// or no row is left to test on.
pub fn read(path: &Path) -> Result<(Samples<f64>, Samples<f64>), Box<dyn Error>> {
    let csv = Csv::new().values(PIXELS).classes(CLASSES);
    let all = csv.range(0.0..=BLACK).read(path)?;
    if all.len() <= TRAINING_ROWS {
        return Err(format!(
            "{}: expected more than {TRAINING_ROWS} rows, so that some are left to test on, found {}",
            path.display(),
            all.len()
        )
        .into());
    }
    let all = all.map(|value| value / BLACK).reshape(vec![1, SIDE, SIDE]);
    Ok(all.split_at(TRAINING_ROWS))
}

/// The same in `f32`.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "pixels have 17 values")]
pub fn narrow(samples: Samples<f64>) -> Samples<f32> {
    samples.map(|value| value as f32)
}

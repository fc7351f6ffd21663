//! MNIST, and whatever else comes in the IDX format, gzipped or not.
//!
//! The format: two zero bytes, one for the type of the entries (8: bytes), one for the number of
//! dimensions, the length of each dimension as 4 bytes with the most significant first, and the
//! entries. Y. `LeCun`, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
//!
//! ```
//! use grad_runtime::data::mnist;
//!
//! # let folder = std::env::temp_dir().join(format!("grad-mnist-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! let images = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];
//! let labels = [0, 0, 8, 1, 0, 0, 0, 2, 7, 9];
//! std::fs::write(folder.join("train-images-idx3-ubyte"), images).unwrap();
//! std::fs::write(folder.join("train-labels-idx1-ubyte"), labels).unwrap();
//! let training = mnist::read_folder(&folder, mnist::Part::Training).unwrap();
//! assert_eq!(training.shape(), [1, 1, 3]);
//! assert_eq!((training.sample(1), training.labels()), (&[4, 5, 6][..], &[7, 9][..]));
//! # std::fs::remove_dir_all(&folder).unwrap();
//! ```

use alloc::{format, vec, vec::Vec};
use std::path::{Path, PathBuf};

use super::source::Source;
use super::{DataError, Place, Problem, Samples};

/// The digits 0 to 9.
pub const CLASSES: usize = 10;

/// The first bytes of a file of images, and of one of labels.
const IMAGES: u32 = 0x0803;
const LABELS: u32 = 0x0801;

/// Where a file of images says how many rows and columns they have.
const SIZES: Place = Place::Byte(8);

/// The parts that the set comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// 60000 images.
    Training,
    /// 10000 images of other writers.
    Test,
}

/// Reads both parts of the set from a folder: what to learn from, and what to be tested on.
///
/// # Errors
/// When a file is missing or damaged, or the files do not belong together.
pub fn read_both(folder: &Path) -> Result<(Samples<u8>, Samples<u8>), DataError> {
    let training = read_folder(folder, Part::Training)?;
    let test = read_folder(folder, Part::Test)?;
    if training.shape() != test.shape() {
        let problem = Problem::Shapes {
            expected: training.shape().to_vec(),
            found: test.shape().to_vec(),
        };
        let images = find(folder, Part::Test, "images-idx3", "images.idx3")?;
        return Err(DataError::at(&images, SIZES, problem));
    }
    Ok((training, test))
}

/// Reads a part of the set from a folder, under the names that its files usually have.
///
/// # Errors
/// When a file is missing or damaged, or the two do not belong together.
pub fn read_folder(folder: &Path, part: Part) -> Result<Samples<u8>, DataError> {
    let images = find(folder, part, "images-idx3", "images.idx3")?;
    let labels = find(folder, part, "labels-idx1", "labels.idx1")?;
    read(&images, &labels)
}

/// The file of a part, which has either of two names and may be gzipped.
fn find(folder: &Path, part: Part, one: &str, other: &str) -> Result<PathBuf, DataError> {
    let part = match part {
        Part::Training => "train",
        Part::Test => "t10k",
    };
    let names = [one, other].map(|name| format!("{part}-{name}-ubyte"));
    let zipped = names.clone().map(|name| format!("{name}.gz"));
    super::folder::find(folder, &[names, zipped].concat())
}

/// Reads a file of images and the file of their labels, which are in 0..=9. The shape of a sample
/// is 1 channel, rows, columns.
///
/// # Errors
/// When a file is missing or damaged, or the two do not belong together.
pub fn read(images: &Path, labels: &Path) -> Result<Samples<u8>, DataError> {
    let (pixels, sizes) = read_idx(images, IMAGES)?;
    let (classes, _) = read_idx(labels, LABELS)?;
    if sizes[0] != classes.len() {
        let problem = Problem::Counts {
            images: sizes[0],
            labels: classes.len(),
        };
        return Err(DataError::new(labels, problem));
    }
    if let Some(at) = classes
        .iter()
        .position(|&class| usize::from(class) >= CLASSES)
    {
        let problem = Problem::Label {
            found: classes[at].into(),
            classes: CLASSES,
        };
        let header = 8;
        let place = Place::Byte(header + at as u64);
        return Err(DataError::at(labels, place, problem));
    }
    let shape = vec![1, sizes[1], sizes[2]];
    Ok(Samples::new(
        pixels,
        shape,
        classes.into_iter().map(usize::from).collect(),
    ))
}

/// The entries of a file and its dimensions.
fn read_idx(path: &Path, kind: u32) -> Result<(Vec<u8>, Vec<usize>), DataError> {
    let mut source = Source::open(path)?;
    let found = source.word()?;
    if found != kind {
        let problem = Problem::Kind {
            expected: kind,
            found,
        };
        return Err(source.refuse(0, problem));
    }
    let rank = kind & 0xff;
    let mut sizes = Vec::new();
    let mut count = Some(1_u64);
    for _ in 0..rank {
        let size = source.word()?;
        count = count.and_then(|count| count.checked_mul(size.into()));
        sizes.push(usize::try_from(size).map_err(|_| source.refuse(4, Problem::TooLarge))?);
    }
    match count {
        None => Err(source.refuse(4, Problem::TooLarge)),
        Some(0) => Err(source.refuse(4, Problem::Empty)),
        Some(count) => {
            let entries = source.exactly(count)?;
            source.end()?;
            Ok((entries, sizes))
        }
    }
}

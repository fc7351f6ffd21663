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
use super::{DataError, Problem, Samples};

/// The digits 0 to 9.
pub const CLASSES: usize = 10;

/// The first bytes of a file of images, and of one of labels.
const IMAGES: u32 = 0x0803;
const LABELS: u32 = 0x0801;

/// The parts that the set comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// 60000 images.
    Training,
    /// 10000 images of other writers.
    Test,
}

/// Reads a part of the set from a folder, under the names that its files usually have.
///
/// # Errors
/// When a file is missing or damaged, or the two do not belong together.
pub fn read_folder(folder: &Path, part: Part) -> Result<Samples<u8>, DataError> {
    let prefix = match part {
        Part::Training => "train",
        Part::Test => "t10k",
    };
    let images = find(folder, prefix, "images", 3)?;
    let labels = find(folder, prefix, "labels", 1)?;
    read(&images, &labels)
}

/// The first of a file's usual names that is there.
fn find(folder: &Path, prefix: &str, kind: &str, rank: u32) -> Result<PathBuf, DataError> {
    let names = ["-", "."].map(|dot| format!("{prefix}-{kind}{dot}idx{rank}-ubyte"));
    let paths = names
        .iter()
        .flat_map(|name| [name.clone(), format!("{name}.gz")]);
    let found = paths
        .map(|name| folder.join(name))
        .find(|path| path.exists());
    found.ok_or_else(|| {
        let names = format!("{}, {} (.gz)", names[0], names[1]);
        DataError::new(folder, Problem::NotFound { names })
    })
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
        return Err(DataError::at(
            labels,
            super::Place::Byte(header + at as u64),
            problem,
        ));
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

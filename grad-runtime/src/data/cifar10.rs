//! CIFAR-10 in its binary format, with a filter by class.
//!
//! The format: records of 3073 bytes, the label and then 32 rows of 32 pixels of red, of green and
//! of blue. A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images" (2009).
//!
//! ```
//! use grad_runtime::data::cifar10;
//!
//! # let path = std::env::temp_dir().join(format!("grad-cifar-doc-{}.bin", std::process::id()));
//! let mut bytes = vec![0; 2 * 3073];
//! (bytes[0], bytes[3073]) = (5, 1); // a dog, a car
//! std::fs::write(&path, bytes).unwrap();
//! let pets = cifar10::read(&[&path], &[cifar10::CAT, cifar10::DOG]).unwrap();
//! assert_eq!((pets.len(), pets.labels(), pets.shape()), (1, &[1][..], &[3, 32, 32][..]));
//! # std::fs::remove_file(&path).unwrap();
//! ```

use alloc::{format, string::String, vec, vec::Vec};
use std::path::{Path, PathBuf};

use super::source::Source;
use super::{DataError, Problem, Samples};

/// The classes in the order of their labels.
pub const NAMES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];
/// The label of cats.
pub const CAT: usize = 3;
/// The label of dogs.
pub const DOG: usize = 5;
/// The label of frogs.
pub const FROG: usize = 6;
/// The label of horses.
pub const HORSE: usize = 7;

const PIXELS: usize = 3 * 32 * 32;
const RECORD: usize = 1 + PIXELS;
/// The most records of one file: as many as the whole set has. A device that never ends, or a gzipped
/// file that unpacks to one, ends here.
const MOST: u64 = 60_000;

/// The five files of the training part, and that of the test part, in a folder, each gzipped or not.
///
/// # Errors
/// When one of them is not there.
pub fn files(folder: &Path) -> Result<(Vec<PathBuf>, PathBuf), DataError> {
    let find = |name: String| super::folder::find(folder, &[name.clone(), name + ".gz"]);
    let training: Result<_, _> = (1..=5)
        .map(|n| find(format!("data_batch_{n}.bin")))
        .collect();
    Ok((training?, find("test_batch.bin".into())?))
}

/// Reads files one after another and keeps the samples of these classes, which get new labels: the
/// places of their old ones in `classes`.
///
/// # Errors
/// When a file is missing or damaged or has more samples than the whole set (60,000), or none of them
/// has a sample of these classes.
///
/// # Panics
/// When a class is not in 0..=9.
pub fn read(paths: &[impl AsRef<Path>], classes: &[usize]) -> Result<Samples<u8>, DataError> {
    assert!(
        classes.iter().all(|&class| class < NAMES.len()),
        "the classes are numbered from 0 to 9, which {classes:?} are not"
    );
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for path in paths {
        read_file(path.as_ref(), classes, &mut pixels, &mut labels)?;
    }
    if labels.is_empty() {
        let path = paths.first().map_or(Path::new(""), AsRef::as_ref);
        return Err(DataError::new(path, Problem::Empty));
    }
    Ok(Samples::new(pixels, vec![3, 32, 32], labels))
}

fn read_file(
    path: &Path,
    classes: &[usize],
    pixels: &mut Vec<u8>,
    labels: &mut Vec<usize>,
) -> Result<(), DataError> {
    /// Read at once, so that a large file of something else takes no memory.
    const RECORDS: usize = 256;
    let mut source = Source::open(path)?;
    loop {
        let start = source.offset();
        let bytes = source.up_to((RECORDS * RECORD) as u64)?;
        let (records, rest) = bytes.as_chunks::<RECORD>();
        for (index, record) in records.iter().enumerate() {
            let label = usize::from(record[0]);
            if label >= NAMES.len() {
                let problem = Problem::Label {
                    found: label as u64,
                    classes: NAMES.len(),
                };
                return Err(source.refuse(start + (index * RECORD) as u64, problem));
            }
            if let Some(place) = classes.iter().position(|&class| class == label) {
                pixels.extend_from_slice(&record[1..]);
                labels.push(place);
            }
        }
        let found = source.offset();
        if !rest.is_empty() {
            let record = RECORD as u64;
            let problem = Problem::Records { record, found };
            return Err(source.refuse(found - rest.len() as u64, problem));
        }
        if found == 0 {
            return Err(DataError::new(path, Problem::Empty));
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let expected = MOST * RECORD as u64;
        if found > expected {
            return Err(source.refuse(expected, Problem::Oversized { expected }));
        }
    }
}

//! Snapshots as files of tensors.
//!
//! A list is a tensor of one dimension under its name, a text one of bytes. `checksum` is the sum of
//! all others, since the format has none and a flipped bit in a weight would pass. Equal snapshots
//! are equal files.

use alloc::{string::String, vec, vec::Vec};
use std::path::Path;

use super::tensors::{self, Kind, Tensor};
use super::{Damage, FileError, TrainError, file, weights};
use crate::Parameters;
use crate::snapshot::{Entry, Snapshot, SnapshotError};

const SUM: &str = "checksum";

/// Writes the parameters of a model to a safetensors file, whole or not at all.
///
/// # Errors
/// When the file cannot be written.
///
/// ```
/// use grad_runtime::train::{load_weights, save_weights};
///
/// # let path = std::env::temp_dir().join(format!("grad-weights-doc-{}", std::process::id()));
/// save_weights(&path, &mut (vec![1.0_f32, 2.0], 3.0_f64)).unwrap();
/// let mut model = (vec![0.0_f32; 2], 0.0_f64);
/// load_weights(&path, &mut model).unwrap();
/// assert_eq!(model, (vec![1.0, 2.0], 3.0));
///
/// let error = load_weights(&path, &mut (vec![0.0_f32; 3], 0.0_f64)).unwrap_err();
/// assert!(error.to_string().ends_with("`model.0000` should have 3 entries, not 2"));
/// # std::fs::remove_file(&path).unwrap();
/// ```
pub fn save_weights<M: Parameters>(path: &Path, model: &mut M) -> Result<(), FileError> {
    let like = model.zero_tangent();
    write(path, &weights_file(weights::save(model, &like)))
}

/// The content of a file of weights alone.
pub(super) fn weights_file(weights: Snapshot) -> Snapshot {
    let mut snapshot = Snapshot::of("weights");
    snapshot.put_part("model", weights);
    snapshot
}

/// Reads the parameters of a model from a file of weights, or the latest ones from a checkpoint.
///
/// # Errors
/// When the file cannot be read, is damaged or is of a model of another shape; the model is as it
/// was then.
pub fn load_weights<M: Parameters>(path: &Path, model: &mut M) -> Result<(), TrainError> {
    let bytes = std::fs::read(path).map_err(FileError::new("read", path))?;
    let damaged = |damage| TrainError::Resume {
        path: path.to_path_buf(),
        damage,
    };
    let snapshot = parse(&bytes).map_err(damaged)?;
    let like = model.zero_tangent();
    weights::restore(model, &like, &snapshot.part("model"))
        .map_err(|error| damaged(Damage::Content(error.within("model"))))
}

/// Writes a snapshot, whole or not at all.
pub(super) fn write(path: &Path, snapshot: &Snapshot) -> Result<(), FileError> {
    let mut all: Vec<Tensor<Vec<u8>>> = snapshot
        .iter()
        .map(|(name, entry)| tensor(name, entry))
        .collect();
    all.push(tensor(SUM, &Entry::U64(vec![sum(snapshot)])));
    file::write_atomically(path, &tensors::write(&all))
}

/// One list as the file holds it.
fn tensor(name: &str, entry: &Entry) -> Tensor<Vec<u8>> {
    let (kind, bytes) = match entry {
        Entry::F32(x) => (Kind::F32, x.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Entry::F64(x) => (Kind::F64, x.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Entry::U64(x) => (Kind::U64, x.iter().flat_map(|x| x.to_le_bytes()).collect()),
        Entry::Text(text) => (Kind::U8, text.as_bytes().to_vec()),
    };
    Tensor {
        name: name.into(),
        kind,
        bytes,
    }
}

/// Reads what [`write`] wrote. Allocates no more than a few times what `bytes` holds.
pub(super) fn parse(bytes: &[u8]) -> Result<Snapshot, Damage> {
    let mut snapshot = Snapshot::default();
    let mut written = None;
    for tensor in tensors::read(bytes).map_err(Damage::Format)? {
        match entry(&tensor).ok_or(Damage::Sum)? {
            Entry::U64(numbers) if tensor.name == SUM => written = numbers.first().copied(),
            entry => snapshot.put(&tensor.name, entry),
        }
    }
    let missing = || Damage::Content(SnapshotError::value(SUM, "a number", "nothing"));
    if written.ok_or_else(missing)? == sum(&snapshot) {
        Ok(snapshot)
    } else {
        Err(Damage::Sum)
    }
}

/// One list of the file; `None` where a text is none.
fn entry(tensor: &Tensor<&[u8]>) -> Option<Entry> {
    let bytes = tensor.bytes;
    Some(match tensor.kind {
        Kind::F32 => Entry::F32(numbers(bytes, f32::from_le_bytes)),
        Kind::F64 => Entry::F64(numbers(bytes, f64::from_le_bytes)),
        Kind::U64 => Entry::U64(numbers(bytes, u64::from_le_bytes)),
        Kind::U8 => Entry::Text(String::from_utf8(bytes.to_vec()).ok()?),
    })
}

fn numbers<T, const N: usize>(bytes: &[u8], from: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().copied().map(from).collect()
}

/// A sum over names, kinds and bits of all lists: FNV-1a on words with a rotation, so that high bits
/// reach low ones.
fn sum(snapshot: &Snapshot) -> u64 {
    let mut sum = Sum(0xcbf2_9ce4_8422_2325);
    for (name, entry) in snapshot.iter() {
        sum.bytes(name.as_bytes());
        match entry {
            Entry::F32(x) => x.iter().for_each(|x| sum.word(x.to_bits().into())),
            Entry::F64(x) => x.iter().for_each(|x| sum.word(x.to_bits())),
            Entry::U64(x) => x.iter().for_each(|&x| sum.word(x)),
            Entry::Text(text) => sum.bytes(text.as_bytes()),
        }
    }
    sum.0
}

struct Sum(u64);

impl Sum {
    fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word)
            .wrapping_mul(0x0100_0000_01b3)
            .rotate_left(29);
    }
    fn bytes(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        for &byte in bytes {
            self.word(byte.into());
        }
    }
}

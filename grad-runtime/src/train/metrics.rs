//! One line of JSON for each epoch.

use alloc::{collections::BTreeMap, format, string::String};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Epoch, FileError, History, file};

/// A file that grows by a line each epoch.
pub(super) struct Metrics {
    path: PathBuf,
    file: File,
}

impl Metrics {
    /// Starts a file with the lines of the epochs done, as they are there already: a run that is
    /// gone on with drops what came after its checkpoint, half a line included. A line that never
    /// reached the disk is written again, without its times.
    pub(super) fn open(path: PathBuf, done: &History) -> Result<Self, FileError> {
        let old = if done.is_empty() {
            None
        } else {
            file::read_if_there(&path)?
        };
        let old = old.unwrap_or_default();
        let old = String::from_utf8_lossy(&old);
        let lines: BTreeMap<usize, &str> = old
            .split_inclusive('\n')
            .filter(|line| line.ends_with("}\n"))
            .filter_map(|line| Some((epoch_of(line)?, line)))
            .collect();
        let kept: String = (1..)
            .zip(done.iter())
            .map(|(number, epoch)| match lines.get(&number) {
                Some(line) => (*line).into(),
                None => line(number, epoch, None),
            })
            .collect();
        file::write_atomically(&path, kept.as_bytes())?;
        let opened = OpenOptions::new().append(true).open(&path);
        let file = opened.map_err(FileError::new("write", &path))?;
        Ok(Self { path, file })
    }

    /// Adds the line of an epoch, counted from 1.
    pub(super) fn push(
        &mut self,
        number: usize,
        epoch: &Epoch,
        times: (f64, f64),
    ) -> Result<(), FileError> {
        let line = line(number, epoch, Some(times));
        let written = self.file.write_all(line.as_bytes());
        written.map_err(FileError::new("write", &self.path))
    }
}

/// The line of an epoch, with the seconds it took and the samples a second if they are known.
fn line(number: usize, epoch: &Epoch, times: Option<(f64, f64)>) -> String {
    let mut line = format!("{{\"epoch\":{number}");
    for (name, value) in [
        ("loss", Some(epoch.loss)),
        ("validation_loss", epoch.validation_loss),
        ("accuracy", epoch.accuracy),
        ("training_accuracy", epoch.training_accuracy),
        ("rate", Some(epoch.rate)),
        ("seconds", times.map(|times| times.0)),
        ("samples_per_second", times.map(|times| times.1)),
    ] {
        line += &format!(",\"{name}\":{}", json(value));
    }
    line + "}\n"
}

/// A number as JSON, which has none that are not finite.
fn json(value: Option<f64>) -> String {
    match value {
        Some(x) if x.is_finite() => format!("{x}"),
        _ => "null".into(),
    }
}

/// The number that a line starts with.
fn epoch_of(line: &str) -> Option<usize> {
    let rest = line.strip_prefix("{\"epoch\":")?;
    rest.split(',').next()?.parse().ok()
}

/// The file of metrics in a folder.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join("metrics.jsonl")
}

//! One line of JSON for each epoch.

use alloc::{format, string::String};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Epoch, FileError, file};

/// A file that grows by a line each epoch.
pub(super) struct Metrics {
    path: PathBuf,
    file: File,
}

impl Metrics {
    /// Starts a file, with the lines of the first `epochs` epochs that are there already: a run
    /// that is gone on with drops what came after its checkpoint, half a line included.
    pub(super) fn open(path: PathBuf, epochs: usize) -> Result<Self, FileError> {
        let old = if epochs == 0 {
            None
        } else {
            file::read_if_there(&path)?
        };
        let old = old.unwrap_or_default();
        let kept: String = String::from_utf8_lossy(&old)
            .split_inclusive('\n')
            .filter(|line| line.ends_with("}\n"))
            .filter(|line| epoch_of(line).is_some_and(|epoch| epoch <= epochs))
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
        (seconds, speed): (f64, f64),
    ) -> Result<(), FileError> {
        let mut line = format!("{{\"epoch\":{number}");
        for (name, value) in [
            ("loss", Some(epoch.loss)),
            ("validation_loss", epoch.validation_loss),
            ("accuracy", epoch.accuracy),
            ("training_accuracy", epoch.training_accuracy),
            ("rate", Some(epoch.rate)),
            ("seconds", Some(seconds)),
            ("samples_per_second", Some(speed)),
        ] {
            line += &format!(",\"{name}\":{}", json(value));
        }
        line += "}\n";
        let written = self.file.write_all(line.as_bytes());
        written.map_err(FileError::new("write", &self.path))
    }
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

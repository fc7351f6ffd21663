//! Reading the text files: every number is checked, and what is wrong comes back as an
//! [`InputError`] that names the file and the line.
//!
//! A size in a file is believed only as far as the numbers that follow bear it out, so that a
//! damaged header can neither overflow nor ask for memory that the file does not fill.

mod ba;
mod gmm;
mod hand;
mod lstm;
mod model;
mod numbers;

use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

pub use ba::read_ba;
pub use gmm::read_gmm;
pub use hand::read_hand;
pub use lstm::read_lstm;
pub use model::read_model;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1, where one can be named.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
}

impl InputError {
    fn at(path: &Path, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: Some(line),
            message: message.into(),
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: ", self.path.display())?;
        if let Some(line) = self.line {
            write!(out, "line {line}: ")?;
        }
        out.write_str(&self.message)
    }
}

impl Error for InputError {}

/// The text of a file.
pub(super) fn text_of(path: &Path) -> Result<String, InputError> {
    let bytes = fs::read(path).map_err(|error| InputError {
        path: path.to_owned(),
        line: None,
        message: format!("cannot be read: {error}"),
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.split(|&byte| byte == b'\n').count();
        InputError::at(path, line, "not text in UTF-8")
    })
}

/// A number, which must be finite.
pub(super) fn finite(word: &str) -> Result<f64, String> {
    match word.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(format!("{word:?} is not finite")),
        Err(_) => Err(format!("{word:?} is not a number")),
    }
}

/// A whole number that is not negative.
pub(super) fn whole(word: &str) -> Result<usize, String> {
    word.parse()
        .map_err(|_| format!("{word:?} is not a whole number"))
}

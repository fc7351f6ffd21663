//! The four problems with buffers for their results: what is timed and what is checked.

mod ba;
mod gmm;
mod hand;
mod lstm;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

pub use ba::{BaWork, Input};
pub use gmm::GmmWork;
pub use hand::HandWork;
pub use lstm::LstmWork;

use super::read::{InputError, read_ba, read_gmm, read_hand, read_lstm};

/// A problem, and place for its objective and its Jacobian.
pub trait Work {
    /// Evaluates the objective.
    fn objective(&mut self);

    /// Evaluates objective and Jacobian by the generated derivatives.
    fn jacobian(&mut self);

    /// Evaluates objective and Jacobian by the derivatives written by hand.
    fn jacobian_by_hand(&mut self);

    /// Into how many parts the results fall that each have the reference's layout.
    fn parts(&self) -> usize {
        1
    }

    /// A part of the objective that was evaluated last.
    fn objective_part(&self, part: usize) -> Vec<f64>;

    /// A part of the Jacobian that was evaluated last.
    fn jacobian_part(&self, part: usize) -> Vec<f64>;
}

/// Which of the four problems a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A Gaussian mixture.
    Gmm,
    /// Bundle adjustment.
    Ba,
    /// A character model.
    Lstm,
    /// Hand tracking.
    Hand,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Gmm, Self::Ba, Self::Lstm, Self::Hand];

    /// The word for it on the command line and in paths.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gmm => "gmm",
            Self::Ba => "ba",
            Self::Lstm => "lstm",
            Self::Hand => "hand",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &OsStr) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| name == kind.name())
    }

    /// Tells the kind from a path: from the last part of it that starts with a kind's name, such
    /// as `gmm_d2_K5.txt`, `hand1_t26_c100.txt` or the folder `ba`.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let of_part = |part: &OsStr| {
            let part = part.to_string_lossy().to_lowercase();
            Self::ALL.into_iter().find(|kind| {
                part.strip_prefix(kind.name())
                    .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphabetic()))
            })
        };
        path.iter().rev().find_map(of_part)
    }

    /// Reads a problem of this kind; a hand needs the folder of its model.
    ///
    /// # Errors
    /// When a file is damaged, or no folder of a model is given or found beside the file.
    pub fn read(self, path: &Path, model: Option<&Path>) -> Result<Box<dyn Work>, InputError> {
        Ok(match self {
            Self::Gmm => Box::new(GmmWork::new(read_gmm(path)?)),
            Self::Ba => Box::new(BaWork::new(read_ba(path)?)),
            Self::Lstm => Box::new(LstmWork::new(read_lstm(path)?)),
            Self::Hand => {
                let folder = match model {
                    Some(folder) => folder.to_owned(),
                    None => model_beside(path)?,
                };
                Box::new(HandWork::new(read_hand(path, &folder)?))
            }
        })
    }
}

/// The folder `model` beside a file or beside a folder that it is in.
fn model_beside(path: &Path) -> Result<PathBuf, InputError> {
    let folders = path.ancestors().skip(1).map(|folder| folder.join("model"));
    let mut found = folders.filter(|folder| folder.join("bones.txt").is_file());
    found.next().ok_or_else(|| InputError {
        path: path.to_owned(),
        line: None,
        message: "no folder `model` is beside it: name one with --model".into(),
    })
}

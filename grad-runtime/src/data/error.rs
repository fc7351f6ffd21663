//! Why a data file was refused.

use alloc::{string::String, vec::Vec};
use core::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A data file that was refused: which, where, and why.
///
/// ```
/// use grad_runtime::data::{Csv, Problem};
///
/// let error = Csv::new().read("no/such/file.csv".as_ref()).unwrap_err();
/// assert!(error.to_string().starts_with("no/such/file.csv: cannot open the file: "));
/// assert!(matches!(error.problem, Problem::Open(_)));
/// ```
#[derive(Debug)]
pub struct DataError {
    /// The file.
    pub path: PathBuf,
    /// The place in the file, where the trouble has one.
    pub place: Option<Place>,
    /// What is wrong there.
    pub problem: Problem,
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A byte, counted from 0; of the content, if the file is gzipped.
    Byte(u64),
    /// A line of text, counted from 1.
    Line(u64),
    /// A cell of a table.
    Cell {
        /// The line, counted from 1.
        line: u64,
        /// The column, counted from 1.
        column: usize,
    },
}

/// What can be wrong with a data file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// It is missing or may not be read.
    Open(io::Error),
    /// It is a folder that is missing or may not be read.
    Folder(io::Error),
    /// None of the names that it could have is there.
    NotFound {
        /// The names.
        names: String,
    },
    /// Reading or unpacking broke off.
    Read(io::Error),
    /// It starts like a file of another kind.
    Kind {
        /// The first bytes expected.
        expected: u32,
        /// The first bytes found.
        found: u32,
    },
    /// It ends too early.
    Truncated {
        /// How many bytes there should be.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// There are more bytes than there should be.
    Oversized {
        /// How many bytes there should be.
        expected: u64,
    },
    /// Its size is not a multiple of that of a record.
    Records {
        /// The bytes of a record.
        record: u64,
        /// The bytes found.
        found: u64,
    },
    /// It announces more than can exist.
    TooLarge,
    /// There are no samples in it.
    Empty,
    /// Two files of one set do not belong together.
    Counts {
        /// How many images the other file has.
        images: usize,
        /// How many labels this one has.
        labels: usize,
    },
    /// The images of two files of one set differ in shape.
    Shapes {
        /// The shape in the other file.
        expected: Vec<usize>,
        /// The shape in this one.
        found: Vec<usize>,
    },
    /// A label of no class.
    Label {
        /// The label.
        found: u64,
        /// How many classes there are.
        classes: usize,
    },
    /// A row has another number of columns than it should.
    Columns {
        /// How many there should be.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A cell that is not a finite number.
    NotANumber {
        /// What stands there.
        text: String,
    },
    /// A cell that should hold a whole number, and does not.
    NotWhole {
        /// What stands there.
        text: String,
    },
    /// A number outside of the range allowed.
    OutOfRange {
        /// What stands there.
        text: String,
        /// The smallest number allowed.
        low: f64,
        /// The largest number allowed.
        high: f64,
    },
}

impl DataError {
    pub(super) fn new(path: &Path, problem: Problem) -> Self {
        Self {
            path: path.to_path_buf(),
            place: None,
            problem,
        }
    }

    pub(super) fn at(path: &Path, place: Place, problem: Problem) -> Self {
        Self {
            place: Some(place),
            ..Self::new(path, problem)
        }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match self.place {
            None => {}
            Some(Place::Byte(byte)) => write!(f, "byte {byte}: ")?,
            Some(Place::Line(line)) => write!(f, "line {line}: ")?,
            Some(Place::Cell { line, column }) => write!(f, "line {line}, column {column}: ")?,
        }
        write!(f, "{}", self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => write!(f, "cannot open the file: {error}"),
            Self::Folder(error) => write!(f, "cannot open the folder: {error}"),
            Self::NotFound { names } => write!(f, "the folder holds none of {names}"),
            Self::Read(error) => write!(f, "cannot read on: {error}"),
            Self::Kind { expected, found } => write!(
                f,
                "expected a file that starts with {expected:#010x}, found {found:#010x}"
            ),
            Self::Truncated { expected, found } => {
                write!(
                    f,
                    "the file ends too early: expected {expected} bytes, found {found}"
                )
            }
            Self::Oversized { expected } => {
                write!(f, "expected the file to end here, after {expected} bytes")
            }
            Self::Records { record, found } => {
                write!(
                    f,
                    "expected records of {record} bytes, found {found} bytes in all"
                )
            }
            Self::TooLarge => f.write_str("the file announces more than can exist"),
            Self::Empty => f.write_str("there are no samples in it"),
            Self::Counts { images, labels } => {
                write!(
                    f,
                    "expected {images} labels, one for each image, found {labels}"
                )
            }
            Self::Shapes { expected, found } => {
                write!(
                    f,
                    "expected images of shape {expected:?}, as in the other part, found {found:?}"
                )
            }
            Self::Label { found, classes } => {
                write!(
                    f,
                    "label {found} is not in 0..={}",
                    classes.saturating_sub(1)
                )
            }
            Self::Columns { expected, found } => {
                write!(f, "expected {expected} columns, found {found}")
            }
            Self::NotANumber { text } => write!(f, "{text:?} is not a finite number"),
            Self::NotWhole { text } => write!(f, "{text:?} is not a whole number"),
            Self::OutOfRange { text, low, high } => write!(f, "{text:?} is not in {low}..={high}"),
        }
    }
}

impl core::error::Error for DataError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &self.problem {
            Problem::Open(error) | Problem::Folder(error) | Problem::Read(error) => Some(error),
            _ => None,
        }
    }
}

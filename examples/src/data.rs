//! The handwritten digits: one row of a gzipped CSV file an image, 64 pixels and a label.
//!
//! A file is read whole and checked cell by cell: what is wrong comes back as a
//! [`DataError`] that names the file and the line, never as a panic or a wrong image.

use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

/// Pixels along one edge of an image.
pub const SIDE: usize = 8;
/// Pixels of one image.
pub const PIXELS: usize = SIDE * SIDE;
/// The digits 0 to 9.
pub const CLASSES: usize = 10;
/// The first rows, which the standard split trains on; people who wrote none of them wrote the rest.
pub const TRAINING_ROWS: usize = 1347;

/// The largest pixel value in the file: full ink.
const BLACK: u8 = 16;
/// The largest label in the file.
const LAST_DIGIT: u8 = 9;

/// Images and their labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Digits {
    /// The pixels of all images, one after another, each in 0..=1.
    pub pixels: Vec<f64>,
    /// The digit that each image shows.
    pub labels: Vec<usize>,
}

impl Digits {
    /// Reads a gzipped CSV file.
    ///
    /// # Errors
    /// When the file cannot be read or unpacked, or a row is not 64 pixels in 0..=16 and a label
    /// in 0..=9.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let file = File::open(path).map_err(|error| DataError::new(path, Problem::Open(error)))?;
        let reader = BufReader::new(MultiGzDecoder::new(BufReader::new(file)));
        let mut digits = Self::default();
        for (index, text) in reader.lines().enumerate() {
            text.map_err(Problem::Read)
                .and_then(|text| digits.push_row(&text))
                .map_err(|problem| DataError::at_line(path, index + 1, problem))?;
        }
        Ok(digits)
    }

    /// Reads a file and splits it into training and test images at [`TRAINING_ROWS`].
    ///
    /// # Errors
    /// As for [`Digits::read`], and when no row is left to test on.
    pub fn read_split(path: &Path) -> Result<(Self, Self), DataError> {
        let mut training = Self::read(path)?;
        if training.len() <= TRAINING_ROWS {
            let problem = Problem::TooFewRows(training.len());
            return Err(DataError::new(path, problem));
        }
        let test = Self {
            pixels: training.pixels.split_off(TRAINING_ROWS * PIXELS),
            labels: training.labels.split_off(TRAINING_ROWS),
        };
        Ok((training, test))
    }

    /// How many images there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of one image.
    #[must_use]
    pub fn image(&self, index: usize) -> &[f64] {
        &self.pixels[index * PIXELS..(index + 1) * PIXELS]
    }

    /// Every image with its label.
    pub fn iter(&self) -> impl Iterator<Item = (&[f64], usize)> {
        self.pixels
            .chunks_exact(PIXELS)
            .zip(self.labels.iter().copied())
    }

    /// A copy of the images at these indices, in this order: a mini-batch.
    #[must_use]
    pub fn gather(&self, indices: &[usize]) -> Self {
        Self {
            pixels: indices
                .iter()
                .flat_map(|&i| self.image(i))
                .copied()
                .collect(),
            labels: indices.iter().map(|&i| self.labels[i]).collect(),
        }
    }

    /// Adds the image of one line of the file.
    fn push_row(&mut self, text: &str) -> Result<(), Problem> {
        let cells: Vec<&str> = text.split(',').collect();
        let Some((label, pixels)) = cells.split_last().filter(|(_, p)| p.len() == PIXELS) else {
            return Err(Problem::Columns(cells.len()));
        };
        for (index, cell) in pixels.iter().enumerate() {
            let pixel = parse(cell, index + 1, BLACK)?;
            self.pixels.push(f64::from(pixel) / f64::from(BLACK));
        }
        let label = parse(label, PIXELS + 1, LAST_DIGIT)?;
        self.labels.push(usize::from(label));
        Ok(())
    }
}

/// Reads one cell as a whole number in `0..=largest`.
fn parse(text: &str, column: usize, largest: u8) -> Result<u8, Problem> {
    let cell = Cell {
        column,
        text: text.to_owned(),
    };
    match text.trim().parse::<i64>() {
        Err(_) => Err(Problem::NotANumber(cell)),
        Ok(number) => match u8::try_from(number) {
            Ok(number) if number <= largest => Ok(number),
            _ => Err(Problem::OutOfRange { cell, largest }),
        },
    }
}

/// Why a file of digits was refused.
#[derive(Debug)]
pub struct DataError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1, where the trouble has one.
    pub line: Option<usize>,
    /// What is wrong there.
    pub problem: Problem,
}

/// What can be wrong with a file of digits.
#[derive(Debug)]
#[non_exhaustive]
pub enum Problem {
    /// The file is missing or may not be read.
    Open(io::Error),
    /// Reading or unpacking broke off.
    Read(io::Error),
    /// A row has this many columns, and not 64 pixels and a label.
    Columns(usize),
    /// A cell is not a whole number.
    NotANumber(Cell),
    /// A cell is a number that no pixel or label can have.
    OutOfRange {
        /// The cell.
        cell: Cell,
        /// The largest number allowed there.
        largest: u8,
    },
    /// The file has this many rows only: none is left to test on.
    TooFewRows(usize),
}

/// A cell of the file, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The column, counted from 1.
    pub column: usize,
    /// What stands there.
    pub text: String,
}

impl DataError {
    fn new(path: &Path, problem: Problem) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            problem,
        }
    }

    fn at_line(path: &Path, line: usize, problem: Problem) -> Self {
        Self {
            line: Some(line),
            ..Self::new(path, problem)
        }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}", self.problem)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(error) => write!(f, "cannot open the file: {error}"),
            Self::Read(error) => write!(f, "cannot read the gzipped text: {error}"),
            Self::Columns(found) => write!(
                f,
                "expected {} columns ({PIXELS} pixels and a label), found {found}",
                PIXELS + 1
            ),
            Self::NotANumber(cell) => write!(f, "{cell} is not a whole number"),
            Self::OutOfRange { cell, largest } => write!(f, "{cell} is not in 0..={largest}"),
            Self::TooFewRows(found) => write!(
                f,
                "expected more than {TRAINING_ROWS} rows, so that some are left to test on, found {found}"
            ),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {:?}", self.column, self.text)
    }
}

impl Error for DataError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Open(error) | Problem::Read(error) => Some(error),
            _ => None,
        }
    }
}

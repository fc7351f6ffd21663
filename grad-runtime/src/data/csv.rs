//! Tables of numbers as text, gzipped or not.

use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};
use core::ops::RangeInclusive;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::{DataError, Place, Problem, Samples, source};

/// The longest line, in bytes: what is longer is no table, and would fill memory.
const LONGEST: u64 = 1 << 24;

/// Reads tables of numbers: one sample a line, its values and its class.
///
/// ```
/// use grad_runtime::data::Csv;
///
/// # let path = std::env::temp_dir().join(format!("grad-csv-doc-{}.csv", std::process::id()));
/// std::fs::write(&path, "length,width,class\n1.5,0.25,0\n2.5,0.5,1\n").unwrap();
/// let samples = Csv::new().header(true).classes(2).read(&path).unwrap();
/// assert_eq!(samples.values(), [1.5, 0.25, 2.5, 0.5]);
/// assert_eq!(samples.labels(), [0, 1]);
///
/// let error = Csv::new().header(true).classes(1).read(&path).unwrap_err();
/// assert!(error.to_string().ends_with(": line 3, column 3: label 1 is not in 0..=0"));
/// # std::fs::remove_file(&path).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Csv {
    separator: char,
    header: bool,
    label_first: bool,
    classes: Option<usize>,
    columns: Option<usize>,
    range: Option<RangeInclusive<f64>>,
}

impl Default for Csv {
    fn default() -> Self {
        Self::new()
    }
}

impl Csv {
    /// Cells separated by commas, no header, the class last.
    #[must_use]
    pub fn new() -> Self {
        Self {
            separator: ',',
            header: false,
            label_first: false,
            classes: None,
            columns: None,
            range: None,
        }
    }

    /// Sets what separates cells.
    #[must_use]
    pub fn separator(mut self, separator: char) -> Self {
        self.separator = separator;
        self
    }

    /// Whether the first line holds names.
    #[must_use]
    pub fn header(mut self, header: bool) -> Self {
        self.header = header;
        self
    }

    /// Whether the class is in the first column and not in the last.
    #[must_use]
    pub fn label_first(mut self, label_first: bool) -> Self {
        self.label_first = label_first;
        self
    }

    /// Sets how many classes there are; a label must be below.
    #[must_use]
    pub fn classes(mut self, classes: usize) -> Self {
        self.classes = Some(classes);
        self
    }

    /// Sets how many values a sample has; else the first line tells.
    #[must_use]
    pub fn values(mut self, values: usize) -> Self {
        self.columns = Some(values.saturating_add(1));
        self
    }

    /// Sets what the values must lie in.
    #[must_use]
    pub fn range(mut self, range: RangeInclusive<f64>) -> Self {
        self.range = Some(range);
        self
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or unpacked, a line has another number of columns than the others, a
    /// cell is not a number or out of range, or there is no sample.
    pub fn read(&self, path: &Path) -> Result<Samples<f64>, DataError> {
        let mut reader = BufReader::new(source::open(path)?);
        let (mut values, mut labels) = (Vec::new(), Vec::new());
        let mut columns = self.columns;
        let mut text = String::new();
        for line in 1.. {
            text.clear();
            let read = (&mut reader).take(LONGEST).read_line(&mut text);
            let read =
                read.map_err(|error| DataError::at(path, Place::Line(line), Problem::Read(error)))?;
            if read == 0 {
                break;
            }
            if read as u64 == LONGEST {
                return Err(DataError::at(path, Place::Line(line), Problem::TooLarge));
            }
            if line == 1 && self.header {
                continue;
            }
            let row = text.trim_end_matches(['\n', '\r']);
            self.push_row(row, &mut columns, &mut values, &mut labels)
                .map_err(|(column, problem)| {
                    let place = match column {
                        Some(column) => Place::Cell { line, column },
                        None => Place::Line(line),
                    };
                    DataError::at(path, place, problem)
                })?;
        }
        if labels.is_empty() {
            return Err(DataError::new(path, Problem::Empty));
        }
        let width = values.len() / labels.len();
        Ok(Samples::new(values, vec![width], labels))
    }

    /// Adds the sample of one line. An error comes with its column, counted from 1.
    fn push_row(
        &self,
        row: &str,
        columns: &mut Option<usize>,
        values: &mut Vec<f64>,
        labels: &mut Vec<usize>,
    ) -> Result<(), (Option<usize>, Problem)> {
        let found = row.split(self.separator).count();
        let expected = *columns.get_or_insert(found.max(2));
        if found != expected {
            return Err((None, Problem::Columns { expected, found }));
        }
        let label_at = if self.label_first { 0 } else { expected - 1 };
        for (index, cell) in row.split(self.separator).enumerate() {
            let outcome = if index == label_at {
                self.label(cell).map(|label| labels.push(label))
            } else {
                self.value(cell).map(|value| values.push(value))
            };
            outcome.map_err(|problem| (Some(index + 1), problem))?;
        }
        Ok(())
    }

    fn value(&self, cell: &str) -> Result<f64, Problem> {
        let text = || cell.to_owned();
        let number: f64 = cell
            .trim()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| Problem::NotANumber { text: text() })?;
        match &self.range {
            Some(range) if !range.contains(&number) => Err(Problem::OutOfRange {
                text: text(),
                low: *range.start(),
                high: *range.end(),
            }),
            _ => Ok(number),
        }
    }

    fn label(&self, cell: &str) -> Result<usize, Problem> {
        let Ok(label) = cell.trim().parse::<usize>() else {
            return Err(Problem::NotWhole {
                text: cell.to_owned(),
            });
        };
        match self.classes {
            Some(classes) if label >= classes => Err(Problem::Label {
                found: label as u64,
                classes,
            }),
            _ => Ok(label),
        }
    }
}

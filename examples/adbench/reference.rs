//! Reference results: `key,value` rows, of long arrays every `stride`-th element and figures over
//! all of them.

use std::collections::HashMap;
use std::path::Path;

use super::read::InputError;
use super::read::text_of;
use super::work::Work;

/// The largest difference that passes, in `ADBench`'s measure.
pub const TOLERANCE: f64 = 1e-10;

/// `ADBench`'s measure of how far two numbers are apart: absolute when they are small, else
/// relative.
#[must_use]
pub fn difference(x: f64, y: f64) -> f64 {
    (x - y).abs() / (x.abs() + y.abs()).max(1.0)
}

/// What results should be.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    objective: Expected,
    jacobian: Expected,
}

/// What one array should be.
#[derive(Clone, Debug, PartialEq)]
struct Expected {
    name: &'static str,
    length: usize,
    elements: Vec<(usize, f64)>,
    figures: Vec<(&'static str, f64)>,
}

/// How a figure over all elements is found.
type Figure = fn(&[f64]) -> f64;

/// The figures over all elements.
const FIGURES: [(&str, Figure); 5] = [
    ("sum", |v| v.iter().sum()),
    ("abssum", |v| v.iter().map(|x| x.abs()).sum()),
    ("norm2", |v| v.iter().map(|x| x * x).sum::<f64>().sqrt()),
    ("maxabs", |v| v.iter().fold(0.0, |m, x| x.abs().max(m))),
    ("cossum", |v| {
        let weighed = v.iter().zip(0_u32..);
        weighed.map(|(x, i)| x * f64::from(i).cos()).sum()
    }),
];

impl Reference {
    /// Reads the rows of a file.
    ///
    /// # Errors
    /// When it cannot be read, a value that is needed is missing or is no number, or a row has no
    /// comma.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let text = text_of(path)?;
        let mut rows = HashMap::new();
        for (index, row) in text.lines().enumerate() {
            let cells = row.split_once(',').ok_or_else(|| InputError {
                path: path.to_owned(),
                line: Some(index + 1),
                message: format!("{row:?} is not `key,value`"),
            })?;
            rows.insert(cells.0, (index + 1, cells.1));
        }
        let table = Table { path, rows };
        Ok(Self {
            objective: table.expected("objective")?,
            jacobian: table.expected("jacobian")?,
        })
    }

    /// Compares every part of the last results; the largest difference in `ADBench`'s measure.
    ///
    /// # Errors
    /// At the first number that is further off than [`TOLERANCE`], or a wrong length.
    pub fn check(&self, work: &dyn Work) -> Result<f64, String> {
        let mut worst = 0.0;
        for part in 0..work.parts() {
            self.objective
                .check(&work.objective_part(part), &mut worst)?;
            self.jacobian.check(&work.jacobian_part(part), &mut worst)?;
        }
        Ok(worst)
    }
}

impl Expected {
    fn check(&self, found: &[f64], worst: &mut f64) -> Result<(), String> {
        let name = self.name;
        if found.len() != self.length {
            return Err(format!(
                "{name}: {} numbers, not {}",
                found.len(),
                self.length
            ));
        }
        let elements = self.elements.iter().map(|&(index, expected)| {
            let label = format!("{name}[{index}]");
            (label, found[index], expected)
        });
        let figures = self.figures.iter().map(|&(figure, expected)| {
            let of = FIGURES.iter().find(|(known, _)| *known == figure);
            let value = of.map_or(f64::NAN, |(_, of)| of(found));
            (format!("{name}_{figure}"), value, expected)
        });
        for (label, found, expected) in elements.chain(figures) {
            let difference = difference(found, expected);
            if difference.is_nan() || difference > TOLERANCE {
                return Err(format!(
                    "{label} is {found:e}, the reference {expected:e}: {difference:.1e} apart"
                ));
            }
            *worst = worst.max(difference);
        }
        Ok(())
    }
}

/// The rows of a file with their lines.
struct Table<'t> {
    path: &'t Path,
    rows: HashMap<&'t str, (usize, &'t str)>,
}

impl Table<'_> {
    fn expected(&self, name: &'static str) -> Result<Expected, InputError> {
        let length = self.number(&format!("{name}_len"))?;
        let stride: usize = self.number(&format!("{name}_stride"))?;
        if length == 0 || stride == 0 {
            return Err(self.error(None, format!("{name}: length and stride must not be 0")));
        }
        let mut elements = Vec::new();
        for index in (0..length).step_by(stride).chain([length - 1]) {
            // The length comes from the file: the first element that is not there ends this.
            elements.push((index, self.number(&format!("{name}[{index}]"))?));
        }
        let figures = FIGURES
            .iter()
            .map(|&(figure, _)| Ok((figure, self.number(&format!("{name}_{figure}"))?)));
        Ok(Expected {
            name,
            length,
            elements,
            figures: figures.collect::<Result<_, _>>()?,
        })
    }

    fn number<N: std::str::FromStr>(&self, key: &str) -> Result<N, InputError> {
        let Some(&(line, value)) = self.rows.get(key) else {
            return Err(self.error(None, format!("{key} is missing")));
        };
        value
            .parse()
            .map_err(|_| self.error(Some(line), format!("{key}: {value:?} is not such a number")))
    }

    fn error(&self, line: Option<usize>, message: String) -> InputError {
        InputError {
            path: self.path.to_owned(),
            line,
            message,
        }
    }
}

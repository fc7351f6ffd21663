//! Which class is taken for which: the confusion matrix.

use alloc::vec::Vec;
use core::fmt;

/// How often samples of each class were taken for each class.
///
/// ```
/// use grad_runtime::train::Confusion;
///
/// let mut confusion = Confusion::default();
/// for (truth, predicted) in [(0, 0), (1, 1), (1, 0), (2, 2)] {
///     confusion.add(truth, predicted);
/// }
/// assert_eq!((confusion.classes(), confusion.count(1, 0)), (3, 1));
/// assert_eq!((confusion.recognised(), confusion.total()), (3, 4));
/// assert_eq!(confusion.accuracy(), Some(0.75));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// `counts[truth][predicted]`, square.
    counts: Vec<Vec<u64>>,
}

impl Confusion {
    /// Counts one sample.
    pub fn add(&mut self, truth: usize, predicted: usize) {
        self.grow(truth.max(predicted) + 1);
        self.counts[truth][predicted] += 1;
    }

    /// Makes room for at least so many classes, for those that never come.
    pub fn grow(&mut self, classes: usize) {
        if classes > self.counts.len() {
            self.counts.resize(classes, Vec::new());
            for row in &mut self.counts {
                row.resize(classes, 0);
            }
        }
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.counts.len()
    }

    /// How often a sample of class `truth` was taken for `predicted`; 0 for classes that never came.
    #[must_use]
    pub fn count(&self, truth: usize, predicted: usize) -> u64 {
        let row = self.counts.get(truth);
        row.and_then(|row| row.get(predicted)).copied().unwrap_or(0)
    }

    /// How many samples of a class there were.
    #[must_use]
    pub fn of_class(&self, truth: usize) -> u64 {
        self.counts.get(truth).map_or(0, |row| row.iter().sum())
    }

    /// How many samples were recognised.
    #[must_use]
    pub fn recognised(&self) -> u64 {
        (0..self.classes())
            .map(|class| self.count(class, class))
            .sum()
    }

    /// How many samples were counted.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// The share of samples that were recognised, if any was counted.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        share(self.recognised(), self.total())
    }
}

/// `part / whole`, if there is a whole.
#[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A table with a row for each true class; zeros are dots, so that the mistakes stand out.
impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = 0..self.classes();
        let largest = self.counts.iter().flatten().max().copied().unwrap_or(0);
        let width = digits(largest.max(100)) + 1;
        write!(f, "true |")?;
        for predicted in classes.clone() {
            write!(f, "{predicted:>width$}")?;
        }
        writeln!(f, "  predicted | recognised")?;
        writeln!(
            f,
            "-----+-{:-<1$}+-----------",
            "",
            width * classes.len() + 11
        )?;
        for truth in classes.clone() {
            write!(f, "{truth:>4} |")?;
            for predicted in classes.clone() {
                match self.count(truth, predicted) {
                    0 => write!(f, "{:>width$}", "·")?,
                    count => write!(f, "{count:>width$}")?,
                }
            }
            match share(self.count(truth, truth), self.of_class(truth)) {
                None => writeln!(f, "{:>12}| {:>10}", "", "-")?,
                Some(share) => writeln!(f, "{:>12}| {:>8.1} %", "", 100.0 * share)?,
            }
        }
        Ok(())
    }
}

/// How many digits a number has.
fn digits(number: u64) -> usize {
    number.checked_ilog10().map_or(1, |log| log as usize + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn shows_counts_and_shares() {
        let mut confusion = Confusion::default();
        for (truth, predicted) in [(0, 0), (9, 9), (9, 4), (9, 9)] {
            confusion.add(truth, predicted);
        }
        let text = confusion.to_string();
        let last = text.lines().last().expect("a table has lines");
        let columns: Vec<&str> = last.split_whitespace().collect();
        let expected = "9 | · · · · 1 · · · · 2 | 66.7 %";
        assert_eq!(columns, expected.split(' ').collect::<Vec<_>>());
        let width = |line: &str| line.chars().position(|c| c == '+' || c == '|');
        assert!(text.lines().all(|line| width(line) == Some(5)), "{text}");
    }

    #[test]
    fn a_class_that_never_came_has_no_share() {
        let mut confusion = Confusion::default();
        confusion.add(0, 0);
        confusion.grow(2);
        let text = confusion.to_string();
        assert!(
            text.lines().last().is_some_and(|line| line.ends_with('-')),
            "{text}"
        );
        assert_eq!(Confusion::default().accuracy(), None);
    }

    #[test]
    fn large_counts_stay_in_their_columns() {
        let mut confusion = Confusion::default();
        confusion.add(1, 1);
        confusion.counts[1][1] = 123_456;
        let text = confusion.to_string();
        assert!(text.contains("      · 123456"), "{text}");
    }
}

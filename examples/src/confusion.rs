//! Which digit is taken for which: the confusion matrix.

use std::fmt;

use crate::data::CLASSES;

/// How often each digit was taken for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// `counts[truth][predicted]`.
    counts: [[u32; CLASSES]; CLASSES],
}

impl Confusion {
    /// Counts pairs of a true and a predicted digit.
    ///
    /// # Panics
    /// When a digit is not in 0..=9.
    #[must_use]
    pub fn count(pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut confusion = Self::default();
        for (truth, predicted) in pairs {
            confusion.counts[truth][predicted] += 1;
        }
        confusion
    }

    /// How many digits were recognised.
    #[must_use]
    pub fn recognised(&self) -> u32 {
        (0..CLASSES).map(|digit| self.counts[digit][digit]).sum()
    }

    /// How many digits were counted.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.counts.iter().flatten().sum()
    }

    /// The share of digits that were recognised; not a number when none was counted.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        f64::from(self.recognised()) / f64::from(self.total())
    }
}

/// A table with a row for each true digit; zeros are dots, so that the mistakes stand out.
impl fmt::Display for Confusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "true |")?;
        for predicted in 0..CLASSES {
            write!(f, "{predicted:>4}")?;
        }
        writeln!(f, "  predicted | recognised")?;
        writeln!(f, "-----+-{:-<51}+-----------", "")?;
        for (truth, row) in self.counts.iter().enumerate() {
            write!(f, "{truth:>4} |")?;
            for &count in row {
                match count {
                    0 => write!(f, "{:>4}", "·")?,
                    count => write!(f, "{count:>4}")?,
                }
            }
            match row.iter().sum::<u32>() {
                0 => writeln!(f, "{:>12}| {:>10}", "", "-")?,
                total => {
                    let share = 100.0 * f64::from(row[truth]) / f64::from(total);
                    writeln!(f, "{:>12}| {share:>8.1} %", "")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_shows() {
        let confusion = Confusion::count([(0, 0), (9, 9), (9, 4), (9, 9)]);
        assert_eq!((confusion.recognised(), confusion.total()), (3, 4));
        assert!((confusion.accuracy() - 0.75).abs() < 1e-15);
        let text = confusion.to_string();
        let last = text.lines().last().expect("a table has lines");
        let columns: Vec<&str> = last.split_whitespace().collect();
        let expected = "9 | · · · · 1 · · · · 2 | 66.7 %";
        assert_eq!(columns, expected.split(' ').collect::<Vec<_>>());
    }

    #[test]
    fn a_digit_that_never_came_has_no_share() {
        let text = Confusion::count([(0, 0)]).to_string();
        assert!(
            text.lines().last().is_some_and(|line| line.ends_with('-')),
            "{text}"
        );
    }
}

//! The numbers of a file one after another, however they are spread over lines.

use std::path::Path;
use std::str::{Lines, SplitWhitespace};

use super::{InputError, finite, whole};

/// A place in a file of numbers separated by white space.
#[derive(Clone)]
pub(super) struct Numbers<'t> {
    path: &'t Path,
    lines: Lines<'t>,
    words: SplitWhitespace<'t>,
    line: usize,
    length: usize,
}

impl<'t> Numbers<'t> {
    pub(super) fn new(path: &'t Path, text: &'t str) -> Self {
        Self {
            path,
            lines: text.lines(),
            words: "".split_whitespace(),
            line: 0,
            length: text.len(),
        }
    }

    /// The error of the line that was read last.
    pub(super) fn error(&self, message: impl Into<String>) -> InputError {
        InputError::at(self.path, self.line.max(1), message)
    }

    fn word(&mut self) -> Option<&'t str> {
        loop {
            if let Some(word) = self.words.next() {
                return Some(word);
            }
            self.words = self.lines.next()?.split_whitespace();
            self.line += 1;
        }
    }

    fn expect(&mut self, what: &str) -> Result<&'t str, InputError> {
        self.word()
            .ok_or_else(|| self.error(format!("the file ends where {what} should be")))
    }

    /// A number.
    pub(super) fn real(&mut self, what: &str) -> Result<f64, InputError> {
        let word = self.expect(what)?;
        finite(word).map_err(|problem| self.error(format!("{what}: {problem}")))
    }

    /// A whole number that is not negative.
    pub(super) fn whole(&mut self, what: &str) -> Result<usize, InputError> {
        let word = self.expect(what)?;
        whole(word).map_err(|problem| self.error(format!("{what}: {problem}")))
    }

    /// A whole number of at least one.
    pub(super) fn positive(&mut self, what: &str) -> Result<usize, InputError> {
        match self.whole(what)? {
            0 => Err(self.error(format!("{what} must not be 0"))),
            value => Ok(value),
        }
    }

    /// A product of sizes.
    pub(super) fn size(&self, factors: &[usize]) -> Result<usize, InputError> {
        factors
            .iter()
            .try_fold(1_usize, |size, &factor| size.checked_mul(factor))
            .ok_or_else(|| self.error("the sizes are too large"))
    }

    /// As many numbers as asked for.
    pub(super) fn reals(&mut self, count: usize, what: &str) -> Result<Vec<f64>, InputError> {
        let mut out = Vec::with_capacity(count.min(self.length));
        for _ in 0..count {
            out.push(self.real(what)?);
        }
        Ok(out)
    }

    /// A group of numbers.
    pub(super) fn array<const N: usize>(&mut self, what: &str) -> Result<[f64; N], InputError> {
        let mut out = [0.0; N];
        for place in &mut out {
            *place = self.real(what)?;
        }
        Ok(out)
    }

    /// Refuses a file with more in it.
    pub(super) fn end(&mut self) -> Result<(), InputError> {
        match self.word() {
            None => Ok(()),
            Some(word) => Err(self.error(format!("{word:?} stands after the end of the data"))),
        }
    }

    /// Looks `count` numbers ahead: how many follow these, counted up to `limit`, and how many of
    /// them stand in the row of the first.
    pub(super) fn ahead(&self, count: usize, limit: usize) -> (usize, usize) {
        let mut ahead = self.clone();
        for _ in 0..count {
            if ahead.word().is_none() {
                return (0, 0);
            }
        }
        let Some(_) = ahead.word() else { return (0, 0) };
        let row = 1 + ahead.words.clone().count();
        let following = 1 + (1..limit).take_while(|_| ahead.word().is_some()).count();
        (following, row)
    }
}

//! What the reverse sweep is handed of the forward one: tapes.

use alloc::vec::Vec;

/// The residuals of one side of a branch.
#[derive(Clone, Debug)]
pub enum Either<L, R> {
    /// Of the first side.
    Left(L),
    /// Of the second side.
    Right(R),
}

/// The next value that was kept, and the push beside it.
///
/// # Panics
///
/// If there is none: the function went another way than when its values were kept.
#[inline]
pub fn replayed<'t, V, P>(kept: &mut core::slice::Iter<'t, (V, P)>) -> &'t (V, P) {
    kept.next()
        .expect("a function goes the same way each time it is given the same arguments")
}

/// A stack of residuals: one entry an iteration.
#[derive(Clone, Debug)]
pub struct Tape<T> {
    entries: Vec<T>,
    /// How many entries were not given back yet, where the rest still stands.
    rewound: Option<usize>,
}

impl<T> Tape<T> {
    /// An empty tape.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Tape {
            entries: Vec::new(),
            rewound: None,
        }
    }

    /// Keeps the residuals of an iteration.
    #[inline]
    pub fn push(&mut self, entry: T) {
        self.entries.push(entry);
    }

    /// The entries in the order in which they were kept, as often as they are asked for.
    #[inline]
    pub fn replay(&self) -> core::slice::Iter<'_, T> {
        self.entries.iter()
    }

    /// Makes room for the residuals of so many iterations more.
    #[inline]
    pub fn reserve(&mut self, iterations: usize) {
        if let Some(length) = self.rewound.take() {
            self.entries.truncate(length);
        }
        self.entries.reserve(iterations);
    }

    /// The residuals of the last iteration not reversed yet.
    ///
    /// # Panics
    ///
    /// If the tape is empty, which generated code never lets happen.
    #[inline]
    #[must_use]
    pub fn pop(&mut self) -> T {
        self.entries
            .pop()
            .expect("a tape holds one entry for each iteration")
    }

    /// The residuals of the last so many iterations not reversed yet, in the order of the iterations.
    ///
    /// # Panics
    ///
    /// If there are not as many, which generated code never lets happen.
    #[inline]
    #[must_use]
    pub fn rewind(&mut self, iterations: usize) -> &[T] {
        let end = self.rewound.unwrap_or(self.entries.len());
        let start = end - iterations;
        self.rewound = Some(start);
        &self.entries[start..end]
    }
}

impl<T> Default for Tape<T> {
    fn default() -> Self {
        Tape::new()
    }
}

/// How many iterations a loop over the range has.
#[inline]
pub fn trips<I: Iterator>(range: &I) -> usize {
    range.size_hint().0
}

/// A stack of whole arrays, one behind another.
#[derive(Clone, Debug)]
pub struct Saved<T> {
    elements: Vec<T>,
    /// Where each array not restored yet starts.
    starts: Vec<usize>,
    /// Where the last of them ends.
    end: usize,
}

impl<T> Saved<T> {
    /// Nothing saved.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Saved {
            elements: Vec::new(),
            starts: Vec::new(),
            end: 0,
        }
    }

    /// Keeps a copy of an array.
    #[inline]
    pub fn save(&mut self, array: &[T])
    where
        T: Clone,
    {
        self.elements.truncate(self.end);
        self.starts.push(self.end);
        self.elements.extend_from_slice(array);
        self.end = self.elements.len();
    }

    /// The last array not restored yet.
    ///
    /// # Panics
    ///
    /// If nothing is left, which generated code never lets happen.
    #[inline]
    #[must_use]
    pub fn restore(&mut self) -> &[T] {
        let start = self
            .starts
            .pop()
            .expect("an array was saved for each iteration");
        let end = core::mem::replace(&mut self.end, start);
        &self.elements[start..end]
    }
}

impl<T> Default for Saved<T> {
    fn default() -> Self {
        Saved::new()
    }
}

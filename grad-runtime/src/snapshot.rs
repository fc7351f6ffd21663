//! [`Snapshot`]: named numbers to continue from later, bit for bit.

use alloc::{
    borrow::ToOwned,
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

/// Named lists of numbers: what an optimizer, a schedule or a model holds between two steps.
///
/// Floats are kept as they are, so that what is restored goes on bit for bit. The order is that of
/// the names, so that equal states are equal files.
///
/// ```
/// use grad_runtime::snapshot::Snapshot;
///
/// let mut snapshot = Snapshot::of("counter");
/// snapshot.put("steps", vec![7_u64]);
/// let mut all = Snapshot::default();
/// all.put_part("first", snapshot);
///
/// let part = all.part("first");
/// assert!(part.expect_kind("counter").is_ok());
/// assert_eq!(part.u64s_of("steps", 1), Ok(&[7][..]));
/// assert_eq!(
///     part.f64s("rate").unwrap_err().to_string(),
///     "`rate` is missing",
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    entries: BTreeMap<String, Entry>,
}

/// One list of a [`Snapshot`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Entry {
    /// Floats of 32 bits.
    F32(Vec<f32>),
    /// Floats of 64 bits.
    F64(Vec<f64>),
    /// Counts, indices, random states.
    U64(Vec<u64>),
    /// A name.
    Text(String),
}

impl Entry {
    fn kind(&self) -> &'static str {
        match self {
            Self::F32(_) => "f32",
            Self::F64(_) => "f64",
            Self::U64(_) => "u64",
            Self::Text(_) => "text",
        }
    }
}

impl From<Vec<f32>> for Entry {
    fn from(numbers: Vec<f32>) -> Self {
        Self::F32(numbers)
    }
}
impl From<Vec<f64>> for Entry {
    fn from(numbers: Vec<f64>) -> Self {
        Self::F64(numbers)
    }
}
impl From<Vec<u64>> for Entry {
    fn from(numbers: Vec<u64>) -> Self {
        Self::U64(numbers)
    }
}
impl From<&str> for Entry {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// The getters of one kind, with and without a length to expect.
macro_rules! getters {
    ($($variant:ident $all:ident $of:ident $number:ty;)+) => {$(
        #[doc = concat!("The list `name` of `", stringify!($number), "`.")]
        ///
        /// # Errors
        /// When it is missing or of another kind.
        pub fn $all(&self, name: &str) -> Result<&[$number], SnapshotError> {
            match self.expect(name)? {
                Entry::$variant(numbers) => Ok(numbers),
                other => Err(SnapshotError::kind(name, stringify!($number), other)),
            }
        }

        #[doc = concat!("The list `name` of `length` `", stringify!($number), "`.")]
        ///
        /// # Errors
        /// When it is missing, of another kind or of another length.
        pub fn $of(&self, name: &str, length: usize) -> Result<&[$number], SnapshotError> {
            let numbers = self.$all(name)?;
            if numbers.len() == length {
                Ok(numbers)
            } else {
                Err(SnapshotError::length(name, length, numbers.len()))
            }
        }
    )+};
}

impl Snapshot {
    /// An empty snapshot of this kind of thing, which [`expect_kind`](Self::expect_kind) checks.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        let mut snapshot = Self::default();
        snapshot.put("kind", kind);
        snapshot
    }

    /// Whether it is a snapshot of this kind of thing.
    ///
    /// # Errors
    /// Names both kinds.
    pub fn expect_kind(&self, kind: &str) -> Result<(), SnapshotError> {
        match self.text("kind")? {
            found if found == kind => Ok(()),
            found => Err(SnapshotError::value("kind", kind, found)),
        }
    }

    /// Adds a list, or replaces the one of that name.
    pub fn put(&mut self, name: &str, entry: impl Into<Entry>) {
        self.entries.insert(name.to_owned(), entry.into());
    }

    /// Adds all of `part` under `prefix` and a dot.
    pub fn put_part(&mut self, prefix: &str, part: Self) {
        for (name, entry) in part.entries {
            self.entries.insert(format!("{prefix}.{name}"), entry);
        }
    }

    /// A copy of what was added under this prefix.
    #[must_use]
    pub fn part(&self, prefix: &str) -> Self {
        let start = format!("{prefix}.");
        let entries = self
            .entries
            .range(start.clone()..)
            .map_while(|(name, entry)| {
                let name = name.strip_prefix(start.as_str())?;
                Some((name.to_owned(), entry.clone()))
            })
            .collect();
        Self { entries }
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The lists in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_str(), entry))
    }

    /// The list `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    getters! {
        F32 f32s f32s_of f32;
        F64 f64s f64s_of f64;
        U64 u64s u64s_of u64;
    }

    /// The text `name`.
    ///
    /// # Errors
    /// When it is missing or a list of numbers.
    pub fn text(&self, name: &str) -> Result<&str, SnapshotError> {
        match self.expect(name)? {
            Entry::Text(text) => Ok(text),
            other => Err(SnapshotError::kind(name, "text", other)),
        }
    }

    fn expect(&self, name: &str) -> Result<&Entry, SnapshotError> {
        self.get(name).ok_or_else(|| SnapshotError {
            name: name.to_owned(),
            problem: SnapshotProblem::Missing,
        })
    }
}

/// Why a [`Snapshot`] cannot be continued from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotError {
    name: String,
    problem: SnapshotProblem,
}

/// What is wrong with one list of a [`Snapshot`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotProblem {
    /// It is not there.
    Missing,
    /// It holds numbers of another kind.
    Kind {
        /// The kind expected.
        expected: &'static str,
        /// The kind found.
        found: &'static str,
    },
    /// It has another length.
    Length {
        /// The length expected.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// It holds something else.
    Value {
        /// What was expected, in words.
        expected: String,
        /// What was found.
        found: String,
    },
}

impl SnapshotError {
    /// An error of two lengths.
    #[must_use]
    pub fn length(name: &str, expected: usize, found: usize) -> Self {
        Self {
            name: name.to_owned(),
            problem: SnapshotProblem::Length { expected, found },
        }
    }

    /// An error of what a list holds.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "numbers and texts alike")]
    pub fn value(name: &str, expected: impl ToString, found: impl ToString) -> Self {
        Self {
            name: name.to_owned(),
            problem: SnapshotProblem::Value {
                expected: expected.to_string(),
                found: found.to_string(),
            },
        }
    }

    fn kind(name: &str, expected: &'static str, found: &Entry) -> Self {
        Self {
            name: name.to_owned(),
            problem: SnapshotProblem::Kind {
                expected,
                found: found.kind(),
            },
        }
    }

    /// The same error, of a list under this prefix and a dot.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.name = format!("{prefix}.{}", self.name);
        self
    }

    /// The list that is wrong.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is wrong with it.
    #[must_use]
    pub fn problem(&self) -> &SnapshotProblem {
        &self.problem
    }
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.problem {
            SnapshotProblem::Missing => write!(f, "`{name}` is missing"),
            SnapshotProblem::Kind { expected, found } => {
                write!(f, "`{name}` should hold {expected}, not {found}")
            }
            SnapshotProblem::Length { expected, found } => {
                write!(f, "`{name}` should have {expected} entries, not {found}")
            }
            SnapshotProblem::Value { expected, found } => {
                write!(f, "`{name}` should be {expected}, not {found}")
            }
        }
    }
}

impl core::error::Error for SnapshotError {}

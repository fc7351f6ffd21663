//! [`Jacobian`]: the derivative of every output by every input.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Index;

/// The matrix of the derivatives of a function's outputs by its inputs.
///
/// What `jacobian_f` gives for a function marked `#[differentiate(jacobian)]`. Entry `(i, j)` is the
/// derivative of output `i` by input `j`:
///
/// ```text
/// J[(i, j)] = d y_i / d x_j
/// ```
///
/// Columns are the floats of the differentiated parameters, parameter after parameter, each in the
/// order in which its elements and fields are written. Rows are the floats of the result in the same
/// order, then those of the final content of each `&mut` parameter that is differentiated. The
/// entries lie row after row, as `f64` whatever the function's floats are.
///
/// ```
/// use grad_runtime::differentiate;
///
/// #[differentiate(jacobian)]
/// fn polar(r: f64, angle: f64) -> (f64, f64) {
///     (r * angle.cos(), r * angle.sin())
/// }
///
/// let j = jacobian_polar(2.0, 0.0);
/// assert_eq!((j.rows(), j.columns()), (2, 2));
/// assert_eq!(j.row(0), [1.0, 0.0]);
/// assert_eq!(j[(1, 1)], 2.0);
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Jacobian {
    rows: usize,
    columns: usize,
    entries: Vec<f64>,
}

impl Jacobian {
    /// An empty matrix, for `write_jacobian_f` to fill.
    ///
    /// ```
    /// use grad_runtime::{Jacobian, differentiate};
    ///
    /// #[differentiate(jacobian)]
    /// fn squares(x: &[f64]) -> Vec<f64> {
    ///     let mut y = vec![0.0; x.len()];
    ///     for i in 0..x.len() {
    ///         y[i] = x[i] * x[i];
    ///     }
    ///     y
    /// }
    ///
    /// let mut j = Jacobian::new();
    /// for scale in [1.0, 2.0] {
    ///     // The place for the entries is used again.
    ///     let y = write_jacobian_squares(&[scale, 3.0], &mut j);
    ///     assert_eq!(y, [scale * scale, 9.0]);
    ///     assert_eq!(j.entries(), [2.0 * scale, 0.0, 0.0, 6.0]);
    /// }
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Jacobian {
            rows: 0,
            columns: 0,
            entries: Vec::new(),
        }
    }

    /// How many outputs the function has.
    #[inline]
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// How many inputs it is differentiated by.
    #[inline]
    #[must_use]
    pub const fn columns(&self) -> usize {
        self.columns
    }

    /// The derivatives of one output: its gradient.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn row(&self, row: usize) -> &[f64] {
        self.check("row", row, self.rows);
        &self.entries[row * self.columns..(row + 1) * self.columns]
    }

    /// The derivatives by one input.
    ///
    /// # Panics
    /// If there is no such column.
    #[must_use]
    #[track_caller]
    pub fn column(&self, column: usize) -> impl ExactSizeIterator<Item = f64> + '_ {
        self.check("column", column, self.columns);
        (0..self.rows).map(move |row| self.entries[row * self.columns + column])
    }

    /// All entries, row after row.
    #[inline]
    #[must_use]
    pub fn entries(&self) -> &[f64] {
        &self.entries
    }

    /// All entries, row after row.
    ///
    /// ```
    /// # use grad_runtime::{Jacobian, differentiate};
    /// #[differentiate(jacobian)]
    /// fn sum_and_product(x: [f64; 2]) -> [f64; 2] {
    ///     [x[0] + x[1], x[0] * x[1]]
    /// }
    /// assert_eq!(jacobian_sum_and_product([3.0, 5.0]).into_entries(), [1.0, 1.0, 5.0, 3.0]);
    /// ```
    #[inline]
    #[must_use]
    pub fn into_entries(self) -> Vec<f64> {
        self.entries
    }

    #[track_caller]
    fn check(&self, what: &str, index: usize, count: usize) {
        assert!(
            index < count,
            "there is no {what} {index} in a Jacobian of {} rows and {} columns",
            self.rows,
            self.columns
        );
    }

    /// Empties the matrix for the columns that follow.
    #[inline]
    pub(crate) fn begin(&mut self, columns: usize) {
        self.rows = 0;
        self.columns = columns;
        self.entries.clear();
    }

    /// Starts the next row, if there is none yet.
    #[inline]
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [f64] {
        let start = row * self.columns;
        if row >= self.rows {
            self.rows = row + 1;
            self.entries.resize(start + self.columns, 0.0);
        }
        &mut self.entries[start..start + self.columns]
    }

    /// The entries from a column of a row on, which is appended where it is the next.
    #[inline]
    pub(crate) fn places_from(&mut self, row: usize, column: usize) -> &mut [f64] {
        if row >= self.rows {
            self.row_mut(row);
        }
        let from = self.entries.get_mut(row * self.columns + column..);
        from.unwrap_or_default()
    }

    /// Takes this form; all entries will be written.
    #[inline]
    pub(crate) fn reshape(&mut self, rows: usize, columns: usize) {
        self.rows = rows;
        self.columns = columns;
        self.entries.resize(rows.saturating_mul(columns), 0.0);
    }

    /// The row of a matrix with so many columns, where there is one.
    #[inline]
    pub(crate) fn row_of(&mut self, row: usize, columns: usize) -> Option<&mut [f64]> {
        let start = row * columns;
        self.entries.get_mut(start..start + columns)
    }
}

impl Index<(usize, usize)> for Jacobian {
    type Output = f64;

    /// The derivative of output `row` by input `column`.
    #[inline]
    #[track_caller]
    fn index(&self, (row, column): (usize, usize)) -> &f64 {
        self.check("column", column, self.columns);
        &self.row(row)[column]
    }
}

impl fmt::Debug for Jacobian {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries((0..self.rows).map(|row| self.row(row)))
            .finish()
    }
}

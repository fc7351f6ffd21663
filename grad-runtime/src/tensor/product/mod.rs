//! Sums of products, `c = start + a b`: which tile computes what, and which operand is packed.
//!
//! [`Product`] describes one with the two sums of `super::micro`; products of matrices and
//! convolutions run on the same tiles. Measured against the `gemm` crate on one core with AVX-512, in
//! the same run: 0.95 to 1.05 of its speed at 128 x 784 x 512 and 1024 x 1024 x 1024, 1.8 times at
//! 128 x 256 x 10, 3 times at 32 x 32 x 10; and bias and rectifier cost nothing here.

#![allow(
    unsafe_code,
    reason = "the tiles check no index: `assert_reach` does, once a product"
)]

#[cfg(test)]
mod tests;
mod tiles;

use self::tiles::{PANEL, Target};
use super::{Element, parallel};

pub use super::micro::Strides;

/// What a product is added to.
#[derive(Clone, Copy, Debug)]
pub enum Start<'a, E> {
    /// Zero.
    Zero,
    /// What the result holds.
    Held,
    /// The same row for every row: a bias.
    Row(&'a [E]),
}

/// `c[i, j] = start + Σ_p Σ_q a[i, p, q] b[p, q, j]`, every operand by strides.
#[derive(Clone, Copy, Debug)]
pub struct Product<'a, E> {
    /// The first operand.
    pub a: &'a [E],
    /// Its strides.
    pub a_strides: Strides,
    /// The second operand.
    pub b: &'a [E],
    /// Its strides; `row` is that of the columns here.
    pub b_strides: Strides,
    /// The rows of the result.
    pub rows: usize,
    /// The columns of the result.
    pub columns: usize,
    /// How many terms the outer and the inner sum have.
    pub terms: (usize, usize),
    pub start: Start<'a, E>,
    /// Whether negative results become zero.
    pub rectify: bool,
}

impl<E: Element> Product<'_, E> {
    /// Computes the rows of `c`, which start `c_row` apart.
    ///
    /// # Panics
    /// If an operand is shorter than the strides reach.
    #[track_caller]
    pub fn write_to(&self, c: &mut [E], c_row: usize) {
        if self.rows == 0 || self.columns == 0 {
            return;
        }
        self.assert_reach(c.len(), c_row);
        // SAFETY: the extents were just tested, and the slice is borrowed by this call alone.
        unsafe { Target::new(c, c_row).write(self, 0..self.columns) }
    }

    /// The same, by this many threads, each of which takes some of the columns.
    #[track_caller]
    fn write_in_parts(&self, c: &mut [E], c_row: usize, parts: usize) {
        self.assert_reach(c.len(), c_row);
        let (target, panels) = (Target::new(c, c_row), self.columns.div_ceil(PANEL));
        let start = |part: usize| (PANEL * (panels * part / parts)).min(self.columns);
        parallel::each(parts, |part| {
            // SAFETY: the extents were just tested, and each part has columns of its own.
            unsafe { target.write(self, start(part)..start(part + 1)) }
        });
    }

    /// Whether panels of the second operand are copied together first, for the tiles of many rows.
    fn packs(&self) -> bool {
        self.b_strides.row != 1 || (self.columns > PANEL && self.rows > 32)
    }

    /// Whether threads had better take columns than rows: so each packs its own panels, and no panel is
    /// packed by all. There must be panels enough for equal parts.
    fn splits_by_columns(&self, parts: usize) -> bool {
        let panels = self.columns.div_ceil(PANEL);
        self.packs() && (panels.is_multiple_of(parts) || panels >= 4 * parts)
    }

    /// Every index that the tiles use is in bounds.
    #[track_caller]
    fn assert_reach(&self, c_len: usize, c_row: usize) {
        let reach = |rows: usize, strides: &Strides| {
            (rows - 1) * strides.row
                + (self.terms.0.max(1) - 1) * strides.outer
                + (self.terms.1.max(1) - 1) * strides.inner
        };
        let terms = self.terms.0 * self.terms.1;
        assert!(
            terms == 0 || reach(self.rows, &self.a_strides) < self.a.len(),
            "the first operand of a product is too short"
        );
        assert!(
            terms == 0 || reach(self.columns, &self.b_strides) < self.b.len(),
            "the second operand of a product is too short"
        );
        assert!(
            (self.rows - 1) * c_row + self.columns <= c_len
                && (self.rows == 1 || c_row >= self.columns),
            "the result of a product is too short"
        );
        if let Start::Row(row) = self.start {
            assert!(
                row.len() >= self.columns,
                "the bias of a product is too short"
            );
        }
    }
}

/// A matrix: its entries and how far the next row and column are.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a, E> {
    entries: &'a [E],
    row: usize,
    column: usize,
}

impl<'a, E> Matrix<'a, E> {
    /// A matrix stored row after row.
    #[must_use]
    pub fn rows(entries: &'a [E], columns: usize) -> Self {
        Self {
            entries,
            row: columns,
            column: 1,
        }
    }

    /// The transposed matrix.
    #[must_use]
    pub fn t(self) -> Self {
        Self {
            row: self.column,
            column: self.row,
            ..self
        }
    }
}

/// `c = start + a b`, stored row after row, made positive if `rectify` says so; `a` is of
/// `[c.len() / columns, terms]`, `b` of `[terms, columns]`.
///
/// # Panics
/// If an operand is too short.
pub fn multiply<E: Element>(
    a: Matrix<'_, E>,
    b: Matrix<'_, E>,
    [terms, columns]: [usize; 2],
    start: Start<'_, E>,
    rectify: bool,
    c: &mut [E],
) {
    let product = Product {
        a: a.entries,
        a_strides: Strides {
            row: a.row,
            outer: 0,
            inner: a.column,
        },
        b: b.entries,
        b_strides: Strides {
            row: b.column,
            outer: 0,
            inner: b.row,
        },
        rows: c.len().checked_div(columns).unwrap_or(0),
        columns,
        terms: (1, terms),
        start,
        rectify,
    };
    let parts = parallel::parts(product.rows, terms * columns);
    if parts > 1 && product.splits_by_columns(parts) {
        return product.write_in_parts(c, columns, parts);
    }
    parallel::chunks(c, columns, terms * columns, |first, c| {
        let product = Product {
            a: &a.entries[(first * a.row).min(a.entries.len())..],
            rows: c.len() / columns,
            ..product
        };
        product.write_to(c, columns);
    });
}

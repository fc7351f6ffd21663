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

use std::vec::Vec;

use pulp::{Arch, Simd, WithSimd};

use super::micro::{Kernel, Tile, TileStart};
use super::{Element, parallel, workspace};

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
        let packed_columns = 2 * MOST_LANES;
        let pack = self.b_strides.row != 1 || (self.columns > packed_columns && self.rows > 32);
        let panel = if pack {
            workspace::take(packed_columns * self.terms.0 * self.terms.1)
        } else {
            Vec::new()
        };
        let mut tiles = Tiles {
            product: self,
            c,
            c_row,
            panel,
            pack,
        };
        Arch::new().dispatch(&mut tiles);
        workspace::give(tiles.panel);
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

/// `f32` lanes of the widest registers.
const MOST_LANES: usize = 16;

struct Tiles<'a, 'b, E> {
    product: &'a Product<'b, E>,
    c: &'a mut [E],
    c_row: usize,
    panel: Vec<E>,
    pack: bool,
}

impl<E: Element> WithSimd for &mut Tiles<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = E::count::<S>();
        let columns = self.product.columns;
        let mut first = 0;
        while first < columns {
            let width = (columns - first).min(2 * lanes);
            let registers = width.div_ceil(lanes);
            self.column_panel(simd, first, width, registers);
            first += width;
        }
    }
}

impl<E: Element> Tiles<'_, '_, E> {
    /// The columns from `first` on, `width` of them, all rows.
    #[inline(always)]
    fn column_panel<S: Simd>(&mut self, simd: S, first: usize, width: usize, registers: usize) {
        let product = self.product;
        let (b, b_strides) = if self.pack {
            pack(product, first, width, &mut self.panel);
            let inner = width;
            let strides = Strides {
                row: 1,
                outer: inner * product.terms.1,
                inner,
            };
            (self.panel.as_ptr(), strides)
        } else {
            (
                product.b[first.min(product.b.len())..].as_ptr(),
                product.b_strides,
            )
        };
        let most = most_rows::<S>(registers);
        let tiles = product.rows.div_ceil(most);
        let mut row = 0;
        for left in (1..=tiles).rev() {
            let rows = (product.rows - row).div_ceil(left);
            let tile = Tile {
                a: product.a[(row * product.a_strides.row).min(product.a.len())..].as_ptr(),
                a_strides: product.a_strides,
                b,
                b_strides,
                c: self.c[row * self.c_row + first..].as_mut_ptr(),
                c_row: self.c_row,
                terms: product.terms,
                last: width - (registers - 1) * E::count::<S>(),
                start: match product.start {
                    Start::Zero => TileStart::Zero,
                    Start::Held => TileStart::Held,
                    Start::Row(bias) => TileStart::Row(bias[first..].as_ptr()),
                },
                rectify: product.rectify,
            };
            // SAFETY: `assert_reach` has tested the extents of the whole product, of which this tile is
            // a part; `c` is borrowed mutably, so nothing else overlaps it.
            unsafe { run(simd, tile, rows, registers) };
            row += rows;
        }
    }
}

/// The rows of a tile whose sums, with a row of `b` and one operand of `a`, fit the registers.
#[inline(always)]
fn most_rows<S: Simd>(registers: usize) -> usize {
    let wide = S::REGISTER_COUNT >= 32;
    match (wide, registers) {
        (true, 1) => 14,
        // The sums would fit at 14, but LLVM stores them in every term from 12 on.
        (true, _) => 11,
        (false, 1) => 10,
        (false, _) => 6,
    }
}

/// Copies the panel's columns of `b` together, term by term.
fn pack<E: Element>(product: &Product<'_, E>, first: usize, width: usize, panel: &mut [E]) {
    let Strides {
        row: column,
        outer,
        inner,
    } = product.b_strides;
    let terms = product.terms;
    for p in 0..terms.0 {
        let panel = &mut panel[p * terms.1 * width..][..terms.1 * width];
        let b = &product.b[p * outer + first * column..];
        if column == 1 {
            for (q, to) in panel.chunks_exact_mut(width).enumerate() {
                to.copy_from_slice(&b[q * inner..][..width]);
            }
            continue;
        }
        // A transposed operand: blocks of terms, so that what is read stays in the first cache.
        for (block, to) in panel.chunks_mut(16 * width).enumerate() {
            for j in 0..width {
                let from = &b[j * column + block * 16 * inner..];
                for (q, to) in to[j..].iter_mut().step_by(width).enumerate() {
                    *to = from[q * inner];
                }
            }
        }
    }
}

/// Picks the kernel for a tile's size.
///
/// # Safety
/// As [`Kernel::new`].
#[inline(always)]
unsafe fn run<E: Element, S: Simd>(simd: S, tile: Tile<E>, rows: usize, registers: usize) {
    macro_rules! pick {
        ($($rows:literal)+; $($narrow:literal)+) => {
            match (rows, registers, tile.last == E::count::<S>()) {
                $(
                    // SAFETY: the caller's.
                    ($rows, 1, true) => unsafe { simd.vectorize(Kernel::<E, $rows, 1, true>::new(tile)) },
                    // SAFETY: the caller's.
                    ($rows, 1, false) => unsafe { simd.vectorize(Kernel::<E, $rows, 1, false>::new(tile)) },
                    // SAFETY: the caller's.
                    ($rows, 2, true) => unsafe { simd.vectorize(Kernel::<E, $rows, 2, true>::new(tile)) },
                    // SAFETY: the caller's.
                    ($rows, 2, false) => unsafe { simd.vectorize(Kernel::<E, $rows, 2, false>::new(tile)) },
                )+
                $(
                    // SAFETY: the caller's.
                    ($narrow, 1, true) => unsafe { simd.vectorize(Kernel::<E, $narrow, 1, true>::new(tile)) },
                    // SAFETY: the caller's.
                    ($narrow, 1, false) => unsafe { simd.vectorize(Kernel::<E, $narrow, 1, false>::new(tile)) },
                )+
                _ => unreachable!("a tile has 1 to 11 rows of 2 registers, or 14 of one"),
            }
        };
    }
    pick!(1 2 3 4 5 6 7 8 9 10 11; 12 13 14);
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
    parallel::chunks(c, columns, terms * columns, |first, c| {
        let product = Product {
            a: &a.entries[(first * a.row).min(a.entries.len())..],
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
            rows: c.len() / columns,
            columns,
            terms: (1, terms),
            start,
            rectify,
        };
        product.write_to(c, columns);
    });
}

#[cfg(test)]
mod tests {
    use std::{vec, vec::Vec};

    use super::{Element, Matrix, Start, multiply};

    fn numbers<E: Element>(len: usize, seed: usize) -> Vec<E> {
        (0..len)
            .map(|i| E::of(f64::from(u8::try_from((i * 37 + seed * 101) % 23).unwrap()) - 11.0))
            .collect()
    }

    /// Whole numbers are exact in any order.
    fn check<E: Element>(rows: usize, terms: usize, columns: usize) {
        let (a, b) = (
            numbers::<E>(rows * terms, 1),
            numbers::<E>(terms * columns, 2),
        );
        let bias = numbers::<E>(columns, 3);
        for (a_turned, b_turned) in [(false, false), (true, false), (false, true), (true, true)] {
            let (ar, ac) = if a_turned { (1, rows) } else { (terms, 1) };
            let (br, bc) = if b_turned { (1, terms) } else { (columns, 1) };
            let at = |i: usize, j: usize| -> E {
                (0..terms)
                    .map(|k| a[i * ar + k * ac] * b[k * br + j * bc])
                    .sum()
            };
            let left = if a_turned {
                Matrix::rows(&a, rows).t()
            } else {
                Matrix::rows(&a, terms)
            };
            let right = if b_turned {
                Matrix::rows(&b, terms).t()
            } else {
                Matrix::rows(&b, columns)
            };
            let mut c = vec![E::one(); rows * columns];
            for (start, rectify) in [
                (Start::Held, false),
                (Start::Zero, true),
                (Start::Row(&bias), false),
            ] {
                let before = c.clone();
                multiply(left, right, [terms, columns], start, rectify, &mut c);
                for (k, &c) in c.iter().enumerate() {
                    let start = match start {
                        Start::Held => before[k],
                        Start::Zero => E::zero(),
                        Start::Row(bias) => bias[k % columns],
                    };
                    let sum = start + at(k / columns, k % columns);
                    assert_eq!(c, if rectify { sum.max(E::zero()) } else { sum });
                }
            }
        }
    }

    #[test]
    fn products_are_their_formula() {
        for rows in [1, 2, 11, 12, 23, 40] {
            for columns in [1, 7, 8, 16, 31, 32, 33, 70] {
                check::<f32>(rows, 19, columns);
                check::<f64>(rows, 5, columns);
            }
        }
        check::<f32>(3, 0, 4);
        check::<f64>(0, 3, 4);
    }

    #[test]
    #[should_panic(expected = "the second operand of a product is too short")]
    fn an_operand_too_short_is_refused() {
        let (a, b) = ([1.0_f32; 4], [1.0; 3]);
        multiply(
            Matrix::rows(&a, 2),
            Matrix::rows(&b, 2),
            [2, 2],
            Start::Zero,
            false,
            &mut [0.0; 4],
        );
    }
}

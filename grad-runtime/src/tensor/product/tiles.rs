//! Which tile computes what, and the panels that an operand is packed in.

#![allow(
    unsafe_code,
    reason = "the tiles check no index, and threads write columns of one slice"
)]

use core::marker::PhantomData;
use core::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::{Product, Start, Strides};
use crate::tensor::micro::{Kernel, Tile, TileStart};
use crate::tensor::{Element, workspace};

/// `f32` lanes of the widest registers.
const MOST_LANES: usize = 16;
/// Columns that are packed together.
pub(super) const PANEL: usize = 2 * MOST_LANES;

/// The slice that a product is written to, with rows `row` apart.
pub(super) struct Target<'a, E> {
    entries: *mut E,
    row: usize,
    slice: PhantomData<&'a mut [E]>,
}

// SAFETY: what is done with it from several threads is `write` alone, whose callers take columns of
// their own.
unsafe impl<E: Send> Sync for Target<'_, E> {}

impl<'a, E: Element> Target<'a, E> {
    pub(super) fn new(c: &'a mut [E], row: usize) -> Self {
        Self {
            entries: c.as_mut_ptr(),
            row,
            slice: PhantomData,
        }
    }

    /// Computes some columns of the product.
    ///
    /// # Safety
    /// `Product::assert_reach` must have passed for the slice and its row, and nobody else may take
    /// any of the columns at the same time.
    pub(super) unsafe fn write(&self, product: &Product<'_, E>, columns: Range<usize>) {
        let pack = product.packs();
        let panel = if pack {
            workspace::take(PANEL * product.terms.0 * product.terms.1)
        } else {
            std::vec::Vec::new()
        };
        let mut tiles = Tiles {
            product,
            target: self,
            columns,
            panel,
            pack,
        };
        Arch::new().dispatch(&mut tiles);
        workspace::give(tiles.panel);
    }
}

struct Tiles<'a, 'b, E> {
    product: &'a Product<'b, E>,
    target: &'a Target<'a, E>,
    columns: Range<usize>,
    panel: std::vec::Vec<E>,
    pack: bool,
}

impl<E: Element> WithSimd for &mut Tiles<'_, '_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let lanes = E::count::<S>();
        let Range { mut start, end } = self.columns;
        while start < end {
            let width = (end - start).min(2 * lanes);
            let registers = width.div_ceil(lanes);
            self.column_panel(simd, start, width, registers);
            start += width;
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
                c: self
                    .target
                    .entries
                    .wrapping_add(row * self.target.row + first),
                c_row: self.target.row,
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
            // a part; the slice is borrowed mutably, and the caller of `write` has these columns alone.
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

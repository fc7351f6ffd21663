//! The innermost loop of every product: a tile of the result held in registers.
//!
//! ```text
//! c[i, j] = start[i, j] + Σ_p Σ_q a[i row + p outer + q inner] b[p outer + q inner + j]
//! ```
//!
//! Two sums, because that makes convolution a product without copies: forward, `p` runs over the rows
//! of the filter and `q` over a row of it, which lies together in the image; back to the weights, `p`
//! runs over the rows of the image. A tile is `MR` rows of `NR` registers. This is the one place where
//! the crate checks no index: a check for each of the `MR` operands of a step costs more than the step
//! (a third of the speed at 14 rows), and the extents are asserted once, in [`super::product`].

#![allow(unsafe_code, reason = "see the module's doc")]
#![allow(
    clippy::needless_range_loop,
    reason = "a loop with a constant number of rounds is unrolled, and its arrays become registers"
)]

use pulp::{Simd, WithSimd};

use super::{Element, Lanes};

/// The operands of one tile.
#[derive(Clone, Copy)]
pub(super) struct Tile<E> {
    pub(super) a: *const E,
    pub(super) a_strides: Strides,
    pub(super) b: *const E,
    pub(super) b_strides: Strides,
    pub(super) c: *mut E,
    pub(super) c_row: usize,
    /// How many terms the outer and the inner sum have.
    pub(super) terms: (usize, usize),
    /// The columns in the last register.
    pub(super) last: usize,
    pub(super) start: TileStart<E>,
    pub(super) rectify: bool,
}

/// How far the next entry is: in the next row (of `a`; unused for `b`), outer and inner term.
#[derive(Clone, Copy, Debug)]
pub struct Strides {
    /// From row to row; in the second operand, from column to column.
    pub row: usize,
    /// From one outer term to the next.
    pub outer: usize,
    /// From one inner term to the next.
    pub inner: usize,
}

/// What the sum is added to.
#[derive(Clone, Copy)]
pub(super) enum TileStart<E> {
    Zero,
    /// What `c` holds.
    Held,
    /// The same for every row.
    Row(*const E),
}

/// The kernel for `MR` rows and `NR` registers; `FULL`: the last register is.
pub(super) struct Kernel<E, const MR: usize, const NR: usize, const FULL: bool> {
    tile: Tile<E>,
}

impl<E, const MR: usize, const NR: usize, const FULL: bool> Kernel<E, MR, NR, FULL> {
    /// # Safety
    /// For every row, term and column of the tile: `a` and `b` must be readable and `c` writable there,
    /// `c` must not overlap the others, and a start row must be readable for every column.
    #[inline(always)]
    pub(super) unsafe fn new(tile: Tile<E>) -> Self {
        Self { tile }
    }
}

impl<E: Element, const MR: usize, const NR: usize, const FULL: bool> WithSimd
    for Kernel<E, MR, NR, FULL>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let tile = self.tile;
        let mask = E::first_lanes(simd, if FULL { E::count::<S>() } else { tile.last });
        let columns = Columns::<E, S, NR, FULL> { simd, mask };
        // SAFETY: `new` was promised every address in reach; `Columns` touches the columns of the tile.
        unsafe {
            let mut sums = [[E::splat(simd, E::zero()); NR]; MR];
            match tile.start {
                TileStart::Zero => {}
                TileStart::Held => {
                    for i in 0..MR {
                        sums[i] = columns.read(tile.c.add(i * tile.c_row));
                    }
                }
                TileStart::Row(row) => sums = [columns.read(row); MR],
            }
            for p in 0..tile.terms.0 {
                let mut a = tile.a.add(p * tile.a_strides.outer);
                let mut b = tile.b.add(p * tile.b_strides.outer);
                for _ in 0..tile.terms.1 {
                    let row = columns.read(b);
                    for i in 0..MR {
                        let x = E::splat(simd, *a.add(i * tile.a_strides.row));
                        for j in 0..NR {
                            sums[i][j] = E::multiply_add(simd, x, row[j], sums[i][j]);
                        }
                    }
                    a = a.wrapping_add(tile.a_strides.inner);
                    b = b.wrapping_add(tile.b_strides.inner);
                }
            }
            for i in 0..MR {
                if tile.rectify {
                    for j in 0..NR {
                        // The sum second: what is not a number stays so.
                        sums[i][j] = E::larger(simd, E::splat(simd, E::zero()), sums[i][j]);
                    }
                }
                columns.write(tile.c.add(i * tile.c_row), sums[i]);
            }
        }
    }
}

/// Reads and writes the columns of a row.
struct Columns<E: Lanes, S: Simd, const NR: usize, const FULL: bool> {
    simd: S,
    mask: E::Mask<S>,
}

impl<E: Lanes, S: Simd, const NR: usize, const FULL: bool> Columns<E, S, NR, FULL> {
    /// # Safety
    /// The columns must be readable at `from`.
    #[inline(always)]
    unsafe fn read(&self, from: *const E) -> [E::Register<S>; NR] {
        // SAFETY: the caller's; the mask leaves out what is past the columns.
        unsafe {
            let last = from.wrapping_add((NR - 1) * E::count::<S>());
            let last = if FULL {
                E::read::<S>(last)
            } else {
                E::read_masked(self.simd, self.mask, last)
            };
            let mut row = [last; NR];
            for j in 0..NR - 1 {
                row[j] = E::read::<S>(from.add(j * E::count::<S>()));
            }
            row
        }
    }

    /// # Safety
    /// The columns must be writable at `to`.
    #[inline(always)]
    unsafe fn write(&self, to: *mut E, row: [E::Register<S>; NR]) {
        // SAFETY: the caller's; the mask leaves out what is past the columns.
        unsafe {
            for j in 0..NR - 1 {
                E::write::<S>(to.add(j * E::count::<S>()), row[j]);
            }
            let last = to.wrapping_add((NR - 1) * E::count::<S>());
            if FULL {
                E::write::<S>(last, row[NR - 1]);
            } else {
                E::write_masked(self.simd, self.mask, last, row[NR - 1]);
            }
        }
    }
}

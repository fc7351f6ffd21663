//! From pixels to places: `Bᵀ x B` of tiles of an image, `A ȳ Aᵀ` of those of a cotangent.

#![allow(
    clippy::needless_range_loop,
    reason = "a loop with a constant number of rounds is unrolled, and its arrays become registers"
)]

use core::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::{BLOCK, PLACES, Patch, Winograd};
use crate::tensor::{Element, workspace};

/// `f32` lanes of the widest registers.
pub(super) const MOST_LANES: usize = 16;
/// A few entries between the places of a block, which else lie a power of two apart and meet in the
/// same set of the cache.
const APART: usize = 16;

/// The transformed tiles of a block: for each place a matrix with a row for each tile.
pub(super) struct Planes<E> {
    pub(super) entries: std::vec::Vec<E>,
    pub(super) columns: usize,
    /// The columns, rounded up to whole registers.
    pub(super) row: usize,
    /// A pixel that lies outside of the image.
    outside: std::vec::Vec<E>,
}

impl<E: Element> Planes<E> {
    pub(super) fn new(columns: usize) -> Self {
        let row = columns.next_multiple_of(MOST_LANES);
        Self {
            entries: workspace::take(PLACES * (BLOCK * row + APART)),
            columns,
            row,
            outside: workspace::take_zeroed(columns),
        }
    }

    pub(super) fn give(self) {
        workspace::give(self.outside);
        workspace::give(self.entries);
    }

    pub(super) fn len(&self) -> usize {
        BLOCK * self.row + APART
    }

    pub(super) fn place(&self, place: usize) -> &[E] {
        &self.entries[place * self.len()..][..BLOCK * self.row]
    }

    pub(super) fn place_mut(&mut self, place: usize) -> &mut [E] {
        let len = self.len();
        &mut self.entries[place * len..][..BLOCK * self.row]
    }

    /// `Bᵀ x B` for each tile.
    pub(super) fn of_image(&mut self, winograd: &Winograd, x: &[E], tiles: Range<usize>) {
        let outside = core::mem::take(&mut self.outside);
        Arch::new().dispatch(Spread::<E, 4> {
            winograd,
            sides: winograd.image,
            before: winograd.padding,
            x,
            outside: &outside,
            tiles,
            planes: self,
        });
        self.outside = outside;
    }

    /// `A ȳ Aᵀ` for each tile.
    pub(super) fn of_bar(&mut self, winograd: &Winograd, y_bar: &[E], tiles: Range<usize>) {
        let outside = core::mem::take(&mut self.outside);
        Arch::new().dispatch(Spread::<E, 2> {
            winograd,
            sides: winograd.output,
            before: [0, 0],
            x: y_bar,
            outside: &outside,
            tiles,
            planes: self,
        });
        self.outside = outside;
    }
}

/// From pixels, `N` by `N` of each tile, to places.
struct Spread<'a, E, const N: usize> {
    winograd: &'a Winograd,
    sides: [usize; 2],
    before: [usize; 2],
    x: &'a [E],
    /// A pixel outside.
    outside: &'a [E],
    tiles: Range<usize>,
    planes: &'a mut Planes<E>,
}

impl<E: Element, const N: usize> WithSimd for Spread<'_, E, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (columns, row, len) = (self.planes.columns, self.planes.row, self.planes.len());
        let lanes = E::count::<S>();
        for (at, tile) in self.tiles.clone().enumerate() {
            let patch = Patch::new(self.winograd, self.sides, self.before, tile, N);
            let mut pixels = [[self.outside; N]; N];
            for i in 0..N {
                for j in 0..N {
                    if patch.holds(i, j) {
                        pixels[i][j] = &self.x[patch.pixel(i, j) * columns..][..columns];
                    }
                }
            }
            let to = &mut self.planes.entries[at * row..];
            let mut first = 0;
            while first + lanes <= columns {
                spread_tile::<E, S, N, true>(simd, &pixels, first, &mut to[first..], len);
                first += lanes;
            }
            if first < columns {
                spread_tile::<E, S, N, false>(simd, &pixels, first, &mut to[first..], len);
            }
        }
    }
}

/// One register of each pixel, from the channel `first` on, to the places, which lie `len` apart;
/// `FULL`: there are so many channels.
#[inline(always)]
fn spread_tile<E: Element, S: Simd, const N: usize, const FULL: bool>(
    simd: S,
    pixels: &[[&[E]; N]; N],
    first: usize,
    to: &mut [E],
    len: usize,
) {
    let lanes = E::count::<S>();
    assert!((PLACES - 1) * len + lanes <= to.len());
    let mut half = [[E::splat(simd, E::zero()); N]; 4];
    for j in 0..N {
        let mut column = [E::splat(simd, E::zero()); N];
        for i in 0..N {
            let pixel = pixels[i][j];
            let width = if FULL { lanes } else { pixel.len() - first };
            column[i] = E::load(simd, &pixel[first..][..width]);
        }
        let spread = spread::<E, S, N>(simd, column);
        for i in 0..4 {
            half[i][j] = spread[i];
        }
    }
    for i in 0..4 {
        let row = spread::<E, S, N>(simd, half[i]);
        for j in 0..4 {
            E::store(simd, row[j], &mut to[(4 * i + j) * len..][..lanes]);
        }
    }
}

/// `Bᵀ` times four pixels, or `A` times two.
#[inline(always)]
fn spread<E: Element, S: Simd, const N: usize>(
    simd: S,
    x: [E::Register<S>; N],
) -> [E::Register<S>; 4] {
    if N == 4 {
        [
            E::minus(simd, x[0], x[2]),
            E::plus(simd, x[1], x[2]),
            E::minus(simd, x[2], x[1]),
            E::minus(simd, x[1], x[3]),
        ]
    } else {
        [
            x[0],
            E::plus(simd, x[0], x[1]),
            E::minus(simd, x[0], x[1]),
            E::minus(simd, E::splat(simd, E::zero()), x[1]),
        ]
    }
}

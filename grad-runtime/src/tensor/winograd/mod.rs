//! Convolution with filters of 3 by 3 and stride 1 in fewer products: Winograd's F(2x2, 3x3), as in
//! Lavin and Gray, "Fast algorithms for convolutional neural networks" (2015).
//!
//! ```text
//! y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ x B) ] A
//! ```
//!
//! for each tile of 2 by 2 results, which sees 4 by 4 pixels: 16 products in place of 36, and sums over
//! the channels, which are a product of matrices for each of the 16 places. The adjoints are of the same
//! kind: back to the image goes a convolution with the filters turned round; back to the filters
//! `Gᵀ [ Σ (Bᵀ x B) ⊙ (A ȳ Aᵀ) ] G`, summed over the tiles.
//!
//! The factors are 0, 1, -1 and 1/2, so whole numbers stay exact and the error is about twice that of
//! the plain sums. (F(4x4, 3x3) takes 36 products in place of 144, with factors up to 8 and 1/24 and
//! ten times the error.)
//!
//! An infinite pixel, a NaN, or a difference beyond the largest float makes results of its tile NaN
//! where the plain sums are infinities and numbers. So what comes out not finite is summed plainly
//! instead (`plain`); to see it takes a few instructions for each register of results.
//!
//! Tiles go in blocks, of which all that is in between stays in the second cache.

mod filters;
mod gather;
mod plain;
mod spread;

use core::ops::Range;

use pulp::Arch;

use self::gather::Gather;
use self::plain::Plain;
use self::spread::Planes;
use super::product::{Product, Start, Strides};
use super::{Element, workspace};

/// What is done with a result.
#[derive(Clone, Copy, Debug)]
pub(super) enum Finish<'a, E> {
    /// It is added to a bias and written, positive if `rectify`.
    Write { bias: &'a [E], rectify: bool },
    /// It is added to what is there.
    Add,
}

/// A convolution of 3 by 3 with stride 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct Winograd {
    /// Height and width of an image.
    pub(super) image: [usize; 2],
    /// Zeros around it.
    pub(super) padding: [usize; 2],
    /// Height and width of the result.
    pub(super) output: [usize; 2],
    pub(super) channels: usize,
    pub(super) filters: usize,
}

/// Places of a tile.
const PLACES: usize = 16;
/// Tiles of a block.
const BLOCK: usize = 64;
/// Filters that a product takes at a time, so that it need not pack them.
const PANEL: usize = 32;

impl Winograd {
    /// Whether this is faster than the plain sums: there are channels enough to pay for the transforms,
    /// and few tiles reach beyond the result.
    pub(super) fn pays(&self) -> bool {
        let plain = 9 * self.output[0] * self.output[1];
        self.channels >= 16 && self.filters >= 16 && self.tiles() * PLACES * 4 <= plain * 3
    }

    fn grid(&self) -> [usize; 2] {
        self.output.map(|side| side.div_ceil(2))
    }

    fn tiles(&self) -> usize {
        let [down, across] = self.grid();
        down * across
    }

    /// The transformed filters, of `[place, panel, channel, filter of the panel]`, from those of
    /// `[3, 3, channels, filters]`.
    pub(super) fn filters<E: Element>(&self, w: &[E]) -> std::vec::Vec<E> {
        let mut spread = workspace::take(PLACES * self.channels * self.filters);
        for first in (0..self.filters).step_by(PANEL) {
            filters::spread(self, w, first, &mut spread);
        }
        spread
    }

    /// The convolution of some images with filters, which are handed transformed too.
    pub(super) fn run<E: Element>(
        &self,
        x: &[E],
        (plain, w): (&[E], &[E]),
        finish: Finish<'_, E>,
        y: &mut [E],
    ) {
        let images = y.len() / (self.output[0] * self.output[1] * self.filters);
        let mut spread = Planes::new(self.channels);
        let mut sums = Planes::new(self.filters);
        for tiles in blocks(images * self.tiles()) {
            spread.of_image(self, x, tiles.clone());
            for place in 0..PLACES {
                let w = &w[place * self.channels * self.filters..][..self.channels * self.filters];
                self.multiply(&spread, w, place, tiles.len(), &mut sums);
            }
            Arch::new().dispatch(Gather {
                winograd: self,
                plain: Plain { x, w: plain },
                sums: &sums,
                tiles,
                finish,
                y,
            });
        }
        spread.give();
        sums.give();
    }

    /// The sums over the channels at one place.
    fn multiply<E: Element>(
        &self,
        spread: &Planes<E>,
        w: &[E],
        place: usize,
        tiles: usize,
        sums: &mut Planes<E>,
    ) {
        for first in (0..self.filters).step_by(PANEL) {
            let columns = PANEL.min(self.filters - first);
            let product = Product {
                a: spread.place(place),
                a_strides: Strides {
                    row: spread.row,
                    outer: 0,
                    inner: 1,
                },
                b: &w[first * self.channels..],
                b_strides: Strides {
                    row: 1,
                    outer: 0,
                    inner: columns,
                },
                rows: tiles,
                columns,
                terms: (1, self.channels),
                start: Start::Zero,
                rectify: false,
            };
            let row = sums.row;
            product.write_to(&mut sums.place_mut(place)[first..], row);
        }
    }

    /// Adds to `w_bar` what some images and the cotangents of their results give; `false`, and nothing
    /// is added, if that is not finite.
    #[must_use]
    pub(super) fn pull_filters<E: Element>(&self, x: &[E], y_bar: &[E], w_bar: &mut [E]) -> bool {
        let images = y_bar.len() / (self.output[0] * self.output[1] * self.filters);
        let mut spread = Planes::new(self.channels);
        let mut bars = Planes::new(self.filters);
        let mut sums = workspace::take_zeroed(PLACES * self.channels * self.filters);
        for tiles in blocks(images * self.tiles()) {
            spread.of_image(self, x, tiles.clone());
            bars.of_bar(self, y_bar, tiles.clone());
            let places = sums.chunks_exact_mut(self.channels * self.filters);
            for (place, sums) in places.enumerate() {
                let product = Product {
                    a: spread.place(place),
                    a_strides: Strides {
                        row: 1,
                        outer: 0,
                        inner: spread.row,
                    },
                    b: bars.place(place),
                    b_strides: Strides {
                        row: 1,
                        outer: 0,
                        inner: bars.row,
                    },
                    rows: self.channels,
                    columns: self.filters,
                    terms: (1, tiles.len()),
                    start: Start::Held,
                    rectify: false,
                };
                product.write_to(sums, self.filters);
            }
        }
        let finite = filters::all_finite(&sums);
        if finite {
            filters::gather(&sums, w_bar);
        }
        spread.give();
        bars.give();
        workspace::give(sums);
        finite
    }
}

/// The tiles, block by block.
fn blocks(tiles: usize) -> impl Iterator<Item = Range<usize>> {
    (0..tiles)
        .step_by(BLOCK)
        .map(move |first| first..(first + BLOCK).min(tiles))
}

/// The pixels of a tile, some of which may lie outside of the image.
#[derive(Clone, Copy)]
struct Patch {
    /// The place of the first pixel if it lay inside; else it wraps round.
    corner: usize,
    width: usize,
    rows: (usize, usize),
    columns: (usize, usize),
}

impl Patch {
    /// Of `size` by `size` pixels, the first `before` in front of that of the tile.
    #[inline(always)]
    fn new(
        winograd: &Winograd,
        [height, width]: [usize; 2],
        before: [usize; 2],
        tile: usize,
        size: usize,
    ) -> Self {
        let ([down, across], tiles) = (winograd.grid(), winograd.tiles());
        debug_assert!(tiles == down * across);
        let (image, tile) = (tile / tiles, tile % tiles);
        let (i, j) = (2 * (tile / across), 2 * (tile % across));
        let range = |first: usize, before: usize, side: usize| {
            let end = (side + before).saturating_sub(first).min(size);
            (before.saturating_sub(first), end)
        };
        let row = (image * height + i).wrapping_sub(before[0]);
        Self {
            corner: row
                .wrapping_mul(width)
                .wrapping_add(j)
                .wrapping_sub(before[1]),
            width,
            rows: range(i, before[0], height),
            columns: range(j, before[1], width),
        }
    }

    /// Whether a pixel lies in the image.
    #[inline(always)]
    fn holds(&self, i: usize, j: usize) -> bool {
        i >= self.rows.0 && i < self.rows.1 && j >= self.columns.0 && j < self.columns.1
    }

    #[inline(always)]
    fn pixel(&self, i: usize, j: usize) -> usize {
        self.corner.wrapping_add(i * self.width + j)
    }
}

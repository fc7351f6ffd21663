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
//! ten times the error.) An infinite pixel makes its whole tile NaN, where the plain sums have an
//! infinity next to numbers.
//!
//! Tiles go in blocks, of which all that is in between stays in the second cache.

#![allow(
    clippy::needless_range_loop,
    reason = "a loop with a constant number of rounds is unrolled, and its arrays become registers"
)]

use core::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use super::elementwise::passes;
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
/// A few entries between the places of a block, which else lie a power of two apart and meet in the
/// same set of the cache.
const APART: usize = 16;

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
            spread_filters(self, w, first, &mut spread);
        }
        spread
    }

    /// The convolution of some images with transformed filters.
    pub(super) fn run<E: Element>(&self, x: &[E], w: &[E], finish: Finish<'_, E>, y: &mut [E]) {
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
                    row: self.channels,
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
            product.write_to(&mut sums.place_mut(place)[first..], self.filters);
        }
    }

    /// Adds to `w_bar` what some images and the cotangents of their results give.
    pub(super) fn pull_filters<E: Element>(&self, x: &[E], y_bar: &[E], w_bar: &mut [E]) {
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
                        inner: self.channels,
                    },
                    b: bars.place(place),
                    b_strides: Strides {
                        row: 1,
                        outer: 0,
                        inner: self.filters,
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
        gather_filters(&sums, w_bar);
        spread.give();
        bars.give();
        workspace::give(sums);
    }
}

/// The tiles, block by block.
fn blocks(tiles: usize) -> impl Iterator<Item = Range<usize>> {
    (0..tiles)
        .step_by(BLOCK)
        .map(move |first| first..(first + BLOCK).min(tiles))
}

/// The transformed tiles of a block: for each place a matrix with a row for each tile.
struct Planes<E> {
    entries: std::vec::Vec<E>,
    columns: usize,
}

impl<E: Element> Planes<E> {
    fn new(columns: usize) -> Self {
        Self {
            entries: workspace::take(PLACES * (BLOCK * columns + APART)),
            columns,
        }
    }

    fn give(self) {
        workspace::give(self.entries);
    }

    fn len(&self) -> usize {
        BLOCK * self.columns + APART
    }

    fn place(&self, place: usize) -> &[E] {
        &self.entries[place * self.len()..][..BLOCK * self.columns]
    }

    fn place_mut(&mut self, place: usize) -> &mut [E] {
        let len = self.len();
        &mut self.entries[place * len..][..BLOCK * self.columns]
    }

    /// `Bᵀ x B` for each tile.
    fn of_image(&mut self, winograd: &Winograd, x: &[E], tiles: Range<usize>) {
        Arch::new().dispatch(Spread::<E, 4> {
            winograd,
            sides: winograd.image,
            before: winograd.padding,
            x,
            tiles,
            planes: self,
        });
    }

    /// `A ȳ Aᵀ` for each tile.
    fn of_bar(&mut self, winograd: &Winograd, y_bar: &[E], tiles: Range<usize>) {
        Arch::new().dispatch(Spread::<E, 2> {
            winograd,
            sides: winograd.output,
            before: [0, 0],
            x: y_bar,
            tiles,
            planes: self,
        });
    }
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

/// From pixels, `N` by `N` of each tile, to places.
struct Spread<'a, E, const N: usize> {
    winograd: &'a Winograd,
    sides: [usize; 2],
    before: [usize; 2],
    x: &'a [E],
    tiles: Range<usize>,
    planes: &'a mut Planes<E>,
}

impl<E: Element, const N: usize> WithSimd for Spread<'_, E, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (columns, len) = (self.planes.columns, self.planes.len());
        let zero = E::splat(simd, E::zero());
        for (row, tile) in self.tiles.clone().enumerate() {
            let patch = Patch::new(self.winograd, self.sides, self.before, tile, N);
            for first in (0..columns).step_by(E::count::<S>()) {
                let lanes = (columns - first).min(E::count::<S>());
                let mut x = [[zero; N]; N];
                for i in 0..N {
                    for j in 0..N {
                        if patch.holds(i, j) {
                            let at = patch.pixel(i, j) * columns + first;
                            x[i][j] = E::load(simd, &self.x[at..at + lanes]);
                        }
                    }
                }
                let to = &mut self.planes.entries[row * columns + first..];
                let mut half = [[zero; N]; 4];
                for i in 0..N {
                    let row = spread::<E, S, N>(simd, x[i]);
                    for j in 0..4 {
                        half[j][i] = row[j];
                    }
                }
                for j in 0..4 {
                    let column = spread::<E, S, N>(simd, half[j]);
                    for i in 0..4 {
                        E::store(simd, column[i], &mut to[(4 * i + j) * len..][..lanes]);
                    }
                }
            }
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

/// From places to results.
struct Gather<'a, E> {
    winograd: &'a Winograd,
    sums: &'a Planes<E>,
    tiles: Range<usize>,
    finish: Finish<'a, E>,
    y: &'a mut [E],
}

impl<E: Element> WithSimd for Gather<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (columns, len) = (self.sums.columns, self.sums.len());
        let zero = E::splat(simd, E::zero());
        for (row, tile) in self.tiles.clone().enumerate() {
            let patch = Patch::new(self.winograd, self.winograd.output, [0, 0], tile, 2);
            for first in (0..columns).step_by(E::count::<S>()) {
                let lanes = (columns - first).min(E::count::<S>());
                let from = &self.sums.entries[row * columns + first..];
                let mut half = [[zero; 4]; 2];
                for j in 0..4 {
                    let mut column = [zero; 4];
                    for i in 0..4 {
                        column[i] = E::load(simd, &from[(4 * i + j) * len..][..lanes]);
                    }
                    let sums = gather::<E, S>(simd, column);
                    half[0][j] = sums[0];
                    half[1][j] = sums[1];
                }
                for i in 0..2 {
                    let sums = gather::<E, S>(simd, half[i]);
                    for j in 0..2 {
                        let sum = sums[j];
                        if patch.holds(i, j) {
                            let at = patch.pixel(i, j) * columns + first;
                            let y = &mut self.y[at..at + lanes];
                            let result = match self.finish {
                                Finish::Add => E::plus(simd, E::load(simd, y), sum),
                                Finish::Write { bias, rectify } => {
                                    let bias = E::load(simd, &bias[first..first + lanes]);
                                    let sum = E::plus(simd, sum, bias);
                                    // The sum second: what is not a number stays so.
                                    if rectify {
                                        E::larger(simd, zero, sum)
                                    } else {
                                        sum
                                    }
                                }
                            };
                            E::store(simd, result, y);
                        }
                    }
                }
            }
        }
    }
}

/// `Aᵀ` times the sums of four places.
#[inline(always)]
fn gather<E: Element, S: Simd>(simd: S, m: [E::Register<S>; 4]) -> [E::Register<S>; 2] {
    [
        E::plus(simd, E::plus(simd, m[0], m[1]), m[2]),
        E::minus(simd, E::minus(simd, m[1], m[2]), m[3]),
    ]
}

passes! {
    /// `G w Gᵀ` for the filters of a panel.
    fn spread_filters<'a, E>(winograd: &'a Winograd, w: &'a [E], first: usize, spread: &'a mut [E]) -> () {
        let (channels, filters) = (winograd.channels, winograd.filters);
        let width = PANEL.min(filters - first);
        let half = E::of(0.5);
        // `G` times three numbers.
        let spread_three = |[a, b, c]: [E; 3]| {
            let (even, odd) = ((a + c) * half, b * half);
            [a, even + odd, even - odd, c]
        };
        for channel in 0..channels {
            for f in 0..width {
                let at = channel * filters + first + f;
                let rows = [0, 1, 2].map(|p| {
                    spread_three([0, 1, 2].map(|q| w[(3 * p + q) * channels * filters + at]))
                });
                for j in 0..4 {
                    let column = spread_three([rows[0][j], rows[1][j], rows[2][j]]);
                    for (i, x) in column.into_iter().enumerate() {
                        let place = (4 * i + j) * channels * filters;
                        spread[place + first * channels + channel * width + f] = x;
                    }
                }
            }
        }
    }

    /// Adds `Gᵀ sums G` to the cotangents of the filters.
    fn gather_filters<'a, E>(sums: &'a [E], w_bar: &'a mut [E]) -> () {
        let len = w_bar.len() / 9;
        let half = E::of(0.5);
        // `Gᵀ` times four numbers.
        let gather_four = |[a, b, c, d]: [E; 4]| {
            let (even, odd) = ((b + c) * half, (b - c) * half);
            [a + even, odd, even + d]
        };
        for at in 0..len {
            let rows = [0, 1, 2, 3]
                .map(|i| gather_four([0, 1, 2, 3].map(|j| sums[(4 * i + j) * len + at])));
            for q in 0..3 {
                let column = gather_four([0, 1, 2, 3].map(|i| rows[i][q]));
                for (p, x) in column.into_iter().enumerate() {
                    w_bar[(3 * p + q) * len + at] += x;
                }
            }
        }
    }
}

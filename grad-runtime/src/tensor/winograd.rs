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
/// `f32` lanes of the widest registers.
const MOST_LANES: usize = 16;
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
    /// The columns, rounded up to whole registers.
    row: usize,
    /// A pixel that lies outside of the image.
    outside: std::vec::Vec<E>,
}

impl<E: Element> Planes<E> {
    fn new(columns: usize) -> Self {
        let row = columns.next_multiple_of(MOST_LANES);
        Self {
            entries: workspace::take(PLACES * (BLOCK * row + APART)),
            columns,
            row,
            outside: workspace::take_zeroed(columns),
        }
    }

    fn give(self) {
        workspace::give(self.outside);
        workspace::give(self.entries);
    }

    fn len(&self) -> usize {
        BLOCK * self.row + APART
    }

    fn place(&self, place: usize) -> &[E] {
        &self.entries[place * self.len()..][..BLOCK * self.row]
    }

    fn place_mut(&mut self, place: usize) -> &mut [E] {
        let len = self.len();
        &mut self.entries[place * len..][..BLOCK * self.row]
    }

    /// `Bᵀ x B` for each tile.
    fn of_image(&mut self, winograd: &Winograd, x: &[E], tiles: Range<usize>) {
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
    fn of_bar(&mut self, winograd: &Winograd, y_bar: &[E], tiles: Range<usize>) {
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
        let (columns, len, lanes) = (self.sums.columns, self.sums.len(), E::count::<S>());
        for (row, tile) in self.tiles.clone().enumerate() {
            let patch = Patch::new(self.winograd, self.winograd.output, [0, 0], tile, 2);
            for first in (0..columns).step_by(lanes) {
                let from = &self.sums.entries[row * self.sums.row + first..];
                let width = lanes.min(columns - first);
                let tile = gather_tile::<E, S>(simd, from, len);
                for i in 0..2 {
                    for j in 0..2 {
                        if patch.holds(i, j) {
                            let at = patch.pixel(i, j) * columns + first;
                            let y = &mut self.y[at..at + width];
                            let result = match self.finish {
                                Finish::Add => E::plus(simd, E::load(simd, y), tile[i][j]),
                                Finish::Write { bias, rectify } => {
                                    let bias = E::load(simd, &bias[first..first + width]);
                                    finish::<E, S>(simd, tile[i][j], bias, rectify)
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

/// With the bias, and positive if `rectify`.
#[inline(always)]
fn finish<E: Element, S: Simd>(
    simd: S,
    sum: E::Register<S>,
    bias: E::Register<S>,
    rectify: bool,
) -> E::Register<S> {
    let sum = E::plus(simd, sum, bias);
    if rectify {
        // The sum second: what is not a number stays so.
        E::larger(simd, E::splat(simd, E::zero()), sum)
    } else {
        sum
    }
}

/// One register of each of the four results of a tile from its places, which lie `len` apart.
#[inline(always)]
fn gather_tile<E: Element, S: Simd>(simd: S, from: &[E], len: usize) -> [[E::Register<S>; 2]; 2] {
    assert!((PLACES - 1) * len + E::count::<S>() <= from.len());
    let zero = E::splat(simd, E::zero());
    let mut half = [[zero; 4]; 2];
    for j in 0..4 {
        let mut column = [zero; 4];
        for i in 0..4 {
            column[i] = E::load(simd, &from[(4 * i + j) * len..][..E::count::<S>()]);
        }
        let sums = gather::<E, S>(simd, column);
        half[0][j] = sums[0];
        half[1][j] = sums[1];
    }
    [gather::<E, S>(simd, half[0]), gather::<E, S>(simd, half[1])]
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
        let (width, len) = (PANEL.min(filters - first), channels * filters);
        for channel in 0..channels {
            for f in 0..width {
                let at = channel * filters + first + f;
                let mut half = [[E::zero(); 3]; 4];
                for q in 0..3 {
                    let column = spread_three(w[q * len + at], w[(3 + q) * len + at], w[(6 + q) * len + at]);
                    for i in 0..4 {
                        half[i][q] = column[i];
                    }
                }
                let to = &mut spread[first * channels + channel * width + f..];
                for i in 0..4 {
                    let row = spread_three(half[i][0], half[i][1], half[i][2]);
                    for j in 0..4 {
                        to[(4 * i + j) * len] = row[j];
                    }
                }
            }
        }
    }

    /// Adds `Gᵀ sums G` to the cotangents of the filters.
    fn gather_filters<'a, E>(sums: &'a [E], w_bar: &'a mut [E]) -> () {
        let len = w_bar.len() / 9;
        for at in 0..len {
            let mut half = [[E::zero(); 4]; 3];
            for j in 0..4 {
                let place = |i: usize| (4 * i + j) * len + at;
                let column = gather_four(sums[place(0)], sums[place(1)], sums[place(2)], sums[place(3)]);
                for p in 0..3 {
                    half[p][j] = column[p];
                }
            }
            for p in 0..3 {
                let row = gather_four(half[p][0], half[p][1], half[p][2], half[p][3]);
                for q in 0..3 {
                    w_bar[(3 * p + q) * len + at] += row[q];
                }
            }
        }
    }
}

/// `G` times three numbers.
#[inline(always)]
fn spread_three<E: Element>(a: E, b: E, c: E) -> [E; 4] {
    let half = E::of(0.5);
    let (even, odd) = ((a + c) * half, b * half);
    [a, even + odd, even - odd, c]
}

/// `Gᵀ` times four numbers.
#[inline(always)]
fn gather_four<E: Element>(a: E, b: E, c: E, d: E) -> [E; 3] {
    let half = E::of(0.5);
    let (even, odd) = ((b + c) * half, (b - c) * half);
    [a + even, odd, even + d]
}

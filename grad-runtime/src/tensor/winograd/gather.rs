//! From places to results: `Aᵀ m A` of each tile, with what is done with them.

#![allow(
    clippy::needless_range_loop,
    reason = "a loop with a constant number of rounds is unrolled, and its arrays become registers"
)]

use core::ops::Range;

use pulp::{Simd, WithSimd};

use super::plain::{self, Outside, Plain};
use super::spread::{MOST_LANES, Planes};
use super::{Finish, PLACES, Patch, Winograd};
use crate::tensor::Element;

/// From places to results.
pub(super) struct Gather<'a, E> {
    pub(super) winograd: &'a Winograd,
    pub(super) plain: Plain<'a, E>,
    pub(super) sums: &'a Planes<E>,
    pub(super) tiles: Range<usize>,
    pub(super) finish: Finish<'a, E>,
    pub(super) y: &'a mut [E],
}

impl<E: Element> WithSimd for Gather<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (columns, len, lanes) = (self.sums.columns, self.sums.len(), E::count::<S>());
        let outside = match self.finish {
            Finish::Write { .. } => Outside::Zero,
            Finish::Add => Outside::Nothing,
        };
        for (row, tile) in self.tiles.clone().enumerate() {
            let patch = Patch::new(self.winograd, self.winograd.output, [0, 0], tile, 2);
            for first in (0..columns).step_by(lanes) {
                let from = &self.sums.entries[row * self.sums.row + first..];
                let width = lanes.min(columns - first);
                let mut results = gather_tile::<E, S>(simd, from, len);
                if !all_finite::<E, S>(simd, &results) {
                    let mut sums = [[E::zero(); MOST_LANES]; 4];
                    plain::sum(
                        self.winograd,
                        self.plain,
                        tile,
                        first..first + width,
                        outside,
                        &mut sums,
                    );
                    for at in 0..4 {
                        results[at / 2][at % 2] = E::load(simd, &sums[at][..width]);
                    }
                }
                for i in 0..2 {
                    for j in 0..2 {
                        if patch.holds(i, j) {
                            let at = patch.pixel(i, j) * columns + first;
                            let y = &mut self.y[at..at + width];
                            let result = match self.finish {
                                Finish::Add => E::plus(simd, E::load(simd, y), results[i][j]),
                                Finish::Write { bias, rectify } => {
                                    let bias = E::load(simd, &bias[first..first + width]);
                                    finish::<E, S>(simd, results[i][j], bias, rectify)
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

/// Whether no result is infinite or NaN. It may be missed that all are finite where their sum is not.
#[inline(always)]
fn all_finite<E: Element, S: Simd>(simd: S, results: &[[E::Register<S>; 2]; 2]) -> bool {
    let [[a, b], [c, d]] = *results;
    let sum = E::plus(simd, E::plus(simd, a, b), E::plus(simd, c, d));
    let zero = E::splat(simd, E::zero());
    // Zero times what is not finite is NaN, and NaN is no number.
    E::total(simd, E::multiply_add(simd, sum, zero, zero)) == E::zero()
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

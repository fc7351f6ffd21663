//! The filters, to places and back.

#![allow(
    clippy::needless_range_loop,
    reason = "a loop with a constant number of rounds is unrolled, and its arrays become registers"
)]

use super::{PANEL, Winograd};
use crate::tensor::Element;
use crate::tensor::elementwise::passes;

passes! {
    /// `G w Gᵀ` for the filters of a panel.
    pub(super) fn spread<'a, E>(winograd: &'a Winograd, w: &'a [E], first: usize, spread: &'a mut [E]) -> () {
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
    pub(super) fn gather<'a, E>(sums: &'a [E], w_bar: &'a mut [E]) -> () {
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

    /// Whether no entry is infinite or not a number.
    pub(super) fn all_finite<'a, E>(x: &'a [E]) -> bool {
        x.iter().fold(true, |finite, x| finite & x.is_finite())
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

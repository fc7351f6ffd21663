//! The plain sums, for the results that are not finite.

use core::ops::Range;

use super::spread::MOST_LANES;
use super::{Patch, Winograd};
use crate::tensor::elementwise::passes;

/// The images, and the filters as they are: `[3, 3, channels, filters]`.
#[derive(Clone, Copy)]
pub(super) struct Plain<'a, E> {
    pub(super) x: &'a [E],
    pub(super) w: &'a [E],
}

/// What becomes of a pixel outside of the image.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outside {
    /// It is a zero, which an infinite filter makes NaN.
    Zero,
    /// There is none: nothing is multiplied.
    Nothing,
}

passes! {
    /// The four results of a tile for some filters, one after another:
    ///
    /// ```text
    /// y[i, j, f] = Σ_p Σ_q Σ_c x[i + p, j + q, c] w[p, q, c, f]
    /// ```
    pub(super) fn sum<'a, E>(
        winograd: &'a Winograd,
        plain: Plain<'a, E>,
        tile: usize,
        filters: Range<usize>,
        outside: Outside,
        sums: &'a mut [[E; MOST_LANES]; 4],
    ) -> () {
        let channels = winograd.channels;
        let patch = Patch::new(winograd, winograd.image, winograd.padding, tile, 4);
        for (at, sums) in sums.iter_mut().enumerate() {
            for k in 0..9 {
                let (i, j) = (at / 2 + k / 3, at % 2 + k % 3);
                let inside = patch.holds(i, j);
                if !inside && outside == Outside::Nothing {
                    continue;
                }
                for channel in 0..channels {
                    let pixel = if inside {
                        plain.x[patch.pixel(i, j) * channels + channel]
                    } else {
                        E::zero()
                    };
                    let w = &plain.w[(k * channels + channel) * winograd.filters..][filters.clone()];
                    for (sum, &w) in sums.iter_mut().zip(w) {
                        *sum += pixel * w;
                    }
                }
            }
        }
    }
}

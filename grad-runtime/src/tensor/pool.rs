//! Maxima and means over windows of channels-last images.

use super::{Element, parallel};

/// Runs the body for every block of channels of every window of an image, with the number of channels
/// as a constant, so that loops over them become vectors. Not a function of a closure, as that could
/// not be forced inline.
macro_rules! for_blocks {
    ($pooling:expr, $at:ident, $L:ident => $body:expr) => {
        for_blocks!(@ $pooling, $at, $L, $body; 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    };
    (@ $pooling:expr, $at:ident, $L:ident, $body:expr; $($number:literal)+) => {
        let [height, width] = $pooling.output().unwrap_or_default();
        let channels = $pooling.channels;
        for first in (0..channels).step_by(BLOCK) {
            match (channels - first).min(BLOCK) {
                $($number => {
                    const $L: usize = $number;
                    for i in 0..height {
                        for j in 0..width {
                            let $at = $pooling.block(i, j, width, first);
                            $body;
                        }
                    }
                })+
                _ => unreachable!("a block has 1 to 16 channels"),
            }
        }
    };
}

/// The extents of a pooling, each of a channels-last image's height and width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pooling {
    /// Height and width of an image.
    pub image: [usize; 2],
    /// Its channels.
    pub channels: usize,
    /// Height and width of a window.
    pub window: [usize; 2],
    /// How far apart windows are.
    pub stride: [usize; 2],
}

impl Pooling {
    /// Height and width of the result; `None` if the window does not fit.
    #[must_use]
    pub fn output(&self) -> Option<[usize; 2]> {
        let side = |k: usize| Some(self.image[k].checked_sub(self.window[k])? / self.stride[k] + 1);
        Some([side(0)?, side(1)?])
    }

    fn lens(&self) -> [usize; 2] {
        let [height, width] = self
            .output()
            .expect("the caller has tested that the window fits");
        [
            self.image[0] * self.image[1] * self.channels,
            height * width * self.channels,
        ]
    }

    /// The largest of each window into `y`.
    pub fn max<E: Element>(&self, x: &[E], y: &mut [E]) {
        let [image_len, output_len] = self.lens();
        parallel::chunks(y, output_len, output_len * parallel::WINDOW, |first, y| {
            let x = &x[first * image_len..];
            for (x, y) in x
                .chunks_exact(image_len)
                .zip(y.chunks_exact_mut(output_len))
            {
                max_image(self, x, y);
            }
        });
    }

    /// Adds the cotangent of each maximum to the first entry that has it, in reading order.
    pub fn pull_max<E: Element>(&self, x: &[E], y_bar: &[E], x_bar: &mut [E]) {
        let [image_len, output_len] = self.lens();
        parallel::chunks(
            x_bar,
            image_len,
            output_len * parallel::WINDOW,
            |first, x_bar| {
                let (x, y_bar) = (&x[first * image_len..], &y_bar[first * output_len..]);
                let images = x
                    .chunks_exact(image_len)
                    .zip(y_bar.chunks_exact(output_len));
                for (x_bar, (x, y_bar)) in x_bar.chunks_exact_mut(image_len).zip(images) {
                    pull_max_image(self, x, y_bar, x_bar);
                }
            },
        );
    }

    /// The tangents of the entries that [`pull_max`](Self::pull_max) picks into `y_dot`.
    pub fn push_max<E: Element>(&self, x: &[E], x_dot: &[E], y_dot: &mut [E]) {
        let [image_len, output_len] = self.lens();
        let images = x.chunks_exact(image_len).zip(x_dot.chunks_exact(image_len));
        for (y_dot, (x, x_dot)) in y_dot.chunks_exact_mut(output_len).zip(images) {
            for (at, y_dot) in y_dot.iter_mut().enumerate() {
                *y_dot = x_dot
                    [self.first_largest(x, self.corner(at / self.channels), at % self.channels)];
            }
        }
    }

    /// The first pixel of the window of a pixel of the result.
    fn corner(&self, at: usize) -> usize {
        let [_, width] = self.output().unwrap_or_default();
        at / width * self.stride[0] * self.image[1] + at % width * self.stride[1]
    }

    /// Where the first largest entry of a window is.
    fn first_largest<E: Element>(&self, x: &[E], corner: usize, channel: usize) -> usize {
        let at = Block {
            from: corner * self.channels + channel,
            to: 0,
        };
        let [largest] = largest(self, at, x);
        let pixels = (0..self.window[0]).flat_map(|p| (0..self.window[1]).map(move |q| (p, q)));
        pixels
            .map(|(p, q)| at.from + self.offset(p, q))
            .find(|&place| is_largest(x[place], largest))
            .unwrap_or(at.from)
    }

    /// The mean of each window into `y`.
    pub fn mean<E: Element>(&self, x: &[E], y: &mut [E]) {
        let [image_len, output_len] = self.lens();
        parallel::chunks(y, output_len, output_len * parallel::WINDOW, |first, y| {
            y.fill(E::zero());
            let x = &x[first * image_len..];
            for (x, y) in x
                .chunks_exact(image_len)
                .zip(y.chunks_exact_mut(output_len))
            {
                self.windows(|from, to| {
                    for (y, &x) in y[to..to + self.channels].iter_mut().zip(&x[from..]) {
                        *y += x * self.weight();
                    }
                });
            }
        });
    }

    /// Adds an equal share of the cotangent of each mean to the window's entries.
    pub fn pull_mean<E: Element>(&self, y_bar: &[E], x_bar: &mut [E]) {
        let [image_len, output_len] = self.lens();
        parallel::chunks(
            x_bar,
            image_len,
            output_len * parallel::WINDOW,
            |first, x_bar| {
                let y_bar = &y_bar[first * output_len..];
                for (x_bar, y_bar) in x_bar
                    .chunks_exact_mut(image_len)
                    .zip(y_bar.chunks_exact(output_len))
                {
                    self.windows(|from, to| {
                        for (x_bar, &y_bar) in x_bar[from..from + self.channels]
                            .iter_mut()
                            .zip(&y_bar[to..])
                        {
                            *x_bar += y_bar * self.weight();
                        }
                    });
                }
            },
        );
    }

    /// What one entry of a window counts in its mean.
    fn weight<E: Element>(&self) -> E {
        let [height, width] = self.window;
        E::from(height * width).map_or_else(E::zero, E::recip)
    }

    /// Calls `f` with the places, in image and result, of each pixel of each window.
    #[inline(always)]
    fn windows(&self, mut f: impl FnMut(usize, usize)) {
        let [height, width] = self.output().unwrap_or_default();
        for i in 0..height {
            for p in 0..self.window[0] {
                let row = (i * self.stride[0] + p) * self.image[1];
                for j in 0..width {
                    for q in 0..self.window[1] {
                        let from = (row + j * self.stride[1] + q) * self.channels;
                        f(from, (i * width + j) * self.channels);
                    }
                }
            }
        }
    }
}

super::elementwise::passes! {
    /// The maxima of one image.
    pub fn max_image<'a, E>(pooling: &'a Pooling, x: &'a [E], y: &'a mut [E]) -> () {
        for_blocks!(pooling, at, L => y[at.to..][..L].copy_from_slice(&largest::<E, L>(pooling, at, x)));
    }

    /// Back through the maxima of one image.
    pub fn pull_max_image<'a, E>(pooling: &'a Pooling, x: &'a [E], y_bar: &'a [E], x_bar: &'a mut [E]) -> () {
        for_blocks!(pooling, at, L => pull_max_block::<E, L>(pooling, at, x, y_bar, x_bar));
    }
}

#[inline(always)]
fn pull_max_block<E: Element, const L: usize>(
    pooling: &Pooling,
    at: Block,
    x: &[E],
    y_bar: &[E],
    x_bar: &mut [E],
) {
    let largest: [E; L] = largest(pooling, at, x);
    // What has not found its entry yet.
    let mut bar: [E; L] = *block(y_bar, at.to);
    for p in 0..pooling.window[0] {
        for q in 0..pooling.window[1] {
            let place = at.from + pooling.offset(p, q);
            let x: &[E; L] = block(x, place);
            let x_bar: &mut [E; L] = x_bar[place..]
                .first_chunk_mut()
                .expect("a block lies in its image");
            let mut sums = *x_bar;
            for k in 0..L {
                let here = is_largest(x[k], largest[k]);
                sums[k] += if here { bar[k] } else { E::zero() };
                bar[k] = if here { E::zero() } else { bar[k] };
            }
            *x_bar = sums;
        }
    }
}

/// Whether an entry is the largest of its window; every one is where that is not a number.
#[inline(always)]
#[allow(clippy::neg_cmp_op_on_partial_ord, reason = "for what is not a number")]
fn is_largest<E: Element>(x: E, largest: E) -> bool {
    !(x < largest)
}

#[inline(always)]
fn largest<E: Element, const L: usize>(pooling: &Pooling, at: Block, x: &[E]) -> [E; L] {
    let mut largest: [E; L] = *block(x, at.from);
    for p in 0..pooling.window[0] {
        for q in 0..pooling.window[1] {
            let x: &[E; L] = block(x, at.from + pooling.offset(p, q));
            for k in 0..L {
                // What is not a number is the largest, so that it is seen.
                let keep = (largest[k] >= x[k]) | largest[k].is_nan();
                largest[k] = if keep { largest[k] } else { x[k] };
            }
        }
    }
    largest
}

/// Some channels of a window: where they start in image and result.
#[derive(Clone, Copy)]
struct Block {
    from: usize,
    to: usize,
}

/// Channels that are looked at together: a register of `f32`.
const BLOCK: usize = 16;

/// The `L` entries at a place.
#[inline(always)]
fn block<E, const L: usize>(x: &[E], at: usize) -> &[E; L] {
    x[at..].first_chunk().expect("a block lies in its image")
}

impl Pooling {
    /// From the first entry of a window to the same channel of another pixel of it.
    #[inline(always)]
    fn offset(&self, p: usize, q: usize) -> usize {
        (p * self.image[1] + q) * self.channels
    }

    /// The block of channels from `first` on of the window of a result.
    #[inline(always)]
    fn block(&self, i: usize, j: usize, width: usize, first: usize) -> Block {
        let pixel = i * self.stride[0] * self.image[1] + j * self.stride[1];
        Block {
            from: pixel * self.channels + first,
            to: (i * width + j) * self.channels + first,
        }
    }
}

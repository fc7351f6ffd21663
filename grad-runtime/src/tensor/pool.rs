//! Maxima and means over windows of channels-last images.

use super::{Element, parallel};

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
        parallel::chunks(y, output_len, output_len, |first, y| {
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
        parallel::chunks(x_bar, image_len, output_len, |first, x_bar| {
            let (x, y_bar) = (&x[first * image_len..], &y_bar[first * output_len..]);
            let images = x
                .chunks_exact(image_len)
                .zip(y_bar.chunks_exact(output_len));
            for (x_bar, (x, y_bar)) in x_bar.chunks_exact_mut(image_len).zip(images) {
                pull_max_image(self, x, y_bar, x_bar);
            }
        });
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
    #[inline(always)]
    fn first_largest<E: Element>(&self, x: &[E], corner: usize, channel: usize) -> usize {
        let mut best = corner * self.channels + channel;
        let mut largest = x[best];
        for p in 0..self.window[0] {
            for q in 0..self.window[1] {
                let at = (corner + p * self.image[1] + q) * self.channels + channel;
                let larger = !(largest >= x[at] || largest.is_nan());
                best = if larger { at } else { best };
                largest = if larger { x[at] } else { largest };
            }
        }
        best
    }

    /// The mean of each window into `y`.
    pub fn mean<E: Element>(&self, x: &[E], y: &mut [E]) {
        let [image_len, output_len] = self.lens();
        parallel::chunks(y, output_len, output_len, |first, y| {
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
        parallel::chunks(x_bar, image_len, output_len, |first, x_bar| {
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
        });
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
        let channels = pooling.channels;
        let [_, width] = pooling.output().unwrap_or_default();
        for (i, y) in y.chunks_exact_mut(width * channels).enumerate() {
            for p in 0..pooling.window[0] {
                let row = (i * pooling.stride[0] + p) * pooling.image[1];
                for (j, y) in y.chunks_exact_mut(channels).enumerate() {
                    let x = &x[(row + j * pooling.stride[1]) * channels..][..pooling.window[1] * channels];
                    for (q, x) in x.chunks_exact(channels).enumerate() {
                        if p == 0 && q == 0 {
                            y.copy_from_slice(x);
                        } else {
                            for (y, &x) in y.iter_mut().zip(x) {
                                // What is not a number is the largest, so that it is seen.
                                *y = if *y >= x || y.is_nan() { *y } else { x };
                            }
                        }
                    }
                }
            }
        }
    }

    /// Back through the maxima of one image.
    pub fn pull_max_image<'a, E>(pooling: &'a Pooling, x: &'a [E], y_bar: &'a [E], x_bar: &'a mut [E]) -> () {
        let channels = pooling.channels;
        let [_, width] = pooling.output().unwrap_or_default();
        for (i, y_bar) in y_bar.chunks_exact(width * channels).enumerate() {
            for (j, y_bar) in y_bar.chunks_exact(channels).enumerate() {
                let corner = i * pooling.stride[0] * pooling.image[1] + j * pooling.stride[1];
                for (c, &y_bar) in y_bar.iter().enumerate() {
                    x_bar[pooling.first_largest(x, corner, c)] += y_bar;
                }
            }
        }
    }
}

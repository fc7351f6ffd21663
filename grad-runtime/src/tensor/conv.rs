//! Two-dimensional convolution of channels-last images, without copies of patches.
//!
//! An image is `[height, width, channels]`, a filter bank `[kernel height, kernel width, channels,
//! filters]`. A row of a filter covers entries that lie together in the image, so that each row of the
//! result is a [`Product`] whose outer sum runs over the filter's rows and whose inner sum runs along
//! one. Only padding copies the image, one at a time, which stays in the cache.
//!
//! Filters of 3 by 3 with stride 1 take fewer products (`super::winograd`) where that pays.
//!
//! Back to the image, a product gives what each pixel of a row of results adds to the row of the image
//! behind a row of the filters, summed over those rows; these patches overlap, and are added up. Back to
//! the filters, a product sums over the rows and columns of the image.

use std::vec::Vec;

use super::elementwise::passes;
use super::product::{Product, Start, Strides};
use super::winograd::{Finish, Winograd};
use super::{Element, parallel, reduce, workspace};

/// The extents of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convolution {
    /// Height and width of an image.
    pub image: [usize; 2],
    /// Channels of an image.
    pub channels: usize,
    /// Channels of the result.
    pub filters: usize,
    /// Height and width of a filter.
    pub kernel: [usize; 2],
    /// How far apart results are in the image.
    pub stride: [usize; 2],
    /// Zeros put on either side.
    pub padding: [usize; 2],
}

impl Convolution {
    /// Height and width of the result; `None` if the filter does not fit.
    #[must_use]
    pub fn output(&self) -> Option<[usize; 2]> {
        let side = |k: usize| {
            let padded = self.image[k] + 2 * self.padding[k];
            Some(padded.checked_sub(self.kernel[k])? / self.stride[k] + 1)
        };
        Some([side(0)?, side(1)?])
    }

    fn image_len(&self) -> usize {
        self.image[0] * self.image[1] * self.channels
    }

    fn output_sides(&self) -> [usize; 2] {
        self.output()
            .expect("the caller has tested that the filter fits")
    }

    fn output_len(&self) -> usize {
        let [height, width] = self.output_sides();
        height * width * self.filters
    }

    fn filter_row(&self) -> usize {
        self.kernel[1] * self.channels
    }

    /// `y = x * w + bias`, made positive if `rectify` says so, for all images of `x`.
    pub fn forward<E: Element>(&self, x: &[E], w: &[E], bias: &[E], rectify: bool, y: &mut [E]) {
        let (image_len, output_len) = (self.image_len(), self.output_len());
        if let Some(winograd) = self.winograd() {
            let w = winograd.filters(w);
            parallel::chunks(y, output_len, self.work() / 2, |first, y| {
                let finish = Finish::Write { bias, rectify };
                winograd.run(&x[first * image_len..], &w, finish, y);
            });
            return workspace::give(w);
        }
        parallel::chunks(y, output_len, self.work(), |first, y| {
            let mut padded = self.padded_image();
            for (y, x) in y
                .chunks_exact_mut(output_len)
                .zip(x[first * image_len..].chunks_exact(image_len))
            {
                let (x, width) = self.pad(x, &mut padded);
                let rows = self.rows_of(x, width, w, Start::Row(bias), rectify);
                rows.write_to(y, self.output_sides());
            }
            workspace::give(padded);
        });
    }

    /// Adds to `x_bar` what `y_bar` gives.
    pub fn pull_image<E: Element>(&self, w: &[E], y_bar: &[E], x_bar: &mut [E]) {
        let width = self.output_sides()[1];
        let (image_len, output_len) = (self.image_len(), self.output_len());
        if let Some(winograd) = self.winograd_back() {
            let turned = self.turn_round(w);
            let w = winograd.filters(&turned);
            parallel::chunks(x_bar, image_len, self.work() / 2, |first, x_bar| {
                winograd.run(&y_bar[first * output_len..], &w, Finish::Add, x_bar);
            });
            workspace::give(turned);
            return workspace::give(w);
        }
        let row_len = self.image[1] * self.channels;
        let turned = self.turn(w);
        parallel::chunks(x_bar, image_len, self.work(), |first, x_bar| {
            let mut patches = workspace::take(width * self.filter_row());
            let y_bar = &y_bar[first * output_len..];
            for (x_bar, y_bar) in x_bar
                .chunks_exact_mut(image_len)
                .zip(y_bar.chunks_exact(output_len))
            {
                for (r, x_bar) in x_bar.chunks_exact_mut(row_len).enumerate() {
                    if self.pull_patches(r, &turned, y_bar, &mut patches) {
                        add_patches(
                            &patches,
                            self.filter_row(),
                            self.stride[1] * self.channels,
                            self.padding[1] * self.channels,
                            x_bar,
                        );
                    }
                }
            }
            workspace::give(patches);
        });
        workspace::give(turned);
    }

    /// What row `r` of the image's cotangent gets from each pixel of the results, a patch as long as a
    /// row of the filters for each; `false` if it gets nothing.
    fn pull_patches<E: Element>(
        &self,
        r: usize,
        turned: &[E],
        y_bar: &[E],
        patches: &mut [E],
    ) -> bool {
        let [height, width] = self.output_sides();
        let (kernel, stride, row) = (self.kernel[0], self.stride[0], r + self.padding[0]);
        // Row `i` of the results sees row `r` through row `row - i stride` of the filters.
        let first = (row + 1).saturating_sub(kernel).div_ceil(stride);
        let end = (row / stride + 1).min(height);
        if first >= end {
            return false;
        }
        let columns = self.filter_row();
        let turned_row = kernel - 1 - (row - first * stride);
        let product = Product {
            a: &y_bar[first * width * self.filters..],
            a_strides: Strides {
                row: self.filters,
                outer: width * self.filters,
                inner: 1,
            },
            b: &turned[turned_row * self.filters * columns..],
            b_strides: Strides {
                row: 1,
                outer: stride * self.filters * columns,
                inner: columns,
            },
            rows: width,
            columns,
            terms: (end - first, self.filters),
            start: Start::Zero,
            rectify: false,
        };
        product.write_to(patches, columns);
        true
    }

    /// Adds to `w_bar` what `y_bar` gives.
    pub fn pull_filters<E: Element>(&self, x: &[E], y_bar: &[E], w_bar: &mut [E]) {
        let (image_len, output_len) = (self.image_len(), self.output_len());
        let images = y_bar.len() / output_len.max(1);
        if let Some(winograd) = self.winograd() {
            parallel::sums(w_bar, images, self.work() / 2, |images, w_bar| {
                let x = &x[images.start * image_len..];
                let y_bar = &y_bar[images.start * output_len..images.end * output_len];
                winograd.pull_filters(x, y_bar, w_bar);
            });
            return;
        }
        parallel::sums(w_bar, images, self.work(), |images, w_bar| {
            let mut padded = self.padded_image();
            let x = x[images.start * image_len..images.end * image_len].chunks_exact(image_len);
            let y_bar = y_bar[images.start * output_len..].chunks_exact(output_len);
            for (x, y_bar) in x.zip(y_bar) {
                let (x, width) = self.pad(x, &mut padded);
                self.add_filters(x, width, y_bar, w_bar);
            }
            workspace::give(padded);
        });
    }

    /// Adds to `bias_bar` what `y_bar` gives.
    pub fn pull_bias<E: Element>(&self, y_bar: &[E], bias_bar: &mut [E]) {
        let rows = y_bar.len() / self.filters.max(1);
        parallel::sums(
            bias_bar,
            rows,
            self.filters * parallel::ENTRY,
            |rows, bias_bar| {
                let y_bar = &y_bar[rows.start * self.filters..rows.end * self.filters];
                reduce::add_column_sums(y_bar, bias_bar);
            },
        );
    }

    /// The faster way for filters of 3 by 3, where it is one.
    fn winograd(&self) -> Option<Winograd> {
        let winograd = Winograd {
            image: self.image,
            padding: self.padding,
            output: self.output_sides(),
            channels: self.channels,
            filters: self.filters,
        };
        (self.kernel == [3, 3] && self.stride == [1, 1] && winograd.pays()).then_some(winograd)
    }

    /// The same back to the image: a convolution of the result's cotangent.
    fn winograd_back(&self) -> Option<Winograd> {
        if self.kernel != [3, 3] || self.stride != [1, 1] || self.padding.iter().any(|p| *p > 2) {
            return None;
        }
        let winograd = Winograd {
            image: self.output_sides(),
            padding: self.padding.map(|padding| 2 - padding),
            output: self.image,
            channels: self.filters,
            filters: self.channels,
        };
        winograd.pays().then_some(winograd)
    }

    /// The filters of each pixel transposed, and the pixels in reverse order.
    fn turn_round<E: Element>(&self, w: &[E]) -> Vec<E> {
        let mut turned = workspace::take(w.len());
        let len = self.channels * self.filters;
        let pixels = turned.chunks_exact_mut(len).rev();
        for (w, to) in w.chunks_exact(len).zip(pixels) {
            for (channel, w) in w.chunks_exact(self.filters).enumerate() {
                for (to, &w) in to[channel..].iter_mut().step_by(self.channels).zip(w) {
                    *to = w;
                }
            }
        }
        turned
    }

    /// Products and sums for one image.
    fn work(&self) -> usize {
        self.output_len() * self.kernel[0] * self.filter_row()
    }

    fn padded_sides(&self) -> [usize; 2] {
        [0, 1].map(|k| self.image[k] + 2 * self.padding[k])
    }

    /// A buffer for a padded image, whose border is zero; empty if there is no padding.
    fn padded_image<E: Element>(&self) -> Vec<E> {
        if self.padding == [0, 0] {
            return Vec::new();
        }
        let [height, width] = self.padded_sides();
        workspace::take_zeroed(height * width * self.channels)
    }

    /// The image with its border, and the width.
    fn pad<'a, E: Element>(&self, x: &'a [E], padded: &'a mut [E]) -> (&'a [E], usize) {
        if padded.is_empty() {
            return (x, self.image[1]);
        }
        let width = self.padded_sides()[1];
        let row = self.image[1] * self.channels;
        for (i, from) in x.chunks_exact(row).enumerate() {
            let at = ((i + self.padding[0]) * width + self.padding[1]) * self.channels;
            padded[at..at + row].copy_from_slice(from);
        }
        (padded, width)
    }

    fn rows_of<'a, E>(
        &self,
        x: &'a [E],
        width: usize,
        w: &'a [E],
        start: Start<'a, E>,
        rectify: bool,
    ) -> Rows<'a, E> {
        Rows {
            x,
            step: self.stride[0] * width * self.channels,
            product: Product {
                a: x,
                a_strides: Strides {
                    row: self.stride[1] * self.channels,
                    outer: width * self.channels,
                    inner: 1,
                },
                b: w,
                b_strides: Strides {
                    row: 1,
                    outer: self.filter_row() * self.filters,
                    inner: self.filters,
                },
                rows: 0,
                columns: self.filters,
                terms: (self.kernel[0], self.filter_row()),
                start,
                rectify,
            },
        }
    }

    /// The filters with their rows in reverse order, and the filters themselves first in each row: of
    /// `[kernel height, filters, kernel width, channels]`.
    fn turn<E: Element>(&self, w: &[E]) -> Vec<E> {
        let mut turned = workspace::take(w.len());
        let (columns, filters) = (self.filter_row(), self.filters);
        for (w, to) in w
            .chunks_exact(columns * filters)
            .zip(turned.chunks_exact_mut(columns * filters).rev())
        {
            for (at, w) in w.chunks_exact(filters).enumerate() {
                for (to, &w) in to[at..].iter_mut().step_by(columns).zip(w) {
                    *to = w;
                }
            }
        }
        turned
    }

    /// For each row of the filters, a product over all results of an image.
    fn add_filters<E: Element>(&self, x: &[E], width: usize, y_bar: &[E], w_bar: &mut [E]) {
        let [height, columns] = self.output_sides();
        let filter_row = self.filter_row();
        for (k, w_bar) in w_bar
            .chunks_exact_mut(filter_row * self.filters)
            .enumerate()
        {
            let product = Product {
                a: &x[k * width * self.channels..],
                a_strides: Strides {
                    row: 1,
                    outer: self.stride[0] * width * self.channels,
                    inner: self.stride[1] * self.channels,
                },
                b: y_bar,
                b_strides: Strides {
                    row: 1,
                    outer: columns * self.filters,
                    inner: self.filters,
                },
                rows: filter_row,
                columns: self.filters,
                terms: (height, columns),
                start: Start::Held,
                rectify: false,
            };
            product.write_to(w_bar, self.filters);
        }
    }
}

passes! {
    /// Adds patches of `len` entries to a row of pixels, each `step` further on than the one before, the
    /// first `before` in front of the row; what lies outside is left out.
    fn add_patches<'a, E>(
        patches: &'a [E],
        len: usize,
        step: usize,
        before: usize,
        row: &'a mut [E],
    ) -> () {
        for (k, patch) in patches.chunks_exact(len).enumerate() {
            let skipped = before.saturating_sub(k * step);
            let to = (k * step).saturating_sub(before);
            if skipped >= len || to >= row.len() {
                continue;
            }
            let shown = (len - skipped).min(row.len() - to);
            let (row, patch) = (&mut row[to..to + shown], &patch[skipped..skipped + shown]);
            // Eight at a time: most patches are too short for the loops that a compiler makes.
            let (row, row_rest) = row.as_chunks_mut::<8>();
            let (patch, patch_rest) = patch.as_chunks::<8>();
            for (row, patch) in row.iter_mut().zip(patch) {
                for (to, &from) in row.iter_mut().zip(patch) {
                    *to += from;
                }
            }
            for (to, &from) in row_rest.iter_mut().zip(patch_rest) {
                *to += from;
            }
        }
    }
}

/// The product of one row of results, to be repeated `step` further on for each.
struct Rows<'a, E> {
    x: &'a [E],
    step: usize,
    product: Product<'a, E>,
}

impl<E: Element> Rows<'_, E> {
    fn write_to(&self, y: &mut [E], [height, width]: [usize; 2]) {
        let row_len = width * self.product.columns;
        for (i, y) in y.chunks_exact_mut(row_len).take(height).enumerate() {
            let product = Product {
                a: &self.x[i * self.step..],
                rows: width,
                ..self.product
            };
            product.write_to(y, self.product.columns);
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    reason = "the narrower float is what is tested"
)]
mod tests {
    use std::{vec, vec::Vec};

    use super::{Convolution, Element};

    /// The formula, entry by entry; calls `f` with the indices of image, filters and result.
    fn terms(c: &Convolution, images: usize, mut f: impl FnMut(usize, usize, usize)) {
        let [oh, ow] = c.output().unwrap();
        for (n, i, j, k) in (0..images * oh * ow * c.filters).map(|at| {
            let (rest, k) = (at / c.filters, at % c.filters);
            (rest / (oh * ow), rest / ow % oh, rest % ow, k)
        }) {
            for (p, q, ch) in (0..c.kernel[0] * c.kernel[1] * c.channels).map(|at| {
                let (rest, ch) = (at / c.channels, at % c.channels);
                (rest / c.kernel[1], rest % c.kernel[1], ch)
            }) {
                let (y, x) = (i * c.stride[0] + p, j * c.stride[1] + q);
                let Some(y) = y.checked_sub(c.padding[0]).filter(|&y| y < c.image[0]) else {
                    continue;
                };
                let Some(x) = x.checked_sub(c.padding[1]).filter(|&x| x < c.image[1]) else {
                    continue;
                };
                let image = ((n * c.image[0] + y) * c.image[1] + x) * c.channels + ch;
                let filter = ((p * c.kernel[1] + q) * c.channels + ch) * c.filters + k;
                f(image, filter, ((n * oh + i) * ow + j) * c.filters + k);
            }
        }
    }

    fn numbers<E: Element>(len: usize, seed: usize) -> Vec<E> {
        (0..len)
            .map(|i| E::of(f64::from(u8::try_from((i * 37 + seed * 101) % 23).unwrap()) - 11.0))
            .collect()
    }

    #[test]
    fn convolutions_are_their_formula() {
        for c in cases() {
            check::<f32>(&c);
            check::<f64>(&c);
        }
    }

    fn cases() -> Vec<Convolution> {
        let base = Convolution {
            image: [9, 8],
            channels: 1,
            filters: 3,
            kernel: [3, 3],
            stride: [1, 1],
            padding: [0, 0],
        };
        vec![
            base,
            // By Winograd's way: sides odd and even, each padding, channels and filters that fill
            // registers and that do not, several blocks of tiles.
            Convolution {
                channels: 16,
                filters: 32,
                padding: [1, 1],
                ..base
            },
            Convolution {
                channels: 17,
                filters: 37,
                ..base
            },
            Convolution {
                image: [23, 7],
                channels: 33,
                filters: 70,
                padding: [2, 1],
                ..base
            },
            Convolution {
                image: [5, 19],
                channels: 21,
                filters: 16,
                padding: [0, 2],
                ..base
            },
            Convolution {
                padding: [1, 2],
                ..base
            },
            Convolution {
                channels: 5,
                filters: 37,
                padding: [2, 2],
                ..base
            },
            Convolution {
                channels: 4,
                kernel: [1, 1],
                ..base
            },
            Convolution {
                channels: 3,
                kernel: [9, 8],
                filters: 17,
                ..base
            },
            Convolution {
                channels: 6,
                filters: 16,
                stride: [2, 3],
                padding: [1, 0],
                ..base
            },
            Convolution {
                channels: 2,
                kernel: [2, 5],
                filters: 32,
                stride: [3, 2],
                padding: [1, 4],
                ..base
            },
        ]
    }

    /// Winograd's way rounds more often; the error stays that of a few roundings of the largest result.
    #[test]
    fn numbers_that_are_not_whole_are_rounded_little() {
        let c = cases()[1];
        let len = c.image[0] * c.image[1] * c.channels;
        let third =
            |x: Vec<f64>| -> Vec<f64> { x.iter().map(|x| f64::from(*x as f32 / 3.0)).collect() };
        let narrow = |x: &[f64]| -> Vec<f32> { x.iter().map(|x| *x as f32).collect() };
        let (x, w) = (
            third(numbers(len, 1)),
            third(numbers(9 * c.channels * c.filters, 2)),
        );
        let (bias, mut y) = (vec![0.0; c.filters], vec![0.0; c.output_len()]);
        c.forward(&x, &w, &bias, false, &mut y);
        let mut y_narrow = vec![0.0; y.len()];
        c.forward(
            &narrow(&x),
            &narrow(&w),
            &narrow(&bias),
            false,
            &mut y_narrow,
        );
        let largest = y.iter().fold(0.0, |most: f64, y| most.max(y.abs()));
        for (narrow, y) in y_narrow.iter().zip(&y) {
            assert!((f64::from(*narrow) - y).abs() < 2e-6 * largest);
        }
    }

    /// Small whole numbers are exact.
    fn check<E: Element>(c: &Convolution) {
        let images = 3;
        let [oh, ow] = c.output().unwrap();
        let x = numbers::<E>(images * c.image[0] * c.image[1] * c.channels, 1);
        let w = numbers::<E>(c.kernel[0] * c.kernel[1] * c.channels * c.filters, 2);
        let bias = numbers::<E>(c.filters, 3);
        let y_bar = numbers::<E>(images * oh * ow * c.filters, 4);
        let mut expected: Vec<E> = (0..y_bar.len()).map(|i| bias[i % c.filters]).collect();
        let (mut x_bar, mut w_bar) = (numbers::<E>(x.len(), 5), numbers::<E>(w.len(), 6));
        let (mut expected_x, mut expected_w) = (x_bar.clone(), w_bar.clone());
        terms(c, images, |i, k, o| {
            expected[o] += x[i] * w[k];
            expected_x[i] += w[k] * y_bar[o];
            expected_w[k] += x[i] * y_bar[o];
        });
        let mut y = vec![E::nan(); y_bar.len()];
        c.forward(&x, &w, &bias, false, &mut y);
        assert_eq!(y, expected, "{c:?}");
        c.forward(&x, &w, &bias, true, &mut y);
        let rectified: Vec<E> = expected.iter().map(|e| e.max(E::zero())).collect();
        assert_eq!(y, rectified, "{c:?}");
        c.pull_image(&w, &y_bar, &mut x_bar);
        assert_eq!(x_bar, expected_x, "{c:?}");
        c.pull_filters(&x, &y_bar, &mut w_bar);
        assert_eq!(w_bar, expected_w, "{c:?}");
    }
}

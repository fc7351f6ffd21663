//! Two-dimensional convolution of channels-last images, without copies of patches.
//!
//! An image is `[height, width, channels]`, a filter bank `[kernel height, kernel width, channels,
//! filters]`. A row of a filter covers entries that lie together in the image, so that each row of the
//! result is a [`Product`] whose outer sum runs over the filter's rows and whose inner sum runs along
//! one. Only padding copies the image, one at a time, which stays in the cache.
//!
//! Back to the image, the cotangent is convolved with the filters turned round; back to the filters,
//! a product sums over the rows and columns of the image.

use std::vec::Vec;

use super::product::{Product, Start, Strides};
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
        let narrow = self.channels == 1 && self.stride[1] == 1 && self.is_narrow(self.filters);
        let (image_len, output_len) = (self.image_len(), self.output_len());
        parallel::chunks(y, output_len, self.work(), |first, y| {
            let mut padded = self.padded_image();
            let mut across = self.across_buffer(self.filters);
            for (y, x) in y
                .chunks_exact_mut(output_len)
                .zip(x[first * image_len..].chunks_exact(image_len))
            {
                let (x, width) = self.pad(x, &mut padded);
                if narrow {
                    let step = self.stride[0] * width;
                    self.across(x, step, width, w, &mut across, y, |y, sum, f| {
                        let sum = sum + bias[f];
                        *y = if rectify && E::zero() > sum {
                            E::zero()
                        } else {
                            sum
                        };
                    });
                } else {
                    let rows = self.rows_of(x, width, w, Start::Row(bias), rectify);
                    rows.write_to(y, self.output_sides());
                }
            }
            workspace::give(padded);
            workspace::give(across);
        });
    }

    /// Adds to `x_bar` what `y_bar` gives.
    pub fn pull_image<E: Element>(&self, w: &[E], y_bar: &[E], x_bar: &mut [E]) {
        let [height, width] = self.output_sides();
        let (image_len, output_len) = (self.image_len(), self.output_len());
        // The cotangent with the stride's gaps and the border of a full convolution.
        let spread = [
            self.image[0] + self.kernel[0] - 1,
            self.image[1] + self.kernel[1] - 1,
        ];
        let back = Convolution {
            image: spread,
            channels: self.filters,
            filters: self.channels,
            kernel: self.kernel,
            stride: [1, 1],
            padding: [0, 0],
        };
        let narrow = back.is_narrow(self.channels);
        let turned = self.turn(w, narrow);
        let border = [0, 1].map(|k| self.kernel[k] - 1 - self.padding[k]);
        parallel::chunks(x_bar, image_len, self.work(), |first, x_bar| {
            let mut wide = workspace::take_zeroed::<E>(spread[0] * spread[1] * self.filters);
            let mut across = back.across_buffer(self.channels);
            let y_bar = &y_bar[first * output_len..];
            for (x_bar, y_bar) in x_bar
                .chunks_exact_mut(image_len)
                .zip(y_bar.chunks_exact(output_len))
            {
                for (i, row) in y_bar
                    .chunks_exact(width * self.filters)
                    .take(height)
                    .enumerate()
                {
                    let to = (border[0] + i * self.stride[0]) * spread[1] * self.filters;
                    let to = &mut wide[to..][..spread[1] * self.filters];
                    self.spread_row(row, border[1], narrow, to);
                }
                if narrow {
                    let step = spread[1] * self.filters;
                    back.across(
                        &wide,
                        step,
                        spread[1],
                        &turned,
                        &mut across,
                        x_bar,
                        |x_bar, sum, _| {
                            *x_bar += sum;
                        },
                    );
                } else {
                    let rows = back.rows_of(&wide, spread[1], &turned, Start::Held, false);
                    rows.write_to(x_bar, self.image);
                }
            }
            workspace::give(wide);
            workspace::give(across);
        });
        workspace::give(turned);
    }

    /// Adds to `w_bar` what `y_bar` gives.
    pub fn pull_filters<E: Element>(&self, x: &[E], y_bar: &[E], w_bar: &mut [E]) {
        let (image_len, output_len) = (self.image_len(), self.output_len());
        let images = y_bar.len() / output_len.max(1);
        parallel::sums(w_bar, images, self.work(), |images, w_bar| {
            let mut padded = self.padded_image();
            let mut patches = self.patches_buffer();
            let x = x[images.start * image_len..images.end * image_len].chunks_exact(image_len);
            let y_bar = y_bar[images.start * output_len..].chunks_exact(output_len);
            for (x, y_bar) in x.zip(y_bar) {
                let (x, width) = self.pad(x, &mut padded);
                if patches.is_empty() {
                    self.add_filters(x, width, y_bar, w_bar);
                } else {
                    self.copy_patches(x, width, &mut patches);
                    self.add_filters_of_patches(&patches, y_bar, w_bar);
                }
            }
            workspace::give(padded);
            workspace::give(patches);
        });
    }

    /// Adds to `bias_bar` what `y_bar` gives.
    pub fn pull_bias<E: Element>(&self, y_bar: &[E], bias_bar: &mut [E]) {
        reduce::add_column_sums(y_bar, bias_bar);
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

    /// Puts a row of the cotangent, with the stride's gaps, behind a border of `from` pixels. For
    /// [`across`](Self::across) the entries of each filter come together.
    fn spread_row<E: Element>(&self, row: &[E], from: usize, narrow: bool, to: &mut [E]) {
        let filters = self.filters;
        if narrow {
            let sides = to.len() / filters;
            for (f, to) in to.chunks_exact_mut(sides).enumerate() {
                let to = to[from..].iter_mut().step_by(self.stride[1]);
                for (to, &bar) in to.zip(row[f..].iter().step_by(filters)) {
                    *to = bar;
                }
            }
        } else if self.stride[1] == 1 {
            to[from * filters..][..row.len()].copy_from_slice(row);
        } else {
            let to = to[from * filters..].chunks_mut(self.stride[1] * filters);
            for (to, pixel) in to.zip(row.chunks_exact(filters)) {
                to[..filters].copy_from_slice(pixel);
            }
        }
    }

    /// Whether so few results for each pixel would leave most of a register empty, while the pixels of
    /// a row would fill it.
    fn is_narrow(&self, results: usize) -> bool {
        results <= 8 && self.output_sides()[1] > results
    }

    /// What [`across`](Self::across) needs for a row.
    fn across_buffer<E: Element>(&self, results: usize) -> Vec<E> {
        if self.is_narrow(results) {
            workspace::take(results * self.output_sides()[1])
        } else {
            Vec::new()
        }
    }

    /// A convolution of stride 1 across whose results, few for each pixel, the registers do not lie:
    /// they lie along the row. The image is `[height, channels, width]`, the filters `[kernel height,
    /// channels, kernel width, filters]`; `store` takes each sum to its place in the channels-last `y`.
    #[allow(clippy::too_many_arguments, reason = "the two layouts")]
    fn across<E: Element>(
        &self,
        x: &[E],
        step: usize,
        width: usize,
        w: &[E],
        row: &mut [E],
        y: &mut [E],
        store: impl Fn(&mut E, E, usize),
    ) {
        let columns = self.output_sides()[1];
        let filters = self.filters;
        for (i, y) in y.chunks_exact_mut(columns * filters).enumerate() {
            let product = Product {
                a: w,
                a_strides: Strides {
                    row: 1,
                    outer: self.kernel[1] * filters,
                    inner: filters,
                },
                b: &x[i * step..],
                b_strides: Strides {
                    row: 1,
                    outer: width,
                    inner: 1,
                },
                rows: filters,
                columns,
                terms: (self.kernel[0] * self.channels, self.kernel[1]),
                start: Start::Zero,
                rectify: false,
            };
            product.write_to(row, columns);
            for (f, sums) in row.chunks_exact(columns).enumerate() {
                for (y, &sum) in y[f..].iter_mut().step_by(filters).zip(sums) {
                    store(y, sum, f);
                }
            }
        }
    }

    /// The filters turned by half a turn, channels and filters exchanged; for
    /// [`across`](Self::across) with the columns of the kernel behind the filters.
    fn turn<E: Element>(&self, w: &[E], narrow: bool) -> Vec<E> {
        let mut turned = workspace::take(w.len());
        let (channels, filters) = (self.channels, self.filters);
        if narrow {
            let [height, width] = self.kernel;
            for (at, w) in w.chunks_exact(filters).enumerate() {
                let (pixel, c) = (at / channels, at % channels);
                let (p, q) = (height - 1 - pixel / width, width - 1 - pixel % width);
                for (f, &w) in w.iter().enumerate() {
                    turned[((p * filters + f) * width + q) * channels + c] = w;
                }
            }
            return turned;
        }
        for (w, to) in w
            .chunks_exact(channels * filters)
            .zip(turned.chunks_exact_mut(channels * filters).rev())
        {
            for (c, w) in w.chunks_exact(filters).enumerate() {
                for (f, &w) in w.iter().enumerate() {
                    to[f * channels + c] = w;
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

    /// Rows of filters so short that a tile of them would leave the registers empty are put together,
    /// at the price of copying the patches: the first layer of most networks.
    fn patches_buffer<E: Element>(&self) -> Vec<E> {
        if self.filter_row() >= 8 || self.kernel[0] == 1 {
            return Vec::new();
        }
        let [height, width] = self.output_sides();
        workspace::take(height * width * self.kernel[0] * self.filter_row())
    }

    fn copy_patches<E: Element>(&self, x: &[E], width: usize, patches: &mut [E]) {
        let [_, columns] = self.output_sides();
        let filter_row = self.filter_row();
        let patch = self.kernel[0] * filter_row;
        let mut at = 0;
        for pixel in 0..patches.len() / patch {
            let (i, j) = (pixel / columns, pixel % columns);
            let corner = (i * self.stride[0] * width + j * self.stride[1]) * self.channels;
            for k in 0..self.kernel[0] {
                let x = &x[corner + k * width * self.channels..];
                let to = &mut patches[at..];
                // Eight at once, of which the last are overwritten by what comes next: a call to copy a
                // few entries costs more than they do.
                match (to.first_chunk_mut::<8>(), x.first_chunk::<8>()) {
                    (Some(to), Some(x)) => *to = *x,
                    _ => to[..filter_row].copy_from_slice(&x[..filter_row]),
                }
                at += filter_row;
            }
        }
    }

    /// A row of results for each filter, as the patch is what fills the registers.
    fn add_filters_of_patches<E: Element>(&self, patches: &[E], y_bar: &[E], w_bar: &mut [E]) {
        let patch = self.kernel[0] * self.filter_row();
        let mut turned = workspace::take(w_bar.len());
        let product = Product {
            a: y_bar,
            a_strides: Strides {
                row: 1,
                outer: 0,
                inner: self.filters,
            },
            b: patches,
            b_strides: Strides {
                row: 1,
                outer: 0,
                inner: patch,
            },
            rows: self.filters,
            columns: patch,
            terms: (1, patches.len() / patch),
            start: Start::Zero,
            rectify: false,
        };
        product.write_to(&mut turned, patch);
        for (f, turned) in turned.chunks_exact(patch).enumerate() {
            for (w_bar, &sum) in w_bar[f..].iter_mut().step_by(self.filters).zip(turned) {
                *w_bar += sum;
            }
        }
        workspace::give(turned);
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
mod tests {
    use std::{vec, vec::Vec};

    use super::Convolution;

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

    fn numbers(len: usize, seed: usize) -> Vec<f64> {
        (0..len)
            .map(|i| f64::from(u8::try_from((i * 37 + seed * 101) % 23).unwrap()) - 11.0)
            .collect()
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "small whole numbers are exact")]
    fn convolutions_are_their_formula() {
        let base = Convolution {
            image: [9, 8],
            channels: 1,
            filters: 3,
            kernel: [3, 3],
            stride: [1, 1],
            padding: [0, 0],
        };
        let cases = [
            base,
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
        ];
        for c in cases {
            let images = 3;
            let [oh, ow] = c.output().unwrap();
            let x = numbers(images * c.image[0] * c.image[1] * c.channels, 1);
            let w = numbers(c.kernel[0] * c.kernel[1] * c.channels * c.filters, 2);
            let bias = numbers(c.filters, 3);
            let y_bar = numbers(images * oh * ow * c.filters, 4);
            let mut expected: Vec<f64> = (0..y_bar.len()).map(|i| bias[i % c.filters]).collect();
            let (mut x_bar, mut w_bar) = (numbers(x.len(), 5), numbers(w.len(), 6));
            let (mut expected_x, mut expected_w) = (x_bar.clone(), w_bar.clone());
            terms(&c, images, |i, k, o| {
                expected[o] += x[i] * w[k];
                expected_x[i] += w[k] * y_bar[o];
                expected_w[k] += x[i] * y_bar[o];
            });
            let mut y = vec![f64::NAN; y_bar.len()];
            c.forward(&x, &w, &bias, false, &mut y);
            assert_eq!(y, expected, "{c:?}");
            c.forward(&x, &w, &bias, true, &mut y);
            assert!(
                y.iter().zip(&expected).all(|(y, e)| *y == e.max(0.0)),
                "{c:?}"
            );
            c.pull_image(&w, &y_bar, &mut x_bar);
            assert_eq!(x_bar, expected_x, "{c:?}");
            c.pull_filters(&x, &y_bar, &mut w_bar);
            assert_eq!(w_bar, expected_w, "{c:?}");
        }
    }
}

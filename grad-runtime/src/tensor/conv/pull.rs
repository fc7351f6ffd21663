//! The adjoints of a convolution: back to the image, to the filters, to the bias.

use std::vec::Vec;

use super::Convolution;
use crate::tensor::elementwise::passes;
use crate::tensor::product::{Product, Start, Strides};
use crate::tensor::winograd::{Finish, Winograd};
use crate::tensor::{Element, parallel, reduce, workspace};

impl Convolution {
    /// Adds to `x_bar` what `y_bar` gives.
    pub fn pull_image<E: Element>(&self, w: &[E], y_bar: &[E], x_bar: &mut [E]) {
        let width = self.output_sides()[1];
        let (image_len, output_len) = (self.image_len(), self.output_len());
        if let Some(winograd) = self.winograd_back() {
            let turned = self.turn_round(w);
            let w = winograd.filters(&turned);
            parallel::chunks(x_bar, image_len, self.work() / 2, |first, x_bar| {
                let y_bar = &y_bar[first * output_len..];
                winograd.run(y_bar, (&turned, &w), Finish::Add, x_bar);
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
        let winograd = self.winograd();
        let work = self.work() / if winograd.is_some() { 2 } else { 1 };
        parallel::sums(w_bar, images, work, |images, w_bar| {
            let x = &x[images.start * image_len..images.end * image_len];
            let y_bar = &y_bar[images.start * output_len..images.end * output_len];
            if winograd.is_some_and(|winograd| winograd.pull_filters(x, y_bar, w_bar)) {
                return;
            }
            let mut padded = self.padded_image();
            let images = x.chunks_exact(image_len);
            for (x, y_bar) in images.zip(y_bar.chunks_exact(output_len)) {
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

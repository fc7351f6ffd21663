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

mod pull;
#[cfg(test)]
mod tests;

use std::vec::Vec;

use super::product::{Product, Start, Strides};
use super::winograd::{Finish, Winograd};
use super::{Element, parallel, workspace};

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
            let spread = winograd.filters(w);
            parallel::chunks(y, output_len, self.work() / 2, |first, y| {
                let finish = Finish::Write { bias, rectify };
                winograd.run(&x[first * image_len..], (w, &spread), finish, y);
            });
            return workspace::give(spread);
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

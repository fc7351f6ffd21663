//! Small images as text that a page can hold.

use alloc::{format, string::String, vec, vec::Vec};

/// An image, ready to be shown.
///
/// ```
/// use grad_runtime::train::Picture;
///
/// let ink = Picture::ink(2, &[0.0_f32, 1.0, 0.5, 0.0]);
/// assert_eq!(ink.size(), (2, 2));
/// let slopes = Picture::signed(2, &[-1.0_f64, 0.0, 0.5, 2.0]);
/// assert_eq!(slopes.size(), (2, 2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    /// Red, green, blue, row by row from the top.
    pixels: Vec<[u8; 3]>,
}

/// What is far above zero, at zero, and far below.
const RED: [f64; 3] = [200.0, 30.0, 45.0];
const WHITE: [f64; 3] = [255.0; 3];
const BLUE: [f64; 3] = [25.0, 95.0, 185.0];
const INK: [f64; 3] = [20.0, 20.0, 20.0];

impl Picture {
    /// Dark where values are 1, white where they are 0.
    ///
    /// # Panics
    /// When the rows are not all `width` long, as for all pictures.
    #[must_use]
    #[track_caller]
    pub fn ink<F: Copy + Into<f64>>(width: usize, values: &[F]) -> Self {
        let pixels = values.iter().map(|&x| mix(WHITE, INK, x.into()));
        Self::new(width, pixels.collect())
    }

    /// Red where values are above zero, blue where they are below, each the stronger the larger; the
    /// largest, either way, fully.
    ///
    /// # Panics
    /// As [`ink`](Self::ink).
    #[must_use]
    #[track_caller]
    pub fn signed<F: Copy + Into<f64>>(width: usize, values: &[F]) -> Self {
        let values: Vec<f64> = values.iter().map(|&x| x.into()).collect();
        let sizes = values.iter().map(|x| x.abs()).filter(|x| x.is_finite());
        let largest = sizes.fold(f64::MIN_POSITIVE, f64::max);
        let pixels = values.iter().map(|&x| {
            let colour = if x > 0.0 { RED } else { BLUE };
            mix(WHITE, colour, x.abs() / largest)
        });
        Self::new(width, pixels.collect())
    }

    /// Three planes of values from 0 to 1, red, green and blue, one after another.
    ///
    /// # Panics
    /// As [`ink`](Self::ink), or when the planes are not of equal size.
    #[must_use]
    #[track_caller]
    pub fn colour<F: Copy + Into<f64>>(width: usize, planes: &[F]) -> Self {
        let size = planes.len() / 3;
        assert!(
            planes.len() == 3 * size,
            "three planes of equal size are needed"
        );
        let pixel = |i: usize| [0, 1, 2].map(|plane| byte(255.0 * planes[plane * size + i].into()));
        Self::new(width, (0..size).map(pixel).collect())
    }

    #[track_caller]
    fn new(width: usize, pixels: Vec<[u8; 3]>) -> Self {
        let count = pixels.len();
        assert!(
            width > 0 && count.is_multiple_of(width),
            "{count} pixels are not rows of {width}"
        );
        Self { width, pixels }
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.pixels.len() / self.width)
    }

    /// An SVG element of this width that shows each pixel as a square.
    pub(super) fn svg(&self, shown: usize) -> String {
        let (width, height) = self.size();
        format!(
            "<svg viewBox=\"0 0 {width} {height}\" width=\"{shown}\" height=\"{}\">\
             <image width=\"{width}\" height=\"{height}\" \
             style=\"image-rendering:pixelated\" href=\"data:image/bmp;base64,{}\"/></svg>",
            shown * height / width,
            base64(&self.bmp())
        )
    }

    /// A bitmap file: the one format of images that needs no packing.
    fn bmp(&self) -> Vec<u8> {
        let (width, height) = self.size();
        let row = (3 * width).next_multiple_of(4);
        let (header, size) = (54, row * height);
        let word = |x: usize| u32::try_from(x).unwrap_or(u32::MAX).to_le_bytes();
        let mut file = Vec::with_capacity(header + size);
        file.extend(b"BM");
        for x in [header + size, 0, header, 40, width, height] {
            file.extend(word(x));
        }
        // One plane of 24 bits a pixel, not packed.
        file.extend([1, 0, 24, 0, 0, 0, 0, 0]);
        for x in [size, 2835, 2835, 0, 0] {
            file.extend(word(x));
        }
        for pixels in self.pixels.chunks(self.width).rev() {
            for [red, green, blue] in pixels {
                file.extend([blue, green, red]);
            }
            file.extend(vec![0; row - 3 * width]);
        }
        file
    }
}

/// From one colour to another by a share.
fn mix(from: [f64; 3], to: [f64; 3], share: f64) -> [u8; 3] {
    let share = if share.is_nan() {
        0.0
    } else {
        share.clamp(0.0, 1.0)
    };
    core::array::from_fn(|i| byte(from[i] + share * (to[i] - from[i])))
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast to u8 keeps within its range"
)]
fn byte(x: f64) -> u8 {
    x.round() as u8
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place)) as usize & 63];
            text.push(if place > chunk.len() {
                '='
            } else {
                letter.into()
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        let cases = ["", "f", "fo", "foo", "foob", "fooba", "foobar"];
        let expected = [
            "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy",
        ];
        assert_eq!(cases.map(|text| base64(text.as_bytes())), expected);
    }

    #[test]
    fn rows_are_padded_and_upside_down() {
        let picture = Picture::colour(1, &[0.0, 1.0, 0.0, 0.5, 1.0, 0.0]);
        let file = picture.bmp();
        assert_eq!((file.len(), &file[2..6]), (62, &[62, 0, 0, 0][..]));
        assert_eq!(file[54..], [0, 128, 255, 0, 255, 0, 0, 0]);
    }

    #[test]
    fn what_is_no_number_is_white() {
        let picture = Picture::signed(3, &[f64::NAN, f64::INFINITY, 0.0]);
        assert_eq!(picture.pixels, [[255; 3], [200, 30, 45], [255; 3]]);
        assert_eq!(Picture::signed(1, &[0.0]).pixels, [[255; 3]]);
    }

    #[test]
    #[should_panic(expected = "5 pixels are not rows of 2")]
    fn rows_of_unequal_length_are_refused() {
        let _ = Picture::ink(2, &[0.0_f32; 5]);
    }
}

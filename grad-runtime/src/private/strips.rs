//! Rows of arrays, read and written several elements at a time.
//!
//! A sum of cotangents is ours to reorder. A loop that forms one is cut into strips of [`STRIP`]
//! iterations, each with a sum of its own for every iteration of a strip, which vectorises.

/// Iterations of a strip.
pub const STRIP: usize = 8;

/// How many of the iterations from `start` to `end` fit into whole strips.
#[inline]
#[must_use]
pub fn whole_strips(start: usize, end: usize) -> usize {
    let trips = end.saturating_sub(start);
    trips - trips % STRIP
}

/// The `count` elements from `base + start` on, if there are as many.
#[inline]
#[must_use]
pub fn row<T>(array: &[T], base: usize, start: usize, count: usize) -> Option<&[T]> {
    let first = base.checked_add(start)?;
    array.get(first..first.checked_add(count)?)
}

/// As [`row`], to be written.
#[inline]
#[must_use]
pub fn row_mut<T>(array: &mut [T], base: usize, start: usize, count: usize) -> Option<&mut [T]> {
    let first = base.checked_add(start)?;
    array.get_mut(first..first.checked_add(count)?)
}

/// The strip that begins at `at`.
///
/// # Panics
///
/// If the row ends inside it, which generated code never lets happen.
#[inline]
#[must_use]
pub fn strip<T: Copy>(row: &[T], at: usize) -> [T; STRIP] {
    let part = &row[at..at + STRIP];
    core::array::from_fn(|k| part[k])
}

/// Writes back the strip that begins at `at`.
///
/// # Panics
///
/// If the row ends inside it, which generated code never lets happen.
#[inline]
pub fn put_strip<T: Copy>(row: &mut [T], at: usize, strip: &[T; STRIP]) {
    row[at..at + STRIP].copy_from_slice(strip);
}

/// The sum of the sums of a strip.
#[inline]
#[must_use]
pub fn total<T: Copy + core::ops::Add<Output = T>>(sums: [T; STRIP]) -> T {
    let four: [T; 4] = core::array::from_fn(|k| sums[k] + sums[k + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

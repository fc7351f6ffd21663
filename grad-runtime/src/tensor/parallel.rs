//! Work split over threads, by items of a batch; without the feature `rayon` there is one thread.

use core::ops::Range;

use super::{Element, elementwise, workspace};

/// What an entry costs that is not the sum of products, in products: one of a pass over an array, which
/// waits for memory, and one of a window of a pooling.
pub const ENTRY: usize = 8;
pub const WINDOW: usize = 64;

/// Products and sums below which a second thread costs more than it does.
#[cfg(feature = "rayon")]
const LEAST_WORK: usize = 500_000;

/// Calls `f` with the number of the first item and the part of `y` of several whole items, each of
/// `len` entries, until all are done; `work` is that of one item.
pub fn chunks<E: Send>(y: &mut [E], len: usize, work: usize, f: impl Fn(usize, &mut [E]) + Sync) {
    let items = y.len().checked_div(len).unwrap_or(0);
    let per_part = items.div_ceil(parts(items, work)).max(1);
    if per_part >= items {
        if items > 0 {
            f(0, y);
        }
    } else {
        split(y, per_part * len, |part, y| f(part * per_part, y));
    }
}

/// Calls `f` with each part of `len` entries of `y` and its number, on all threads.
#[cfg(feature = "rayon")]
fn split<E: Send>(y: &mut [E], len: usize, f: impl Fn(usize, &mut [E]) + Sync) {
    use rayon::prelude::*;

    y.par_chunks_mut(len)
        .enumerate()
        .for_each(|(part, y)| f(part, y));
}

/// Without threads nothing is worth splitting.
#[cfg(not(feature = "rayon"))]
fn split<E: Send>(y: &mut [E], len: usize, f: impl Fn(usize, &mut [E]) + Sync) {
    for (part, y) in y.chunks_mut(len).enumerate() {
        f(part, y);
    }
}

/// Calls `f` with each number below `parts`, on all threads.
#[cfg(feature = "rayon")]
pub fn each(parts: usize, f: impl Fn(usize) + Sync + Send) {
    use rayon::prelude::*;

    (0..parts).into_par_iter().for_each(f);
}

/// Without threads there is one part.
#[cfg(not(feature = "rayon"))]
pub fn each(parts: usize, f: impl Fn(usize) + Sync + Send) {
    (0..parts).for_each(f);
}

/// Calls `f` with ranges of the items and a buffer that it adds to; the buffers' sum is added to
/// `total`, in the order of the ranges.
pub fn sums<E: Element>(
    total: &mut [E],
    items: usize,
    work: usize,
    f: impl Fn(Range<usize>, &mut [E]) + Sync,
) {
    let parts = parts(items, work);
    if parts <= 1 {
        f(0..items, total);
        return;
    }
    let len = total.len().max(1);
    let mut sums = workspace::take_zeroed::<E>(len * parts);
    split(&mut sums, len, |k, sum| {
        f(items * k / parts..items * (k + 1) / parts, sum)
    });
    for sum in sums.chunks_exact(len) {
        elementwise::add(total, sum);
    }
    workspace::give(sums);
}

/// Into how many parts `items` are worth splitting.
#[cfg(feature = "rayon")]
#[must_use]
pub fn parts(items: usize, work: usize) -> usize {
    let worth = (items.saturating_mul(work) / LEAST_WORK).min(items);
    if worth <= 1 {
        return 1;
    }
    rayon::current_num_threads().min(worth)
}

/// Without threads, into one.
#[cfg(not(feature = "rayon"))]
#[must_use]
pub fn parts(_: usize, _: usize) -> usize {
    1
}

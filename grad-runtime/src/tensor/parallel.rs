//! Work split over threads, by items of a batch; without the feature `rayon` there is one thread.

use core::ops::Range;

use super::Element;

/// Products and sums below which a second thread costs more than it does.
#[cfg(feature = "rayon")]
const LEAST_WORK: usize = 500_000;

/// Calls `f` with the number of the first item and the part of `y` of several whole items, each of
/// `len` entries, until all are done; `work` is that of one item.
pub fn chunks<E: Element>(
    y: &mut [E],
    len: usize,
    work: usize,
    f: impl Fn(usize, &mut [E]) + Sync,
) {
    let items = y.len().checked_div(len).unwrap_or(0);
    let per_part = items.div_ceil(parts(items, work)).max(1);
    if per_part >= items {
        if items > 0 {
            f(0, y);
        }
        return;
    }
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        y.par_chunks_mut(per_part * len)
            .enumerate()
            .for_each(|(part, y)| f(part * per_part, y));
    }
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
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;

        use super::{elementwise, workspace};

        let len = total.len();
        let mut others = workspace::take_zeroed::<E>(len * (parts - 1));
        let part = |k: usize| items * k / parts..items * (k + 1) / parts;
        let (total, others_ref) = (total, &mut others);
        rayon::join(
            || f(part(0), total),
            || {
                others_ref
                    .par_chunks_mut(len.max(1))
                    .enumerate()
                    .for_each(|(k, sum)| f(part(k + 1), sum));
            },
        );
        for other in others.chunks_exact(len.max(1)) {
            elementwise::add(total, other);
        }
        workspace::give(others);
    }
}

/// Into how many parts `items` are worth splitting.
#[cfg(feature = "rayon")]
fn parts(items: usize, work: usize) -> usize {
    let worth = (items.saturating_mul(work) / LEAST_WORK).max(1);
    rayon::current_num_threads().min(worth).min(items.max(1))
}

#[cfg(not(feature = "rayon"))]
fn parts(_: usize, _: usize) -> usize {
    1
}

//! Several parts of one array borrowed at a time.

use core::ops::{Bound, Range, RangeBounds};

/// The range as one with both ends; an open end is the end of the array.
#[inline]
#[must_use]
pub fn bounds(range: impl RangeBounds<usize>) -> Range<usize> {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(before) => before + 1,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(last) => last + 1,
        Bound::Excluded(end) => *end,
        Bound::Unbounded => usize::MAX,
    };
    start..end
}

/// The parts of `whole`, which do not overlap: the source borrowed them at a time.
///
/// # Panics
///
/// If one reaches out of `whole`, as the slice of the source would, or into another.
#[inline]
pub fn apart<'a, T, const N: usize>(
    whole: &'a mut [T],
    parts: &[Range<usize>; N],
) -> [&'a mut [T]; N] {
    let mut order: [usize; N] = core::array::from_fn(|k| k);
    order.sort_unstable_by_key(|k| (parts[*k].start, parts[*k].end));
    let mut found: [&'a mut [T]; N] = core::array::from_fn(|_| Default::default());
    let (mut rest, mut at) = (whole, 0);
    for k in order {
        let Range { start, end } = parts[k].clone();
        let end = if end == usize::MAX {
            at + rest.len()
        } else {
            end
        };
        let (_, from) = rest.split_at_mut(start - at);
        let (part, behind) = from.split_at_mut(end - start);
        found[k] = part;
        (rest, at) = (behind, end);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{apart, bounds};

    #[test]
    fn parts_are_found_in_any_order() {
        let mut v = [1, 2, 3, 4, 5];
        let [tail, one, none] = apart(&mut v, &[bounds(3..), bounds(1..=1), bounds(2..2)]);
        assert_eq!((&*tail, &*one, &*none), (&[4, 5][..], &[2][..], &[][..]));
    }

    #[test]
    #[should_panic(expected = "mid > len")]
    fn a_part_out_of_reach() {
        apart(&mut [1, 2, 3], &[bounds(..1), bounds(2..=3)]);
    }
}

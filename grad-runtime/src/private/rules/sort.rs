//! The rules of sorting, which permutes: the pullback permutes back.
//!
//! Orders and keys are not differentiated. What is sorted is indices, by the standard library's own
//! sort with the given order, and the entries follow. So the derivatives are those of the very
//! entries that came to stand there, also where the order holds some of them equal. A stable sort
//! has one result. An unstable one depends on the size of what it sorts, so the indices are given
//! the entries' size where there is an integer of it: equal entries then come out in the order in
//! which the function's own sort leaves them. For entries of other sizes the standard library
//! promises no order among equal ones, and this one is another than its own.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::convert::identity;

use super::super::{Exclusive, UnitTangent, Wrt, unit_tangent};
use super::{Bars, IndexBar, exclusive};
use crate::{Differentiable, NoTangent};

/// A pullback that does not hold on to what the closure borrows, as one of an opaque type would.
type PermuteBack<T> = Box<dyn FnOnce(UnitTangent, (), (), Bars<'_, T>, IndexBar<'_>)>;

/// The same of a selection, which is told where.
type SelectBack<T> =
    Box<dyn FnOnce(UnitTangent, (), &usize, (), Bars<'_, T>, IndexBar<'_>, IndexBar<'_>)>;

/// Sorts by the order of the entries themselves.
macro_rules! sorts {
    ($($vjp:ident, $jvp:ident: $order_of:ident;)*) => {$(
        /// The cotangents go back to where the entries came from.
        fn $vjp<const M: u64>(
            &mut self,
            _: Wrt<M>,
        ) -> ((), impl FnOnce(UnitTangent, (), Bars<'_, T>) + use<Self, T, M>)
        where
            T: Ord,
        {
            let order = $order_of(self.__grad_entries(), T::cmp);
            let kept = if M & 1 == 0 { Vec::new() } else { inverse(&order) };
            permute(self.__grad_entries(), order);
            let pull = |_: UnitTangent, (): (), self_bar: Bars<'_, T>| {
                if let Some(self_bar) = self_bar {
                    permute(self_bar, kept);
                }
            };
            ((), pull)
        }

        /// The tangents follow the entries.
        fn $jvp<const M: u64>(
            &mut self,
            _: Wrt<M>,
            self_dot: Bars<'_, T>,
        ) -> ((), UnitTangent)
        where
            T: Ord,
        {
            let order = $order_of(self.__grad_entries(), T::cmp);
            if let Some(self_dot) = self_dot {
                permute(self_dot, order.clone());
            }
            permute(self.__grad_entries(), order);
            ((), unit_tangent())
        }
    )*};
}

/// Sorts by an order that a closure tells: of two entries, or by a key.
macro_rules! sorts_by {
    ($($vjp:ident, $jvp:ident: [$($key:ident)?] ($($closure:tt)+), $order_of:ident, $compare:ident;)*) => {$(
        /// The cotangents go back to where the entries came from.
        fn $vjp<const M: u64, $($key: Ord,)? F: $($closure)+>(
            &mut self,
            told: F,
            _: Wrt<M>,
        ) -> ((), PermuteBack<T>) {
            let order = $order_of(self.__grad_entries(), $compare(told));
            let kept = if M & 1 == 0 { Vec::new() } else { inverse(&order) };
            permute(self.__grad_entries(), order);
            let pull = move |_: UnitTangent,
                             (): (),
                             (): (),
                             self_bar: Bars<'_, T>,
                             _: IndexBar<'_>| {
                if let Some(self_bar) = self_bar {
                    permute(self_bar, kept);
                }
            };
            ((), Box::new(pull))
        }

        /// The tangents follow the entries.
        fn $jvp<const M: u64, $($key: Ord,)? F: $($closure)+>(
            &mut self,
            told: F,
            _: Wrt<M>,
            self_dot: Bars<'_, T>,
            _: Option<&NoTangent>,
        ) -> ((), UnitTangent) {
            let order = $order_of(self.__grad_entries(), $compare(told));
            if let Some(self_dot) = self_dot {
                permute(self_dot, order.clone());
            }
            permute(self.__grad_entries(), order);
            ((), unit_tangent())
        }
    )*};
}

/// The derivatives of the methods of slices that sort.
pub trait SortRules<T: Differentiable> {
    /// The slice.
    #[doc(hidden)]
    fn __grad_entries(&mut self) -> &mut [T];

    sorts! {
        __grad_vjp_sort, __grad_jvp_sort: stable;
        __grad_vjp_sort_unstable, __grad_jvp_sort_unstable: unstable;
    }

    sorts_by! {
        __grad_vjp_sort_by, __grad_jvp_sort_by:
            [] (FnMut(&T, &T) -> Ordering), stable, identity;
        __grad_vjp_sort_unstable_by, __grad_jvp_sort_unstable_by:
            [] (FnMut(&T, &T) -> Ordering), unstable, identity;
        __grad_vjp_sort_by_key, __grad_jvp_sort_by_key:
            [K] (FnMut(&T) -> K), stable, by_key;
        __grad_vjp_sort_unstable_by_key, __grad_jvp_sort_unstable_by_key:
            [K] (FnMut(&T) -> K), unstable, by_key;
        __grad_vjp_sort_by_cached_key, __grad_jvp_sort_by_cached_key:
            [K] (FnMut(&T) -> K), stable, by_key;
    }

    /// Puts the entry that belongs at `at` there, and smaller ones in front of it.
    #[track_caller]
    fn select_entries<F: FnMut(&T, &T) -> Ordering>(&mut self, at: usize, told: F) {
        self.__grad_entries().select_nth_unstable_by(at, told);
    }

    /// The cotangents go back to where the entries came from.
    #[track_caller]
    fn __grad_vjp_select_entries<const M: u64, F: FnMut(&T, &T) -> Ordering>(
        &mut self,
        at: usize,
        told: F,
        _: Wrt<M>,
    ) -> ((), SelectBack<T>) {
        let order = selected(self.__grad_entries(), at, told);
        let kept = if M & 1 == 0 {
            Vec::new()
        } else {
            inverse(&order)
        };
        permute(self.__grad_entries(), order);
        let pull = move |_: UnitTangent,
                         (): (),
                         _: &usize,
                         (): (),
                         self_bar: Bars<'_, T>,
                         _: IndexBar<'_>,
                         _: IndexBar<'_>| {
            if let Some(self_bar) = self_bar {
                permute(self_bar, kept);
            }
        };
        ((), Box::new(pull))
    }

    /// The tangents follow the entries.
    #[track_caller]
    fn __grad_jvp_select_entries<const M: u64, F: FnMut(&T, &T) -> Ordering>(
        &mut self,
        at: usize,
        told: F,
        _: Wrt<M>,
        self_dot: Bars<'_, T>,
        _: Option<&NoTangent>,
        _: Option<&NoTangent>,
    ) -> ((), UnitTangent) {
        let order = selected(self.__grad_entries(), at, told);
        if let Some(self_dot) = self_dot {
            permute(self_dot, order.clone());
        }
        permute(self.__grad_entries(), order);
        ((), unit_tangent())
    }

    exclusive!(
        __grad_again_select_entries,
        __grad_again_sort,
        __grad_again_sort_unstable,
        __grad_again_sort_by,
        __grad_again_sort_unstable_by,
        __grad_again_sort_by_key,
        __grad_again_sort_unstable_by_key,
        __grad_again_sort_by_cached_key,
    );
}

impl<T: Differentiable> SortRules<T> for [T] {
    #[inline]
    fn __grad_entries(&mut self) -> &mut [T] {
        self
    }
}

/// The order by a key.
fn by_key<T, K: Ord>(mut key: impl FnMut(&T) -> K) -> impl FnMut(&T, &T) -> Ordering {
    move |a, b| key(a).cmp(&key(b))
}

/// For each place of the sorted slice, the index its entry came from.
fn stable<T>(entries: &[T], mut compare: impl FnMut(&T, &T) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_by(|a, b| compare(&entries[*a], &entries[*b]));
    order
}

/// The same, in the order that an unstable sort leaves equal entries in.
fn unstable<T>(entries: &[T], mut compare: impl FnMut(&T, &T) -> Ordering) -> Vec<usize> {
    if size_of::<T>() == size_of::<u32>() {
        if let Ok(len) = u32::try_from(entries.len()) {
            let mut order: Vec<u32> = (0..len).collect();
            order.sort_unstable_by(|a, b| compare(&entries[*a as usize], &entries[*b as usize]));
            return order.into_iter().map(|index| index as usize).collect();
        }
    }
    let mut order: Vec<usize> = (0..entries.len()).collect();
    order.sort_unstable_by(|a, b| compare(&entries[*a], &entries[*b]));
    order
}

/// The order that a selection leaves the entries in, which depends on their size: the indices are given
/// as much, and more where it is more than [`MOVED`].
#[track_caller]
fn selected<T>(
    entries: &[T],
    at: usize,
    mut compare: impl FnMut(&T, &T) -> Ordering,
) -> Vec<usize> {
    let mut by_index = |a: usize, b: usize| compare(&entries[a], &entries[b]);
    if size_of::<T>() == size_of::<u32>() {
        if let Ok(len) = u32::try_from(entries.len()) {
            let mut order: Vec<u32> = (0..len).collect();
            order.select_nth_unstable_by(at, |a, b| by_index(*a as usize, *b as usize));
            return order.into_iter().map(|index| index as usize).collect();
        }
    }
    let (len, size) = (entries.len(), size_of::<T>());
    if size <= size_of::<usize>() {
        selected_among::<1>(len, at, by_index)
    } else if size <= 2 * size_of::<usize>() {
        selected_among::<2>(len, at, by_index)
    } else if size <= MOVED {
        selected_among::<4>(len, at, by_index)
    } else {
        selected_among::<32>(len, at, by_index)
    }
}

/// Entries of up to so many bytes are moved about without a branch by the standard library, larger ones
/// in another way.
const MOVED: usize = 96;

/// The order of indices of so many words.
#[track_caller]
fn selected_among<const WORDS: usize>(
    len: usize,
    at: usize,
    mut by_index: impl FnMut(usize, usize) -> Ordering,
) -> Vec<usize> {
    let wide = |index| {
        let mut words = [0; WORDS];
        words[0] = index;
        words
    };
    let mut order: Vec<[usize; WORDS]> = (0..len).map(wide).collect();
    order.select_nth_unstable_by(at, |a, b| by_index(a[0], b[0]));
    order.into_iter().map(|index| index[0]).collect()
}

/// Puts `entries[order[i]]` at `i`, along the cycles.
fn permute<T>(entries: &mut [T], mut order: Vec<usize>) {
    super::super::check_len("cotangent", order.len(), entries.len());
    for first in 0..order.len() {
        let mut at = first;
        while order[at] != first {
            let from = order[at];
            entries.swap(at, from);
            order[at] = at;
            at = from;
        }
        order[at] = at;
    }
}

/// The permutation that undoes `order`.
fn inverse(order: &[usize]) -> Vec<usize> {
    let mut inverse = alloc::vec![0; order.len()];
    for (to, from) in order.iter().enumerate() {
        inverse[*from] = to;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::selected;

    fn as_std_does<const WORDS: usize>() {
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [f32::from(u16::try_from(state >> 16).unwrap_or(0)); WORDS]
        };
        for len in [2, 17, 100, 1000] {
            let entries: Vec<[f32; WORDS]> = (0..len).map(|_| next()).collect();
            let compare = |a: &[f32; WORDS], b: &[f32; WORDS]| a[0].total_cmp(&b[0]);
            let mut expected = entries.clone();
            expected.select_nth_unstable_by(len / 3, compare);
            let found = selected(&entries, len / 3, compare);
            let found: Vec<[f32; WORDS]> = found.into_iter().map(|from| entries[from]).collect();
            assert!(found == expected, "{len} entries of {WORDS} words");
        }
    }

    /// Entries of every size come to stand where the standard library puts them.
    #[test]
    fn a_selection_is_that_of_the_entries() {
        as_std_does::<1>();
        as_std_does::<2>();
        as_std_does::<3>();
        as_std_does::<6>();
        as_std_does::<24>();
        as_std_does::<25>();
        as_std_does::<26>();
        as_std_does::<80>();
    }
}

//! The rules of `BinaryHeap`: `push`, `pop`, `peek`.
//!
//! The tangent of a heap is a vector in the order in which the heap keeps its entries (`as_slice`). Along
//! a way from the root down entries move by one place in `push` and `pop`, as the standard library
//! moves them, and the cotangents move back. The order itself is not differentiated.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;

use super::super::{Exclusive, Shared, TangentOf, UnitTangent, Wrt, unit_tangent};
use super::{VecBar, exclusive, shared, tangent_or_zero};
use crate::{Differentiable, Tangent};

/// The derivatives of the methods of `BinaryHeap`.
pub trait HeapRules<T: Differentiable + Ord> {
    /// The heap.
    #[doc(hidden)]
    fn __grad_heap(&mut self) -> &mut BinaryHeap<T>;

    /// The same to look at.
    #[doc(hidden)]
    fn __grad_root(&self) -> Option<&T>;

    /// What stands where the entry came to stand is its cotangent.
    #[inline]
    fn __grad_vjp_push<const M: u64>(
        &mut self,
        entry: T,
        _: Wrt<M>,
    ) -> (
        (),
        impl FnOnce(UnitTangent, (), &T, VecBar<'_, T>, Option<&mut TangentOf<T>>) + use<Self, T, M>,
    ) {
        let heap = self.__grad_heap();
        let (end, at) = (heap.len(), risen(heap.as_slice(), &entry));
        heap.push(entry);
        let pull = move |_: UnitTangent,
                         (): (),
                         _: &T,
                         self_bar: VecBar<'_, T>,
                         bar: Option<&mut TangentOf<T>>| {
            if let Some(self_bar) = self_bar {
                lift(self_bar, end, at);
                if let (Some(entry_bar), Some(bar)) = (self_bar.pop(), bar) {
                    bar.accumulate(&entry_bar);
                }
            }
        };
        ((), pull)
    }

    /// The tangent goes where the entry goes.
    #[inline]
    fn __grad_jvp_push<const M: u64>(
        &mut self,
        entry: T,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
        dot: Option<&TangentOf<T>>,
    ) -> ((), UnitTangent) {
        let heap = self.__grad_heap();
        let (end, at) = (heap.len(), risen(heap.as_slice(), &entry));
        if let Some(self_dot) = self_dot {
            self_dot.push(tangent_or_zero(dot, &entry));
            lower(self_dot, end, at);
        }
        heap.push(entry);
        ((), unit_tangent())
    }

    /// The cotangent of what was taken out goes back to the root.
    #[inline]
    fn __grad_vjp_pop<const M: u64>(
        &mut self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, (), VecBar<'_, T>) + use<Self, T, M>,
    ) {
        let heap = self.__grad_heap();
        let at = sunk(heap.as_slice());
        let popped = heap.pop();
        let zero = popped.as_ref().map(T::zero_tangent);
        let pull = move |y_bar: Option<TangentOf<T>>, (): (), self_bar: VecBar<'_, T>| {
            if let (Some(self_bar), Some(zero)) = (self_bar, zero) {
                self_bar.push(y_bar.unwrap_or(zero));
                let end = self_bar.len() - 1;
                if end > 0 {
                    // What had been the last came to stand at `at`; on the way there entries rose.
                    lower_from_root(self_bar, end, at);
                }
            }
        };
        (popped, pull)
    }

    /// The tangent is taken out too.
    #[inline]
    fn __grad_jvp_pop<const M: u64>(
        &mut self,
        _: Wrt<M>,
        self_dot: VecBar<'_, T>,
    ) -> (Option<T>, Option<TangentOf<T>>) {
        let heap = self.__grad_heap();
        let at = sunk(heap.as_slice());
        let popped = heap.pop();
        let dot = self_dot.and_then(|self_dot| {
            let end = self_dot.len().checked_sub(1)?;
            if end > 0 {
                lift_to_root(self_dot, end, at);
            }
            self_dot.pop()
        });
        let dot = dot.or_else(|| popped.zero_tangent());
        (popped, dot)
    }

    /// A copy of the root.
    #[inline]
    fn __grad_vjp_peek<const M: u64>(
        &self,
        _: Wrt<M>,
    ) -> (
        Option<T>,
        impl FnOnce(Option<TangentOf<T>>, &BinaryHeap<T>, VecBar<'_, T>) + use<Self, T, M>,
    )
    where
        T: Clone,
    {
        let pull = |y_bar: Option<TangentOf<T>>, _: &BinaryHeap<T>, self_bar: VecBar<'_, T>| {
            let root = self_bar.and_then(|self_bar| self_bar.first_mut());
            if let (Some(root), Some(y_bar)) = (root, y_bar) {
                root.accumulate(&y_bar);
            }
        };
        (self.__grad_root().cloned(), pull)
    }

    /// The tangent of the root.
    #[inline]
    fn __grad_jvp_peek<const M: u64>(
        &self,
        _: Wrt<M>,
        self_dot: Option<&Vec<TangentOf<T>>>,
    ) -> (Option<T>, Option<TangentOf<T>>)
    where
        T: Clone,
    {
        let root = self.__grad_root().cloned();
        let dot = self_dot.and_then(|self_dot| self_dot.first().map(Tangent::duplicate));
        let dot = dot.or_else(|| root.zero_tangent());
        (root, dot)
    }

    shared!(__grad_again_peek);
    exclusive!(__grad_again_push, __grad_again_pop);
}

impl<T: Differentiable + Ord> HeapRules<T> for BinaryHeap<T> {
    #[inline]
    fn __grad_heap(&mut self) -> &mut BinaryHeap<T> {
        self
    }

    #[inline]
    fn __grad_root(&self) -> Option<&T> {
        self.peek()
    }
}

/// The parts of a tangent of `Reverse(entry)`.
#[allow(non_snake_case, reason = "a part is named by its variant")]
pub trait ReverseFields<T> {
    /// What is behind the other order.
    fn __grad_ref_Reverse_0(&self) -> &T;
    /// The same to write.
    fn __grad_mut_Reverse_0(&mut self) -> &mut T;
}

impl<T> ReverseFields<T> for Reverse<T> {
    #[inline]
    fn __grad_ref_Reverse_0(&self) -> &T {
        &self.0
    }
    #[inline]
    fn __grad_mut_Reverse_0(&mut self) -> &mut T {
        &mut self.0
    }
}

/// Whether an entry stays below its parent. The heap asks by `<=`, which need not be the opposite of `>`.
fn keeps_below<T: PartialOrd>(entry: &T, parent: &T) -> bool {
    entry <= parent
}

/// Where an entry comes to stand that is pushed: it rises from the end past smaller ones.
fn risen<T: Ord>(entries: &[T], entry: &T) -> usize {
    let mut at = entries.len();
    while at > 0 && !keeps_below(entry, &entries[(at - 1) / 2]) {
        at = (at - 1) / 2;
    }
    at
}

/// Where the last entry comes to stand when the root is taken out: from the root down the larger child
/// rises each time, and from the bottom the last entry rises past smaller ones.
fn sunk<T: Ord>(entries: &[T]) -> usize {
    let Some((last, rest)) = entries.split_last() else {
        return 0;
    };
    let (mut at, mut child) = (0, 1);
    while child <= rest.len().saturating_sub(2) {
        child += usize::from(rest[child] <= rest[child + 1]);
        at = child;
        child = 2 * at + 1;
    }
    if child + 1 == rest.len() {
        at = child;
    }
    while at > 0 && !keeps_below(last, &rest[at]) {
        at = (at - 1) / 2;
    }
    at
}

/// Moves the one at the end up to `at`, those on the way down by one.
fn lower<T>(all: &mut [T], end: usize, at: usize) {
    let mut from = end;
    while from > at {
        let parent = (from - 1) / 2;
        all.swap(from, parent);
        from = parent;
    }
}

/// Undoes [`lower`].
fn lift<T>(all: &mut [T], end: usize, at: usize) {
    for pair in way(end, at).windows(2).rev() {
        all.swap(pair[0], pair[1]);
    }
}

/// Takes the root to the end, where the one at the end goes to `at` and those on the way rise by one.
fn lift_to_root<T>(all: &mut [T], end: usize, at: usize) {
    all.swap(0, end);
    for pair in way(at, 0).windows(2).rev() {
        all.swap(pair[0], pair[1]);
    }
}

/// Undoes [`lift_to_root`].
fn lower_from_root<T>(all: &mut [T], end: usize, at: usize) {
    for pair in way(at, 0).windows(2) {
        all.swap(pair[0], pair[1]);
    }
    all.swap(0, end);
}

/// The places from `from` up to its ancestor `to`.
fn way(from: usize, to: usize) -> Vec<usize> {
    let mut places = alloc::vec![from];
    let mut at = from;
    while at > to {
        at = (at - 1) / 2;
        places.push(at);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BinaryHeap;
    use core::cmp::Ordering;

    /// Ordered by the first alone, so that the second tells equal ones apart.
    #[derive(Clone, Copy, Debug)]
    struct Tagged(u8, usize);

    impl PartialEq for Tagged {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    impl Eq for Tagged {}
    impl PartialOrd for Tagged {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Tagged {
        fn cmp(&self, other: &Self) -> Ordering {
            self.0.cmp(&other.0)
        }
    }

    /// Ordered by a number.
    #[derive(Clone, Copy, Debug, PartialEq)]
    struct Keyed(f64, usize);

    impl Eq for Keyed {}
    #[allow(clippy::non_canonical_partial_ord_impl, reason = "as users write it")]
    impl PartialOrd for Keyed {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            self.0.partial_cmp(&other.0)
        }
    }
    impl Ord for Keyed {
        fn cmp(&self, other: &Self) -> Ordering {
            self.partial_cmp(other).unwrap_or(Ordering::Equal)
        }
    }

    /// The entries move as the standard library moves them, equal ones too, and back again.
    #[test]
    fn entries_move_as_those_of_the_heap() {
        let tags = |heap: &BinaryHeap<Tagged>| -> Vec<usize> {
            heap.as_slice().iter().map(|entry| entry.1).collect()
        };
        let mut state = 7_u32;
        let mut heap = BinaryHeap::new();
        for tag in 0..4000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let before = tags(&heap);
            let mut moved = before.clone();
            if state >> 28 < 9 {
                let entry = Tagged((state >> 16).to_le_bytes()[0] % 12, tag);
                let (end, at) = (heap.len(), risen(heap.as_slice(), &entry));
                heap.push(entry);
                moved.push(tag);
                lower(&mut moved, end, at);
                assert_eq!(moved, tags(&heap));
                lift(&mut moved, end, at);
                assert_eq!(moved.pop(), Some(tag));
            } else if let Some(end) = heap.len().checked_sub(1) {
                let at = sunk(heap.as_slice());
                let popped = heap.pop().map(|entry| entry.1);
                if end > 0 {
                    lift_to_root(&mut moved, end, at);
                }
                assert_eq!(moved.pop(), popped);
                assert_eq!(moved, tags(&heap));
                moved.extend(popped);
                if end > 0 {
                    lower_from_root(&mut moved, end, at);
                }
            }
            assert_eq!(moved, before);
        }
    }

    /// Entries that are not ordered, as where a number is none, move so too.
    #[test]
    fn unordered_entries_move_as_those_of_the_heap() {
        let numbers = [
            3.0,
            f64::NAN,
            5.0,
            1.0,
            f64::NAN,
            4.0,
            2.0,
            6.0,
            f64::NAN,
            7.0,
        ];
        let tags = |heap: &BinaryHeap<Keyed>| -> Vec<usize> {
            heap.as_slice().iter().map(|entry| entry.1).collect()
        };
        let mut heap = BinaryHeap::new();
        for (tag, number) in numbers.into_iter().enumerate() {
            let mut moved = tags(&heap);
            let entry = Keyed(number, tag);
            let at = risen(heap.as_slice(), &entry);
            heap.push(entry);
            moved.push(tag);
            lower(&mut moved, tag, at);
            assert_eq!(moved, tags(&heap));
        }
        while heap.len() > 1 {
            let (mut moved, at) = (tags(&heap), sunk(heap.as_slice()));
            let end = moved.len() - 1;
            heap.pop();
            lift_to_root(&mut moved, end, at);
            moved.pop();
            assert_eq!(moved, tags(&heap));
        }
    }
}

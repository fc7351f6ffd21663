//! The items of iterators that generated code gathers, as values of their own: a pullback that holds
//! some of them then borrows nothing.
//!
//! Which of the traits applies follows from the items; the one for any items comes last, as it takes
//! the iterator by reference.

use super::Vec;

/// Of references, copies of what they point at.
pub trait GatherCopies<T> {
    /// The items.
    fn __grad_gathered(self) -> Vec<T>;
}

impl<'a, T: Clone + 'a, I: Iterator<Item = &'a T>> GatherCopies<T> for I {
    #[inline]
    fn __grad_gathered(self) -> Vec<T> {
        self.cloned().collect()
    }
}

/// The same of pairs of references: the entries of a map.
pub trait GatherPairs<K, V> {
    /// The items.
    fn __grad_gathered(self) -> Vec<(K, V)>;
}

impl<'a, K: Clone + 'a, V: Clone + 'a, I: Iterator<Item = (&'a K, &'a V)>> GatherPairs<K, V> for I {
    #[inline]
    fn __grad_gathered(self) -> Vec<(K, V)> {
        self.map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

/// Any others as they are.
pub trait Gather: Iterator {
    /// The items.
    fn __grad_gathered(&mut self) -> Vec<Self::Item>;
}

impl<I: Iterator> Gather for I {
    #[inline]
    fn __grad_gathered(&mut self) -> Vec<I::Item> {
        self.collect()
    }
}

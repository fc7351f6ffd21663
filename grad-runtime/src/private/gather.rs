//! The items of iterators that generated code gathers, as values of their own: a pullback that holds
//! some of them then borrows nothing.
//!
//! Which of the traits applies follows from the items; the one for any items comes last, as it takes
//! the iterator by reference.

use core::cell::RefCell;

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

/// What a call gives that may be an iterator: of one, the items.
#[derive(Debug)]
pub struct Listed<T>(RefCell<Option<T>>);

impl<T> Listed<T> {
    /// What the call gives.
    #[inline]
    pub fn of(given: T) -> Self {
        Listed(RefCell::new(Some(given)))
    }

    fn given(&self) -> T {
        self.0.borrow_mut().take().expect("it is asked for once")
    }
}

/// Of references, copies of what they point at.
pub trait ListCopies<T> {
    /// The items.
    fn __grad_listed(self) -> Vec<T>;
}

impl<'a, T: Clone + 'a, I: Iterator<Item = &'a T>> ListCopies<T> for Listed<I> {
    #[inline]
    fn __grad_listed(self) -> Vec<T> {
        self.given().cloned().collect()
    }
}

/// Any other items as they are.
pub trait ListItems<T> {
    /// The items.
    fn __grad_listed(&self) -> Vec<T>;
}

impl<I: Iterator> ListItems<I::Item> for Listed<I> {
    #[inline]
    fn __grad_listed(&self) -> Vec<I::Item> {
        self.given().collect()
    }
}

/// What is no iterator as it is.
pub trait ListNothing<T> {
    /// What was given.
    fn __grad_listed(&mut self) -> T;
}

impl<T> ListNothing<T> for Listed<T> {
    #[inline]
    fn __grad_listed(&mut self) -> T {
        self.given()
    }
}

//! [`Reuse`]: what a reverse sweep is done with, for its memory.
//!
//! Generated code writes `(&Reuse::of(h)).give_back()`. The compiler looks for the method on fewer
//! references first: an array gives its buffer to the workspace, from which the next step's layers take
//! theirs; for everything else the method of the reference is found, which does nothing, and the value
//! is dropped as it always was.

use core::cell::Cell;
use core::fmt;

/// A value that nobody needs any more.
pub struct Reuse<T>(Cell<Option<T>>);

impl<T> Reuse<T> {
    /// Takes it over.
    #[inline]
    pub fn of(x: T) -> Self {
        Self(Cell::new(Some(x)))
    }
}

impl<T> fmt::Debug for Reuse<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reuse(..)")
    }
}

/// Values without memory that others could use: they are dropped.
pub trait Dropped {
    /// Nothing.
    #[inline]
    fn give_back(&self) {}
}

impl<T> Dropped for &Reuse<T> {}

/// Arrays of floats.
#[cfg(feature = "nn")]
pub trait Reused {
    /// Lets the next step have the memory.
    fn give_back(&self);
}

#[cfg(feature = "nn")]
impl<E: crate::tensor::workspace::Pooled, D: ndarray::Dimension> Reused
    for Reuse<ndarray::Array<E, D>>
{
    fn give_back(&self) {
        if let Some(array) = self.0.take() {
            crate::tensor::workspace::give(array.into_raw_vec_and_offset().0);
        }
    }
}

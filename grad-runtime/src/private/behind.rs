//! What a tangent holds for what a pointer points at.
//!
//! The tangent of a `Box` is a box, that of any other pointer is that of its target. Which one a field
//! is, generated code need not know: the methods here for boxes are inherent, and go before those of
//! the trait.

use super::Box;

/// A tangent of a pointer, to be read.
pub struct Behind<'a, T: ?Sized>(pub &'a T);

/// A tangent of a pointer, to be written.
pub struct BehindMut<'a, T: ?Sized>(pub &'a mut T);

impl<'a, T: ?Sized> Behind<'a, Box<T>> {
    /// What is in the box.
    #[inline]
    #[must_use]
    pub fn target(self) -> &'a T {
        self.0
    }
}

impl<'a, T: ?Sized> BehindMut<'a, Box<T>> {
    /// What is in the box.
    #[inline]
    #[must_use]
    pub fn target(self) -> &'a mut T {
        self.0
    }
}

/// Of any other pointer the tangent itself.
pub trait Itself {
    /// A reference to the tangent.
    type Target;
    /// The tangent.
    fn target(self) -> Self::Target;
}

impl<'a, T: ?Sized> Itself for Behind<'a, T> {
    type Target = &'a T;
    #[inline]
    fn target(self) -> &'a T {
        self.0
    }
}

impl<'a, T: ?Sized> Itself for BehindMut<'a, T> {
    type Target = &'a mut T;
    #[inline]
    fn target(self) -> &'a mut T {
        self.0
    }
}

//! What `Option` and `Result` have in common: where the macro does not know which of them a value is.

/// A value that may hold something.
pub trait Optional {
    /// What it holds.
    type Part;

    /// Whether it holds something.
    fn is_present(&self) -> bool;

    /// What it holds.
    ///
    /// # Panics
    ///
    /// If it holds nothing, which generated code asks before.
    fn part_ref(&self) -> &Self::Part;

    /// What it holds, to be changed.
    ///
    /// # Panics
    ///
    /// If it holds nothing, which generated code asks before.
    fn part_mut(&mut self) -> &mut Self::Part;
}

/// What generated code never does.
const ABSENT: &str = "generated code asked for what is not there";

impl<T> Optional for Option<T> {
    type Part = T;
    #[inline]
    fn is_present(&self) -> bool {
        self.is_some()
    }
    #[inline]
    fn part_ref(&self) -> &T {
        self.as_ref().expect(ABSENT)
    }
    #[inline]
    fn part_mut(&mut self) -> &mut T {
        self.as_mut().expect(ABSENT)
    }
}

impl<T, E> Optional for Result<T, E> {
    type Part = T;
    #[inline]
    fn is_present(&self) -> bool {
        self.is_ok()
    }
    #[inline]
    fn part_ref(&self) -> &T {
        self.as_ref().ok().expect(ABSENT)
    }
    #[inline]
    fn part_mut(&mut self) -> &mut T {
        self.as_mut().ok().expect(ABSENT)
    }
}

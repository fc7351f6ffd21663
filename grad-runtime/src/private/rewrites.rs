//! What a function rewrites of the slices it is handed, from sizes that are known where it is called.

/// What a companion says about the slices that its function is handed by `&mut`; its own function of
/// this name, where it has one, goes before this.
pub trait Rewrites {
    /// A bit for each slice that is written whole before any of it is read: none.
    #[inline]
    #[must_use]
    fn rewrites<const N: usize>(_: [Option<usize>; N]) -> u64 {
        0
    }
}

impl<T: ?Sized> Rewrites for T {}

/// A size to compute with.
#[inline]
#[must_use]
pub fn known(size: Option<usize>) -> Option<i128> {
    size.and_then(|size| i128::try_from(size).ok())
}

/// A computed size, if there can be one.
#[inline]
pub fn size(compute: impl FnOnce() -> Option<i128>) -> Option<usize> {
    compute().and_then(|size| usize::try_from(size).ok())
}

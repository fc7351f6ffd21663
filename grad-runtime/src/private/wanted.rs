//! Of which elements somebody wants the tangents.
//!
//! Whoever calls a function for a vector of which it reads some elements, as that of the vertices
//! that points are measured on, knows which ones once the values are computed. The push is told, and
//! the loop that makes the vector passes over the others:
//!
//! ```text
//! for v in 0..vertices { if passed_over(wanted, &mut positions_dot) { continue; } .. }
//! ```

use alloc::vec::Vec;

use super::lanes::LaneTangent;

/// Marks of the elements that are read.
#[derive(Clone, Debug, Default)]
pub struct Wants(Vec<bool>);

impl Wants {
    /// None yet.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Wants(Vec::new())
    }

    /// Marks an element.
    #[inline]
    pub fn push(&mut self, (element,): (usize,)) {
        if element >= self.0.len() {
            self.0.resize(element + 1, false);
        }
        self.0[element] = true;
    }

    /// As a tape is told how many iterations come: how many elements these read it does not tell.
    #[inline]
    pub fn reserve(&mut self, _: usize) {}

    /// The elements that are marked.
    #[inline]
    #[must_use]
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted(Some(&self.0))
    }
}

/// The elements of a function's result whose tangents are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a>(Option<&'a [bool]>);

impl Wanted<'_> {
    /// Every element.
    pub const ALL: Wanted<'static> = Wanted(None);

    #[inline]
    fn has(self, element: usize) -> bool {
        self.0
            .is_none_or(|marks| marks.get(element).is_some_and(|mark| *mark))
    }
}

/// Whether nobody wants the tangent of the element that comes next, and a zero stands in its place.
#[inline]
pub fn passed_over<const L: usize, T: LaneTangent<L>>(
    wanted: Wanted<'_>,
    dots: &mut Vec<T>,
) -> bool {
    if wanted.has(dots.len()) {
        return false;
    }
    match T::nothing() {
        Some(zero) => {
            dots.push(zero);
            true
        }
        None => false,
    }
}

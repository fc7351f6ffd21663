//! A tape of whole vectors that are read where they lie.

use alloc::vec::Vec;

/// A stack of vectors. It is filled again and again, and allocates only what it never had.
///
/// What is read of it is a vector, not a part of one: a function may ask for `&Vec<T>`.
#[derive(Clone, Debug)]
pub struct Shelf<T> {
    arrays: Vec<Vec<T>>,
    /// How many of them were not read back yet.
    filled: usize,
}

impl<T> Shelf<T> {
    /// Nothing saved.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Shelf {
            arrays: Vec::new(),
            filled: 0,
        }
    }

    /// Keeps a copy of an array.
    #[inline]
    pub fn save(&mut self, array: &[T])
    where
        T: Clone,
    {
        let at = self.filled;
        self.filled += 1;
        match self.arrays.get_mut(at) {
            Some(kept) if kept.len() == array.len() => kept.clone_from_slice(array),
            _ => self.put(at, array),
        }
    }

    #[cold]
    fn put(&mut self, at: usize, array: &[T])
    where
        T: Clone,
    {
        match self.arrays.get_mut(at) {
            Some(kept) => {
                kept.clear();
                kept.extend_from_slice(array);
            }
            None => self.arrays.push(array.to_vec()),
        }
    }

    /// The last array not read back yet.
    ///
    /// # Panics
    ///
    /// If nothing is left, which generated code never lets happen.
    #[inline]
    #[must_use]
    pub fn restore(&mut self) -> &Vec<T> {
        self.filled -= 1;
        &self.arrays[self.filled]
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf::new()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::Shelf;

    #[test]
    fn arrays_come_back_as_they_were() {
        let mut shelf = Shelf::new();
        let mut array = vec![0, 0];
        for round in 0..3 {
            for k in 0..4 {
                array.fill(10 * round + k);
                if k == 3 {
                    array.push(7);
                }
                shelf.save(&array);
                array.truncate(2);
            }
            assert_eq!(shelf.restore(), &[10 * round + 3, 10 * round + 3, 7]);
            for k in (0..3).rev() {
                assert_eq!(shelf.restore(), &[10 * round + k; 2]);
            }
        }
    }
}

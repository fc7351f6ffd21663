//! Buffers that are used again: what a training step needs and gives back.
//!
//! Every thread keeps the buffers it was given. [`take`] hands out the smallest that is large enough;
//! after the first step of a training loop, whose steps all ask for the same sizes, that is always one
//! of them. There are few, so they are looked through, which costs less than to keep them in order.

use std::{cell::RefCell, thread::LocalKey, vec::Vec};

/// A float that every thread keeps buffers of.
#[doc(hidden)]
pub trait Pooled: Copy + Default + 'static {
    /// The buffers of this thread.
    fn pool() -> &'static LocalKey<RefCell<Pool<Self>>>;
}

/// The free buffers of a thread.
#[doc(hidden)]
#[derive(Debug)]
pub struct Pool<E> {
    free: Vec<Vec<E>>,
}

/// More are not kept: a program that gives more than it takes must not grow for ever.
const KEPT: usize = 64;

impl<E: Copy + Default> Pool<E> {
    const fn new() -> Self {
        Self { free: Vec::new() }
    }

    fn take(&mut self, len: usize) -> Vec<E> {
        // One that is far too large is left for those who need it.
        let (mut place, mut least) = (None, 2 * len.max(1024) + 1);
        for (at, buffer) in self.free.iter().enumerate() {
            let capacity = buffer.capacity();
            if capacity >= len && capacity < least {
                (place, least) = (Some(at), capacity);
            }
        }
        let Some(place) = place else {
            return std::vec![E::default(); len];
        };
        let mut buffer = self.free.swap_remove(place);
        if buffer.len() < len {
            buffer.resize(len, E::default());
        }
        buffer.truncate(len);
        buffer
    }

    fn give(&mut self, buffer: Vec<E>) {
        if buffer.capacity() == 0 || self.free.len() == KEPT {
            return;
        }
        self.free.push(buffer);
    }
}

macro_rules! pooled {
    ($($float:ty),+) => {$(
        impl Pooled for $float {
            fn pool() -> &'static LocalKey<RefCell<Pool<Self>>> {
                std::thread_local! {
                    static POOL: RefCell<Pool<$float>> = const { RefCell::new(Pool::new()) };
                }
                &POOL
            }
        }
    )+};
}
pooled!(f32, f64, u8, u32);

/// A buffer of `len` entries that may hold anything.
#[must_use]
pub fn take<E: Pooled>(len: usize) -> Vec<E> {
    E::pool().with_borrow_mut(|pool| pool.take(len))
}

/// A buffer of `len` zeros.
#[must_use]
pub fn take_zeroed<E: Pooled>(len: usize) -> Vec<E> {
    let mut buffer = take(len);
    buffer.fill(E::default());
    buffer
}

/// Gives a buffer back for others.
pub fn give<E: Pooled>(buffer: Vec<E>) {
    // A thread that is ending has no pool any more: the buffer is freed.
    let _ = E::pool().try_with(|pool| pool.borrow_mut().give(buffer));
}

#[cfg(test)]
mod tests {
    use super::{give, take, take_zeroed};

    #[test]
    fn a_buffer_given_is_taken_again() {
        let mut buffer = take::<f64>(1000);
        buffer.fill(1.0);
        let place = buffer.as_ptr();
        give(buffer);
        let again = take_zeroed::<f64>(900);
        assert_eq!(again.as_ptr(), place);
        assert!(again.iter().all(|&x| x == 0.0) && again.len() == 900);
    }

    #[test]
    fn a_buffer_far_too_large_is_not_taken() {
        let large = take::<f64>(100_000);
        let place = large.as_ptr();
        give(large);
        let small = take::<f64>(10);
        assert_ne!(small.as_ptr(), place);
        let again = take::<f64>(100_000);
        assert_eq!(again.as_ptr(), place);
    }
}

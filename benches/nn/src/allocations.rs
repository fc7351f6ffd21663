//! An allocator that counts while it is asked to.

#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

struct Counting;

/// Counting costs something where much is allocated, so it is off while time is taken.
static ON: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// Bytes that are held, and the most that were; what was there before wraps round.
static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn allocated(bytes: usize) {
    if ON.load(Relaxed) {
        COUNT.fetch_add(1, Relaxed);
        let held = HELD.fetch_add(bytes, Relaxed).wrapping_add(bytes);
        if held < usize::MAX / 2 {
            PEAK.fetch_max(held, Relaxed);
        }
    }
}

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        allocated(layout.size());
        // SAFETY: the caller's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if ON.load(Relaxed) {
            HELD.fetch_sub(layout.size(), Relaxed);
        }
        // SAFETY: the caller's.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What was allocated while something ran.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    pub(crate) allocations: usize,
    /// The most bytes held at once beyond what was held before.
    pub(crate) peak: usize,
}

/// Calls `f` and counts.
pub(crate) fn count<T>(f: impl FnOnce() -> T) -> (T, Used) {
    COUNT.store(0, Relaxed);
    HELD.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    ON.store(true, Relaxed);
    let result = f();
    ON.store(false, Relaxed);
    let used = Used {
        allocations: COUNT.load(Relaxed),
        peak: PEAK.load(Relaxed),
    };
    (result, used)
}

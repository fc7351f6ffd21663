//! What `#[differentiate(checkpoint)]` is for: the memory of a gradient grows like the root of the
//! trip count instead of the trip count.
#![allow(unsafe_code, reason = "a counting allocator cannot be written without")]
#![allow(missing_docs, clippy::cast_precision_loss)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use grad_runtime::differentiate;

/// The system's allocator, which knows how much is allocated and how much was at most.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        // SAFETY: the caller keeps what `alloc` asks for.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps what `dealloc` asks for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The most that was allocated at once while `f` ran, and what it gave.
fn peak<T>(f: impl FnOnce() -> T) -> (usize, T) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = f();
    (PEAK.load(Relaxed) - before, result)
}

/// The Lorenz system by Runge and Kutta's method of order 4.
macro_rules! lorenz {
    ($name:ident $(, $checkpoint:meta)?) => {
        #[differentiate]
        fn $name(start: [f64; 3], rho: f64, n: usize) -> f64 {
            let (mut x, mut y, mut z) = (start[0], start[1], start[2]);
            let h = 0.002;
            let slope = |x: f64, y: f64, z: f64| {
                (10.0 * (y - x), x * (rho - z) - y, x * y - z * 8.0 / 3.0)
            };
            $(#[$checkpoint])?
            for _ in 0..n {
                let (a1, a2, a3) = slope(x, y, z);
                let (b1, b2, b3) = slope(x + 0.5 * h * a1, y + 0.5 * h * a2, z + 0.5 * h * a3);
                let (c1, c2, c3) = slope(x + 0.5 * h * b1, y + 0.5 * h * b2, z + 0.5 * h * b3);
                let (d1, d2, d3) = slope(x + h * c1, y + h * c2, z + h * c3);
                x += h / 6.0 * (a1 + 2.0 * (b1 + c1) + d1);
                y += h / 6.0 * (a2 + 2.0 * (b2 + c2) + d2);
                z += h / 6.0 * (a3 + 2.0 * (b3 + c3) + d3);
            }
            x + 0.1 * z
        }
    };
}

lorenz!(lorenz_taped);
lorenz!(lorenz_kept, differentiate(checkpoint));

/// A rod cools until it is cold: nobody knows how long, and the state is a vector.
macro_rules! rod {
    ($name:ident $(, $checkpoint:meta)?) => {
        #[differentiate]
        fn $name(start: &[f64], rate: f64, _least: f64) -> f64 {
            let mut u = start.to_vec();
            let mut next = vec![0.0; u.len()];
            let mut steps = 0.0;
            $(#[$checkpoint])?
            while u[u.len() / 2] > _least {
                for k in 1..u.len() - 1 {
                    let warm = rate * (1.0 + 0.1 * u[k] * u[k]);
                    next[k] = u[k] + warm * (u[k - 1] - 2.0 * u[k] + u[k + 1]);
                }
                std::mem::swap(&mut u, &mut next);
                steps += 1.0;
            }
            let left: f64 = u.iter().map(|v| v * v).sum();
            steps + left
        }
    };
}

rod!(rod_taped);
rod!(rod_kept, differentiate(checkpoint));

#[test]
fn memory_grows_like_the_root_of_the_trip_count() {
    let start = [1.0, 1.0, 1.05];
    let mut last = None;
    for n in [1_000, 10_000, 100_000] {
        let (taped, expected) = peak(|| value_and_grad_lorenz_taped(start, 28.0, n));
        let (kept, found) = peak(|| value_and_grad_lorenz_kept(start, 28.0, n));
        assert_eq!(found, expected);
        println!("Lorenz, {n} steps: {taped} bytes, {kept} under checkpoint");
        assert!(taped as f64 >= 24.0 * n as f64, "{taped} bytes");
        // States of three numbers, and the tape of one segment with room to grow.
        let root = (n as f64).sqrt();
        assert!(kept as f64 <= 450.0 * root, "{kept} bytes");
        if let Some(last) = last.replace(kept) {
            let grows = kept as f64 / last as f64;
            assert!(
                grows < 5.0,
                "ten times the steps take {grows} times the memory"
            );
        }
    }

    let start: Vec<f64> = (0..40).map(|k| (0.08 * f64::from(k)).sin()).collect();
    let (taped, expected) = peak(|| value_and_grad_rod_taped(&start, 0.2, 0.02));
    let (kept, found) = peak(|| value_and_grad_rod_kept(&start, 0.2, 0.02));
    let steps = expected.0;
    println!("rod, {steps} steps: {taped} bytes, {kept} under checkpoint");
    assert_eq!(found.0.to_bits(), expected.0.to_bits());
    for (a, b) in found.1.0.iter().zip(&expected.1.0) {
        assert!((a - b).abs() <= 1e-12 * (1.0 + b.abs()), "{a} for {b}");
    }
    assert!(
        (kept as f64) < taped as f64 / 10.0,
        "{kept} of {taped} bytes"
    );
}

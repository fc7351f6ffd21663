//! What the trainer allocates from one step to the next: nothing.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use grad_runtime::data::Samples;
use grad_runtime::optim::{Adam, Clip};
use grad_runtime::train::{Tally, Task, Trainer};

/// The system's allocator, counting.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps what `alloc` asks for.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps what `dealloc` asks for.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// A linear model that notes how much was allocated from one of its steps to the next.
struct Noting {
    last: usize,
    between: Vec<usize>,
}

type Model = (Vec<f32>, f64);

impl Task<Model, Samples<f32>> for Noting {
    fn step(&mut self, model: &mut Model, batch: &Samples<f32>, gradient: &mut Model) -> f64 {
        let now = ALLOCATIONS.load(Ordering::Relaxed);
        self.between.push(now - self.last);
        let mut loss = 0.0;
        for (x, _) in batch.iter() {
            let error = x[0] * model.0[0] + x[1] * model.0[1] - x[0];
            gradient.0[0] += error * x[0];
            gradient.0[1] += error * x[1];
            gradient.1 += model.1;
            loss += f64::from(error * error);
        }
        self.last = ALLOCATIONS.load(Ordering::Relaxed);
        loss
    }
    fn judge(&mut self, _: &Model, _: &Samples<f32>, _: &mut Tally) {}
}

#[test]
fn a_step_allocates_nothing() {
    let values: Vec<f32> = (0..400_u16).map(f32::from).map(f32::sin).collect();
    let samples = Samples::new(values, vec![2], vec![0; 200]);
    let mut task = Noting {
        last: 0,
        between: Vec::with_capacity(100),
    };
    Trainer::new(Adam::new(0.01).clip(Clip::Norm(1.0)))
        .epochs(2)
        .batch(10)
        .quiet(true)
        .run(&mut (vec![0.0; 2], 0.0), &mut task, &samples, &samples)
        .expect("it runs");
    let (first, second) = task.between.split_at(20);
    // The first step of an epoch comes after other work; the second allocates the moments.
    assert!(
        first[2..].iter().chain(&second[1..]).all(|&n| n == 0),
        "{:?}",
        task.between
    );
}

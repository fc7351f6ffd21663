//! How often a training step allocates, once the first is done. A binary of its own, as it counts what
//! every thread allocates.

#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use grad_runtime::loss::softmax_cross_entropy;
use grad_runtime::nn::{Activation, Conv2d, Dense, Flatten, Init, Layer, MaxPool2d, tanh};
use grad_runtime::optim::Adam;
use grad_runtime::{Differentiable, Tangent, differentiate};
use ndarray::{Array2, Array4};

struct Counting;

/// Tests of one binary run side by side, and each would count what the other allocates.
static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
static COUNT: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Relaxed);
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

type Layers = (Conv2d, MaxPool2d, Flatten, Dense, Dense);

#[derive(Differentiable)]
struct Model {
    layers: Layers,
}

impl Model {
    fn new() -> Self {
        let relu = Activation::Relu;
        let layers = (
            Conv2d::new([3, 3], 1, 4, Init::he(1)).padding(1).with(relu),
            MaxPool2d::new(2),
            Flatten,
            Dense::new(64, 16, Init::he(2)).with(Activation::Tanh),
            Dense::new(16, 3, Init::glorot(3)),
        );
        Self { layers }
    }

    #[differentiate(wrt(self))]
    fn loss(&self, images: &Array4<f32>, labels: &[usize]) -> f32 {
        softmax_cross_entropy(&self.layers.forward(images), labels)
    }
}

/// As one writes it by hand, without a tuple: what is between the layers are arrays of one's own.
#[derive(Differentiable)]
struct Classifier {
    hidden: Dense,
    output: Dense,
}

impl Classifier {
    #[differentiate(wrt(self))]
    fn scores(&self, images: &Array2<f32>) -> Array2<f32> {
        let h = self.hidden.forward(images).mapv(tanh);
        self.output.forward(&h)
    }

    #[differentiate(wrt(self))]
    fn loss(&self, images: &Array2<f32>, labels: &[usize]) -> f32 {
        let scores = self.scores(images);
        softmax_cross_entropy(&scores, labels)
    }
}

/// Allocations of a late call: what was left over before is used up by then.
fn allocations(mut step: impl FnMut()) -> usize {
    for _ in 0..200 {
        step();
    }
    let before = COUNT.load(Relaxed);
    step();
    COUNT.load(Relaxed) - before
}

#[test]
fn a_step_reuses_its_buffers() {
    let _alone = ALONE.lock().expect("the other test passed");
    let images = Array4::from_shape_fn((4, 8, 8, 1), |(n, i, j, _)| {
        [0.1, 0.5, 0.7][(n + i * j) % 3]
    });
    let labels = [0, 1, 2, 0];

    // By hand through the tuple: nothing at all.
    let mut model = Model::new();
    let mut gradient = model.zero_tangent();
    let mut adam = Adam::new(1e-3);
    let y_bar = Array2::from_elem((4, 3), 0.1);
    let by_hand = allocations(|| {
        gradient.set_zero();
        let (scores, kept) = model.layers.forward_keep(&images);
        let mut bar = scores.zero_tangent();
        bar.assign(&y_bar);
        model
            .layers
            .pull(&images, kept, bar, Some(&mut gradient.layers), None);
        <Layers as Layer<Array4<f32>>>::reuse(scores);
        adam.step(&mut model, &gradient);
    });
    assert_eq!(by_hand, 0);

    // Generated code drops the scores, whose memory the next step has to allocate again.
    let generated = allocations(|| {
        gradient.set_zero();
        let _ = model.accumulate_grad_loss(&images, &labels, 1.0, &mut gradient);
        adam.step(&mut model, &gradient);
    });
    assert_eq!(generated, 0);

    let rows = Array2::from_shape_fn((4, 9), |(i, j)| [0.1, 0.5, 0.7][(i * j) % 3]);
    let mut model = Classifier {
        hidden: Dense::new(9, 8, Init::glorot(1)),
        output: Dense::new(8, 3, Init::glorot(2)),
    };
    let mut gradient = model.zero_tangent();
    let mut adam = Adam::new(1e-3);
    let in_parts = allocations(|| {
        gradient.set_zero();
        let _ = model.accumulate_grad_loss(&rows, &labels, 1.0, &mut gradient);
        adam.step(&mut model, &gradient);
    });
    assert_eq!(in_parts, 0);
}

/// On two threads, too, if the one that trains is one of the pool's: what comes from outside goes through
/// a queue of rayon's that allocates.
#[cfg(feature = "rayon")]
#[test]
fn a_step_on_two_threads_reuses_its_buffers() {
    let _alone = ALONE.lock().expect("the other test passed");
    rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .use_current_thread()
        .build_global()
        .expect("nobody else starts the pool");
    // Large enough for every layer to be split.
    let images = Array4::from_shape_fn((64, 8, 8, 16), |(n, i, j, _)| {
        [0.1, 0.5, 0.7][(n + i * j) % 3]
    });
    let labels: Vec<usize> = (0..64).map(|i| i % 3).collect();
    let relu = Activation::Relu;
    let mut model = Model {
        layers: (
            Conv2d::new([3, 3], 16, 32, Init::he(1))
                .padding(1)
                .with(relu),
            MaxPool2d::new(2),
            Flatten,
            Dense::new(512, 128, Init::he(2)).with(relu),
            Dense::new(128, 3, Init::glorot(3)),
        ),
    };
    let mut gradient = model.zero_tangent();
    let mut adam = Adam::new(1e-3);
    let mut steps = |count| {
        for _ in 0..count {
            gradient.set_zero();
            let _ = model.accumulate_grad_loss(&images, &labels, 1.0, &mut gradient);
            adam.step(&mut model, &gradient);
        }
    };
    steps(40);
    let before = COUNT.load(Relaxed);
    // Ten split more operations than the queue would take without a new block.
    steps(10);
    assert_eq!(COUNT.load(Relaxed) - before, 0);
}

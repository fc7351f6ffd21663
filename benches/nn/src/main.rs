//! Training steps, forward, loss, back and update: through generated gradients on layers, and by hand on
//! the same kernels with every buffer allocated once.
//!
//! `cargo run --release -p grad-benches-nn` prints microseconds a step, their ratio, and the allocations
//! of a step. `--features rayon` splits the work over threads; `RAYON_NUM_THREADS` says how many.

mod allocations;
mod by_hand;
mod models;

use std::time::Instant;

use grad_runtime::optim::{Adam, Optimizer, Sgd};
use grad_runtime::{Parameters, Tangent};
use ndarray::{Array2, Array4};

use allocations::count;

/// Pseudo-random numbers between -1 and 1.
fn numbers(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f32::from(u16::try_from(state >> 16).expect("16 bits are left")) / 32768.0 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

fn labels(len: usize) -> Vec<usize> {
    (0..len).map(|i| i * 7 % 10).collect()
}

/// Microseconds a call of each of two steps, the least of several rounds, in turns.
fn times(mut first: impl FnMut(), mut second: impl FnMut(), seconds: f64) -> [f64; 2] {
    let round = |f: &mut dyn FnMut()| {
        let start = Instant::now();
        let mut calls = 0_u32;
        while start.elapsed().as_secs_f64() < seconds {
            f();
            calls += 1;
        }
        start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
    };
    let mut best = [f64::MAX; 2];
    for _ in 0..9 {
        best[0] = best[0].min(round(&mut first));
        best[1] = best[1].min(round(&mut second));
    }
    best
}

fn row(name: &str, mut generated: impl FnMut(), mut by_hand: impl FnMut()) {
    for _ in 0..3 {
        generated();
        by_hand();
    }
    let (allocations, bytes) = count(&mut generated);
    let (by_hand_allocations, _) = count(&mut by_hand);
    let [ours, theirs] = times(generated, by_hand, 0.1);
    println!(
        "{name:40} {ours:9.1} {theirs:9.1} {:6.2}   {allocations:4} ({bytes} bytes), by hand {by_hand_allocations}",
        ours / theirs
    );
}

/// A step of `model` with `optimizer`, the gradient in the same place each time.
fn step<M: Parameters>(
    mut model: M,
    mut optimizer: impl Optimizer,
    mut accumulate: impl FnMut(&M, &mut M::Tangent) -> f32,
) -> impl FnMut() {
    let mut gradient = model.zero_tangent();
    move || {
        gradient.set_zero();
        std::hint::black_box(accumulate(&model, &mut gradient));
        optimizer.step(&mut model, &gradient);
    }
}

fn main() {
    println!(
        "microseconds a step                       generated   by hand  ratio   allocations a step"
    );
    let (images, classes) = (numbers(32 * 64, 1), labels(32));
    let array = Array2::from_shape_vec((32, 64), images.clone()).expect("the sizes agree");
    for name in ["a: MLP 64-32-10, batch 32, Adam", "a: the same with SGD"] {
        let mut by_hand = by_hand::Mlp::new(&[64, 32, 10], 32);
        let accumulate =
            |m: &models::Small, g: &mut _| m.accumulate_grad_loss(&array, &classes, 1.0, g);
        let (images, classes) = (&images, &classes);
        if name.ends_with("Adam") {
            let mut adam = Adam::new(1e-3);
            let hand = move || by_hand.step(images, classes, &mut adam);
            row(
                name,
                step(models::Small::new(), Adam::new(1e-3), accumulate),
                hand,
            );
        } else {
            let mut sgd = Sgd::new(1e-2);
            let hand = move || by_hand.step(images, classes, &mut sgd);
            row(
                name,
                step(models::Small::new(), Sgd::new(1e-2), accumulate),
                hand,
            );
        }
    }

    let (images, classes) = (numbers(128 * 784, 1), labels(128));
    let array = Array2::from_shape_vec((128, 784), images.clone()).expect("the sizes agree");
    let mut by_hand = by_hand::Mlp::new(&[784, 512, 256, 10], 128);
    let accumulate =
        |m: &models::Large, g: &mut _| m.accumulate_grad_loss(&array, &classes, 1.0, g);
    let mut adam = Adam::new(1e-4);
    row(
        "b: MLP 784-512-256-10, batch 128, Adam",
        step(models::Large::new(), Adam::new(1e-4), accumulate),
        || by_hand.step(&images, &classes, &mut adam),
    );

    let (images, classes) = (numbers(64 * 784, 1), labels(64));
    let array = Array4::from_shape_vec((64, 28, 28, 1), images.clone()).expect("the sizes agree");
    let mut by_hand = by_hand::LeNet::new(64);
    let accumulate =
        |m: &models::LeNet, g: &mut _| m.accumulate_grad_loss(&array, &classes, 1.0, g);
    let mut sgd = Sgd::new(1e-3).momentum(0.9);
    row(
        "c: LeNet-5, batch 64, momentum",
        step(
            models::LeNet::new(),
            Sgd::new(1e-3).momentum(0.9),
            accumulate,
        ),
        || by_hand.step(&images, &classes, &mut sgd),
    );

    let images = numbers(64 * 32 * 32 * 3, 1);
    let classes: Vec<usize> = (0..64).map(|i| i % 4).collect();
    let array = Array4::from_shape_vec((64, 32, 32, 3), images.clone()).expect("the sizes agree");
    let mut by_hand = by_hand::Cnn::new(64);
    let accumulate = |m: &models::Cnn, g: &mut _| m.accumulate_grad_loss(&array, &classes, 1.0, g);
    let mut adam = Adam::new(1e-4);
    row(
        "d: CNN 3 x 32 x 32, batch 64, Adam",
        step(models::Cnn::new(), Adam::new(1e-4), accumulate),
        || by_hand.step(&images, &classes, &mut adam),
    );
}

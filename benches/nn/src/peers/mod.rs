//! The same training steps in other crates, as their users write them.

mod burn;
mod candle;

use crate::workload::{Step, Workload};

/// A step in candle.
pub(crate) fn candle(workload: Workload) -> Step {
    candle::step(workload).expect("candle takes every workload")
}

/// A step in burn.
pub(crate) fn burn(workload: Workload) -> Step {
    burn::step(workload)
}

/// The entries of channels-last images in the order that both crates want, channels first.
fn channels_first(entries: &[f32], [batch, height, width, channels]: [usize; 4]) -> Vec<f32> {
    let mut first = Vec::with_capacity(entries.len());
    for n in 0..batch {
        for c in 0..channels {
            for pixel in 0..height * width {
                first.push(entries[(n * height * width + pixel) * channels + c]);
            }
        }
    }
    first
}

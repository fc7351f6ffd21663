//! Draws the activations with their derivatives, which `#[differentiate]` wrote.
//!
//! ```text
//! cargo run --release --example activations [-- FILE]
//! ```

use std::error::Error;
use std::process::ExitCode;

use grad_examples::cli;
use grad_runtime::differentiate;
use grad_runtime::plot::Plot;

#[differentiate]
fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[differentiate]
fn tanh(x: f64) -> f64 {
    x.tanh()
}

#[differentiate]
fn relu(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.0 }
}

#[differentiate]
fn leaky_relu(x: f64) -> f64 {
    if x > 0.0 { x } else { 0.1 * x }
}

/// Clevert, Unterthiner and Hochreiter, "Fast and Accurate Deep Network Learning by Exponential
/// Linear Units" (ICLR 2016).
#[differentiate]
fn elu(x: f64) -> f64 {
    if x > 0.0 { x } else { x.exp_m1() }
}

/// Hendrycks and Gimpel, "Gaussian Error Linear Units" (2016), by their approximation with `tanh`.
#[differentiate]
fn gelu(x: f64) -> f64 {
    0.5 * x * (1.0 + (0.797_884_560_802_865_4 * (x + 0.044_715 * x * x * x)).tanh())
}

/// `ln(1 + exp x)`, so written that nothing overflows.
#[differentiate]
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

#[differentiate]
fn silu(x: f64) -> f64 {
    x * sigmoid(x)
}

/// A name, a function and its derivative.
type Activation = (&'static str, fn(f64) -> f64, fn(f64) -> f64);

const ACTIVATIONS: [Activation; 8] = [
    ("sigmoid", sigmoid, grad_sigmoid),
    ("tanh", tanh, grad_tanh),
    ("ReLU", relu, grad_relu),
    ("leaky ReLU", leaky_relu, grad_leaky_relu),
    ("ELU", elu, grad_elu),
    ("GELU", gelu, grad_gelu),
    ("softplus", softplus, grad_softplus),
    ("SiLU", silu, grad_silu),
];

/// What is drawn, and how many points on each line.
const REACH: f64 = 4.0;
const POINTS: u32 = 400;
/// Charts in a row, and the size of each.
const COLUMNS: usize = 4;
const SIZE: (u32, u32) = (300, 260);

const USAGE: &str = "usage: activations [FILE]

  FILE  where to draw (default: target/activations.svg)";

fn main() -> ExitCode {
    cli::run(USAGE, cli::file_option("target/activations.svg"), |path| {
        cli::write(path, &draw())?;
        Ok::<(), Box<dyn Error>>(())
    })
}

/// All charts as one picture.
fn draw() -> String {
    let (width, height) = SIZE;
    let columns = u32::try_from(COLUMNS).unwrap_or(u32::MAX);
    let rows = u32::try_from(ACTIVATIONS.len().div_ceil(COLUMNS)).unwrap_or(u32::MAX);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\">\n",
        columns * width,
        rows * height
    );
    for (place, activation) in (0..).zip(&ACTIVATIONS) {
        let (x, y) = (place % columns * width, place / columns * height);
        let chart = chart(activation);
        svg += &format!("<g transform=\"translate({x} {y})\">\n{chart}</g>\n");
    }
    svg + "</svg>\n"
}

fn chart(&(name, f, grad_f): &Activation) -> String {
    let line = |g: fn(f64) -> f64| -> Vec<(f64, f64)> {
        (0..=POINTS)
            .map(|i| REACH * (2.0 * f64::from(i) / f64::from(POINTS) - 1.0))
            .map(|x| (x, g(x)))
            .collect()
    };
    Plot::new(name)
        .size(SIZE.0, SIZE.1)
        .y_range(-1.2..=2.2)
        .line("value", &line(f))
        .dashed("derivative", &line(grad_f))
        .svg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_meet_differences() {
        const STEP: f64 = 1e-5;
        for (name, f, grad_f) in ACTIVATIONS {
            for i in -40..40 {
                // Kinks lie at 0.
                let x = f64::from(i) / 10.0 + 0.05;
                let difference = (f(x + STEP) - f(x - STEP)) / (2.0 * STEP);
                assert!((grad_f(x) - difference).abs() < 1e-8, "{name} at {x}");
            }
        }
    }

    #[test]
    fn every_chart_is_drawn() {
        let svg = draw();
        assert_eq!(svg.matches("derivative</text>").count(), ACTIVATIONS.len());
        assert!(!svg.contains("NaN"));
    }
}

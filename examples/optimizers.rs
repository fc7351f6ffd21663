//! Draws the paths of all optimizers down the Rosenbrock valley.
//!
//! ```text
//! cargo run --release --example optimizers [-- FILE]
//! ```
//!
//! The valley `(1 - x)² + 100 (y - x²)²` is easy to find and hard to follow: its floor bends, and is
//! a hundred times steeper across than along.

use std::error::Error;
use std::process::ExitCode;

use grad_examples::cli;
use grad_runtime::differentiate;
use grad_runtime::optim::{AdaGrad, Adam, AdamW, Clip, Optimizer, RmsProp, Sgd};
use grad_runtime::plot::Plot;

/// Rosenbrock, "An automatic method for finding the greatest or least value of a function" (1960).
#[differentiate]
fn rosenbrock(at: [f64; 2]) -> f64 {
    let along = 1.0 - at[0];
    let across = at[1] - at[0] * at[0];
    along * along + 100.0 * across * across
}

/// Where all start, and where the least value is.
const START: [f64; 2] = [-1.2, 1.0];
const GOAL: [f64; 2] = [1.0, 1.0];
const STEPS: u32 = 2000;
/// The edge of a chart in pixels.
const SIDE: u32 = 300;
/// The heights of the level curves.
const LEVELS: [f64; 8] = [0.1, 1.0, 4.0, 15.0, 50.0, 150.0, 400.0, 1000.0];

const USAGE: &str = "usage: optimizers [FILE]

  FILE  where to draw (default: target/optimizers.svg)";

fn main() -> ExitCode {
    cli::run(USAGE, cli::file_option("target/optimizers.svg"), |path| {
        let runs = runs();
        println!("after {STEPS} steps from {START:?}:\n");
        println!("{:<12}{:>10}{:>10}{:>12}", "", "x", "y", "value");
        for (name, path) in &runs {
            let [x, y] = path[path.len() - 1];
            println!("{name:<12}{x:>10.4}{y:>10.4}{:>12.2e}", rosenbrock([x, y]));
        }
        cli::write(path, &draw(&runs))?;
        Ok::<(), Box<dyn Error>>(())
    })
}

/// The points that an optimizer comes to.
fn descend(mut optimizer: impl Optimizer) -> Vec<[f64; 2]> {
    let mut at = START;
    let mut path = vec![at];
    for _ in 0..STEPS {
        let gradient = grad_rosenbrock(at);
        optimizer.step(&mut at, &gradient);
        path.push(at);
    }
    path
}

/// All optimizers, each at a rate that suits it.
fn runs() -> [(&'static str, Vec<[f64; 2]>); 7] {
    let sgd = |rate| Sgd::new(rate).clip(Clip::Norm(10.0));
    [
        ("SGD", descend(sgd(0.001))),
        ("momentum", descend(sgd(0.0005).momentum(0.9))),
        (
            "Nesterov",
            descend(sgd(0.0005).momentum(0.9).nesterov(true)),
        ),
        ("AdaGrad", descend(AdaGrad::new(0.3))),
        ("RMSProp", descend(RmsProp::new(0.003))),
        ("Adam", descend(Adam::new(0.02))),
        ("AdamW", descend(AdamW::new(0.02))),
    ]
}

/// The path of each on the valley, and below how far down all are after each step.
fn draw(runs: &[(&str, Vec<[f64; 2]>)]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\">\n",
        4 * SIDE,
        3 * SIDE
    );
    let mut values = Plot::new("Value after each step")
        .size(4 * SIDE, SIDE)
        .x_label("step")
        .log_y(true);
    for (place, (name, path)) in (0..).zip(runs) {
        let (x, y) = (place % 4 * SIDE, place / 4 * SIDE);
        let chart = chart(name, path);
        svg += &format!("<g transform=\"translate({x} {y})\">\n{chart}</g>\n");
        let heights: Vec<(f64, f64)> = (0..)
            .map(f64::from)
            .zip(path.iter().map(|&at| rosenbrock(at)))
            .collect();
        values = values.line(name, &heights);
    }
    let (top, values) = (2 * SIDE, values.svg());
    svg + &format!("<g transform=\"translate(0 {top})\">\n{values}</g>\n</svg>\n")
}

/// One path, from the start to the least value, both marked.
fn chart(name: &str, path: &[[f64; 2]]) -> String {
    let mut chart = Plot::new(name)
        .size(SIDE, SIDE)
        .x_range(-1.6..=1.6)
        .y_range(-0.6..=2.0);
    for level in LEVELS {
        for side in [-1.0, 1.0] {
            chart = chart.background(&level_curve(level, side));
        }
    }
    let points: Vec<(f64, f64)> = path.iter().map(|&[x, y]| (x, y)).collect();
    chart
        .line("", &points)
        .mark("start", START[0], START[1])
        .mark("least", GOAL[0], GOAL[1])
        .svg()
}

/// Half of a level curve: `y = x² ± sqrt((level - (1 - x)²) / 100)`, where the root is real.
fn level_curve(level: f64, side: f64) -> Vec<(f64, f64)> {
    let reach = level.sqrt();
    (0..=200)
        .map(|i| 1.0 - reach * (f64::from(i) / 100.0 - 1.0))
        .map(|x| {
            let rest = (level - (1.0 - x) * (1.0 - x)).max(0.0);
            (x, x * x + side * (rest / 100.0).sqrt())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_optimizer_gets_far_down() {
        for (name, path) in runs() {
            let (start, end) = (rosenbrock(START), rosenbrock(path[path.len() - 1]));
            assert!(end < 0.15 * start, "{name}: from {start} to {end}");
        }
    }

    #[test]
    fn level_curves_are_level() {
        for (x, y) in level_curve(50.0, 1.0) {
            assert!((rosenbrock([x, y]) - 50.0).abs() < 1e-9);
        }
    }
}

//! What the examples share, so that each example holds little but its mathematics.
//!
//! - [`cli`] reports errors as messages and exit codes, and writes files;
//! - [`data`] reads the handwritten digits and refuses damaged files;
//! - [`progress`] shows training live, on a terminal and in a log;
//! - [`confusion`] counts which digit is taken for which;
//! - [`charts`] draws curves and sample images as SVG;
//! - [`adbench`] holds the objectives of `ADBench`, which the tests and the benchmarks run too.

#[path = "../adbench/mod.rs"]
pub mod adbench;
pub mod charts;
pub mod cli;
pub mod confusion;
pub mod data;
pub mod progress;

//! What the examples share, so that each example holds little but its mathematics.
//!
//! - [`cli`] reports errors as messages and exit codes, and writes files;
//! - [`digits`] reads the handwritten digits that ship here;
//! - [`mod@network`] is what learning images has in common;
//! - [`adbench`] holds the objectives of `ADBench`, which the tests and the benchmarks run too.

#[path = "../adbench/mod.rs"]
pub mod adbench;
pub mod cli;
pub mod digits;
pub mod network;

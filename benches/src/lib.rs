//! What the benchmarks run beside the examples' own functions: inputs of any size, and the
//! objectives once more over a trait of numbers, as the other crates need them.

// Sizes of data are far below 2^52, and the letters are those of the formulas.
#![allow(clippy::cast_precision_loss, clippy::many_single_char_names)]

pub mod inputs;
pub mod number;
pub mod objectives;
pub mod peers;
pub mod table;

//! The four objectives of Microsoft's `ADBench` as plain Rust, their derivatives by the macro, and
//! the same derivatives written by hand.
//!
//! - [`gmm`], [`ba`], [`lstm`], [`hand`] are the objectives, written from their definitions
//!   (`microsoft/ADBench`, MIT licence, `src/cpp/shared`);
//! - [`helpers`] holds two of them in another style;
//! - [`work`] puts each with buffers for its results and takes Jacobians: gradients in reverse
//!   mode, blocks of a sparse matrix ([`csr`]), columns in forward mode;
//! - [`by_hand`] holds derivatives as an expert would write them, the bar for speed;
//! - [`read`] reads the text files, [`mod@reference`] results to compare with, [`measure`] takes times.

// Sizes of data are far below 2^52.
#![allow(clippy::cast_precision_loss)]
// The letters and the index loops of the definitions.
#![allow(clippy::many_single_char_names, clippy::needless_range_loop)]

pub mod ba;
pub mod by_hand;
pub mod csr;
pub mod gmm;
pub mod hand;
pub mod helpers;
pub mod lstm;
pub mod matrix;
pub mod measure;
pub mod read;
pub mod reference;
pub mod vector;
pub mod work;

/// The value that `ADBench` gives to pi, whose digits end here.
#[expect(clippy::approx_constant)]
pub const PI: f64 = 3.141_592_653_59;

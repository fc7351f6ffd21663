//! GMM and LSTM once more, in the style that leaves no loop in place: iterators and closures, and
//! helper functions that write into scratch by `&mut`.
//!
//! The results are the same; the benchmarks show what the style costs.

pub mod gmm;
pub mod lstm;

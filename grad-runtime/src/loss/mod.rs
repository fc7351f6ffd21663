//! Losses: how far predictions are from what they should be, as one number.
//!
//! Every loss is the mean over its entries or its batch, a plain function that differentiated code
//! calls like any other.
//!
//! | loss | one entry, `d = prediction - target` |
//! |---|---|
//! | [`mean_squared()`] | `d²` |
//! | [`mean_absolute()`] | `abs(d)` |
//! | [`huber()`] | `d²/2` up to `delta`, then `delta (abs(d) - delta/2)` |
//! | [`binary_cross_entropy()`] | `ln(1 + e^z) - z t` of a score `z` and a target `t` |
//!
//! | loss | one row of scores `s` |
//! |---|---|
//! | [`softmax_cross_entropy()`] | `ln Σ_j e^s_j - s_label` |
//! | [`soft_cross_entropy()`] | `Σ_j t_j (ln Σ_k e^s_k - s_j)` of targets `t` |
//! | [`multiclass_hinge()`] | `Σ_{j ≠ label} max(0, s_j - s_label + 1)` |
//!
//! [`l1_penalty()`] and [`l2_penalty()`] are sums, to be added with a factor.
//!
//! ```
//! use grad_runtime::loss::{l2_penalty, softmax_cross_entropy};
//! use ndarray::arr2;
//!
//! let (scores, weights) = (arr2(&[[0.0, 0.0]]), arr2(&[[3.0, 4.0]]));
//! let loss = softmax_cross_entropy(&scores, &[1]) + 0.1 * l2_penalty(&weights);
//! assert!((loss - (2.0_f64.ln() + 2.5)).abs() < 1e-12);
//! ```

#![allow(
    clippy::type_complexity,
    reason = "what a pullback takes is spelled out, as generated code passes it"
)]
#![allow(
    clippy::cast_precision_loss,
    reason = "numbers of entries are below 2^52"
)]

mod labels;
mod pairs;
mod penalty;

pub use labels::{multiclass_hinge, soft_cross_entropy, softmax_cross_entropy};
pub use pairs::{binary_cross_entropy, huber, mean_absolute, mean_squared};
pub use penalty::{l1_penalty, l2_penalty};

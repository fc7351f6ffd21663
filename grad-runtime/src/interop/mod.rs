//! Derivatives of other crates' types.

#[cfg(feature = "nn")]
pub mod ndarray;

//! Derivatives of other crates' types.

#[cfg(feature = "nn")]
pub(crate) mod ndarray;

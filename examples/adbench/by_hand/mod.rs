//! The same derivatives as an expert would write them: the bar for the generated ones.
//!
//! Each does the work of the function and of its derivative in as few passes as it can, keeps no
//! more than that needs, and is checked against the same references.

pub mod ba;
pub mod gmm;
pub mod gmm_lanes;
pub mod hand;
pub mod lstm;

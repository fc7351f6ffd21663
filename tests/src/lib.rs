//! What tests of the compiler and of compiled code share.

pub mod compiled;
pub mod dual;
pub mod programs;

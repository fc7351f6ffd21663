//! What tests of the compiler and of compiled code share.

pub mod programs;

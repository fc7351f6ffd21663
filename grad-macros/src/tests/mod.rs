//! Tests on graphs and token streams, without the compiler.

mod interpret;
mod mutations;
mod programs;
mod rows;

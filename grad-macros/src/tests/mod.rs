//! Tests on graphs and token streams, without the compiler.

mod interpret;
mod programs;
mod rows;

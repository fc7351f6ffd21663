//! Tests on graphs and token streams, without the compiler.

mod abreast;
mod costs;
mod interpret;
mod lanes;
mod laws;
mod mutations;
mod postponed;
mod programs;
mod rows;
mod snapshots;
mod tidy;
mod times;

//! The rules that generated code finds by traits.

mod generic;
mod real;
mod sequences;

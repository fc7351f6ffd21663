//! The rules that generated code finds by traits.

mod generic;
mod options;
mod real;
mod sequences;

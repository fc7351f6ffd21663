//! The expression graph.
//!
//! Takes nothing from our other modules; every other stage reads or writes it.
//! A [`Graph`] is one function: typed [`Value`]s in evaluation order, each the result of a
//! [`Site`], that is, of one operator applied to operands.
//! Control flow is structured: `if`, `for` and `while` are operators that own regions, and a region
//! takes arguments and yields results, so that reversing it is a fold over its sites.
//! Arrays and structs are memory: a [`Var`] read and written through a [`Path`].
//! Scalars are never memory: assignment to them was turned into renaming by the front.
//!
//! The text form of `fn f(x: &[f64]) -> f64 { let mut s = 0.0; for i in 0..x.len() { s += x[i] } s }`:
//!
//! ```text
//! graph f(x: [f64])
//!   %0 = 0.0 : float
//!   %1 = 0 : int
//!   %2 = len x : int
//!   %7 = for %1, %2, %0 (i %3, s %4)
//!     %5 = load x[%3] : f64
//!     %6 = add %4, %5 : f64
//!     yield %6
//!   yield %7
//! ```

mod appending;
mod call;
#[cfg(test)]
mod data;
#[cfg(test)]
mod eval;
mod graph;
mod items;
mod kind;
mod ops;
mod path;
mod print;
#[cfg(test)]
mod segments;
mod size;
mod term;
mod types;
mod verify;

pub(crate) use appending::appending;
pub(crate) use call::*;
#[cfg(test)]
pub(crate) use data::Datum;
#[cfg(test)]
pub(crate) use eval::*;
pub(crate) use graph::*;
pub(crate) use items::Items;
pub(crate) use kind::*;
pub(crate) use ops::*;
pub(crate) use path::*;
pub(crate) use size::*;
pub(crate) use term::{Partial, Reach, term};
pub(crate) use types::*;

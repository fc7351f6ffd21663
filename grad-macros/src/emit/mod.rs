//! From graphs to Rust items.
//!
//! For `fn f(x: f64) -> f64` the companion `struct f {}` lives in the type namespace, so that a call
//! through any `use` of `f` finds it; its `vjp` returns the value and a pullback that keeps only
//! residuals, and is handed the arguments again. The functions users call are thin layers on it.

mod abreast;
mod apart;
mod arguments;
mod asked;
mod bars;
mod bodies;
mod body;
mod callee;
mod calls;
mod captured;
mod changed;
mod companion;
mod control;
mod cost;
mod cursors;
mod dots;
mod dynamic;
mod functions;
mod given;
mod gradient;
mod graph;
mod held;
mod items;
mod jacobian;
mod lanes;
mod lent;
mod lifetimes;
mod linear;
mod missing;
mod names;
mod places;
mod public;
mod receivers;
mod records;
mod replayed;
mod resting;
mod reuse;
mod rewrites;
mod rules;
mod shelf;
mod signatures;
mod spelling;
mod standing;
mod strips;
mod trait_bounds;
mod untyped;
mod walks;
mod ways;
mod whole;

pub(crate) use companion::companion;
pub(crate) use dynamic::Inside;
pub(crate) use functions::{FunctionTokens, function_tokens};
pub(crate) use items::{Derived, Graphs, Home, bodies, companion_stub, emit, stubs};
pub(crate) use rules::real_rules;
pub(crate) use signatures::rule_bound;
pub(crate) use ways::{declare_ways, emit_ways};

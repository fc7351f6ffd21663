//! Tests of `grad-runtime`, one module a part, in one binary.

#![deny(warnings, missing_docs, clippy::pedantic)]
#![forbid(unsafe_code)]
#![allow(clippy::float_cmp, reason = "the values compared are exact")]
#![allow(
    clippy::ptr_arg,
    reason = "the checks hand out the point as it is, `&Vec` here"
)]
#![allow(
    clippy::unreadable_literal,
    reason = "the tables are printed by a script"
)]
#![allow(
    unreachable_pub,
    reason = "the derive is tried on types of each visibility"
)]

#[path = "runtime/check.rs"]
mod check;
#[path = "runtime/derive.rs"]
mod derive;
#[path = "runtime/derive_forms.rs"]
mod derive_forms;
#[path = "runtime/graph.rs"]
mod graph;
#[path = "runtime/optim.rs"]
mod optim;
#[path = "runtime/optim_torch.rs"]
mod optim_torch;
#[path = "runtime/rules/mod.rs"]
mod rules;

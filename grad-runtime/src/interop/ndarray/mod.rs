//! Arrays of the `ndarray` crate.
//!
//! The tangent of an array, and of a view of one, is an owned array of its entries' tangents. The
//! operators and methods that code written on arrays uses carry their derivatives here, each stated
//! once; generated code finds them by traits.

#![allow(
    refining_impl_trait,
    clippy::type_complexity,
    clippy::needless_pass_by_value,
    reason = "a pullback captures less than its trait says, so that nothing stays borrowed"
)]
#![allow(
    clippy::cast_precision_loss,
    reason = "numbers of entries are below 2^52"
)]

/// What stands in place of a parameter that has no tangent.
macro_rules! without {
    ($arg:ident, $what:ty) => {
        $what
    };
}

mod broadcast;
mod dot;
mod entries;
mod gathered;
mod index;
mod made;
mod methods;
mod moments;
mod operators;
mod parts;
mod powers;
mod put_back;
mod real;
mod rearranged;
mod tangent;
mod writes;

pub use entries::{EntryRules, EntryWriteRules};
pub use gathered::{Gathered, IteratorRules};
pub use made::{Extents, SameShape, concatenate, entries_of, indices_of, shaped, stack};
pub use methods::{ArrayRules, DotRules};
pub use moments::MomentRules;
pub use parts::{LineRules, PartRules};
pub use powers::{AxisMomentRules, PowerRules};
pub use put_back::PutBackRules;
pub use real::RealEntryRules;
pub use rearranged::RearrangeRules;
pub use tangent::ByEntries;
pub(crate) use tangent::from_rows;
pub use writes::ArrayWriteRules;

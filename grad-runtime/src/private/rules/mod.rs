//! Derivatives of what the macro cannot see into: operators on operands whose type it does not
//! know, and the methods of the standard library's types.
//!
//! A rule is the derivative of one function. For a method `m` it is three methods beside it:
//!
//! - `recv.__grad_vjp_m(args.., Wrt<M>) -> (value, pull)`, where `pull(y_bar, again_1.., bar_1..)`
//!   adds into the cotangents of what was passed by value or `&`, and turns the cotangent of the
//!   final content of a `&mut` into that of the initial content;
//! - `recv.__grad_jvp_m(args.., Wrt<M>, dot_1..) -> (value, y_dot)`;
//! - `recv.__grad_again_m()`: how the pullback wants the receiver again, see
//!   [`Shared`](super::Shared).
//!
//! Bit k of `M` says that argument k is active in the caller; where it is clear, its cotangent is
//! `None`, and nothing is kept for it. Closures that are arguments are not differentiated: a
//! pullback takes `()` for the closure again, and [`NoTangent`](crate::NoTangent) as its cotangent.
//!
//! The operators have traits of their own, so that a user's crate can give its types rules:
//!
//! ```
//! # #![allow(refining_impl_trait)]
//! use std::ops::Mul;
//!
//! use grad_runtime::private::{TangentOf, Wrt, rules::MulRule};
//!
//! #[derive(Clone, Copy, grad_runtime::Differentiable)]
//! struct Pair(f64, f64);
//!
//! impl Mul<Pair> for f64 {
//!     type Output = Pair;
//!     fn mul(self, v: Pair) -> Pair {
//!         Pair(self * v.0, self * v.1)
//!     }
//! }
//!
//! impl MulRule<Pair> for f64 {
//!     type SelfBase = f64; // the types behind `&`
//!     type RhsBase = Pair;
//!     type RhsBar = Pair; // its tangent; of a `Vec` or a slice a slice
//!
//!     fn __grad_vjp_mul<const M: u64>(
//!         self,
//!         v: Pair,
//!         _: Wrt<M>,
//!     ) -> (
//!         Pair,
//!         impl FnOnce(Pair, &f64, &Pair, Option<&mut f64>, Option<&mut Pair>) + use<M>,
//!     ) {
//!         (self * v, |bar: Pair, s: &f64, v: &Pair, s_bar: Option<&mut f64>, v_bar: Option<&mut Pair>| {
//!             if let Some(s_bar) = s_bar {
//!                 *s_bar += bar.0 * v.0 + bar.1 * v.1;
//!             }
//!             if let Some(v_bar) = v_bar {
//!                 v_bar.0 += bar.0 * s;
//!                 v_bar.1 += bar.1 * s;
//!             }
//!         })
//!     }
//!
//!     fn __grad_jvp_mul<const M: u64>(
//!         self,
//!         v: Pair,
//!         _: Wrt<M>,
//!         s_dot: Option<&f64>,
//!         v_dot: Option<&Pair>,
//!     ) -> (Pair, Pair) {
//!         let mut dot = Pair(0.0, 0.0);
//!         if let Some(s_dot) = s_dot {
//!             dot = *s_dot * v;
//!         }
//!         if let Some(v_dot) = v_dot {
//!             dot = Pair(dot.0 + self * v_dot.0, dot.1 + self * v_dot.1);
//!         }
//!         (self * v, dot)
//!     }
//! }
//!
//! let (y, pull) = MulRule::__grad_vjp_mul(2.0, Pair(3.0, 5.0), Wrt::<3>);
//! let mut s_bar = 0.0;
//! pull(Pair(1.0, 10.0), &2.0, &Pair(3.0, 5.0), Some(&mut s_bar), None);
//! assert_eq!((y.0, y.1, s_bar), (6.0, 10.0, 53.0));
//! ```
//!
//! An impl for references writes `use<M>` too, without its lifetimes: a pullback borrows nothing.

#![allow(
    refining_impl_trait,
    reason = "a pullback captures less than the trait says, so that nothing stays borrowed"
)]
#![allow(
    clippy::type_complexity,
    reason = "a pullback's parameters are part of its signature, and have no shorter name"
)]

mod array;
mod boxed;
mod content;
mod convert;
mod counted;
mod deque;
mod ends;
mod entries;
mod extend;
mod gathered;
mod heap;
mod index;
mod integers;
mod lanes;
mod map;
mod memory;
mod operators;
mod option;
mod real;
mod sequence_lanes;
mod slice;
mod sort;

mod vec;

use alloc::vec::Vec;

pub use array::to_array;
pub use content::{ContentRules, OptionFields, ResultRules, Unwrap};
pub use convert::{FromRule, IntoRule};
pub use counted::CountedRules;
pub use deque::DequeRules;
pub use ends::EndsRules;
#[cfg(feature = "std")]
pub use entries::HashRules;
pub use entries::TreeRules;
pub use extend::{ConcatRules, ExtendRules};
pub use gathered::{
    GatheredRule, collect_of, collect_of_refs, product_of, product_of_refs, sum_of, sum_of_refs,
};
pub use heap::{HeapRules, ReverseFields};
pub use index::{IndexMutRule, IndexRule};
pub use integers::{IntegerRules, SignedRules};
pub use lanes::*;
pub use map::{ArrayMapRules, OptionMapRules, ResultMapRules};
pub use memory::{replace, swap, take};
pub use operators::*;
pub use option::{ClonedRules, CopiedRules, OkRules, OptionRules};
pub use real::{REAL_METHODS, RealLanes, RealRules};
pub use sequence_lanes::{ContentLanes, SliceLanes, VecLanes};
pub use slice::SliceRules;
pub use sort::SortRules;
pub use vec::VecRules;

#[cfg(feature = "nn")]
pub use crate::interop::ndarray::{
    ArrayRules, ArrayWriteRules, AxisMomentRules, DotRules, EntryRules, EntryWriteRules, Extents,
    Gathered, IteratorRules, LineRules, MomentRules, PartRules, PowerRules, PutBackRules,
    RealEntryRules, RearrangeRules, SameShape, concatenate, entries_of, indices_of, shaped, stack,
};

/// Every trait of rules for methods, without names: `use ..::rules::methods::*;` brings nothing else
/// into scope.
pub mod methods {
    pub use super::super::again::{KeepClone as _, KeepReplica as _};
    pub use super::super::behind::Itself as _;
    pub use super::super::disguised::{
        Disguised as _, KindOfFloatless as _, KindOfFloats as _, KindOfOpaque as _, NotAFloat as _,
    };
    pub use super::super::gather::{
        Gather as _, GatherCopies as _, GatherPairs as _, ListCopies as _, ListItems as _,
        ListNothing as _,
    };
    pub use super::super::given_back::Given as _;
    pub use super::super::input::{ByReference as _, ByValue as _, OfSequence as _, OfValue as _};
    pub use super::super::touched::{SettleOwned as _, SettleSeen as _};
    pub use super::super::way::ByReference as _;
    pub use super::super::whole::{
        OtherOfAny as _, OtherOfVector as _, PlaceStanding as _, SliceStanding as _,
    };
    #[cfg(feature = "std")]
    pub use super::HashRules as _;
    pub use super::{
        ArrayMapRules as _, ClonedRules as _, ConcatRules as _, ContentLanes as _,
        ContentRules as _, CopiedRules as _, CountedRules as _, DequeRules as _, EndsRules as _,
        ExtendRules as _, FromRule as _, HeapRules as _, IndexMutRule as _, IndexRule as _,
        IntegerRules as _, IntoRule as _, OkRules as _, OptionFields as _, OptionMapRules as _,
        OptionRules as _, RealLanes as _, RealRules as _, ResultMapRules as _, ResultRules as _,
        ReverseFields as _, SignedRules as _, SliceLanes as _, SliceRules as _, SortRules as _,
        TreeRules as _, VecLanes as _, VecRules as _,
    };
    #[cfg(feature = "nn")]
    pub use crate::interop::ndarray::{
        ArrayRules as _, ArrayWriteRules as _, AxisMomentRules as _, ByEntries as _, DotRules as _,
        EntryRules as _, EntryWriteRules as _, Extents as _, Gathered as _, IteratorRules as _,
        LineRules as _, MomentRules as _, PartRules as _, PowerRules as _, PutBackRules as _,
        RealEntryRules as _, RearrangeRules as _, SameShape as _,
    };
    #[cfg(feature = "nn")]
    pub use crate::nn::{Layer as _, Receiver as _};
    pub use crate::replica::{ByClone as _, ByReplica as _};
    pub use crate::reuse::Dropped as _;
    #[cfg(feature = "nn")]
    pub use crate::reuse::Reused as _;
}

use super::TangentOf;
use crate::{Differentiable, NoTangent, Tangent};

/// Where the cotangent of a value goes.
pub type Bar<'a, T> = Option<&'a mut TangentOf<T>>;
/// Where the cotangent of a slice goes, and of a vector that is only read.
pub type Bars<'a, T> = Option<&'a mut [TangentOf<T>]>;
/// The cotangent of a vector that changes.
pub type VecBar<'a, T> = Option<&'a mut Vec<TangentOf<T>>>;
/// The cotangent of an index, a length or a closure: there is none.
pub type IndexBar<'a> = Option<&'a mut NoTangent>;

/// Methods that say of a receiver that it changes.
macro_rules! exclusive {
    ($($name:ident),* $(,)?) => {$(
        /// The receiver again.
        #[inline]
        fn $name(&self) -> Exclusive {
            Exclusive
        }
    )*};
}
pub(crate) use exclusive;

/// Methods that say of a receiver that it is only read.
macro_rules! shared {
    ($($name:ident),* $(,)?) => {$(
        /// The receiver again.
        #[inline]
        fn $name(&self) -> Shared<'_, Self> {
            Shared::new(self)
        }
    )*};
}
pub(crate) use shared;

/// `bar += each of parts`.
#[inline]
fn sum_into<'a, T: Tangent + 'a>(bar: Option<&mut T>, parts: impl Iterator<Item = &'a T>) {
    if let Some(bar) = bar {
        for part in parts {
            bar.accumulate(part);
        }
    }
}

/// `to[i] += from[i]`; the lengths are equal.
#[inline]
#[track_caller]
fn add<T: Tangent>(to: &mut [T], from: &[T]) {
    super::check_len("cotangent", to.len(), from.len());
    for (to, from) in to.iter_mut().zip(from) {
        to.accumulate(from);
    }
}

/// A copy.
#[inline]
fn duplicates<T: Tangent>(tangents: &[T]) -> Vec<T> {
    tangents.iter().map(T::duplicate).collect()
}

/// A copy of the tangent of `x`, or zero.
#[inline]
fn tangent_or_zero<T: Differentiable>(dot: Option<&TangentOf<T>>, x: &T) -> TangentOf<T> {
    dot.map_or_else(|| x.zero_tangent(), Tangent::duplicate)
}

/// `dots = source_dots`, or zeros.
#[inline]
fn overwrite<T: Differentiable>(
    dots: &mut [TangentOf<T>],
    source_dots: Option<&[TangentOf<T>]>,
    source: &[T],
) {
    match source_dots {
        Some(source_dots) => {
            for (dot, source_dot) in dots.iter_mut().zip(source_dots) {
                *dot = source_dot.duplicate();
            }
        }
        None => {
            for (dot, entry) in dots.iter_mut().zip(source) {
                *dot = entry.zero_tangent();
            }
        }
    }
}

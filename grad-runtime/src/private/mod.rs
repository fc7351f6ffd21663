//! What generated code calls. Not for users: it changes without notice.

use core::borrow::{Borrow, BorrowMut};

use crate::{Differentiable, Tangent};

mod abreast;
mod again;
mod apart;
mod behind;
mod checkpoints;
mod collect;
#[cfg(not(feature = "std"))]
mod core_math;
mod cursor;
mod disguised;
mod gather;
mod gathered;
mod given_back;
mod handed;
mod input;
mod jacobian;
mod lanes;
mod maybe_zero;
mod missing;
mod optional;
mod real;
mod receives;
mod rewrites;
pub mod rules;
mod shelf;
mod strips;
mod tape;
mod touched;
mod walk;
mod wanted;
mod way;
mod whole;

pub use crate::replica::Copier;
pub use crate::reuse::Reuse;
pub use abreast::{
    ABREAST, Rank, across, add_ranks, after, files, join_ranks, pace, paces, put_abreast, ranks,
    split_ranks, unzip_ranks, widen, widens,
};
pub use again::{Again, Exclusive, Keeper, Kept, NotKept, Read, Shared};
pub use alloc::boxed::Box;
pub use alloc::rc::Rc;
pub use alloc::vec;
pub use alloc::vec::Vec;
pub use apart::{apart, bounds};
pub use behind::{Behind, BehindMut};
pub use checkpoints::Checkpoints;
pub use collect::{Elements, Integer, array_like, array_of, detach, elements, int_like};
pub use cursor::{Cursor, CursorMut};
pub use gather::Listed;
pub use gathered::{
    Exchange, Gathered, OwnedDot, Witness, exchange, of_type, owned_dot, shared_bar, tangent_of,
    witness,
};
pub use handed::{KeptArgument, handed_argument, handed_dot, keep_argument, kept_argument};
pub use input::{BarOf, ByReference, ByValue, Input, OfSequence, OfValue};
pub use jacobian::{Columns, Row, entries, keep, restore, set_lane, split_lanes, unit, units};
pub use lanes::{
    Directions, InLanes, LaneTangent, Lanes, LanesOf, Mask, cast_lanes, or_zero_lanes_ref,
    or_zero_lanes_scalar, or_zeros_lanes, zero_lanes,
};
pub use maybe_zero::{MaybeZero, open, push_settled, resting, settled, vanishes};
pub use missing::{GivesAValue, HasDerivative};
pub use optional::Optional;
pub use real::{
    CastSource, CastTangent, Real, float_like, literal_like, one, pull_cast, push_cast,
};
pub use receives::{Receives, or_received, or_received_ref, zero_received};
pub use rewrites::{Rewrites, known, size};
pub use shelf::Shelf;
pub use strips::{STRIP, put_strip, row, row_mut, strip, total, whole_strips};
pub use tape::{Either, Saved, Tape, replayed, trips};
pub use touched::{Dot, Held, Seen, Settler, Touched};
pub use walk::{Steps, Walk, walk};
pub use wanted::{Wanted, Wants, passed_over};
pub use way::{Lent, Way, way};
pub use whole::{LentSlice, Other, Others, Slices, Standing, Whole};

/// Which arguments of a call are active: bit k for the k-th.
#[derive(Clone, Copy, Debug)]
pub struct Wrt<const M: u64>;

/// The type of derivatives with respect to a value of type `T`.
pub type TangentOf<T> = <T as Differentiable>::Tangent;

/// The cotangent and the tangent of what returns nothing.
pub type UnitTangent = TangentOf<()>;

/// The tangent of what returns nothing.
#[inline]
#[must_use]
pub fn unit_tangent() -> UnitTangent {
    ().zero_tangent()
}

/// Anything: a bound that mentions `T`, whose lifetimes an opaque type then captures.
pub trait Mentions<T: ?Sized> {}

impl<T: ?Sized, Of: ?Sized> Mentions<T> for Of {}

/// A zero tangent of the same shape.
#[inline]
pub fn zero_like<T: Differentiable + ?Sized>(x: &T) -> T::Tangent {
    x.zero_tangent()
}

/// A zero that is only a start for sums.
#[inline]
pub fn neutral_like<T: Differentiable + ?Sized>(x: &T) -> T::Tangent {
    x.neutral_tangent()
}

/// The buffer given, or a zero one that nobody reads.
#[inline]
pub fn or_zero<'a, T: Differentiable + ?Sized>(
    bar: Option<&'a mut T::Tangent>,
    like: &T,
    absent: &'a mut Option<T::Tangent>,
) -> &'a mut T::Tangent {
    match bar {
        Some(bar) => bar,
        None => absent.insert(like.zero_tangent()),
    }
}

/// The tangent given, or zero.
#[inline]
pub fn or_zero_ref<'a, T: Differentiable + ?Sized>(
    dot: Option<&'a T::Tangent>,
    like: &T,
    absent: &'a mut Option<T::Tangent>,
) -> &'a T::Tangent {
    match dot {
        Some(dot) => dot,
        None => absent.insert(like.zero_tangent()),
    }
}

/// The tangent of a slice given, or zeros.
#[inline]
pub fn or_zeros<'a, T: Differentiable<Tangent = Vec<E>> + ?Sized, E>(
    dot: Option<&'a [E]>,
    like: &T,
    absent: &'a mut Option<Vec<E>>,
) -> &'a [E] {
    match dot {
        Some(dot) => dot,
        None => absent.insert(like.zero_tangent()),
    }
}

/// The cotangent buffer of a slice given, or a zero one that nobody reads.
#[inline]
pub fn or_zeros_mut<'a, T: Differentiable<Tangent = Vec<E>> + ?Sized, E>(
    bar: Option<&'a mut [E]>,
    like: &T,
    absent: &'a mut Option<Vec<E>>,
) -> &'a mut [E] {
    match bar {
        Some(bar) => bar,
        None => absent.insert(like.zero_tangent()),
    }
}

/// The cotangent of what a function changes, or the zero one kept for it.
///
/// # Panics
///
/// If there is neither, which generated code never lets happen.
#[inline]
pub fn or_kept<'a, B: ?Sized, Z: BorrowMut<B>>(
    bar: Option<&'a mut B>,
    absent: &'a mut Option<Z>,
) -> &'a mut B {
    match (bar, absent) {
        (Some(bar), _) => bar,
        (None, Some(zero)) => zero.borrow_mut(),
        (None, None) => unreachable!("a cotangent was neither given nor kept"),
    }
}

/// The tangent of a number given, or zero.
#[inline]
pub fn or_zero_scalar<T: Differentiable<Tangent: Copy>>(
    dot: Option<&T::Tangent>,
    x: T,
) -> T::Tangent {
    dot.map_or_else(|| x.zero_tangent(), |dot| *dot)
}

/// Adds one cotangent into another place.
pub trait AccumulateFrom<S: ?Sized> {
    /// `self += other`.
    fn accumulate_from(&mut self, other: &S);
}

impl<T: Tangent> AccumulateFrom<T> for T {
    #[inline]
    fn accumulate_from(&mut self, other: &T) {
        self.accumulate(other);
    }
}

impl<T: Tangent> AccumulateFrom<Vec<T>> for [T] {
    #[inline]
    fn accumulate_from(&mut self, other: &Vec<T>) {
        check_len("cotangent", self.len(), other.len());
        for (to, from) in self.iter_mut().zip(other) {
            to.accumulate(from);
        }
    }
}

/// The other way round for an array behind a reference, whose tangent may be that of a slice.
impl<T: Tangent, const N: usize> AccumulateFrom<Vec<T>> for [T; N] {
    #[inline]
    fn accumulate_from(&mut self, other: &Vec<T>) {
        self.as_mut_slice().accumulate_from(other);
    }
}

impl<T: Tangent, const N: usize> AccumulateFrom<[T; N]> for Vec<T> {
    #[inline]
    fn accumulate_from(&mut self, other: &[T; N]) {
        check_len("tangent", self.len(), N);
        for (to, from) in self.iter_mut().zip(other) {
            to.accumulate(from);
        }
    }
}

/// The inner product of an entry of a gradient and a tangent as forward mode is handed it.
pub trait InnerWith<S: ?Sized> {
    /// The sum of the products.
    fn inner_with(&self, other: &S) -> f64;
}

impl<T: Tangent> InnerWith<T> for T {
    #[inline]
    fn inner_with(&self, other: &T) -> f64 {
        self.dot(other)
    }
}

impl<T: Tangent> InnerWith<[T]> for Vec<T> {
    #[inline]
    fn inner_with(&self, other: &[T]) -> f64 {
        check_len("tangent", self.len(), other.len());
        self.iter().zip(other).map(|(a, b)| a.dot(b)).sum()
    }
}

/// The inner product of an entry of a gradient and a tangent.
#[inline]
pub fn inner<E: InnerWith<S> + ?Sized, S: ?Sized>(entry: &E, tangent: &S) -> f64 {
    entry.inner_with(tangent)
}

/// `place += value` for tangents of any shape.
#[inline]
pub fn accumulate<D: AccumulateFrom<S> + ?Sized, S: ?Sized>(place: &mut D, value: &S) {
    place.accumulate_from(value);
}

/// What `len()` gave where the macro does not know of what: a length has no derivative.
#[inline]
#[must_use]
pub fn length<N: Count>(len: N) -> usize {
    len.count()
}

/// A number of elements.
#[diagnostic::on_unimplemented(
    message = "`len` is taken for a number of elements, but here it gives `{Self}`",
    label = "gives `{Self}`",
    note = "a method that measures something is found by any other name, such as `length`; `len` only within its `impl` block"
)]
pub trait Count {
    /// The number.
    fn count(self) -> usize;
}

impl Count for usize {
    #[inline]
    fn count(self) -> usize {
        self
    }
}

/// An array of equal tangents.
pub fn repeat<const N: usize, T: Tangent>(x: &T) -> [T; N] {
    core::array::from_fn(|_| x.duplicate())
}

/// A vector of equal tangents.
#[cfg(feature = "alloc")]
pub fn repeat_vec<T: Tangent>(x: &T, n: usize) -> Vec<T> {
    (0..n).map(|_| x.duplicate()).collect()
}

/// The sum of two tangents.
#[inline]
pub fn plus<T: Tangent>(mut x: T, y: &T) -> T {
    x.accumulate(y);
    x
}

/// Whether every entry is zero.
#[must_use]
pub fn is_zero<T: Tangent>(x: &T) -> bool {
    if x.dot(x) != 0.0 {
        return false;
    }
    // The squares of small numbers are lost.
    let mut grown = x.duplicate();
    for _ in 0..6 {
        grown.scale(1e30);
    }
    grown.dot(&grown) == 0.0
}

/// The value of the place, which becomes zero.
#[inline]
pub fn take<T: Tangent>(place: &mut T) -> T {
    place.take()
}

/// What a place holds, owned.
pub trait CopyOf {
    /// The owned form.
    type Owned: Borrow<Self>;
    /// A copy.
    fn copy_of(&self) -> Self::Owned;
}

impl<T: Clone> CopyOf for T {
    type Owned = T;
    #[inline]
    fn copy_of(&self) -> T {
        self.clone()
    }
}

impl<T: Clone> CopyOf for [T] {
    type Owned = Vec<T>;
    #[inline]
    fn copy_of(&self) -> Vec<T> {
        self.to_vec()
    }
}

/// A copy of the place.
#[inline]
pub fn copy<T: CopyOf + ?Sized>(place: &T) -> T::Owned {
    place.copy_of()
}

/// What a tangent behind a reference is as a value of its own: of a slice a vector.
pub trait OwnedTangent {
    /// The owned form.
    type Owned;
    /// A copy.
    fn owned(&self) -> Self::Owned;
}

impl<T: Tangent> OwnedTangent for T {
    type Owned = T;
    #[inline]
    fn owned(&self) -> T {
        self.duplicate()
    }
}

impl<T: Tangent> OwnedTangent for [T] {
    type Owned = Vec<T>;
    #[inline]
    fn owned(&self) -> Vec<T> {
        self.iter().map(T::duplicate).collect()
    }
}

/// A tangent as a value of its own.
#[inline]
pub fn owned<T: OwnedTangent + ?Sized>(tangent: &T) -> T::Owned {
    tangent.owned()
}

/// A copy of an argument that is needed again.
#[inline]
pub fn duplicate<T: Clone>(x: &T) -> T {
    x.clone()
}

/// Panics with both lengths if they differ.
///
/// # Panics
///
/// If the lengths differ.
#[inline]
#[track_caller]
pub fn check_len(name: &str, expected: usize, found: usize) {
    assert!(
        expected == found,
        "`{name}` has length {found}, but its parameter has length {expected}"
    );
}

/// Panics if the tangent's shape is not the value's.
///
/// # Panics
///
/// If the shapes differ.
#[inline]
#[track_caller]
pub fn check_shape<T: Differentiable + ?Sized>(name: &str, x: &T, tangent: &T::Tangent) {
    if let Err(error) = x.check_shape(tangent) {
        panic!("`{name}` does not fit its parameter: {error}");
    }
}

//! What generated code calls. Not for users: it changes without notice.

use core::borrow::{Borrow, BorrowMut};

use crate::{Differentiable, Tangent};

mod again;
mod checkpoints;
mod collect;
#[cfg(not(feature = "std"))]
mod core_math;
mod gathered;
mod handed;
mod input;
mod jacobian;
mod lanes;
mod maybe_zero;
mod optional;
pub mod rules;
mod touched;
mod way;

pub use crate::replica::Copier;
pub use crate::reuse::Reuse;
pub use again::{Again, Exclusive, Keeper, Kept, NotKept, Shared};
pub use alloc::boxed::Box;
pub use alloc::rc::Rc;
pub use alloc::vec;
pub use alloc::vec::Vec;
pub use checkpoints::Checkpoints;
pub use collect::{Elements, Integer, array_like, array_of, detach, elements, int_like};
pub use gathered::{Gathered, OwnedDot, Witness, of_type, owned_dot, tangent_of, witness};
pub use handed::{KeptArgument, handed_argument, handed_dot, keep_argument, kept_argument};
pub use input::{BarOf, ByReference, ByValue, Input, OfSequence, OfValue};
pub use jacobian::{Columns, Row, entries, keep, restore, set_lane, split_lanes, unit, units};
pub use lanes::{
    Directions, InLanes, LaneTangent, Lanes, LanesOf, Mask, cast_lanes, or_zero_lanes_ref,
    or_zero_lanes_scalar, or_zeros_lanes, zero_lanes,
};
pub use maybe_zero::{MaybeZero, open, settled, vanishes};
pub use optional::Optional;
pub use touched::{Dot, Held, Seen, Settler, Touched};
pub use way::{Lent, Way, way};

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

/// The residuals of one side of a branch.
#[derive(Clone, Debug)]
pub enum Either<L, R> {
    /// Of the first side.
    Left(L),
    /// Of the second side.
    Right(R),
}

/// The next value that was kept, and the push beside it.
///
/// # Panics
///
/// If there is none: the function went another way than when its values were kept.
#[inline]
pub fn replayed<'t, V, P>(kept: &mut core::slice::Iter<'t, (V, P)>) -> &'t (V, P) {
    kept.next()
        .expect("a function goes the same way each time it is given the same arguments")
}

/// A stack of residuals: one entry an iteration.
#[derive(Clone, Debug)]
pub struct Tape<T> {
    entries: Vec<T>,
    /// How many entries were not given back yet, where the rest still stands.
    rewound: Option<usize>,
}

impl<T> Tape<T> {
    /// An empty tape.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Tape {
            entries: Vec::new(),
            rewound: None,
        }
    }

    /// Keeps the residuals of an iteration.
    #[inline]
    pub fn push(&mut self, entry: T) {
        self.entries.push(entry);
    }

    /// The entries in the order in which they were kept, as often as they are asked for.
    #[inline]
    pub fn replay(&self) -> core::slice::Iter<'_, T> {
        self.entries.iter()
    }

    /// Makes room for the residuals of so many iterations more.
    #[inline]
    pub fn reserve(&mut self, iterations: usize) {
        if let Some(length) = self.rewound.take() {
            self.entries.truncate(length);
        }
        self.entries.reserve(iterations);
    }

    /// The residuals of the last iteration not reversed yet.
    ///
    /// # Panics
    ///
    /// If the tape is empty, which generated code never lets happen.
    #[inline]
    #[must_use]
    pub fn pop(&mut self) -> T {
        self.entries
            .pop()
            .expect("a tape holds one entry for each iteration")
    }

    /// The residuals of the last so many iterations not reversed yet, in the order of the iterations.
    ///
    /// # Panics
    ///
    /// If there are not as many, which generated code never lets happen.
    #[inline]
    #[must_use]
    pub fn rewind(&mut self, iterations: usize) -> &[T] {
        let end = self.rewound.unwrap_or(self.entries.len());
        let start = end - iterations;
        self.rewound = Some(start);
        &self.entries[start..end]
    }
}

impl<T> Default for Tape<T> {
    fn default() -> Self {
        Tape::new()
    }
}

/// How many iterations a loop over the range has.
#[inline]
pub fn trips<I: Iterator>(range: &I) -> usize {
    range.size_hint().0
}

/// What a companion says about the slices that its function is handed by `&mut`; its own function of
/// this name, where it has one, goes before this.
pub trait Rewrites {
    /// A bit for each slice that is written whole before any of it is read: none.
    #[inline]
    #[must_use]
    fn rewrites<const N: usize>(_: [Option<usize>; N]) -> u64 {
        0
    }
}

impl<T: ?Sized> Rewrites for T {}

/// A size to compute with.
#[inline]
#[must_use]
pub fn known(size: Option<usize>) -> Option<i128> {
    size.and_then(|size| i128::try_from(size).ok())
}

/// A computed size, if there can be one.
#[inline]
pub fn size(compute: impl FnOnce() -> Option<i128>) -> Option<usize> {
    compute().and_then(|size| usize::try_from(size).ok())
}

/// A stack of whole arrays, one behind another.
#[derive(Clone, Debug)]
pub struct Saved<T> {
    elements: Vec<T>,
    /// Where each array not restored yet starts.
    starts: Vec<usize>,
    /// Where the last of them ends.
    end: usize,
}

impl<T> Saved<T> {
    /// Nothing saved.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Saved {
            elements: Vec::new(),
            starts: Vec::new(),
            end: 0,
        }
    }

    /// Keeps a copy of an array.
    #[inline]
    pub fn save(&mut self, array: &[T])
    where
        T: Clone,
    {
        self.elements.truncate(self.end);
        self.starts.push(self.end);
        self.elements.extend_from_slice(array);
        self.end = self.elements.len();
    }

    /// The last array not restored yet.
    ///
    /// # Panics
    ///
    /// If nothing is left, which generated code never lets happen.
    #[inline]
    #[must_use]
    pub fn restore(&mut self) -> &[T] {
        let start = self
            .starts
            .pop()
            .expect("an array was saved for each iteration");
        let end = core::mem::replace(&mut self.end, start);
        &self.elements[start..end]
    }
}

impl<T> Default for Saved<T> {
    fn default() -> Self {
        Saved::new()
    }
}

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
pub const fn length(len: usize) -> usize {
    len
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

/// A float. The names cannot meet those of a user's trait on the same type parameter.
pub trait Real: Copy {
    /// The nearest value.
    fn __grad_of(x: f64) -> Self;
    /// As `f64`.
    fn __grad_wide(self) -> f64;
}

impl Real for f32 {
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    fn __grad_of(x: f64) -> Self {
        x as f32
    }
    #[inline]
    fn __grad_wide(self) -> f64 {
        f64::from(self)
    }
}

impl Real for f64 {
    #[inline]
    fn __grad_of(x: f64) -> Self {
        x
    }
    #[inline]
    fn __grad_wide(self) -> f64 {
        self
    }
}

/// A literal as a float of the type of `x`.
#[inline]
pub fn literal_like<T: Real>(literal: f64, _x: T) -> T {
    T::__grad_of(literal)
}

/// An exponent as a float of the type of `x`.
#[inline]
pub fn float_like<T: Real>(n: i32, _x: T) -> T {
    T::__grad_of(f64::from(n))
}

/// One, as a seed.
#[inline]
#[must_use]
pub fn one<T: Real>() -> T {
    T::__grad_of(1.0)
}

/// A number whose tangent passes through `as`.
pub trait CastSource: Differentiable {
    /// The cotangent of the source from that of the result.
    fn pull_cast(bar: f64) -> Self::Tangent;
}

impl CastSource for f32 {
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    fn pull_cast(bar: f64) -> f32 {
        bar as f32
    }
}

impl CastSource for f64 {
    #[inline]
    fn pull_cast(bar: f64) -> f64 {
        bar
    }
}

macro_rules! integers {
    ($($int:ty),*) => {$(
        impl CastSource for $int {
            #[inline]
            fn pull_cast(_bar: f64) -> crate::NoTangent {
                crate::NoTangent
            }
        }
    )*};
}

integers!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, bool
);

/// The cotangent of `x` in `x as float`.
#[inline]
pub fn pull_cast<S: CastSource, T: Real>(_x: &S, bar: T) -> S::Tangent {
    S::pull_cast(bar.__grad_wide())
}

/// A tangent whose type only rustc knows.
pub trait CastTangent {
    /// As `f64`; nothing is zero.
    fn widen(self) -> f64;
}

impl CastTangent for f32 {
    #[inline]
    fn widen(self) -> f64 {
        f64::from(self)
    }
}

impl CastTangent for f64 {
    #[inline]
    fn widen(self) -> f64 {
        self
    }
}

impl CastTangent for crate::NoTangent {
    #[inline]
    fn widen(self) -> f64 {
        0.0
    }
}

/// The tangent of `x as D` from that of `x`.
#[inline]
pub fn push_cast<S: CastTangent, D: Real>(dot: S) -> D {
    D::__grad_of(dot.widen())
}

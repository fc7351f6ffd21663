//! Several directions at once: tangents whose every float is a row of lanes.
//!
//! A function marked `#[differentiate(lanes)]` has one more sibling, which computes the value once
//! and pushes `L` tangents beside it:
//!
//! ```text
//! f::lanes(args.., Wrt<M>, Directions<L>, dot_1.., dot_n) -> (R, LanesOf<R, L>)
//! recv.__grad_lanes_m(args.., Wrt<M>, Directions<L>, dot_1.., dot_n) -> (R, LanesOf<R, L>)
//! ```
//!
//! The factor of a derivative is one number for all lanes, so a push is a product of a vector by a
//! number, for which compilers have vector instructions.

use alloc::{boxed::Box, collections::VecDeque, string::String, vec::Vec};
use core::marker::PhantomData;
use core::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

use crate::{Differentiable, NoTangent, Tangent};

/// How many directions a call pushes, for the compiler to see.
#[derive(Clone, Copy, Debug)]
pub struct Directions<const L: usize>;

/// The tangents of a float in several directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lanes<T, const L: usize>(pub [T; L]);

/// The lanes for values of type `T`.
pub type LanesOf<T, const L: usize> = <T as InLanes>::Lanes<L>;

/// Where something holds, lane by lane.
#[derive(Clone, Copy, Debug)]
pub struct Mask<const L: usize>([bool; L]);

impl<const L: usize> Mask<L> {
    /// In each lane `yes` where the mask holds, else `no`.
    #[inline]
    #[must_use]
    pub fn select<T: Copy>(self, yes: Lanes<T, L>, no: Lanes<T, L>) -> Lanes<T, L> {
        Lanes(core::array::from_fn(|lane| {
            if self.0[lane] {
                yes.0[lane]
            } else {
                no.0[lane]
            }
        }))
    }
}

/// A float, as far as a row of zeros asks.
pub trait Zero: Copy + PartialEq {
    /// `0.0`.
    const ZERO: Self;
    /// `-0.0`.
    const NEUTRAL: Self;
}

impl<T: Zero, const L: usize> Lanes<T, L> {
    /// Zero in every direction.
    pub const ZERO: Self = Lanes([T::ZERO; L]);

    /// A zero that is only a start for sums: adding to it costs nothing.
    pub const NEUTRAL: Self = Lanes([T::NEUTRAL; L]);

    /// Which lanes are zero.
    #[inline]
    #[must_use]
    pub fn is_zero(self) -> Mask<L> {
        Mask(self.0.map(|x| x == T::ZERO))
    }
}

/// A value whose tangents can be carried in lanes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no derivatives in several directions at once",
    note = "put `#[differentiate(lanes)]` on the type, beside `#[derive(Differentiable)]`"
)]
pub trait InLanes: Differentiable {
    /// As the tangent, with [`Lanes`] for each float.
    type Lanes<const L: usize>: LaneTangent<L>;

    /// Zero in every direction.
    fn zero_lanes<const L: usize>(&self) -> Self::Lanes<L>;
}

/// A tangent in lanes.
pub trait LaneTangent<const L: usize>: Tangent + Clone {
    /// Shows every entry with its number, counted on from `entry`; the order is that of
    /// [`Parameters::visit`](crate::Parameters::visit).
    fn each(&mut self, entry: &mut usize, visit: &mut impl FnMut(usize, &mut [f64; L]));

    /// As [`each`](Self::each), to be read only.
    fn show(&self, entry: &mut usize, visit: &mut impl FnMut(usize, &[f64; L]));

    /// Whether every entry is seen to be zero at little cost: sequences are not searched.
    fn vanishes(&self) -> bool;

    /// Whether it is remembered that every entry is zero: no entry is looked at.
    #[inline]
    fn rests(&self) -> bool {
        false
    }

    /// A zero, where its form does not hang on a value.
    #[inline]
    #[must_use]
    fn nothing() -> Option<Self> {
        None
    }

    /// Remembers whether it vanishes, where it can.
    #[inline]
    fn settle(&mut self) {}

    /// What has the fields.
    type Open;

    /// The fields, of which several places may be borrowed at once.
    fn open(&mut self) -> &mut Self::Open;
}

/// The length up to which arrays are searched for what is not zero.
const SHORT: usize = 16;

/// Zero in every direction.
#[inline]
pub fn zero_lanes<const L: usize, T: InLanes + ?Sized>(x: &T) -> T::Lanes<L> {
    x.zero_lanes()
}

/// The lanes of a number given, or zero.
#[inline]
pub fn or_zero_lanes_scalar<const L: usize, T: InLanes<Lanes<L>: Copy>>(
    dot: Option<&T::Lanes<L>>,
    x: T,
) -> T::Lanes<L> {
    dot.map_or_else(|| x.zero_lanes::<L>(), |dot| *dot)
}

/// The lanes given, or zero.
#[inline]
pub fn or_zero_lanes_ref<'a, const L: usize, T: InLanes + ?Sized>(
    dot: Option<&'a T::Lanes<L>>,
    like: &T,
    absent: &'a mut Option<T::Lanes<L>>,
) -> &'a T::Lanes<L> {
    match dot {
        Some(dot) => dot,
        None => absent.insert(like.zero_lanes::<L>()),
    }
}

/// The lanes of a slice given, or zeros.
#[inline]
pub fn or_zeros_lanes<'a, const L: usize, T: InLanes<Lanes<L> = Vec<E>> + ?Sized, E>(
    dot: Option<&'a [E]>,
    like: &T,
    absent: &'a mut Option<Vec<E>>,
) -> &'a [E] {
    match dot {
        Some(dot) => dot,
        None => absent.insert(like.zero_lanes::<L>()),
    }
}

/// Lanes through `as`.
pub trait CastLanes<D> {
    /// Those of the result.
    type Output;
    /// Lane by lane.
    fn cast_lanes(self) -> Self::Output;
}

macro_rules! casts {
    ($($from:ident $to:ident),*) => {$(
        impl<const L: usize> CastLanes<$to> for Lanes<$from, L> {
            type Output = Lanes<$to, L>;
            #[inline]
            #[allow(clippy::cast_possible_truncation, clippy::cast_lossless, trivial_numeric_casts)]
            fn cast_lanes(self) -> Lanes<$to, L> {
                Lanes(self.0.map(|x| x as $to))
            }
        }
    )*};
}
casts!(f32 f32, f32 f64, f64 f32, f64 f64);

/// `dot as D`.
#[inline]
pub fn cast_lanes<D, S: CastLanes<D>>(dot: S) -> S::Output {
    dot.cast_lanes()
}

macro_rules! lanes {
    ($float:ident) => {
        impl Zero for $float {
            const ZERO: Self = 0.0;
            const NEUTRAL: Self = -0.0;
        }
        lanes!(pairs $float: Add add AddAssign add_assign, Sub sub SubAssign sub_assign);
        impl<const L: usize> Mul<$float> for Lanes<$float, L> {
            type Output = Self;
            #[inline]
            fn mul(self, factor: $float) -> Self {
                Lanes(self.0.map(|x| x * factor))
            }
        }
        impl<const L: usize> Mul<Lanes<$float, L>> for $float {
            type Output = Lanes<$float, L>;
            #[inline]
            fn mul(self, lanes: Lanes<$float, L>) -> Lanes<$float, L> {
                Lanes(lanes.0.map(|x| self * x))
            }
        }
        impl<const L: usize> Div<$float> for Lanes<$float, L> {
            type Output = Self;
            #[inline]
            fn div(self, divisor: $float) -> Self {
                Lanes(self.0.map(|x| x / divisor))
            }
        }
        impl<const L: usize> Neg for Lanes<$float, L> {
            type Output = Self;
            #[inline]
            fn neg(self) -> Self {
                Lanes(self.0.map(|x| -x))
            }
        }
        impl<const L: usize> Tangent for Lanes<$float, L> {
            #[inline]
            fn accumulate(&mut self, other: &Self) {
                *self += *other;
            }
            #[inline]
            fn scale(&mut self, factor: f64) {
                self.0.scale(factor);
            }
            #[inline]
            fn dot(&self, other: &Self) -> f64 {
                self.0.dot(&other.0)
            }
            #[inline]
            fn set_zero(&mut self) {
                *self = Self::ZERO;
            }
            #[inline]
            fn take(&mut self) -> Self {
                core::mem::replace(self, Self::ZERO)
            }
            #[inline]
            fn duplicate(&self) -> Self {
                *self
            }
        }
        impl<const L: usize> LaneTangent<L> for Lanes<$float, L> {
            #[inline]
            #[allow(clippy::cast_possible_truncation, clippy::cast_lossless, trivial_numeric_casts)]
            fn each(&mut self, entry: &mut usize, visit: &mut impl FnMut(usize, &mut [f64; L])) {
                let mut wide = self.0.map(|x| x as f64);
                visit(*entry, &mut wide);
                self.0 = wide.map(|x| x as $float);
                *entry += 1;
            }
            #[inline]
            #[allow(clippy::cast_possible_truncation, clippy::cast_lossless, trivial_numeric_casts)]
            fn show(&self, entry: &mut usize, visit: &mut impl FnMut(usize, &[f64; L])) {
                visit(*entry, &self.0.map(|x| x as f64));
                *entry += 1;
            }
            #[inline]
            fn vanishes(&self) -> bool {
                self.0.iter().all(|x| *x == 0.0)
            }
            #[inline]
            fn nothing() -> Option<Self> {
                Some(Self::ZERO)
            }
            type Open = Self;
            #[inline]
            fn open(&mut self) -> &mut Self {
                self
            }
        }
        impl InLanes for $float {
            type Lanes<const L: usize> = Lanes<$float, L>;
            #[inline]
            fn zero_lanes<const L: usize>(&self) -> Lanes<$float, L> {
                Lanes::<$float, L>::ZERO
            }
        }
    };
    (pairs $float:ident: $($Op:ident $op:ident $Assign:ident $assign:ident),*) => {$(
        impl<const L: usize> $Op for Lanes<$float, L> {
            type Output = Self;
            #[inline]
            fn $op(mut self, other: Self) -> Self {
                $Assign::$assign(&mut self, other);
                self
            }
        }
        impl<const L: usize> $Assign for Lanes<$float, L> {
            #[inline]
            fn $assign(&mut self, other: Self) {
                for (x, y) in self.0.iter_mut().zip(other.0) {
                    $Assign::$assign(x, y);
                }
            }
        }
    )*};
}
lanes!(f32);
lanes!(f64);

impl<const L: usize> LaneTangent<L> for NoTangent {
    #[inline]
    fn each(&mut self, _: &mut usize, _: &mut impl FnMut(usize, &mut [f64; L])) {}
    #[inline]
    fn show(&self, _: &mut usize, _: &mut impl FnMut(usize, &[f64; L])) {}
    #[inline]
    fn vanishes(&self) -> bool {
        true
    }
    #[inline]
    fn rests(&self) -> bool {
        true
    }
    #[inline]
    fn nothing() -> Option<Self> {
        Some(NoTangent)
    }
    type Open = Self;
    #[inline]
    fn open(&mut self) -> &mut Self {
        self
    }
}

macro_rules! constants {
    ($([$($generics:tt)*] $constant:ty,)+) => {$(
        impl<$($generics)*> InLanes for $constant {
            type Lanes<const L: usize> = NoTangent;
            #[inline]
            fn zero_lanes<const L: usize>(&self) -> NoTangent {
                NoTangent
            }
        }
    )+};
}
constants! {
    [] u8, [] u16, [] u32, [] u64, [] u128, [] usize,
    [] i8, [] i16, [] i32, [] i64, [] i128, [] isize,
    [] bool, [] char, [] (), [] str, [] NoTangent, [] String, [T: ?Sized] PhantomData<T>,
}

impl<T: InLanes, const N: usize> InLanes for [T; N] {
    type Lanes<const L: usize> = [T::Lanes<L>; N];
    #[inline]
    fn zero_lanes<const L: usize>(&self) -> Self::Lanes<L> {
        core::array::from_fn(|i| self[i].zero_lanes())
    }
}

impl<T: LaneTangent<L>, const N: usize, const L: usize> LaneTangent<L> for [T; N] {
    #[inline]
    fn each(&mut self, entry: &mut usize, visit: &mut impl FnMut(usize, &mut [f64; L])) {
        for x in self {
            x.each(entry, visit);
        }
    }
    #[inline]
    fn show(&self, entry: &mut usize, visit: &mut impl FnMut(usize, &[f64; L])) {
        for x in self {
            x.show(entry, visit);
        }
    }
    #[inline]
    fn vanishes(&self) -> bool {
        N <= SHORT && self.iter().all(T::vanishes)
    }
    #[inline]
    fn rests(&self) -> bool {
        N <= SHORT && self.iter().all(T::rests)
    }
    #[inline]
    fn nothing() -> Option<Self> {
        T::nothing().map(|zero| core::array::from_fn(|_| zero.clone()))
    }
    #[inline]
    fn settle(&mut self) {
        self.iter_mut().for_each(T::settle);
    }
    type Open = Self;
    #[inline]
    fn open(&mut self) -> &mut Self {
        self
    }
}

macro_rules! sequences {
    ($([$($generics:tt)*] $sequence:ty => $lanes:ident;)*) => {$(
        impl<$($generics)*> InLanes for $sequence {
            type Lanes<const L: usize> = $lanes<T::Lanes<L>>;
            #[inline]
            fn zero_lanes<const L: usize>(&self) -> Self::Lanes<L> {
                self.iter().map(T::zero_lanes).collect()
            }
        }
    )*};
}
sequences! {
    [T: InLanes] [T] => Vec;
    [T: InLanes] Vec<T> => Vec;
    [T: InLanes] Box<[T]> => Vec;
    [T: InLanes] VecDeque<T> => VecDeque;
}

macro_rules! each_of_sequence {
    ($($sequence:ident)*) => {$(
        impl<T: LaneTangent<L>, const L: usize> LaneTangent<L> for $sequence<T> {
            #[inline]
            fn each(&mut self, entry: &mut usize, visit: &mut impl FnMut(usize, &mut [f64; L])) {
                for x in self.iter_mut() {
                    x.each(entry, visit);
                }
            }
            #[inline]
            fn show(&self, entry: &mut usize, visit: &mut impl FnMut(usize, &[f64; L])) {
                for x in self.iter() {
                    x.show(entry, visit);
                }
            }
            #[inline]
            fn vanishes(&self) -> bool {
                self.iter().next().is_none()
            }
            #[inline]
            fn settle(&mut self) {
                self.iter_mut().for_each(T::settle);
            }
            type Open = Self;
            #[inline]
            fn open(&mut self) -> &mut Self {
                self
            }
        }
    )*};
}
each_of_sequence!(Vec VecDeque Option);

impl<T: InLanes> InLanes for Option<T> {
    type Lanes<const L: usize> = Option<T::Lanes<L>>;
    #[inline]
    fn zero_lanes<const L: usize>(&self) -> Self::Lanes<L> {
        self.as_ref().map(T::zero_lanes)
    }
}

impl<T: InLanes> InLanes for Box<T> {
    type Lanes<const L: usize> = Box<T::Lanes<L>>;
    #[inline]
    fn zero_lanes<const L: usize>(&self) -> Self::Lanes<L> {
        Box::new((**self).zero_lanes())
    }
}

impl<T: LaneTangent<L>, const L: usize> LaneTangent<L> for Box<T> {
    #[inline]
    fn each(&mut self, entry: &mut usize, visit: &mut impl FnMut(usize, &mut [f64; L])) {
        (**self).each(entry, visit);
    }
    #[inline]
    fn show(&self, entry: &mut usize, visit: &mut impl FnMut(usize, &[f64; L])) {
        (**self).show(entry, visit);
    }
    #[inline]
    fn vanishes(&self) -> bool {
        (**self).vanishes()
    }
    #[inline]
    fn rests(&self) -> bool {
        (**self).rests()
    }
    type Open = Self;
    #[inline]
    fn open(&mut self) -> &mut Self {
        self
    }
}

impl<T: InLanes + ?Sized> InLanes for &T {
    type Lanes<const L: usize> = T::Lanes<L>;
    #[inline]
    fn zero_lanes<const L: usize>(&self) -> Self::Lanes<L> {
        (**self).zero_lanes()
    }
}

macro_rules! tuples_in_lanes {
    ($($name:ident . $index:tt),+) => {
        impl<$($name: InLanes),+> InLanes for ($($name,)+) {
            type Lanes<const LANES: usize> = ($($name::Lanes<LANES>,)+);
            #[inline]
            fn zero_lanes<const LANES: usize>(&self) -> Self::Lanes<LANES> {
                ($(self.$index.zero_lanes(),)+)
            }
        }
        impl<$($name: LaneTangent<LANES>,)+ const LANES: usize> LaneTangent<LANES> for ($($name,)+) {
            #[inline]
            fn each(
                &mut self,
                entry: &mut usize,
                visit: &mut impl FnMut(usize, &mut [f64; LANES]),
            ) {
                $(self.$index.each(entry, visit);)+
            }
            #[inline]
            fn show(&self, entry: &mut usize, visit: &mut impl FnMut(usize, &[f64; LANES])) {
                $(self.$index.show(entry, visit);)+
            }
            #[inline]
            fn vanishes(&self) -> bool {
                $(self.$index.vanishes())&&+
            }
            #[inline]
            fn rests(&self) -> bool {
                $(self.$index.rests())&&+
            }
            #[inline]
            fn nothing() -> Option<Self> {
                Some(($($name::nothing()?,)+))
            }
            #[inline]
            fn settle(&mut self) {
                $(self.$index.settle();)+
            }
            type Open = Self;
            #[inline]
            fn open(&mut self) -> &mut Self {
                self
            }
        }
    };
}
crate::tuples!(tuples_in_lanes);

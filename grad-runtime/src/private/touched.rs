//! What a function lends without a copy: the slices of floats that accessors return.
//!
//! `matrix.data()[k]` in a loop must not cost a copy of all the data each time, nor a cotangent as long:
//! the value is a reference as long as the primal sweep runs ([`Seen`]), a copy only where the reverse
//! sweep looks at it again ([`Held`]), and its cotangent holds what was added ([`Touched`]).

use core::cell::OnceCell;
use core::marker::PhantomData;
use core::ops::{
    Deref, DerefMut, Index, IndexMut, Range, RangeFrom, RangeFull, RangeInclusive, RangeTo,
    RangeToInclusive,
};

use alloc::vec::Vec;

use super::AccumulateFrom;
use crate::replica::{ByReplica, Copier, Replica};
use crate::{Differentiable, LeafVisitor, Parameters, ShapeError, Tangent};

/// A float, as an element of what is lent.
pub trait Element: Copy + Replica + Tangent + Parameters<Tangent = Self> + 'static {
    /// Zero.
    const ZERO: &'static Self;
}

impl Element for f32 {
    const ZERO: &'static f32 = &0.0;
}

impl Element for f64 {
    const ZERO: &'static f64 = &0.0;
}

/// A sequence of floats behind a reference: a slice or a vector.
pub trait Sequence {
    /// A float.
    type Element: Element;
    /// The elements.
    fn elements(&self) -> &[Self::Element];
}

impl<F: Element> Sequence for [F] {
    type Element = F;
    #[inline]
    fn elements(&self) -> &[F] {
        self
    }
}

impl<F: Element> Sequence for Vec<F> {
    type Element = F;
    #[inline]
    fn elements(&self) -> &[F] {
        self
    }
}

/// A reference that a function returned.
#[derive(Debug)]
pub struct Seen<'a, T: ?Sized>(pub &'a T);

impl<T: ?Sized> Deref for Seen<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        self.0
    }
}

/// A copy of what it led to; of the type of the place.
#[derive(Clone, Debug)]
pub struct Held<F, T: ?Sized>(Vec<F>, PhantomData<fn() -> *const T>);

impl<F: Element> Deref for Held<F, [F]> {
    type Target = [F];
    #[inline]
    fn deref(&self) -> &[F] {
        &self.0
    }
}

impl<F: Element> Deref for Held<F, Vec<F>> {
    type Target = Vec<F>;
    #[inline]
    fn deref(&self) -> &Vec<F> {
        &self.0
    }
}

impl<T: Sequence + ?Sized> Differentiable for Seen<'_, T> {
    type Tangent = Touched<T::Element>;
    #[inline]
    fn zero_tangent(&self) -> Self::Tangent {
        Touched::none(self.0.elements().len())
    }
    fn check_shape(&self, tangent: &Self::Tangent) -> Result<(), ShapeError> {
        check(self.0.elements().len(), tangent.len)
    }
}

impl<F: Element, T: ?Sized> Differentiable for Held<F, T> {
    type Tangent = Touched<F>;
    #[inline]
    fn zero_tangent(&self) -> Touched<F> {
        Touched::none(self.0.len())
    }
    fn check_shape(&self, tangent: &Touched<F>) -> Result<(), ShapeError> {
        check(self.0.len(), tangent.len)
    }
}

fn check(expected: usize, found: usize) -> Result<(), ShapeError> {
    if expected == found {
        Ok(())
    } else {
        Err(ShapeError::length(expected, found))
    }
}

impl<F: Element, T: ?Sized> Replica for Held<F, T> {
    #[inline]
    fn replica(&self) -> Self {
        Held(self.0.clone(), PhantomData)
    }
}

impl<T: Sequence + ?Sized> ByReplica for &Copier<'_, Seen<'_, T>> {
    type Owned = Held<T::Element, T>;
    #[inline]
    fn replicate(&self) -> Self::Owned {
        Held(self.0.0.elements().to_vec(), PhantomData)
    }
}

/// A value that the reverse sweep looks at again.
#[derive(Debug)]
pub struct Settler<T>(pub Option<T>);

/// Copies what is only seen.
pub trait SettleSeen {
    /// The copy.
    type Settled;
    /// What may outlive the primal sweep.
    fn settle(&mut self) -> Self::Settled;
}

impl<T: Sequence + ?Sized> SettleSeen for &mut Settler<Seen<'_, T>> {
    type Settled = Held<T::Element, T>;
    #[inline]
    fn settle(&mut self) -> Self::Settled {
        match &self.0 {
            Some(seen) => Held(seen.0.elements().to_vec(), PhantomData),
            None => unreachable!("settled once"),
        }
    }
}

impl<T: Sequence<Element = F> + ?Sized, F: Element> SettleSeen for &mut Settler<Dot<'_, T, F>> {
    type Settled = Held<F, T>;
    #[inline]
    fn settle(&mut self) -> Self::Settled {
        match &self.0 {
            Some(Dot::Of(place)) => Held(place.elements().to_vec(), PhantomData),
            Some(Dot::Zero(zero)) => Held(zero.clone(), PhantomData),
            None => unreachable!("settled once"),
        }
    }
}

/// Takes anything else as it is.
pub trait SettleOwned {
    /// The value.
    type Settled;
    /// What may outlive the primal sweep.
    fn settle(&mut self) -> Self::Settled;
}

impl<T> SettleOwned for Settler<T> {
    type Settled = T;
    #[inline]
    fn settle(&mut self) -> T {
        match self.0.take() {
            Some(value) => value,
            None => unreachable!("settled once"),
        }
    }
}

/// The cotangent of a sequence of which few elements are used: none, one, or all.
#[derive(Clone, Debug, Default)]
pub struct Touched<F> {
    len: usize,
    one: Option<(usize, F)>,
    all: OnceCell<Vec<F>>,
}

impl<F: Element> Touched<F> {
    /// Zero.
    #[inline]
    #[must_use]
    pub const fn none(len: usize) -> Self {
        Touched {
            len,
            one: None,
            all: OnceCell::new(),
        }
    }

    /// The number of elements.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    fn dense(&self) -> Vec<F> {
        let mut all = alloc::vec![*F::ZERO; self.len];
        if let Some((k, value)) = &self.one {
            all[*k] = *value;
        }
        all
    }

    /// Adds it to a place of its length.
    #[inline]
    #[track_caller]
    pub fn add_to(&self, place: &mut [F]) {
        super::check_len("cotangent", place.len(), self.len);
        match (self.all.get(), &self.one) {
            (Some(all), _) => {
                for (place, part) in place.iter_mut().zip(all) {
                    place.accumulate(part);
                }
            }
            (None, Some((k, part))) => place[*k].accumulate(part),
            (None, None) => {}
        }
    }
}

impl<F: Element> Deref for Touched<F> {
    type Target = [F];
    #[inline]
    fn deref(&self) -> &[F] {
        self.all.get_or_init(|| self.dense())
    }
}

impl<F: Element> DerefMut for Touched<F> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [F] {
        if self.all.get().is_none() {
            self.all = OnceCell::from(self.dense());
        }
        self.one = None;
        match self.all.get_mut() {
            Some(all) => all,
            None => &mut [],
        }
    }
}

impl<F: Element> Index<usize> for Touched<F> {
    type Output = F;
    #[inline]
    #[track_caller]
    fn index(&self, k: usize) -> &F {
        match (self.all.get(), &self.one) {
            (Some(all), _) => &all[k],
            (None, Some((own, value))) if *own == k => value,
            _ => F::ZERO,
        }
    }
}

impl<F: Element> IndexMut<usize> for Touched<F> {
    #[inline]
    #[track_caller]
    fn index_mut(&mut self, k: usize) -> &mut F {
        let single = self.all.get().is_none()
            && k < self.len
            && self.one.as_ref().is_none_or(|(own, _)| *own == k);
        if single {
            return &mut self.one.get_or_insert((k, *F::ZERO)).1;
        }
        &mut self.deref_mut()[k]
    }
}

macro_rules! ranges {
    ($($range:ty)*) => {$(
        impl<F: Element> Index<$range> for Touched<F> {
            type Output = [F];
            #[inline]
            #[track_caller]
            fn index(&self, range: $range) -> &[F] {
                &self.deref()[range]
            }
        }

        impl<F: Element> IndexMut<$range> for Touched<F> {
            #[inline]
            #[track_caller]
            fn index_mut(&mut self, range: $range) -> &mut [F] {
                &mut self.deref_mut()[range]
            }
        }
    )*};
}
ranges!(Range<usize> RangeFrom<usize> RangeTo<usize> RangeFull RangeInclusive<usize> RangeToInclusive<usize>);

impl<F: Element> Tangent for Touched<F> {
    fn accumulate(&mut self, other: &Self) {
        other.add_to(self);
    }
    fn scale(&mut self, factor: f64) {
        for part in &mut **self {
            part.scale(factor);
        }
    }
    fn dot(&self, other: &Self) -> f64 {
        super::check_len("tangent", self.len, other.len);
        self.iter().zip(other.iter()).map(|(a, b)| a.dot(b)).sum()
    }
    fn set_zero(&mut self) {
        *self = Touched::none(self.len);
    }
    fn take(&mut self) -> Self {
        core::mem::replace(self, Touched::none(self.len))
    }
    fn duplicate(&self) -> Self {
        self.clone()
    }
}

impl<F: Element> Differentiable for Touched<F> {
    type Tangent = Self;
    fn zero_tangent(&self) -> Self {
        Touched::none(self.len)
    }
    fn check_shape(&self, tangent: &Self) -> Result<(), ShapeError> {
        check(self.len, tangent.len)
    }
}

impl<F: Element> Parameters for Touched<F> {
    fn visit(&mut self, tangent: &Self, visitor: &mut impl LeafVisitor) {
        F::visit_slice(self, tangent, visitor);
    }
}

impl<F: Element> AccumulateFrom<Touched<F>> for [F] {
    #[inline]
    #[track_caller]
    fn accumulate_from(&mut self, value: &Touched<F>) {
        value.add_to(self);
    }
}

impl<F: Element> AccumulateFrom<Touched<F>> for Vec<F> {
    #[inline]
    #[track_caller]
    fn accumulate_from(&mut self, value: &Touched<F>) {
        value.add_to(self);
    }
}

/// A tangent that is lent, or zero.
#[derive(Debug)]
pub enum Dot<'a, T: ?Sized, F> {
    /// That of the place.
    Of(&'a T),
    /// Where the place has none.
    Zero(Vec<F>),
}

impl<F: Element> Deref for Dot<'_, [F], F> {
    type Target = [F];
    #[inline]
    fn deref(&self) -> &[F] {
        match self {
            Dot::Of(place) => place,
            Dot::Zero(zero) => zero,
        }
    }
}

impl<F: Element> Deref for Dot<'_, Vec<F>, F> {
    type Target = Vec<F>;
    #[inline]
    fn deref(&self) -> &Vec<F> {
        match self {
            Dot::Of(place) => place,
            Dot::Zero(zero) => zero,
        }
    }
}

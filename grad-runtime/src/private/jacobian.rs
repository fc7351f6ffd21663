//! How the passes of a Jacobian are seeded and read.
//!
//! Forward mode takes the columns in passes, one direction or several lanes at a time; reverse mode
//! takes a row in each pass. Entries are counted through all parameters, in the order in which
//! [`Parameters::visit`] shows them.

use alloc::vec::Vec;

use super::lanes::{Directions, InLanes, LaneTangent};
use crate::{Jacobian, LeafVisitor, Parameters, Tangent};

/// A tangent whose floats can be shown: every tangent.
pub trait Entries: Tangent + Parameters<Tangent = Self> {}
impl<T: Tangent + Parameters<Tangent = T>> Entries for T {}

/// Changes every entry of a tangent.
struct Each<'a, F> {
    entry: &'a mut usize,
    change: F,
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a tangent has the precision of its function"
)]
impl<F: FnMut(usize, &mut f64)> LeafVisitor for Each<'_, F> {
    #[inline]
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        for x in x {
            let mut wide = f64::from(*x);
            (self.change)(*self.entry, &mut wide);
            *x = wide as f32;
            *self.entry += 1;
        }
    }
    #[inline]
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        for x in x {
            (self.change)(*self.entry, x);
            *self.entry += 1;
        }
    }
}

#[inline]
fn each<T: Entries>(tangent: &mut T, entry: &mut usize, change: impl FnMut(usize, &mut f64)) {
    let shape = tangent.duplicate();
    tangent.visit(&shape, &mut Each { entry, change });
}

/// Makes entry `wanted` one, where entries are counted on from `entry`.
#[inline]
pub fn unit<T: Entries>(tangent: &mut T, entry: &mut usize, wanted: usize) {
    each(tangent, entry, |at, x| {
        if at == wanted {
            *x = 1.0;
        }
    });
}

/// Makes entry `first + l` one in lane `l`, where entries are counted on from `entry`.
#[inline]
pub fn units<const L: usize>(
    tangent: &mut impl LaneTangent<L>,
    entry: &mut usize,
    first: usize,
    _: Directions<L>,
) {
    tangent.each(entry, &mut |at, lanes| {
        if let Some(lane) = at.checked_sub(first).and_then(|lane| lanes.get_mut(lane)) {
            *lane = 1.0;
        }
    });
    tangent.settle();
}

/// Columns `first..` of a Jacobian, read off the tangents of the outputs.
#[derive(Debug)]
pub struct Columns<'a> {
    jacobian: &'a mut Jacobian,
    first: usize,
    row: usize,
}

impl<'a> Columns<'a> {
    /// The pass that starts at column `first`.
    #[inline]
    pub fn new(jacobian: &'a mut Jacobian, columns: usize, first: usize) -> Self {
        if first == 0 {
            jacobian.begin(columns);
        }
        Columns {
            jacobian,
            first,
            row: 0,
        }
    }

    /// The next outputs, in one direction.
    #[inline]
    pub fn read<T: Entries>(&mut self, tangent: &mut T) {
        let Columns {
            jacobian,
            first,
            row,
        } = self;
        each(tangent, row, |row, x| {
            if let Some(place) = jacobian.row_mut(row).get_mut(*first) {
                *place = *x;
            }
        });
    }

    /// The next outputs, in several.
    #[inline]
    pub fn read_lanes<const L: usize>(&mut self, tangent: &impl LaneTangent<L>, _: Directions<L>) {
        let Columns {
            jacobian,
            first,
            row,
        } = self;
        let first = *first;
        let left = jacobian.columns().saturating_sub(first);
        tangent.show(row, &mut |row, lanes| {
            let places = jacobian.places_from(row, first);
            match places.first_chunk_mut::<L>() {
                Some(places) if left >= L => *places = *lanes,
                // The next row begins behind the last column.
                _ => {
                    for (place, x) in places.iter_mut().zip(lanes).take(left) {
                        *place = *x;
                    }
                }
            }
        });
    }
}

/// Counts entries.
struct Count(usize);

impl LeafVisitor for Count {
    #[inline]
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        self.0 += x.len();
    }
    #[inline]
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        self.0 += x.len();
    }
}

/// How many entries the tangent has.
#[inline]
pub fn entries<T: Entries>(tangent: &mut T) -> usize {
    let (shape, mut count) = (tangent.duplicate(), Count(0));
    tangent.visit(&shape, &mut count);
    count.0
}

/// One row of a Jacobian, read off the cotangents of the inputs.
#[derive(Debug)]
pub struct Row<'a> {
    /// Where the entries go that have not been read yet.
    places: &'a mut [f64],
}

impl<'a> Row<'a> {
    /// Row number `row` of so many, if there is one; all before it are there.
    ///
    /// It is as long as `columns` says, which the compiler often knows: then no entry is asked
    /// whether it has a place.
    #[inline]
    pub fn new(
        jacobian: &'a mut Jacobian,
        row: usize,
        rows: usize,
        columns: usize,
    ) -> Option<Self> {
        if row == 0 {
            jacobian.reshape(rows, columns);
        }
        let places = jacobian.row_of(row, columns)?;
        Some(Row { places })
    }

    /// The next inputs.
    #[inline]
    pub fn read<T: Entries>(&mut self, cotangent: &mut T) {
        let shape = cotangent.duplicate();
        cotangent.visit(&shape, self);
    }

    /// The places of the next entries; the row has no fewer.
    #[inline]
    fn next(&mut self, count: usize) -> &'a mut [f64] {
        let places = core::mem::take(&mut self.places);
        let (next, rest) = places.split_at_mut_checked(count).unwrap_or_default();
        self.places = rest;
        next
    }
}

impl LeafVisitor for Row<'_> {
    #[inline]
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        for (place, x) in self.next(x.len()).iter_mut().zip(x) {
            *place = f64::from(*x);
        }
    }
    #[inline]
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        for (place, x) in self.next(x.len()).iter_mut().zip(x) {
            *place = *x;
        }
    }
}

/// Gives lane `lane` the entries of `direction`.
///
/// # Panics
/// If there are fewer or more of them.
#[track_caller]
pub fn set_lane<const L: usize, T: Entries>(
    lanes: &mut impl LaneTangent<L>,
    lane: usize,
    direction: &T,
    _: Directions<L>,
) {
    let mut entries = Vec::new();
    each(&mut direction.duplicate(), &mut 0, |_, x| entries.push(*x));
    let mut count = 0;
    lanes.each(&mut count, &mut |entry, lanes| {
        if let Some(x) = entries.get(entry) {
            lanes[lane] = *x;
        }
    });
    super::check_len("direction", count, entries.len());
}

/// The tangents of `value` in the first `count` lanes.
pub fn split_lanes<const L: usize, T: InLanes + ?Sized>(
    value: &T,
    lanes: &T::Lanes<L>,
    count: usize,
    _: Directions<L>,
) -> Vec<T::Tangent> {
    let mut entries = Vec::new();
    lanes.show(&mut 0, &mut |_, lanes| entries.push(*lanes));
    let lane = |lane: usize| {
        let mut tangent = value.zero_tangent();
        each(&mut tangent, &mut 0, |entry, x| *x = entries[entry][lane]);
        tangent
    };
    (0..count).map(lane).collect()
}

/// Gives a place that a pass has changed its first content again.
pub trait Restore {
    /// What was kept of the place.
    type Kept;
    /// A copy of the content.
    fn keep(&self) -> Self::Kept;
    /// `*self = kept`.
    fn restore(&mut self, kept: &Self::Kept);
}

impl<T: Clone> Restore for T {
    type Kept = T;
    fn keep(&self) -> T {
        self.clone()
    }
    fn restore(&mut self, kept: &T) {
        self.clone_from(kept);
    }
}

impl<T: Clone> Restore for [T] {
    type Kept = Vec<T>;
    fn keep(&self) -> Vec<T> {
        self.to_vec()
    }
    fn restore(&mut self, kept: &Vec<T>) {
        self.clone_from_slice(kept);
    }
}

/// The content to be restored.
pub fn keep<T: Restore + ?Sized>(place: &T) -> T::Kept {
    place.keep()
}

/// The content restored.
pub fn restore<T: Restore + ?Sized>(place: &mut T, kept: &T::Kept) {
    place.restore(kept);
}

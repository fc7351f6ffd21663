//! The parameters of a model, taken out and put back.

use alloc::{format, string::String};

use crate::snapshot::{Snapshot, SnapshotError};
use crate::{LeafVisitor, Parameters};

/// The parameters of a model: one list for each run of floats that lie together, numbered in the
/// order of [`Parameters::visit`], which shows no names. `like` is any tangent of its shape.
pub(super) fn save<M: Parameters + ?Sized>(model: &mut M, like: &M::Tangent) -> Snapshot {
    let mut save = Save::default();
    model.visit(like, &mut save);
    save.snapshot
}

/// Puts back what [`save`] took.
///
/// # Errors
/// When the model has another shape; nothing changes then.
pub(super) fn restore<M: Parameters + ?Sized>(
    model: &mut M,
    like: &M::Tangent,
    snapshot: &Snapshot,
) -> Result<(), SnapshotError> {
    for write in [false, true] {
        let mut restore = Restore {
            snapshot,
            next: 0,
            write,
            outcome: Ok(()),
        };
        model.visit(like, &mut restore);
        let (outcome, leaves) = (restore.outcome, restore.next);
        outcome?;
        let found = snapshot.iter().count();
        if leaves != found {
            return Err(SnapshotError::length(
                "the lists of parameters",
                leaves,
                found,
            ));
        }
    }
    Ok(())
}

/// A parameter that is infinite or not a number, if there is one.
pub(super) fn not_finite<M: Parameters + ?Sized>(model: &mut M, like: &M::Tangent) -> Option<f64> {
    let mut find = NotFinite(None);
    model.visit(like, &mut find);
    find.0
}

fn name(index: usize) -> String {
    format!("{index:04}")
}

#[derive(Default)]
struct Save {
    snapshot: Snapshot,
    next: usize,
}

impl LeafVisitor for Save {
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        self.snapshot.put(&name(self.next), x.to_vec());
        self.next += 1;
    }
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        self.snapshot.put(&name(self.next), x.to_vec());
        self.next += 1;
    }
}

/// Checks all lists on one walk, and copies them on another.
struct Restore<'a> {
    snapshot: &'a Snapshot,
    next: usize,
    write: bool,
    outcome: Result<(), SnapshotError>,
}

impl Restore<'_> {
    fn copy<T: Copy>(&mut self, x: &mut [T], found: Result<&[T], SnapshotError>) {
        self.next += 1;
        match found {
            Ok(numbers) if self.write => x.copy_from_slice(numbers),
            Err(error) if self.outcome.is_ok() => self.outcome = Err(error),
            Ok(_) | Err(_) => {}
        }
    }
}

impl LeafVisitor for Restore<'_> {
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        let found = self.snapshot.f32s_of(&name(self.next), x.len());
        self.copy(x, found);
    }
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        let found = self.snapshot.f64s_of(&name(self.next), x.len());
        self.copy(x, found);
    }
}

struct NotFinite(Option<f64>);

impl LeafVisitor for NotFinite {
    fn f32s(&mut self, x: &mut [f32], _: &[f32]) {
        let found = x.iter().find(|x| !x.is_finite());
        self.0 = self.0.or(found.copied().map(f64::from));
    }
    fn f64s(&mut self, x: &mut [f64], _: &[f64]) {
        self.0 = self.0.or(x.iter().copied().find(|x| !x.is_finite()));
    }
}

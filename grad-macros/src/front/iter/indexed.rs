//! Iterators whose items are told by their number: how many there are, and which is number `k`.

use proc_macro2::Span;

use super::super::{Lower, Operand};
use super::{Access, Cut, Iter, RangeOf};
use crate::ir::{Kind, Op, Path, Ty, Value};

/// How many items an iterator has.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Count {
    Known(Value),
    Endless,
    /// Only running it tells.
    Unknown,
}

impl Iter {
    /// Whether items can be had by number, in any order and each as often as one likes.
    pub(super) fn is_indexed(&self) -> bool {
        match self {
            Iter::Range(_)
            | Iter::Elements { .. }
            | Iter::Chunks { .. }
            | Iter::Once(_)
            | Iter::Repeat(_) => true,
            Iter::Map(inner, f) | Iter::Inspect(inner, f) => inner.is_indexed() && !f.changes(),
            Iter::Rest(inner, _)
            | Iter::Copied(inner)
            | Iter::Cloned(inner)
            | Iter::Enumerate(inner)
            | Iter::Rev(inner)
            | Iter::Skip(inner, _)
            | Iter::Take(inner, _)
            | Iter::StepBy(inner, _)
            | Iter::Cycle(inner) => inner.is_indexed(),
            Iter::Zip(a, b) => a.is_indexed() && b.is_indexed(),
            _ => false,
        }
    }

    /// Whether std's `zip` may ask for items by number: then it is not said how often a closure of
    /// the longer side runs.
    pub(super) fn is_random_access(&self) -> bool {
        match self {
            Iter::Range(_) | Iter::Elements { .. } | Iter::Chunks { .. } => true,
            Iter::Map(inner, _)
            | Iter::Copied(inner)
            | Iter::Cloned(inner)
            | Iter::Enumerate(inner)
            | Iter::Skip(inner, _) => inner.is_random_access(),
            Iter::Zip(a, b) => a.is_random_access() && b.is_random_access(),
            _ => false,
        }
    }

    /// Whether making an item reads nothing: it is a place.
    pub(super) fn gives_places(&self) -> bool {
        match self {
            Iter::Elements { access, .. } => *access != Access::Move,
            Iter::Chunks { cut, .. } => *cut != Cut::FromEnd,
            Iter::Rest(inner, _)
            | Iter::Rev(inner)
            | Iter::Skip(inner, _)
            | Iter::Take(inner, _)
            | Iter::StepBy(inner, _)
            | Iter::Cycle(inner) => inner.gives_places(),
            Iter::Zip(a, b) => a.gives_places() && b.gives_places(),
            _ => false,
        }
    }

    /// As [`Self::gives_places`], with numbers beside the places.
    pub(super) fn names_items(&self) -> bool {
        match self {
            Iter::Range(_) => true,
            Iter::Copied(inner) | Iter::Enumerate(inner) => inner.names_items(),
            Iter::Zip(a, b) => a.names_items() && b.names_items(),
            other => other.gives_places(),
        }
    }
}

impl Lower<'_> {
    /// How many items the iterator has, as `usize`.
    pub(super) fn count_of(&mut self, iter: &Iter, span: Span) -> Count {
        match iter {
            Iter::Range(RangeOf { end: None, .. }) | Iter::Repeat(_) | Iter::RepeatWith(_) => {
                Count::Endless
            }
            Iter::Range(range) => match range.end {
                Some(end) => Count::Known(self.count_between(range.start, end, range.inclusive)),
                None => Count::Endless,
            },
            Iter::Elements { path, .. } => Count::Known(self.length_of(path, span)),
            Iter::Chunks {
                path, size, cut, ..
            } => {
                let len = self.length_of(path, span);
                Count::Known(self.count_chunks(len, *size, *cut))
            }
            Iter::Once(_) => Count::Known(self.int(1)),
            Iter::Map(inner, _)
            | Iter::Inspect(inner, _)
            | Iter::Copied(inner)
            | Iter::Cloned(inner)
            | Iter::Enumerate(inner)
            | Iter::Rev(inner) => self.count_of(inner, span),
            Iter::Zip(a, b) => match (self.count_of(a, span), self.count_of(b, span)) {
                (Count::Known(a), Count::Known(b)) => Count::Known(self.least(a, b)),
                (Count::Endless, other) | (other, Count::Endless) => other,
                _ => Count::Unknown,
            },
            Iter::Take(inner, n) => match self.count_of(inner, span) {
                Count::Known(len) => Count::Known(self.least(len, *n)),
                Count::Endless => Count::Known(*n),
                Count::Unknown => Count::Unknown,
            },
            Iter::Skip(inner, n) => {
                let count = self.count_of(inner, span);
                self.map_count(count, |cx, len| cx.without_first(len, *n))
            }
            Iter::ByRef(rest) | Iter::Whole(rest) => self.count_of(rest, span),
            Iter::Rest(inner, taken) => {
                let (front, back) = (self.taken(taken.front), self.taken(taken.back));
                let count = self.count_of(inner, span);
                self.map_count(count, |cx, len| {
                    let len = cx.without_first(len, back);
                    cx.without_first(len, front)
                })
            }
            Iter::StepBy(inner, step) => {
                let count = self.count_of(inner, span);
                self.map_count(count, |cx, len| cx.quotient_up(len, *step))
            }
            Iter::Cycle(inner) => {
                let count = self.count_of(inner, span);
                self.map_count(count, super::super::Lower::turns_of)
            }
            Iter::Chain(a, b) => match (self.count_of(a, span), self.count_of(b, span)) {
                (Count::Known(a), Count::Known(b)) => Count::Known(self.plus(a, b)),
                (Count::Endless, _) | (_, Count::Endless) => Count::Endless,
                _ => Count::Unknown,
            },
            _ => Count::Unknown,
        }
    }

    fn map_count(&mut self, count: Count, f: impl FnOnce(&mut Self, Value) -> Value) -> Count {
        match count {
            Count::Known(len) => Count::Known(f(self, len)),
            other => other,
        }
    }

    pub(super) fn without_first(&mut self, len: Value, n: Value) -> Value {
        if self.is_zero(n) {
            return len;
        }
        let skipped = self.least(len, n);
        self.minus(len, skipped)
    }

    fn count_chunks(&mut self, len: Value, size: Value, cut: Cut) -> Value {
        match cut {
            Cut::Chunks | Cut::FromEnd => self.quotient_up(len, size),
            Cut::Exact => self.quotient(len, size),
            Cut::Windows => {
                let one = self.int(1);
                let places = self.plus(len, one);
                self.without_first(places, size)
            }
        }
    }

    /// How many items `next` has taken.
    pub(super) fn taken(&mut self, local: super::super::scope::Local) -> Value {
        match self.locals.current(local) {
            Some(Operand::Value(value)) => value,
            _ => self.int(0),
        }
    }

    /// Item number `k` of an indexed iterator, which has more than `k`.
    pub(super) fn item(&mut self, iter: &Iter, k: Value, span: Span) -> Operand {
        match iter {
            Iter::Range(range) => Operand::Value(self.range_item(range, k)),
            Iter::Elements { path, ty, access } => {
                let path = self.element_of(path, k);
                self.element(path, ty, *access, span)
            }
            Iter::Chunks {
                path,
                ty,
                size,
                cut,
                mutable,
            } => {
                let cut = self.chunk(path, *size, *cut, k, span);
                if *mutable {
                    Operand::RefMut(cut, ty.clone())
                } else {
                    Operand::Ref(cut, ty.clone())
                }
            }
            Iter::Once(item) | Iter::Repeat(item) => (**item).clone(),
            Iter::Map(inner, f) => {
                let item = self.item(inner, k, span);
                self.call_function(f, vec![item], span)
            }
            Iter::Inspect(inner, f) => {
                let item = self.item(inner, k, span);
                let (item, seen) = self.lent(item);
                self.call_function(f, vec![seen], span);
                item
            }
            Iter::Copied(inner) => {
                let item = self.item(inner, k, span);
                super::super::pattern::deref(item)
            }
            Iter::Cloned(inner) => {
                let item = self.item(inner, k, span);
                self.cloned(item, span)
            }
            Iter::Enumerate(inner) => {
                let item = self.item(inner, k, span);
                Operand::Tuple(vec![Operand::Value(k), item])
            }
            Iter::Zip(a, b) => {
                let a = self.item(a, k, span);
                let b = self.item(b, k, span);
                Operand::Tuple(vec![a, b])
            }
            Iter::Rev(inner) => {
                let Count::Known(len) = self.count_of(inner, span) else {
                    return Operand::Poison;
                };
                let one = self.int(1);
                let last = self.minus(len, one);
                let k = self.minus(last, k);
                self.item(inner, k, span)
            }
            Iter::Skip(inner, n) => {
                let k = self.plus(k, *n);
                self.item(inner, k, span)
            }
            Iter::Rest(inner, taken) => {
                let taken = self.taken(taken.front);
                let k = self.plus(k, taken);
                self.item(inner, k, span)
            }
            Iter::Take(inner, _) => self.item(inner, k, span),
            Iter::StepBy(inner, step) => {
                let k = self.times(k, *step);
                self.item(inner, k, span)
            }
            Iter::Cycle(inner) => {
                let Count::Known(len) = self.count_of(inner, span) else {
                    return self.item(inner, k, span);
                };
                let k = self.remainder(k, len);
                self.item(inner, k, span)
            }
            _ => Operand::Poison,
        }
    }

    fn range_item(&mut self, range: &RangeOf, k: Value) -> Value {
        // A literal start takes its type from the end.
        let like = match range.end {
            Some(end) if self.graph.literal(range.start).is_some() => end,
            _ => range.start,
        };
        let k = self.integer_like(k, like);
        self.plus(range.start, k)
    }

    fn element(&mut self, path: Path, ty: &Ty, access: Access, span: Span) -> Operand {
        match access {
            Access::Ref => Operand::Ref(path, ty.clone()),
            Access::RefMut => Operand::RefMut(path, ty.clone()),
            Access::Place => Operand::Place(path, ty.clone()),
            Access::Move => self.cloned(Operand::Place(path, ty.clone()), span),
        }
    }

    /// The item by value: a copy where a place cannot be moved out of.
    pub(super) fn cloned(&mut self, item: Operand, span: Span) -> Operand {
        match item {
            Operand::Place(path, ty) | Operand::Ref(path, ty) | Operand::RefMut(path, ty) => {
                if is_plain(&ty) {
                    Operand::Place(path, ty)
                } else {
                    let kind = Kind::Copy(path);
                    Operand::Value(self.push(kind, Vec::new(), ty, span))
                }
            }
            Operand::Tuple(parts) => {
                let parts = parts.into_iter().map(|part| self.cloned(part, span));
                Operand::Tuple(parts.collect())
            }
            other => other,
        }
    }

    fn chunk(&mut self, path: &Path, size: Value, cut: Cut, k: Value, span: Span) -> Path {
        let full_size = self.whole(size).unwrap_or(0);
        match cut {
            Cut::Windows => {
                let end = self.plus(k, size);
                self.cut_of(path, k, end, full_size)
            }
            Cut::Exact => {
                let start = self.times(k, size);
                let end = self.plus(start, size);
                self.cut_of(path, start, end, full_size)
            }
            Cut::Chunks => {
                let start = self.times(k, size);
                let full = self.plus(start, size);
                let len = self.length_of(path, span);
                let end = self.least(len, full);
                self.cut_of(path, start, end, 1)
            }
            Cut::FromEnd => {
                let len = self.length_of(path, span);
                let before = self.times(k, size);
                let end = self.minus(len, before);
                let taken = self.least(end, size);
                let start = self.push(Kind::Apply(Op::Sub), vec![end, taken], Ty::Int, span);
                self.cut_of(path, start, end, 1)
            }
        }
    }
}

/// Whether values of the type are copied, not moved.
pub(in crate::front) fn is_plain(ty: &Ty) -> bool {
    match ty {
        Ty::Tuple(parts) => parts.iter().all(is_plain),
        ty => ty.is_scalar(),
    }
}

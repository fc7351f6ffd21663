//! Cursors: what was reached along a walk stays at hand for the next.
//!
//! A loop that walks along a structure takes a step in each iteration, and the reverse sweep takes it
//! back. A cursor holds the places on the way, so either takes the time of the step; from the start each
//! time it would be that of the whole way: the gradient of a polynomial over a list of 1000 nodes took
//! 5000 times the function's time, with cursors 40.

use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::marker::PhantomData;
use core::ptr::NonNull;

use super::walk::{Hop, Walk};

type Hops<T, U> = Rc<RefCell<Vec<Hop<T, U>>>>;

/// Places on the way of a walk, that are read. `P` is `T` or its tangent `U`; the walk starts at a part
/// of `B` that is looked for when it is asked for.
#[allow(missing_debug_implementations)]
pub struct Cursor<'p, B: ?Sized, F, P: ?Sized, T: ?Sized, U: ?Sized> {
    base: &'p B,
    start: F,
    hops: RefCell<Option<Hops<T, U>>>,
    /// Where the first steps lead, of these none, one, two.
    places: RefCell<Vec<&'p P>>,
    step: fn(&'p P, &Hop<T, U>) -> &'p P,
}

impl<'p, B: ?Sized, F: Fn(&'p B) -> &'p X, X: ?Sized, Y: ?Sized> Cursor<'p, B, F, X, X, Y> {
    /// Of walks that start at a part of `base`.
    pub fn of_primal(base: &'p B, start: F) -> Self {
        Cursor::of(base, start, |place, hop| hop.of(place))
    }
}

impl<'p, B: ?Sized, F: Fn(&'p B) -> &'p Y, X: ?Sized, Y: ?Sized> Cursor<'p, B, F, Y, X, Y> {
    /// Of walks that start at a part of `base`.
    pub fn of_tangent(base: &'p B, start: F) -> Self {
        Cursor::of(base, start, |bar, hop| hop.at(bar))
    }
}

impl<'p, B: ?Sized, F: Fn(&'p B) -> &'p P, P: ?Sized, T: ?Sized, U: ?Sized>
    Cursor<'p, B, F, P, T, U>
{
    fn of(base: &'p B, start: F, step: fn(&'p P, &Hop<T, U>) -> &'p P) -> Self {
        Cursor {
            base,
            start,
            hops: RefCell::new(None),
            places: RefCell::new(Vec::new()),
            step,
        }
    }

    /// Where the walk leads.
    pub fn at(&self, walk: &Walk<T, U>) -> &'p P {
        let mut places = self.places.borrow_mut();
        places.truncate(common(&mut self.hops.borrow_mut(), walk) + 1);
        let mut place = match places.last() {
            Some(place) => *place,
            None => {
                let start = (self.start)(self.base);
                places.push(start);
                start
            }
        };
        let hops = walk.hops.borrow();
        for hop in &hops[places.len() - 1..walk.len] {
            place = (self.step)(place, hop);
            places.push(place);
        }
        place
    }
}

/// How many steps of the walk are those of the walk before, at most.
fn common<T: ?Sized, U: ?Sized>(before: &mut Option<Hops<T, U>>, walk: &Walk<T, U>) -> usize {
    let same = before
        .as_ref()
        .is_some_and(|hops| Rc::ptr_eq(hops, &walk.hops));
    if !same {
        *before = Some(Rc::clone(&walk.hops));
    }
    if same { walk.len } else { 0 }
}

/// Places on the way of a walk, that are written. `P` is `T` or its tangent `U`; the walk starts at a
/// part of `B` that is looked for when it is asked for.
#[allow(missing_debug_implementations)]
pub struct CursorMut<'p, B: ?Sized, F, P: ?Sized, T: ?Sized, U: ?Sized> {
    /// Until the start is looked for.
    base: Option<(&'p mut B, F)>,
    hops: Option<Hops<T, U>>,
    /// Where the first steps lead, each found from the one before. Behind one that was handed out there
    /// is none.
    places: Vec<NonNull<P>>,
    step: fn(&mut P, &Hop<T, U>) -> NonNull<P>,
    start: PhantomData<&'p mut P>,
}

impl<'p, B: ?Sized, F, X: ?Sized, Y: ?Sized> CursorMut<'p, B, F, X, X, Y>
where
    F: FnOnce(&'p mut B) -> &'p mut X,
{
    /// Of walks that start at a part of `base`.
    pub fn of_primal(base: &'p mut B, start: F) -> Self {
        CursorMut::of(base, start, |place, hop| NonNull::from(hop.of_mut(place)))
    }
}

impl<'p, B: ?Sized, F, X: ?Sized, Y: ?Sized> CursorMut<'p, B, F, Y, X, Y>
where
    F: FnOnce(&'p mut B) -> &'p mut Y,
{
    /// Of walks that start at a part of `base`.
    pub fn of_tangent(base: &'p mut B, start: F) -> Self {
        CursorMut::of(base, start, |bar, hop| NonNull::from(hop.at_mut(bar)))
    }
}

#[allow(unsafe_code)]
impl<'p, B: ?Sized, F, P: ?Sized, T: ?Sized, U: ?Sized> CursorMut<'p, B, F, P, T, U>
where
    F: FnOnce(&'p mut B) -> &'p mut P,
{
    fn of(base: &'p mut B, start: F, step: fn(&mut P, &Hop<T, U>) -> NonNull<P>) -> Self {
        CursorMut {
            base: Some((base, start)),
            hops: None,
            places: Vec::new(),
            step,
            start: PhantomData,
        }
    }

    /// Where the walk leads.
    pub fn at(&mut self, walk: &Walk<T, U>) -> &mut P {
        self.places.truncate(common(&mut self.hops, walk) + 1);
        if let Some((base, start)) = self.base.take() {
            self.places.push(NonNull::from(start(base)));
        }
        let mut place = self.places[self.places.len() - 1];
        let hops = walk.hops.borrow();
        for hop in &hops[self.places.len() - 1..walk.len] {
            // SAFETY: `place` is the last of `places`: the start, which is borrowed for `'p`, or what a
            // step found in the one before. Since then no place before it was handed out, or it would
            // have been dropped here, so nothing has moved it; and what was handed out of it is not
            // used any more, as that borrowed the cursor.
            place = (self.step)(unsafe { place.as_mut() }, hop);
            self.places.push(place);
        }
        // SAFETY: as above; what is handed out borrows the cursor.
        unsafe { place.as_mut() }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;
    use alloc::vec::Vec;

    use super::{Cursor, CursorMut};
    use crate::private::walk::{Steps, Walk, walk};

    fn deeper(walk: &Walk<Vec<f64>, Vec<f64>>) -> Walk<Vec<f64>, Vec<f64>> {
        walk.onward(
            &[],
            Steps {
                of: |place, _| place,
                of_mut: |place, _| place,
                at: |bar, _| bar,
                at_mut: |bar, _| bar,
            },
        )
    }

    #[test]
    fn on_and_back() {
        let mut numbers = vec![1.0];
        let start = walk(&numbers, |start| start);
        let (one, other) = (deeper(&start), deeper(&walk(&numbers, |start| start)));
        let two = deeper(&one);
        let cursor = Cursor::of_primal(&numbers, |start| start);
        assert_eq!(cursor.at(&two), cursor.at(&start));
        assert_eq!(cursor.at(&other), &[1.0]);
        let mut cursor = CursorMut::of_primal(&mut numbers, |start| start);
        cursor.at(&two).push(2.0);
        *cursor.at(&one) = vec![3.0];
        cursor.at(&two).push(4.0);
        cursor.at(&other).push(5.0);
        cursor.at(&start).push(6.0);
        assert_eq!(numbers, [3.0, 4.0, 5.0, 6.0]);
    }
}

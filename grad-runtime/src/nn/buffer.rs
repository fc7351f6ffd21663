//! Arrays as slices in the order of their indices, and buffers from the workspace as arrays.

use std::vec::Vec;

use ndarray::{Array, ArrayBase, Data, Dimension};

use super::Element;
use crate::interop::ndarray::from_rows;
use crate::tensor::workspace;

/// The entries of an array in the order of its indices: its own, or a copy.
pub(crate) enum Rows<'a, E: Element> {
    Own(&'a [E]),
    Copy(Vec<E>),
}

impl<'a, E: Element> Rows<'a, E> {
    #[inline]
    pub(crate) fn of<S: Data<Elem = E>, D: Dimension>(x: &'a ArrayBase<S, D>) -> Self {
        match x.as_slice() {
            Some(entries) => Rows::Own(entries),
            None => Rows::Copy(copy_in_order(x)),
        }
    }
}

impl<E: Element> core::ops::Deref for Rows<'_, E> {
    type Target = [E];

    #[inline]
    fn deref(&self) -> &[E] {
        match self {
            Rows::Own(entries) => entries,
            Rows::Copy(entries) => entries,
        }
    }
}

impl<E: Element> Drop for Rows<'_, E> {
    fn drop(&mut self) {
        if let Rows::Copy(entries) = self {
            workspace::give(core::mem::take(entries));
        }
    }
}

fn copy_in_order<E: Element, S: Data<Elem = E>, D: Dimension>(x: &ArrayBase<S, D>) -> Vec<E> {
    let mut copy = workspace::take(x.len());
    for (to, &from) in copy.iter_mut().zip(x) {
        *to = from;
    }
    copy
}

/// An array from the workspace that may hold anything.
pub(crate) fn array<E: Element, D: Dimension>(shape: D) -> Array<E, D> {
    let len = shape.size();
    from_rows(shape, workspace::take(len))
}

/// An array of zeros from the workspace.
pub(crate) fn zeros<E: Element, D: Dimension>(shape: D) -> Array<E, D> {
    let len = shape.size();
    from_rows(shape, workspace::take_zeroed(len))
}

/// A copy of `x` in a buffer of the workspace.
pub(crate) fn copy<E: Element>(x: &[E]) -> Vec<E> {
    let mut copy = workspace::take(x.len());
    copy.copy_from_slice(x);
    copy
}

/// The entries of an array in the order of its indices, as a buffer.
pub(crate) fn into_rows<E: Element, D: Dimension>(x: Array<E, D>) -> Vec<E> {
    if x.is_standard_layout() {
        let len = x.len();
        let (entries, offset) = x.into_raw_vec_and_offset();
        if entries.len() == len && offset.unwrap_or(0) == 0 {
            return entries;
        }
        let offset = offset.unwrap_or(0);
        return copy(&entries[offset..offset + len]);
    }
    let rows = Rows::of(&x);
    copy(&rows)
}

/// Gives the memory of an array back to the workspace.
pub(crate) fn give<E: Element, D: Dimension>(x: Array<E, D>) {
    workspace::give(x.into_raw_vec_and_offset().0);
}

/// Calls `f` with the entries of `x` in the order of its indices, to be changed.
pub(crate) fn change<E: Element, D: Dimension>(x: &mut Array<E, D>, f: impl FnOnce(&mut [E])) {
    if let Some(entries) = x.as_slice_mut() {
        return f(entries);
    }
    let mut entries = workspace::take(x.len());
    for (to, &from) in entries.iter_mut().zip(&*x) {
        *to = from;
    }
    f(&mut entries);
    for (to, &from) in x.iter_mut().zip(&entries) {
        *to = from;
    }
    workspace::give(entries);
}

/// The entries of a new array, which lie in the order of its indices.
pub(crate) fn entries<E: Element, D: Dimension>(x: &mut Array<E, D>) -> &mut [E] {
    x.as_slice_mut().expect("a new array lies in order")
}

//! Rules of `Index` and `IndexMut`: the way to the element.

use core::ops::{Index, IndexMut};

use alloc::vec::Vec;

use super::super::way::{Way, way};
use crate::Differentiable;

/// The rule of `place[index]` where it is read.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no derivative of `[{I}]`",
    note = "put `#[differentiate]` on the `impl` of `Index`"
)]
pub trait IndexRule<I>: Index<I> + Differentiable {
    /// Where the element is.
    fn __grad_way_index(&self, index: I) -> impl Way<Of = Self, To = Self::Output> + use<Self, I>;
}

/// The rule of `place[index]` where it is written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no derivative of `[{I}] = ..`",
    note = "put `#[differentiate]` on the `impl` of `IndexMut`"
)]
pub trait IndexMutRule<I>: IndexMut<I> + Differentiable {
    /// Where the element is.
    fn __grad_way_index_mut(
        &self,
        index: I,
    ) -> impl Way<Of = Self, To = Self::Output> + use<Self, I>;
}

/// A sequence of whose type the macro knows a name of the user's only.
macro_rules! sequence {
    ($([$($constant:tt)*] [$($kept:ident),*] $own:ty, $bar:ty;)*) => {$(
        impl<T: Differentiable, $($constant)*> IndexRule<usize> for $own {
            #[inline]
            fn __grad_way_index(
                &self,
                index: usize,
            ) -> impl Way<Of = Self, Bar = $bar, To = T, ToBar = T::Tangent> + use<$($kept),*> {
                element!(index, $bar)
            }
        }

        impl<T: Differentiable, $($constant)*> IndexMutRule<usize> for $own {
            #[inline]
            fn __grad_way_index_mut(
                &self,
                index: usize,
            ) -> impl Way<Of = Self, Bar = $bar, To = T, ToBar = T::Tangent> + use<$($kept),*> {
                element!(index, $bar)
            }
        }
    )*};
}

macro_rules! element {
    ($index:ident, $bar:ty) => {
        way(
            $index,
            (
                |place: &Self, k: &usize| &place[*k],
                |place: &mut Self, k: &usize| &mut place[*k],
                |bar: &$bar, k: &usize| &bar[*k],
                |bar: &mut $bar, k: &usize| &mut bar[*k],
            ),
        )
    };
}

sequence! {
    [] [T] Vec<T>, Vec<T::Tangent>;
    [] [T] [T], [T::Tangent];
    [const N: usize] [T, N] [T; N], [T::Tangent; N];
}

//! The rules of slices that own their elements, `Box<[T]>`, `Rc<[T]>` and `Arc<[T]>`: made of sequences,
//! and of the first a vector again. The elements are the same.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::super::{TangentOf, Wrt};
use super::{Bars, FromRule};
use crate::{Differentiable, Tangent};

macro_rules! same_elements {
    ($([$($generics:tt)*] [$($kept:ident),*] $To:ty, $From:ty, $Base:ty;)*) => {$(
        impl<$($generics)*> FromRule<$From> for $To {
            type Base = $Base;
            type Bar = [TangentOf<T>];

            #[inline]
            fn __grad_vjp_from<const M: u64>(
                x: $From,
                _: Wrt<M>,
            ) -> (
                Self,
                impl FnOnce(Vec<TangentOf<T>>, &$Base, Bars<'_, T>) + use<$($kept,)* M>,
            ) {
                let pull = |bar: Vec<TangentOf<T>>, _: &$Base, x_bar: Bars<'_, T>| {
                    if let Some(x_bar) = x_bar {
                        super::add(x_bar, &bar);
                    }
                };
                (<$To>::from(x), pull)
            }

            #[inline]
            fn __grad_jvp_from<const M: u64>(
                x: $From,
                _: Wrt<M>,
                x_dot: Option<&[TangentOf<T>]>,
            ) -> (Self, Vec<TangentOf<T>>) {
                let to = <$To>::from(x);
                let dot = match x_dot {
                    Some(dot) => dot.iter().map(Tangent::duplicate).collect(),
                    None => to.zero_tangent(),
                };
                (to, dot)
            }
        }
    )*};
}

macro_rules! owned_slices {
    ($($Pointer:ident)*) => {
        same_elements! {$(
            [T: Differentiable] [T] $Pointer<[T]>, Vec<T>, Vec<T>;
            ['s, T: Differentiable + Clone] [T] $Pointer<[T]>, &'s [T], [T];
            [T: Differentiable, const N: usize] [T, N] $Pointer<[T]>, [T; N], [T; N];
        )*}
    };
}

owned_slices! { Box Rc Arc }
same_elements! { [T: Differentiable] [T] Vec<T>, Box<[T]>, Box<[T]>; }

//! The rule of what is made of the items of an iterator: `sum` and `product` into a type of the user's,
//! and `collect`. It is given the items in a vector.

use alloc::vec::Vec;

use super::super::{TangentOf, Wrt};
use super::Bars;
use crate::{Differentiable, Tangent};

/// The derivative of `items.sum()`, `product()` and `collect()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` made of items has no derivative",
    note = "put `#[differentiate]` on its `impl` of `Sum`, `Product` or `FromIterator`"
)]
pub trait GatheredRule<A: Differentiable, How>: Differentiable + Sized {
    /// The value.
    fn of_items(items: Vec<A>) -> Self;

    /// The value and its pullback.
    fn __grad_vjp_of_items<const M: u64>(
        items: Vec<A>,
        wrt: Wrt<M>,
    ) -> (
        Self,
        impl FnOnce(TangentOf<Self>, &Vec<A>, Bars<'_, A>) + use<Self, A, How, M>,
    );

    /// The value and its tangent.
    fn __grad_jvp_of_items<const M: u64>(
        items: Vec<A>,
        wrt: Wrt<M>,
        items_dot: Option<&[TangentOf<A>]>,
    ) -> (Self, TangentOf<Self>);
}

macro_rules! gatherings {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[inline]
        #[track_caller]
        pub fn $name<T: GatheredRule<A, $name>, A: Differentiable>(items: Vec<A>) -> T {
            T::of_items(items)
        }

        /// Derivatives of the function of this name.
        #[allow(
            non_camel_case_types,
            missing_debug_implementations,
            reason = "a companion has the name of its function"
        )]
        pub struct $name {}

        impl $name {
            /// By the rule of the type.
            #[inline]
            #[track_caller]
            pub fn vjp<T: GatheredRule<A, $name>, A: Differentiable, const M: u64>(
                items: Vec<A>,
                wrt: Wrt<M>,
            ) -> (
                T,
                impl FnOnce(TangentOf<T>, &Vec<A>, Bars<'_, A>) + use<T, A, M>,
            ) {
                T::__grad_vjp_of_items(items, wrt)
            }

            /// By the rule of the type.
            #[inline]
            #[track_caller]
            pub fn jvp<T: GatheredRule<A, $name>, A: Differentiable, const M: u64>(
                items: Vec<A>,
                wrt: Wrt<M>,
                items_dot: Option<&[TangentOf<A>]>,
            ) -> (T, TangentOf<T>) {
                T::__grad_jvp_of_items(items, wrt, items_dot)
            }
        }
    )*};
}

gatherings! {
    /// By `Sum<A>`.
    sum_of;
    /// By `Sum<&A>`.
    sum_of_refs;
    /// By `Product<A>`.
    product_of;
    /// By `Product<&A>`.
    product_of_refs;
    /// By `FromIterator<A>`.
    collect_of;
    /// By `FromIterator<&A>`.
    collect_of_refs;
}

/// A vector is what it is given.
#[diagnostic::do_not_recommend]
impl<E: Differentiable> GatheredRule<E, collect_of> for Vec<E> {
    #[inline]
    fn of_items(items: Vec<E>) -> Self {
        items
    }

    #[inline]
    fn __grad_vjp_of_items<const M: u64>(
        items: Vec<E>,
        _: Wrt<M>,
    ) -> (
        Self,
        impl FnOnce(TangentOf<Self>, &Vec<E>, Bars<'_, E>) + use<E, M>,
    ) {
        let pull = |bar: TangentOf<Self>, _: &Vec<E>, items_bar: Bars<'_, E>| {
            if let Some(items_bar) = items_bar {
                super::add(items_bar, &bar);
            }
        };
        (items, pull)
    }

    #[inline]
    fn __grad_jvp_of_items<const M: u64>(
        items: Vec<E>,
        _: Wrt<M>,
        items_dot: Option<&[TangentOf<E>]>,
    ) -> (Self, TangentOf<Self>) {
        let dot = match items_dot {
            Some(dot) => dot.iter().map(Tangent::duplicate).collect(),
            None => items.zero_tangent(),
        };
        (items, dot)
    }
}

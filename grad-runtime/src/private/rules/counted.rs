//! Rules of `Rc` and `Arc`: what they hold cannot change, so they are values like what they hold.

use alloc::rc::Rc;
#[cfg(target_has_atomic = "ptr")]
use alloc::sync::Arc;

use super::super::{TangentOf, Wrt};
use crate::replica::Replica;
use crate::{Differentiable, Tangent};

/// The derivatives of `Rc::new(x)` and `Rc::clone(&x)`, and of `Arc`'s. What is taken by value is borrowed
/// and copied, as by the siblings of any associated function.
pub trait CountedRules<T: Differentiable>: Sized {
    /// `new` and its pullback.
    fn __grad_vjp_new<const M: u64>(
        x: &T,
        _: Wrt<M>,
    ) -> (
        Self,
        impl FnOnce(TangentOf<T>, &T, Option<&mut TangentOf<T>>) + use<Self, T, M>,
    );

    /// `new` and its tangent.
    fn __grad_jvp_new<const M: u64>(
        x: &T,
        _: Wrt<M>,
        x_dot: Option<&TangentOf<T>>,
    ) -> (Self, TangentOf<T>);

    /// `clone` and its pullback.
    fn __grad_vjp_clone<const M: u64>(
        x: &Self,
        _: Wrt<M>,
    ) -> (
        Self,
        impl FnOnce(TangentOf<T>, &Self, Option<&mut TangentOf<T>>) + use<Self, T, M>,
    );

    /// `clone` and its tangent.
    fn __grad_jvp_clone<const M: u64>(
        x: &Self,
        _: Wrt<M>,
        x_dot: Option<&TangentOf<T>>,
    ) -> (Self, TangentOf<T>);
}

macro_rules! counted {
    ($($Counted:ident)*) => {$(
        impl<T: Differentiable + Replica> CountedRules<T> for $Counted<T> {
            #[inline]
            fn __grad_vjp_new<const M: u64>(
                x: &T,
                _: Wrt<M>,
            ) -> (
                Self,
                impl FnOnce(TangentOf<T>, &T, Option<&mut TangentOf<T>>) + use<T, M>,
            ) {
                ($Counted::new(x.replica()), |bar, _: &T, x_bar: Option<&mut TangentOf<T>>| add(x_bar, &bar))
            }

            #[inline]
            fn __grad_jvp_new<const M: u64>(
                x: &T,
                _: Wrt<M>,
                x_dot: Option<&TangentOf<T>>,
            ) -> (Self, TangentOf<T>) {
                let dot = super::tangent_or_zero(x_dot, x);
                ($Counted::new(x.replica()), dot)
            }

            #[inline]
            fn __grad_vjp_clone<const M: u64>(
                x: &Self,
                _: Wrt<M>,
            ) -> (
                Self,
                impl FnOnce(TangentOf<T>, &Self, Option<&mut TangentOf<T>>) + use<T, M>,
            ) {
                ($Counted::clone(x), |bar, _: &Self, x_bar: Option<&mut TangentOf<T>>| add(x_bar, &bar))
            }

            #[inline]
            fn __grad_jvp_clone<const M: u64>(
                x: &Self,
                _: Wrt<M>,
                x_dot: Option<&TangentOf<T>>,
            ) -> (Self, TangentOf<T>) {
                let dot = super::tangent_or_zero(x_dot, &**x);
                ($Counted::clone(x), dot)
            }
        }
    )*};
}
counted!(Rc);
#[cfg(target_has_atomic = "ptr")]
counted!(Arc);

#[inline]
fn add<T: Tangent>(place: Option<&mut T>, bar: &T) {
    if let Some(place) = place {
        place.accumulate(bar);
    }
}

//! The methods of integers that a value of unknown type may be asked for: they have no derivative.

use super::super::{Shared, Wrt};
use super::IndexBar;
use crate::NoTangent;

macro_rules! integer_rules {
    ($(#[$doc:meta])* $Trait:ident for $($int:ident)*: $methods:tt) => {
        integer_rules!(@trait $(#[$doc])* $Trait $methods);
        $(integer_rules!(@impl $Trait $int $methods);)*
    };
    (@trait $(#[$doc:meta])* $Trait:ident {
        $($method:ident($($arg:ident: $ty:ty),*): $vjp:ident, $jvp:ident, $again:ident;)*
    }) => {
        $(#[$doc])*
        pub trait $Trait: Copy {$(
            /// The value, and a pullback that does nothing.
            fn $vjp<const M: u64>(&self, $($arg: $ty,)* wrt: Wrt<M>) -> (
                Self,
                impl FnOnce(NoTangent, &Self, $(&$ty,)* IndexBar<'_>, $(integer_rules!(@bar $arg)),*)
                + use<Self, M>,
            );
            /// The value and no tangent.
            fn $jvp<const M: u64>(
                &self,
                $($arg: $ty,)*
                wrt: Wrt<M>,
                self_dot: Option<&NoTangent>,
                $(_: integer_rules!(@dot $arg)),*
            ) -> (Self, NoTangent);
            /// The receiver again.
            fn $again(&self) -> Shared<'_, Self>;
        )*}
    };
    (@impl $Trait:ident $int:ident {
        $($method:ident($($arg:ident: $ty:ty),*): $vjp:ident, $jvp:ident, $again:ident;)*
    }) => {
        impl $Trait for $int {$(
            #[inline]
            fn $vjp<const M: u64>(&self, $($arg: $ty,)* _: Wrt<M>) -> (
                Self,
                impl FnOnce(NoTangent, &Self, $(&$ty,)* IndexBar<'_>, $(integer_rules!(@bar $arg)),*)
                + use<M>,
            ) {
                let pull = |_: NoTangent,
                            _: &Self,
                            $(_: &$ty,)*
                            _: IndexBar<'_>,
                            $(_: integer_rules!(@bar $arg)),*| {};
                ((*self).$method($($arg),*), pull)
            }
            #[inline]
            fn $jvp<const M: u64>(
                &self,
                $($arg: $ty,)*
                _: Wrt<M>,
                _: Option<&NoTangent>,
                $(_: integer_rules!(@dot $arg)),*
            ) -> (Self, NoTangent) {
                ((*self).$method($($arg),*), NoTangent)
            }
            #[inline]
            fn $again(&self) -> Shared<'_, Self> {
                Shared::new(self)
            }
        )*}
    };
    (@bar $arg:ident) => { IndexBar<'_> };
    (@dot $arg:ident) => { Option<&NoTangent> };
}

integer_rules! {
    /// The methods of all integers.
    IntegerRules for u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize: {
        min(other: Self): __grad_vjp_min, __grad_jvp_min, __grad_again_min;
        max(other: Self): __grad_vjp_max, __grad_jvp_max, __grad_again_max;
        clamp(low: Self, high: Self): __grad_vjp_clamp, __grad_jvp_clamp, __grad_again_clamp;
        pow(exponent: u32): __grad_vjp_pow, __grad_jvp_pow, __grad_again_pow;
        div_euclid(rhs: Self): __grad_vjp_div_euclid, __grad_jvp_div_euclid, __grad_again_div_euclid;
        rem_euclid(rhs: Self): __grad_vjp_rem_euclid, __grad_jvp_rem_euclid, __grad_again_rem_euclid;
        midpoint(rhs: Self): __grad_vjp_midpoint, __grad_jvp_midpoint, __grad_again_midpoint;
        isqrt(): __grad_vjp_isqrt, __grad_jvp_isqrt, __grad_again_isqrt;
        saturating_add(rhs: Self): __grad_vjp_saturating_add, __grad_jvp_saturating_add, __grad_again_saturating_add;
        saturating_sub(rhs: Self): __grad_vjp_saturating_sub, __grad_jvp_saturating_sub, __grad_again_saturating_sub;
        saturating_mul(rhs: Self): __grad_vjp_saturating_mul, __grad_jvp_saturating_mul, __grad_again_saturating_mul;
        wrapping_add(rhs: Self): __grad_vjp_wrapping_add, __grad_jvp_wrapping_add, __grad_again_wrapping_add;
        wrapping_sub(rhs: Self): __grad_vjp_wrapping_sub, __grad_jvp_wrapping_sub, __grad_again_wrapping_sub;
        wrapping_mul(rhs: Self): __grad_vjp_wrapping_mul, __grad_jvp_wrapping_mul, __grad_again_wrapping_mul;
    }
}

integer_rules! {
    /// The methods of the signed.
    SignedRules for i8 i16 i32 i64 i128 isize: {
        abs(): __grad_vjp_abs, __grad_jvp_abs, __grad_again_abs;
        signum(): __grad_vjp_signum, __grad_jvp_signum, __grad_again_signum;
    }
}

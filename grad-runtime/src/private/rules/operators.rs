//! The traits of the operators, and their rules on integers, which have no derivative.
//!
//! `SelfBase` and `RhsBase` are the operands' types behind `&`. The rules of the floats are made
//! from the operator table, in [`real`](super::real).

use core::ops::{
    Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Rem, RemAssign, Sub, SubAssign,
};

use super::super::{TangentOf, UnitTangent, Wrt, unit_tangent};
use crate::{Differentiable, NoTangent};

macro_rules! binary_traits {
    ($($(#[$doc:meta])* $Rule:ident: $Op:ident, $vjp:ident, $jvp:ident;)*) => {$(
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "`{Self}` and `{R}` have no differentiated operator here",
            note = "put `#[differentiate]` on the `impl` of the operator"
        )]
        pub trait $Rule<R>: $Op<R, Output: Differentiable> + Sized {
            /// The left operand's type behind `&`.
            type SelfBase: Differentiable + ?Sized;
            /// The right operand's type behind `&`.
            type RhsBase: Differentiable + ?Sized;
            /// Its tangent, of sequences as a slice.
            type RhsBar: ?Sized;

            /// The value and its pullback.
            fn $vjp<const M: u64>(
                self,
                rhs: R,
                wrt: Wrt<M>,
            ) -> (
                Self::Output,
                impl FnOnce(
                    TangentOf<Self::Output>,
                    &Self::SelfBase,
                    &Self::RhsBase,
                    Option<&mut TangentOf<Self::SelfBase>>,
                    Option<&mut Self::RhsBar>,
                ) + use<Self, R, M>,
            );

            /// The value and its tangent.
            fn $jvp<const M: u64>(
                self,
                rhs: R,
                wrt: Wrt<M>,
                self_dot: Option<&TangentOf<Self::SelfBase>>,
                rhs_dot: Option<&Self::RhsBar>,
            ) -> (Self::Output, TangentOf<Self::Output>);
        }
    )*};
}

binary_traits! {
    /// The derivative of `a + b`.
    AddRule: Add, __grad_vjp_add, __grad_jvp_add;
    /// The derivative of `a - b`.
    SubRule: Sub, __grad_vjp_sub, __grad_jvp_sub;
    /// The derivative of `a * b`.
    MulRule: Mul, __grad_vjp_mul, __grad_jvp_mul;
    /// The derivative of `a / b`.
    DivRule: Div, __grad_vjp_div, __grad_jvp_div;
    /// The derivative of `a % b`.
    RemRule: Rem, __grad_vjp_rem, __grad_jvp_rem;
}

/// The derivative of `-a`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no differentiated operator here",
    note = "put `#[differentiate]` on the `impl` of the operator"
)]
pub trait NegRule: Neg<Output: Differentiable> + Sized {
    /// The operand's type behind `&`.
    type SelfBase: Differentiable + ?Sized;

    /// The value and its pullback.
    fn __grad_vjp_neg<const M: u64>(
        self,
        wrt: Wrt<M>,
    ) -> (
        Self::Output,
        impl FnOnce(TangentOf<Self::Output>, &Self::SelfBase, Option<&mut TangentOf<Self::SelfBase>>)
        + use<Self, M>,
    );

    /// The value and its tangent.
    fn __grad_jvp_neg<const M: u64>(
        self,
        wrt: Wrt<M>,
        self_dot: Option<&TangentOf<Self::SelfBase>>,
    ) -> (Self::Output, TangentOf<Self::Output>);
}

macro_rules! assigning_traits {
    ($($(#[$doc:meta])* $Rule:ident: $Op:ident, $vjp:ident, $jvp:ident;)*) => {$(
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "`{Self}` and `{R}` have no differentiated operator here",
            note = "put `#[differentiate]` on the `impl` of the operator"
        )]
        pub trait $Rule<R>: $Op<R> + Differentiable {
            /// The right operand's type behind `&`.
            type RhsBase: Differentiable + ?Sized;
            /// Its tangent, of sequences as a slice.
            type RhsBar: ?Sized;

            /// Assigns; the pullback, which turns the cotangent of the new value into that of the
            /// old.
            fn $vjp<const M: u64>(
                &mut self,
                rhs: R,
                wrt: Wrt<M>,
            ) -> (
                (),
                impl FnOnce(
                    UnitTangent,
                    (),
                    &Self::RhsBase,
                    Option<&mut TangentOf<Self>>,
                    Option<&mut Self::RhsBar>,
                ) + use<Self, R, M>,
            );

            /// Assigns, the tangent too.
            fn $jvp<const M: u64>(
                &mut self,
                rhs: R,
                wrt: Wrt<M>,
                self_dot: Option<&mut TangentOf<Self>>,
                rhs_dot: Option<&Self::RhsBar>,
            ) -> ((), UnitTangent);
        }
    )*};
}

assigning_traits! {
    /// The derivative of `a += b`.
    AddAssignRule: AddAssign, __grad_vjp_add_assign, __grad_jvp_add_assign;
    /// The derivative of `a -= b`.
    SubAssignRule: SubAssign, __grad_vjp_sub_assign, __grad_jvp_sub_assign;
    /// The derivative of `a *= b`.
    MulAssignRule: MulAssign, __grad_vjp_mul_assign, __grad_jvp_mul_assign;
    /// The derivative of `a /= b`.
    DivAssignRule: DivAssign, __grad_vjp_div_assign, __grad_jvp_div_assign;
    /// The derivative of `a %= b`.
    RemAssignRule: RemAssign, __grad_vjp_rem_assign, __grad_jvp_rem_assign;
}

macro_rules! integer_binary {
    ($int:ident, [$($left:ty, $right:ty);*]) => {
        integer_binary!(@ $int [$($left, $right);*] AddRule __grad_vjp_add __grad_jvp_add +);
        integer_binary!(@ $int [$($left, $right);*] SubRule __grad_vjp_sub __grad_jvp_sub -);
        integer_binary!(@ $int [$($left, $right);*] MulRule __grad_vjp_mul __grad_jvp_mul *);
        integer_binary!(@ $int [$($left, $right);*] DivRule __grad_vjp_div __grad_jvp_div /);
        integer_binary!(@ $int [$($left, $right);*] RemRule __grad_vjp_rem __grad_jvp_rem %);
    };
    (@ $int:ident [$($left:ty, $right:ty);*] $Rule:ident $vjp:ident $jvp:ident $op:tt) => {$(
        impl $Rule<$right> for $left {
            type SelfBase = $int;
            type RhsBase = $int;
            type RhsBar = NoTangent;
            #[inline]
            fn $vjp<const M: u64>(
                self,
                rhs: $right,
                _: Wrt<M>,
            ) -> (
                $int,
                impl FnOnce(NoTangent, &$int, &$int, Option<&mut NoTangent>, Option<&mut NoTangent>)
                + use<M>,
            ) {
                let pull = |_: NoTangent,
                            _: &$int,
                            _: &$int,
                            _: Option<&mut NoTangent>,
                            _: Option<&mut NoTangent>| {};
                (self $op rhs, pull)
            }
            #[inline]
            fn $jvp<const M: u64>(
                self,
                rhs: $right,
                _: Wrt<M>,
                _: Option<&NoTangent>,
                _: Option<&NoTangent>,
            ) -> ($int, NoTangent) {
                (self $op rhs, NoTangent)
            }
        }
    )*};
}

macro_rules! integer_assigning {
    ($int:ident, $right:ty) => {
        integer_assigning!(@ $int $right, AddAssignRule __grad_vjp_add_assign __grad_jvp_add_assign +=);
        integer_assigning!(@ $int $right, SubAssignRule __grad_vjp_sub_assign __grad_jvp_sub_assign -=);
        integer_assigning!(@ $int $right, MulAssignRule __grad_vjp_mul_assign __grad_jvp_mul_assign *=);
        integer_assigning!(@ $int $right, DivAssignRule __grad_vjp_div_assign __grad_jvp_div_assign /=);
        integer_assigning!(@ $int $right, RemAssignRule __grad_vjp_rem_assign __grad_jvp_rem_assign %=);
    };
    (@ $int:ident $right:ty, $Rule:ident $vjp:ident $jvp:ident $op:tt) => {
        impl $Rule<$right> for $int {
            type RhsBase = $int;
            type RhsBar = NoTangent;
            #[inline]
            fn $vjp<const M: u64>(
                &mut self,
                rhs: $right,
                _: Wrt<M>,
            ) -> (
                (),
                impl FnOnce(UnitTangent, (), &$int, Option<&mut NoTangent>, Option<&mut NoTangent>)
                + use<M>,
            ) {
                *self $op rhs;
                let pull = |_: UnitTangent,
                            (): (),
                            _: &$int,
                            _: Option<&mut NoTangent>,
                            _: Option<&mut NoTangent>| {};
                ((), pull)
            }
            #[inline]
            fn $jvp<const M: u64>(
                &mut self,
                rhs: $right,
                _: Wrt<M>,
                _: Option<&mut NoTangent>,
                _: Option<&NoTangent>,
            ) -> ((), UnitTangent) {
                *self $op rhs;
                ((), unit_tangent())
            }
        }
    };
}

macro_rules! integer_neg {
    ($($int:ident)*) => {$(
        integer_neg!(@ $int, $int);
        integer_neg!(@ $int, &$int);
    )*};
    (@ $int:ident, $operand:ty) => {
        impl NegRule for $operand {
            type SelfBase = $int;
            #[inline]
            fn __grad_vjp_neg<const M: u64>(
                self,
                _: Wrt<M>,
            ) -> ($int, impl FnOnce(NoTangent, &$int, Option<&mut NoTangent>) + use<M>) {
                (-self, |_: NoTangent, _: &$int, _: Option<&mut NoTangent>| {})
            }
            #[inline]
            fn __grad_jvp_neg<const M: u64>(
                self,
                _: Wrt<M>,
                _: Option<&NoTangent>,
            ) -> ($int, NoTangent) {
                (-self, NoTangent)
            }
        }
    };
}

macro_rules! integers {
    ($($int:ident)*) => {$(
        integer_binary!($int, [$int, $int; $int, &$int; &$int, $int; &$int, &$int]);
        integer_assigning!($int, $int);
        integer_assigning!($int, &$int);
    )*};
}

integers!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);
integer_neg!(i8 i16 i32 i64 i128 isize);

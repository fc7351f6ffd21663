//! The operators in several directions at once.
//!
//! Traits of their own, as not every type with a differentiated operator has its tangents in lanes:
//! `#[differentiate(lanes)]` on the `impl` of an operator implements them.

use super::super::lanes::{Directions, InLanes, LanesOf};
use super::super::{UnitTangent, Wrt};
use super::{
    AddAssignRule, AddRule, DivAssignRule, DivRule, MulAssignRule, MulRule, NegRule, RemAssignRule,
    RemRule, SubAssignRule, SubRule,
};

macro_rules! binary {
    ($($(#[$doc:meta])* $Lanes:ident: $Rule:ident, $name:ident;)*) => {$(
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "`{Self}` and `{R}` have no operator here that is differentiated in several directions at once",
            note = "put `#[differentiate(lanes)]` on the `impl` of the operator"
        )]
        pub trait $Lanes<R>:
            $Rule<R, Output: InLanes, SelfBase: InLanes, RhsBase: InLanes>
        {
            /// The value and its tangents.
            fn $name<const M: u64, const L: usize>(
                self,
                rhs: R,
                wrt: Wrt<M>,
                directions: Directions<L>,
                self_dot: Option<&LanesOf<Self::SelfBase, L>>,
                rhs_dot: Option<&LanesOf<Self::RhsBase, L>>,
            ) -> (Self::Output, LanesOf<Self::Output, L>);
        }
    )*};
}

binary! {
    /// `a + b`.
    AddLanes: AddRule, __grad_lanes_add;
    /// `a - b`.
    SubLanes: SubRule, __grad_lanes_sub;
    /// `a * b`.
    MulLanes: MulRule, __grad_lanes_mul;
    /// `a / b`.
    DivLanes: DivRule, __grad_lanes_div;
    /// `a % b`.
    RemLanes: RemRule, __grad_lanes_rem;
}

/// `-a`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no operator here that is differentiated in several directions at once",
    note = "put `#[differentiate(lanes)]` on the `impl` of the operator"
)]
pub trait NegLanes: NegRule<Output: InLanes, SelfBase: InLanes> {
    /// The value and its tangents.
    fn __grad_lanes_neg<const M: u64, const L: usize>(
        self,
        wrt: Wrt<M>,
        directions: Directions<L>,
        self_dot: Option<&LanesOf<Self::SelfBase, L>>,
    ) -> (Self::Output, LanesOf<Self::Output, L>);
}

macro_rules! assigning {
    ($($(#[$doc:meta])* $Lanes:ident: $Rule:ident, $name:ident;)*) => {$(
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "`{Self}` and `{R}` have no operator here that is differentiated in several directions at once",
            note = "put `#[differentiate(lanes)]` on the `impl` of the operator"
        )]
        pub trait $Lanes<R>: $Rule<R, RhsBase: InLanes> + InLanes {
            /// Assigns, the tangents too.
            fn $name<const M: u64, const L: usize>(
                &mut self,
                rhs: R,
                wrt: Wrt<M>,
                directions: Directions<L>,
                self_dot: Option<&mut LanesOf<Self, L>>,
                rhs_dot: Option<&LanesOf<Self::RhsBase, L>>,
            ) -> ((), UnitTangent);
        }
    )*};
}

assigning! {
    /// `a += b`.
    AddAssignLanes: AddAssignRule, __grad_lanes_add_assign;
    /// `a -= b`.
    SubAssignLanes: SubAssignRule, __grad_lanes_sub_assign;
    /// `a *= b`.
    MulAssignLanes: MulAssignRule, __grad_lanes_mul_assign;
    /// `a /= b`.
    DivAssignLanes: DivAssignRule, __grad_lanes_div_assign;
    /// `a %= b`.
    RemAssignLanes: RemAssignRule, __grad_lanes_rem_assign;
}

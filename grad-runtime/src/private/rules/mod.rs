//! Derivatives of what the macro cannot see into: operators on operands whose type it does not
//! know, and the methods of the standard library's types.
//!
//! A rule is the derivative of one function. For a method `m` it is three methods beside it:
//!
//! - `recv.__grad_vjp_m(args.., Wrt<M>) -> (value, pull)`, where `pull(y_bar, again_1.., bar_1..)`
//!   adds into the cotangents of what was passed by value or `&`, and turns the cotangent of the
//!   final content of a `&mut` into that of the initial content;
//! - `recv.__grad_jvp_m(args.., Wrt<M>, dot_1..) -> (value, y_dot)`;
//! - `recv.__grad_again_m()`: how the pullback wants the receiver again, see
//!   [`Shared`](super::Shared).
//!
//! Bit k of `M` says that argument k is active in the caller; where it is clear, its cotangent is
//! `None`, and nothing is kept for it. Closures that are arguments are not differentiated: a
//! pullback takes `()` for the closure again, and [`NoTangent`](crate::NoTangent) as its cotangent.
//!
//! The operators have traits of their own, so that a user's crate can give its types rules:
//!
//! ```
//! # #![allow(refining_impl_trait)]
//! use std::ops::Mul;
//!
//! use grad_runtime::private::{TangentOf, Wrt, rules::MulRule};
//!
//! #[derive(Clone, Copy, grad_runtime::Differentiable)]
//! struct Pair(f64, f64);
//!
//! impl Mul<Pair> for f64 {
//!     type Output = Pair;
//!     fn mul(self, v: Pair) -> Pair {
//!         Pair(self * v.0, self * v.1)
//!     }
//! }
//!
//! impl MulRule<Pair> for f64 {
//!     type SelfBase = f64; // the types behind `&`
//!     type RhsBase = Pair;
//!
//!     fn __grad_vjp_mul<const M: u64>(
//!         self,
//!         v: Pair,
//!         _: Wrt<M>,
//!     ) -> (
//!         Pair,
//!         impl FnOnce(Pair, &f64, &Pair, Option<&mut f64>, Option<&mut Pair>) + use<M>,
//!     ) {
//!         (self * v, |bar: Pair, s: &f64, v: &Pair, s_bar: Option<&mut f64>, v_bar: Option<&mut Pair>| {
//!             if let Some(s_bar) = s_bar {
//!                 *s_bar += bar.0 * v.0 + bar.1 * v.1;
//!             }
//!             if let Some(v_bar) = v_bar {
//!                 v_bar.0 += bar.0 * s;
//!                 v_bar.1 += bar.1 * s;
//!             }
//!         })
//!     }
//!
//!     fn __grad_jvp_mul<const M: u64>(
//!         self,
//!         v: Pair,
//!         _: Wrt<M>,
//!         s_dot: Option<&f64>,
//!         v_dot: Option<&Pair>,
//!     ) -> (Pair, Pair) {
//!         let mut dot = Pair(0.0, 0.0);
//!         if let Some(s_dot) = s_dot {
//!             dot = *s_dot * v;
//!         }
//!         if let Some(v_dot) = v_dot {
//!             dot = Pair(dot.0 + self * v_dot.0, dot.1 + self * v_dot.1);
//!         }
//!         (self * v, dot)
//!     }
//! }
//!
//! let (y, pull) = MulRule::__grad_vjp_mul(2.0, Pair(3.0, 5.0), Wrt::<3>);
//! let mut s_bar = 0.0;
//! pull(Pair(1.0, 10.0), &2.0, &Pair(3.0, 5.0), Some(&mut s_bar), None);
//! assert_eq!((y.0, y.1, s_bar), (6.0, 10.0, 53.0));
//! ```
//!
//! An impl for references writes `use<M>` too, without its lifetimes: a pullback borrows nothing.

#![allow(
    refining_impl_trait,
    reason = "a pullback captures less than the trait says, so that nothing stays borrowed"
)]

mod operators;
mod real;

pub use operators::*;
pub use real::RealRules;

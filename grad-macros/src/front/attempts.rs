//! A function is lowered in another way where the first fails: a value that leaves a loop early, and that
//! no number can stand for while it is not there, goes through a vector.

use syn::Block;

use super::{Lower, returned};
use crate::diag::{Diagnostics, Problem};
use crate::signature::Signature;

/// Lowers a body as often as it takes.
pub(super) fn attempts<'d, T>(
    (signature, body): (&Signature, &Block),
    diag: &'d Diagnostics,
    start: impl Fn() -> Lower<'d>,
    lower: impl Fn(Lower<'d>, &Block) -> T,
) -> T {
    let mark = diag.mark();
    let lowered = lower(start(), body);
    if !diag.has_since(mark, &Problem::Undefined) {
        return lowered;
    }
    diag.forget(mark);
    let mut cx = start();
    cx.piles_breaks = true;
    let lowered = lower(cx, body);
    if signature.output.is_scalar() || !diag.has_since(mark, &Problem::Undefined) {
        return lowered;
    }
    diag.forget(mark);
    let mut cx = start();
    cx.piles_breaks = true;
    cx.pile_returns();
    lower(cx, &returned::returning(body))
}

//! A function is lowered in another way where the first fails: a value that leaves a loop early, and that
//! no number can stand for while it is not there, goes through a vector; which references
//! walk shows while it is lowered.

use syn::Block;

use super::{Lower, returned, walk_names};
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
    let (lowered, walks) = walk_names::found(|walks| {
        diag.forget(mark);
        let mut cx = start();
        let walks = cx.walks.set(walks);
        (lower(cx, body), walks)
    });
    let start = || {
        let mut cx = start();
        cx.walks.clone_from(&walks);
        cx
    };
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

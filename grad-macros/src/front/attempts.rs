//! A function is lowered again where more is known of its references by then, and in another way where
//! the first fails: a value that leaves a loop early, and that no number can stand for while it is not
//! there, goes through a vector.

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
    let again = || {
        diag.forget(mark);
        let mut cx = start();
        cx.walks.clone_from(&walks);
        cx.piles_breaks = true;
        cx
    };
    if !diag.has_since(mark, &Problem::Undefined) {
        return lowered;
    }
    let lowered = lower(again(), body);
    if signature.output.is_scalar() || !diag.has_since(mark, &Problem::Undefined) {
        return lowered;
    }
    let mut cx = again();
    cx.pile_returns();
    lower(cx, &returned::returning(body))
}

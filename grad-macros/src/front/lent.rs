//! Arguments that are variables of a mutable reference's type: the callee may take a shared one.

use crate::ir::Arg;

/// A variable that is a mutable reference, as an argument: the callee may take a shared one.
pub(super) fn lent(arg: Arg) -> Arg {
    match arg {
        Arg::RefMut(path) => Arg::MaybeMut(path),
        other => other,
    }
}

/// What certainly overlaps another argument that is a reference cannot be borrowed mutably.
pub(super) fn apart(mut args: Vec<Arg>, is_method: bool) -> Vec<Arg> {
    let borrows = |arg: &Arg| matches!(arg, Arg::Ref(_) | Arg::MaybeMut(_));
    let meets = |args: &[Arg], k: usize| {
        let others = args
            .iter()
            .enumerate()
            .filter(|(j, arg)| *j != k && borrows(arg));
        let paths = others.filter_map(|(_, arg)| arg.path());
        (args[k].path()).is_some_and(|own| {
            paths
                .into_iter()
                .any(|path| path.is_around(own) || own.is_around(path))
        })
    };
    let shared: Vec<usize> = (0..args.len())
        .filter(|k| matches!(args[*k], Arg::MaybeMut(_)) && meets(&args, *k))
        .collect();
    for k in shared {
        if let Arg::MaybeMut(path) = args[k].clone() {
            args[k] = if k == 0 && is_method {
                Arg::Receiver(path)
            } else {
                Arg::Ref(path)
            };
        }
    }
    args
}

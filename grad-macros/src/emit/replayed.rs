//! Values that a push reads where they were kept.
//!
//! What a call gave stands in a variable, so that each pass would begin with a copy of it. Where the
//! variable is only read, it is a reference to what the tape holds:
//!
//! ```text
//! let (kept, push) = replayed(&mut tape);
//! let transforms = kept;
//! ```

use super::body::Body;
use crate::ir::{Arg, Kind, Path, Site, Step, Value, Var};

/// The variable that is made of a kept value, where it may be a reference to that.
pub(super) fn read_in_place(body: &Body, value: Value) -> Option<Var> {
    let graph = body.graph;
    if body.reads.get(&value) != Some(&1) || graph.ty(value).is_scalar() {
        return None;
    }
    let sites = graph.sites_within(graph.body);
    let mut sites = sites.iter().map(|id| graph.site(*id));
    let var = sites.clone().find_map(|site| match site.kind {
        Kind::Allocate(var) if site.operands == [value] => Some(var),
        _ => None,
    })?;
    let plain = !graph.var(var).mutable && !body.settled.contains(&var);
    (plain && sites.all(|site| only_looks(site, var))).then_some(var)
}

/// Whether all that the site does with the variable can be done behind a reference.
fn only_looks(site: &Site, var: Var) -> bool {
    let own = |path: &&Path| path.root == var;
    let mentioned = site.paths().iter().filter(own).count();
    let looks = match &site.kind {
        Kind::Length(_) | Kind::Copy(_) | Kind::ZeroLike(_) | Kind::Matches(..) => mentioned,
        Kind::Load(path) => usize::from(is_element(path)),
        Kind::Call(call)
        | Kind::Unmade(call)
        | Kind::CallJvp(call, _)
        | Kind::CallPush(call, _) => {
            let lent = call.args.iter().filter_map(|arg| match arg {
                Arg::Ref(path) => Some(path),
                Arg::Move(path) => Some(path).filter(|path| is_element(path)),
                _ => None,
            });
            lent.filter(own).count()
        }
        _ => 0,
    };
    mentioned == 0 || mentioned == looks
}

/// Whether it is an element of a sequence, which nobody can move out of it.
fn is_element(path: &Path) -> bool {
    path.steps.iter().any(|step| matches!(step, Step::Index(_)))
}

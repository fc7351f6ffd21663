//! Differentiated values that are put where the graph does not look: into a static, behind a lock,
//! into a cell that is a part of something. What is read there later would have a silent zero.

use super::activity::{Marks, targets};
use crate::diag::{Diagnostics, Problem};
use crate::ir::{Arg, Call, Callee, Graph, Kind, Path, Site, Step, Storage};

/// Methods of std's that write through a shared reference.
const SHARED_WRITES: &[&str] = &[
    "set",
    "replace",
    "update",
    "swap",
    "store",
    "get_or_init",
    "fetch_update",
];

/// Reports each site that hands on something `varied`, that is depending on an input, of which nothing
/// `useful`, that is reaching a result, comes.
pub(super) fn report_escapes(graph: &Graph, varied: &Marks, useful: &Marks, diag: &Diagnostics) {
    for id in graph.sites_within(graph.body) {
        let site = graph.site(id);
        let reaches = site.results.iter().any(|v| useful.values.contains(v))
            || targets(site).iter().any(|var| useful.vars.contains(var));
        if !reaches && escapes(graph, site, varied) {
            diag.report(site.span, Problem::Escapes);
        }
    }
}

fn escapes(graph: &Graph, site: &Site, varied: &Marks) -> bool {
    match &site.kind {
        Kind::Call(call) => {
            let is_varied = |arg: &Arg| match arg {
                Arg::Value(v) => varied.values.contains(v),
                other => (other.path()).is_some_and(|path| varied.vars.contains(&path.root)),
            };
            let target = call.args.first().and_then(Arg::path);
            let assigns = matches!(call.callee, Callee::Assign(_));
            let kept = may_keep(graph, call)
                || assigns && target.is_some_and(|path| is_behind_call(graph, path));
            kept && call.args.iter().any(is_varied)
        }
        Kind::Store(path) | Kind::Accumulate(path) => {
            varied.values.contains(&site.operands[0]) && is_behind_call(graph, path)
        }
        _ => false,
    }
}

/// Whether a call may put what it is handed somewhere.
fn may_keep(graph: &Graph, call: &Call) -> bool {
    let of_static = |arg: &Arg| {
        let path = arg.path();
        path.is_some_and(|path| graph.var(path.root).storage == Storage::Static)
    };
    let by_name = matches!(&call.callee, Callee::Method(name, _) if SHARED_WRITES.contains(&name.as_str()))
        && matches!(call.args.first(), Some(Arg::Receiver(_)));
    by_name || call.args.iter().any(of_static)
}

/// Whether a place lies behind what a call gave: the guard of a lock.
fn is_behind_call(graph: &Graph, path: &Path) -> bool {
    let behind = path.steps.iter().any(|step| matches!(step, Step::Deref));
    let made = |site: &Site| {
        let content = site.operands.first().and_then(|v| graph.def(*v));
        site.kind == Kind::Allocate(path.root)
            && content.is_some_and(|site| matches!(site.kind, Kind::Call(_)))
    };
    let mut sites = graph.sites_within(graph.body).into_iter();
    behind && sites.any(|id| made(graph.site(id)))
}

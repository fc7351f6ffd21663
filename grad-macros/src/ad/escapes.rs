//! Differentiated values that are put where the graph does not look: into a static, behind a lock,
//! into a cell that is a part of something. What is read there later would have a silent zero.

use super::activity::{Marks, targets};
use crate::diag::{Diagnostics, Problem};
use crate::ir::{Arg, Call, Callee, Graph, Kind, Path, Site, Step, Storage, Value};

/// Methods of std's that write through a shared reference.
const SHARED_WRITES: &[&str] = &[
    "set",
    "replace",
    "update",
    "swap",
    "store",
    "get_or_init",
    "fetch_update",
    "with",
    "with_borrow_mut",
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
            let kept = may_keep(graph, call, &site.results)
                || assigns && target.is_some_and(|path| is_behind_call(graph, path));
            kept && call.args.iter().any(is_varied)
        }
        Kind::Store(path) | Kind::Accumulate(path) => {
            varied.values.contains(&site.operands[0]) && is_behind_call(graph, path)
        }
        _ => false,
    }
}

/// Whether a call may put what it is handed somewhere: into a static, or by a method of a cell's into
/// what is reached through a shared reference. What a static is asked for has a result that is read;
/// a call whose result nothing reads tells it something. Cells of this function are variables of the graph.
fn may_keep(graph: &Graph, call: &Call, results: &[Value]) -> bool {
    let (Callee::Method(name, _), Some(Arg::Receiver(path))) = (&call.callee, call.args.first())
    else {
        return false;
    };
    let writes = SHARED_WRITES.contains(&name.as_str());
    match graph.var(path.root).storage {
        Storage::Static => writes || !results.iter().any(|v| is_read(graph, *v)),
        Storage::Ref => writes,
        _ => false,
    }
}

fn is_read(graph: &Graph, value: Value) -> bool {
    let mut regions = graph.regions_within(graph.body).into_iter();
    let mut sites = graph.sites_within(graph.body).into_iter();
    regions.any(|region| graph.block(region).yields.contains(&value))
        || sites.any(|id| graph.site(id).reads().contains(&value))
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

//! Errors of `Result`s used as numbers: their tangent has no place for one, and a zero would be
//! silent.

use std::collections::HashSet;

use super::activity::Activity;
use crate::diag::{Diagnostics, Problem};
use crate::ir::{Arg, Callee, Graph, Kind, Path, Site, Value};

/// Reports each computation of something active that takes the error of an active `Result` for a number.
pub(super) fn report_errors(graph: &Graph, active: &Activity, diag: &Diagnostics) {
    let is_error = |path: &Path| path.is_error() && active.vars.contains(&path.root);
    let sites = graph.sites_within(graph.body);
    let sites: Vec<&Site> = sites.into_iter().map(|id| graph.site(id)).collect();
    let loaded = |site: &&&Site| matches!(&site.kind, Kind::Load(path) if is_error(path));
    let numbers = sites.iter().filter(loaded);
    let numbers: HashSet<Value> = numbers.flat_map(|s| s.results.iter().copied()).collect();
    for site in sites.into_iter().filter(|site| active.site(site)) {
        let taken = match &site.kind {
            Kind::Apply(_) => site.operands.iter().any(|v| numbers.contains(v)),
            Kind::Call(call) if matches!(call.callee, Callee::Operator(_) | Callee::Assign(_)) => {
                let mut args = call.args.iter();
                args.any(|arg| match arg {
                    Arg::Value(v) => numbers.contains(v),
                    other => other.path().is_some_and(is_error),
                })
            }
            Kind::If => {
                let mut links = super::activity::links(graph, site).into_iter();
                links.any(|(from, to)| numbers.contains(&from) && active.values.contains(&to))
            }
            _ => false,
        };
        if taken {
            diag.report(site.span, Problem::ErrorValue);
        }
    }
}

//! Forward mode whose values are computed once for many tangents.
//!
//! A Jacobian takes its columns in passes, and each pass would compute the function again. `lanes_once`
//! gives the value and a push, which goes through the function a second time for the tangents alone:
//! it takes the values of calls from tapes, in the order in which they were made, and computes again
//! what else a tangent is multiplied by, which is arithmetic. What no tangent needs it does not
//! compute at all.
//!
//! ```text
//! %3, %4 = call-vjp skin(transforms, weights, vertex)   the value, and the push of the callee
//! push tape %3, %4
//! push
//!   %3, %4 = replay tape
//!   %5 = call-push %4 skin(transforms, weights, vertex) dots &transforms_dot
//! ```

use std::collections::{HashMap, HashSet};

use super::forward::{call::pushes, forward_again, mask};
use super::{Activity, push, subsets, wanted, wrt_mask};
use crate::ir::{Arg, Callee, Graph, Kind, Site, SiteId, Slot, Storage, Ty, Value, Var};
use crate::stages::{Forward, ForwardLanes, Linear, Lowered};

/// The tapes of the calls whose values are kept.
#[derive(Clone, Default)]
pub(super) struct Memo {
    pub(super) tapes: HashMap<SiteId, Var>,
}

/// The value once and a push for many tangents, of a function that changes nothing it is given.
pub(crate) fn linear(lowered: &Lowered, active: &Activity) -> Option<Linear> {
    let mut graph = lowered.graph.clone();
    let changes = graph.params.iter().any(
        |param| matches!(param.slot, Slot::Memory(var) if graph.var(var).storage == Storage::RefMut),
    );
    if changes {
        return None;
    }
    let mut memo = Memo::default();
    let mut tapes = Vec::new();
    for id in graph.sites_within(graph.body) {
        let site = graph.site(id);
        if lowered.recursive || !active.site(site) || !is_kept(&graph, site) {
            continue;
        }
        let span = site.span;
        let tape = graph.new_tape(span);
        memo.tapes.insert(id, tape);
        tapes.push(tape);
    }
    let lanes = ForwardLanes {
        wrt: wrt_mask(&graph),
        some: (subsets(&graph).into_iter())
            .map(|subset| {
                let push = tangents_alone(&subset.graph, &subset.active, &memo);
                (subset.mask, push)
            })
            .collect(),
        all: tangents_alone(&graph, active, &memo),
    };
    let wanted = wanted::mark(&mut graph, &memo);
    record(&mut graph, active, &memo);
    Some(Linear {
        primal: graph,
        tapes,
        wanted,
        lanes,
    })
}

/// Whether the value of a call is kept: of a function, which may be dear, not of an operator.
fn is_kept(graph: &Graph, site: &Site) -> bool {
    let Kind::Call(call) = &site.kind else {
        return false;
    };
    matches!(call.callee, Callee::Function(_))
        && call.args.iter().all(|arg| match arg {
            Arg::Value(_) => true,
            Arg::Move(path) | Arg::Ref(path) => graph.var(path.root).storage != Storage::RefMut,
            _ => false,
        })
}

fn tangents_alone(graph: &Graph, active: &Activity, memo: &Memo) -> Forward {
    let mut forward = forward_again(graph, active, memo.clone());
    let body = forward.graph.body;
    let yields = &mut forward.graph.block_mut(body).yields;
    *yields = yields.split_off(yields.len() / 2);
    forward
}

/// Appends nothing to vectors that nobody reads, once what the result alone reads is gone: what is
/// left asks for an empty one, of which only the form is looked at.
pub(crate) fn drop_unread(graph: &mut Graph) {
    let mut appends: HashMap<Var, Vec<SiteId>> = HashMap::new();
    let (mut seen, mut read) = (HashSet::new(), HashSet::new());
    for id in graph.sites_within(graph.body) {
        let site = graph.site(id);
        let own = match &site.kind {
            Kind::Call(call) => pushes(graph, call).map(|vector| vector.root),
            _ => None,
        };
        if let Some(var) = own {
            appends.entry(var).or_default().push(id);
        }
        for path in site.paths() {
            let first = seen.insert(path.root);
            let only_form = first && matches!(site.kind, Kind::ZeroLike(_));
            if Some(path.root) != own && !only_form {
                read.insert(path.root);
            }
        }
    }
    let unread = appends.into_iter().filter(|(var, _)| !read.contains(var));
    for id in unread.flat_map(|(_, sites)| sites) {
        let site = graph.site_mut(id);
        if let Kind::Call(call) = &site.kind {
            site.kind = Kind::Unmade(call.clone());
        }
    }
}

/// Makes the function keep the values of its calls, each with the push of the callee.
fn record(graph: &mut Graph, active: &Activity, memo: &Memo) {
    for region in graph.regions_within(graph.body) {
        let sites = std::mem::take(&mut graph.block_mut(region).sites);
        for id in sites {
            graph.block_mut(region).sites.push(id);
            let (Some(tape), Kind::Call(mut call)) =
                (memo.tapes.get(&id), graph.site(id).kind.clone())
            else {
                continue;
            };
            call.mask = mask(call.args.iter().map(|arg| active.arg(arg)));
            let (span, value) = (graph.site(id).span, graph.site(id).results[0]);
            let pushed = pushed_by(graph, id);
            graph.site_mut(id).kind = Kind::CallVjp(call);
            let kind = Kind::Push(*tape);
            push(graph, region, kind, vec![value, pushed], Vec::new(), span);
        }
    }
}

/// The push of a call, as one more result of the site.
pub(super) fn pushed_by(graph: &mut Graph, id: SiteId) -> Value {
    let span = graph.site(id).span;
    let value = graph.new_value(Ty::Pullback, span, Some(id));
    graph.value_mut(value).name = Some("push".to_owned());
    graph.site_mut(id).results.push(value);
    value
}

//! Which values and variables are active: they depend on a differentiated input and reach the
//! result. Both questions are answered by walking the sites until nothing changes.

use std::collections::{HashMap, HashSet};

use super::derivatives;
use crate::diag::{Diagnostics, Problem};
use crate::ir::{
    Arg, Callee, Capture, Graph, Kind, Path, Region, Site, Slot, Step, Storage, Ty, Value, Var, Wrt,
};

/// The active values and variables of a graph.
#[derive(Default, Clone)]
pub(crate) struct Activity {
    pub(crate) values: HashSet<Value>,
    pub(crate) vars: HashSet<Var>,
}

impl Activity {
    /// Whether the site computes something active or writes it somewhere.
    pub(crate) fn site(&self, site: &Site) -> bool {
        site.results.iter().any(|v| self.values.contains(v))
            || targets(site).iter().any(|var| self.vars.contains(var))
    }

    /// What stands for something active is active.
    pub(super) fn copy(&mut self, values: &HashMap<Value, Value>, vars: &HashMap<Var, Var>) {
        let values = values.iter().filter(|(of, _)| self.values.contains(of));
        let values: Vec<Value> = values.map(|(_, copy)| *copy).collect();
        let vars = vars.iter().filter(|(of, _)| self.vars.contains(of));
        let vars: Vec<Var> = vars.map(|(_, copy)| *copy).collect();
        self.values.extend(values);
        self.vars.extend(vars);
    }

    pub(crate) fn arg(&self, arg: &Arg) -> bool {
        match arg {
            Arg::Value(v) => self.values.contains(v),
            other => other
                .path()
                .is_some_and(|path| self.vars.contains(&path.root) && !path.is_error()),
        }
    }
}

#[derive(Default, PartialEq, Clone)]
pub(super) struct Marks {
    pub(super) values: HashSet<Value>,
    pub(super) vars: HashSet<Var>,
}

/// Finds what is active; reports opaque code that is.
pub(crate) fn activity(
    graph: &Graph,
    if_active: &HashMap<Value, Problem>,
    diag: &Diagnostics,
) -> Activity {
    let varied = fixpoint(inputs(graph), |marks| forward(graph, graph.body, marks));
    let useful = fixpoint(outputs(graph), |marks| backward(graph, graph.body, marks));
    let active = Activity {
        values: varied
            .values
            .intersection(&useful.values)
            .copied()
            .collect(),
        vars: varied.vars.intersection(&useful.vars).copied().collect(),
    };
    let mut problems: Vec<_> = if_active
        .iter()
        .filter(|(v, _)| active.values.contains(v))
        .collect();
    problems.sort_by_key(|(v, _)| **v);
    for (value, problem) in problems {
        diag.report(graph.value(*value).span, problem.clone());
    }
    for id in graph.sites_within(graph.body) {
        let site = graph.site(id);
        if let Some((name, receiver)) = object_of(graph, site) {
            if active.vars.contains(&receiver) {
                diag.report(site.span, Problem::DynamicReceiver(name));
            }
        }
    }
    super::errors::report_errors(graph, &active, diag);
    // What an error left out may have been the use.
    if !diag.any() {
        super::escapes::report_escapes(graph, &varied, &useful, diag);
    }
    active
}

/// The method and the variable of a call of a trait object that is not known to be constant.
fn object_of(graph: &Graph, site: &Site) -> Option<(String, Var)> {
    let Kind::Call(call) = &site.kind else {
        return None;
    };
    match (&call.callee, call.args.first().and_then(Arg::path)) {
        (Callee::Dynamic(name), Some(path)) if !is_constant_object(graph, path) => {
            Some((name.clone(), path.root))
        }
        _ => None,
    }
}

/// Whether a trait object stands in a field of a parameter, and nothing here writes the field: its
/// tangent, as part of the parameter's, cannot be anything but `NoTangent`.
fn is_constant_object(graph: &Graph, path: &Path) -> bool {
    let is_parameter = graph
        .params
        .iter()
        .any(|p| p.slot == Slot::Memory(path.root));
    let overlaps = |written: &Path| {
        let parts =
            |pair: (&Step, &Step)| matches!(pair, (Step::Field(a), Step::Field(b)) if a != b);
        written.root == path.root && !written.steps.iter().zip(&path.steps).any(parts)
    };
    let mut sites = graph.sites_within(graph.body).into_iter();
    is_parameter
        && matches!(path.steps.first(), Some(Step::Field(_)))
        && !sites.any(|id| graph.site(id).kind.writes().into_iter().any(overlaps))
}

pub(super) fn fixpoint(mut marks: Marks, step: impl Fn(&mut Marks)) -> Marks {
    loop {
        let before = marks.clone();
        step(&mut marks);
        if marks == before {
            return marks;
        }
    }
}

pub(super) fn inputs(graph: &Graph) -> Marks {
    let mut marks = Marks::default();
    for param in graph.params.iter().filter(|p| p.wrt) {
        match param.slot {
            Slot::Scalar(v) => {
                marks.values.insert(v);
            }
            Slot::Memory(var) => {
                marks.vars.insert(var);
            }
        }
    }
    marks
}

pub(super) fn outputs(graph: &Graph) -> Marks {
    Marks {
        values: graph.block(graph.body).yields.iter().copied().collect(),
        vars: graph
            .params
            .iter()
            .filter_map(|param| match param.slot {
                Slot::Memory(var) if graph.var(var).storage == Storage::RefMut => Some(var),
                _ => None,
            })
            .collect(),
    }
}

/// Operands through which a derivative flows.
fn flowing(site: &Site) -> &[Value] {
    match &site.kind {
        // An error has no derivative, whatever it is made of.
        Kind::Record(record) if record.is_error() => &[],
        Kind::Cast(_)
        | Kind::Array { .. }
        | Kind::Tuple
        | Kind::Record(_)
        | Kind::Boxed
        | Kind::Store(_)
        | Kind::Accumulate(_)
        | Kind::Append(_)
        | Kind::Allocate(_) => &site.operands,
        Kind::Select => &site.operands[1..],
        Kind::Repeat { .. } => &site.operands[..1],
        _ => &[],
    }
}

/// Variables the site reads so that a derivative flows, and values in its arguments.
pub(super) fn sources(graph: &Graph, site: &Site) -> (Vec<Value>, Vec<Var>) {
    let mut values = flowing(site).to_vec();
    let mut vars = Vec::new();
    match &site.kind {
        Kind::Apply(op) => {
            let known = site.operands.iter().zip(derivatives(*op));
            let flowing = known.filter(|(_, wrt)| !matches!(wrt, Wrt::Zero));
            values.extend(flowing.map(|(v, _)| *v));
        }
        Kind::Load(path)
        | Kind::Copy(path)
        | Kind::Borrow(path)
        | Kind::Own(path)
        | Kind::Finish(path, _)
            if !path.is_error() =>
        {
            vars.push(path.root);
        }
        Kind::Call(call) => {
            let object = match (&call.callee, call.args.first().and_then(Arg::path)) {
                (Callee::Dynamic(_), Some(path)) => is_constant_object(graph, path),
                _ => false,
            };
            for arg in call.args.iter().skip(usize::from(object)) {
                match arg {
                    Arg::Value(v) => values.push(*v),
                    other => {
                        vars.extend(other.path().filter(|p| !p.is_error()).map(|p| p.root));
                    }
                }
            }
        }
        Kind::Opaque { captures, .. } if !site.results.is_empty() => {
            for (_, capture) in captures {
                match capture {
                    Capture::Value(v) => values.push(*v),
                    Capture::Place(path, _) => vars.push(path.root),
                    Capture::Given => {}
                }
            }
        }
        _ => {}
    }
    (values, vars)
}

/// Variables the site writes a derivative into.
pub(super) fn targets(site: &Site) -> Vec<Var> {
    match &site.kind {
        Kind::Store(path) | Kind::Accumulate(path) | Kind::Append(path) => vec![path.root],
        Kind::Allocate(var) => vec![*var],
        Kind::Call(_) => site.kind.writes().iter().map(|path| path.root).collect(),
        _ => Vec::new(),
    }
}

/// Those of them that may come to depend on what the site reads.
fn varied_targets(site: &Site) -> Vec<Var> {
    let Kind::Call(call) = &site.kind else {
        return targets(site);
    };
    let inert = |k: usize| k < 64 && call.inert >> k & 1 == 1;
    let args = call.args.iter().enumerate().filter(|(k, _)| !inert(*k));
    args.filter_map(|(_, arg)| arg.written())
        .map(|path| path.root)
        .collect()
}

pub(super) fn forward(graph: &Graph, region: Region, marks: &mut Marks) {
    for id in &graph.block(region).sites {
        let site = graph.site(*id);
        let (values, vars) = sources(graph, site);
        let varied = values.iter().any(|v| marks.values.contains(v))
            || vars.iter().any(|v| marks.vars.contains(v))
            || matches!(&site.kind, Kind::Call(call) if call.runs_given());
        if varied {
            mark_results(graph, &site.results, marks);
            marks.vars.extend(varied_targets(site));
        }
        if let Kind::Swap(a, b) = &site.kind {
            if marks.vars.contains(&a.root) || marks.vars.contains(&b.root) {
                marks.vars.extend([a.root, b.root]);
            }
        }
        for (from, to) in links(graph, site) {
            if marks.values.contains(&from) {
                mark_results(graph, &[to], marks);
            }
        }
        for inner in &site.regions {
            forward(graph, *inner, marks);
        }
        for (from, to) in links(graph, site) {
            if marks.values.contains(&from) {
                mark_results(graph, &[to], marks);
            }
        }
    }
}

fn mark_results(graph: &Graph, results: &[Value], marks: &mut Marks) {
    let active = results.iter().copied().filter(|v| carries(graph.ty(*v)));
    marks.values.extend(active);
}

/// Whether something differentiated may be inside. A trait object has no tangent, but may have been
/// made of it: that is an error where it is used.
fn carries(ty: &Ty) -> bool {
    ty.may_be_active() || ty.holds_objects()
}

/// Values that are the same value under another name: what regions are given and yield.
pub(super) fn links(graph: &Graph, site: &Site) -> Vec<(Value, Value)> {
    let mut links = Vec::new();
    match &site.kind {
        Kind::If => {
            for region in &site.regions {
                links.extend(
                    graph
                        .block(*region)
                        .yields
                        .iter()
                        .copied()
                        .zip(site.results.iter().copied()),
                );
            }
        }
        Kind::For(range) => {
            let block = graph.block(site.regions[0]);
            let carried = &site.operands[range.first_carried()..];
            for (k, init) in carried.iter().enumerate() {
                let (arg, next) = (block.args[k + 1], block.yields[k]);
                links.extend([
                    (*init, arg),
                    (next, arg),
                    (*init, site.results[k]),
                    (next, site.results[k]),
                ]);
            }
        }
        Kind::While => {
            let block = graph.block(site.regions[1]);
            for (k, init) in site.operands.iter().enumerate() {
                let (arg, next) = (block.args[k], block.yields[k]);
                links.extend([
                    (*init, arg),
                    (next, arg),
                    (*init, site.results[k]),
                    (next, site.results[k]),
                ]);
            }
        }
        _ => {}
    }
    links
}

fn backward(graph: &Graph, region: Region, marks: &mut Marks) {
    for id in graph.block(region).sites.iter().rev() {
        let site = graph.site(*id);
        for (from, to) in links(graph, site) {
            if marks.values.contains(&to) {
                marks.values.insert(from);
            }
        }
        for inner in &site.regions {
            backward(graph, *inner, marks);
        }
        let useful = site.results.iter().any(|v| marks.values.contains(v))
            || targets(site).iter().any(|v| marks.vars.contains(v));
        if useful {
            let (values, vars) = sources(graph, site);
            let real = values.into_iter().filter(|v| carries(graph.ty(*v)));
            marks.values.extend(real);
            marks.vars.extend(vars);
        }
        if let Kind::Swap(a, b) = &site.kind {
            if marks.vars.contains(&a.root) || marks.vars.contains(&b.root) {
                marks.vars.extend([a.root, b.root]);
            }
        }
    }
}

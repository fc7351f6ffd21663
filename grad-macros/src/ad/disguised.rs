//! Differentiated values in disguise: as text, as bits, as the error of a `Result`. What is made of them
//! has no derivative, and a float read back from them would have a silent zero.
//!
//! Two walks over the graph, like those of [`super::activity`] but through every type: what is made of
//! an input by anything but comparing, counting and rounding, and what the result is made of. Where both
//! meet in a site without a derivative, the front knows the result to be a float, which is an error, or
//! rustc is asked whether it is one: a check is put beside the site.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream, TokenTree};

use super::activity::{Activity, Marks, links, sources, targets};
use crate::diag::{Diagnostics, Problem};
use crate::ir::{
    Arg, Call, Callee, Capture, Discrete, Graph, Kind, Path, Region, Site, SiteId, Storage, Ty,
    Value, Var,
};

/// Functions that make floats of texts and bits.
const MAKERS: &[&str] = &[
    "parse",
    "from_str",
    "from_bits",
    "from_le_bytes",
    "from_be_bytes",
    "from_ne_bytes",
];

/// Those that show a float in integers, digit by digit.
const SHOWERS: &[&str] = &["to_bits", "to_le_bytes", "to_be_bytes", "to_ne_bytes"];

/// What rustc is to be asked.
pub(crate) struct Check {
    /// Where the site stands that has no derivative.
    pub(crate) region: Region,
    pub(crate) site: SiteId,
    /// What goes in; nothing where what comes out must be no float in any case.
    pub(crate) from: Vec<Capture>,
    /// What comes out.
    pub(crate) to: Value,
    pub(crate) span: Span,
}

/// Reports floats made of differentiated values in disguise, and gives what only rustc can tell.
pub(crate) fn disguises(graph: &Graph, active: &Activity, diag: &Diagnostics) -> Vec<Check> {
    let cx = Walk::new(graph);
    let mut checks = Vec::new();
    for region in graph.regions_within(graph.body) {
        for id in &graph.block(region).sites {
            let site = graph.site(*id);
            let Some(&to) = site.results.iter().find(|v| cx.used.values.contains(v)) else {
                continue;
            };
            match cx.judged(site, to, active) {
                Judgement::Fine => {}
                Judgement::Wrong(problem) => diag.report(site.span, problem),
                Judgement::AskRustc(from) => checks.push(Check {
                    region,
                    site: *id,
                    from,
                    to,
                    span: site.span,
                }),
            }
        }
    }
    checks
}

enum Judgement {
    Fine,
    Wrong(Problem),
    AskRustc(Vec<Capture>),
}

/// What the two walks found.
struct Walk<'g> {
    graph: &'g Graph,
    made: Marks,
    used: Marks,
    /// Variables that integers with the digits of a float were put into.
    bits: HashSet<Var>,
    /// What is the error of a `Result`, or a part of one, and is made of an input.
    errors: Marks,
}

impl<'g> Walk<'g> {
    fn new(graph: &'g Graph) -> Self {
        let mut cx = Walk {
            graph,
            made: super::activity::inputs(graph),
            used: super::activity::outputs(graph),
            bits: HashSet::new(),
            errors: Marks::default(),
        };
        while cx.forward(graph.body) {}
        while cx.backward(graph.body) {}
        while cx.find_errors(graph.body) {}
        cx
    }

    fn judged(&self, site: &Site, to: Value, active: &Activity) -> Judgement {
        let ty = self.graph.ty(to);
        if matches!(ty, Ty::Bool | Ty::Unit | Ty::Way | Ty::Walk | Ty::Pullback) {
            return Judgement::Fine;
        }
        let disguised = |v: &Value| self.made.values.contains(v) && !active.values.contains(v);
        match &site.kind {
            Kind::Load(path) if self.is_error(path) => match ty {
                Ty::Int => Judgement::Fine,
                Ty::Float(_) | Ty::Number => Judgement::Wrong(Problem::ErrorValue),
                _ => Judgement::AskRustc(Vec::new()),
            },
            Kind::Cast(_) => {
                let bits = |v: &Value| disguised(v) && *self.graph.ty(*v) == Ty::Int;
                match (site.operands.iter().any(bits), ty) {
                    (true, Ty::Float(_)) => Judgement::Wrong(Problem::Disguised("as".to_owned())),
                    _ => Judgement::Fine,
                }
            }
            Kind::Opaque { code, captures, .. } => {
                let seen = |of: &Marks| -> Vec<Capture> {
                    let seen = captures.iter().map(|(_, capture)| capture);
                    seen.filter(|c| holds(of, c)).cloned().collect()
                };
                let known = active.values.contains(&to);
                match named_in(&code.0, MAKERS).filter(|_| !seen(&self.made).is_empty()) {
                    _ if known => Judgement::Fine,
                    Some(maker) => Judgement::Wrong(Problem::Disguised(maker)),
                    None if *ty == Ty::Int => Judgement::Fine,
                    None => {
                        let active = Marks {
                            values: active.values.clone(),
                            vars: active.vars.clone(),
                        };
                        ask([seen(&self.errors), seen(&active)].concat())
                    }
                }
            }
            Kind::Call(call) => self.judged_call(call, ty, active),
            _ => Judgement::Fine,
        }
    }

    fn judged_call(&self, call: &Call, ty: &Ty, active: &Activity) -> Judgement {
        let name = match &call.callee {
            Callee::Method(name, _) | Callee::Associated(_, name, _) => name.clone(),
            Callee::Function(code) => {
                let last = code.0.clone().into_iter().last();
                last.map_or(String::new(), |last| last.to_string())
            }
            // An object is looked at by the activity.
            Callee::Dynamic(_) => return Judgement::Fine,
            _ => String::new(),
        };
        let captures = call.args.iter().filter_map(|arg| match arg {
            Arg::Value(v) => Some(Capture::Value(*v)),
            other => Some(Capture::Place(other.path()?.clone(), false)),
        });
        let captures: Vec<Capture> = captures.collect();
        let known = |capture: &Capture| match capture {
            Capture::Value(v) => active.values.contains(v),
            Capture::Place(path, _) => active.vars.contains(&path.root) && !path.is_error(),
            Capture::Given => true,
        };
        let disguised = |c: &&Capture| holds(&self.made, c) && !known(c);
        if MAKERS.contains(&name.as_str()) && captures.iter().any(|c| disguised(&c)) {
            return Judgement::Wrong(Problem::Disguised(name));
        }
        if *ty == Ty::Int {
            return Judgement::Fine;
        }
        let of_errors = |c: &&Capture| match c {
            Capture::Value(v) => self.errors.values.contains(v),
            Capture::Place(path, _) => self.is_error(path),
            Capture::Given => false,
        };
        ask(captures.iter().filter(of_errors).cloned().collect())
    }

    /// Whether the place is an error, or in one.
    fn is_error(&self, path: &Path) -> bool {
        path.is_error() && self.made.vars.contains(&path.root)
            || self.errors.vars.contains(&path.root)
    }

    /// Marks what errors are moved to; whether there was something new.
    fn find_errors(&mut self, region: Region) -> bool {
        let before = size(&self.errors);
        for id in self.graph.block(region).sites.clone() {
            let site = self.graph.site(id);
            match &site.kind {
                Kind::Load(path) | Kind::Copy(path) | Kind::Own(path) if self.is_error(path) => {
                    self.errors.values.extend(site.results.iter().copied());
                }
                Kind::Allocate(_) | Kind::Store(_) => {
                    let moved = site.operands.iter();
                    if moved.clone().any(|v| self.errors.values.contains(v)) {
                        self.errors.vars.extend(targets(site));
                    }
                }
                _ => {}
            }
            for inner in &site.regions {
                self.find_errors(*inner);
            }
            for (from, to) in links(self.graph, site) {
                if self.errors.values.contains(&from) {
                    self.errors.values.insert(to);
                }
            }
        }
        size(&self.errors) != before
    }

    /// Marks what is made of what is marked; whether there was something new.
    fn forward(&mut self, region: Region) -> bool {
        let before = size(&self.made);
        for id in self.graph.block(region).sites.clone() {
            let site = self.graph.site(id);
            let (values, vars) = read_by(self.graph, site);
            let of_values = values.iter().any(|v| self.made.values.contains(v));
            if of_values || vars.iter().any(|v| self.made.vars.contains(v)) {
                let shown = self.shows_digits(site, &values, &vars);
                if site.operands.iter().any(|v| self.is_bits(*v)) {
                    self.bits.extend(targets(site));
                }
                let results = site.results.iter().copied();
                let results = results.filter(|v| match self.graph.ty(*v) {
                    Ty::Bool | Ty::Unit => false,
                    Ty::Int => shown,
                    _ => true,
                });
                self.made.values.extend(results);
                self.made.vars.extend(targets(site));
            }
            for inner in &site.regions {
                self.forward(*inner);
            }
            for (from, to) in links(self.graph, site) {
                if self.made.values.contains(&from) {
                    self.made.values.insert(to);
                }
            }
        }
        size(&self.made) != before
    }

    /// Whether an integer that the site gives has the digits of a float: it is its bits, or made of those.
    fn shows_digits(&self, site: &Site, values: &[Value], vars: &[Var]) -> bool {
        if let Kind::Opaque { code, .. } = &site.kind {
            if named_in(&code.0, SHOWERS).is_some() {
                return true;
            }
        }
        values.iter().any(|v| self.is_bits(*v)) || vars.iter().any(|var| self.bits.contains(var))
    }

    fn is_bits(&self, value: Value) -> bool {
        *self.graph.ty(value) == Ty::Int && self.made.values.contains(&value)
    }

    /// Marks what the marked is made of; whether there was something new.
    fn backward(&mut self, region: Region) -> bool {
        let before = size(&self.used);
        for id in self.graph.block(region).sites.clone().into_iter().rev() {
            let site = self.graph.site(id);
            for (from, to) in links(self.graph, site) {
                if self.used.values.contains(&to) {
                    self.used.values.insert(from);
                }
            }
            for inner in &site.regions {
                self.backward(*inner);
            }
            let used = site.results.iter().any(|v| self.used.values.contains(v))
                || targets(site).iter().any(|v| self.used.vars.contains(v));
            // An error is returned for its own sake.
            let ends = matches!(&site.kind, Kind::Record(record) if record.is_error());
            if used && !ends {
                let (values, vars) = read_by(self.graph, site);
                self.used.values.extend(values);
                self.used.vars.extend(vars);
            }
        }
        size(&self.used) != before
    }
}

fn size(marks: &Marks) -> usize {
    marks.values.len() + marks.vars.len()
}

/// What a site makes its results of, whatever the types: all that a derivative flows through, and what
/// none does.
fn read_by(graph: &Graph, site: &Site) -> (Vec<Value>, Vec<Var>) {
    let (mut values, mut vars) = sources(graph, site);
    match &site.kind {
        Kind::Load(path) | Kind::Copy(path) | Kind::Own(path) => vars.push(path.root),
        Kind::Record(_)
        | Kind::Discrete(
            Discrete::BitAnd | Discrete::BitOr | Discrete::BitXor | Discrete::Shl | Discrete::Shr,
        ) => values.extend(site.operands.iter().copied()),
        Kind::Call(call) => {
            vars.extend(call.args.iter().filter_map(Arg::path).map(|p| p.root));
            // The keys of maps; other code only looks.
            let keys = call.args.iter().filter_map(|arg| match arg {
                Arg::Code(_, captures) => Some(captures.iter().map(|(_, capture)| capture)),
                _ => None,
            });
            values.extend(keys.flatten().filter_map(|capture| match capture {
                Capture::Value(v) if !graph.ty(*v).may_be_active() => Some(*v),
                _ => None,
            }));
        }
        _ => {}
    }
    vars.retain(|var| graph.var(*var).storage != Storage::Static);
    (values, vars)
}

/// Rustc is asked where something goes in.
fn ask(from: Vec<Capture>) -> Judgement {
    if from.is_empty() {
        Judgement::Fine
    } else {
        Judgement::AskRustc(from)
    }
}

/// Whether what a code captures is marked; of a place, the variable.
fn holds(marks: &Marks, capture: &Capture) -> bool {
    match capture {
        Capture::Value(v) => marks.values.contains(v),
        Capture::Place(path, _) => marks.vars.contains(&path.root),
        Capture::Given => false,
    }
}

/// The first of the names that the code mentions.
fn named_in(code: &TokenStream, names: &[&str]) -> Option<String> {
    code.clone().into_iter().find_map(|token| match token {
        TokenTree::Group(group) => named_in(&group.stream(), names),
        TokenTree::Ident(ident) => {
            let name = ident.to_string();
            names.contains(&name.as_str()).then_some(name)
        }
        _ => None,
    })
}

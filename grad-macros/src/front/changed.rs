//! What a closure that is passed to a function changes: `visit(&xs, |v| total += v)`.
//!
//! Such a variable is an argument of the call by mutable reference. A number, which is no memory, is
//! put into a variable for the call and read back behind it. The function that is given the closure
//! need not know: for it every call of an `FnMut` changes the closure itself ([`Arg::State`]), so the
//! calls keep their order, forward and in the reverse sweep.

use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

use proc_macro2::{Ident, Span, TokenStream};
use syn::Block;

use super::attempts::attempts;

use super::capture::Captured;
use super::closure::Written;
use super::passed::Given;
use super::scope::Local;
use super::{Lower, Operand, start};
use crate::diag::{Diagnostics, Problem};
use crate::ir::{Arg, Call, Callee, Capture, Kind, Path, Slot, Step, Var};
use crate::signature::{Parameter, Signature};
use crate::stages::Lowered;

/// Methods of std's whose rules call a function in an order of their own.
const OF_STD: &[&str] = &["map", "and_then", "retain", "mapv", "mapv_inplace"];

/// Names of variables that a closure may change.
#[derive(Clone, Debug)]
pub(super) enum Changeable {
    /// All that are mutable, but for these.
    MutableBut(BTreeSet<String>),
    These(BTreeSet<String>),
}

impl Changeable {
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Changeable::MutableBut(names) => !names.contains(name),
            Changeable::These(names) => names.contains(name),
        }
    }
}

/// Where a closure came from that is passed, and what it captures.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) written: Rc<Written>,
    pub(super) code: TokenStream,
    pub(super) span: Span,
    /// Variables that it does not change, though they are mutable.
    pub(super) fixed: BTreeSet<String>,
    /// What it changes only if a method that it calls does, by place among what it captures.
    pub(super) maybe: BTreeSet<usize>,
    pub(super) captures: Vec<Arg>,
    /// What of that is in memory only while the call runs.
    pub(super) lent: Vec<Lent>,
}

/// A variable that is in memory only while a call runs.
#[derive(Clone, Debug)]
pub(super) struct Lent {
    local: Local,
    path: Path,
    before: Operand,
}

impl Lower<'_> {
    /// Captures a variable by mutable reference; nothing where it cannot be lent.
    pub(super) fn capture_changed(
        &mut self,
        name: String,
        operand: Operand,
        captured: &mut Captured,
        span: Span,
    ) -> Option<()> {
        let ty = self.operand_ty(&operand);
        let is_reference = matches!(operand, Operand::RefMut(..));
        let path = match operand {
            Operand::Place(path, _) | Operand::RefMut(path, _) => path,
            before @ (Operand::Value(_) | Operand::Tuple(_)) => {
                let local = self.locals.find(&name)?;
                let value = self.read(before.clone());
                let path = Path::of(self.new_variable(&name, ty.clone(), true, Some(value)));
                captured.lent.push(Lent {
                    local,
                    path: path.clone(),
                    before,
                });
                path
            }
            _ => return None,
        };
        let own = if name == "self" {
            super::passed::THIS
        } else {
            &name
        };
        let own = proc_macro2::Ident::new(own, span);
        let mut parameter = Parameter::captured(own, syn::parse_quote!(&mut _), ty);
        parameter.is_place = !is_reference;
        parameter.mutable = true;
        captured.parameters.push(parameter);
        captured.args.push(Arg::RefMut(path.clone()));
        captured
            .shown
            .push((name, Capture::Place(path, is_reference)));
        Some(())
    }

    /// What the variables hold that closures among the arguments of a call have changed.
    pub(super) fn take_back(&mut self, args: &[Arg], span: Span) {
        for arg in args {
            let Arg::Closure(number, ..) = arg else {
                continue;
            };
            for lent in self.passed_sources[*number].lent.clone() {
                let now = self.read_back(&lent.before, lent.path, span);
                self.locals.set(lent.local, now);
            }
        }
    }

    fn read_back(&mut self, before: &Operand, path: Path, span: Span) -> Operand {
        match before {
            Operand::Value(value) if self.graph.ty(*value).is_scalar() => {
                let ty = self.graph.ty(*value).clone();
                Operand::Value(self.push(Kind::Load(path), Vec::new(), ty, span))
            }
            Operand::Tuple(parts) => {
                let parts = parts.iter().enumerate().map(|(k, part)| {
                    let mut path = path.clone();
                    path.steps.push(Step::Field(k.to_string()));
                    self.read_back(part, path, span)
                });
                Operand::Tuple(parts.collect())
            }
            other => Operand::Place(path, self.operand_ty(other)),
        }
    }

    /// The arguments of a call, with what closures among them capture. What a closure changes is its own
    /// while the call runs: a variable that it changes only if a method does, and that another argument
    /// sees too, it does not change.
    pub(super) fn all_arguments(
        &mut self,
        callee: &Callee,
        mut args: Vec<Arg>,
        span: Span,
    ) -> Vec<Arg> {
        loop {
            let all = self.with_captures(callee, args.clone());
            let shared = shared(&all);
            let Some(first) = shared.first() else {
                return all;
            };
            let maybe = shared
                .iter()
                .find_map(|met| self.maybe_changed(&args, all.len(), *met));
            let Some((k, number, place)) = maybe else {
                let name = all[*first]
                    .path()
                    .map(|path| self.graph.var(path.root).name.clone());
                self.report(span, Problem::PassedPart(name.unwrap_or_default()));
                return all;
            };
            match self.pass_again(number, place) {
                Some(again) => args[k] = again,
                None => return all,
            }
        }
    }

    /// The closure that captures argument `captured` of so many, if only a method may change that: its
    /// place, its number, and the place among what it captures.
    fn maybe_changed(
        &self,
        args: &[Arg],
        count: usize,
        captured: usize,
    ) -> Option<(usize, usize, usize)> {
        let held: usize = args.iter().map(Arg::captures).sum();
        let mut first = count - held;
        for (k, arg) in args.iter().enumerate() {
            let next = first + arg.captures();
            if let (Arg::Closure(number, ..), true) = (arg, (first..next).contains(&captured)) {
                let place = captured - first;
                let maybe = self.passed_sources[*number].maybe.contains(&place);
                return maybe.then_some((k, *number, place));
            }
            first = next;
        }
        None
    }

    /// Passes a closure again, which does not change a variable.
    fn pass_again(&mut self, number: usize, place: usize) -> Option<Arg> {
        let source = self.passed_sources[number].clone();
        let passed = &self.passed[number];
        let name = &passed.signature.parameters[passed.inputs + place].name;
        let mut fixed = source.fixed;
        fixed.insert(name_outside(name));
        let made = self.make_passed(&source.written, &source.code, fixed, source.span)?;
        self.passed[number] = made.0;
        self.passed_sources[number] = made.1;
        Some(self.passed_arg(number, made.2))
    }

    /// Refuses closures that change something where the order of their calls is not the source's.
    pub(super) fn refuse_effects(&self, call: &Call, span: Span) {
        let captured = &call.args[call.first_captured()..];
        let changes = captured.iter().any(|arg| arg.written().is_some());
        let of_std =
            matches!(&call.callee, Callee::Method(name, _) if OF_STD.contains(&name.as_str()));
        if changes && of_std {
            self.report(span, Problem::PassedEffects);
        }
    }
}

/// The captured arguments that closures change, or may, and that meet others.
fn shared(args: &[Arg]) -> Vec<usize> {
    let held: usize = args.iter().map(Arg::captures).sum();
    let written = (args.len() - held..args.len()).filter(|k| args[*k].written().is_some());
    let meets = |k: &usize| {
        let own = args[*k].path();
        let mut others = args.iter().enumerate().filter(|(other, _)| other != k);
        others.any(|(_, other)| match (other.path(), own) {
            (Some(other), Some(own)) => other.may_meet(own),
            _ => false,
        })
    };
    written.filter(meets).collect()
}

/// The name outside of a closure of what a parameter of it stands for.
pub(super) fn name_outside(name: &Ident) -> String {
    match name.to_string() {
        own if own == super::passed::THIS => "self".to_owned(),
        other => other,
    }
}

/// Lowers a closure that is passed to a function, and tells whether it changes what it captures: the
/// parameters behind its inputs, of which there are `inputs`. Those around it are given the functions
/// `given`, which it calls.
pub(super) fn lower_closure(
    (signature, inputs): (&Signature, usize),
    given: &[Rc<Given>],
    body: &Block,
    around: &TokenStream,
    diag: &Diagnostics,
) -> (Lowered, Changes) {
    let begin = || {
        let mut cx = start("closure", signature, body, around, diag);
        cx.declare_given(given);
        cx.watched_from = inputs;
        cx
    };
    let (lowered, assigned) = attempts((signature, body), diag, begin, |cx, body| {
        cx.lower_watched(signature, body)
    });
    let graph = &lowered.graph;
    let (mut written, mut certain) = (HashSet::new(), HashSet::new());
    for id in graph.sites_within(graph.body) {
        let kind = &graph.site(id).kind;
        written.extend(kind.writes().into_iter().map(|path| path.root));
        match kind {
            Kind::Call(call) => {
                let sure = call
                    .args
                    .iter()
                    .filter(|arg| !matches!(arg, Arg::MaybeMut(_)));
                certain.extend(sure.filter_map(Arg::written).map(|path| path.root));
            }
            kind => certain.extend(kind.writes().into_iter().map(|path| path.root)),
        }
    }
    let within = |set: &HashSet<Var>, k: &usize| matches!(graph.params[*k].slot, Slot::Memory(var) if set.contains(&var));
    let captured = inputs..graph.params.len();
    let written: Vec<usize> = captured.filter(|k| within(&written, k)).collect();
    let maybe = written
        .iter()
        .copied()
        .filter(|k| !within(&certain, k))
        .collect();
    let changes = Changes {
        assigned,
        written,
        maybe,
    };
    (lowered, changes)
}

/// What a closure changes of what it captures.
pub(super) struct Changes {
    /// Whether it assigns what it has no mutable reference to.
    pub(super) assigned: bool,
    /// The parameters that it writes.
    pub(super) written: Vec<usize>,
    /// Those of them that it writes only if a method does that it calls on them.
    pub(super) maybe: BTreeSet<usize>,
}

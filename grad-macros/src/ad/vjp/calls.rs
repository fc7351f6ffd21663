//! Calls: the pullback of the callee runs in the reverse sweep.

use proc_macro2::Span;

use super::{Bars, Pull};
use crate::ad::forward::mask;
use crate::ad::{float, push, push_one, zero};
use crate::ir::{Arg, Call, Callee, Kind, Path, Region, SiteId, Storage, Ty, Value, Var, VarInfo};

/// A copy of a variable that is written after the call which needs it.
pub(super) struct Snapshot {
    of: Var,
    /// The call it is made in front of.
    before: SiteId,
    sites: [SiteId; 2],
    var: Var,
}

impl Pull {
    pub(super) fn call(&mut self, id: SiteId, mut call: Call, out: Region, bars: &mut Bars) {
        let site = self.graph.site(id).clone();
        let span = site.span;
        let result = site.results[0];
        let writes = call
            .args
            .iter()
            .any(|arg| is_written(arg) && self.active.arg(arg));
        let bar = match bars.get(&result).copied() {
            Some(bar) => bar,
            None if writes => self.no_cotangent(id, result),
            None => return,
        };
        call.mask = mask(call.args.iter().map(|arg| self.active.arg(arg)));
        let mut again = call.clone();
        for k in 0..call.args.len() {
            again.args[k] = self.again(id, &call, k, span);
        }
        let pullback = match call.callee {
            Callee::Operator(_) if !self.graph.on_arrays => {
                self.operator_pullback(id, &again, out, span)
            }
            _ => {
                let pullback = self.graph.new_value(Ty::Pullback, span, Some(id));
                self.graph.value_mut(pullback).name = Some("pull".to_owned());
                let own = self.graph.site_mut(id);
                own.kind = Kind::CallVjp(call.clone());
                own.results.push(pullback);
                pullback
            }
        };

        let mut places: Vec<Option<Path>> = vec![None; call.args.len()];
        let mut used: Vec<Path> = Vec::new();
        let mut later: Vec<(usize, Path)> = Vec::new();
        // What is written has its own place; only what is read can share one.
        let order = (0..call.args.len()).filter(|k| is_written(&call.args[*k]));
        let order: Vec<usize> = order
            .chain((0..call.args.len()).filter(|k| !is_written(&call.args[*k])))
            .collect();
        for k in order {
            let arg = &call.args[k];
            if !self.active.arg(arg) {
                continue;
            }
            let place = arg.path().and_then(|path| self.shadow(path));
            let own = is_written(arg);
            match place.filter(|place| own || !used.iter().any(|other| place.may_meet(other))) {
                Some(place) => {
                    used.push(place.clone());
                    places[k] = Some(place);
                }
                None => {
                    let path = self.temporary_bar(arg, out, span);
                    later.push((k, path.clone()));
                    places[k] = Some(path);
                }
            }
        }
        for arg in &mut again.args {
            // A pullback is not handed code again, so what that captures is not kept.
            if let Arg::Code(_, captures) = arg {
                captures.clear();
            }
        }
        let kind = Kind::Pull {
            call: again,
            bars: places,
            idle: self.idle.contains(&result) && !writes,
        };
        push(
            &mut self.graph,
            out,
            kind,
            vec![pullback, bar],
            Vec::new(),
            span,
        );
        for (k, path) in later {
            self.collect(&call.args[k], path, out, bars, span);
        }
    }

    /// The pullback of an operator, made in the reverse sweep: doing arithmetic once more is cheaper
    /// than keeping a pullback, and on numbers it costs nothing.
    fn operator_pullback(&mut self, id: SiteId, call: &Call, out: Region, span: Span) -> Value {
        let ty = self.graph.ty(self.graph.site(id).results[0]).clone();
        let (kind, tys) = (Kind::CallVjp(call.clone()), vec![ty, Ty::Pullback]);
        push(&mut self.graph, out, kind, Vec::new(), tys, span)[1]
    }

    /// Zero as the cotangent of a result that nobody reads.
    fn no_cotangent(&mut self, id: SiteId, result: Value) -> Value {
        let info = self.graph.value(result).clone();
        let zero = self.graph.new_site(
            Kind::ZeroOf,
            vec![result],
            Vec::new(),
            vec![info.ty],
            info.span,
        );
        self.after.entry(id).or_default().push(zero);
        self.graph.site(zero).results[0]
    }

    /// Argument `k` as the pullback is handed it: what it was when the call was made.
    fn again(&mut self, id: SiteId, call: &Call, k: usize, span: Span) -> Arg {
        let arg = &call.args[k];
        let Some(path) = arg.path() else {
            return arg.clone();
        };
        let stable = match arg {
            Arg::RefMut(_) | Arg::State(_) => true,
            Arg::MaybeMut(_) => self.residuals.is_stable_receiver(&self.graph, path, id),
            _ => {
                self.residuals.is_stable(&self.graph, path, id)
                    || self.residuals.restore(&self.graph, path, id)
            }
        };
        if stable {
            return arg.clone();
        }
        match (&call.callee, arg) {
            (Callee::Method(name, _), Arg::Receiver(_) | Arg::MaybeMut(_)) if k == 0 => {
                let kind = Kind::Keep(path.clone(), Some(name.clone()));
                Arg::Kept(self.snapshot(id, kind, Ty::Kept, span))
            }
            (_, Arg::MaybeMut(_)) => {
                let kind = Kind::Keep(path.clone(), None);
                Arg::Kept(self.snapshot(id, kind, Ty::Kept, span))
            }
            _ => {
                let as_passed = |copy| match arg {
                    Arg::Move(_) => Arg::Move(copy),
                    _ => Arg::Ref(copy),
                };
                if let Some(var) = self.same_snapshot(id, path) {
                    return as_passed(Path::of(var));
                }
                let ty = if path.steps.is_empty() {
                    self.graph.var(path.root).ty.clone()
                } else {
                    Ty::Unknown
                };
                as_passed(self.snapshot(id, Kind::Copy(path.clone()), ty, span))
            }
        }
    }

    /// A cotangent of its own for an argument that has no place, or shares one.
    pub(super) fn temporary_bar(&mut self, arg: &Arg, out: Region, span: Span) -> Path {
        let (first, ty) = match arg {
            Arg::Value(v) => (self.neutral(out, *v), self.graph.ty(*v).clone()),
            other => {
                let shadow = other.path().and_then(|path| self.shadow(path));
                let kind = shadow.map_or_else(|| float("0.0"), Kind::ZeroLike);
                let ty = Ty::Array(Box::new(Ty::Unknown));
                (
                    push_one(&mut self.graph, out, kind, Vec::new(), ty.clone(), span),
                    ty,
                )
            }
        };
        let info = VarInfo {
            name: "arg_bar".to_owned(),
            ty,
            storage: Storage::Owned,
            mutable: true,
            tangent: true,
            span,
        };
        let var = self.graph.new_var(info);
        push(
            &mut self.graph,
            out,
            Kind::Allocate(var),
            vec![first],
            Vec::new(),
            span,
        );
        Path::of(var)
    }

    /// A zero that is only a start for sums: adding to `-0.0` costs nothing.
    fn neutral(&mut self, out: Region, of: Value) -> Value {
        match self.graph.ty(of).clone() {
            ty @ Ty::Float(_) => {
                let span = self.graph.value(of).span;
                push_one(&mut self.graph, out, float("-0.0"), Vec::new(), ty, span)
            }
            _ => zero(&mut self.graph, out, of),
        }
    }

    pub(super) fn collect(
        &mut self,
        arg: &Arg,
        from: Path,
        out: Region,
        bars: &mut Bars,
        span: Span,
    ) {
        let ty = self.graph.var(from.root).ty.clone();
        let bar = push_one(&mut self.graph, out, Kind::Load(from), Vec::new(), ty, span);
        match arg {
            Arg::Value(v) => self.add(bars, out, *v, bar),
            other => {
                if let Some(path) = other.path().and_then(|path| self.shadow(path)) {
                    push(
                        &mut self.graph,
                        out,
                        Kind::Accumulate(path),
                        vec![bar],
                        Vec::new(),
                        span,
                    );
                }
            }
        }
    }

    /// What is kept of a place that is written later, made before the call that reads it.
    pub(super) fn snapshot(&mut self, id: SiteId, kind: Kind, ty: Ty, span: Span) -> Path {
        let whole = match &kind {
            Kind::Copy(path) if path.steps.is_empty() => Some(path.root),
            _ => None,
        };
        let copy = self
            .graph
            .new_site(kind, Vec::new(), Vec::new(), vec![ty.clone()], span);
        let value = self.graph.site(copy).results[0];
        let info = VarInfo {
            name: "before".to_owned(),
            ty,
            storage: Storage::Owned,
            mutable: false,
            tangent: false,
            span,
        };
        let var = self.graph.new_var(info);
        let make = self.graph.new_site(
            Kind::Allocate(var),
            vec![value],
            Vec::new(),
            Vec::new(),
            span,
        );
        self.before.entry(id).or_default().extend([copy, make]);
        if let Some(of) = whole {
            let made = Snapshot {
                of,
                before: id,
                sites: [copy, make],
                var,
            };
            self.snapshots.push(made);
        }
        Path::of(var)
    }

    /// The snapshot of the variable made for a call behind this one, if nothing is written between:
    /// it moves here and serves both.
    fn same_snapshot(&mut self, id: SiteId, path: &Path) -> Option<Var> {
        if !path.steps.is_empty() {
            return None;
        }
        let k = self.snapshots.iter().position(|made| {
            made.of == path.root
                && self.residuals.unwritten_between(path.root, id, made.before)
                && self
                    .before
                    .get(&made.before)
                    .is_some_and(|sites| sites.contains(&made.sites[0]))
        })?;
        let made = &mut self.snapshots[k];
        if made.before != id {
            let later = self.before.entry(made.before).or_default();
            later.retain(|site| !made.sites.contains(site));
            self.before.entry(id).or_default().splice(0..0, made.sites);
            made.before = id;
        }
        Some(made.var)
    }
}

/// Whether the callee may write the argument.
fn is_written(arg: &Arg) -> bool {
    matches!(arg, Arg::RefMut(_) | Arg::MaybeMut(_) | Arg::State(_))
}

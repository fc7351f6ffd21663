//! Control flow: branches, loops, and leaving them early.
//!
//! There are no jumps in the graph. `return`, `break` and `continue` set the exit code and end their
//! region; whatever follows runs only while the code is 0. Where a branch certainly leaves, what
//! follows it is lowered inside the other branch, so that the usual early return needs no code.

use std::collections::BTreeSet;
use std::rc::Rc;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Block, Expr, Lifetime, Stmt};

use super::closure::Function;
use super::scope::{Local, Locals};
use super::{Lower, Operand, infer};
use crate::diag::Problem;
use crate::ir::{Discrete, Kind, Literal, Path, Range, Region, Ty, Value};

/// A loop being lowered.
pub(super) struct Loop {
    label: Option<String>,
    broken: i64,
    continued: i64,
    /// What `break value` gives.
    result: Local,
    /// A labelled block: only `break` with its label leaves it. A loop that the source does not show
    /// is one without a label: nothing leaves it.
    is_block: bool,
}

/// What `break` and `continue` see of a loop.
pub(super) enum Shown {
    /// A loop of the source, with its label.
    Loop(Option<String>),
    /// A loop the source does not show.
    Hidden,
}

/// One side of a branch, lowered.
struct Arm {
    region: Region,
    locals: Vec<Option<Operand>>,
    value: Operand,
    exits: BTreeSet<i64>,
    dead: bool,
    never: bool,
}

impl Lower<'_> {
    /// Whether control runs on, as a value.
    pub(super) fn running(&mut self) -> Value {
        let code = self.exit_code();
        let zero = self.int(0);
        self.discrete(Discrete::Eq, code, zero, Span::call_site())
    }

    fn exit_code(&mut self) -> Value {
        match self.locals.current(self.exit) {
            Some(Operand::Value(value)) => value,
            _ => self.int(0),
        }
    }

    pub(super) fn leave(&mut self, code: i64) -> Operand {
        let value = self.int(code);
        self.locals.set(self.exit, Operand::Value(value));
        self.exits.insert(code);
        self.dead = true;
        Operand::Never
    }

    pub(super) fn lower_break(
        &mut self,
        label: Option<&Lifetime>,
        value: Option<Operand>,
        span: Span,
    ) -> Operand {
        let Some((code, _, result)) = self.target(label, span) else {
            return Operand::Poison;
        };
        if let Some(value) = value {
            let value = self.own(value, &Ty::Unknown);
            self.locals.set(result, value);
        }
        self.leave(code)
    }

    pub(super) fn lower_continue(&mut self, label: Option<&Lifetime>, span: Span) -> Operand {
        match self.target(label, span) {
            Some((_, code, _)) => self.leave(code),
            None => Operand::Poison,
        }
    }

    /// `'label: { .. }`: `break 'label value` leaves it.
    pub(super) fn lower_labelled(&mut self, block: &Block, label: String, span: Span) -> Operand {
        let result = self.locals.hidden("broken");
        let code = self.next_code;
        self.next_code += 1;
        self.loops.push(Loop {
            label: Some(label),
            broken: code,
            continued: code,
            result,
            is_block: true,
        });
        let value = self.lower_block(block);
        self.loops.pop();
        if !self.dead {
            let value = self.own(value, &Ty::Unknown);
            if self.exits.is_empty() {
                return value;
            }
            let running = self.running();
            self.branch(
                running,
                span,
                |cx| {
                    cx.locals.set(result, value);
                    Operand::Unit
                },
                |_| Operand::Unit,
            );
        }
        if self.exits.remove(&code) {
            self.dead = false;
            let inner = std::mem::take(&mut self.exits);
            let mut all = inner.clone();
            all.insert(code);
            self.after_loop(all, (code, code), span);
        }
        self.locals.current(result).unwrap_or(Operand::Unit)
    }

    fn target(&self, label: Option<&Lifetime>, span: Span) -> Option<(i64, i64, Local)> {
        let wanted = label.map(|l| l.ident.to_string());
        let found = self
            .loops
            .iter()
            .rev()
            .find(|l| wanted.is_none() && !l.is_block || wanted.is_some() && l.label == wanted);
        if found.is_none() {
            self.report(span, Problem::UnknownLabel(wanted.unwrap_or_default()));
        }
        found.map(|l| (l.broken, l.continued, l.result))
    }

    /// Control will not come back: the code before panics.
    pub(super) fn panics(&mut self) -> Operand {
        self.dead = true;
        self.never = true;
        Operand::Never
    }

    /// `if condition { then } else { otherwise }`, variables and values merged.
    pub(super) fn branch(
        &mut self,
        condition: Value,
        span: Span,
        then: impl FnOnce(&mut Self) -> Operand,
        otherwise: impl FnOnce(&mut Self) -> Operand,
    ) -> Operand {
        let before = self.locals.snapshot();
        let exits = self.exits.clone();
        let first = self.arm(then);
        self.locals.restore(&before);
        self.exits.clone_from(&exits);
        let second = self.arm(otherwise);
        self.locals.restore(&before);
        self.merge(condition, span, &before, &first, &second)
    }

    fn arm(&mut self, lower: impl FnOnce(&mut Self) -> Operand) -> Arm {
        let region = self.graph.new_region();
        self.regions.push(region);
        let (dead, never) = (
            std::mem::take(&mut self.dead),
            std::mem::take(&mut self.never),
        );
        let value = lower(self);
        let value = if self.dead {
            Operand::Never
        } else {
            self.own(value, &Ty::Unknown)
        };
        self.regions.pop();
        Arm {
            region,
            locals: self.locals.snapshot(),
            value,
            exits: self.exits.clone(),
            dead: std::mem::replace(&mut self.dead, dead),
            never: std::mem::replace(&mut self.never, never),
        }
    }

    fn merge(
        &mut self,
        condition: Value,
        span: Span,
        before: &[Option<Operand>],
        a: &Arm,
        b: &Arm,
    ) -> Operand {
        let mut merge = Merge::new(a, b, before.len());
        let value = self.merged(Some(&a.value), Some(&b.value), &mut merge, span);
        for local in self.locals.assignable(before.len()) {
            let (of_a, of_b) = (
                Locals::held(&a.locals, local),
                Locals::held(&b.locals, local),
            );
            let operand = if a.never {
                of_b
            } else if b.never || of_a == of_b {
                of_a
            } else {
                self.merged(of_a.as_ref(), of_b.as_ref(), &mut merge, span)
            };
            if let Some(operand) = operand {
                self.locals.set(local, operand);
            }
        }
        let tys = merge.yields.iter().map(|(_, _, ty)| ty.clone()).collect();
        let site = self.graph.new_site(
            Kind::If,
            vec![condition],
            vec![a.region, b.region],
            tys,
            span,
        );
        let results = self.graph.site(site).results.clone();
        for (result, (x, y, _)) in results.iter().zip(&merge.yields) {
            let names = (&self.graph.value(*x).name, &self.graph.value(*y).name);
            let name = names.0.clone().or_else(|| names.1.clone());
            self.graph.value_mut(*result).name = name;
        }
        self.graph.block_mut(a.region).yields = merge.yields.iter().map(|y| y.0).collect();
        self.graph.block_mut(b.region).yields = merge.yields.iter().map(|y| y.1).collect();
        let region = self.region();
        self.graph.block_mut(region).sites.push(site);
        self.resolve_merged(before.len(), &results);
        self.exits = a.exits.union(&b.exits).copied().collect();
        self.dead = a.dead && b.dead;
        self.never = a.never && b.never;
        value.map_or(Operand::Never, |value| placed(value, &results))
    }

    /// After a merge, variables hold placeholders that name results by number; puts the results in.
    fn resolve_merged(&mut self, count: usize, results: &[Value]) {
        for local in self.locals.assignable(count) {
            if let Some(operand) = self.locals.current(local) {
                self.locals.set(local, placed(operand, results));
            }
        }
    }

    /// The merged operand, with a placeholder for each value that differs.
    fn merged(
        &mut self,
        a: Option<&Operand>,
        b: Option<&Operand>,
        merge: &mut Merge,
        span: Span,
    ) -> Option<Operand> {
        use Operand::{
            Closure, Maybe, Never, Place, Poison, Ref, RefMut, Tuple, Unit, Value as Val,
        };
        Some(match (a, b) {
            (None, None) => return None,
            (Some(Never), Some(Never)) => Never,
            (Some(Poison), _) | (_, Some(Poison)) => Poison,
            (Some(Unit), _) | (_, Some(Unit)) => Unit,
            (None | Some(Never), Some(other)) | (Some(other), None | Some(Never)) => {
                let missing_in_a = matches!(a, None | Some(Never));
                self.merge_missing(other, missing_in_a, merge, span)
            }
            (Some(Maybe(x, inside_x)), Some(Maybe(y, inside_y))) => {
                let some = self.merged(Some(&Val(*x)), Some(&Val(*y)), merge, span);
                let inside = self.merged(Some(inside_x), Some(inside_y), merge, span);
                match (some, inside) {
                    (Some(Val(some)), Some(inside)) => Maybe(some, Box::new(inside)),
                    _ => Poison,
                }
            }
            (Some(Tuple(xs)), Some(Tuple(ys))) if xs.len() == ys.len() => {
                let parts = xs
                    .iter()
                    .zip(ys)
                    .map(|(x, y)| self.merged(Some(x), Some(y), merge, span));
                Tuple(parts.map(|part| part.unwrap_or(Poison)).collect())
            }
            (Some(x), Some(y)) if x == y => x.clone(),
            (Some(Val(x)), Some(Val(y))) => {
                let ty = infer::join(self.graph.ty(*x), self.graph.ty(*y));
                merge.place(*x, *y, ty)
            }
            (
                Some(Place(p, _) | Ref(p, _) | RefMut(p, _)),
                Some(Place(q, _) | Ref(q, _) | RefMut(q, _)),
            ) if p == q => a.cloned().unwrap_or(Poison),
            (Some(Closure(f)), Some(Closure(g)))
                if f.outlives(merge.locals) && g.outlives(merge.locals) =>
            {
                self.merged_functions(f, g, merge)
            }
            (Some(Ref(p, ty)), Some(Ref(q, _))) if p.same_shape(q) => {
                Ref(Self::merged_path(p, q, merge), ty.clone())
            }
            (Some(RefMut(p, ty)), Some(RefMut(q, _))) if p.same_shape(q) => {
                RefMut(Self::merged_path(p, q, merge), ty.clone())
            }
            _ => self.report(span, Problem::BranchedReference),
        })
    }

    /// Which of two functions it is becomes a truth value.
    fn merged_functions(&mut self, f: &Function, g: &Function, merge: &mut Merge) -> Operand {
        let yes = self.inside(merge.regions.0, |cx| cx.truth(true));
        let no = self.inside(merge.regions.1, |cx| cx.truth(false));
        let first = merge.slot(yes, no, Ty::Bool);
        let f = self.only_choices(f, false, merge);
        let g = self.only_choices(g, true, merge);
        Operand::Closure(Function::Either(first, Rc::new((f, g))))
    }

    /// A function that only one side has: its choices are anything on the other.
    fn only_choices(&mut self, f: &Function, missing_in_a: bool, merge: &mut Merge) -> Function {
        let region = if missing_in_a {
            merge.regions.0
        } else {
            merge.regions.1
        };
        let values: Vec<Value> = f
            .choices()
            .into_iter()
            .map(|value| {
                let hole = self.inside(region, |cx| cx.undefined(Ty::Bool));
                if missing_in_a {
                    merge.slot(hole, value, Ty::Bool)
                } else {
                    merge.slot(value, hole, Ty::Bool)
                }
            })
            .collect();
        f.with_choices(&mut values.into_iter())
    }

    fn inside<T>(&mut self, region: Region, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.regions.push(region);
        let result = lower(self);
        self.regions.pop();
        result
    }

    /// Places that differ in nothing but indices: the indices are merged.
    fn merged_path(a: &Path, b: &Path, merge: &mut Merge) -> Path {
        let values: Vec<Value> = a
            .values()
            .into_iter()
            .zip(b.values())
            .map(|(x, y)| if x == y { x } else { merge.slot(x, y, Ty::Int) })
            .collect();
        let mut path = a.clone();
        path.set_values(&mut values.into_iter());
        path
    }

    /// A variable that only one side has set.
    fn merge_missing(
        &mut self,
        other: &Operand,
        missing_in_a: bool,
        merge: &mut Merge,
        span: Span,
    ) -> Operand {
        match other {
            Operand::Value(value) => {
                let ty = self.graph.ty(*value).clone();
                self.check_hole(&ty, span);
                let region = if missing_in_a {
                    merge.regions.0
                } else {
                    merge.regions.1
                };
                self.regions.push(region);
                let hole = self.undefined(ty.clone());
                self.regions.pop();
                if missing_in_a {
                    merge.place(hole, *value, ty)
                } else {
                    merge.place(*value, hole, ty)
                }
            }
            Operand::Tuple(parts) => {
                let parts = parts
                    .iter()
                    .map(|part| self.merge_missing(part, missing_in_a, merge, span));
                Operand::Tuple(parts.collect())
            }
            Operand::Closure(f) if f.outlives(merge.locals) => {
                Operand::Closure(self.only_choices(f, missing_in_a, merge))
            }
            Operand::Closure(_) => self.report(span, Problem::BranchedReference),
            Operand::Ref(path, ty) => {
                Operand::Ref(self.missing_path(path, missing_in_a, merge), ty.clone())
            }
            Operand::RefMut(path, ty) => {
                Operand::RefMut(self.missing_path(path, missing_in_a, merge), ty.clone())
            }
            Operand::Maybe(some, inside) => {
                let some = Operand::Value(*some);
                let some = self.merge_missing(&some, missing_in_a, merge, span);
                let inside = self.merge_missing(inside, missing_in_a, merge, span);
                match some {
                    Operand::Value(some) => Operand::Maybe(some, Box::new(inside)),
                    _ => Operand::Poison,
                }
            }
            other => other.clone(),
        }
    }

    /// A reference that only one side has: on the other its indices are anything.
    fn missing_path(&mut self, path: &Path, missing_in_a: bool, merge: &mut Merge) -> Path {
        let region = if missing_in_a {
            merge.regions.0
        } else {
            merge.regions.1
        };
        self.regions.push(region);
        let values: Vec<Value> = path
            .values()
            .into_iter()
            .map(|value| {
                let hole = self.undefined(Ty::Int);
                let (x, y) = if missing_in_a {
                    (hole, value)
                } else {
                    (value, hole)
                };
                merge.slot(x, y, Ty::Int)
            })
            .collect();
        self.regions.pop();
        let mut path = path.clone();
        path.set_values(&mut values.into_iter());
        path
    }

    /// Only a number can stand for a value that is not there.
    fn check_hole(&self, ty: &Ty, span: Span) {
        if !ty.is_scalar() && *ty != Ty::Unknown {
            self.report(span, Problem::Undefined);
        }
    }

    /// Lowers the rest of a block where an earlier statement may have left it.
    pub(super) fn lower_guarded(&mut self, rest: &[Stmt], span: Span) -> Operand {
        let running = self.running();
        let tail = self.tail;
        self.branch(
            running,
            span,
            |cx| {
                // Control runs on: whatever could have left, has not.
                cx.exits.clear();
                let value = cx.lower_stmts(rest);
                if tail && cx.pile.is_some() && !cx.dead {
                    return cx.lower_return(value);
                }
                value
            },
            |cx| {
                // Here the exit code is set: nothing after this runs.
                cx.dead = true;
                Operand::Never
            },
        )
    }

    /// A counted loop over `range` that the source does not show.
    pub(super) fn lower_counted(
        &mut self,
        range: Range,
        bounds: Vec<Value>,
        span: Span,
        body: impl FnOnce(&mut Self, Value),
    ) {
        self.lower_loop(Kind::For(range), bounds, Shown::Hidden, span, None, body);
    }

    /// A loop that only an exit code ends and that the source does not show.
    pub(super) fn forever(&mut self, span: Span, body: impl FnOnce(&mut Self)) {
        let body = |cx: &mut Self, _| body(cx);
        self.lower_loop(Kind::While, Vec::new(), Shown::Hidden, span, None, body);
    }

    /// A loop of the source whose iterations `lower` makes; it is given the code of `continue`.
    pub(super) fn looped(
        &mut self,
        label: Option<String>,
        span: Span,
        lower: impl FnOnce(&mut Self, i64),
    ) {
        let continued = self.next_code;
        self.next_code += 1;
        let result = self.locals.hidden("broken");
        self.stoppable(span, |cx, broken| {
            cx.loops.push(Loop {
                label,
                broken,
                continued,
                result,
                is_block: false,
            });
            lower(cx, continued);
            cx.loops.pop();
        });
    }

    /// One run of a loop's body: `continue` ends it.
    pub(super) fn one_pass(&mut self, continued: i64, body: impl FnOnce(&mut Self)) {
        body(self);
        if self.exits.contains(&continued) {
            self.end_iteration(continued);
            self.dead = self.never;
        }
    }

    /// Code that the exit code it is given ends early.
    pub(super) fn stoppable(&mut self, span: Span, lower: impl FnOnce(&mut Self, i64)) {
        let code = self.next_code;
        self.next_code += 1;
        let before = std::mem::take(&mut self.exits);
        lower(self, code);
        let inner = std::mem::replace(&mut self.exits, before);
        if inner.contains(&code) {
            self.dead = self.never;
        }
        self.after_loop(inner, (code, code), span);
    }

    /// Sets the exit code.
    pub(super) fn stop(&mut self, code: i64) {
        self.leave(code);
    }

    /// What comes after code that may have set the exit code.
    pub(super) fn while_running(&mut self, span: Span, then: impl FnOnce(&mut Self)) {
        if self.dead {
            return;
        }
        if self.exits.is_empty() {
            return then(self);
        }
        let running = self.running();
        self.branch(
            running,
            span,
            |cx| {
                cx.exits.clear();
                then(cx);
                if cx.dead {
                    Operand::Never
                } else {
                    Operand::Unit
                }
            },
            |cx| {
                cx.dead = true;
                Operand::Never
            },
        );
    }

    /// `while condition { body }`; `loop` has no condition.
    pub(super) fn lower_while(
        &mut self,
        condition: Option<&Expr>,
        body: &Block,
        label: Option<String>,
        span: Span,
    ) -> Operand {
        let shown = Shown::Loop(label);
        self.lower_loop(Kind::While, Vec::new(), shown, span, condition, |cx, _| {
            cx.lower_block(body);
        })
    }

    fn lower_loop(
        &mut self,
        kind: Kind,
        bounds: Vec<Value>,
        shown: Shown,
        span: Span,
        condition: Option<&Expr>,
        body: impl FnOnce(&mut Self, Value),
    ) -> Operand {
        let result = self.locals.hidden("broken");
        let before = self.locals.snapshot();
        let exits_before = std::mem::take(&mut self.exits);
        let (label, is_block) = match shown {
            Shown::Loop(label) => (label, false),
            Shown::Hidden => (None, true),
        };
        let frame = Loop {
            label,
            broken: self.next_code,
            continued: self.next_code + 1,
            result,
            is_block,
        };
        self.next_code += 2;
        let codes = (frame.broken, frame.continued);
        self.loops.push(frame);

        let counted = matches!(kind, Kind::For(_));
        let mut carried = self.carried(&before);
        let cond_region =
            (!counted).then(|| self.condition_region(condition, &mut carried, &before));
        let region = self.graph.new_region();
        self.regions.push(region);
        let (dead, never) = (
            std::mem::take(&mut self.dead),
            std::mem::take(&mut self.never),
        );
        let index = if counted {
            self.graph.new_arg(region, Ty::Int, span)
        } else {
            Value(0)
        };
        self.enter_iteration(&mut carried, &before, region);
        let zero = self.int(0);
        self.locals.set(self.exit, Operand::Value(zero));
        body(self, index);
        self.end_iteration(codes.1);
        self.never = never;
        self.dead = dead;
        let after = self.locals.snapshot();
        self.regions.pop();
        self.loops.pop();

        let inner_exits = std::mem::replace(&mut self.exits, exits_before);
        let indices = if counted { vec![index] } else { Vec::new() };
        let frame = Frame {
            kind,
            bounds,
            span,
            cond_region,
            region,
            indices,
        };
        self.finish_loop(frame, carried, &before, &after);
        self.after_loop(inner_exits, codes, span);
        match self.locals.current(result) {
            Some(operand) if !matches!(operand, Operand::Unit) => operand,
            _ => Operand::Unit,
        }
    }

    /// The variables a loop may change.
    fn carried(&mut self, before: &[Option<Operand>]) -> Vec<Carried> {
        let new = |local| Carried {
            local,
            cond_args: Vec::new(),
            args: Vec::new(),
        };
        self.locals
            .assignable(before.len())
            .into_iter()
            .map(new)
            .collect()
    }

    /// Gives every variable that is set before the loop an argument of `region` to hold.
    fn enter_iteration(
        &mut self,
        carried: &mut [Carried],
        before: &[Option<Operand>],
        region: Region,
    ) {
        for entry in carried {
            let Some(held) = Locals::held(before, entry.local) else {
                continue;
            };
            let args = leaves(&held).into_iter().map(|value| {
                let info = self.graph.value(value).clone();
                let arg = self.graph.new_arg(region, info.ty, info.span);
                let name = self.locals.name(entry.local).to_owned();
                self.graph.value_mut(arg).name = info.name.or(Some(name));
                arg
            });
            entry.cond_args = std::mem::replace(&mut entry.args, args.collect());
            let operand = with_leaves(&held, &mut entry.args.clone().into_iter());
            self.locals.set(entry.local, operand);
        }
    }

    fn condition_region(
        &mut self,
        condition: Option<&Expr>,
        carried: &mut [Carried],
        before: &[Option<Operand>],
    ) -> Region {
        let region = self.graph.new_region();
        self.regions.push(region);
        self.enter_iteration(carried, before, region);
        let start = self.locals.snapshot();
        let running = self.running();
        let go_on = match condition {
            None => running,
            Some(expr) => {
                let value = self.branch(
                    running,
                    expr.span(),
                    |cx| cx.lower_expr(expr),
                    |cx| {
                        let no = Kind::Literal(Literal::Bool(false));
                        Operand::Value(cx.push(no, Vec::new(), Ty::Bool, Span::call_site()))
                    },
                );
                if self.locals.snapshot().get(..start.len()) != Some(&start[..]) {
                    self.report(expr.span(), Problem::MutatedGuard);
                }
                self.read(value)
            }
        };
        self.graph.block_mut(region).yields = vec![go_on];
        self.regions.pop();
        self.locals.restore(before);
        region
    }

    /// A `continue` of this loop ends the iteration, no more.
    fn end_iteration(&mut self, continued: i64) {
        if self.exits.remove(&continued) {
            let code = self.exit_code();
            let (mark, zero) = (self.int(continued), self.int(0));
            let code = match self.graph.number(code) {
                #[allow(clippy::cast_precision_loss)]
                Some(number) if (number - continued as f64).abs() < 0.5 => zero,
                Some(_) => code,
                None => {
                    let is_own = self.discrete(Discrete::Eq, code, mark, Span::call_site());
                    self.push(
                        Kind::Select,
                        vec![is_own, zero, code],
                        Ty::Int,
                        Span::call_site(),
                    )
                }
            };
            self.locals.set(self.exit, Operand::Value(code));
        }
        if self.exits.is_empty() {
            let zero = self.int(0);
            self.locals.set(self.exit, Operand::Value(zero));
        }
    }

    /// Makes the loop's site: yields what the variables hold, gives them the results.
    fn finish_loop(
        &mut self,
        mut frame: Frame,
        mut carried: Vec<Carried>,
        before: &[Option<Operand>],
        after: &[Option<Operand>],
    ) {
        let mut yields = Vec::new();
        let mut shapes = Vec::new();
        for entry in &mut carried {
            let (start, end) = (
                Locals::held(before, entry.local),
                Locals::held(after, entry.local),
            );
            let Some(end) = end else { continue };
            let start = start.unwrap_or_else(|| self.first_set_inside(&end, &frame, entry));
            if !same_places(&start, &end) || leaves(&start).len() != leaves(&end).len() {
                self.report(frame.span, Problem::BranchedReference);
                continue;
            }
            frame.bounds.extend(leaves(&start));
            yields.extend(leaves(&end));
            shapes.push((entry.local, start));
        }
        if let (Kind::For(range), Some(first)) = (&mut frame.kind, yields.first()) {
            // The exit code is the first variable there is.
            range.exits = self.graph.number(*first) != Some(0.0);
        }
        if let Some(region) = frame.cond_region {
            let args = carried.iter().flat_map(|c| c.cond_args.clone()).collect();
            self.graph.block_mut(region).args = args;
        }
        let args = frame
            .indices
            .into_iter()
            .chain(carried.iter().flat_map(|c| c.args.clone()))
            .collect();
        self.graph.block_mut(frame.region).args = args;
        let tys: Vec<Ty> = yields.iter().map(|v| self.graph.ty(*v).clone()).collect();
        self.graph.block_mut(frame.region).yields = yields;
        let regions = frame
            .cond_region
            .into_iter()
            .chain([frame.region])
            .collect();
        let site = self
            .graph
            .new_site(frame.kind, frame.bounds, regions, tys, frame.span);
        let outer = self.region();
        self.graph.block_mut(outer).sites.push(site);
        let mut results = self.graph.site(site).results.clone().into_iter();
        self.locals.restore(before);
        for (local, shape) in shapes {
            let operand = with_leaves(&shape, &mut results);
            let name = self.locals.name(local).to_owned();
            for value in leaves(&operand) {
                self.graph.value_mut(value).name = Some(name.clone());
            }
            self.locals.set(local, operand);
        }
    }

    /// A variable first set inside the loop is carried all the same, undefined before it.
    fn first_set_inside(&mut self, end: &Operand, frame: &Frame, entry: &mut Carried) -> Operand {
        let mut holes = Vec::new();
        for value in leaves(end) {
            let info = self.graph.value(value).clone();
            self.check_hole(&info.ty, frame.span);
            holes.push(self.undefined(info.ty.clone()));
            entry
                .args
                .push(self.graph.new_arg(frame.region, info.ty.clone(), info.span));
            if let Some(region) = frame.cond_region {
                entry
                    .cond_args
                    .push(self.graph.new_arg(region, info.ty, info.span));
            }
        }
        with_leaves(end, &mut holes.into_iter())
    }

    /// The exit code after a loop: its own `break` is no exit any more.
    fn after_loop(&mut self, mut inner: BTreeSet<i64>, (broken, _): (i64, i64), span: Span) {
        let broke = inner.remove(&broken);
        if inner.is_empty() {
            let zero = self.int(0);
            self.locals.set(self.exit, Operand::Value(zero));
        } else if broke {
            let code = self.exit_code();
            let (mark, zero) = (self.int(broken), self.int(0));
            let is_own = self.discrete(Discrete::Eq, code, mark, span);
            let code = self.push(Kind::Select, vec![is_own, zero, code], Ty::Int, span);
            self.locals.set(self.exit, Operand::Value(code));
        }
        self.exits.extend(inner);
    }
}

/// A variable a loop may change, with the arguments that stand for it.
struct Carried {
    local: Local,
    cond_args: Vec<Value>,
    args: Vec<Value>,
}

/// A loop whose regions are lowered.
struct Frame {
    kind: Kind,
    bounds: Vec<Value>,
    span: Span,
    cond_region: Option<Region>,
    region: Region,
    indices: Vec<Value>,
}

/// Values that differ between two branches.
struct Merge {
    regions: (Region, Region),
    yields: Vec<(Value, Value, Ty)>,
    /// How many variables there were before.
    locals: usize,
}

/// Placeholders count down from here; no graph has that many values.
const PLACEHOLDER: u32 = u32::MAX;

impl Merge {
    fn new(a: &Arm, b: &Arm, locals: usize) -> Self {
        Merge {
            regions: (a.region, b.region),
            yields: Vec::new(),
            locals,
        }
    }

    fn place(&mut self, x: Value, y: Value, ty: Ty) -> Operand {
        Operand::Value(self.slot(x, y, ty))
    }

    fn slot(&mut self, x: Value, y: Value, ty: Ty) -> Value {
        let known = self.yields.iter().position(|(a, b, _)| (*a, *b) == (x, y));
        let k = known.unwrap_or_else(|| {
            self.yields.push((x, y, ty));
            self.yields.len() - 1
        });
        Value(PLACEHOLDER - u32::try_from(k).unwrap_or(0))
    }
}

/// Puts results where placeholders stand.
fn placed(operand: Operand, results: &[Value]) -> Operand {
    match operand {
        Operand::Value(value) => Operand::Value(placed_value(value, results)),
        Operand::Closure(f) => {
            let values = f.choices().into_iter().map(|v| placed_value(v, results));
            Operand::Closure(f.with_choices(&mut values.collect::<Vec<_>>().into_iter()))
        }
        Operand::Ref(path, ty) => Operand::Ref(placed_path(&path, results), ty),
        Operand::RefMut(path, ty) => Operand::RefMut(placed_path(&path, results), ty),
        Operand::Tuple(parts) => {
            Operand::Tuple(parts.into_iter().map(|p| placed(p, results)).collect())
        }
        Operand::Maybe(some, inside) => Operand::Maybe(
            placed_value(some, results),
            Box::new(placed(*inside, results)),
        ),
        other => other,
    }
}

fn placed_value(value: Value, results: &[Value]) -> Value {
    let k = (PLACEHOLDER - value.0) as usize;
    results.get(k).copied().unwrap_or(value)
}

fn placed_path(path: &Path, results: &[Value]) -> Path {
    let values = path.values().into_iter().map(|v| placed_value(v, results));
    let mut path = path.clone();
    path.set_values(&mut values.collect::<Vec<_>>().into_iter());
    path
}

/// The values inside an operand that assignment may change.
pub(super) fn leaves(operand: &Operand) -> Vec<Value> {
    match operand {
        Operand::Value(value) => vec![*value],
        Operand::Tuple(parts) => parts.iter().flat_map(leaves).collect(),
        Operand::Ref(path, _) | Operand::RefMut(path, _) => path.values(),
        Operand::Maybe(some, inside) => {
            let mut all = vec![*some];
            all.extend(leaves(inside));
            all
        }
        _ => Vec::new(),
    }
}

fn with_leaves(operand: &Operand, next: &mut impl Iterator<Item = Value>) -> Operand {
    match operand {
        Operand::Value(value) => Operand::Value(next.next().unwrap_or(*value)),
        Operand::Tuple(parts) => {
            Operand::Tuple(parts.iter().map(|p| with_leaves(p, next)).collect())
        }
        Operand::Ref(path, ty) => {
            let mut path = path.clone();
            path.set_values(next);
            Operand::Ref(path, ty.clone())
        }
        Operand::Maybe(some, inside) => {
            let some = next.next().unwrap_or(*some);
            Operand::Maybe(some, Box::new(with_leaves(inside, next)))
        }
        Operand::RefMut(path, ty) => {
            let mut path = path.clone();
            path.set_values(next);
            Operand::RefMut(path, ty.clone())
        }
        other => other.clone(),
    }
}

/// Whether two operands name the same places up to indices.
fn same_places(a: &Operand, b: &Operand) -> bool {
    match (a, b) {
        (Operand::Ref(p, _), Operand::Ref(q, _))
        | (Operand::RefMut(p, _), Operand::RefMut(q, _)) => p.same_shape(q),
        (Operand::Tuple(xs), Operand::Tuple(ys)) => {
            xs.iter().zip(ys).all(|(x, y)| same_places(x, y))
        }
        (Operand::Place(p, _), Operand::Place(q, _)) => p == q,
        (Operand::Maybe(_, x), Operand::Maybe(_, y)) => same_places(x, y),
        (Operand::Closure(_) | Operand::Iter(_), _) => a == b,
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}

/// Whether control certainly does not reach the end of the expression.
pub(super) fn diverges(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Paren(inner) => diverges(&inner.expr),
        Expr::Block(block) => block_diverges(&block.block),
        Expr::If(branch) => {
            let otherwise = branch.else_branch.as_ref();
            block_diverges(&branch.then_branch) && otherwise.is_some_and(|(_, e)| diverges(e))
        }
        Expr::Match(m) => !m.arms.is_empty() && m.arms.iter().all(|arm| diverges(&arm.body)),
        Expr::Macro(m) => super::macros::panics(&m.mac),
        _ => false,
    }
}

pub(super) fn block_diverges(block: &Block) -> bool {
    block.stmts.iter().any(|stmt| match stmt {
        Stmt::Expr(expr, _) => diverges(expr),
        Stmt::Macro(m) => super::macros::panics(&m.mac),
        _ => false,
    })
}

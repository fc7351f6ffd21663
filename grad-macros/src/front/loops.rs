//! Loops: what an iteration changes is carried from one to the next.

use std::collections::BTreeSet;

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Block, Expr};

use super::branch::{leaves, same_places, with_leaves};
use super::flow::{Loop, Shown};
use super::scope::{Local, Locals};
use super::{Lower, Operand};
use crate::checkpoint;
use crate::diag::Problem;
use crate::ir::{Checkpoint, Discrete, Kind, Literal, Range, Region, Ty, Value};

impl Lower<'_> {
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
                pile: None,
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

    /// A loop with attributes: marks what becomes of it if it is under `checkpoint`.
    pub(super) fn attributed(
        &mut self,
        attrs: &[Attribute],
        lower: impl FnOnce(&mut Self) -> Operand,
    ) -> Operand {
        let Some(mark) = checkpoint::asked(attrs) else {
            return lower(self);
        };
        let (region, first) = (self.region(), self.graph.sites.len());
        let value = lower(self);
        self.mark_loops(region, first, mark);
        value
    }

    /// Marks the outermost loops among the sites made since.
    fn mark_loops(&mut self, region: Region, first: usize, mark: Checkpoint) {
        for id in self.graph.block(region).sites.clone() {
            let site = self.graph.site(id);
            let (is_loop, regions) = (site.kind.is_loop(), site.regions.clone());
            if (id.0 as usize) < first {
                continue;
            }
            if is_loop {
                if let Some(body) = regions.last() {
                    self.graph.block_mut(*body).checkpoint = Some(mark);
                }
            } else {
                for inner in regions {
                    self.mark_loops(inner, first, mark);
                }
            }
        }
    }

    pub(super) fn lower_loop(
        &mut self,
        kind: Kind,
        bounds: Vec<Value>,
        shown: Shown,
        span: Span,
        condition: Option<&Expr>,
        body: impl FnOnce(&mut Self, Value),
    ) -> Operand {
        let result = self.locals.hidden("broken");
        let pile = self.next_pile.take();
        self.begin_walks();
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
            pile: pile.clone(),
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
        // A `loop` that no `break` leaves: what stands behind it is not reached.
        let endless = !counted && condition.is_none() && !inner_exits.contains(&codes.0);
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
        if endless {
            self.dead = true;
            return Operand::Never;
        }
        self.broken_value(result, pile)
    }

    /// The variables a loop may change.
    pub(super) fn carried(&mut self, before: &[Option<Operand>]) -> Vec<Carried> {
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
    pub(super) fn enter_iteration(
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

    pub(super) fn condition_region(
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
    pub(super) fn end_iteration(&mut self, continued: i64) {
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
    pub(super) fn finish_loop(
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
                self.note_walk(entry.local, (Some(&start), Some(&end)));
                let problem = match &end {
                    Operand::Closure(f) if f.is_table() => Problem::FunctionTable,
                    _ => Problem::BranchedReference,
                };
                self.report(frame.span, problem);
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
    pub(super) fn first_set_inside(
        &mut self,
        end: &Operand,
        frame: &Frame,
        entry: &mut Carried,
    ) -> Operand {
        let mut holes = Vec::new();
        for value in leaves(end) {
            let info = self.graph.value(value).clone();
            if !super::branch::may_be_absent(&info.ty) {
                self.report(frame.span, Problem::Undefined);
            }
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
    pub(super) fn after_loop(
        &mut self,
        mut inner: BTreeSet<i64>,
        (broken, _): (i64, i64),
        span: Span,
    ) {
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
pub(super) struct Carried {
    pub(super) local: Local,
    pub(super) cond_args: Vec<Value>,
    pub(super) args: Vec<Value>,
}

/// A loop whose regions are lowered.
pub(super) struct Frame {
    pub(super) kind: Kind,
    pub(super) bounds: Vec<Value>,
    pub(super) span: Span,
    pub(super) cond_region: Option<Region>,
    pub(super) region: Region,
    pub(super) indices: Vec<Value>,
}

//! Control flow: branches, loops, and leaving them early.
//!
//! There are no jumps in the graph. `return`, `break` and `continue` set the exit code and end their
//! region; whatever follows runs only while the code is 0. Where a branch certainly leaves, what
//! follows it is lowered inside the other branch, so that the usual early return needs no code.

use proc_macro2::Span;
use syn::{Block, Expr, Lifetime, Stmt};

use super::scope::Local;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Discrete, Path, Region, Ty, Value};

/// `'label: { .. value }` as `'label: { .. break 'label value }`.
fn with_broken_tail(block: &Block, label: &str) -> Block {
    let mut block = block.clone();
    if let Some(Stmt::Expr(tail, None)) = block.stmts.last_mut() {
        let label = Lifetime::new(&format!("'{label}"), Span::call_site());
        *tail = syn::parse_quote!(break #label #tail);
    }
    block
}

/// A loop being lowered.
pub(super) struct Loop {
    pub(super) label: Option<String>,
    pub(super) broken: i64,
    pub(super) continued: i64,
    /// What `break value` gives.
    pub(super) result: Local,
    /// Where `break value` puts it, if no number can stand for it while it is not there.
    pub(super) pile: Option<Path>,
    /// A labelled block: only `break` with its label leaves it. A loop that the source does not show
    /// is one without a label: nothing leaves it.
    pub(super) is_block: bool,
}

/// Where `break` and `continue` go.
pub(super) struct Target {
    broken: i64,
    continued: i64,
    result: Local,
    pile: Option<Path>,
}

/// What `break` and `continue` see of a loop.
pub(super) enum Shown {
    /// A loop of the source, with its label.
    Loop(Option<String>),
    /// A loop the source does not show.
    Hidden,
}

impl Lower<'_> {
    /// Whether control runs on, as a value.
    pub(super) fn running(&mut self) -> Value {
        let code = self.exit_code();
        let zero = self.int(0);
        self.discrete(Discrete::Eq, code, zero, Span::call_site())
    }

    pub(super) fn exit_code(&mut self) -> Value {
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
        let Some(target) = self.target(label, span) else {
            return Operand::Poison;
        };
        if let Some(value) = value {
            self.set_broken(target.result, target.pile, value);
        }
        self.leave(target.broken)
    }

    pub(super) fn lower_continue(&mut self, label: Option<&Lifetime>, span: Span) -> Operand {
        match self.target(label, span) {
            Some(target) => self.leave(target.continued),
            None => Operand::Poison,
        }
    }

    /// `'label: { .. }`: `break 'label value` leaves it.
    pub(super) fn lower_labelled(&mut self, block: &Block, label: String, span: Span) -> Operand {
        let result = self.locals.hidden("broken");
        let pile = self.pile_of_breaks(block);
        let code = self.next_code;
        self.next_code += 1;
        let block = &match &pile {
            Some(_) => with_broken_tail(block, &label),
            None => block.clone(),
        };
        self.loops.push(Loop {
            label: Some(label),
            broken: code,
            continued: code,
            result,
            pile: pile.clone(),
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
            let own = pile.clone();
            self.branch(
                running,
                span,
                |cx| {
                    cx.set_broken(result, own, value);
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
        self.broken_value(result, pile)
    }

    pub(super) fn target(&self, label: Option<&Lifetime>, span: Span) -> Option<Target> {
        let wanted = label.map(|l| l.ident.to_string());
        let found = self
            .loops
            .iter()
            .rev()
            .find(|l| wanted.is_none() && !l.is_block || wanted.is_some() && l.label == wanted);
        if found.is_none() {
            self.report(span, Problem::UnknownLabel(wanted.unwrap_or_default()));
        }
        found.map(|l| Target {
            broken: l.broken,
            continued: l.continued,
            result: l.result,
            pile: l.pile.clone(),
        })
    }

    /// Control will not come back: the code before panics.
    pub(super) fn panics(&mut self) -> Operand {
        self.dead = true;
        self.never = true;
        Operand::Never
    }

    pub(super) fn inside<T>(&mut self, region: Region, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.regions.push(region);
        let result = lower(self);
        self.regions.pop();
        result
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

//! `if`, `if let`, `match`, `let .. else` and `while let`: tests of patterns, and what runs where one
//! matches.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, ExprIf, ExprMatch, Pat};

use super::alternatives::alternatives;
use super::flow::{block_diverges, diverges};
use super::pattern::last_segment;
use super::{Lower, Operand};

/// Lowers something where control has come to.
type Then<'a, 'd> = &'a dyn Fn(&mut Lower<'d>) -> Operand;

/// One alternative of a `match`.
struct Arm<'e> {
    pattern: Pat,
    guard: Option<&'e Expr>,
    body: &'e Expr,
}

impl<'d> Lower<'d> {
    pub(super) fn lower_if(&mut self, branch: &ExprIf) -> Operand {
        self.lower_if_then(branch, &|_, value| value)
    }

    /// As [`Self::lower_if`]; `go_on` gets the value of each side that does not leave.
    fn lower_if_then(
        &mut self,
        branch: &ExprIf,
        go_on: &dyn Fn(&mut Self, Operand) -> Operand,
    ) -> Operand {
        let then = |cx: &mut Self| {
            let value = cx.lower_block(&branch.then_branch);
            if cx.dead {
                Operand::Never
            } else {
                go_on(cx, value)
            }
        };
        let otherwise = |cx: &mut Self| {
            let value = match &branch.else_branch {
                Some((_, e)) => cx.lower_expr(e),
                None => Operand::Unit,
            };
            if cx.dead {
                Operand::Never
            } else {
                go_on(cx, value)
            }
        };
        self.lower_conditions(
            &conjuncts(&branch.cond),
            branch.if_token.span(),
            &then,
            &otherwise,
        )
    }

    /// `if a && let p = b { then } else { otherwise }`.
    pub(super) fn lower_conditions(
        &mut self,
        conditions: &[&Expr],
        span: Span,
        then: Then<'_, 'd>,
        otherwise: Then<'_, 'd>,
    ) -> Operand {
        let Some((first, rest)) = conditions.split_first() else {
            return then(self);
        };
        let go_on = |cx: &mut Self| cx.lower_conditions(rest, span, then, otherwise);
        if let Expr::Let(l) = first {
            let cases = alternatives(&l.pat);
            let subject = self.subject(&l.expr, &cases);
            return self.lower_cases(&cases, &subject, span, &go_on, otherwise);
        }
        let condition = self.value_of(first);
        self.branch(condition, span, go_on, otherwise)
    }

    /// The first pattern that matches is bound and `then` runs.
    fn lower_cases(
        &mut self,
        cases: &[Pat],
        subject: &Operand,
        span: Span,
        then: Then<'_, 'd>,
        otherwise: Then<'_, 'd>,
    ) -> Operand {
        let Some((pattern, rest)) = cases.split_first() else {
            return otherwise(self);
        };
        let matched = |cx: &mut Self| cx.bound(pattern, subject, then);
        match self.refutably(|cx| cx.test(pattern, subject)) {
            None => matched(self),
            Some(test) => self.branch(test, span, matched, |cx| {
                cx.lower_cases(rest, subject, span, then, otherwise)
            }),
        }
    }

    /// Runs `then` with the names of a pattern that matched.
    fn bound(&mut self, pattern: &Pat, subject: &Operand, then: Then<'_, 'd>) -> Operand {
        self.locals.enter();
        self.refutably(|cx| cx.bind(pattern, subject.clone(), None));
        let value = then(self);
        self.locals.leave();
        value
    }

    /// In a place where a pattern may fail, a bare name with fields is a variant's.
    fn refutably<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.refutable, true);
        let result = read(self);
        self.refutable = before;
        result
    }

    /// What patterns are matched against, evaluated once.
    fn subject(&mut self, expr: &Expr, patterns: &[Pat]) -> Operand {
        let is_call = matches!(expr, Expr::MethodCall(_));
        let wants = is_call && patterns.iter().any(shows_reference);
        let before = std::mem::replace(&mut self.wants_option, wants);
        if is_call || matches!(expr, Expr::Group(_) | Expr::Paren(_)) {
            self.hint = patterns.iter().find_map(told_by);
        }
        let operand = self.lower_expr(expr);
        self.wants_option = before;
        self.as_subject(operand, expr.span())
    }

    fn as_subject(&mut self, operand: Operand, span: Span) -> Operand {
        match operand {
            Operand::Tuple(parts) => {
                let parts = parts.into_iter().map(|part| self.as_subject(part, span));
                Operand::Tuple(parts.collect())
            }
            Operand::Place(path, ty) if ty.is_scalar() => {
                Operand::Value(self.read_spanned(Operand::Place(path, ty), span))
            }
            other => self.placed(other),
        }
    }

    pub(super) fn lower_match(&mut self, m: &ExprMatch) -> Operand {
        self.lower_match_then(m, &|_, value| value)
    }

    fn lower_match_then(
        &mut self,
        m: &ExprMatch,
        go_on: &dyn Fn(&mut Self, Operand) -> Operand,
    ) -> Operand {
        let patterns: Vec<Pat> = m.arms.iter().map(|arm| arm.pat.clone()).collect();
        let subject = self.subject(&m.expr, &patterns);
        if self.dead {
            return Operand::Never;
        }
        let arms: Vec<Arm> = m.arms.iter().flat_map(arms_of).collect();
        self.lower_arms(&subject, &arms, m.match_token.span(), go_on)
    }

    fn lower_arms(
        &mut self,
        subject: &Operand,
        arms: &[Arm],
        span: Span,
        go_on: &dyn Fn(&mut Self, Operand) -> Operand,
    ) -> Operand {
        let Some((arm, rest)) = arms.split_first() else {
            return Operand::Unit;
        };
        let body = |cx: &mut Self| {
            cx.bound(&arm.pattern, subject, &|cx| {
                let value = cx.lower_body(arm.body);
                let value = cx.unborrowed(value);
                if cx.dead {
                    Operand::Never
                } else {
                    go_on(cx, value)
                }
            })
        };
        let alone = rest.is_empty() && arm.guard.is_none();
        let test = if alone {
            None
        } else {
            self.refutably(|cx| cx.test(&arm.pattern, subject))
        };
        let test = match (test, arm.guard) {
            (test, Some(guard)) => self.guarded(test, &arm.pattern, subject, guard),
            (Some(test), None) => test,
            (None, None) => return body(self),
        };
        self.branch(test, span, body, |cx| {
            cx.lower_arms(subject, rest, span, go_on)
        })
    }

    /// A value that leaves the scope of an arm's bindings.
    fn unborrowed(&mut self, value: Operand) -> Operand {
        if self.dead { Operand::Never } else { value }
    }

    fn guarded(
        &mut self,
        test: Option<super::Value>,
        pattern: &Pat,
        subject: &Operand,
        guard: &Expr,
    ) -> super::Value {
        let evaluate =
            |cx: &mut Self| cx.bound(pattern, subject, &|cx| Operand::Value(cx.value_of(guard)));
        let value = match test {
            None => evaluate(self),
            Some(test) => self.branch(test, guard.span(), evaluate, |cx| {
                Operand::Value(cx.truth(false))
            }),
        };
        self.read(value)
    }

    /// `let pattern = expr else { otherwise }`, and the rest of the block.
    pub(super) fn lower_let_else(
        &mut self,
        pattern: &Pat,
        expr: &Expr,
        otherwise: &Expr,
        rest: Then<'_, 'd>,
    ) -> Operand {
        let cases = alternatives(pattern);
        let subject = self.subject(expr, &cases);
        let leave = |cx: &mut Self| cx.lower_expr(otherwise);
        self.lower_cases(&cases, &subject, pattern.span(), rest, &leave)
    }

    /// Lowers a branch of which all sides but one leave; `go_on` gets the value of that one. Nothing
    /// if the expression is no such branch.
    pub(super) fn lower_one_way(
        &mut self,
        expr: &Expr,
        go_on: &dyn Fn(&mut Self, Operand) -> Operand,
    ) -> Option<Operand> {
        // What runs on does not see the names of the side it runs on from.
        let around = self.locals.scopes();
        let go_on: &dyn Fn(&mut Self, Operand) -> Operand = &|cx, value| {
            let inside = cx.locals.swap_scopes(around.clone());
            let value = go_on(cx, value);
            cx.locals.swap_scopes(inside);
            value
        };
        match expr {
            Expr::If(branch) => {
                let then = block_diverges(&branch.then_branch);
                let otherwise = branch
                    .else_branch
                    .as_ref()
                    .is_some_and(|(_, e)| diverges(e));
                let plain = conjuncts(&branch.cond).len() == 1
                    || !conjuncts(&branch.cond)
                        .iter()
                        .any(|c| matches!(c, Expr::Let(_)));
                // The `else` of a chain is lowered once a condition: the rest would be, too.
                let one_way = then != otherwise && (plain || otherwise);
                one_way.then(|| self.lower_if_then(branch, go_on))
            }
            Expr::Match(m) => {
                let staying = m.arms.iter().filter(|arm| !diverges(&arm.body));
                let one_way = m.arms.len() > 1
                    && staying
                        .map(|arm| alternatives(&arm.pat).len())
                        .sum::<usize>()
                        == 1;
                one_way.then(|| self.lower_match_then(m, go_on))
            }
            _ => None,
        }
    }
}

/// `Some(&v)`: what is matched gives a reference to an entry, as methods of slices do.
fn shows_reference(pattern: &Pat) -> bool {
    match pattern {
        Pat::TupleStruct(some) => some.elems.iter().any(|p| matches!(p, Pat::Reference(_))),
        _ => false,
    }
}

/// The type of what the pattern is matched against, where it tells.
fn told_by(pattern: &Pat) -> Option<syn::Type> {
    let name = match pattern {
        Pat::TupleStruct(variant) => last_segment(&variant.path),
        Pat::Or(or) => return or.cases.iter().find_map(told_by),
        _ => return None,
    };
    match name.as_str() {
        "Ok" | "Err" => Some(syn::parse_quote!(Result<_, _>)),
        "Some" => Some(syn::parse_quote!(Option<_>)),
        _ => None,
    }
}

fn arms_of(arm: &syn::Arm) -> Vec<Arm<'_>> {
    let (pattern, guard) = match &arm.pat {
        Pat::Guard(guarded) => (&*guarded.pat, Some(&*guarded.guard)),
        other => (other, None),
    };
    let arm_of = |pattern| Arm {
        pattern,
        guard,
        body: &arm.body,
    };
    alternatives(pattern).into_iter().map(arm_of).collect()
}

/// The conditions of `a && b && ..`; a condition without `let` is one.
pub(super) fn conjuncts(expr: &Expr) -> Vec<&Expr> {
    if !has_let(expr) {
        return vec![expr];
    }
    match expr {
        Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
            let mut all = conjuncts(&binary.left);
            all.extend(conjuncts(&binary.right));
            all
        }
        other => vec![other],
    }
}

/// Whether a condition binds names.
pub(super) fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
            has_let(&binary.left) || has_let(&binary.right)
        }
        _ => false,
    }
}

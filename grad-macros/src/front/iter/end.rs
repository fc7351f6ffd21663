//! Ends: what uses an iterator up and gives one value.

use proc_macro2::Span;
use syn::{Expr, Pat};

use super::super::scope::Local;
use super::super::{Lower, Operand};
use super::indexed::Count;
use super::{Function, Iter, Site};
use crate::diag::Problem;
use crate::ir::{Kind, Literal, Op, Ty, Value};

impl Lower<'_> {
    /// The end named, on `iter`.
    pub(super) fn end(&mut self, iter: &Iter, args: &[&Expr], site: &Site) -> Operand {
        let span = site.span;
        if let Some(result) = self.short(iter, args, site) {
            return result;
        }
        match (site.name, args) {
            ("sum", []) => self.accumulate(iter, Op::Add, site),
            ("product", []) => self.accumulate(iter, Op::Mul, site),
            ("fold", [first, f]) => self.fold(iter, first, f, span),
            ("rfold", [first, f]) => match self.reversed(iter, span) {
                Some(iter) => self.fold(&iter, first, f, span),
                None => Operand::Poison,
            },
            ("for_each", [f]) => self.with_function(f, |cx, f| {
                cx.drive(iter, span, &mut |cx, item| {
                    cx.call_function(f, vec![item], span);
                });
                Operand::Unit
            }),
            ("count" | "len", []) => self.count_items(iter, span),
            ("any" | "all", [f]) => self.with_function(f, |cx, f| cx.quantified(iter, f, site)),
            ("position", [f]) => self.with_function(f, |cx, f| cx.position(iter, f, span)),
            ("rposition", [f]) => self.with_function(f, |cx, f| cx.position_back(iter, f, span)),
            ("collect", []) => self.collect(iter, site),
            ("__grad_listed", []) => self.returned_list(iter, span),
            ("unzip", []) => self.unzip(iter, site),
            ("partition", [f]) => self.with_function(f, |cx, f| cx.partition(iter, f, span)),
            _ => match self
                .choose(iter, args, site)
                .or_else(|| self.comparing_end(iter, args, site))
            {
                Some(chosen) => chosen,
                None => self.report(span, Problem::Iterator(site.name.to_owned())),
            },
        }
    }

    /// The type of the items: their code is lowered once to nowhere.
    pub(super) fn item_ty(&mut self, iter: &Iter, span: Span) -> Ty {
        match iter {
            Iter::Elements { ty, .. } => return ty.clone(),
            Iter::Range(_) => return Ty::Int,
            Iter::Copied(inner) | Iter::Cloned(inner) | Iter::Rev(inner) => {
                return self.item_ty(inner, span);
            }
            _ => {}
        }
        match self.probe(iter, span) {
            Some(item) => self.operand_ty(&item),
            None => Ty::Unknown,
        }
    }

    /// An item, from code that is lowered to nowhere.
    pub(super) fn probe(&mut self, iter: &Iter, span: Span) -> Option<Operand> {
        let mut found = None;
        self.nowhere(|cx| {
            cx.drive(iter, span, &mut |_, item| {
                found.get_or_insert(item);
            });
        });
        found
    }

    /// Lowers code only to learn of types.
    pub(in crate::front) fn nowhere<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        let region = self.graph.new_region();
        self.regions.push(region);
        let locals = self.locals.snapshot();
        let (exits, parts) = (self.exits.clone(), self.parts.mark());
        let (dead, never) = (self.dead, self.never);
        let (problems, items) = (self.diag.mark(), self.items.len());
        self.probing += 1;
        let learnt = lower(self);
        self.probing -= 1;
        self.diag.forget(problems);
        self.items.truncate(items);
        self.locals.restore(&locals);
        self.exits = exits;
        self.parts.forget(parts);
        (self.dead, self.never) = (dead, never);
        self.regions.pop();
        learnt
    }

    /// Something of an item's shape, for a variable that an item will be put into.
    pub(super) fn hole(&mut self, iter: &Iter, span: Span) -> Operand {
        let known = self.graph.vars.len();
        match self.probe(iter, span) {
            Some(item) => self.hole_like(&item, known),
            None => Operand::Poison,
        }
    }

    fn hole_like(&mut self, item: &Operand, known: usize) -> Operand {
        match item {
            Operand::Ref(path, ty) | Operand::RefMut(path, ty)
                if (path.root.0 as usize) < known =>
            {
                let values: Vec<Value> = path
                    .values()
                    .iter()
                    .map(|_| self.undefined(Ty::Int))
                    .collect();
                let mut path = path.clone();
                path.set_values(&mut values.into_iter());
                match item {
                    Operand::RefMut(..) => Operand::RefMut(path, ty.clone()),
                    _ => Operand::Ref(path, ty.clone()),
                }
            }
            Operand::Tuple(parts) => {
                let parts = parts.iter().map(|part| self.hole_like(part, known));
                Operand::Tuple(parts.collect())
            }
            other => {
                let ty = self.operand_ty(other);
                Operand::Value(self.undefined(ty))
            }
        }
    }

    /// While only types are asked for, a value of the type stands for the result of a loop.
    pub(super) fn probed(&mut self, ty: impl FnOnce(&mut Self) -> Ty) -> Option<Operand> {
        if self.probing == 0 {
            return None;
        }
        let ty = ty(self);
        Some(Operand::Value(self.undefined(ty)))
    }

    /// `sum` and `product`, in std's order from std's start: `-0.0` for sums of floats.
    fn accumulate(&mut self, iter: &Iter, op: Op, site: &Site) -> Operand {
        let span = site.span;
        let hinted = site.hint.map(|ty| self.ty_of(ty));
        let ty = match hinted {
            Some(ty @ (Ty::Float(Some(_)) | Ty::Int)) => ty,
            _ => self.item_ty(iter, span),
        };
        if let Some(made) = self.summed_by_rule(iter, op, &ty, site) {
            return made;
        }
        if let Some(probe) = self.probed(|_| ty.clone()) {
            return probe;
        }
        let start = self.neutral(op, &ty, site);
        let total = self.locals.hidden(site.name);
        self.locals.set(total, Operand::Value(start));
        self.drive(iter, span, &mut |cx, item| {
            let before = cx.locals.current(total).unwrap_or(Operand::Poison);
            let item = if cx.operand_ty(&item).is_scalar() {
                Operand::Value(cx.read_spanned(item, span))
            } else {
                item
            };
            let op: syn::BinOp = match op {
                Op::Add => syn::parse_quote!(+),
                _ => syn::parse_quote!(*),
            };
            let after = cx.binary(&op, before, item, span);
            cx.locals.set(total, Operand::Value(after));
        });
        Operand::Value(self.held_value(total))
    }

    fn neutral(&mut self, op: Op, ty: &Ty, site: &Site) -> Value {
        let (literal, ty) = match (op, ty) {
            (Op::Add, Ty::Int) => (Literal::Int("0".to_owned()), Ty::Int),
            (_, Ty::Int) => (Literal::Int("1".to_owned()), Ty::Int),
            (Op::Add, Ty::Float(_)) => (Literal::Float("-0.0".to_owned()), ty.clone()),
            (_, Ty::Float(_)) => (Literal::Float("1.0".to_owned()), ty.clone()),
            // rustc finds the sum of nothing for a type that is named.
            _ => return self.neutral_of(op, site),
        };
        self.push(Kind::Literal(literal), Vec::new(), ty, site.span)
    }

    fn neutral_of(&mut self, op: Op, site: &Site) -> Value {
        let number = site.hint.filter(|ty| {
            let name = quote::ToTokens::to_token_stream(ty).to_string();
            self.numbers.contains(&name)
        });
        match number {
            Some(ty) => {
                let code = if op == Op::Add {
                    quote::quote!(<#ty as ::core::iter::Sum<#ty>>::sum(::core::iter::empty::<#ty>()))
                } else {
                    quote::quote!(<#ty as ::core::iter::Product<#ty>>::product(::core::iter::empty::<#ty>()))
                };
                self.constant(code, Ty::Unknown)
            }
            // The literal fixes the type: should the items be no floats, rustc says so.
            None => {
                let text = if op == Op::Add { "-0.0" } else { "1.0" };
                let literal = Kind::Literal(Literal::Float(text.to_owned()));
                self.push(literal, Vec::new(), Ty::Float(None), site.span)
            }
        }
    }

    fn fold(&mut self, iter: &Iter, first: &Expr, f: &Expr, span: Span) -> Operand {
        let first = self.lower_expr(first);
        self.with_function(f, |cx, f| {
            let total = cx.accumulator(f, first);
            cx.drive(iter, span, &mut |cx, item| cx.fold_in(total, f, item, span));
            cx.locals.current(total).unwrap_or(Operand::Poison)
        })
    }

    /// A variable for what a fold carries, named as the function's first parameter is.
    pub(super) fn accumulator(&mut self, f: &Function, first: Operand) -> Local {
        let name = match f {
            Function::Written(written) => written.inputs.first().and_then(parameter_name),
            _ => None,
        };
        let name = name.unwrap_or_else(|| "total".to_owned());
        let first = match first {
            Operand::Ref(path, ty) if ty.is_scalar() => Operand::Place(path, ty),
            other => other,
        };
        let held = match first {
            Operand::Ref(..) => first,
            first => self.held_by(&name, true, first, None),
        };
        let local = self.locals.hidden(&name);
        self.locals.set(local, held);
        local
    }

    /// `total = f(total, item)`.
    pub(super) fn fold_in(&mut self, total: Local, f: &Function, item: Operand, span: Span) {
        let before = self.locals.current(total).unwrap_or(Operand::Poison);
        self.lend_whole(&before);
        let after = self.call_function(f, vec![before.clone(), item], span);
        if self.dead {
            return;
        }
        let mut stores = Vec::new();
        let next = self.next_total(&before, after, &mut stores);
        for (path, value) in stores {
            self.store(path, value, span);
        }
        self.locals.set(total, next);
    }

    /// What is in memory is handed to the function itself, which hands it back.
    fn lend_whole(&mut self, operand: &Operand) {
        match operand {
            Operand::Place(path, _) if path.steps.is_empty() => {
                self.fresh.insert(path.root);
            }
            Operand::Tuple(parts) => parts.iter().for_each(|part| self.lend_whole(part)),
            _ => {}
        }
    }

    fn next_total(
        &mut self,
        before: &Operand,
        after: Operand,
        stores: &mut Vec<(crate::ir::Path, Value)>,
    ) -> Operand {
        match (before, after) {
            (Operand::Place(path, _), Operand::Place(same, ty)) if *path == same => {
                Operand::Place(same, ty)
            }
            (Operand::Place(path, ty), after) => {
                let value = self.read(after);
                stores.push((path.clone(), value));
                Operand::Place(path.clone(), ty.clone())
            }
            (Operand::Tuple(parts), after) => {
                let after = self.placed(after);
                let parts = parts.iter().enumerate().map(|(k, part)| {
                    let after = self.project(after.clone(), &k.to_string());
                    self.next_total(part, after, stores)
                });
                Operand::Tuple(parts.collect())
            }
            // Of what is folded by reference, the place changes.
            (Operand::Ref(path, _), Operand::Ref(next, ty)) if path.same_shape(&next) => {
                Operand::Ref(next, ty)
            }
            (_, after) => self.own(after, &Ty::Unknown),
        }
    }

    fn count_items(&mut self, iter: &Iter, span: Span) -> Operand {
        if !iter.is_indexed() {
            let number = self.counter();
            self.drive(iter, span, &mut |cx, _| {
                cx.count_up(number);
            });
            return Operand::Value(self.held_value(number));
        }
        match self.count_of(iter, span) {
            Count::Known(len) => Operand::Value(len),
            _ => self.report(span, Problem::Endless),
        }
    }

    /// `any`, `all`.
    fn quantified(&mut self, iter: &Iter, f: &Function, site: &Site) -> Operand {
        let span = site.span;
        let decides = site.name == "any";
        let answer = self.locals.hidden(site.name);
        let usual = self.truth(!decides);
        self.locals.set(answer, Operand::Value(usual));
        self.stoppable(span, |cx, stop| {
            cx.drive(iter, span, &mut |cx, item| {
                let found = cx.asked(f, item, span);
                let found = if decides {
                    found
                } else {
                    let not = Kind::Discrete(crate::ir::Discrete::Not);
                    cx.push(not, vec![found], Ty::Bool, span)
                };
                cx.only_if(found, span, |cx| {
                    let decided = cx.truth(decides);
                    cx.locals.set(answer, Operand::Value(decided));
                    cx.stop(stop);
                });
            });
        });
        Operand::Value(self.held_value(answer))
    }

    /// `rposition`: counted from the end, said from the front.
    fn position_back(&mut self, iter: &Iter, f: &Function, span: Span) -> Operand {
        let (Some(back), Count::Known(len)) =
            (self.reversed(iter, span), self.count_of(iter, span))
        else {
            return Operand::Poison;
        };
        let Operand::Maybe(found, at) = self.position(&back, f, span) else {
            return Operand::Poison;
        };
        let (at, one) = (self.read(*at), self.int(1));
        let last = self.without_first(len, one);
        let at = self.without_first(last, at);
        Operand::Maybe(found, Box::new(Operand::Value(at)))
    }

    fn position(&mut self, iter: &Iter, f: &Function, span: Span) -> Operand {
        let (found, at) = (self.locals.hidden("found"), self.counter());
        let no = self.truth(false);
        self.locals.set(found, Operand::Value(no));
        self.stoppable(span, |cx, stop| {
            cx.drive(iter, span, &mut |cx, item| {
                let here = cx.asked(f, item, span);
                let k = cx.count_up(at);
                cx.only_if(here, span, |cx| {
                    let yes = cx.truth(true);
                    cx.locals.set(found, Operand::Value(yes));
                    cx.locals.set(at, Operand::Value(k));
                    cx.stop(stop);
                });
            });
        });
        let (found, at) = (self.held_value(found), self.held_value(at));
        Operand::Maybe(found, Box::new(Operand::Value(at)))
    }
}

fn parameter_name(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Ident(ident) => Some(ident.ident.to_string()),
        Pat::Type(typed) => parameter_name(&typed.pat),
        Pat::Paren(inner) => parameter_name(&inner.pat),
        _ => None,
    }
}

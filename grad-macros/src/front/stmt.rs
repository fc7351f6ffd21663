//! Statements: declarations, assignment as renaming or a store, and the rest of a block after a
//! branch that may leave it.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Block, Expr, Item, Local as Let, Pat, Stmt};

use super::function_tables::holds_functions;
use super::told::{parse_told, told};
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Path, Ty};

impl Lower<'_> {
    pub(super) fn lower_block(&mut self, block: &Block) -> Operand {
        self.locals.enter();
        let tail = std::mem::replace(&mut self.tail, false);
        let value = self.lower_stmts(&block.stmts);
        self.tail = tail;
        self.locals.leave();
        value
    }

    /// Lowers statements; gives the value of the last.
    pub(super) fn lower_stmts(&mut self, stmts: &[Stmt]) -> Operand {
        let mut value = Operand::Unit;
        for (k, stmt) in stmts.iter().enumerate() {
            if self.dead {
                return Operand::Never;
            }
            let rest = stmts.get(k + 1..).unwrap_or_default();
            if let Some(value) = self.lower_leaving(stmt, rest) {
                return value;
            }
            let (pending, (first, _)) = (self.exits.len(), self.parts.mark());
            value = match stmt {
                Stmt::Macro(m) if !rest.is_empty() => self.macro_statement(&m.mac),
                stmt => {
                    self.called = super::made::called_later(stmt, rest);
                    self.iterates = self.iterated_later(stmt);
                    self.lower_stmt(stmt)
                }
            };
            if self.parts.more_than(first) {
                return self.with_parts(first, stmt, rest, value);
            }
            if !self.dead && self.exits.len() > pending && !rest.is_empty() {
                return self.lower_guarded(rest, stmt.span());
            }
        }
        if self.dead { Operand::Never } else { value }
    }

    /// A statement that branches, all sides of which but one certainly leave: the rest of the block
    /// belongs to that one.
    fn lower_leaving(&mut self, stmt: &Stmt, rest: &[Stmt]) -> Option<Operand> {
        if let Some(told) = parse_told(stmt) {
            let stmts: Vec<Stmt> = [told].into_iter().chain(rest.iter().cloned()).collect();
            return Some(self.lower_stmts(&stmts));
        }
        if let Some(hoisted) = self.hoisted(stmt) {
            let stmts: Vec<Stmt> = hoisted.into_iter().chain(rest.iter().cloned()).collect();
            return Some(self.lower_stmts(&stmts));
        }
        if let Some(branch) = super::chosen_place::spread(stmt, rest) {
            return Some(self.lower_stmts(&[branch]));
        }
        let tail = self.tail;
        let finish = |cx: &mut Self| {
            let value = cx.lower_stmts(rest);
            // The end of the function returns like the other side, so that both give one value.
            if tail && !cx.dead && cx.exits.is_empty() {
                return cx.lower_return(value);
            }
            value
        };
        let (pattern, expr) = match stmt {
            Stmt::Expr(expr, _) if !rest.is_empty() => (None, expr),
            Stmt::Local(Let {
                pat,
                init: Some(init),
                ..
            }) => {
                if let Some((_, otherwise)) = &init.diverge {
                    return Some(self.lower_let_else(pat, &init.expr, otherwise, &finish));
                }
                (Some(pat), &*init.expr)
            }
            _ => return None,
        };
        self.lower_one_way(expr, &|cx, value| {
            if let Some(pattern) = pattern {
                cx.lower_binding(pattern, value);
            }
            finish(cx)
        })
    }

    /// Whether `?` here works on results rather than options.
    pub(super) fn tries_results(&self) -> bool {
        matches!(&self.output, Ty::Named(name) if name == "Result")
    }

    fn lower_stmt(&mut self, stmt: &Stmt) -> Operand {
        match stmt {
            Stmt::Local(local) => self.lower_let(local),
            Stmt::Item(item) => self.lower_item(item),
            Stmt::Expr(expr, semi) => {
                if self.tail && semi.is_none() {
                    self.hint = self.output_type.clone();
                }
                let chained = semi.and_then(|_| self.lower_fluent(expr));
                let value = chained.unwrap_or_else(|| self.lower_expr(expr));
                if semi.is_some() && !self.dead {
                    self.discard(value)
                } else {
                    value
                }
            }
            Stmt::Macro(m) if m.semi_token.is_none() => self.lower_macro(&m.mac),
            Stmt::Macro(m) => match self.macro_statement(&m.mac) {
                Operand::Never => Operand::Never,
                _ => Operand::Unit,
            },
        }
    }

    /// Items and `use` declarations stand in the generated functions as they stand here.
    fn lower_item(&mut self, item: &Item) -> Operand {
        match item {
            Item::Const(c) if holds_functions(&c.ty) => {
                let table = self.lower_expr(&c.expr);
                self.locals
                    .declare(&c.ident.to_string(), false, Some(table));
            }
            Item::Const(c) => {
                self.item_types
                    .insert(c.ident.to_string(), self.ty_of(&c.ty));
            }
            Item::Static(s) => {
                self.item_types
                    .insert(s.ident.to_string(), self.ty_of(&s.ty));
            }
            _ => {}
        }
        self.items.push(item.to_token_stream());
        Operand::Unit
    }

    fn lower_let(&mut self, local: &Let) -> Operand {
        let called = self.called.take();
        let Some(init) = &local.init else {
            return self.declare_later(&local.pat);
        };
        if let Some(done) = self.lower_walking_let(local) {
            return done;
        }
        if let Some(made) = self.lower_made(&local.pat, &init.expr, called) {
            if made == Operand::Poison {
                return made;
            }
            self.lower_binding(&local.pat, made);
            return Operand::Unit;
        }
        if let Pat::Type(typed) = &local.pat {
            let ty = self.ty_of(&typed.ty);
            if ty.holds_objects() {
                let objects = self.lower_objects(&init.expr, &typed.ty, ty);
                self.lower_binding(&typed.pat, objects);
                return Operand::Unit;
            }
            if let Some(table) = self.lower_table(&init.expr, &typed.ty) {
                self.lower_binding(&local.pat, table);
                return Operand::Unit;
            }
        }
        self.hint = super::pattern::type_of(&local.pat);
        self.named = self.hint.is_none() && matches!(*init.expr, Expr::Call(_));
        let init = told(&local.pat, &init.expr);
        let value = self.attributed(&local.attrs, |cx| cx.lower_expr(&init));
        self.named = false;
        if !self.dead {
            self.lower_binding(&local.pat, value);
        }
        Operand::Unit
    }

    /// What a `let` declares to be trait objects: they are made as the source makes them, since only
    /// where the type is written do they become objects.
    fn lower_objects(&mut self, init: &Expr, written: &syn::Type, ty: Ty) -> Operand {
        if let Expr::Reference(_) = init {
            return match self.lower_expr(init) {
                Operand::Ref(path, _) | Operand::RefMut(path, _) => Operand::Ref(path, ty),
                other => other,
            };
        }
        let expr: Expr = syn::parse_quote!({ let __objects: #written = #init; __objects });
        match self.opaque(&expr, Ty::Unknown, "a `dyn Trait`") {
            Operand::Value(value) => {
                let what = "a `dyn Trait`".to_owned();
                self.if_active.insert(value, Problem::ActiveCode(what));
                self.graph.value_mut(value).span = init.span();
                let var = self.new_variable("objects", ty.clone(), true, Some(value));
                Operand::Place(Path::of(var), ty)
            }
            other => other,
        }
    }

    /// `let x: f64;`, `let (mut a, b);`: variables that are set later.
    fn declare_later(&mut self, pattern: &Pat) -> Operand {
        if let Some(name) = plain_name(pattern) {
            let declared = self.locals.declare(&name, true, None);
            if let Pat::Type(typed) = pattern {
                let ty = self.ty_of(&typed.ty);
                self.declared.insert(declared, ty);
            }
            return Operand::Unit;
        }
        let Pat::Tuple(tuple) = pattern else {
            return self.report(pattern.span(), Problem::Pattern);
        };
        for part in &tuple.elems {
            self.declare_later(part);
        }
        Operand::Unit
    }

    fn lower_binding(&mut self, pattern: &Pat, value: Operand) {
        if value == Operand::Never {
            return;
        }
        if let Pat::Ident(plain) = pattern {
            // However it is written: a constant is no pattern of a `let`.
            if plain.subpat.is_none() && plain.by_ref.is_none() {
                let name = plain.ident.to_string();
                return self.bind_name(&name, plain.mutability.is_some(), value, None);
            }
        }
        self.bind(pattern, value, None);
    }

    pub(super) fn lower_assign(&mut self, left: &Expr, right: &Expr, span: Span) -> Operand {
        if matches!(left, Expr::Infer(_)) {
            self.lower_expr(right);
            return Operand::Unit;
        }
        if let Some(done) = self.lower_walking(left, right) {
            return done;
        }
        if self.refuse_walk(right) {
            return Operand::Poison;
        }
        if let Expr::Tuple(tuple) = left {
            let value = self.lower_expr(right);
            let value = self.own(value, &Ty::Unknown);
            for (k, part) in tuple.elems.iter().enumerate() {
                let value = self.project(value.clone(), &k.to_string());
                let value = self.own(value, &Ty::Unknown);
                self.assign_operand(part, value, span);
            }
            return Operand::Unit;
        }
        if let Expr::Array(array) = left {
            let value = self.lower_expr(right);
            let value = self.placed(value);
            let parts: Vec<Operand> = (0..array.elems.len())
                .map(|k| {
                    let index = self.int(i64::try_from(k).unwrap_or(i64::MAX));
                    let part = self.index(value.clone(), index);
                    self.own(part, &Ty::Unknown)
                })
                .collect();
            for (part, value) in array.elems.iter().zip(parts) {
                self.assign_operand(part, value, span);
            }
            return Operand::Unit;
        }
        let value = self.lower_expr(right);
        if self.dead {
            return Operand::Never;
        }
        self.assign_operand(left, value, span)
    }

    fn assign_operand(&mut self, left: &Expr, value: Operand, span: Span) -> Operand {
        if matches!(left, Expr::Infer(_)) {
            return Operand::Unit;
        }
        if let Some(name) = ident_of(left) {
            if let Some(local) = self.locals.find(&name) {
                return self.assign_name(&name, local, value, span);
            }
        }
        if let Some((local, k)) = self.tuple_part(left) {
            self.set_tuple_part(local, k, value, span);
            return Operand::Unit;
        }
        self.writes_place = true;
        match self.lower_expr(left) {
            Operand::Place(path, _) => {
                let value = self.read(value);
                self.store(path, value, span);
                Operand::Unit
            }
            Operand::Poison => Operand::Poison,
            _ => self.report(left.span(), Problem::Assignment),
        }
    }

    fn assign_name(
        &mut self,
        name: &str,
        local: super::scope::Local,
        value: Operand,
        span: Span,
    ) -> Operand {
        match self.locals.current(local) {
            Some(Operand::Place(path, _)) => {
                let value = self.read(value);
                self.store(path, value, span);
            }
            Some(before @ Operand::Tuple(_)) => {
                let value = self.assigned(value, before, span);
                self.locals.set(local, value);
            }
            Some(held @ (Operand::Ref(..) | Operand::RefMut(..))) => {
                let Some(value) = self.moved_on(&held, value, span) else {
                    return self.report(span, Problem::Assignment);
                };
                self.locals.set(local, value);
            }
            held => {
                let known = self.known_ty(local, held.as_ref());
                let value = match known {
                    Some(Ty::Inert) if !matches!(value, Operand::Place(..)) => self.as_text(value),
                    _ => self.own(value, &Ty::Unknown),
                };
                if let (Operand::Value(value), Some(ty)) = (&value, known) {
                    self.refine(*value, &ty);
                }
                let value = self.first_assignment(name, value);
                self.name_value(name, &value);
                self.locals.set(local, value);
            }
        }
        Operand::Unit
    }

    /// The type of a variable that is a number: of what it holds, or as it was declared.
    fn known_ty(&self, local: super::scope::Local, held: Option<&Operand>) -> Option<Ty> {
        let ty = match held {
            Some(Operand::Value(value)) => self.graph.ty(*value).clone(),
            Some(_) => return None,
            None => self.declared.get(&local)?.clone(),
        };
        (ty.is_scalar() || ty == Ty::Inert).then_some(ty)
    }

    /// `let z; .. z = value`: an array or struct becomes memory here.
    pub(super) fn first_assignment(&mut self, name: &str, value: Operand) -> Operand {
        let Operand::Value(v) = value else {
            return value;
        };
        let ty = self.graph.ty(v).clone();
        if ty.is_scalar() || ty == Ty::Unknown && !self.projected.contains(name) || ty == Ty::Inert
        {
            return value;
        }
        let var = self.new_variable(name, ty.clone(), true, Some(v));
        Operand::Place(Path::of(var), ty)
    }

    pub(super) fn name_value(&mut self, name: &str, operand: &Operand) {
        if let Operand::Value(value) = operand {
            if self.graph.value(*value).name.is_none() && self.graph.literal(*value).is_none() {
                self.graph.value_mut(*value).name = Some(name.to_owned());
            }
        }
    }
}

/// The name an expression is, if it is one.
pub(super) fn ident_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        Expr::Paren(inner) => ident_of(&inner.expr),
        Expr::Group(inner) => ident_of(&inner.expr),
        _ => None,
    }
}

fn plain_name(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Ident(ident) if ident.subpat.is_none() => Some(ident.ident.to_string()),
        Pat::Type(typed) => plain_name(&typed.pat),
        _ => None,
    }
}

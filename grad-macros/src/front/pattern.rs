//! Patterns: binding names, and tests for `match`.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, Pat, RangeLimits};

use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Discrete, Kind, Path, Storage, Ty, Value};
use crate::signature::ty_of;

impl Lower<'_> {
    /// Binds the names of an irrefutable pattern.
    pub(super) fn bind(&mut self, pattern: &Pat, operand: Operand, ty: Option<&Ty>) {
        match pattern {
            Pat::Wild(_) => {}
            Pat::Paren(inner) => self.bind(&inner.pat, operand, ty),
            Pat::Type(typed) => {
                let ty = ty_of(&typed.ty);
                self.bind(&typed.pat, operand, Some(&ty));
            }
            Pat::Reference(inner) => {
                let target = deref(operand);
                self.bind(&inner.pat, target, ty);
            }
            Pat::Ident(ident) if ident.subpat.is_none() => {
                let operand = match (operand, &ident.by_ref) {
                    (Operand::Place(path, ty), Some(_)) => Operand::Ref(path, ty),
                    (operand, _) => operand,
                };
                let name = ident.ident.to_string();
                self.bind_name(&name, ident.mutability.is_some(), operand, ty);
            }
            Pat::Tuple(tuple) => {
                let fields = (0..tuple.elems.len()).map(|k| k.to_string());
                self.bind_parts(tuple.elems.iter().zip(fields), operand, pattern.span());
            }
            Pat::TupleStruct(tuple) if !is_variant(&tuple.path) => {
                let fields = (0..tuple.elems.len()).map(|k| k.to_string());
                self.bind_parts(tuple.elems.iter().zip(fields), operand, pattern.span());
            }
            Pat::Struct(record) if record.qself.is_none() => {
                let fields = record.fields.iter().map(|f| (&*f.pat, member(&f.member)));
                self.bind_parts(fields, operand, pattern.span());
            }
            Pat::Slice(slice) => self.bind_slice(slice, operand),
            _ => {
                self.report(pattern.span(), Problem::Pattern);
            }
        }
    }

    fn bind_parts<'p>(
        &mut self,
        parts: impl Iterator<Item = (&'p Pat, String)>,
        operand: Operand,
        span: Span,
    ) {
        let operand = match operand {
            Operand::Value(_) => {
                let ty = self.operand_ty(&operand);
                Operand::Place(self.as_path(operand), ty)
            }
            other => other,
        };
        for (pattern, field) in parts {
            if matches!(pattern, Pat::Rest(_)) {
                self.report(span, Problem::Pattern);
                return;
            }
            let by_ref = matches!(operand, Operand::Ref(..));
            let part = self.project(operand.clone(), &field);
            self.bind(pattern, as_bound(part, by_ref), None);
        }
    }

    fn bind_slice(&mut self, slice: &syn::PatSlice, operand: Operand) {
        let by_ref = matches!(operand, Operand::Ref(..));
        let ty = self.operand_ty(&operand);
        let operand = match operand {
            Operand::Value(_) => Operand::Place(self.as_path(operand), ty),
            other => other,
        };
        for (k, pattern) in slice.elems.iter().enumerate() {
            if matches!(pattern, Pat::Rest(_)) {
                self.report(pattern.span(), Problem::Pattern);
                return;
            }
            let index = self.int(i64::try_from(k).unwrap_or(i64::MAX));
            let part = self.index(operand.clone(), index);
            self.bind(pattern, as_bound(part, by_ref), None);
        }
    }

    /// `let name = operand`.
    pub(super) fn bind_name(
        &mut self,
        name: &str,
        mutable: bool,
        operand: Operand,
        ty: Option<&Ty>,
    ) {
        let held = self.held_by(name, mutable, operand, ty);
        if let Operand::Value(value) = held {
            if self.graph.value(value).name.is_none() && self.graph.literal(value).is_none() {
                self.graph.value_mut(value).name = Some(name.to_owned());
            }
        }
        self.locals.declare(name, mutable, Some(held));
    }

    /// What a variable holds: scalars are values, references are paths, the rest is memory.
    fn held_by(&mut self, name: &str, mutable: bool, operand: Operand, ty: Option<&Ty>) -> Operand {
        match operand {
            Operand::Value(value) => {
                if let Some(ty) = ty {
                    self.refine(value, ty);
                }
                let ty = self.graph.ty(value).clone();
                let renamed = ty.is_scalar()
                    || ty == Ty::Inert
                    || ty == Ty::Unknown && !self.projected.contains(name);
                if renamed {
                    Operand::Value(value)
                } else {
                    let var = self.new_variable(name, ty.clone(), mutable, Some(value));
                    Operand::Place(Path::of(var), ty)
                }
            }
            Operand::Place(path, place_ty) => {
                let place_ty = match ty {
                    Some(Ty::Unknown) | None => place_ty,
                    Some(ty) => ty.clone(),
                };
                let keep = !mutable && self.is_frozen(&path) && !place_ty.is_scalar();
                if keep && (place_ty != Ty::Unknown || self.projected.contains(name)) {
                    return Operand::Place(path, place_ty);
                }
                let value = self.read(Operand::Place(path, place_ty));
                self.held_by(name, mutable, Operand::Value(value), ty)
            }
            Operand::Tuple(parts) => {
                let parts = parts
                    .into_iter()
                    .enumerate()
                    .map(|(k, part)| self.held_by(&format!("{name}_{k}"), mutable, part, None));
                Operand::Tuple(parts.collect())
            }
            other => other,
        }
    }

    /// Whether nothing is ever written to the place.
    pub(super) fn is_frozen(&self, path: &Path) -> bool {
        let var = self.graph.var(path.root);
        !var.mutable && var.storage != Storage::RefMut
    }

    /// Notes a better known type for a value.
    pub(super) fn refine(&mut self, value: Value, ty: &Ty) {
        let known = self.graph.ty(value).clone();
        if matches!(known, Ty::Unknown | Ty::Float(None)) && *ty != Ty::Unknown {
            self.graph.value_mut(value).ty = ty.clone();
        }
        if let (Ty::Array(element), Ty::Array(better)) = (&known, ty) {
            if matches!(**element, Ty::Unknown | Ty::Float(None)) {
                self.graph.value_mut(value).ty = Ty::Array(better.clone());
            }
        }
    }

    /// The truth value of "`subject` matches `pattern`"; `None` if it always does.
    pub(super) fn test(&mut self, pattern: &Pat, subject: &Operand) -> Option<Value> {
        match pattern {
            Pat::Wild(_) => None,
            Pat::Ident(ident)
                if ident.subpat.is_none() && !is_constant_name(&ident.ident.to_string()) =>
            {
                None
            }
            Pat::Paren(inner) => self.test(&inner.pat, subject),
            Pat::Lit(literal) => {
                let value = self.lower_expr(&Expr::Lit(literal.clone()));
                Some(self.compare(Discrete::Eq, subject, value, pattern.span()))
            }
            Pat::Path(path) => {
                let value = self.lower_expr(&Expr::Path(path.clone()));
                Some(self.compare(Discrete::Eq, subject, value, pattern.span()))
            }
            Pat::Ident(ident) if ident.subpat.is_none() => {
                let name = &ident.ident;
                let value = self.lower_expr(&syn::parse_quote!(#name));
                Some(self.compare(Discrete::Eq, subject, value, pattern.span()))
            }
            Pat::Range(range) => self.test_range(range, subject),
            Pat::Or(or) => {
                let mut any: Option<Value> = None;
                for case in &or.cases {
                    let test = self.test(case, subject)?;
                    any = Some(match any {
                        None => test,
                        Some(before) => self.discrete(Discrete::Or, before, test, case.span()),
                    });
                }
                any
            }
            Pat::Tuple(tuple) => {
                let mut all: Option<Value> = None;
                for (k, part) in tuple.elems.iter().enumerate() {
                    let field = self.project(subject.clone(), &k.to_string());
                    if let Some(test) = self.test(part, &field) {
                        all = Some(match all {
                            None => test,
                            Some(before) => self.discrete(Discrete::And, before, test, part.span()),
                        });
                    }
                }
                all
            }
            Pat::Reference(inner) => {
                let target = deref(subject.clone());
                self.test(&inner.pat, &target)
            }
            _ => {
                self.report(pattern.span(), Problem::Pattern);
                None
            }
        }
    }

    fn test_range(&mut self, range: &syn::PatRange, subject: &Operand) -> Option<Value> {
        let low = range.start.as_ref().map(|start| {
            let value = self.lower_expr(start);
            self.compare(Discrete::Ge, subject, value, start.span())
        });
        let high = range.end.as_ref().map(|end| {
            let value = self.lower_expr(end);
            let op = match range.limits {
                RangeLimits::HalfOpen(_) => Discrete::Lt,
                RangeLimits::Closed(_) => Discrete::Le,
            };
            self.compare(op, subject, value, end.span())
        });
        match (low, high) {
            (Some(low), Some(high)) => Some(self.discrete(Discrete::And, low, high, range.span())),
            (one, other) => one.or(other),
        }
    }

    fn compare(&mut self, op: Discrete, subject: &Operand, other: Operand, span: Span) -> Value {
        let (a, b) = (self.read(subject.clone()), self.read(other));
        self.discrete(op, a, b, span)
    }

    pub(super) fn discrete(&mut self, op: Discrete, a: Value, b: Value, span: Span) -> Value {
        self.push(Kind::Discrete(op), vec![a, b], Ty::Bool, span)
    }
}

/// `*operand`.
pub(super) fn deref(operand: Operand) -> Operand {
    match operand {
        Operand::Ref(path, ty) => Operand::Place(path, ty),
        other => other,
    }
}

/// A part bound by reference when the whole was a reference.
fn as_bound(part: Operand, by_ref: bool) -> Operand {
    match part {
        Operand::Place(path, ty) if by_ref => Operand::Ref(path, ty),
        other => other,
    }
}

pub(super) fn member(member: &syn::Member) -> String {
    match member {
        syn::Member::Named(name) => name.to_string(),
        syn::Member::Unnamed(index) => index.index.to_string(),
    }
}

/// Whether a path names an enum's variant: `Some`, `Shape::Circle`.
fn is_variant(path: &syn::Path) -> bool {
    let known = ["Some", "Ok", "Err", "None"];
    path.segments.len() > 1
        || path
            .segments
            .last()
            .is_some_and(|s| known.contains(&s.ident.to_string().as_str()))
}

/// Whether a name is a constant by Rust's naming rule.
pub(super) fn is_constant_name(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

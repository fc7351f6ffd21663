//! Patterns: tests of whether a subject matches, and the names a match binds.
//!
//! A pattern is read twice: [`Lower::test`] gives the truth value of the match, [`Lower::bind`]
//! declares the names where it succeeded. Fields of an enum's variant are places behind the variant,
//! so that a test inside a variant runs only where the variant is there.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, Pat, RangeLimits};

use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Code, Discrete, Kind, Literal, Path, Step, Storage, Ty, Value, Variant};

impl Lower<'_> {
    /// Binds the names of a pattern that is known to match.
    pub(super) fn bind(&mut self, pattern: &Pat, operand: Operand, ty: Option<&Ty>) {
        match pattern {
            // Alternatives that bind are arms of their own, see `alternatives`.
            Pat::Wild(_)
            | Pat::Rest(_)
            | Pat::Lit(_)
            | Pat::Range(_)
            | Pat::Path(_)
            | Pat::Or(_) => {}
            Pat::Paren(inner) => self.bind(&inner.pat, operand, ty),
            Pat::Type(typed) => {
                let ty = self.ty_of(&typed.ty);
                self.bind(&typed.pat, operand, Some(&ty));
            }
            Pat::Reference(inner) => {
                let target = deref(operand);
                self.bind(&inner.pat, target, ty);
            }
            Pat::Ident(ident) if is_path_name(&ident.ident.to_string()) => {}
            Pat::Ident(ident) => {
                if let Some((_, inner)) = &ident.subpat {
                    let operand = self.placed(operand.clone());
                    self.bind(inner, operand, ty);
                }
                let operand = match (operand, &ident.by_ref) {
                    (Operand::Place(path, ty), Some(_)) if ident.mutability.is_some() => {
                        Operand::RefMut(path, ty)
                    }
                    (Operand::Place(path, ty), Some(_)) => Operand::Ref(path, ty),
                    (operand, _) => operand,
                };
                let mutable = ident.mutability.is_some() && ident.by_ref.is_none();
                self.bind_name(&ident.ident.to_string(), mutable, operand, ty);
            }
            Pat::Tuple(tuple) => self.bind_tuple(&tuple.elems, operand, ty),
            Pat::Slice(slice) => self.bind_slice(slice, operand),
            Pat::TupleStruct(_) | Pat::Struct(_) => self.bind_record(pattern, operand),
            _ => {
                self.report(pattern.span(), Problem::Pattern);
            }
        }
    }

    /// `(a, b, .., z)`.
    fn bind_tuple(
        &mut self,
        elems: &syn::punctuated::Punctuated<Pat, syn::Token![,]>,
        operand: Operand,
        ty: Option<&Ty>,
    ) {
        let operand = self.placed(operand);
        let count = match self.operand_ty(&operand) {
            Ty::Tuple(parts) => Some(parts.len()),
            _ => None,
        };
        let rest = elems.iter().position(|p| matches!(p, Pat::Rest(_)));
        for (k, part) in elems.iter().enumerate() {
            let field = match (rest, count) {
                (Some(at), _) if at == k => continue,
                (Some(at), Some(count)) if k > at => count + k - elems.len(),
                (Some(at), None) if k > at => {
                    self.report(part.span(), Problem::Pattern);
                    return;
                }
                _ => k,
            };
            let ty = match ty {
                Some(Ty::Tuple(tys)) => tys.get(field),
                _ => None,
            };
            let bound = self.part(&operand, &field.to_string());
            self.bind(part, bound, ty);
        }
    }

    fn bind_slice(&mut self, slice: &syn::PatSlice, operand: Operand) {
        let operand = self.placed(operand);
        for (k, part) in slice.elems.iter().enumerate() {
            if let Some(bound) = self.slice_part(slice, k, &operand) {
                let pattern = match part {
                    // `rest @ ..` binds the rest by reference or as the operand was.
                    Pat::Ident(ident) if is_rest(part) => {
                        let mut plain = ident.clone();
                        plain.subpat = None;
                        Pat::Ident(plain)
                    }
                    other => other.clone(),
                };
                self.bind(&pattern, bound, None);
            }
        }
    }

    /// What stands at position `k` of a slice pattern; `..` alone stands for nothing.
    fn slice_part(
        &mut self,
        slice: &syn::PatSlice,
        k: usize,
        operand: &Operand,
    ) -> Option<Operand> {
        let rest = slice.elems.iter().position(is_rest);
        let span = slice.span();
        let from_end = |cx: &mut Self, n: usize| {
            let path = cx.as_path(operand.clone());
            let len = cx.push(Kind::Length(path), Vec::new(), Ty::Int, span);
            let n = cx.int(i64::try_from(n).unwrap_or(i64::MAX));
            cx.push(Kind::Apply(crate::ir::Op::Sub), vec![len, n], Ty::Int, span)
        };
        let index = match rest {
            Some(at) if at == k => {
                if matches!(slice.elems[k], Pat::Rest(_)) {
                    return None;
                }
                let start = self.int(i64::try_from(k).unwrap_or(i64::MAX));
                let end = from_end(self, slice.elems.len() - 1 - k);
                let ty = self.operand_ty(operand);
                let path = self.as_path(operand.clone()).then(Step::Range {
                    start: Some(start),
                    end: Some(end),
                    inclusive: false,
                });
                return Some(as_bound(Operand::Place(path, ty), operand));
            }
            Some(at) if k > at => from_end(self, slice.elems.len() - k),
            _ => self.int(i64::try_from(k).unwrap_or(i64::MAX)),
        };
        let part = self.index(operand.clone(), index);
        Some(as_bound(part, operand))
    }

    fn bind_record(&mut self, pattern: &Pat, operand: Operand) {
        let operand = self.placed(operand);
        for (part, field) in record_parts(pattern) {
            let bound = self.record_part(pattern, &field, &operand);
            self.bind(&part, bound, None);
        }
    }

    /// A field of a struct, or of a variant.
    fn record_part(&mut self, pattern: &Pat, field: &str, operand: &Operand) -> Operand {
        if let Operand::Maybe(_, item) = operand {
            return (**item).clone();
        }
        let part = match self.variant_of(pattern, operand) {
            Some((code, name)) => {
                let field = field.to_owned();
                let variant = Variant { code, name, field };
                self.project_variant(operand.clone(), variant)
            }
            None => self.project(operand.clone(), field),
        };
        as_bound(part, operand)
    }

    /// The variant a record pattern names; `None` for a struct.
    fn variant_of(&self, pattern: &Pat, subject: &Operand) -> Option<(Code, String)> {
        let path = match pattern {
            Pat::TupleStruct(p) => &p.path,
            Pat::Struct(p) => &p.path,
            _ => return None,
        };
        let last = path.segments.last()?.ident.to_string();
        let is_own_type = matches!(self.operand_ty(subject), Ty::Named(name) if name == last);
        let is_variant = is_variant(path) || self.refutable && !is_own_type && last != "Self";
        is_variant.then(|| (Code(path.to_token_stream()), last))
    }

    fn part(&mut self, operand: &Operand, field: &str) -> Operand {
        let part = self.project(operand.clone(), field);
        as_bound(part, operand)
    }

    /// The operand with a value of several parts put into a place, made once.
    pub(super) fn placed(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Value(value) if !self.graph.ty(value).is_scalar() => {
                let ty = self.operand_ty(&operand);
                Operand::Place(self.as_path(operand), ty)
            }
            other => other,
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
    pub(super) fn held_by(
        &mut self,
        name: &str,
        mutable: bool,
        operand: Operand,
        ty: Option<&Ty>,
    ) -> Operand {
        match operand {
            Operand::Value(value) => {
                if let Some(ty) = ty {
                    self.refine(value, ty);
                }
                let ty = self.graph.ty(value).clone();
                let renamed = (ty.is_scalar()
                    || ty == Ty::Inert
                    || ty == Ty::Unknown && !self.projected.contains(name))
                    && !self.borrowed_mut.contains(name);
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
            // A tuple of which a mutable reference is taken lives in memory, as a whole.
            Operand::Tuple(parts)
                if (self.borrowed_mut.contains(name) || self.exchanged.contains(name))
                    && parts.iter().all(is_content) =>
            {
                let value = self.read(Operand::Tuple(parts));
                self.held_by(name, mutable, Operand::Value(value), ty)
            }
            Operand::Tuple(parts) => {
                let parts = parts.into_iter().enumerate().map(|(k, part)| {
                    let ty = match ty {
                        Some(Ty::Tuple(tys)) => tys.get(k),
                        _ => None,
                    };
                    self.held_by(&format!("{name}_{k}"), mutable, part, ty)
                });
                Operand::Tuple(parts.collect())
            }
            Operand::Ref(path, known) => {
                let known = better(known, ty);
                if mutable && matches!(known, Ty::Array(_)) {
                    return Operand::Ref(self.bounded(path), known);
                }
                Operand::Ref(path, known)
            }
            Operand::RefMut(path, known) => Operand::RefMut(path, better(known, ty)),
            Operand::Iter(iter) if mutable => Operand::Iter(self.resting(iter)),
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
        if let (Ty::Array(_), Ty::Array(better)) = (&known, ty) {
            self.graph.value_mut(value).ty = refined(&known, ty);
            self.refine_elements(value, better);
        }
    }

    /// The elements an array is written with: a method of one needs its type.
    fn refine_elements(&mut self, array: Value, ty: &Ty) {
        let Some(site) = self.graph.def(array) else {
            return;
        };
        let elements = match site.kind {
            Kind::Array { .. } => site.operands.clone(),
            Kind::Repeat { .. } => site.operands[..1].to_vec(),
            _ => return,
        };
        for element in elements {
            self.refine(element, ty);
        }
    }

    /// The truth value of "`subject` matches `pattern`"; `None` if it always does.
    pub(super) fn test(&mut self, pattern: &Pat, subject: &Operand) -> Option<Value> {
        let span = pattern.span();
        match pattern {
            Pat::Wild(_) | Pat::Rest(_) => None,
            Pat::Ident(ident) if is_path_name(&ident.ident.to_string()) => {
                Some(self.test_path(&syn::parse_quote!(#ident), subject, span))
            }
            Pat::Ident(ident) => {
                let (_, inner) = ident.subpat.as_ref()?;
                self.test(inner, subject)
            }
            Pat::Paren(inner) => self.test(&inner.pat, subject),
            Pat::Type(typed) => self.test(&typed.pat, subject),
            Pat::Lit(literal) => {
                let value = self.lower_expr(&Expr::Lit(literal.clone()));
                Some(self.compare(Discrete::Eq, subject, value, span))
            }
            Pat::Path(path) => Some(self.test_path(path, subject, span)),
            Pat::Range(range) => self.test_range(range, subject),
            Pat::Or(or) => {
                let mut any: Option<Value> = None;
                for case in or.cases.iter().rev() {
                    let test = self.test(case, subject)?;
                    any = Some(match any {
                        None => test,
                        Some(later) => self.discrete(Discrete::Or, test, later, case.span()),
                    });
                }
                any
            }
            Pat::Tuple(tuple) => {
                let parts: Vec<(Pat, Operand)> = tuple
                    .elems
                    .iter()
                    .enumerate()
                    .filter(|(_, part)| !matches!(part, Pat::Rest(_)))
                    .map(|(k, part)| (part.clone(), self.part(subject, &k.to_string())))
                    .collect();
                self.test_all(
                    None,
                    parts.into_iter().map(|(p, o)| (p, Deferred::Known(o))),
                )
            }
            Pat::Reference(inner) => {
                let target = deref(subject.clone());
                self.test(&inner.pat, &target)
            }
            Pat::Slice(slice) => self.test_slice(slice, subject),
            Pat::TupleStruct(_) | Pat::Struct(_) => self.test_record(pattern, subject),
            _ => {
                self.report(span, Problem::Pattern);
                None
            }
        }
    }

    /// A constant, or a variant without fields.
    fn test_path(&mut self, path: &syn::ExprPath, subject: &Operand, span: Span) -> Value {
        if let Operand::Maybe(present, _) = subject {
            return self.push(
                Kind::Discrete(Discrete::Not),
                vec![*present],
                Ty::Bool,
                span,
            );
        }
        if is_constant_name(&last_segment(&path.path)) && self.operand_ty(subject).is_scalar() {
            let value = self.lower_expr(&Expr::Path(path.clone()));
            return self.compare(Discrete::Eq, subject, value, span);
        }
        self.matches(subject, path.to_token_stream(), span)
    }

    fn matches(&mut self, subject: &Operand, pattern: TokenStream, span: Span) -> Value {
        let path = self.as_path(subject.clone());
        self.push(
            Kind::Matches(path, Code(pattern)),
            Vec::new(),
            Ty::Bool,
            span,
        )
    }

    fn test_record(&mut self, pattern: &Pat, subject: &Operand) -> Option<Value> {
        let first = match subject {
            Operand::Maybe(present, _) => Some(*present),
            _ => self.variant_of(pattern, subject).map(|(code, _)| {
                let path = &code.0;
                self.matches(subject, quote!(#path { .. }), pattern.span())
            }),
        };
        let parts: Vec<_> = record_parts(pattern)
            .into_iter()
            .map(|(part, field)| {
                (
                    part,
                    Deferred::Field(pattern.clone(), field, subject.clone()),
                )
            })
            .collect();
        self.test_all(first, parts.into_iter())
    }

    fn test_slice(&mut self, slice: &syn::PatSlice, subject: &Operand) -> Option<Value> {
        let rest = slice.elems.iter().any(is_rest);
        let wanted = slice.elems.len() - usize::from(rest);
        let path = self.as_path(subject.clone());
        let len = self.push(Kind::Length(path), Vec::new(), Ty::Int, slice.span());
        let number = self.int(i64::try_from(wanted).unwrap_or(i64::MAX));
        let op = if rest { Discrete::Ge } else { Discrete::Eq };
        let first = self.discrete(op, len, number, slice.span());
        let parts: Vec<_> = (0..slice.elems.len())
            .filter(|k| !is_rest(&slice.elems[*k]))
            .map(|k| {
                (
                    slice.elems[k].clone(),
                    Deferred::Element(slice.clone(), k, subject.clone()),
                )
            })
            .collect();
        self.test_all(Some(first), parts.into_iter())
    }

    /// The conjunction of tests, each made only where those before it hold: what it looks at may not
    /// be there otherwise.
    fn test_all(
        &mut self,
        first: Option<Value>,
        mut parts: impl Iterator<Item = (Pat, Deferred)>,
    ) -> Option<Value> {
        let (pattern, deferred) = loop {
            let Some((pattern, deferred)) = parts.next() else {
                return first;
            };
            if is_refutable(&pattern) {
                break (pattern, deferred);
            }
        };
        let Some(before) = first else {
            let subject = self.resolve(deferred);
            let test = self.test(&pattern, &subject);
            return self.test_all(test, parts);
        };
        let value = self.branch(
            before,
            pattern.span(),
            |cx| {
                let subject = cx.resolve(deferred);
                let test = cx.test(&pattern, &subject);
                let all = cx.test_all(test, parts);
                Operand::Value(all.unwrap_or_else(|| cx.truth(true)))
            },
            |cx| Operand::Value(cx.truth(false)),
        );
        Some(self.read(value))
    }

    fn resolve(&mut self, deferred: Deferred) -> Operand {
        match deferred {
            Deferred::Known(operand) => operand,
            Deferred::Field(pattern, field, subject) => {
                self.record_part(&pattern, &field, &subject)
            }
            Deferred::Element(slice, k, subject) => self
                .slice_part(&slice, k, &subject)
                .unwrap_or(Operand::Poison),
        }
    }

    pub(super) fn truth(&mut self, value: bool) -> Value {
        let literal = Kind::Literal(Literal::Bool(value));
        self.push(literal, Vec::new(), Ty::Bool, Span::call_site())
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

/// Whether a pattern may fail to match.
fn is_refutable(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) | Pat::Rest(_) => false,
        Pat::Ident(ident) => {
            is_path_name(&ident.ident.to_string())
                || ident
                    .subpat
                    .as_ref()
                    .is_some_and(|(_, inner)| is_refutable(inner))
        }
        Pat::Paren(inner) => is_refutable(&inner.pat),
        Pat::Type(typed) => is_refutable(&typed.pat),
        Pat::Reference(inner) => is_refutable(&inner.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().any(is_refutable),
        _ => true,
    }
}

/// A part of a subject that may only be looked at once an earlier test holds.
enum Deferred {
    Known(Operand),
    Field(Pat, String, Operand),
    Element(syn::PatSlice, usize, Operand),
}

/// The alternatives of a pattern that binds names in several ways: one arm each.
pub(super) fn alternatives(pattern: &Pat) -> Vec<Pat> {
    match pattern {
        Pat::Or(or) if or.cases.iter().any(binds) => {
            or.cases.iter().flat_map(alternatives).collect()
        }
        Pat::Paren(inner) => alternatives(&inner.pat),
        // An or-pattern further inside is spread over the whole.
        Pat::TupleStruct(tuple) => spread(&tuple.elems, |elems| {
            Pat::TupleStruct(syn::PatTupleStruct {
                elems,
                ..tuple.clone()
            })
        }),
        Pat::Tuple(tuple) => spread(&tuple.elems, |elems| {
            Pat::Tuple(syn::PatTuple {
                elems,
                ..tuple.clone()
            })
        }),
        Pat::Reference(inner) => alternatives(&inner.pat)
            .into_iter()
            .map(|pat| {
                let mut outer = inner.clone();
                *outer.pat = pat;
                Pat::Reference(outer)
            })
            .collect(),
        other => vec![other.clone()],
    }
}

type Elems = syn::punctuated::Punctuated<Pat, syn::Token![,]>;

fn spread(elems: &Elems, whole: impl Fn(Elems) -> Pat) -> Vec<Pat> {
    let mut found = vec![Elems::new()];
    for part in elems {
        let cases = alternatives(part);
        found = found
            .into_iter()
            .flat_map(|before| {
                cases.iter().map(move |case| {
                    let mut elems = before.clone();
                    elems.push(case.clone());
                    elems
                })
            })
            .collect();
    }
    found.into_iter().map(whole).collect()
}

/// Whether a pattern binds a name.
fn binds(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(ident) => {
            !is_path_name(&ident.ident.to_string())
                || ident.subpat.as_ref().is_some_and(|(_, inner)| binds(inner))
        }
        Pat::Paren(inner) => binds(&inner.pat),
        Pat::Reference(inner) => binds(&inner.pat),
        Pat::Type(typed) => binds(&typed.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().any(binds),
        Pat::Slice(slice) => slice.elems.iter().any(binds),
        Pat::Or(or) => or.cases.iter().any(binds),
        Pat::TupleStruct(_) | Pat::Struct(_) => record_parts(pattern).iter().any(|(p, _)| binds(p)),
        _ => false,
    }
}

/// The parts of a record pattern with their fields.
fn record_parts(pattern: &Pat) -> Vec<(Pat, String)> {
    match pattern {
        Pat::Struct(record) => record
            .fields
            .iter()
            .map(|f| ((*f.pat).clone(), member(&f.member)))
            .collect(),
        Pat::TupleStruct(tuple) => tuple
            .elems
            .iter()
            .enumerate()
            .take_while(|(_, part)| !matches!(part, Pat::Rest(_)))
            .map(|(k, part)| (part.clone(), k.to_string()))
            .collect(),
        _ => Vec::new(),
    }
}

fn is_rest(pattern: &Pat) -> bool {
    match pattern {
        Pat::Rest(_) => true,
        Pat::Ident(ident) => ident
            .subpat
            .as_ref()
            .is_some_and(|(_, inner)| matches!(**inner, Pat::Rest(_))),
        _ => false,
    }
}

/// `*operand`, where the operand is a reference.
pub(super) fn deref(operand: Operand) -> Operand {
    match operand {
        Operand::Ref(path, ty) | Operand::RefMut(path, ty) => Operand::Place(path, ty),
        other => other,
    }
}

/// A part bound by reference when the whole was a reference.
pub(super) fn as_bound(part: Operand, whole: &Operand) -> Operand {
    match (part, whole) {
        (Operand::Place(path, ty), Operand::Ref(..)) => Operand::Ref(path, ty),
        (Operand::Place(path, ty), Operand::RefMut(..)) => Operand::RefMut(path, ty),
        (part, _) => part,
    }
}

/// An array type with what the other says of its elements.
fn refined(known: &Ty, ty: &Ty) -> Ty {
    match (known, ty) {
        (Ty::Array(element), Ty::Array(better)) => Ty::Array(Box::new(refined(element, better))),
        (Ty::Unknown | Ty::Float(None), better) if *better != Ty::Unknown => better.clone(),
        _ => known.clone(),
    }
}

fn better(known: Ty, ty: Option<&Ty>) -> Ty {
    match (known, ty) {
        (Ty::Unknown, Some(ty)) => ty.clone(),
        (known, _) => known,
    }
}

pub(super) fn member(member: &syn::Member) -> String {
    match member {
        syn::Member::Named(name) => name.to_string(),
        syn::Member::Unnamed(index) => index.index.to_string(),
    }
}

/// Whether a bare name in a pattern is a constant or a variant, not a variable: by Rust's naming rule.
fn is_path_name(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

fn last_segment(path: &syn::Path) -> String {
    path.segments
        .last()
        .map_or(String::new(), |s| s.ident.to_string())
}

/// Whether a path names an enum's variant: `Some`, `Shape::Circle`, `Self::Circle`.
pub(super) fn is_variant(path: &syn::Path) -> bool {
    let known = ["Some", "Ok", "Err", "None"];
    let owner = path.segments.iter().rev().nth(1);
    owner.is_some_and(|s| s.ident.to_string().starts_with(char::is_uppercase))
        || known.contains(&last_segment(path).as_str())
}

/// What the pattern of a `let` says of the type of its value.
pub(super) fn type_of(pattern: &Pat) -> Option<syn::Type> {
    match pattern {
        Pat::Type(typed) => Some((*typed.ty).clone()),
        Pat::Paren(inner) => type_of(&inner.pat),
        Pat::Slice(slice) if !slice.elems.iter().any(is_rest) => {
            let len = slice.elems.len();
            Some(syn::parse_quote!([_; #len]))
        }
        _ => None,
    }
}

/// Whether a name is a constant by Rust's naming rule.
pub(super) fn is_constant_name(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

/// Whether the operand can be put into memory: no reference, function or iterator.
fn is_content(operand: &Operand) -> bool {
    match operand {
        Operand::Value(_) | Operand::Place(..) | Operand::Maybe(..) => true,
        Operand::Tuple(parts) => parts.iter().all(is_content),
        _ => false,
    }
}

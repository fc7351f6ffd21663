//! Patterns: tests of whether a subject matches, and the names a match binds.
//!
//! A pattern is read twice: [`Lower::test`] gives the truth value of the match, [`Lower::bind`]
//! declares the names where it succeeded. Fields of an enum's variant are places behind the variant,
//! so that a test inside a variant runs only where the variant is there.

use quote::ToTokens;
use syn::Pat;
use syn::spanned::Spanned;

use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Code, Kind, Path, Step, Storage, Ty, Value, Variant};

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
    pub(super) fn slice_part(
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
    pub(super) fn record_part(&mut self, pattern: &Pat, field: &str, operand: &Operand) -> Operand {
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
    pub(super) fn variant_of(&self, pattern: &Pat, subject: &Operand) -> Option<(Code, String)> {
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

    pub(super) fn part(&mut self, operand: &Operand, field: &str) -> Operand {
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
        let cell = self.cell_of(&held);
        if let Some((path, _)) = &cell {
            self.name_cell(name, path.root);
        }
        self.locals
            .declare(name, mutable || cell.is_some(), Some(held));
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
                if let Some(items) = self.text_in_turn(value).filter(|_| mutable) {
                    return self.held_by(name, mutable, Operand::Iter(items), None);
                }
                let renamed = (ty.is_scalar()
                    || ty == Ty::Inert && !self.owns_text(value)
                    || ty == Ty::Unknown && !self.projected.contains(name))
                    && !self.borrowed_mut.contains(name);
                if renamed {
                    Operand::Value(value)
                } else {
                    let var = self.new_variable(name, ty.clone(), mutable, Some(value));
                    Operand::Place(Path::of(var), ty)
                }
            }
            cell if self.cell_of(&cell).is_some() => cell,
            Operand::Place(path, place_ty) => {
                let place_ty = match ty {
                    Some(Ty::Unknown) | None => place_ty,
                    Some(ty) => ty.clone(),
                };
                let keep = !mutable && self.is_frozen(&path) && !place_ty.is_scalar();
                let apart = self.projected.contains(name) || self.gathered.contains(&path.root);
                if keep && (place_ty != Ty::Unknown || apart) {
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
            text @ Operand::Ref(_, Ty::Inert) if mutable => self.as_text(text),
            Operand::Ref(path, known) => {
                let held = Operand::Ref(path, better(known, ty));
                if mutable {
                    self.with_bounds(held)
                } else {
                    held
                }
            }
            Operand::RefMut(path, known) => {
                let held = Operand::RefMut(path, better(known, ty));
                if mutable {
                    self.with_bounds(held)
                } else {
                    held
                }
            }
            Operand::Iter(iter) if mutable => Operand::Iter(self.resting(iter, self.here)),
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
        let sequence = known == Ty::Inert && matches!(ty, Ty::Array(_));
        if matches!(known, Ty::Unknown | Ty::Float(None)) && *ty != Ty::Unknown || sequence {
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
}

/// The parts of a record pattern with their fields.
pub(super) fn record_parts(pattern: &Pat) -> Vec<(Pat, String)> {
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

pub(super) fn is_rest(pattern: &Pat) -> bool {
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

pub(super) fn better(known: Ty, ty: Option<&Ty>) -> Ty {
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
pub(super) fn is_path_name(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

/// The names in a path, in order.
pub(super) fn segments(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|s| s.ident.to_string()).collect()
}

pub(super) fn last_segment(path: &syn::Path) -> String {
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

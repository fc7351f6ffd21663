//! Whether a pattern takes a value: tests of variants, ranges, lengths, with what is inside only where they hold.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, Lit, Pat, RangeLimits};

use super::pattern::{deref, is_constant_name, is_path_name, is_rest, last_segment, record_parts};
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Discrete, Kind, Literal, Ty, Value};

impl Lower<'_> {
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
                if let Some(test) = self.test_text(literal, subject, span) {
                    return Some(test);
                }
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

    /// A letter or a text, which stands behind any number of references, which a pattern looks through.
    fn test_text(&mut self, literal: &syn::PatLit, subject: &Operand, span: Span) -> Option<Value> {
        let path = match subject {
            Operand::Place(path, ty) | Operand::Ref(path, ty) | Operand::RefMut(path, ty)
                if matches!(ty, Ty::Inert | Ty::Unknown) =>
            {
                path.clone()
            }
            _ => return None,
        };
        let code = match literal.lit {
            Lit::Char(_) => quote!(::core::matches!(__text, #literal)),
            Lit::Str(_) => quote!(::core::convert::AsRef::<str>::as_ref(__text) == #literal),
            _ => return None,
        };
        let kind = Kind::Opaque {
            code: Code(code),
            captures: vec![("__text".to_owned(), Capture::Place(path, false))],
            effect: false,
        };
        Some(self.push(kind, Vec::new(), Ty::Bool, span))
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

    pub(super) fn matches(&mut self, subject: &Operand, pattern: TokenStream, span: Span) -> Value {
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

    pub(super) fn compare(
        &mut self,
        op: Discrete,
        subject: &Operand,
        other: Operand,
        span: Span,
    ) -> Value {
        if let Some(value) = self.compare_inert(op, subject, &other, span) {
            return value;
        }
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
pub(super) enum Deferred {
    Known(Operand),
    Field(Pat, String, Operand),
    Element(syn::PatSlice, usize, Operand),
}

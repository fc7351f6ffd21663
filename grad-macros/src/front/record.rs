//! What is put together: arrays, structs and tuples by their parts.

use std::collections::HashMap;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;
use syn::spanned::Spanned;

use super::pattern::{member, segments};
use super::{Lower, Operand, infer};
use crate::diag::Problem;
use crate::ir::{Code, Kind, Path, Record, Step, Storage, Ty, Value, Var};

impl Lower<'_> {
    pub(super) fn lower_array<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e Expr>,
        vec: bool,
        span: Span,
    ) -> Operand {
        let mut ty = Ty::Unknown;
        let mut values = Vec::new();
        let mut functions = Vec::new();
        for element in elements {
            let operand = self.lower_expr(element);
            let operand = match self.as_row(operand) {
                Operand::Poison => return Operand::Poison,
                Operand::Closure(function) if values.is_empty() => {
                    functions.push(function);
                    continue;
                }
                operand => operand,
            };
            // What a shared reference shows stays where it is.
            let operand = match operand {
                seen @ Operand::Ref(..) if !self.operand_ty(&seen).is_scalar() => {
                    self.copy_of(seen, element.span())
                }
                other => other,
            };
            let value = self.read_spanned(operand, element.span());
            ty = infer::join(&ty, &self.graph.ty(value).clone());
            values.push(value);
        }
        if !functions.is_empty() && values.is_empty() {
            return super::function_tables::table(functions);
        }
        Operand::Value(self.push(Kind::Array { vec }, values, Ty::Array(Box::new(ty)), span))
    }

    pub(super) fn lower_repeat(
        &mut self,
        element: &Expr,
        len: &Expr,
        vec: bool,
        span: Span,
    ) -> Operand {
        let operand = self.lower_expr(element);
        match &operand {
            Operand::Poison => return operand,
            Operand::Closure(function) => return self.repeated_function(function, len),
            _ => {}
        }
        let value = self.read_spanned(operand, element.span());
        // The length of an array is a constant expression and must stay one.
        let len = if vec {
            self.value_of(len)
        } else {
            self.constant(len.to_token_stream(), Ty::Int)
        };
        let ty = Ty::Array(Box::new(self.graph.ty(value).clone()));
        Operand::Value(self.push(Kind::Repeat { vec }, vec![value, len], ty, span))
    }

    pub(super) fn lower_record(&mut self, record: &syn::ExprStruct, span: Span) -> Operand {
        let mut fields = Vec::new();
        let mut values = Vec::new();
        let mut borrowed = Vec::new();
        for (k, field) in record.fields.iter().enumerate() {
            fields.push(member(&field.member));
            let (value, is_borrowed) = self.lower_field(&field.expr);
            values.push(value);
            borrowed.extend(is_borrowed.then_some(k));
        }
        let Some(rest) = &record.rest else {
            return self.record_holding(&record.path, (fields, borrowed), values, span);
        };
        // `..base`: a copy of the base whose fields are then written.
        if super::pattern::is_variant(&record.path) {
            return self.unsupported("`..` of a variant", span);
        }
        let own = &record.path;
        self.hint = Some(syn::parse_quote!(#own));
        let ty = Ty::Named(
            record
                .path
                .segments
                .last()
                .map_or(String::new(), |s| s.ident.to_string()),
        );
        let Some(whole) = self.lower_base(&record.path, rest, &ty) else {
            return Operand::Poison;
        };
        let var = self.new_variable("record", ty.clone(), true, Some(whole));
        for (field, value) in fields.into_iter().zip(values) {
            self.store(Path::of(var).then(Step::Field(field)), value, span);
        }
        Operand::Place(Path::of(var), ty)
    }

    /// The base of `Path { .., ..base }` as a value of its own.
    fn lower_base(&mut self, path: &syn::Path, base: &Expr, ty: &Ty) -> Option<Value> {
        if matches!(base, Expr::Call(call) if call.args.is_empty() && is_associated(&call.func)) {
            // `..Default::default()` takes its type from the struct.
            let kind = Kind::Opaque {
                code: Code(quote::quote!(#path { ..#base })),
                captures: Vec::new(),
                effect: false,
            };
            return Some(self.push(kind, Vec::new(), ty.clone(), base.span()));
        }
        match self.lower_expr(base) {
            Operand::Poison => None,
            // Behind a reference: what is taken of it is copied, not moved.
            Operand::Place(path, ty) if !self.is_owned(&path) => {
                Some(self.push(Kind::Copy(path), Vec::new(), ty, base.span()))
            }
            operand => Some(self.read_spanned(operand, base.span())),
        }
    }

    fn is_owned(&self, path: &Path) -> bool {
        let storage = self.graph.var(path.root).storage;
        path.steps.is_empty() && matches!(storage, Storage::Owned)
    }

    /// A struct or a variant of an enum from its fields.
    pub(super) fn record(
        &mut self,
        path: &syn::Path,
        fields: Vec<String>,
        values: Vec<Value>,
        span: Span,
    ) -> Operand {
        self.record_holding(path, (fields, Vec::new()), values, span)
    }

    /// `Type(..)` or `Variant(..)`.
    pub(super) fn lower_constructor(
        &mut self,
        path: &syn::Path,
        args: &[&Expr],
        span: Span,
    ) -> Operand {
        let fields = (0..args.len()).map(|k| k.to_string()).collect();
        // What an option holds has no type of its own: a copy serves inside the function.
        let of_std = ["Some", "Ok", "Err"].iter().any(|name| path.is_ident(name));
        let (mut values, mut borrowed) = (Vec::new(), Vec::new());
        for (k, arg) in args.iter().enumerate() {
            if of_std {
                values.push(self.value_of(arg));
                continue;
            }
            let (value, is_borrowed) = self.lower_field(arg);
            values.push(value);
            borrowed.extend(is_borrowed.then_some(k));
        }
        self.record_holding(path, (fields, borrowed), values, span)
    }

    /// A field's value, and whether the field is a reference to it.
    pub(super) fn lower_field(&mut self, expr: &Expr) -> (Value, bool) {
        let span = expr.span();
        let operand = match expr {
            Expr::Call(call) if super::args::is_some(call) => self.lower_some(call),
            expr => self.lower_expr(expr),
        };
        match operand {
            text @ Operand::Ref(_, Ty::Inert) => {
                let text = self.as_text(text);
                (self.read_spanned(text, span), false)
            }
            Operand::Ref(path, ty) => (self.push(Kind::Borrow(path), Vec::new(), ty, span), true),
            Operand::RefMut(..) if matches!(expr, Expr::Reference(_)) => {
                self.report(span, Problem::MutableField);
                (self.undefined(Ty::Unknown), false)
            }
            operand => {
                let is_number = matches!(operand, Operand::Value(_));
                let seen = is_number && self.is_reference(expr);
                (self.read_spanned(operand, span), seen)
            }
        }
    }

    /// A struct that holds references cannot be kept for the way back, only made again: it must not change.
    pub(super) fn refuse_changed_borrowers(&mut self) {
        let made: HashMap<Var, Value> = (self.graph.sites.iter())
            .filter_map(|site| match site.kind {
                Kind::Allocate(var) => site.operands.first().map(|content| (var, *content)),
                _ => None,
            })
            .collect();
        for (var, content) in &made {
            if self.borrows(*content, &made) && self.graph.changes(*var) {
                self.if_active.insert(*content, Problem::ChangedBorrower);
            }
        }
    }

    fn borrows(&self, value: Value, made: &HashMap<Var, Value>) -> bool {
        match self.graph.def(value).map(|site| &site.kind) {
            Some(Kind::Record(record)) => !record.borrowed.is_empty(),
            Some(Kind::Load(path)) if path.steps.is_empty() => {
                let content = made.get(&path.root);
                content.is_some_and(|content| self.borrows(*content, made))
            }
            _ => false,
        }
    }

    /// Whether an expression that gives a number is a reference to it.
    fn is_reference(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Reference(_) => true,
            Expr::Paren(inner) => self.is_reference(&inner.expr),
            Expr::Path(path) => {
                let name = path.path.get_ident().map(ToString::to_string);
                let local = name.and_then(|name| self.locals.find(&name));
                local.is_some_and(|local| self.number_references.contains(&local))
            }
            _ => false,
        }
    }

    /// As [`Self::record`]; the fields listed are references.
    pub(super) fn record_holding(
        &mut self,
        path: &syn::Path,
        (fields, borrowed): (Vec<String>, Vec<usize>),
        values: Vec<Value>,
        span: Span,
    ) -> Operand {
        let segments = segments(path);
        let last = segments.last().cloned().unwrap_or_default();
        let variant = super::pattern::is_variant(path).then(|| last.clone());
        let ty = match (&variant, last.as_str()) {
            (Some(_), "Some") => Ty::Option(Box::new(
                values
                    .first()
                    .map_or(Ty::Unknown, |v| self.graph.ty(*v).clone()),
            )),
            (Some(_), "Ok" | "Err") => Ty::Named("Result".to_owned()),
            (Some(_), _) => Ty::Named(segments.iter().rev().nth(1).cloned().unwrap_or_default()),
            (None, _) => Ty::Named(last),
        };
        let kind = Kind::Record(Record {
            code: Code(path.to_token_stream()),
            fields,
            variant,
            borrowed,
        });
        // A struct is memory, so that its tangent can be built field by field.
        let value = self.push(kind, values, ty.clone(), span);
        let var = self.new_variable("record", ty.clone(), false, Some(value));
        Operand::Place(Path::of(var), ty)
    }
}

/// Whether a function is named as one of a type.
fn is_associated(function: &Expr) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    let owner = path.path.segments.iter().rev().nth(1);
    path.qself.is_some()
        || owner.is_some_and(|s| s.ident.to_string().starts_with(char::is_uppercase))
}

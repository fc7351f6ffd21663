//! Expressions.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, Lit, RangeLimits, UnOp};

use super::function::Function;
use super::iter::Iter;
use super::pattern::{deref, member, segments};
use super::{Lower, Operand, infer};
use crate::diag::Problem;
use crate::ir::{Code, Kind, Literal, Path, Step, Storage, Ty, Value, VarInfo, Width};

impl Lower<'_> {
    #[allow(clippy::too_many_lines)] // one arm a construct
    pub(super) fn lower_any(&mut self, expr: &Expr) -> Operand {
        let span = expr.span();
        let hint = self.hint.take();
        let writes = std::mem::take(&mut self.writes_place);
        let wants = std::mem::take(&mut self.wants_place);
        let written = hint.as_ref().map(|ty| self.ty_of(ty));
        let expected = self.expected.take().or(written.clone());
        match expr {
            Expr::Paren(syn::ExprParen { expr, .. }) | Expr::Group(syn::ExprGroup { expr, .. }) => {
                self.hint = hint;
                self.writes_place = writes;
                self.wants_place = wants;
                self.lower_expected(expr, expected)
            }
            Expr::Lit(literal) => self.lower_literal(&literal.lit, hint.as_ref(), span),
            Expr::Path(path) if path.path.is_ident("None") => self.lower_none(hint.as_ref(), span),
            Expr::Path(path) => self.lower_path(path, span),
            Expr::Unary(unary) => {
                self.hint = hint.filter(|_| matches!(unary.op, UnOp::Neg(_)));
                self.expected = expected.filter(|_| matches!(unary.op, UnOp::Neg(_)));
                self.wants_place = matches!(unary.op, UnOp::Deref(_));
                self.writes_place = writes;
                self.lower_unary(unary.op, &unary.expr, span)
            }
            Expr::Binary(binary) => self.lower_binary(binary, expected, span),
            Expr::Assign(assign) => self.lower_assign(&assign.left, &assign.right, span),
            Expr::Block(block) => match &block.label {
                None => self.lower_block(&block.block),
                Some(label) => {
                    self.lower_labelled(&block.block, label.name.ident.to_string(), span)
                }
            },
            Expr::If(branch) => self.lower_if(branch),
            Expr::Match(m) => self.lower_match(m),
            Expr::ForLoop(l) => self.attributed(&l.attrs, |cx| cx.lower_for(l)),
            Expr::While(l) => self.attributed(&l.attrs, |cx| {
                let label = l.label.as_ref().map(|l| l.name.ident.to_string());
                if cx.stays_quiet(&l.cond) {
                    return cx.lower_while(Some(&l.cond), &l.body, label, span);
                }
                // A condition that binds or changes something is part of the iteration.
                let (cond, body) = (&l.cond, &l.body);
                let body = syn::parse_quote!({ if #cond #body else { break } });
                cx.lower_while(None, &body, label, span)
            }),
            Expr::Loop(l) => self.attributed(&l.attrs, |cx| {
                let label = l.label.as_ref().map(|l| l.name.ident.to_string());
                cx.next_pile = cx.pile_of_breaks(&l.body);
                cx.lower_while(None, &l.body, label, span)
            }),
            Expr::Return(r) => {
                let output = Some(self.output.clone());
                let value = r.expr.as_ref().map_or(Operand::Unit, |e| {
                    self.wants_place = self.routes.is_some();
                    self.lower_expected(e, output)
                });
                self.lower_return(value)
            }
            Expr::Break(b) => {
                let value = b.expr.as_ref().map(|e| self.lower_expr(e));
                self.lower_break(b.label.as_ref(), value, span)
            }
            Expr::Continue(c) => self.lower_continue(c.label.as_ref(), span),
            Expr::Index(index) => {
                self.writes_place = writes;
                self.wants_place = wants;
                self.lower_indexed(index, writes)
            }
            Expr::Field(field) => {
                self.writes_place = writes;
                self.wants_place = wants;
                let base = self.lower_expr(&field.base);
                let part = self.project(base, &member(&field.member));
                self.known_field(part, field)
            }
            Expr::Reference(reference) => {
                self.wants_place = wants;
                self.lower_reference(reference, span)
            }
            Expr::Cast(cast) => self.lower_cast(&cast.expr, &cast.ty, span),
            Expr::Tuple(tuple) if tuple.elems.is_empty() => Operand::Unit,
            Expr::Tuple(tuple) => self.lower_tuple(tuple, hint.as_ref()),
            Expr::Array(array) if array.elems.is_empty() && hint.is_some() => {
                let ty = written.unwrap_or(Ty::Unknown);
                self.opaque(
                    &syn::parse_quote!({ let __empty: #hint = []; __empty }),
                    ty,
                    "this",
                )
            }
            Expr::Array(array) => match self.places_in_turn(array) {
                Some(places) => places,
                None => self.lower_array(array.elems.iter(), false, span),
            },
            Expr::Repeat(repeat) => self.lower_repeat(&repeat.expr, &repeat.len, false, span),
            Expr::Struct(record) => self.lower_record(record, span),
            Expr::Call(call) => {
                self.hint = hint;
                self.wants_place = wants;
                self.lower_call(call)
            }
            Expr::MethodCall(call) => {
                self.wants_place = wants;
                self.writes_place = writes;
                self.lower_method(call, hint.as_ref())
            }
            Expr::Macro(m) => {
                self.hint = hint;
                let value = self.lower_macro(&m.mac);
                self.hint = None;
                value
            }
            Expr::Closure(closure) => self.lower_closure(closure),
            Expr::Try(t) => self.report(t.question_token.span(), Problem::Try),
            Expr::Const(c) => self.lower_block(&c.block),
            Expr::Unsafe(u) => self.lower_unsafe(u, expr),
            Expr::Await(a) => self.report(a.await_token.span(), Problem::Await),
            Expr::Async(a) => self.report(a.async_token.span(), Problem::Await),
            Expr::Let(_) => {
                // `let` in a condition that is not a plain conjunction.
                let conditions = super::matching::conjuncts(expr);
                let yes = |cx: &mut Self| Operand::Value(cx.truth(true));
                let no = |cx: &mut Self| Operand::Value(cx.truth(false));
                self.lower_conditions(&conditions, span, &yes, &no)
            }
            Expr::Range(range) => self.lower_range(range),
            _ => self.unsupported("this expression", span),
        }
    }

    /// A field that is used as an integer or an array elsewhere is one here.
    fn known_field(&mut self, part: Operand, field: &syn::ExprField) -> Operand {
        match part {
            Operand::Place(path, Ty::Unknown) => {
                let text = field.to_token_stream().to_string().replace(' ', "");
                let ty = if self.integers.contains(&text) {
                    Ty::Int
                } else if self.arrays.contains(&member(&field.member)) {
                    Ty::Array(Box::new(Ty::Unknown))
                } else {
                    Ty::Unknown
                };
                Operand::Place(path, ty)
            }
            other => other,
        }
    }

    pub(super) fn unsupported(&mut self, what: &str, span: Span) -> Operand {
        self.report(span, Problem::Expression(what.to_owned()))
    }

    /// The value of an expression.
    pub(super) fn value_of(&mut self, expr: &Expr) -> Value {
        let operand = self.lower_expr(expr);
        self.read_spanned(operand, expr.span())
    }

    /// A literal; an integer takes the type the source annotates it with.
    fn lower_literal(
        &mut self,
        literal: &Lit,
        annotated: Option<&syn::Type>,
        span: Span,
    ) -> Operand {
        let integer = annotated.and_then(super::call::integer_type);
        let (kind, ty) = match literal {
            Lit::Float(f) => (
                Literal::Float(f.base10_digits().to_owned()),
                float_ty(f.suffix()),
            ),
            Lit::Int(i) if matches!(i.suffix(), "f32" | "f64") => (
                Literal::Float(format!("{}.0", i.base10_digits())),
                float_ty(i.suffix()),
            ),
            Lit::Int(i) => {
                let text = match integer {
                    Some(suffix) if i.suffix().is_empty() => format!("{i}{suffix}"),
                    _ => i.to_string(),
                };
                (Literal::Int(text), Ty::Int)
            }
            Lit::Bool(b) => (Literal::Bool(b.value), Ty::Bool),
            other => {
                let ty = match other {
                    Lit::ByteStr(_) => Ty::Array(Box::new(Ty::Int)),
                    _ => Ty::Inert,
                };
                let kind = Kind::Constant(Code(other.to_token_stream()));
                return Operand::Value(self.push(kind, Vec::new(), ty, span));
            }
        };
        Operand::Value(self.push(Kind::Literal(kind), Vec::new(), ty, span))
    }

    fn lower_path(&mut self, path: &syn::ExprPath, span: Span) -> Operand {
        if let Some(ident) = path.path.get_ident().filter(|_| path.qself.is_none()) {
            let name = ident.to_string();
            if let Some(local) = self.locals.find(&name) {
                return match self.locals.current(local) {
                    Some(held) => held,
                    // Not set on any path the graph knows: a problem was reported, or is one.
                    None if self.diag.mark() > 0 => Operand::Poison,
                    None => self.report(span, Problem::BranchedReference),
                };
            }
            if !name.starts_with(char::is_uppercase) && !self.item_types.contains_key(&name) {
                return Operand::Closure(Function::of_path(path));
            }
        }
        let segments = segments(&path.path);
        let last = segments.last().cloned().unwrap_or_default();
        if last.starts_with(char::is_lowercase) {
            // By Rust's naming rule a function.
            return Operand::Closure(Function::of_path(path));
        }
        let ty = match self.item_types.get(&last) {
            Some(ty) => ty.clone(),
            None => infer::constant_type(&segments),
        };
        let code = path.to_token_stream();
        if ty.is_scalar() {
            return Operand::Value(self.push(Kind::Constant(Code(code)), Vec::new(), ty, span));
        }
        let text = code.to_string().replace(" as ", "\0").replace(' ', "");
        let text = text.replace('\0', " as ");
        let var = match self.statics.get(&text) {
            Some(var) => *var,
            None => {
                let info = VarInfo {
                    name: text.clone(),
                    ty: ty.clone(),
                    storage: Storage::Static,
                    mutable: false,
                    tangent: false,
                    span,
                };
                let var = self.graph.new_var(info);
                self.statics.insert(text, var);
                var
            }
        };
        Operand::Place(Path::of(var), ty)
    }

    /// Lowers an expression whose place says something of its type.
    pub(super) fn lower_expected(&mut self, expr: &Expr, expected: Option<Ty>) -> Operand {
        self.expected = expected.filter(|ty| matches!(ty, Ty::Float(_)));
        let operand = self.lower_expr(expr);
        self.expected = None;
        operand
    }

    /// `*operand`.
    pub(super) fn lower_deref(&mut self, operand: Operand) -> Operand {
        match operand {
            // What was gathered has no references to look through.
            Operand::Place(path, ty)
                if self.gathered.contains(&path.root) || self.seen_twice.contains(&path) =>
            {
                Operand::Place(path, ty)
            }
            Operand::Place(path, ty) if !ty.is_scalar() => {
                Operand::Place(path.then(Step::Deref), Ty::Unknown)
            }
            Operand::Value(value) if self.is_opaque(value) => {
                let path = self.as_path(Operand::Value(value));
                Operand::Place(path.then(Step::Deref), Ty::Unknown)
            }
            other => deref(other),
        }
    }

    /// Whether a value comes from code the graph does not look into: it may be a reference.
    fn is_opaque(&self, value: Value) -> bool {
        let opaque = self
            .graph
            .def(value)
            .is_some_and(|site| matches!(site.kind, Kind::Opaque { .. }));
        opaque && *self.graph.ty(value) == Ty::Unknown
    }

    pub(super) fn lower_index(&mut self, written: &Expr, index: &Expr, mutable: bool) -> Operand {
        let span = written.span();
        let base = self.lower_expr(written);
        if let Operand::Closure(f) = &base {
            if f.is_table() {
                return self.index_table(f, index);
            }
        }
        let (start, end, inclusive) = match index {
            Expr::Range(range) => {
                let start = range.start.as_ref().map(|e| self.value_of(e));
                let end = range.end.as_ref().map(|e| self.value_of(e));
                (start, end, matches!(range.limits, RangeLimits::Closed(_)))
            }
            index if self.asks_rule(&base, index) => {
                if let Some(entry) = self.index_map(&base, index, span) {
                    return entry;
                }
                return self.index_by_rule(base, index, mutable, span);
            }
            // The key of a map.
            Expr::Reference(_) if !mutable => {
                let whole = syn::parse_quote!(#written[#index]);
                return self.opaque(&whole, Ty::Unknown, "this entry");
            }
            index => match self.lower_expr(index) {
                Operand::Iter(Iter::Range(range)) => {
                    (Some(range.start), range.end, range.inclusive)
                }
                operand => {
                    let index = self.read_spanned(operand, index.span());
                    return self.index(base, index);
                }
            },
        };
        if base == Operand::Poison {
            return base;
        }
        let ty = self.operand_ty(&base);
        let path = self.as_path(base);
        if start.is_none() && end.is_none() {
            return Operand::Place(path, ty);
        }
        let step = Step::Range {
            start,
            end,
            inclusive,
        };
        Operand::Place(path.then(step), ty)
    }

    fn lower_reference(&mut self, reference: &syn::ExprReference, span: Span) -> Operand {
        self.writes_place = reference.mutability.is_some();
        match self.lower_expr(&reference.expr) {
            Operand::Place(path, ty) | Operand::RefMut(path, ty)
                if reference.mutability.is_some() =>
            {
                Operand::RefMut(path, ty)
            }
            Operand::Place(path, ty) | Operand::RefMut(path, ty) => Operand::Ref(path, ty),
            Operand::Value(value) if reference.mutability.is_some() => {
                let ty = self.graph.ty(value).clone();
                if ty.is_scalar() && is_place(&reference.expr) {
                    return self.report(span, Problem::MutableBorrow);
                }
                let var = self.new_variable("temporary", ty.clone(), true, Some(value));
                Operand::RefMut(Path::of(var), ty)
            }
            Operand::Iter(iter) if reference.mutability.is_some() => {
                Operand::Iter(iter.asked_by("by_ref"))
            }
            Operand::Value(value) if self.graph.ty(value).is_scalar() => Operand::Value(value),
            Operand::Value(value) => {
                let ty = self.graph.ty(value).clone();
                let path = self.as_path(Operand::Value(value));
                Operand::Ref(path, ty)
            }
            other => other,
        }
    }
}

/// Whether the expression names a place rather than giving a value.
pub(super) fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(e) => is_place(&e.expr),
        Expr::Group(e) => is_place(&e.expr),
        Expr::Field(e) => is_place(&e.base),
        Expr::Path(_)
        | Expr::Index(_)
        | Expr::Unary(syn::ExprUnary {
            op: UnOp::Deref(_), ..
        }) => true,
        _ => false,
    }
}

fn float_ty(suffix: &str) -> Ty {
    Ty::Float(match suffix {
        "f32" => Some(Width::F32),
        "f64" => Some(Width::F64),
        _ => None,
    })
}

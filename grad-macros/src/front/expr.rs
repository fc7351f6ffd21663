//! Expressions.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, Lit, RangeLimits, UnOp};

use super::closure::Function;
use super::iter::Iter;
use super::pattern::{deref, member};
use super::{Lower, Operand, infer};
use crate::diag::Problem;
use crate::ir::{
    Call, Callee, Code, Discrete, Kind, Literal, Op, Path, Record, Step, Storage, Ty, Value,
    VarInfo, Width,
};

impl Lower<'_> {
    #[allow(clippy::too_many_lines)] // one arm a construct
    pub(super) fn lower_expr(&mut self, expr: &Expr) -> Operand {
        if self.dead {
            return Operand::Never;
        }
        let span = expr.span();
        let hint = self.hint.take();
        let writes = std::mem::take(&mut self.writes_place);
        let wants = std::mem::take(&mut self.wants_place);
        let written = hint.as_ref().map(|ty| self.ty_of(ty));
        let expected = self.expected.take().or(written);
        match expr {
            Expr::Paren(syn::ExprParen { expr, .. }) | Expr::Group(syn::ExprGroup { expr, .. }) => {
                self.hint = hint;
                self.writes_place = writes;
                self.wants_place = wants;
                self.lower_expected(expr, expected)
            }
            Expr::Lit(literal) => self.lower_literal(&literal.lit, hint.as_ref(), span),
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
            Expr::ForLoop(l) => self.lower_for(l),
            Expr::While(l) => {
                let label = l.label.as_ref().map(|l| l.name.ident.to_string());
                if is_quiet(&l.cond) && !self.changes(&l.cond) {
                    return self.lower_while(Some(&l.cond), &l.body, label, span);
                }
                // A condition that binds or changes something is part of the iteration.
                let (cond, body) = (&l.cond, &l.body);
                let body = syn::parse_quote!({ if #cond #body else { break } });
                self.lower_while(None, &body, label, span)
            }
            Expr::Loop(l) => {
                let label = l.label.as_ref().map(|l| l.name.ident.to_string());
                self.next_pile = self.pile_of_breaks(&l.body);
                self.lower_while(None, &l.body, label, span)
            }
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
                self.lower_index(&index.expr, &index.index, writes)
            }
            Expr::Field(field) => {
                self.writes_place = writes;
                let base = self.lower_expr(&field.base);
                let part = self.project(base, &member(&field.member));
                self.known_field(part, field)
            }
            Expr::Reference(reference) => self.lower_reference(reference, span),
            Expr::Cast(cast) => self.lower_cast(&cast.expr, &cast.ty, span),
            Expr::Tuple(tuple) if tuple.elems.is_empty() => Operand::Unit,
            Expr::Tuple(tuple) => Operand::Tuple(self.lower_all(tuple.elems.iter())),
            Expr::Array(array) => self.lower_array(array.elems.iter(), false, span),
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
            Expr::Unsafe(u) => self.report(u.unsafe_token.span(), Problem::Unsafe),
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
                let code = Code(other.to_token_stream());
                return Operand::Value(self.push(
                    Kind::Constant(code),
                    Vec::new(),
                    Ty::Inert,
                    span,
                ));
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
            if name == "None" {
                return Operand::Value(self.none(Ty::Unknown, span));
            }
            if !name.starts_with(char::is_uppercase) && !self.item_types.contains_key(&name) {
                return Operand::Closure(Function::of_path(path));
            }
        }
        let segments: Vec<String> = path
            .path
            .segments
            .iter()
            .map(|s| s.ident.to_string())
            .collect();
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
        let text = code.to_string().replace(' ', "");
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

    fn lower_unary(&mut self, op: UnOp, operand: &Expr, span: Span) -> Operand {
        let lowered = self.lower_expr(operand);
        match op {
            UnOp::Deref(_) => self.lower_deref(lowered),
            UnOp::Neg(_) => Operand::Value(self.operator(Op::Neg, vec![lowered], span)),
            _ => {
                let value = self.read_spanned(lowered, operand.span());
                let ty = self.graph.ty(value).clone();
                Operand::Value(self.push(Kind::Discrete(Discrete::Not), vec![value], ty, span))
            }
        }
    }

    /// A row of the table applied; the type follows from the operands.
    pub(super) fn apply(&mut self, op: Op, operands: Vec<Value>, span: Span) -> Value {
        let tys: Vec<Ty> = operands.iter().map(|v| self.graph.ty(*v).clone()).collect();
        let ty = match op {
            Op::Powi => tys.first().cloned().unwrap_or(Ty::Unknown),
            _ => tys
                .iter()
                .cloned()
                .reduce(|a, b| infer::arithmetic(&a, &b))
                .unwrap_or(Ty::Unknown),
        };
        if let Ty::Float(Some(_)) = ty {
            // A literal beside a float of known width has that width.
            for operand in &operands {
                if *self.graph.ty(*operand) == Ty::Float(None)
                    && self.graph.literal(*operand).is_some()
                {
                    self.graph.value_mut(*operand).ty = ty.clone();
                }
            }
        }
        self.push(Kind::Apply(op), operands, ty, span)
    }

    /// Lowers an expression whose place says something of its type.
    pub(super) fn lower_expected(&mut self, expr: &Expr, expected: Option<Ty>) -> Operand {
        self.expected = expected.filter(|ty| matches!(ty, Ty::Float(_)));
        let operand = self.lower_expr(expr);
        self.expected = None;
        operand
    }

    fn lower_binary(
        &mut self,
        binary: &syn::ExprBinary,
        expected: Option<Ty>,
        span: Span,
    ) -> Operand {
        if is_compound(&binary.op) {
            return self.lower_compound(&binary.left, &binary.op, &binary.right, span);
        }
        if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) {
            return self.lower_lazy(binary, span);
        }
        // A sum that is a float has floats for terms, and what is added to a float is one.
        let expected = expected.filter(|ty| matches!(ty, Ty::Float(_)));
        let is_sum = matches!(binary.op, BinOp::Add(_) | BinOp::Sub(_));
        self.expected = expected.clone().filter(|_| is_sum);
        let a = self.lower_operand(&binary.left);
        let then = self.now();
        let left = self.operand_ty(&a);
        self.expected = match left {
            Ty::Float(_) if is_sum => Some(left),
            _ => expected.clone().filter(|_| is_sum),
        };
        let b = self.lower_operand(&binary.right);
        let a = self.as_of(a, then, binary.left.span());
        self.expected = None;
        if let Some(ty) = expected.filter(|_| discrete_op(&binary.op).is_none()) {
            let value = self.float_operator(arithmetic_row(&binary.op), a, b, span);
            self.refine(value, &ty);
            return Operand::Value(value);
        }
        Operand::Value(self.binary(&binary.op, a, b, span))
    }

    /// An operator whose result is known to be a float: so are its operands if one of them is.
    fn float_operator(&mut self, op: Op, a: Operand, b: Operand, span: Span) -> Value {
        let tys = [self.operand_ty(&a), self.operand_ty(&b)];
        let known = tys.iter().any(|ty| matches!(ty, Ty::Float(_)));
        let plain = tys
            .iter()
            .all(|ty| matches!(ty, Ty::Float(_) | Ty::Unknown));
        let is_sum = matches!(op, Op::Add | Op::Sub);
        if plain && (known || is_sum) {
            let operands = [a, b].map(|o| self.read_spanned(o, span)).to_vec();
            return self.apply(op, operands, span);
        }
        self.operator(op, vec![a, b], span)
    }

    /// An operand of an operator: a number is read where it stands.
    fn lower_operand(&mut self, expr: &Expr) -> Operand {
        let operand = self.lower_expr(expr);
        if self.operand_ty(&operand).is_scalar() || is_element_of_call(expr) {
            return Operand::Value(self.read_spanned(operand, expr.span()));
        }
        operand
    }

    /// `a && b`, `a || b`: the right side is computed only where the left does not decide.
    fn lower_lazy(&mut self, binary: &syn::ExprBinary, span: Span) -> Operand {
        let left = self.value_of(&binary.left);
        let is_and = matches!(binary.op, BinOp::And(_));
        let decided = |cx: &mut Self| {
            let literal = Kind::Literal(Literal::Bool(!is_and));
            Operand::Value(cx.push(literal, Vec::new(), Ty::Bool, span))
        };
        let right = |cx: &mut Self| Operand::Value(cx.value_of(&binary.right));
        if is_and {
            self.branch(left, span, right, decided)
        } else {
            self.branch(left, span, decided, right)
        }
    }

    /// `a op b`.
    pub(super) fn binary(&mut self, op: &BinOp, a: Operand, b: Operand, span: Span) -> Value {
        if let Some(op) = discrete_op(op) {
            if let Some(value) = self.compare_places(op, &a, &b, span) {
                return value;
            }
            let (a, b) = (self.read_spanned(a, span), self.read_spanned(b, span));
            let (ty_a, ty_b) = (self.graph.ty(a).clone(), self.graph.ty(b).clone());
            if !is_comparison(op) {
                return self.push(
                    Kind::Discrete(op),
                    vec![a, b],
                    infer::join(&ty_a, &ty_b),
                    span,
                );
            }
            // What is compared with a float is one.
            match (&ty_a, &ty_b) {
                (Ty::Float(_), Ty::Unknown) => self.refine(b, &ty_a),
                (Ty::Unknown, Ty::Float(_)) => self.refine(a, &ty_b),
                _ => {}
            }
            return self.push(Kind::Discrete(op), vec![a, b], Ty::Bool, span);
        }
        self.operator(arithmetic_row(op), vec![a, b], span)
    }

    /// A comparison of whole values of the user's types: they are not moved.
    fn compare_places(
        &mut self,
        op: Discrete,
        a: &Operand,
        b: &Operand,
        span: Span,
    ) -> Option<Value> {
        let whole = |operand: &Operand| match operand {
            Operand::Place(path, ty) | Operand::Ref(path, ty) => {
                matches!(ty, Ty::Named(_)) || *ty == Ty::Unknown && path.steps.is_empty()
            }
            _ => false,
        };
        let tys = [self.operand_ty(a), self.operand_ty(b)];
        let own = tys.iter().any(|ty| matches!(ty, Ty::Named(_)));
        if !is_comparison(op) || !own || !whole(a) || !whole(b) {
            return None;
        }
        let capture = |cx: &mut Self, name: &str, operand: &Operand| {
            let path = cx.as_path(operand.clone());
            (name.to_owned(), crate::ir::Capture::Place(path, false))
        };
        let captures = vec![capture(self, "__a", a), capture(self, "__b", b)];
        let code = match op {
            Discrete::Eq => quote::quote!(*__a == *__b),
            Discrete::Ne => quote::quote!(*__a != *__b),
            Discrete::Lt => quote::quote!(*__a < *__b),
            Discrete::Le => quote::quote!(*__a <= *__b),
            Discrete::Gt => quote::quote!(*__a > *__b),
            _ => quote::quote!(*__a >= *__b),
        };
        let kind = Kind::Opaque {
            code: Code(code),
            captures,
            effect: false,
        };
        Some(self.push(kind, Vec::new(), Ty::Bool, span))
    }

    /// A row of the table on operands that may be of types only rustc knows: then it is a call that
    /// rustc resolves.
    pub(super) fn operator(&mut self, op: Op, operands: Vec<Operand>, span: Span) -> Value {
        let tys: Vec<Ty> = operands.iter().map(|o| self.operand_ty(o)).collect();
        if infer::are_numbers(op, &tys) {
            let operands = operands
                .into_iter()
                .map(|o| self.read_spanned(o, span))
                .collect();
            return self.apply(op, operands, span);
        }
        let args = operands
            .into_iter()
            .map(|o| self.as_operand_arg(o, span))
            .collect();
        let call = Call {
            callee: Callee::Operator(op),
            args,
            mask: 0,
        };
        self.push(Kind::Call(call), Vec::new(), Ty::Unknown, span)
    }

    /// `*operand`.
    fn lower_deref(&mut self, operand: Operand) -> Operand {
        match operand {
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

    fn lower_index(&mut self, base: &Expr, index: &Expr, mutable: bool) -> Operand {
        let span = base.span();
        let base = self.lower_expr(base);
        let (start, end, inclusive) = match index {
            Expr::Range(range) => {
                let start = range.start.as_ref().map(|e| self.value_of(e));
                let end = range.end.as_ref().map(|e| self.value_of(e));
                (start, end, matches!(range.limits, RangeLimits::Closed(_)))
            }
            index if self.asks_rule(&base, index) => {
                return self.index_by_rule(base, index, mutable, span);
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
            Operand::Value(value) if self.graph.ty(value).is_scalar() => Operand::Value(value),
            Operand::Value(value) => {
                let ty = self.graph.ty(value).clone();
                let path = self.as_path(Operand::Value(value));
                Operand::Ref(path, ty)
            }
            other => other,
        }
    }

    fn lower_cast(&mut self, expr: &Expr, ty: &syn::Type, span: Span) -> Operand {
        let value = self.value_of(expr);
        let to = self.ty_of(ty);
        let known = match to {
            Ty::Unknown | Ty::Named(_) => Ty::Unknown,
            other => other,
        };
        Operand::Value(self.push(
            Kind::Cast(Code(ty.to_token_stream())),
            vec![value],
            known,
            span,
        ))
    }

    pub(super) fn lower_array<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e Expr>,
        vec: bool,
        span: Span,
    ) -> Operand {
        let mut ty = Ty::Unknown;
        let mut values = Vec::new();
        for element in elements {
            let operand = self.lower_expr(element);
            if operand == Operand::Poison {
                return operand;
            }
            let value = self.read_spanned(operand, element.span());
            ty = infer::join(&ty, &self.graph.ty(value).clone());
            values.push(value);
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
        if operand == Operand::Poison {
            return operand;
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

    fn lower_record(&mut self, record: &syn::ExprStruct, span: Span) -> Operand {
        let mut fields = Vec::new();
        let mut values = Vec::new();
        for field in &record.fields {
            fields.push(member(&field.member));
            let operand = self.lower_expr(&field.expr);
            values.push(self.read_spanned(operand, field.expr.span()));
        }
        let Some(rest) = &record.rest else {
            return self.record(&record.path, fields, values, span);
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
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
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

/// The row of `a op b` or `a op= b`.
pub(super) fn arithmetic_row(op: &BinOp) -> Op {
    match op {
        BinOp::Add(_) | BinOp::AddAssign(_) => Op::Add,
        BinOp::Sub(_) | BinOp::SubAssign(_) => Op::Sub,
        BinOp::Mul(_) | BinOp::MulAssign(_) => Op::Mul,
        BinOp::Div(_) | BinOp::DivAssign(_) => Op::Div,
        _ => Op::Rem,
    }
}

/// Whether the expression names a place rather than giving a value.
fn is_place(expr: &Expr) -> bool {
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

/// Whether an expression certainly changes nothing and binds nothing.
fn is_quiet(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Paren(e) => is_quiet(&e.expr),
        Expr::Group(e) => is_quiet(&e.expr),
        Expr::Unary(e) => is_quiet(&e.expr),
        Expr::Cast(e) => is_quiet(&e.expr),
        Expr::Field(e) => is_quiet(&e.base),
        Expr::Index(e) => is_quiet(&e.expr) && is_quiet(&e.index),
        Expr::Reference(e) => e.mutability.is_none() && is_quiet(&e.expr),
        Expr::Binary(e) => !is_compound(&e.op) && is_quiet(&e.left) && is_quiet(&e.right),
        Expr::Call(e) => e.args.iter().all(is_quiet) && matches!(*e.func, Expr::Path(_)),
        Expr::MethodCall(e) => {
            let name = e.method.to_string();
            let known = matches!(name.as_str(), "len" | "is_empty" | "is_nan" | "is_finite")
                || (1..4).any(|n| Op::from_method(&name, n).is_some());
            known && is_quiet(&e.receiver) && e.args.iter().all(is_quiet)
        }
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

pub(super) fn is_compound(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

fn discrete_op(op: &BinOp) -> Option<Discrete> {
    Some(match op {
        BinOp::Eq(_) => Discrete::Eq,
        BinOp::Ne(_) => Discrete::Ne,
        BinOp::Lt(_) => Discrete::Lt,
        BinOp::Le(_) => Discrete::Le,
        BinOp::Gt(_) => Discrete::Gt,
        BinOp::Ge(_) => Discrete::Ge,
        BinOp::BitAnd(_) | BinOp::BitAndAssign(_) => Discrete::BitAnd,
        BinOp::BitOr(_) | BinOp::BitOrAssign(_) => Discrete::BitOr,
        BinOp::BitXor(_) | BinOp::BitXorAssign(_) => Discrete::BitXor,
        BinOp::Shl(_) | BinOp::ShlAssign(_) => Discrete::Shl,
        BinOp::Shr(_) | BinOp::ShrAssign(_) => Discrete::Shr,
        _ => return None,
    })
}

fn is_comparison(op: Discrete) -> bool {
    use Discrete::{Eq, Ge, Gt, Le, Lt, Ne};
    matches!(op, Eq | Ne | Lt | Le | Gt | Ge)
}

/// Whether an expression is one element of what a call gives: that is kept, not the whole.
pub(super) fn is_element_of_call(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(inner) => is_element_of_call(&inner.expr),
        Expr::Index(index) => {
            let range = matches!(&*index.index, Expr::Range(_));
            !range && matches!(&*index.expr, Expr::Call(_) | Expr::MethodCall(_))
        }
        _ => false,
    }
}

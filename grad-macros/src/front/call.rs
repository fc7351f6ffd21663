//! Calls: rows of the operator table, known methods of std, constructors, functions of the user's.

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall};

use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Arg, Call, Callee, Code, Discrete, Kind, Op, Path, Range, Step, Ty, Value, Width};

const ITERATION: &[&str] = &[
    "iter",
    "iter_mut",
    "into_iter",
    "chunks",
    "windows",
    "chunks_exact",
    "map",
    "zip",
    "sum",
    "fold",
];

/// Methods of slices that read, and give something that is not differentiated.
const READS: &[&str] = &[
    "contains",
    "is_sorted",
    "partition_point",
    "binary_search",
    "binary_search_by",
    "capacity",
    "starts_with",
    "ends_with",
    "first",
    "last",
    "get",
];

impl Lower<'_> {
    pub(super) fn lower_call(&mut self, call: &ExprCall) -> Operand {
        let span = call.func.span();
        let Expr::Path(path) = &*call.func else {
            return self.report(span, Problem::Closure);
        };
        let segments: Vec<String> = path
            .path
            .segments
            .iter()
            .map(|s| s.ident.to_string())
            .collect();
        let names: Vec<&str> = segments.iter().map(String::as_str).collect();
        let args: Vec<&Expr> = call.args.iter().collect();
        match (names.as_slice(), args.as_slice()) {
            ([.., "constant"], [arg]) => self.lower_constant(arg, span),
            ([.., "f32" | "f64", "from"], [arg]) => {
                let width = if names.contains(&"f32") {
                    Width::F32
                } else {
                    Width::F64
                };
                let value = self.value_of(arg);
                let ty = if width == Width::F32 {
                    quote!(f32)
                } else {
                    quote!(f64)
                };
                Operand::Value(self.push(
                    Kind::Cast(Code(ty)),
                    vec![value],
                    Ty::Float(Some(width)),
                    span,
                ))
            }
            ([.., "f32" | "f64", method], [receiver, rest @ ..]) => {
                let receiver = self.lower_expr(receiver);
                self.real_method(receiver, method, rest, span, call)
            }
            ([.., "mem", "swap"], [a, b]) => self.lower_swap(a, b, span),
            (["Vec", "new"] | [.., "Vec", "with_capacity"], _) => self.opaque(
                &Expr::Call(call.clone()),
                Ty::Array(Box::new(Ty::Unknown)),
                "this call",
            ),
            _ if segments
                .last()
                .is_some_and(|n| n.starts_with(char::is_uppercase)) =>
            {
                self.opaque(&Expr::Call(call.clone()), Ty::Unknown, "this constructor")
            }
            _ => self.lower_named(path, &args, span),
        }
    }

    fn lower_swap(&mut self, a: &Expr, b: &Expr, span: Span) -> Operand {
        let target = |e: &Expr| match e {
            Expr::Reference(r) => super::stmt::ident_of(&r.expr),
            _ => None,
        };
        let locals = (
            target(a).and_then(|n| self.locals.find(&n)),
            target(b).and_then(|n| self.locals.find(&n)),
        );
        if let (Some(x), Some(y)) = locals {
            let held = (self.locals.current(x), self.locals.current(y));
            if let (Some(Operand::Value(v)), Some(Operand::Value(w))) = held {
                self.locals.set(x, Operand::Value(w));
                self.locals.set(y, Operand::Value(v));
                return Operand::Unit;
            }
        }
        let (a, b) = (self.lower_expr(a), self.lower_expr(b));
        self.swap(a, b, span)
    }

    /// `constant(expr)`.
    fn lower_constant(&mut self, arg: &Expr, span: Span) -> Operand {
        match self.lower_expr(arg) {
            Operand::Ref(path, ty) if !ty.is_scalar() => {
                let copy = self.push(Kind::Copy(path), Vec::new(), ty.clone(), span);
                let value = self.push(Kind::Frozen, vec![copy], ty.clone(), span);
                let var = self.new_variable("held", ty.clone(), false, Some(value));
                Operand::Ref(Path::of(var), ty)
            }
            Operand::Poison => Operand::Poison,
            operand => {
                let value = self.read(operand);
                let ty = self.graph.ty(value).clone();
                Operand::Value(self.push(Kind::Frozen, vec![value], ty, span))
            }
        }
    }

    fn lower_named(&mut self, path: &syn::ExprPath, args: &[&Expr], span: Span) -> Operand {
        if let Some(ident) = path.path.get_ident() {
            if self.locals.find(&ident.to_string()).is_some() {
                return self.report(span, Problem::Closure);
            }
            self.recursive |= *ident == self.own_name;
        }
        let count = path.path.segments.len();
        let owner = path.path.segments.iter().rev().nth(1);
        let is_type = owner.is_some_and(|s| s.ident.to_string().starts_with(char::is_uppercase));
        let callee = if is_type && count >= 2 || path.qself.is_some() {
            let mut owner = path.clone();
            let last = owner.path.segments.pop();
            owner.path.segments.pop_punct();
            let Some(last) = last else {
                return Operand::Poison;
            };
            self.recursive |= owner.path.is_ident("Self") && last.ident == self.own_name;
            let generics =
                (!last.arguments.is_empty()).then(|| Code(last.arguments.to_token_stream()));
            Callee::Associated(
                Code(owner.to_token_stream()),
                last.ident.to_string(),
                generics,
            )
        } else {
            Callee::Function(Code(path.to_token_stream()))
        };
        let args = args.iter().map(|arg| self.lower_arg(arg)).collect();
        self.finish_call(callee, args, span)
    }

    fn lower_arg(&mut self, arg: &Expr) -> Arg {
        if let Expr::Reference(reference) = arg {
            if let Some(token) = &reference.mutability {
                self.report(token.span(), Problem::MutableArgument);
            }
        }
        let is_reference = matches!(arg, Expr::Reference(_));
        let operand = self.lower_expr(arg);
        self.as_arg(operand, is_reference, arg.span())
    }

    fn as_arg(&mut self, operand: Operand, is_reference: bool, span: Span) -> Arg {
        match operand {
            Operand::Ref(path, _) => Arg::Ref(path),
            Operand::Place(path, ty) if ty.is_scalar() => {
                Arg::Value(self.read_spanned(Operand::Place(path, ty), span))
            }
            Operand::Place(path, _) => Arg::Move(path),
            Operand::Value(value) if self.graph.ty(value).is_scalar() && !is_reference => {
                Arg::Value(value)
            }
            Operand::Poison | Operand::Never => Arg::Value(self.undefined(Ty::Unknown)),
            other => {
                let path = self.as_path(other);
                if is_reference {
                    Arg::Ref(path)
                } else {
                    Arg::Move(path)
                }
            }
        }
    }

    fn finish_call(&mut self, callee: Callee, args: Vec<Arg>, span: Span) -> Operand {
        let own = match &callee {
            Callee::Function(code) => code.0.to_string() == self.own_name,
            Callee::Method(name, _) | Callee::Associated(_, name, _) => *name == self.own_name,
        };
        let ty = if own {
            self.output.clone()
        } else {
            Ty::Unknown
        };
        let call = Call {
            callee,
            args,
            mask: 0,
        };
        Operand::Value(self.push(Kind::Call(call), Vec::new(), ty, span))
    }

    pub(super) fn lower_method(&mut self, call: &ExprMethodCall) -> Operand {
        let name = call.method.to_string();
        let span = call.method.span();
        let receiver = self.lower_expr(&call.receiver);
        if receiver == Operand::Poison || self.dead {
            return receiver;
        }
        let args: Vec<&Expr> = call.args.iter().collect();
        let ty = self.operand_ty(&receiver);
        match (&ty, name.as_str(), args.as_slice()) {
            (_, "len", []) => {
                let path = self.as_path(receiver);
                Operand::Value(self.push(Kind::Length(path), Vec::new(), Ty::Int, span))
            }
            (_, "is_empty", []) => {
                let path = self.as_path(receiver);
                let len = self.push(Kind::Length(path), Vec::new(), Ty::Int, span);
                let zero = self.int(0);
                Operand::Value(self.discrete(Discrete::Eq, len, zero, span))
            }
            (ty, "clone" | "to_owned" | "copied" | "cloned", []) if ty.is_scalar() => receiver,
            (_, "to_vec", []) => {
                // Of the slice, since the copy of an array would be an array.
                let all = Step::Range {
                    start: None,
                    end: None,
                    inclusive: false,
                };
                let path = self.as_path(receiver).then(all);
                Operand::Value(self.push(Kind::Copy(path), Vec::new(), ty, span))
            }
            (_, "clone" | "to_owned", []) => {
                let path = self.as_path(receiver);
                Operand::Value(self.push(Kind::Copy(path), Vec::new(), ty, span))
            }
            (_, "as_slice" | "as_ref" | "as_mut_slice" | "borrow", []) => match receiver {
                Operand::Place(path, ty) => Operand::Ref(path, ty),
                other => other,
            },
            (Ty::Array(_), "swap", [i, j]) => {
                let (i, j) = (self.value_of(i), self.value_of(j));
                let path = self.as_path(receiver);
                let (a, b) = (path.then(Step::Index(i)), path.then(Step::Index(j)));
                self.push_effect(Kind::Swap(a, b), Vec::new(), span);
                Operand::Unit
            }
            (Ty::Array(_), "fill", [value]) => {
                let value = self.value_of(value);
                self.each_element(receiver, span, |cx, element| cx.store(element, value, span))
            }
            (Ty::Array(element), "copy_from_slice" | "clone_from_slice", [source]) => {
                let element = (**element).clone();
                let source = self.lower_expr(source);
                let from = self.as_path(source);
                self.each_index(receiver, span, |cx, to, index| {
                    let from = from.then(Step::Index(index));
                    let value = cx.read_spanned(Operand::Place(from, element.clone()), span);
                    cx.store(to, value, span);
                })
            }
            (Ty::Float(_) | Ty::Unknown, ..) => {
                self.real_method(receiver, &name, &args, span, call)
            }
            (Ty::Int | Ty::Bool | Ty::Inert, ..) => {
                let result = if name.starts_with("is_") {
                    Ty::Bool
                } else {
                    ty.clone()
                };
                self.opaque(&Expr::MethodCall(call.clone()), result, &name)
            }
            (Ty::Array(_), ..) if !READS.contains(&name.as_str()) => {
                let problem = if ITERATION.contains(&name.as_str()) {
                    Problem::Iterator(name)
                } else {
                    Problem::Expression(format!("`{name}`"))
                };
                self.report(span, problem)
            }
            (Ty::Array(_), ..) => {
                let result = if matches!(name.as_str(), "contains" | "is_sorted") {
                    Ty::Bool
                } else {
                    Ty::Unknown
                };
                self.opaque(&Expr::MethodCall(call.clone()), result, &name)
            }
            _ => self.user_method(receiver, call, &args),
        }
    }

    /// A method of a real number, or of something that may be one.
    fn real_method(
        &mut self,
        receiver: Operand,
        name: &str,
        args: &[&Expr],
        span: Span,
        whole: &(impl ToTokens + AsExpr),
    ) -> Operand {
        if name == "sin_cos" && args.is_empty() {
            let value = self.read_spanned(receiver, span);
            let sin = self.apply(Op::Sin, vec![value], span);
            let cos = self.apply(Op::Cos, vec![value], span);
            return Operand::Tuple(vec![Operand::Value(sin), Operand::Value(cos)]);
        }
        if let Some(op) = Op::from_method(name, args.len() + 1) {
            let mut operands = vec![self.read_spanned(receiver, span)];
            for arg in args {
                operands.push(self.value_of(arg));
            }
            return Operand::Value(self.apply(op, operands, span));
        }
        let discrete = name.starts_with("is_")
            || matches!(
                name,
                "partial_cmp" | "total_cmp" | "to_bits" | "eq" | "lt" | "gt" | "le" | "ge"
            );
        if discrete {
            let ty = if name == "to_bits" {
                Ty::Int
            } else if name.ends_with("cmp") {
                Ty::Inert
            } else {
                Ty::Bool
            };
            return self.opaque(&whole.as_expr(), ty, name);
        }
        match whole.as_expr() {
            Expr::MethodCall(call) if matches!(self.operand_ty(&receiver), Ty::Unknown) => {
                self.user_method(receiver, &call, args)
            }
            expr => self.opaque(&expr, Ty::Unknown, name),
        }
    }

    fn user_method(&mut self, receiver: Operand, call: &ExprMethodCall, args: &[&Expr]) -> Operand {
        let name = call.method.to_string();
        let span = call.method.span();
        if ITERATION.contains(&name.as_str()) {
            return self.report(span, Problem::Iterator(name));
        }
        let path = self.as_path(receiver);
        if self.graph.var(path.root).mutable {
            return self.report(span, Problem::MutableReceiver);
        }
        self.recursive |= name == self.own_name;
        let mut all = vec![Arg::Receiver(path)];
        all.extend(args.iter().map(|arg| self.lower_arg(arg)));
        let generics = call.turbofish.as_ref().map(|t| Code(t.to_token_stream()));
        self.finish_call(Callee::Method(name, generics), all, span)
    }

    fn each_element(
        &mut self,
        array: Operand,
        span: Span,
        body: impl FnOnce(&mut Self, Path),
    ) -> Operand {
        self.each_index(array, span, |cx, path, _| body(cx, path))
    }

    /// A loop over the elements of an array.
    fn each_index(
        &mut self,
        array: Operand,
        span: Span,
        body: impl FnOnce(&mut Self, Path, Value),
    ) -> Operand {
        let path = self.as_path(array);
        let zero = self.int(0);
        let len = self.push(Kind::Length(path.clone()), Vec::new(), Ty::Int, span);
        self.lower_counted(
            Range::default(),
            vec![zero, len],
            None,
            span,
            |cx, index| {
                body(cx, path.then(Step::Index(index)), index);
            },
        );
        Operand::Unit
    }
}

/// A call as an expression again.
pub(super) trait AsExpr {
    fn as_expr(&self) -> Expr;
}

impl AsExpr for ExprCall {
    fn as_expr(&self) -> Expr {
        Expr::Call(self.clone())
    }
}

impl AsExpr for ExprMethodCall {
    fn as_expr(&self) -> Expr {
        Expr::MethodCall(self.clone())
    }
}

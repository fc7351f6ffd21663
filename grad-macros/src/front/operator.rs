//! Operators: of floats by their rows, of types nobody knows by rules, of integers and `bool` as they are.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{BinOp, Expr, UnOp};

use super::{Lower, Operand, infer};
use crate::ir::{Call, Callee, Capture, Code, Discrete, Items, Kind, Literal, Op, Ty, Value};
use crate::signature::functions::function_of;

impl Lower<'_> {
    pub(super) fn lower_unary(&mut self, op: UnOp, operand: &Expr, span: Span) -> Operand {
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

    pub(super) fn lower_binary(
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
        // `1.0 - &y`: a number is rarely written so, an array of the user's often.
        let borrowed = matches!(*binary.right, Expr::Reference(_));
        if borrowed && self.operand_ty(&b) == Ty::Unknown && discrete_op(&binary.op).is_none() {
            let op = arithmetic_row(&binary.op);
            return Operand::Value(self.resolved_operator(op, vec![a, b], span));
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
            if let Some(value) = self.compare_inert(op, &a, &b, span) {
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
            (name.to_owned(), Capture::Place(path, false))
        };
        let captures = vec![capture(self, "__a", a), capture(self, "__b", b)];
        let code = compared(op, &quote::quote!(*__a), &quote::quote!(*__b));
        let kind = Kind::Opaque {
            code: Code(code),
            captures,
            effect: false,
        };
        Some(self.push(kind, Vec::new(), Ty::Bool, span))
    }

    /// A comparison of texts and the like: a reference is compared as it is, as it may lead to what
    /// has no size.
    pub(super) fn compare_inert(
        &mut self,
        op: Discrete,
        a: &Operand,
        b: &Operand,
        span: Span,
    ) -> Option<Value> {
        let inert = [a, b].map(|operand| self.operand_ty(operand) == Ty::Inert);
        let placed = [a, b].map(|operand| !matches!(operand, Operand::Value(_)));
        if !is_comparison(op) || inert == [false; 2] || placed == [false; 2] {
            return None;
        }
        let mut captures = Vec::new();
        let mut side = |cx: &mut Self, name: &str, operand: &Operand| {
            let ident = proc_macro2::Ident::new(name, span);
            let (capture, code) = match operand {
                Operand::Ref(path, _) | Operand::RefMut(path, _) => {
                    (Capture::Place(path.clone(), true), quote::quote!(#ident))
                }
                Operand::Place(path, _) => {
                    (Capture::Place(path.clone(), false), quote::quote!(*#ident))
                }
                other => {
                    let value = cx.read_spanned(other.clone(), span);
                    (Capture::Value(value), quote::quote!(#ident))
                }
            };
            captures.push((name.to_owned(), capture));
            code
        };
        let (left, right) = (side(self, "__a", a), side(self, "__b", b));
        let kind = Kind::Opaque {
            code: Code(compared(op, &left, &right)),
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
            let result = self.apply(op, operands, span);
            self.note_check(result);
            return result;
        }
        self.resolved_operator(op, operands, span)
    }

    /// An operator that rustc resolves.
    fn resolved_operator(&mut self, op: Op, operands: Vec<Operand>, span: Span) -> Value {
        let tys: Vec<Ty> = operands.iter().map(|o| self.operand_ty(o)).collect();
        let ty = self.array_of_operator(&tys);
        let args = operands
            .into_iter()
            .map(|o| self.as_operand_arg(o, span))
            .collect();
        let call = Call {
            callee: Callee::Operator(op),
            args,
            mask: 0,
            inert: 0,
            curried: Vec::new(),
            items: Items::default(),
        };
        self.push(Kind::Call(call), Vec::new(), ty, span)
    }

    pub(super) fn lower_cast(&mut self, expr: &Expr, ty: &syn::Type, span: Span) -> Operand {
        if let syn::Type::Ptr(_) = ty {
            return self.unsupported("a raw pointer", span);
        }
        let operand = self.lower_expr(expr);
        let none = syn::Generics::default();
        if matches!(operand, Operand::Closure(_)) && function_of(ty, &none).is_some() {
            return operand;
        }
        let value = self.read_spanned(operand, expr.span());
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

fn compared(op: Discrete, a: &TokenStream, b: &TokenStream) -> TokenStream {
    match op {
        Discrete::Eq => quote::quote!(#a == #b),
        Discrete::Ne => quote::quote!(#a != #b),
        Discrete::Lt => quote::quote!(#a < #b),
        Discrete::Le => quote::quote!(#a <= #b),
        Discrete::Gt => quote::quote!(#a > #b),
        _ => quote::quote!(#a >= #b),
    }
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

/// `Add::add(a, b)`, `f64::add(a, b)` and the like as the operator applied.
pub(super) fn called_by_name(names: &[&str], args: &[&Expr]) -> Option<Expr> {
    let [.., of, method] = names else {
        return None;
    };
    Some(match (*of, *method, args) {
        ("Add" | "f32" | "f64", "add", [a, b]) => syn::parse_quote!((#a) + (#b)),
        ("Sub" | "f32" | "f64", "sub", [a, b]) => syn::parse_quote!((#a) - (#b)),
        ("Mul" | "f32" | "f64", "mul", [a, b]) => syn::parse_quote!((#a) * (#b)),
        ("Div" | "f32" | "f64", "div", [a, b]) => syn::parse_quote!((#a) / (#b)),
        ("Rem" | "f32" | "f64", "rem", [a, b]) => syn::parse_quote!((#a) % (#b)),
        ("Neg" | "f32" | "f64", "neg", [a]) => syn::parse_quote!(-(#a)),
        _ => return None,
    })
}

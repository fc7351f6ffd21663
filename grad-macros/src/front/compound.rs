//! Compound assignment, `a += b`: of numbers by the operator, of memory in place, of the user's types
//! by the rule of the assignment.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{BinOp, Expr};

use super::stmt::ident_of;
use super::{Lower, Operand, infer};
use crate::diag::Problem;
use crate::ir::{Arg, Call, Callee, Items, Kind, Op, Path, Ty, Value};

impl Lower<'_> {
    /// `left op= right`.
    pub(super) fn lower_compound(
        &mut self,
        left: &Expr,
        op: &BinOp,
        right: &Expr,
        span: Span,
    ) -> Operand {
        let held = ident_of(left).and_then(|name| self.locals.get(&name));
        let place = held.map(|held| self.operand_ty(&held));
        let is_sum = matches!(op, BinOp::AddAssign(_) | BinOp::SubAssign(_));
        let value = self.lower_expected(right, place.filter(|_| is_sum));
        let value = match self.operand_ty(&value) {
            ty if ty.is_scalar() => Operand::Value(self.read_spanned(value, right.span())),
            _ => value,
        };
        if let Some(name) = ident_of(left) {
            if let Some(local) = self.locals.find(&name) {
                if let Some(before @ Operand::Value(_)) = self.locals.current(local) {
                    let after = if super::way::is_users(&self.operand_ty(&value)) {
                        self.assigned_by_rule(&name, before, op, value, span)
                    } else {
                        self.binary(op, before, value, span)
                    };
                    self.name_value(&name, &Operand::Value(after));
                    self.locals.set(local, Operand::Value(after));
                    return Operand::Unit;
                }
            }
        }
        if let Some((local, k)) = self.tuple_part(left) {
            let before = self.value_of(left);
            let after = self.binary(op, Operand::Value(before), value, span);
            self.set_tuple_part(local, k, Operand::Value(after), span);
            return Operand::Unit;
        }
        self.writes_place = true;
        match self.lower_expr(left) {
            Operand::Place(path, ty) | Operand::RefMut(path, ty) => {
                self.compound_place(path, &ty, op, value, span);
                Operand::Unit
            }
            Operand::Poison => Operand::Poison,
            _ => self.report(left.span(), Problem::Assignment),
        }
    }

    /// What `op=` makes of a value of the user's type, for which there may be no `op`.
    fn assigned_by_rule(
        &mut self,
        name: &str,
        before: Operand,
        op: &BinOp,
        value: Operand,
        span: Span,
    ) -> Value {
        let ty = self.operand_ty(&before);
        let before = self.read(before);
        let path = Path::of(self.new_variable(name, ty.clone(), true, Some(before)));
        self.compound_place(path.clone(), &ty, op, value, span);
        self.read_spanned(Operand::Place(path, ty), span)
    }

    /// `t.k` where `t` is a tuple of values.
    pub(super) fn tuple_part(&self, expr: &Expr) -> Option<(super::scope::Local, usize)> {
        let Expr::Field(field) = expr else {
            return None;
        };
        let syn::Member::Unnamed(index) = &field.member else {
            return None;
        };
        let local = self.locals.find(&ident_of(&field.base)?)?;
        let Some(Operand::Tuple(parts)) = self.locals.current(local) else {
            return None;
        };
        let k = index.index as usize;
        matches!(parts.get(k)?, Operand::Value(_)).then_some((local, k))
    }

    pub(super) fn set_tuple_part(
        &mut self,
        local: super::scope::Local,
        k: usize,
        value: Operand,
        span: Span,
    ) {
        if let Some(Operand::Tuple(mut parts)) = self.locals.current(local) {
            if let Some(part) = parts.get_mut(k) {
                *part = self.assigned(value, part.clone(), span);
            }
            self.locals.set(local, Operand::Tuple(parts));
        }
    }

    fn compound_place(&mut self, path: Path, ty: &Ty, op: &BinOp, value: Operand, span: Span) {
        let value_ty = self.operand_ty(&value);
        let is_arithmetic = matches!(
            op,
            BinOp::AddAssign(_)
                | BinOp::SubAssign(_)
                | BinOp::MulAssign(_)
                | BinOp::DivAssign(_)
                | BinOp::RemAssign(_)
        );
        let tys = [ty.clone(), value_ty.clone()];
        let float =
            matches!(ty, Ty::Float(Some(_))) || tys.iter().all(|ty| matches!(ty, Ty::Float(_)));
        if is_arithmetic && !float && !infer::are_numbers(Op::Mul, &tys) {
            let row = super::operator::arithmetic_row(op);
            // What is read of the variable that is written is read before.
            let value = match value {
                Operand::Place(other, ty) if other.root == path.root => {
                    Operand::Value(self.read_spanned(Operand::Place(other, ty), span))
                }
                other => other,
            };
            let args = vec![Arg::RefMut(path), self.as_operand_arg(value, span)];
            let call = Call {
                callee: Callee::Assign(row),
                args,
                mask: 0,
                inert: 0,
                curried: Vec::new(),
                items: Items::default(),
            };
            self.push(Kind::Call(call), Vec::new(), Ty::Unit, span);
            return;
        }
        let value = self.read_spanned(value, span);
        match op {
            BinOp::AddAssign(_) => self.push_effect(Kind::Accumulate(path), vec![value], span),
            BinOp::SubAssign(_) if float => {
                let minus = self.push(Kind::Apply(Op::Neg), vec![value], value_ty, span);
                self.push_effect(Kind::Accumulate(path), vec![minus], span);
            }
            _ => {
                let before = self.read_spanned(Operand::Place(path.clone(), ty.clone()), span);
                if float {
                    self.refine(value, ty);
                }
                let (before, value) = (Operand::Value(before), Operand::Value(value));
                let after = self.binary(op, before, value, span);
                self.store(path, after, span);
            }
        }
    }
}

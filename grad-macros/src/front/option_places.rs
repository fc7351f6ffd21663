//! Methods of `Option` that change it and give a reference to what it then holds, written out.

use quote::quote;
use syn::{Expr, ExprMethodCall};

use super::{Lower, Operand};
use crate::ir::Ty;

impl Lower<'_> {
    /// Such a method; nothing for any other. `wanted` says that a place is asked for, `insert` of an
    /// option whose type is not known is one only then.
    pub(super) fn option_place(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
        wanted: bool,
    ) -> Option<Operand> {
        let ty = self.operand_ty(receiver);
        let known = matches!(ty, Ty::Option(_));
        let place = matches!(
            receiver,
            Operand::Place(..) | Operand::Ref(..) | Operand::RefMut(..)
        );
        if !place || !(known || ty == Ty::Unknown) {
            return None;
        }
        let name = call.method.to_string();
        let args: Vec<&Expr> = call.args.iter().collect();
        let mut operands = Vec::new();
        let filled = match (name.as_str(), args.as_slice()) {
            ("get_or_insert", [value]) => {
                let value = self.lower_expr(value);
                operands.push(("__value", value));
                quote!(__value)
            }
            ("get_or_insert_with", [f]) => {
                operands.push(("__function", Operand::Closure(self.function_of(f)?)));
                quote!(__function())
            }
            ("insert", [value]) if known || wanted => {
                let value = self.lower_expr(value);
                operands.push(("__value", value));
                quote!()
            }
            ("take_if", [f]) => {
                operands.push(("__function", Operand::Closure(self.function_of(f)?)));
                quote!()
            }
            _ => return None,
        };
        let code = match name.as_str() {
            "insert" => quote!({
                *__whole = Some(__value);
                __whole.as_mut().unwrap()
            }),
            "take_if" => quote!({
                let __taken = if let Some(__item) = __whole.as_mut() {
                    __function(__item)
                } else {
                    false
                };
                if __taken { __whole.take() } else { None }
            }),
            _ => quote!({
                if __whole.is_none() {
                    *__whole = Some(#filled);
                }
                __whole.as_mut().unwrap()
            }),
        };
        let path = self.as_path(receiver.clone());
        operands.push(("__whole", Operand::RefMut(path, ty)));
        Some(self.write_out(operands, code, call.method.span()))
    }
}

//! Arrays made of slices: `slice.try_into().unwrap()`, `<[f64; 3]>::try_from(slice).unwrap()`.
//!
//! They are one call of a rule of the runtime's, as the result in between is nothing to look at.

use proc_macro2::Span;
use quote::quote;
use syn::{Expr, ExprMethodCall, Type};

use super::{Lower, Operand};
use crate::ir::{Arg, Callee, Code, Path, Step, Ty};

impl Lower<'_> {
    /// A conversion into an array that is unwrapped here; `None` for any other call.
    pub(super) fn lower_to_array(
        &mut self,
        call: &ExprMethodCall,
        hint: Option<&Type>,
    ) -> Option<Operand> {
        if call.method != "unwrap" && call.method != "expect" {
            return None;
        }
        let (source, written) = converted(&call.receiver)?;
        let written = written.or(hint);
        let array = written.and_then(array_of);
        if array.is_none() && !self.is_slice(source) {
            // Of integers, or of a type only rustc knows: as any other method.
            return None;
        }
        let operand = self.lower_expr(source);
        let is_reference = matches!(written, Some(Type::Reference(_)));
        Some(self.array_made_of(operand, array, is_reference, call.method.span()))
    }

    /// Whether an expression is an array or a part of one by the look of it.
    fn is_slice(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Paren(inner) => self.is_slice(&inner.expr),
            Expr::Reference(inner) => self.is_slice(&inner.expr),
            Expr::Index(index) => matches!(*index.index, Expr::Range(_)),
            expr => {
                let held = super::stmt::ident_of(expr).and_then(|name| self.locals.get(&name));
                held.is_some_and(|held| matches!(self.operand_ty(&held), Ty::Array(_)))
            }
        }
    }

    fn array_made_of(
        &mut self,
        source: Operand,
        array: Option<&syn::TypeArray>,
        is_reference: bool,
        span: Span,
    ) -> Operand {
        if source == Operand::Poison {
            return source;
        }
        let element = match (self.operand_ty(&source).element(), array) {
            (Ty::Unknown, Some(array)) => self.ty_of(&array.elem),
            (known, _) => known,
        };
        let whole = Step::Range {
            start: None,
            end: None,
            inclusive: false,
        };
        let path = self.as_path(source).then(whole);
        let generics = array.map(|array| {
            let len = &array.len;
            quote!(::<_, { #len }>)
        });
        let callee = Callee::Function(Code(quote!(__grad::private::rules::to_array #generics)));
        let made = self.finish_call(callee, vec![Arg::Ref(path)], span);
        let Operand::Value(value) = made else {
            return made;
        };
        let ty = Ty::Array(Box::new(element));
        self.graph.value_mut(value).ty = ty.clone();
        if !is_reference {
            return made;
        }
        let var = self.new_variable("array", ty.clone(), false, Some(value));
        Operand::Ref(Path::of(var), ty)
    }
}

/// What is converted, and the type the conversion names.
fn converted(expr: &Expr) -> Option<(&Expr, Option<&Type>)> {
    match expr {
        Expr::Paren(inner) => converted(&inner.expr),
        Expr::MethodCall(call) if call.method == "try_into" && call.args.is_empty() => {
            Some((&call.receiver, None))
        }
        Expr::Call(call) if call.args.len() == 1 => {
            let Expr::Path(path) = &*call.func else {
                return None;
            };
            let is_try = path.path.segments.last()?.ident == "try_from";
            let ty = path.qself.as_ref().map(|own| &*own.ty)?;
            is_try.then(|| (&call.args[0], Some(ty)))
        }
        _ => None,
    }
}

fn array_of(ty: &Type) -> Option<&syn::TypeArray> {
    match ty {
        Type::Array(array) => Some(array),
        Type::Reference(inner) => array_of(&inner.elem),
        Type::Paren(inner) => array_of(&inner.elem),
        Type::Group(inner) => array_of(&inner.elem),
        _ => None,
    }
}

/// The array type that `from_fn::<f64, 3, _>` names.
pub(super) fn array_of_turbofish(path: &syn::Path) -> Option<syn::Type> {
    let last = path
        .segments
        .last()
        .filter(|last| last.ident == "from_fn")?;
    let syn::PathArguments::AngleBracketed(list) = &last.arguments else {
        return None;
    };
    let args: Vec<_> = list.args.iter().collect();
    match args[..] {
        [element, len, _] => syn::parse2(quote!([#element; #len])).ok(),
        _ => None,
    }
}

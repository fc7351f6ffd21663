//! Conversions: `From` and `Into`.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall};

use super::{Lower, Operand};
use crate::ir::{Callee, Code, Kind, Ty, Width};

impl Lower<'_> {
    /// `f64::from(x)`: of a number a cast (not of a `bool`, which has none), else the rule of the conversion.
    pub(super) fn float_from(&mut self, arg: &Expr, width: &str, span: Span) -> Operand {
        let source = self.lower_expr(arg);
        self.float_of(source, width, arg.span(), span)
    }

    /// As [`Self::float_from`], of something lowered at `at`.
    fn float_of(&mut self, source: Operand, width: &str, at: Span, span: Span) -> Operand {
        let (float, width) = if width == "f32" {
            (quote!(f32), Width::F32)
        } else {
            (quote!(f64), Width::F64)
        };
        if !matches!(
            self.operand_ty(&source),
            Ty::Named(_) | Ty::Unknown | Ty::Bool
        ) {
            let value = self.read_spanned(source, span);
            let cast = Kind::Cast(Code(float));
            return Operand::Value(self.push(cast, vec![value], Ty::Float(Some(width)), span));
        }
        let arg = self.as_arg(source, false, at);
        let callee = Callee::Associated(Code(float), "from".to_owned(), None);
        self.finish_call(callee, vec![arg], span)
    }

    /// A sequence of another type with the same elements, by the rule of `from`.
    pub(super) fn same_elements(
        &mut self,
        ty: &TokenStream,
        source: Operand,
        span: Span,
    ) -> Operand {
        let element = self.operand_ty(&source).element();
        let arg = self.as_arg(source, false, span);
        let callee = Callee::Associated(Code(quote!(<#ty>)), "from".to_owned(), None);
        let made = self.finish_call(callee, vec![arg], span);
        if let Operand::Value(value) = made {
            self.graph.value_mut(value).ty = Ty::Array(Box::new(element));
        }
        made
    }

    /// `x.into()` where the source says what into: that type's `from`.
    pub(super) fn lower_into(
        &mut self,
        source: &Operand,
        call: &ExprMethodCall,
        hint: Option<&syn::Type>,
    ) -> Option<Operand> {
        let into = hint.filter(|_| call.method == "into" && call.args.is_empty())?;
        if super::deque::is_written_deque(into) {
            return Some(self.deque_of(source.clone(), Some(into), call.method.span()));
        }
        let span = call.method.span();
        if let Some(width) = float_name(into) {
            return Some(self.float_of(source.clone(), width, call.receiver.span(), span));
        }
        if is_owned_slice(into) {
            return Some(self.same_elements(&quote!(#into), source.clone(), span));
        }
        let own = matches!(self.ty_of(into), Ty::Named(_))
            || matches!(into, syn::Type::Array(_) | syn::Type::Tuple(_));
        if !own {
            return None;
        }
        let arg = self.as_arg(source.clone(), false, span);
        let callee = Callee::Associated(Code(quote!(<#into>)), "from".to_owned(), None);
        Some(self.finish_call(callee, vec![arg], span))
    }
}

/// Whether a type is a slice behind a pointer that owns it.
pub(super) fn is_owned_slice(ty: &syn::Type) -> bool {
    let syn::Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| {
        let inside = match &last.arguments {
            syn::PathArguments::AngleBracketed(list) => list.args.first(),
            _ => None,
        };
        ["Box", "Rc", "Arc"].iter().any(|name| last.ident == name)
            && matches!(
                inside,
                Some(syn::GenericArgument::Type(syn::Type::Slice(_)))
            )
    })
}

/// The type's name if it is a float.
fn float_name(ty: &syn::Type) -> Option<&'static str> {
    let syn::Type::Path(path) = ty else {
        return None;
    };
    ["f32", "f64"]
        .into_iter()
        .find(|name| path.path.is_ident(name))
}

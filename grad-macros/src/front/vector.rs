//! What owns its content: vectors, empty ones with the type the source annotates them with, and boxes.

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall};

use super::closure_code::is_closure;
use super::function_tables::{holds_functions, table};
use super::{Lower, Operand};
use crate::ir::{Code, Kind, Ty};

impl Lower<'_> {
    /// A function of `Vec` or `Box`; nothing for any other.
    pub(super) fn lower_owner(
        &mut self,
        call: &ExprCall,
        names: &[&str],
        args: &[&Expr],
        hint: Option<&syn::Type>,
    ) -> Option<Operand> {
        let span = call.func.span();
        Some(match (names, args) {
            ([.., "Vec", "new" | "with_capacity"], _) if hint.is_some_and(holds_functions) => {
                table(Vec::new())
            }
            ([.., "Vec", "with_capacity"], [arg]) => self.with_capacity(call, arg, hint),
            ([.., "Vec", "new"], []) => self.empty_vector(&call.func, hint, span),
            ([.., "Vec", "from"], [arg]) => {
                let operand = self.lower_expr(arg);
                if super::deque::is_deque(&self.operand_ty(&operand)) {
                    return Some(self.vector_of_deque(operand, span));
                }
                self.copy_of(operand, span)
            }
            ([.., pointer @ ("Box" | "Rc" | "Arc"), "from"], [arg]) => {
                let written = hint.filter(|ty| super::convert::is_owned_slice(ty));
                let is_sequence = self.nowhere(|cx| {
                    let operand = cx.lower_expr(arg);
                    matches!(cx.operand_ty(&operand), Ty::Array(_))
                });
                if written.is_none() && !is_sequence {
                    return None;
                }
                let pointer = quote::format_ident!("{pointer}", span = span);
                let ty = written.map_or_else(|| quote!(#pointer<[_]>), ToTokens::to_token_stream);
                let operand = self.lower_expr(arg);
                self.same_elements(&ty, operand, span)
            }
            ([.., "Box", "new"], [arg]) => {
                let operand = self.lower_expr(arg);
                if let Operand::Closure(function) = operand {
                    return Some(Operand::Closure(function.boxed()));
                }
                let value = self.read_spanned(operand, arg.span());
                let ty = Ty::Named("Box".to_owned());
                Operand::Value(self.push(Kind::Boxed, vec![value], ty, span))
            }
            ([.., "Rc" | "Arc", "new"], [arg]) if is_closure(arg) => self.lower_expr(arg),
            _ => return None,
        })
    }

    /// `Vec::with_capacity(n)`, where `n` may be the length of something differentiated.
    pub(super) fn with_capacity(
        &mut self,
        call: &ExprCall,
        arg: &Expr,
        hint: Option<&syn::Type>,
    ) -> Operand {
        let capacity = self.value_of(arg);
        let function = match hint.filter(|ty| is_vector(ty)) {
            Some(ty) => quote!(<#ty>::with_capacity),
            None => call.func.to_token_stream(),
        };
        let kind = Kind::Opaque {
            code: Code(quote!(#function(__capacity))),
            captures: vec![("__capacity".to_owned(), crate::ir::Capture::Value(capacity))],
            effect: false,
        };
        let ty = Ty::Array(Box::new(self.hinted_element(hint)));
        Operand::Value(self.push(kind, Vec::new(), ty, call.func.span()))
    }

    /// `Vec::new()`, of the annotated type: what is pushed later may come after what needs the type.
    pub(super) fn empty_vector(
        &mut self,
        function: &Expr,
        hint: Option<&syn::Type>,
        span: Span,
    ) -> Operand {
        let code = match hint.filter(|ty| is_vector(ty)) {
            Some(ty) => quote!(<#ty>::new()),
            None => quote!(#function()),
        };
        let kind = Kind::Opaque {
            code: Code(code),
            captures: Vec::new(),
            effect: false,
        };
        let ty = Ty::Array(Box::new(self.hinted_element(hint)));
        Operand::Value(self.push(kind, Vec::new(), ty, span))
    }

    fn hinted_element(&self, hint: Option<&syn::Type>) -> Ty {
        match hint.map(|ty| self.ty_of(ty)) {
            Some(Ty::Array(element)) => *element,
            _ => Ty::Unknown,
        }
    }
}

/// Whether a type is `Vec<..>` by its name, with its element written.
pub(super) fn is_vector(ty: &syn::Type) -> bool {
    let syn::Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "Vec" && !last.arguments.is_empty())
}

//! Empty vectors, with the type the source annotates them with.

use quote::{ToTokens, quote};
use syn::Expr;
use syn::spanned::Spanned;

use super::{Lower, Operand};
use crate::ir::{Code, Kind, Ty};

impl Lower<'_> {
    /// `Vec::with_capacity(n)`, where `n` may be the length of something differentiated.
    pub(super) fn with_capacity(
        &mut self,
        function: &Expr,
        arg: &Expr,
        ty: Option<&syn::Type>,
    ) -> Operand {
        let capacity = self.value_of(arg);
        let function = match ty {
            Some(ty) => quote!(<#ty>::with_capacity),
            None => function.to_token_stream(),
        };
        let kind = Kind::Opaque {
            code: Code(quote!(#function(__capacity))),
            captures: vec![("__capacity".to_owned(), crate::ir::Capture::Value(capacity))],
            effect: false,
        };
        let ty = Ty::Array(Box::new(Ty::Unknown));
        Operand::Value(self.push(kind, Vec::new(), ty, arg.span()))
    }

    /// `Vec::new()`, with its type where the source writes it.
    pub(super) fn empty_vector(&mut self, function: &Expr, ty: Option<&syn::Type>) -> Operand {
        let call: Expr = match ty {
            Some(ty) => syn::parse_quote!(<#ty>::new()),
            None => syn::parse_quote!(#function()),
        };
        let vector = Ty::Array(Box::new(Ty::Unknown));
        self.opaque(&call, vector, "this call")
    }
}

//! What methods of sequences ask of their arguments: derivatives panic as the methods would.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use super::{Lower, Operand};
use crate::ir::{Capture, Code, Kind, Literal, Path, Ty, Value};

impl Lower<'_> {
    /// `chunks`, `windows` and `step_by` do not take 0. That is said by the method itself, of nothing.
    pub(super) fn check_size(&mut self, method: &Ident, size: Value) {
        if self.is_literal(size) {
            return;
        }
        let span = method.span();
        let code = if method == "step_by" {
            quote_spanned!(span=> let _ = (0..0).step_by(__size);)
        } else if method.to_string().ends_with("_mut") {
            quote_spanned!(span=> let _ = [(); 0].#method(__size);)
        } else {
            quote_spanned!(span=> let _ = [()].#method(__size);)
        };
        self.check(code, [("__size", size)], span);
    }

    /// `split_at` stays inside.
    pub(super) fn check_split(&mut self, whole: &Operand, at: Value, span: Span) {
        let path = self.as_path(whole.clone());
        let len = self.push(Kind::Length(path), Vec::new(), Ty::Int, span);
        let code = quote_spanned!(span=> if __at > __len { ::core::panic!("mid > len") });
        self.check(code, [("__at", at), ("__len", len)], span);
    }

    /// `copy_from_slice` copies as many as there are.
    pub(super) fn check_lengths(&mut self, to: &Operand, from: &Path, span: Span) {
        let to = self.as_path(to.clone());
        let [to, from] =
            [to, from.clone()].map(|path| self.push(Kind::Length(path), Vec::new(), Ty::Int, span));
        let code = quote_spanned! {span=>
            if __to != __from {
                ::core::panic!("copy_from_slice: source slice length ({__from}) does not match destination slice length ({__to})")
            }
        };
        self.check(code, [("__to", to), ("__from", from)], span);
    }

    fn check<const N: usize>(&mut self, code: TokenStream, values: [(&str, Value); N], span: Span) {
        let captures = values.map(|(name, value)| (name.to_owned(), Capture::Value(value)));
        let kind = Kind::Opaque {
            code: Code(code),
            captures: captures.into(),
            effect: true,
        };
        self.push_effect(kind, Vec::new(), span);
    }

    fn is_literal(&self, value: Value) -> bool {
        let made_by = self.graph.def(value).map(|site| &site.kind);
        matches!(made_by, Some(Kind::Literal(Literal::Int(number))) if number != "0")
    }
}

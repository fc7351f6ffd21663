//! What is made of items by a rule: `sum`, `product` and `collect` into types of the user's.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::super::way::is_users;
use super::super::{Lower, Operand};
use super::{Iter, Site};
use crate::ir::{Arg, Callee, Capture, Code, Kind, Op, Path, Ty};

impl Lower<'_> {
    /// The sum or the product of what is no number, by the rule of its type.
    pub(super) fn summed_by_rule(
        &mut self,
        iter: &Iter,
        op: Op,
        item: &Ty,
        site: &Site,
    ) -> Option<Operand> {
        let ty = match site.hint {
            Some(ty) if self.is_number_type(ty) || *item == Ty::Int => return None,
            Some(ty) if !is_users(&self.ty_of(ty)) => return None,
            Some(ty) => ty.to_token_stream(),
            None if is_users(item) => quote!(_),
            None => return None,
        };
        let how = if op == Op::Add {
            "sum_of"
        } else {
            "product_of"
        };
        Some(self.made_by_rule(iter, how, &ty, site.span))
    }

    /// Whether the type is one of numbers by the name of a type parameter.
    fn is_number_type(&self, ty: &syn::Type) -> bool {
        self.numbers.contains(&ty.to_token_stream().to_string())
    }

    /// A value of the type, made of the items.
    pub(in crate::front) fn made_by_rule(
        &mut self,
        iter: &Iter,
        how: &str,
        ty: &TokenStream,
        span: Span,
    ) -> Operand {
        let lent = matches!(self.probe(iter, span), Some(Operand::Ref(..)));
        let name = format_ident!("{how}{}", if lent { "_refs" } else { "" }, span = span);
        let inert = !self.item_ty(iter, span).may_be_active();
        let items = self.listed(iter, span);
        let items = self.as_path(items);
        if inert {
            return self.made_of_inert(items, how, ty, span);
        }
        let callee = Callee::Function(Code(quote!(__grad::private::rules::#name::<#ty, _>)));
        self.finish_call(callee, vec![Arg::Move(items)], span)
    }

    /// The same of items without floats, which asks for no rule.
    fn made_of_inert(&mut self, items: Path, how: &str, ty: &TokenStream, span: Span) -> Operand {
        let method = format_ident!("{}", how.trim_end_matches("_of"), span = span);
        let kind = Kind::Opaque {
            code: Code(quote!(__items.iter().cloned().#method::<#ty>())),
            captures: vec![("__items".to_owned(), Capture::Place(items, false))],
            effect: false,
        };
        Operand::Value(self.push(kind, Vec::new(), Ty::Unknown, span))
    }
}

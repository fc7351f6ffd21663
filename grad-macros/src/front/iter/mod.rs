//! Iterators: operands that become loops where they are used up.

mod old;

use super::{Lower, Operand};

/// An iterator that has not run yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Iter {
    /// One item.
    Once(Box<Operand>),
}

impl Lower<'_> {
    /// A method of an iterator, or one that gives an iterator; `None` for any other method.
    pub(super) fn lower_iteration(
        &mut self,
        _receiver: &Operand,
        _call: &syn::ExprMethodCall,
        _hint: Option<&syn::Type>,
    ) -> Option<Operand> {
        None
    }
}

impl Lower<'_> {
    /// An `Option` taken apart, as the value it is.
    pub(super) fn read_maybe(
        &mut self,
        some: crate::ir::Value,
        inside: Operand,
    ) -> crate::ir::Value {
        let _ = (some, inside);
        self.undefined(crate::ir::Ty::Unknown)
    }
}

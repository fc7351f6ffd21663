//! How the first argument of an associated function reaches its derivatives.
//!
//! A caller that writes `T::m(x, ..)` does not know whether `m` has a receiver, and one that writes
//! `x.m(..)` not whether it takes `self` or `&self`; both may need `x` again. So a first parameter
//! that the function takes by value its siblings borrow. Of a method that takes `self` there is
//! `__grad_own_vjp_m(self, ..)` too, which the borrowing one calls with a copy.
//!
//! The names of functions of real numbers, and of operators, stay by value in traits: the rules in
//! `grad-runtime` borrow, and a trait of the user's with such a name has to be found before them.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use super::body::Body;
use super::items::{Derived, Home, own_sibling, sibling};
use super::places::Access;
use super::signatures::{mentions, mentions_self};
use crate::ir::{Arg, Call, Op};
use crate::signature::{Parameter, Passing};

/// The methods of the operators' traits.
const OPERATORS: &[&str] = &["add", "sub", "mul", "div", "rem", "neg"];

/// The function of `From`, whose rule takes its argument as it does.
const CONVERSION: &str = "from";

/// Whether a rule in `grad-runtime` may have this name.
pub(super) fn stays_by_value(name: &str) -> bool {
    OPERATORS.contains(&name) || (1..4).any(|count| Op::from_method(name, count).is_some())
}

/// How a caller that writes `T::m(..)` names the sibling, and whether it lends the first argument,
/// which it passes by value.
fn called_by_path(mode: &str, name: &str, span: Span) -> (Ident, bool) {
    if stays_by_value(name) {
        (own_sibling(mode, name, span), false)
    } else if name == CONVERSION {
        (sibling(mode, name, span), false)
    } else {
        (sibling(mode, name, span), true)
    }
}

impl Derived<'_> {
    /// The first parameter, where it is passed by value and siblings might not.
    fn first_by_value(&self) -> Option<&Parameter> {
        let siblings = matches!(self.home, Home::Impl | Home::Trait | Home::TraitImpl);
        let by_value = |p: &&Parameter| p.passing == Passing::Value && p.function.is_none();
        self.parameters()
            .first()
            .filter(|_| siblings)
            .filter(by_value)
    }

    /// Whether it is a method that takes `self`, whose siblings are two.
    pub(super) fn takes_itself(&self) -> bool {
        self.first_by_value().is_some_and(|p| p.is_receiver)
    }

    /// Whether the sibling that [`path_sibling`](Self::path_sibling) names borrows what the function
    /// takes first.
    pub(super) fn first_is_borrowed(&self) -> bool {
        let name = self.name();
        let borrowed =
            |p: &Parameter| !p.is_receiver && !stays_by_value(&name) && name != CONVERSION;
        self.first_by_value().is_some_and(borrowed)
    }

    /// The sibling that takes what the function takes, the first argument by reference where it is
    /// no receiver.
    pub(super) fn path_sibling(&self, mode: &str) -> Ident {
        let (name, span) = (self.name(), Span::call_site());
        match self.first_by_value() {
            Some(p) if p.is_receiver || stays_by_value(&name) => own_sibling(mode, &name, span),
            _ => sibling(mode, &name, span),
        }
    }

    /// A parameter in the signature of that sibling.
    pub(super) fn sibling_input(&self, parameter: &Parameter) -> TokenStream {
        let is_first = self
            .parameters()
            .first()
            .is_some_and(|p| p.name == parameter.name);
        if is_first && self.first_is_borrowed() {
            let (name, ty) = (&parameter.name, &parameter.written);
            return quote!(#name: &#ty);
        }
        self.input(parameter, true)
    }

    /// Makes the first parameter what the body takes it for.
    pub(super) fn owned_first(&self) -> Option<TokenStream> {
        let first = self.first_by_value().filter(|_| self.first_is_borrowed())?;
        let (name, mutable) = (&first.name, first.mutable.then(|| quote!(mut)));
        let owned = if first.ty.is_scalar() {
            quote!(*#name)
        } else {
            self.copy_of(&name.to_token_stream())
        };
        Some(quote!(let #mutable #name = #owned;))
    }

    /// A copy of what the reference points to.
    pub(super) fn copy_of(&self, reference: &TokenStream) -> TokenStream {
        let root = &self.root;
        quote!({
            use #root::private::rules::methods::*;
            (&&#root::private::Copier(#reference)).replicate()
        })
    }

    /// What copying the first parameter asks of type parameters.
    pub(super) fn copy_bound(&self) -> Option<syn::WherePredicate> {
        let first = self.first_by_value()?;
        let root = &self.root;
        let base = if first.is_receiver {
            quote!(Self)
        } else {
            first.base.to_token_stream()
        };
        match self.home {
            Home::Trait if mentions_self(base.clone()) => {
                Some(syn::parse_quote!(#base: ::core::clone::Clone))
            }
            Home::Impl if !first.ty.is_scalar() => {
                let outer = self.outer.into_iter().flat_map(|g| g.type_params());
                let around = outer.map(|p| &p.ident).collect::<Vec<_>>();
                let by_self = mentions_self(base.clone()) && !around.is_empty();
                let own = self.signature.types.iter();
                let generic = own.chain(around).any(|name| mentions(base.clone(), name));
                (by_self || generic).then(|| syn::parse_quote!(#base: #root::replica::Replica))
            }
            _ => None,
        }
    }
}

impl Body<'_> {
    /// The sibling that `T::m(..)` calls, and its arguments: what is passed first by value is lent.
    pub(super) fn by_path(
        &self,
        call: &Call,
        mode: &str,
        name: &str,
        args: &[TokenStream],
        span: Span,
    ) -> (Ident, Vec<TokenStream>) {
        let mut args = args.to_vec();
        let lent = match call.args.first() {
            // What an accessor lent is passed as it says.
            Some(Arg::Move(path)) if self.lent.contains(&path.root) => {
                let first = &args[0];
                Some(quote!(&#first))
            }
            Some(Arg::Move(path)) => Some(self.reference(path, Access::Read)),
            Some(Arg::Value(v)) => {
                let v = self.value(*v);
                Some(quote!(&#v))
            }
            _ => None,
        };
        let Some(lent) = lent else {
            return (sibling(mode, name, span), args);
        };
        let (sibling, lends) = called_by_path(mode, name, span);
        if let (true, Some(first)) = (lends, args.first_mut()) {
            *first = lent;
        }
        (sibling, args)
    }
}

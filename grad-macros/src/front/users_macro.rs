//! Macros the graph does not know: carried as they stand, where they only read.
//!
//! What such a macro expands to cannot be seen, so it is carried in a closure that gives a tuple:
//! `return`, `break` and `?` inside it do not compile, for control must not leave the graph. What may be
//! written elsewhere is handed to it behind a shared reference, or as a copy that is not `mut`, so an
//! assignment inside it does not compile either.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Macro;

use super::captured::may_change;
use super::macros::name_of;
use super::opaque::names_in;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Kind, Ty};

impl Lower<'_> {
    /// A macro of which the value is used.
    pub(super) fn users_macro(&mut self, mac: &Macro) -> Operand {
        if let Some(array) = self.array_macro(mac) {
            return array;
        }
        if let Some(problem) = self.changing_macro(mac) {
            return problem;
        }
        let (lets, captures) = self.read_only_captures(mac);
        let at = located(mac);
        // Where it might try to change something it stays, for the compiler to look at.
        let kind = Kind::Opaque {
            effect: !lets.is_empty(),
            code: Code(quote_spanned!(at=> { #lets (|| (#mac,))().0 })),
            captures,
        };
        let span = mac_span(mac);
        let value = self.push(kind, Vec::new(), Ty::Unknown, span);
        self.if_active
            .insert(value, Problem::ActiveMacro(name_of(mac)));
        Operand::Value(value)
    }

    /// A macro that is a statement: it may print or check, but not change anything.
    pub(super) fn users_statement(&mut self, mac: &Macro) -> Operand {
        if let Some(array) = self.array_macro(mac) {
            return array;
        }
        if let Some(problem) = self.changing_macro(mac) {
            return problem;
        }
        let (lets, captures) = self.read_only_captures(mac);
        let at = located(mac);
        let kind = Kind::Opaque {
            code: Code(quote_spanned!(at=> { #lets (|| { #mac; ((),) })(); })),
            captures,
            effect: true,
        };
        self.push_effect(kind, Vec::new(), mac_span(mac));
        Operand::Unit
    }

    /// A problem, where the tokens themselves show that a variable is changed.
    fn changing_macro(&mut self, mac: &Macro) -> Option<Operand> {
        let mut names = BTreeSet::new();
        names_in(mac.tokens.clone(), &mut names);
        let captured = self.captured(&names);
        let changes = !captured.mutable.is_empty() && may_change(mac.tokens.clone(), &captured);
        changes.then(|| self.report(mac_span(mac), Problem::MacroWrites(name_of(mac))))
    }

    /// The variables the tokens name, those that may be written under another name, from which the
    /// code's own `let` takes them.
    fn read_only_captures(&mut self, mac: &Macro) -> (TokenStream, Vec<(String, Capture)>) {
        let mut lets = TokenStream::new();
        let captures = self
            .captures(&mac.tokens)
            .into_iter()
            .map(|(name, capture)| {
                let local = self.locals.find(&name);
                let behind = matches!(self.locals.get(&name), Some(Operand::RefMut(..)));
                if name == "self" || !behind && !local.is_some_and(|l| self.locals.is_mutable(l)) {
                    return (name, capture);
                }
                let seen = format!("__seen_{name}");
                let (own, held) = (
                    Ident::new(&name, located(mac)),
                    Ident::new(&seen, located(mac)),
                );
                lets.extend(quote!(let #own = #held;));
                (seen, capture)
            });
        let captures = captures.collect();
        (lets, captures)
    }
}

/// The place of the macro, for tokens that are ours.
fn located(mac: &Macro) -> Span {
    Span::call_site().located_at(mac_span(mac))
}

fn mac_span(mac: &Macro) -> Span {
    syn::spanned::Spanned::span(&mac.path)
}

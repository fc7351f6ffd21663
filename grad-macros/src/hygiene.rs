//! Names that look alike and are not: identifiers of a macro beside those of its caller.
//!
//! The front knows variables by their spelling. In a function that another macro writes, `shift` of
//! that macro and `shift` of the code it was given are two variables; one name for both would be a
//! wrong derivative. So a function in which a local name comes from two places is rejected.
//!
//! Where an identifier comes from is its span's syntax context. Nothing on stable compares those, but
//! their numbers are in the debug form, `#4 bytes(10..15)`; where it has another form nothing is
//! reported.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::diag::{Diagnostics, Problem};

/// Reports local names that come from more than one place.
pub(crate) fn check(function: &TokenStream, diag: &Diagnostics) {
    let mut names = Names::default();
    names.collect(function, Delimiter::None);
    let mut found: Vec<&Ident> = names.strangers.iter().collect();
    found.dedup_by_key(|ident| ident.to_string());
    for ident in found {
        let name = ident.to_string();
        if names.bound.contains(&name) {
            diag.report(ident.span(), Problem::TwoOrigins(name));
        }
    }
}

#[derive(Default)]
struct Names {
    /// Where each name was first seen as a variable.
    contexts: HashMap<String, String>,
    /// Names that `let`, a parameter or a loop declares.
    bound: HashSet<String>,
    /// Identifiers with the name of another from elsewhere.
    strangers: Vec<Ident>,
}

impl Names {
    fn collect(&mut self, tokens: &TokenStream, inside: Delimiter) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        for (k, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.collect(&group.stream(), group.delimiter()),
                TokenTree::Ident(_) if inside == Delimiter::Brace && is_field(&tokens, k) => {}
                TokenTree::Ident(ident) if is_variable(&tokens, k) => self.see(ident, &tokens, k),
                _ => {}
            }
        }
    }

    fn see(&mut self, ident: &Ident, tokens: &[TokenTree], k: usize) {
        let Some(context) = context(ident) else {
            return;
        };
        let name = ident.to_string();
        if is_declared(tokens, k) {
            self.bound.insert(name.clone());
        }
        let first = self.contexts.entry(name).or_insert_with(|| context.clone());
        if *first != context {
            self.strangers.push(ident.clone());
        }
    }
}

/// The number of the identifier's syntax context, where the compiler tells.
fn context(ident: &Ident) -> Option<String> {
    let text = format!("{:?}", ident.span());
    let number = text.strip_prefix('#')?.split(' ').next()?;
    Some(number.to_owned())
}

/// Whether the identifier may be a variable: no field, method, function, macro or part of a path.
fn is_variable(tokens: &[TokenTree], k: usize) -> bool {
    let is = |at: Option<&TokenTree>, mark: char| matches!(at, Some(TokenTree::Punct(p)) if p.as_char() == mark);
    let before = |n: usize| k.checked_sub(n).and_then(|k| tokens.get(k));
    let after = |n: usize| tokens.get(k + n);
    let field = is(before(1), '.') && !is(before(2), '.');
    let path = is(before(1), ':') && is(before(2), ':') || is(after(1), ':') && is(after(2), ':');
    let call =
        matches!(after(1), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis);
    let mac = is(after(1), '!') && !is(after(2), '=');
    let label = is(before(1), '\'');
    !(field || path || call || mac || label)
}

/// `{ name: ..` or `, name: ..`, as in the value or pattern of a struct.
fn is_field(tokens: &[TokenTree], k: usize) -> bool {
    let is = |at: Option<&TokenTree>, mark: char| matches!(at, Some(TokenTree::Punct(p)) if p.as_char() == mark);
    let before = k.checked_sub(1).and_then(|k| tokens.get(k));
    (before.is_none() || is(before, ',')) && is(tokens.get(k + 1), ':')
}

/// Whether the identifier is declared here, as far as tokens tell: behind `let`, `mut`, `for`, `|` or
/// before a `:`.
fn is_declared(tokens: &[TokenTree], k: usize) -> bool {
    let before = k.checked_sub(1).and_then(|k| tokens.get(k));
    let word =
        matches!(before, Some(TokenTree::Ident(i)) if i == "let" || i == "mut" || i == "for");
    let closure = matches!(before, Some(TokenTree::Punct(p)) if p.as_char() == '|');
    let typed = matches!(tokens.get(k + 1), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    word || closure || typed
}

//! Identifiers that cannot meet the user's.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

/// Hands out names; none is given twice, none is one the user's function contains.
#[derive(Clone)]
pub(super) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// Names that avoid every identifier of the tokens.
    pub(super) fn avoiding(tokens: &TokenStream) -> Self {
        let mut taken = HashSet::new();
        collect(tokens.clone(), &mut taken);
        Names { taken }
    }

    /// Takes a name that a signature has.
    pub(super) fn reserve(&mut self, name: &Ident) {
        self.taken.insert(name.to_string());
    }

    /// A name like the hint.
    pub(super) fn fresh(&mut self, hint: &str) -> Ident {
        let hint: String = hint
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '_' })
            .collect();
        let hint = if hint.is_empty()
            || hint.starts_with(|c: char| c.is_ascii_digit())
            || is_keyword(&hint)
        {
            format!("v_{hint}")
        } else {
            hint
        };
        let mut name = hint.clone();
        let mut number = 1;
        while !self.taken.insert(name.clone()) {
            name = format!("{hint}_{number}");
            number += 1;
        }
        Ident::new(&name, Span::call_site())
    }
}

/// The identifier of that spelling, raw or not.
pub(super) fn named(name: &str, span: Span) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, span),
        None => Ident::new(name, span),
    }
}

fn is_keyword(name: &str) -> bool {
    syn::parse_str::<Ident>(name).is_err()
}

fn collect(tokens: TokenStream, taken: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => collect(group.stream(), taken),
            TokenTree::Ident(ident) => {
                taken.insert(ident.to_string());
            }
            _ => {}
        }
    }
}

//! Identifiers that cannot meet the user's.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

/// Hands out names; none is given twice, none is one the user's function contains.
#[derive(Clone)]
pub(super) struct Names {
    taken: HashSet<String>,
    /// A panic in an expression that begins with a name is at the user's place only where the name is
    /// of the user's code.
    span: Span,
}

impl Names {
    /// Names that avoid every identifier of the tokens.
    pub(super) fn avoiding(tokens: &TokenStream) -> Self {
        let mut taken = HashSet::new();
        collect(tokens.clone(), &mut taken);
        let span = Span::call_site().resolved_at(of_the_user(tokens));
        Names { taken, span }
    }

    /// Takes a name that a signature has.
    pub(super) fn reserve(&mut self, name: &Ident) {
        self.taken.insert(name.to_string());
    }

    /// Names given from here on stand at the place of what they are for.
    pub(super) fn stand_at(&mut self, place: Span) {
        self.span = place.resolved_at(self.span);
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
        Ident::new(&name, self.span)
    }
}

/// The span of the function's name, or of what stands first.
fn of_the_user(tokens: &TokenStream) -> Span {
    let mut tokens = tokens.clone().into_iter();
    let first = tokens.clone().next();
    let name = tokens
        .find(|token| matches!(token, TokenTree::Ident(word) if word == "fn"))
        .and_then(|_| tokens.next());
    name.or(first)
        .map_or_else(Span::call_site, |token| token.span())
}

/// The span of the name in the code, where it may stand in a format string too.
pub(super) fn span_within(code: &TokenStream, name: &str) -> Span {
    found_within(code.clone(), name).unwrap_or_else(Span::call_site)
}

fn found_within(code: TokenStream, name: &str) -> Option<Span> {
    code.into_iter().find_map(|token| match &token {
        TokenTree::Ident(ident) => (ident == name).then(|| ident.span()),
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            let shown = ["}", ":"].map(|end| text.contains(&format!("{{{name}{end}")));
            shown.contains(&true).then(|| literal.span())
        }
        TokenTree::Group(group) => found_within(group.stream(), name),
        TokenTree::Punct(_) => None,
    })
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

//! Which variables are references that walk: options of references are told by how they are set, the
//! others are found while the function is lowered.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Block;

/// Names of variables that walk: those known when lowering began, and those found since.
#[derive(Clone, Default)]
pub(super) struct Walks {
    pub(super) known: HashSet<String>,
    pub(super) found: Rc<RefCell<HashSet<String>>>,
}

impl Walks {
    /// The options of references that walk.
    pub(super) fn of(body: &Block) -> Self {
        let mut options = Options::default();
        options.gather(body.to_token_stream());
        let known = options.begun.intersection(&options.moved).cloned();
        Walks {
            known: known.collect(),
            ..Walks::default()
        }
    }

    /// All names, if some were found since lowering began.
    pub(super) fn more(&self) -> Option<Self> {
        let found = self.found.borrow();
        let more = !found.is_subset(&self.known);
        more.then(|| Walks {
            known: self.known.union(&found).cloned().collect(),
            ..Walks::default()
        })
    }
}

/// Variables that begin as options of references, and those that are set to such.
#[derive(Default)]
struct Options {
    begun: HashSet<String>,
    moved: HashSet<String>,
}

impl Options {
    /// `let (mut a, mut b) = (Some(x), Some(y));`
    fn gather_pairs(&mut self, names: TokenStream, values: TokenStream) {
        for (name, value) in parts(names).into_iter().zip(parts(values)) {
            if let ([word, TokenTree::Ident(name)], Some(first)) = (&name[..], value.first()) {
                if is_word(word, "mut") && (is_word(first, "Some") || refers(&value)) {
                    self.begun.insert(name.to_string());
                }
            }
        }
    }

    fn gather(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (k, token) in tokens.iter().enumerate() {
            if let TokenTree::Group(group) = token {
                self.gather(group.stream());
            }
            let Some(value) = assigned(&tokens[k + 1..]) else {
                continue;
            };
            if let (TokenTree::Group(names), [TokenTree::Group(values)]) = (token, value) {
                self.gather_pairs(names.stream(), values.stream());
            }
            let TokenTree::Ident(name) = token else {
                continue;
            };
            let declared =
                k > 1 && is_word(&tokens[k - 1], "mut") && is_word(&tokens[k - 2], "let");
            if declared && (is_word(&value[0], "Some") || refers(value)) {
                self.begun.insert(name.to_string());
            } else if refers(value) {
                self.moved.insert(name.to_string());
            }
        }
    }
}

fn parts(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == ',');
    tokens.split(comma).map(<[TokenTree]>::to_vec).collect()
}

/// What stands behind the `=` of a statement, with a type in front of it or none.
fn assigned(after: &[TokenTree]) -> Option<&[TokenTree]> {
    let is = |token: &TokenTree, sign: char| matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign);
    let end = after
        .iter()
        .position(|token| is(token, ';'))
        .unwrap_or(after.len());
    let start = match after.first()? {
        colon if is(colon, ':') => after[..end].iter().position(|token| is(token, '='))?,
        equals if is(equals, '=') => 0,
        _ => return None,
    };
    let value = &after[start + 1..end];
    let other = value
        .first()
        .is_none_or(|first| is(first, '=') || is(first, '>'));
    (!other).then_some(value)
}

fn is_word(token: &TokenTree, text: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == text)
}

/// Whether the code has an option of a reference into what an option holds.
fn refers(code: &[TokenTree]) -> bool {
    code.iter().any(|token| match token {
        TokenTree::Ident(word) => REFERRING.iter().any(|name| word == name),
        TokenTree::Group(group) => refers(&group.stream().into_iter().collect::<Vec<_>>()),
        _ => false,
    })
}

/// Methods that make such of an option.
const REFERRING: &[&str] = &["as_ref", "as_mut", "as_deref", "as_deref_mut"];

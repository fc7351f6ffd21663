//! Whether a closure may change what it captures: then it runs exactly where and as often as the
//! source runs it. Told from its tokens, on the safe side: what only looks like a change costs speed.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::ir::Op;

/// What a closure may change, by name.
#[derive(Default)]
pub(super) struct Captured {
    pub(super) mutable: BTreeSet<String>,
    /// Those of them that are mutable references.
    pub(super) exclusive: BTreeSet<String>,
    /// Closures that change something.
    pub(super) changing: BTreeSet<String>,
    /// Inputs of the closure itself, assignments to which do not count.
    pub(super) inputs: BTreeSet<String>,
}

/// Methods that certainly leave their receiver as it is, beside those of numbers.
const READING: &[&str] = &[
    "len",
    "is_empty",
    "iter",
    "get",
    "first",
    "last",
    "clone",
    "to_vec",
    "windows",
    "chunks",
    "chunks_exact",
    "contains",
    "split_at",
];

/// Whether the code may change one of the variables: it assigns, borrows mutably, or calls a method
/// that may take its receiver so, or a closure that changes something.
pub(super) fn may_change(tokens: TokenStream, captured: &Captured) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    (0..tokens.len()).any(|k| match &tokens[k] {
        TokenTree::Group(group) => may_change(group.stream(), captured),
        TokenTree::Punct(p) if p.as_char() == '=' => {
            assigns(&tokens, k) && !is_input(&tokens[..k], captured)
        }
        TokenTree::Ident(i) if i == "mut" => punct(&tokens, k.checked_sub(1)) == Some('&'),
        TokenTree::Ident(i) if punct(&tokens, k.checked_sub(1)) != Some('.') => {
            let name = i.to_string();
            captured.changing.contains(&name) && is_call(tokens.get(k + 1))
                || captured.mutable.contains(&name) && may_write_receiver(&tokens[k + 1..])
                || captured.exclusive.contains(&name) && is_handed_on(&tokens, k)
        }
        _ => false,
    })
}

/// Whether the code writes what a variable of this name refers to.
pub(super) fn writes(name: &str, tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    (0..tokens.len()).any(|k| match &tokens[k] {
        TokenTree::Group(group) => writes(name, group.stream()),
        TokenTree::Ident(i) if i == name && punct(&tokens, k.checked_sub(1)) != Some('.') => {
            may_write_receiver(&tokens[k + 1..]) || is_assigned(&tokens[k + 1..])
        }
        _ => false,
    })
}

/// Whether `.field[..] op=` follows.
fn is_assigned(mut rest: &[TokenTree]) -> bool {
    loop {
        rest = match rest {
            [TokenTree::Group(g), rest @ ..] if g.delimiter() == Delimiter::Bracket => rest,
            [TokenTree::Punct(dot), TokenTree::Ident(_), rest @ ..] if dot.as_char() == '.' => rest,
            [TokenTree::Punct(op), ..] if !matches!(op.as_char(), '=' | '<' | '>') => {
                let next = punct(rest, Some(1));
                return op.spacing() == proc_macro2::Spacing::Joint
                    && next == Some('=')
                    && op.as_char() != '!';
            }
            [TokenTree::Punct(op), ..] if op.as_char() == '=' => {
                return !matches!(punct(rest, Some(1)), Some('=' | '>'));
            }
            _ => return false,
        };
    }
}

fn punct(tokens: &[TokenTree], k: Option<usize>) -> Option<char> {
    match tokens.get(k?) {
        Some(TokenTree::Punct(p)) => Some(p.as_char()),
        _ => None,
    }
}

fn is_call(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Parenthesis)
}

/// Whether the `=` at `k` assigns: no comparison, arrow, range or `let`.
fn assigns(tokens: &[TokenTree], k: usize) -> bool {
    let (before, after) = (punct(tokens, k.checked_sub(1)), punct(tokens, Some(k + 1)));
    let shifts = matches!(before, Some('<' | '>')) && before == punct(tokens, k.checked_sub(2));
    if shifts || matches!(before, Some('+' | '-' | '*' | '/' | '%' | '&' | '|' | '^')) {
        return true;
    }
    if matches!(before, Some('=' | '!' | '<' | '>' | '.')) || matches!(after, Some('=' | '>')) {
        return false;
    }
    let statement = tokens[..k]
        .iter()
        .rev()
        .take_while(|t| !matches!(t, TokenTree::Punct(p) if p.as_char() == ';'));
    !statement
        .into_iter()
        .any(|t| matches!(t, TokenTree::Ident(i) if i == "let"))
}

/// Whether the place before an assignment is an input of the closure, or behind one.
fn is_input(before: &[TokenTree], captured: &Captured) -> bool {
    let operator = |t: &TokenTree| matches!(t, TokenTree::Punct(p) if p.as_char() != '.');
    let end = before.iter().rposition(|t| !operator(t));
    let place = end.map_or(before, |end| &before[..=end]);
    let start = place.iter().rposition(operator).map_or(0, |k| k + 1);
    match place.get(start) {
        Some(TokenTree::Ident(root)) => captured.inputs.contains(&root.to_string()),
        _ => false,
    }
}

/// Whether the reference at `k` is used as such, not what is behind it.
fn is_handed_on(tokens: &[TokenTree], k: usize) -> bool {
    let indexed = matches!(tokens.get(k + 1), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Bracket);
    !indexed
        && punct(tokens, Some(k + 1)) != Some('.')
        && punct(tokens, k.checked_sub(1)) != Some('*')
}

/// Whether `.field[..].method(..)` follows, with a method that may write its receiver.
fn may_write_receiver(mut rest: &[TokenTree]) -> bool {
    loop {
        rest = match rest {
            [TokenTree::Group(g), rest @ ..] if g.delimiter() == Delimiter::Bracket => rest,
            [TokenTree::Punct(dot), TokenTree::Ident(method), call, ..]
                if dot.as_char() == '.' && is_call(Some(call)) =>
            {
                let name = method.to_string();
                let number = (1..4).any(|n| Op::from_method(&name, n).is_some());
                return !number && !READING.contains(&name.as_str());
            }
            [TokenTree::Punct(dot), _, rest @ ..] if dot.as_char() == '.' => rest,
            _ => return false,
        };
    }
}

//! Which variables are references that walk: options of references are told by how they are set, the
//! others are found while the function is lowered.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Block, Expr, Pat};

use super::Operand;
use super::scope::Local;
use super::stmt::ident_of;

/// Variables that are references, or options of them, and move: those known when lowering began, and
/// those found since.
#[derive(Clone, Default)]
pub(super) struct Walks {
    pub(super) known: Moving,
    pub(super) found: Rc<RefCell<Moving>>,
}

/// Lowers a function until nothing more is found of its references; gives what is known too.
pub(super) fn found<T>(mut lower: impl FnMut(Option<Walks>) -> (T, Walks)) -> (T, Walks) {
    let (mut lowered, mut walks) = lower(None);
    while let Some(more) = walks.more() {
        (lowered, walks) = lower(Some(more));
    }
    (lowered, walks)
}

/// What is known of variables that are references.
#[derive(Clone, Default)]
pub(super) struct Moving {
    /// Those that walk.
    pub(super) walks: HashSet<String>,
    /// Those that are options of references.
    pub(super) options: HashSet<String>,
    /// What an option that begins as `None` will refer to.
    pub(super) shapes: HashMap<Local, Operand>,
}

impl Walks {
    /// The options of references that walk, and those that are declared as such.
    pub(super) fn of(body: &Block) -> Self {
        let mut options = Options::default();
        options.gather(body.to_token_stream());
        let walks = options.begun.intersection(&options.moved).cloned();
        let mut known = Moving {
            walks: walks.collect(),
            ..Moving::default()
        };
        known.options = known.walks.union(&options.declared).cloned().collect();
        Walks {
            known,
            ..Walks::default()
        }
    }

    /// Begins with what is known by now; gives a handle on what will be found.
    pub(super) fn set(&mut self, known: Option<Walks>) -> Walks {
        if let Some(known) = known {
            *self = known;
        }
        self.clone()
    }

    /// All that is known, if something was found since lowering began.
    pub(super) fn more(&self) -> Option<Self> {
        let (mut known, found) = (self.known.clone(), self.found.borrow());
        known.walks.extend(found.walks.iter().cloned());
        known.options.extend(found.options.iter().cloned());
        for (local, shape) in &found.shapes {
            let before = known.shapes.entry(*local);
            before.or_insert_with(|| shape.clone());
        }
        let grew = known.walks.len() > self.known.walks.len()
            || known.options.len() > self.known.options.len()
            || known.shapes.len() > self.known.shapes.len();
        grew.then(|| Walks {
            known,
            ..Walks::default()
        })
    }
}

/// Variables that begin as options of references, and those that are set to such.
#[derive(Default)]
struct Options {
    begun: HashSet<String>,
    moved: HashSet<String>,
    /// Declared as `Option<&T>`.
    declared: HashSet<String>,
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
            if declared && is_option_of_reference(&tokens[k + 1..]) {
                self.declared.insert(name.to_string());
            }
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

/// Whether the type behind a name is an `Option<&T>`, of what is no text.
fn is_option_of_reference(after: &[TokenTree]) -> bool {
    let text: Vec<String> = after.iter().take(7).map(ToString::to_string).collect();
    let words: Vec<&str> = text.iter().map(String::as_str).collect();
    match words.as_slice() {
        [":", "Option", "<", "&", "'", _, target, ..] | [":", "Option", "<", "&", target, ..] => {
            !["str", "mut", "[", "dyn"].contains(target) && !target.starts_with('[')
        }
        _ => false,
    }
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

pub(super) fn mutable_name(pattern: &Pat) -> Option<String> {
    match pattern {
        Pat::Ident(ident) if ident.mutability.is_some() => Some(ident.ident.to_string()),
        Pat::Type(typed) => mutable_name(&typed.pat),
        _ => None,
    }
}

/// What stands in `Some(..)`.
pub(super) fn is_some(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Paren(inner) => is_some(&inner.expr),
        Expr::Call(call) if ident_of(&call.func).as_deref() == Some("Some") => call.args.first(),
        _ => None,
    }
}

/// The option in `option.as_ref()` and the like, whether what it holds is a pointer that is followed, and
/// whether it is borrowed mutably.
pub(super) fn referring(expr: &Expr) -> Option<(&Expr, bool, bool)> {
    match expr {
        Expr::Paren(inner) => referring(&inner.expr),
        Expr::MethodCall(call) if call.args.is_empty() => {
            let (followed, mutable) = match call.method.to_string().as_str() {
                "as_ref" => (false, false),
                "as_mut" => (false, true),
                "as_deref" => (true, false),
                "as_deref_mut" => (true, true),
                _ => return None,
            };
            Some((&call.receiver, followed, mutable))
        }
        _ => None,
    }
}

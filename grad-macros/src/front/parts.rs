//! Parts that a closure captures: `|v| self.total += v` changes `self.total`, and the rest of `self` may
//! be passed beside it, as in Rust. Each part becomes a name of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;

use super::closure::Written;
use super::function::bound_names;
use super::opaque::names_in;
use super::{Lower, Operand};

/// Fields behind a name, from the outside in.
type Fields = Vec<String>;

impl Lower<'_> {
    /// The closure with names for the parts of variables that it sees only parts of.
    pub(super) fn by_parts(&mut self, written: &Written) -> Written {
        let body = written.body.to_token_stream();
        let bound = bound_names(&written.inputs);
        let mut names = BTreeSet::new();
        names_in(body.clone(), &mut names);
        let scopes = self.locals.swap_scopes(written.scopes());
        let mut parts = BTreeMap::new();
        let mut scope = HashMap::new();
        for name in names.difference(&bound) {
            let whole = self.locals.get(name);
            let Some(whole @ (Operand::Place(..) | Operand::Ref(..) | Operand::RefMut(..))) = whole
            else {
                continue;
            };
            let mut chains = BTreeSet::new();
            if !chains_of(name, body.clone(), &mut chains) {
                continue;
            }
            for fields in outermost(&chains) {
                let mut part = whole.clone();
                for field in &fields {
                    part = self.project(part, field);
                }
                let own = name_of(name, &fields);
                let local = self.locals.hidden_as(&own, true);
                self.locals.set(local, part);
                scope.insert(own, local);
                parts
                    .entry(name.clone())
                    .or_insert_with(Vec::new)
                    .push(fields);
            }
        }
        self.locals.swap_scopes(scopes);
        match syn::parse2(renamed(body, &parts)) {
            Ok(body) if !parts.is_empty() => {
                let mut scopes = written.scopes();
                scopes.push(scope);
                Written {
                    body,
                    scopes,
                    ..written.clone()
                }
            }
            _ => written.clone(),
        }
    }
}

/// What a part is called: each word with its length, as `a.b` and `a_b` are different parts.
fn name_of(name: &str, fields: &[String]) -> String {
    let words = [name].into_iter().chain(fields.iter().map(String::as_str));
    let words: Vec<String> = words.map(|word| format!("{}{word}", word.len())).collect();
    format!("__grad_{}", words.join("_"))
}

/// The fields that follow the token at `k`.
fn chain(tokens: &[TokenTree], k: usize) -> Fields {
    let mut fields = Fields::new();
    let mut rest = &tokens[k + 1..];
    while let [TokenTree::Punct(dot), TokenTree::Ident(field), after @ ..] = rest {
        let called = match after.first() {
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Parenthesis,
            Some(TokenTree::Punct(colon)) => colon.as_char() == ':',
            _ => false,
        };
        if dot.as_char() != '.' || called {
            break;
        }
        fields.push(field.to_string());
        rest = after;
    }
    fields
}

/// Whether the token at `k` is the name of a variable: no field, no part of a path.
fn is_name(tokens: &[TokenTree], k: usize, name: &str) -> bool {
    let before = k.checked_sub(1).map(|k| &tokens[k]);
    let behind = matches!(before, Some(TokenTree::Punct(p)) if p.as_char() == '.');
    let of_range = behind
        && matches!(k.checked_sub(2).map(|k| &tokens[k]), Some(TokenTree::Punct(p)) if p.as_char() == '.');
    matches!(&tokens[k], TokenTree::Ident(ident) if ident == name) && (!behind || of_range)
}

/// Gathers the fields behind a name; says whether there are some wherever it stands.
fn chains_of(name: &str, tokens: TokenStream, chains: &mut BTreeSet<Fields>) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    (0..tokens.len()).all(|k| match &tokens[k] {
        TokenTree::Group(group) => chains_of(name, group.stream(), chains),
        _ if is_name(&tokens, k, name) => {
            let fields = chain(&tokens, k);
            let some = !fields.is_empty();
            chains.insert(fields);
            some
        }
        _ => true,
    })
}

/// Those of which no other is the beginning.
fn outermost(chains: &BTreeSet<Fields>) -> Vec<Fields> {
    let within = |one: &Fields, other: &Fields| one != other && one.starts_with(other);
    let outer = chains
        .iter()
        .filter(|one| !chains.iter().any(|other| within(one, other)));
    outer.cloned().collect()
}

/// The tokens with a name in place of each part.
fn renamed(tokens: TokenStream, parts: &BTreeMap<String, Vec<Fields>>) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut all = Vec::new();
    let mut k = 0;
    while k < tokens.len() {
        match &tokens[k] {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), renamed(group.stream(), parts));
                inner.set_span(group.span());
                all.push(TokenTree::Group(inner));
            }
            token => {
                let part = parts.iter().find(|(name, _)| is_name(&tokens, k, name));
                let found = part.and_then(|(name, all)| {
                    let fields = chain(&tokens, k);
                    let part = all.iter().find(|part| fields.starts_with(part))?;
                    Some((name_of(name, part), part.len()))
                });
                if let Some((own, count)) = found {
                    // A dot and a name for each field.
                    k += 2 * count;
                    all.push(TokenTree::Ident(Ident::new(&own, tokens[k].span())));
                } else {
                    all.push(token.clone());
                }
            }
        }
        k += 1;
    }
    all.into_iter().collect()
}

//! Methods of one `impl` block that call one another in a circle: the type of a pullback would hold
//! itself, so theirs are boxed. Of functions that stand alone nobody sees more than one; there the
//! option `recursive` says it.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ImplItemFn;

/// For each function, whether a call of it may come back to it.
pub(crate) fn in_circles(functions: &[&ImplItemFn]) -> Vec<bool> {
    let names: Vec<String> = functions.iter().map(|f| f.sig.ident.to_string()).collect();
    let calls: Vec<BTreeSet<usize>> = functions
        .iter()
        .map(|function| {
            let mut called = BTreeSet::new();
            each_call(function.block.to_token_stream(), &mut |name| {
                called.extend(names.iter().position(|known| *known == name));
            });
            called
        })
        .collect();
    (0..functions.len())
        .map(|start| reaches(&calls, start))
        .collect()
}

/// Whether calls from `start` lead back to it.
fn reaches(calls: &[BTreeSet<usize>], start: usize) -> bool {
    let mut open: Vec<usize> = calls[start].iter().copied().collect();
    let mut seen = BTreeSet::new();
    while let Some(next) = open.pop() {
        if next == start {
            return true;
        }
        if seen.insert(next) {
            open.extend(&calls[next]);
        }
    }
    false
}

/// The names that are called in the tokens, as functions or methods.
fn each_call(tokens: TokenStream, visit: &mut dyn FnMut(&str)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for pair in tokens.windows(2) {
        if let [TokenTree::Ident(name), TokenTree::Group(group)] = pair {
            if group.delimiter() == Delimiter::Parenthesis {
                visit(&name.to_string());
            }
        }
    }
    for token in tokens {
        if let TokenTree::Group(group) = token {
            each_call(group.stream(), visit);
        }
    }
}

//! Items inside the blocks of a function.
//!
//! All items of a function stand at the top of what is generated for it. One that stands in an inner
//! block would hide there what its name means in the rest of the function.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::diag::{Diagnostics, Problem};

/// Reports items of inner blocks whose names stand outside of their blocks too.
pub(super) fn report_inner_items(body: &TokenStream, diag: &Diagnostics) {
    each_block(body, &mut |block| {
        for name in items_of(block) {
            let text = name.to_string();
            if count(body, &text) > count(block, &text) {
                diag.report(name.span(), Problem::InnerItem(text));
            }
        }
    });
}

/// Visits each block inside, but not what belongs to an item.
fn each_block(tokens: &TokenStream, visit: &mut dyn FnMut(&TokenStream)) {
    let mut of_item = false;
    let mut last = None;
    for token in tokens.clone() {
        match &token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let is_block = !std::mem::take(&mut of_item);
                is_block.then(|| {
                    visit(&group.stream());
                    each_block(&group.stream(), visit);
                });
            }
            TokenTree::Group(group) if !of_item => each_block(&group.stream(), visit),
            TokenTree::Punct(end) if end.as_char() == ';' => of_item = false,
            TokenTree::Ident(name) => of_item |= name == "impl" || named(last.as_ref(), name),
            _ => {}
        }
        last = Some(token);
    }
}

/// Whether the name is that of an item, by the word before it.
fn named(before: Option<&TokenTree>, name: &Ident) -> bool {
    const WORDS: [&str; 4] = ["fn", "struct", "enum", "trait"];
    matches!(before, Some(TokenTree::Ident(word)) if WORDS.iter().any(|known| word == known))
        && name != "fn"
}

/// The names of the items at the top of the block.
fn items_of(block: &TokenStream) -> Vec<Ident> {
    let mut names = Vec::new();
    let (mut last, mut before) = (None::<TokenTree>, None);
    for token in block.clone() {
        if let TokenTree::Ident(name) = &token {
            // The parameter in `<const N: usize>` is no item.
            let begins =
                !matches!(&before, Some(TokenTree::Punct(p)) if matches!(p.as_char(), '<' | ','));
            let constant = matches!(&last, Some(TokenTree::Ident(word)) if word == "const" || word == "static");
            if named(last.as_ref(), name) || constant && begins && name != "fn" && name != "mut" {
                names.push(name.clone());
            }
        }
        before = last.replace(token);
    }
    names
}

fn count(tokens: &TokenStream, name: &str) -> usize {
    let of = |token: TokenTree| match token {
        TokenTree::Ident(ident) => usize::from(ident == name),
        TokenTree::Group(group) => count(&group.stream(), name),
        _ => 0,
    };
    tokens.clone().into_iter().map(of).sum()
}

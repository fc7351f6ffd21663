//! Mutated and half-typed token streams through the macros' entry points.
//!
//! The functions of `tests/tests/cases.rs` and of some of the language's tests with tokens deleted, doubled, swapped, replaced and cut
//! off: no panic, and what comes out keeps the user's item or says what is wrong. What comes out
//! without an error parses. `GRAD_MUTATIONS=n` sets how many.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;

use super::programs::generate::Rng;
use crate::{derive, driver};

/// Mutations tried where nothing else is asked for.
const MUTATIONS: usize = 800;

/// The items of the cases that an entry point takes, without their attributes.
pub(super) fn items() -> Vec<syn::Item> {
    parsed(&[
        include_str!("../../../tests/tests/cases.rs"),
        include_str!("../../../tests/tests/cases/items.rs"),
    ])
}

/// Those and items of what the cases have little of: cells, functions as values, methods, iterators.
fn many_items() -> Vec<syn::Item> {
    let mut all = items();
    all.extend(parsed(&[
        include_str!("../../../tests/tests/iterators/chains.rs"),
        include_str!("../../../tests/tests/iterators/closures.rs"),
        include_str!("../../../tests/tests/iterators/control.rs"),
        include_str!("../../../tests/tests/iterators/types.rs"),
        include_str!("../../../tests/tests/language/cells.rs"),
        include_str!("../../../tests/tests/language/enums.rs"),
        include_str!("../../../tests/tests/language/function_tables.rs"),
        include_str!("../../../tests/tests/language/objects.rs"),
        include_str!("../../../tests/tests/language/outcomes.rs"),
        include_str!("../../../tests/tests/language/passed.rs"),
        include_str!("../../../tests/tests/language/receivers.rs"),
        include_str!("../../../tests/tests/language/references.rs"),
        include_str!("../../../tests/tests/language/returned_functions.rs"),
    ]));
    all
}

fn parsed(files: &[&str]) -> Vec<syn::Item> {
    let items = files
        .iter()
        .map(|file| syn::parse_file(file).expect("the tests parse").items);
    items.flat_map(flattened).filter_map(bare).collect()
}

/// The items with those of modules among them.
fn flattened(items: Vec<syn::Item>) -> Vec<syn::Item> {
    let inside = |item| match item {
        syn::Item::Mod(syn::ItemMod {
            content: Some((_, items)),
            ..
        }) => flattened(items),
        item => vec![item],
    };
    items.into_iter().flat_map(inside).collect()
}

fn bare(mut item: syn::Item) -> Option<syn::Item> {
    let attributes = match &mut item {
        syn::Item::Enum(item) => &mut item.attrs,
        syn::Item::Fn(item) => &mut item.attrs,
        syn::Item::Impl(item) => &mut item.attrs,
        syn::Item::Struct(item) => &mut item.attrs,
        syn::Item::Trait(item) => &mut item.attrs,
        _ => return None,
    };
    if attributes.iter().any(|a| a.path().is_ident("test")) {
        return None;
    }
    attributes.clear();
    Some(item)
}

/// Changes one place, at any depth.
fn mutate(stream: TokenStream, rng: &mut Rng) -> TokenStream {
    let mut tokens: Vec<TokenTree> = stream.into_iter().collect();
    let groups: Vec<usize> = (0..tokens.len())
        .filter(|k| matches!(&tokens[*k], TokenTree::Group(g) if !g.stream().is_empty()))
        .collect();
    if !groups.is_empty() && !rng.one_in(4) {
        let k = groups[rng.below(groups.len())];
        if let TokenTree::Group(group) = &tokens[k] {
            let mut changed = Group::new(group.delimiter(), mutate(group.stream(), rng));
            changed.set_span(group.span());
            tokens[k] = changed.into();
        }
        return tokens.into_iter().collect();
    }
    if tokens.is_empty() {
        return TokenStream::new();
    }
    let k = rng.below(tokens.len());
    match rng.below(7) {
        0 => drop(tokens.remove(k)),
        1 => tokens.insert(k, tokens[k].clone()),
        2 => {
            let other = rng.below(tokens.len());
            tokens.swap(k, other);
        }
        3 => tokens.truncate(k),
        4 => tokens[k] = replacement(rng),
        5 => tokens.insert(k, replacement(rng)),
        _ => {
            let other = rng.below(tokens.len());
            tokens[k] = tokens[other].clone();
        }
    }
    tokens.into_iter().collect()
}

fn replacement(rng: &mut Rng) -> TokenTree {
    let words = [
        "x",
        "self",
        "Self",
        "if",
        "else",
        "match",
        "mut",
        "let",
        "return",
        "break",
        "continue",
        "loop",
        "while",
        "for",
        "in",
        "fn",
        "impl",
        "as",
        "usize",
        "f64",
        "f32",
        "Vec",
        "struct",
        "async",
        "unsafe",
        "move",
        "ref",
        "sin",
        "len",
        "iter",
        "map",
        "push",
        "unwrap",
        "_t",
        "Cell",
        "RefCell",
        "Box",
        "dyn",
        "Fn",
        "Some",
        "None",
        "Ok",
        "Err",
        "where",
        "const",
        "static",
        "union",
        "crate",
        "super",
        "true",
        "set",
        "get",
        "borrow_mut",
        "scan",
        "zip",
        "fold",
        "collect",
        "next",
        "by_ref",
        "find",
        "chunks",
        "split_at_mut",
        "swap",
        "step_by",
    ];
    let marks = [
        '.', ',', ';', '=', '+', '-', '*', '&', '|', '<', '>', '!', '?', ':', '#', '@', '\'',
    ];
    match rng.below(4) {
        0 => Punct::new(marks[rng.below(16)], Spacing::Alone).into(),
        1 => Literal::f64_unsuffixed(1.5).into(),
        2 => Literal::usize_unsuffixed(rng.below(4)).into(),
        _ => Ident::new(words[rng.below(words.len())], Span::call_site()).into(),
    }
}

/// What stands in the last block: traits and implementations of them get more of it.
fn inside(item: &TokenStream) -> String {
    match item.clone().into_iter().last() {
        Some(TokenTree::Group(group)) => group.stream().to_string().trim().to_owned(),
        _ => item.to_string(),
    }
}

/// What is wrong with the expansion of the item; `None` if it is an error, as it should mostly be.
fn fault(item: &TokenStream, is_type: bool, rng: &mut Rng, clean: &mut usize) -> Option<String> {
    let attrs = [
        "",
        "",
        "",
        "forward",
        "reverse",
        "wrt(x)",
        "wrt(self)",
        "wrt(",
        "crate = a::b",
        "no",
    ];
    let attr: TokenStream = attrs[rng.below(attrs.len())].parse().unwrap_or_default();
    let expand = || {
        if is_type {
            derive::derive(item.clone())
        } else {
            driver::differentiate(attr.clone(), item.clone())
        }
    };
    let Ok(output) = catch_unwind(AssertUnwindSafe(expand)) else {
        return Some("panics".to_owned());
    };
    let text = output.to_string();
    let has_errors = text.contains("compile_error");
    // The attribute on a method of a block is taken off.
    let packed = |text: &str| {
        let text = text.replace(char::is_whitespace, "");
        text.replace("#[differentiate]", "")
    };
    let (all, own) = (packed(&text), packed(&item.to_string()));
    let keeps = is_type || all.contains(&own) || all.contains(&packed(&inside(item)));
    if !has_errors && !keeps {
        return Some("loses the item".to_owned());
    }
    if text.contains("internal error") {
        return Some("names a value that is not there".to_owned());
    }
    // `f64 +` is a type to the parser, as a trait object without `dyn`, and to nobody else.
    if !has_errors && !takes_bare_object(item) {
        *clean += 1;
        let error = syn::parse2::<syn::File>(output).err()?;
        return Some(format!("gives what does not parse: {error}\n{text}"));
    }
    None
}

/// Whether a parameter is of a type such as `A + B`.
fn takes_bare_object(item: &TokenStream) -> bool {
    let Ok(function) = syn::parse2::<syn::ItemFn>(item.clone()) else {
        let text = item.to_string().replace(char::is_whitespace, "");
        return text.contains("+,") || text.contains("+)");
    };
    let is_bare =
        |ty: &syn::Type| matches!(ty, syn::Type::TraitObject(object) if object.dyn_token.is_none());
    function.sig.inputs.iter().any(|input| match input {
        syn::FnArg::Typed(typed) => is_bare(&typed.ty),
        syn::FnArg::Receiver(_) => false,
    })
}

#[test]
fn no_input_makes_the_macros_panic() {
    let items = many_items();
    let count = std::env::var("GRAD_MUTATIONS").ok();
    let count = count.and_then(|n| n.parse().ok()).unwrap_or(MUTATIONS);
    let mut rng = Rng::new(1);
    let (mut faults, mut clean) = (Vec::new(), 0);
    for number in 0..count {
        let item = &items[number % items.len()];
        let is_type = matches!(item, syn::Item::Struct(_) | syn::Item::Enum(_));
        let mut tokens = item.to_token_stream();
        for _ in 0..=rng.below(3) {
            tokens = mutate(tokens, &mut rng);
        }
        if let Some(what) = fault(&tokens, is_type, &mut rng, &mut clean) {
            faults.push(format!("number {number} {what}:\n{tokens}\n"));
        }
    }
    println!("{count} mutations, {clean} of them without an error");
    assert!(clean > count / 50, "hardly any mutation is taken: {clean}");
    let shown: Vec<&String> = faults.iter().take(8).collect();
    assert!(faults.is_empty(), "{} of {count}: {shown:#?}", faults.len());
}

//! What can be told of types without a type checker.

use std::collections::HashSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Block;

use crate::ir::{Op, Ty, Width, float_of};
use crate::signature::Signature;

/// Names that somewhere in the body are indexed, borrowed, iterated, taken apart, or given to a
/// method that is not a function of a real number: such a variable lives in memory unless its type
/// is known to be a scalar. The scan ignores scopes: a false hit only costs speed.
pub(super) fn projected_names(body: &Block) -> HashSet<String> {
    let mut names = HashSet::new();
    scan(body.to_token_stream(), &mut names);
    names
}

fn scan(tokens: TokenStream, names: &mut HashSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (k, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => scan(group.stream(), names),
            TokenTree::Ident(ident)
                if borrowed(&tokens, k)
                    || matched(&tokens, k)
                    || projected(tokens.get(k + 1..).unwrap_or_default()) =>
            {
                names.insert(ident.to_string());
            }
            _ => {}
        }
    }
}

/// Places (`self.rows`, `n`) that somewhere bound a range or index an array: integers.
pub(super) fn integer_places(code: &TokenStream) -> HashSet<String> {
    let mut places = HashSet::new();
    scan_integers(code.clone(), &mut places);
    places
}

/// Whether the code speaks of types that are whole arrays: of ndarray or nalgebra.
pub(super) fn names_arrays(signature: &Signature, code: &TokenStream) -> bool {
    let types = signature
        .parameters
        .iter()
        .map(|p| p.base.to_token_stream());
    let output = signature.output_type.to_token_stream();
    types.chain([output, code.clone()]).any(names_array)
}

fn names_array(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => names_array(group.stream()),
        TokenTree::Ident(ident) => {
            let name = ident.to_string();
            let rank = name
                .strip_prefix("ArrayView")
                .or_else(|| name.strip_prefix("Array"));
            rank.is_some_and(|rank| matches!(rank, "0" | "1" | "2" | "3" | "4" | "D" | "Base"))
                || matches!(name.as_str(), "DMatrix" | "DVector")
        }
        _ => false,
    })
}

/// Fields that are somewhere indexed, iterated or given an array: arrays, slices or vectors.
pub(super) fn array_fields(code: &TokenStream) -> HashSet<String> {
    let mut fields = HashSet::new();
    scan_arrays(code.clone(), &mut fields);
    fields
}

fn scan_arrays(tokens: TokenStream, fields: &mut HashSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_punct = |token: Option<&TokenTree>, c: char| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == c);
    let is_brackets = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Bracket);
    let iterates = |token: Option<&TokenTree>| {
        const NAMES: &[&str] = &[
            "iter",
            "iter_mut",
            "windows",
            "chunks",
            "chunks_exact",
            "to_vec",
            "swap",
            "first_mut",
            "last_mut",
            "split_first",
            "split_last",
            "split_at",
            "split_at_mut",
            "copy_from_slice",
            "extend_from_slice",
        ];
        matches!(token, Some(TokenTree::Ident(i)) if NAMES.iter().any(|name| i == name))
    };
    for (k, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => scan_arrays(group.stream(), fields),
            TokenTree::Ident(ident) => {
                let next = tokens.get(k + 1);
                let is_field = k > 0 && is_punct(tokens.get(k - 1), '.');
                let used = is_brackets(next) || is_punct(next, '.') && iterates(tokens.get(k + 2));
                let given = is_punct(next, ':') && is_brackets(tokens.get(k + 2));
                if is_field && used || given {
                    fields.insert(ident.to_string());
                }
            }
            _ => {}
        }
    }
}

fn scan_integers(tokens: TokenStream, places: &mut HashSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (k, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            scan_integers(group.stream(), places);
            let is_index = group.delimiter() == Delimiter::Bracket && k > 0;
            if is_index && matches!(&tokens[k - 1], TokenTree::Ident(_) | TokenTree::Group(_)) {
                places.extend(whole_place(group.stream()));
            }
        }
        let is_dots = matches!(token, TokenTree::Punct(p) if p.as_char() == '.' && p.spacing() == proc_macro2::Spacing::Joint);
        if is_dots && matches!(tokens.get(k + 1), Some(TokenTree::Punct(p)) if p.as_char() == '.') {
            let after = usize::from(
                matches!(tokens.get(k + 2), Some(TokenTree::Punct(p)) if p.as_char() == '='),
            );
            places.extend(place_at(tokens.get(k + 2 + after..).unwrap_or_default()));
        }
    }
}

/// The text of a place that is all there is.
fn whole_place(tokens: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (text, length) = place_of(&tokens)?;
    (length == tokens.len()).then_some(text)
}

/// The place the tokens begin with, if nothing is done to it.
fn place_at(tokens: &[TokenTree]) -> Option<String> {
    let (text, length) = place_of(tokens)?;
    let ends = match tokens.get(length) {
        None => true,
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        Some(TokenTree::Punct(p)) => matches!(p.as_char(), '+' | '-' | '*' | '/' | '%' | ','),
        Some(_) => false,
    };
    ends.then_some(text)
}

/// A path of fields and how many tokens it takes.
fn place_of(tokens: &[TokenTree]) -> Option<(String, usize)> {
    let TokenTree::Ident(first) = tokens.first()? else {
        return None;
    };
    let (mut text, mut length) = (first.to_string(), 1);
    while let [TokenTree::Punct(dot), TokenTree::Ident(field), ..] = tokens.get(length..)? {
        let called = matches!(tokens.get(length + 2), Some(TokenTree::Group(g)) if g.delimiter() != Delimiter::Brace);
        if dot.as_char() != '.' || called {
            break;
        }
        text.push_str(&format!(".{field}"));
        length += 2;
    }
    text.contains('.').then_some((text, length))
}

/// Names that are somewhere borrowed as `&mut name`; and those that `mem::swap` and its like get so,
/// as a whole.
pub(super) fn mutably_borrowed_names(body: &Block) -> (HashSet<String>, HashSet<String>) {
    let (mut names, mut exchanged) = (HashSet::new(), HashSet::new());
    scan_borrows(body.to_token_stream(), &mut names, &mut exchanged);
    scan_changes(body.to_token_stream(), &mut names);
    (names, exchanged)
}

/// Names of which a method is called as a statement, `name.method(..);`: what it gives is not wanted, so
/// that it changes them, numbers too. The name with the method is among them.
fn scan_changes(tokens: TokenStream, names: &mut HashSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for token in &tokens {
        if let TokenTree::Group(group) = token {
            scan_changes(group.stream(), names);
        }
    }
    let is_sign =
        |token: &TokenTree, sign: char| matches!(token, TokenTree::Punct(p) if p.as_char() == sign);
    for (k, window) in tokens.windows(5).enumerate() {
        let [
            TokenTree::Ident(name),
            dot,
            TokenTree::Ident(method),
            TokenTree::Group(_),
            end,
        ] = window
        else {
            continue;
        };
        let begins = k.checked_sub(1).and_then(|before| tokens.get(before));
        let begins = begins.is_none_or(|before| is_sign(before, ';') || is_block(before));
        let of_std = super::sequence::writes_receiver(&method.to_string());
        if begins && is_sign(dot, '.') && is_sign(end, ';') && !of_std {
            names.insert(name.to_string());
            names.insert(format!("{name}.{method}"));
        }
    }
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Names of which the tokens say a part, `name.part`.
fn parts_of(tokens: TokenStream) -> HashSet<String> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let pairs = tokens.windows(2).filter_map(|pair| match pair {
        [TokenTree::Ident(name), TokenTree::Punct(dot)] if dot.as_char() == '.' => {
            Some(name.to_string())
        }
        _ => None,
    });
    pairs.collect()
}

fn scan_borrows(tokens: TokenStream, names: &mut HashSet<String>, exchanged: &mut HashSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (k, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) if k > 3 && is_ident(&tokens[k - 4], "mem") => {
                let mut inside = HashSet::new();
                scan_borrows(group.stream(), &mut inside, exchanged);
                let parts = parts_of(group.stream());
                let (whole, part) = inside.into_iter().partition(|name| !parts.contains(name));
                let (whole, part): (Vec<_>, Vec<_>) = (whole, part);
                exchanged.extend(whole);
                names.extend(part);
            }
            TokenTree::Group(group) => scan_borrows(group.stream(), names, exchanged),
            TokenTree::Ident(ident) if k > 1 => {
                let is_mut = is_ident(&tokens[k - 1], "mut");
                let is_and = matches!(&tokens[k - 2], TokenTree::Punct(p) if p.as_char() == '&');
                if is_mut && is_and {
                    names.insert(ident.to_string());
                }
            }
            _ => {}
        }
    }
}

fn is_ident(token: &TokenTree, name: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == name)
}

/// `match x { .. }`.
/// Whether an operand may end with the token.
fn ends_operand(token: &TokenTree) -> bool {
    const WORDS: &[&str] = &[
        "in", "return", "match", "if", "while", "else", "break", "mut", "move", "as", "dyn",
    ];
    match token {
        TokenTree::Ident(word) => !WORDS.iter().any(|known| word == known),
        TokenTree::Literal(_) => true,
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        TokenTree::Punct(_) => false,
    }
}

fn matched(tokens: &[TokenTree], k: usize) -> bool {
    let is_brace =
        matches!(tokens.get(k + 1), Some(TokenTree::Group(g)) if g.delimiter() == Delimiter::Brace);
    is_brace && k > 0 && is_ident(&tokens[k - 1], "match")
}

/// `&x`, `in x`; `&mut x` ends with a `mut` that `let mut x` has too, so that a mutable borrow is
/// told by the `&` two tokens before.
fn borrowed(tokens: &[TokenTree], k: usize) -> bool {
    let before = |n: usize| k.checked_sub(n).and_then(|k| tokens.get(k));
    let is_and = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(p)) if p.as_char() == '&');
    match before(1) {
        Some(TokenTree::Ident(i)) if i == "mut" => is_and(before(2)),
        Some(TokenTree::Ident(i)) => i == "in",
        // `a && b` and `a & b` borrow nothing.
        token if is_and(token) && is_and(before(2)) => !before(3).is_some_and(ends_operand),
        token => is_and(token) && !before(2).is_some_and(ends_operand),
    }
}

fn projected(after: &[TokenTree]) -> bool {
    match after {
        [TokenTree::Group(g), ..] => g.delimiter() == Delimiter::Bracket,
        [
            TokenTree::Punct(dot),
            TokenTree::Ident(method),
            TokenTree::Group(args),
            ..,
        ] if dot.as_char() == '.' && args.delimiter() == Delimiter::Parenthesis => {
            let name = method.to_string();
            (0..3).all(|n| Op::from_method(&name, n + 1).is_none()) && name != "sin_cos"
        }
        [TokenTree::Punct(dot), next, ..] if dot.as_char() == '.' => {
            // A field; `..` of a range is a second dot.
            !matches!(next, TokenTree::Punct(_))
        }
        _ => false,
    }
}

/// The type of `a op b` for `+ - * / %`.
pub(super) fn arithmetic(a: &Ty, b: &Ty) -> Ty {
    match (a, b) {
        (Ty::Int, Ty::Int | Ty::Unknown) | (Ty::Unknown, Ty::Int) => Ty::Int,
        (Ty::Float(_), Ty::Float(_) | Ty::Unknown) | (Ty::Unknown, Ty::Float(_)) => float_of(a, b),
        _ => Ty::Unknown,
    }
}

/// Whether an operator on operands of these types is surely the table's own, not one that a user's
/// type overloads. `f64 + x` is: only `*` is overloaded with a float on the left in practice, and
/// where it is not rustc says so.
pub(super) fn are_numbers(op: Op, tys: &[Ty]) -> bool {
    let number = |ty: &Ty| matches!(ty, Ty::Float(_) | Ty::Int | Ty::Bool);
    match tys {
        [Ty::Float(_), Ty::Unknown] => op != Op::Mul,
        [Ty::Int, Ty::Unknown] | [Ty::Unknown, Ty::Int] => true,
        _ => tys.iter().all(number),
    }
}

/// The better known of two types that must be equal.
pub(super) fn join(a: &Ty, b: &Ty) -> Ty {
    match (a, b) {
        (Ty::Float(_), Ty::Float(_) | Ty::Unknown) | (Ty::Unknown, Ty::Float(_)) => float_of(a, b),
        (Ty::Unknown, _) => b.clone(),
        _ => a.clone(),
    }
}

/// The type of a constant named by a path whose segments are given.
pub(super) fn constant_type(segments: &[String]) -> Ty {
    let has = |name: &str| segments.iter().rev().skip(1).any(|s| s == name);
    let last = segments.last().map_or("", String::as_str);
    if has("f64") {
        return float_constant(last, Width::F64);
    }
    if has("f32") {
        return float_constant(last, Width::F32);
    }
    let integers = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
    ];
    if integers.iter().any(|name| has(name)) {
        return Ty::Int;
    }
    Ty::Unknown
}

fn float_constant(name: &str, width: Width) -> Ty {
    match name {
        "DIGITS" | "MANTISSA_DIGITS" | "RADIX" | "MAX_EXP" | "MIN_EXP" => Ty::Int,
        _ => Ty::Float(Some(width)),
    }
}

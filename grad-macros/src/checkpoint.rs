//! `#[differentiate(checkpoint)]` on loops inside a function, and on `let` with a loop as its value: found in the tokens, because it must not
//! reach the compiler, which would take it for an attribute macro of its own.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{Attribute, Meta};

use crate::diag::{Diagnostics, Problem};
use crate::ir::Checkpoint;

/// What the attributes of a loop say of `checkpoint`.
pub(crate) fn asked(attrs: &[Attribute]) -> Option<Checkpoint> {
    attrs.iter().find_map(|attr| {
        let Meta::List(list) = &attr.meta else {
            return None;
        };
        let last = list.path.segments.last()?;
        let span = (last.ident == "differentiate").then(|| word(&list.tokens))??;
        let stride = stride(&list.tokens);
        Some(Checkpoint { span, stride })
    })
}

/// The number behind `checkpoint =`.
fn stride(arguments: &TokenStream) -> Option<usize> {
    let arguments: Vec<TokenTree> = arguments.clone().into_iter().collect();
    match arguments.as_slice() {
        [
            TokenTree::Ident(_),
            TokenTree::Punct(equals),
            TokenTree::Literal(number),
        ] if equals.as_char() == '=' => {
            let text = number.to_string().replace('_', "");
            let number = text.trim_end_matches("usize").parse().ok();
            number.filter(|number| *number > 0)
        }
        _ => None,
    }
}

/// The word `checkpoint` among the arguments of an attribute.
fn word(arguments: &TokenStream) -> Option<Span> {
    let mut words = arguments.clone().into_iter();
    words.find_map(|token| match token {
        TokenTree::Ident(ident) if ident == "checkpoint" => Some(ident.span()),
        _ => None,
    })
}

/// Reports attributes on loops that say something else, and `checkpoint` on what is no loop; says
/// whether there are attributes to take out.
pub(crate) fn check(item: &TokenStream, diag: &Diagnostics) -> bool {
    let mut any = false;
    each(item, &mut |mark| {
        any = true;
        if !mark.on_loop {
            diag.report(mark.span, Problem::CheckpointHere);
        } else if mark.arguments.to_string() != "checkpoint" && stride(&mark.arguments).is_none() {
            diag.report(mark.span, Problem::LoopOption);
        }
    });
    any
}

/// The tokens without the attributes of loops.
pub(crate) fn stripped(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut kept = Vec::new();
    let mut k = 0;
    while k < tokens.len() {
        if Mark::at(&tokens, k).is_some() {
            k += 2;
            continue;
        }
        kept.push(match &tokens[k] {
            TokenTree::Group(group) => TokenTree::Group(inside(group)),
            token => token.clone(),
        });
        k += 1;
    }
    kept.into_iter().collect()
}

/// A group without the attributes of loops; the same, spans of its delimiters and all, where there are
/// none.
fn inside(group: &Group) -> Group {
    let mut any = false;
    each(&group.stream(), &mut |_| any = true);
    if !any {
        return group.clone();
    }
    let mut own = Group::new(group.delimiter(), stripped(group.stream()));
    own.set_span(group.span());
    own
}

/// An attribute of a loop, or one that says `checkpoint` elsewhere.
struct Mark {
    /// The word `checkpoint`, or the name of the attribute.
    span: Span,
    arguments: TokenStream,
    on_loop: bool,
}

impl Mark {
    /// The mark whose `#` is token `k`.
    fn at(tokens: &[TokenTree], k: usize) -> Option<Mark> {
        let (span, arguments) = attribute(tokens, k)?;
        let on_loop = is_loop(tokens, k + 2);
        let word = word(&arguments);
        (on_loop || word.is_some()).then(|| Mark {
            span: word.unwrap_or(span),
            arguments,
            on_loop,
        })
    }
}

/// Visits all marks.
fn each(tokens: &TokenStream, visit: &mut dyn FnMut(Mark)) {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (k, token) in tokens.iter().enumerate() {
        if let Some(mark) = Mark::at(&tokens, k) {
            visit(mark);
        }
        if let TokenTree::Group(group) = token {
            each(&group.stream(), visit);
        }
    }
}

/// The name and the arguments of the attribute `differentiate` that begins with token `k`.
fn attribute(tokens: &[TokenTree], k: usize) -> Option<(Span, TokenStream)> {
    let (Some(TokenTree::Punct(hash)), Some(TokenTree::Group(group))) =
        (tokens.get(k), tokens.get(k + 1))
    else {
        return None;
    };
    if hash.as_char() != '#' || group.delimiter() != Delimiter::Bracket {
        return None;
    }
    let mut inner: Vec<TokenTree> = group.stream().into_iter().collect();
    // What a macro was given as a whole stands in a group that is not written.
    while let [TokenTree::Group(whole)] = inner.as_slice() {
        inner = whole.stream().into_iter().collect();
    }
    let place =
        |token: &TokenTree| matches!(token, TokenTree::Ident(name) if name == "differentiate");
    let at = inner.iter().position(place)?;
    match inner.get(at + 1..)? {
        [] => Some((inner.get(at)?.span(), TokenStream::new())),
        [TokenTree::Group(arguments)] => Some((inner.get(at)?.span(), arguments.stream())),
        _ => None,
    }
}

/// Whether a loop begins with token `k`: behind further attributes, a `let` and a label.
fn is_loop(tokens: &[TokenTree], mut k: usize) -> bool {
    while matches!(tokens.get(k), Some(TokenTree::Punct(p)) if p.as_char() == '#') {
        k += 2;
    }
    if matches!(tokens.get(k), Some(TokenTree::Ident(word)) if word == "let") {
        let rest = tokens.get(k..).unwrap_or_default().iter();
        let is_equals =
            |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == '=');
        k += rest.take_while(|token| !is_equals(token)).count() + 1;
    }
    if matches!(tokens.get(k), Some(TokenTree::Punct(p)) if p.as_char() == '\'') {
        k += 3;
    }
    // `for<'a> |x: &'a f64| ..` is a closure.
    let next_is = |c| matches!(tokens.get(k + 1), Some(TokenTree::Punct(p)) if p.as_char() == c);
    match tokens.get(k) {
        Some(TokenTree::Ident(word)) if word == "for" => !next_is('<'),
        Some(TokenTree::Ident(word)) => word == "while" || word == "loop",
        _ => false,
    }
}

//! Items that do not parse as a whole: half typed, or newer than the parser.
//!
//! Takes the raw tokens, gives the signatures that can be read apart from the bodies, so that stubs
//! stand for what would have been generated and one mistake is one error. The user's tokens stay as
//! they are.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{ItemFn, ItemImpl};

/// What can be read of an item that does not parse.
pub(crate) enum Partial {
    /// A function; its block is empty.
    Function(Box<ItemFn>),
    /// An inherent `impl` block without its items, and the functions in it; their blocks are empty.
    Block(Box<ItemImpl>, Vec<ItemFn>),
    /// Nothing.
    Nothing,
}

impl Partial {
    /// Reads signatures apart from bodies.
    pub(crate) fn read(item: &TokenStream) -> Partial {
        let (empty, body) = emptied(item.clone());
        if let Ok(function) = syn::parse2::<ItemFn>(empty.clone()) {
            return Partial::Function(Box::new(function));
        }
        match syn::parse2::<ItemImpl>(empty) {
            Ok(block) if block.trait_.is_none() => {
                let functions = pieces(body)
                    .into_iter()
                    .filter_map(|piece| syn::parse2::<ItemFn>(emptied(piece).0).ok())
                    .collect();
                Partial::Block(Box::new(block), functions)
            }
            _ => Partial::Nothing,
        }
    }
}

/// Why an item does not parse, and where: as a function if it has the look of one.
pub(crate) fn fault(item: &TokenStream) -> (Span, String) {
    let is_block = |token: &TokenTree| matches!(token, TokenTree::Ident(i) if i == "impl");
    let error = if item.clone().into_iter().any(|token| is_block(&token)) {
        syn::parse2::<ItemImpl>(item.clone()).err()
    } else {
        syn::parse2::<ItemFn>(item.clone()).err()
    };
    error.map_or_else(
        || (Span::call_site(), "unexpected tokens".to_owned()),
        |error| (error.span(), error.to_string()),
    )
}

/// The item with an empty block in place of its last token, which is the body if it is a block; and
/// what was in it.
fn emptied(item: TokenStream) -> (TokenStream, TokenStream) {
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    let mut span = Span::call_site();
    let mut body = TokenStream::new();
    if let Some(TokenTree::Group(group)) = tokens.last() {
        if group.delimiter() == Delimiter::Brace {
            span = group.span();
            body = group.stream();
            tokens.pop();
        }
    }
    let mut block = Group::new(Delimiter::Brace, TokenStream::new());
    block.set_span(span);
    tokens.push(block.into());
    (tokens.into_iter().collect(), body)
}

/// The contents of an `impl` block, cut after each function's body and each `;`.
fn pieces(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = Vec::new();
    let (mut piece, mut is_function) = (TokenStream::new(), false);
    for token in tokens {
        let ends = match &token {
            TokenTree::Ident(ident) => {
                is_function |= ident == "fn";
                false
            }
            TokenTree::Group(group) => is_function && group.delimiter() == Delimiter::Brace,
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Literal(_) => false,
        };
        piece.extend([token]);
        if ends {
            pieces.push(std::mem::take(&mut piece));
            is_function = false;
        }
    }
    pieces.push(piece);
    pieces
}

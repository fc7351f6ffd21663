//! Names for the lifetimes that the head of an `impl` block, or a parameter, leaves out.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::{FnArg, GenericParam, Generics, ItemImpl, Lifetime, LifetimeParam, Signature};

use super::functions::function_of;

/// `impl Trait for View<'_>` as `impl<'__grad0> Trait for View<'__grad0>`: what a trait's method
/// returns captures the lifetimes of the block, by name.
pub(crate) fn name_lifetimes(block: &mut ItemImpl) {
    let mut names = Vec::new();
    if let Ok(ty) = syn::parse2(named(block.self_ty.to_token_stream(), "__grad", &mut names)) {
        *block.self_ty = ty;
    }
    if let Some((path, _)) = &mut block.trait_ {
        if let Ok(named) = syn::parse2(named(path.to_token_stream(), "__grad", &mut names)) {
            *path = named;
        }
    }
    declare(&mut block.generics, names);
}

/// The same of `o: &View<'_>`: the type of a pullback speaks of it.
pub(super) fn name_in_parameters(sig: &mut Signature) {
    let mut names = Vec::new();
    for input in &mut sig.inputs {
        let FnArg::Typed(typed) = input else { continue };
        if function_of(&typed.ty, &sig.generics).is_none() {
            if let Ok(ty) = syn::parse2(named(typed.ty.to_token_stream(), "__grad_own", &mut names))
            {
                *typed.ty = ty;
            }
        }
    }
    declare(&mut sig.generics, names);
}

fn declare(generics: &mut Generics, names: Vec<Lifetime>) {
    for (k, name) in names.into_iter().enumerate() {
        let parameter = GenericParam::Lifetime(LifetimeParam::new(name));
        generics.params.insert(k, parameter);
    }
}

/// The tokens with a new name for each `'_`, which starts with `start`: a block and its functions may
/// both have some.
fn named(tokens: TokenStream, start: &str, names: &mut Vec<Lifetime>) -> TokenStream {
    let mut after_quote = false;
    let renamed = tokens.into_iter().map(|token| {
        let elided = after_quote && matches!(&token, TokenTree::Ident(word) if word == "_");
        after_quote = matches!(&token, TokenTree::Punct(sign) if sign.as_char() == '\'');
        match token {
            TokenTree::Group(group) => {
                let inner = named(group.stream(), start, names);
                let mut renamed = Group::new(group.delimiter(), inner);
                renamed.set_span(group.span());
                TokenTree::Group(renamed)
            }
            token if elided => {
                // Of the expansion: no lint then asks the user to leave it out again.
                let span = Span::call_site().located_at(token.span());
                let word = format_ident!("{start}{}", names.len(), span = span);
                names.push(Lifetime {
                    apostrophe: span,
                    ident: word.clone(),
                });
                TokenTree::Ident(word)
            }
            token => token,
        }
    });
    renamed.collect()
}

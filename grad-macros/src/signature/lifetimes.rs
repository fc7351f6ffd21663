//! Names for the lifetimes that the head of an `impl` block, or a parameter, leaves out.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::spanned::Spanned;
use syn::{FnArg, GenericParam, Generics, ItemImpl, Lifetime, LifetimeParam, Type};

use super::functions::function_of;
use super::{Parameter, Signature};
use crate::diag::{Diagnostics, Problem};

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
pub(super) fn name_in_parameters(sig: &mut syn::Signature) {
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
    name_in_output(sig, &mut names);
    declare(&mut sig.generics, names);
}

/// `fn pairs(x: &[f64]) -> Pairs<'_>`: what is returned refers to the one parameter that is a reference.
fn name_in_output(sig: &mut syn::Signature, names: &mut Vec<Lifetime>) {
    let elided = |ty: &Type| {
        let mut found = Vec::new();
        named(ty.to_token_stream(), "__grad", &mut found);
        !found.is_empty() && !matches!(ty, Type::ImplTrait(_))
    };
    let syn::ReturnType::Type(_, output) = &mut sig.output else {
        return;
    };
    if !elided(output)
        || sig
            .inputs
            .iter()
            .any(|input| matches!(input, FnArg::Receiver(_)))
    {
        return;
    }
    let mut bare = sig.inputs.iter_mut().filter_map(|input| match input {
        FnArg::Typed(typed) => match &mut *typed.ty {
            Type::Reference(reference) if reference.lifetime.is_none() => Some(reference),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    let name = match (names.as_slice(), bare.next(), bare.next()) {
        ([name], None, _) => name.clone(),
        ([], Some(reference), None) => {
            let name: Lifetime = syn::parse_quote!('__grad_own);
            reference.lifetime = Some(name.clone());
            names.push(name.clone());
            name
        }
        _ => return,
    };
    if let Ok(ty) = syn::parse2(with_name(output.to_token_stream(), &name)) {
        **output = ty;
    }
}

/// The tokens with the name for each `'_`.
fn with_name(tokens: TokenStream, name: &Lifetime) -> TokenStream {
    let mut after_quote = false;
    let renamed = tokens.into_iter().map(|token| {
        let elided = after_quote && matches!(&token, TokenTree::Ident(word) if word == "_");
        after_quote = matches!(&token, TokenTree::Punct(sign) if sign.as_char() == '\'');
        match token {
            TokenTree::Group(group) => {
                let inner = with_name(group.stream(), name);
                TokenTree::Group(Group::new(group.delimiter(), inner))
            }
            _ if elided => TokenTree::Ident(name.ident.clone()),
            token => token,
        }
    });
    renamed.collect()
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

/// The tokens with `'_` for each lifetime that has a name.
pub(crate) fn unnamed(tokens: TokenStream) -> TokenStream {
    let mut after_quote = false;
    let replaced = tokens.into_iter().map(|token| {
        let is_name = std::mem::take(&mut after_quote);
        match token {
            TokenTree::Ident(name) if is_name && name != "static" => {
                TokenTree::Ident(Ident::new("_", name.span()))
            }
            TokenTree::Group(group) => {
                let mut replaced = Group::new(group.delimiter(), unnamed(group.stream()));
                replaced.set_span(group.span());
                TokenTree::Group(replaced)
            }
            token => {
                after_quote = matches!(&token, TokenTree::Punct(sign) if sign.as_char() == '\'');
                token
            }
        }
    });
    replaced.collect()
}

impl Signature {
    /// Whether the type of a parameter, behind a reference to it, has lifetimes.
    pub(crate) fn lends(&self, parameter: &Parameter) -> bool {
        let base = parameter.base.to_token_stream().to_string();
        let is_own = base.split_whitespace().any(|word| word == "Self");
        base.contains('\'') || is_own && self.lending.is_some()
    }
}

/// The type of what derivatives give where the function gives `Option<&T>`: an `Option<T>` with a copy.
pub(super) fn owned(ty: &Type) -> Type {
    let mut owned = ty.clone();
    let Type::Path(path) = &mut owned else {
        return owned;
    };
    let Some(last) = path
        .path
        .segments
        .last_mut()
        .filter(|s| s.ident == "Option")
    else {
        return owned;
    };
    if let syn::PathArguments::AngleBracketed(list) = &mut last.arguments {
        if let Some(syn::GenericArgument::Type(inside)) = list.args.first_mut() {
            *inside = own_target(inside);
        }
    }
    owned
}

/// What a shared reference is to, where that has a size.
fn own_target(ty: &Type) -> Type {
    match ty {
        Type::Reference(reference) if reference.mutability.is_none() => match &*reference.elem {
            Type::Slice(_) | Type::TraitObject(_) => ty.clone(),
            target if super::ty_of(target).may_be_active() => target.clone(),
            _ => ty.clone(),
        },
        Type::Tuple(tuple) => {
            let mut tuple = tuple.clone();
            for part in &mut tuple.elems {
                *part = own_target(part);
            }
            Type::Tuple(tuple)
        }
        other => other.clone(),
    }
}

/// Reports differentiated parameters that are options of mutable references: what is written through
/// them would have to come back.
pub(super) fn refuse_optional_places(signature: &Signature, diag: &Diagnostics) {
    for parameter in signature.parameters.iter().filter(|p| p.wrt) {
        let Type::Path(path) = &parameter.base else {
            continue;
        };
        let last = path.path.segments.last().filter(|s| s.ident == "Option");
        let inside = last.and_then(|last| super::first_type_argument(&last.arguments));
        if let Some(Type::Reference(reference)) = inside {
            if reference.mutability.is_some() {
                diag.report(reference.span(), Problem::OptionalPlace);
            }
        }
    }
}

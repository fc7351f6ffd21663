//! Functions that return functions: `fn scaled(a: f64) -> impl Fn(f64) -> f64 { move |t| a * t }` as the
//! function of all arguments, `fn scaled(a: f64, t: f64) -> f64 { (move |t| a * t)(t) }`.
//!
//! That function is differentiated in place of the user's, and a call `scaled(a)(t)`, wherever it is
//! written, is one of its companion. What `scaled` does before it returns is done again in each call,
//! so it must not change anything, and what it returns must not keep anything from call to call.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::{Block, FnArg, Generics, Ident, ReturnType, Signature, Type};

use crate::returns::with_returned;
use crate::signature::functions::{FunctionType, function_of};

/// The function of all arguments; nothing if what is returned is no function.
pub(crate) fn uncurried(sig: &Signature, block: &Block) -> Option<(Signature, Block)> {
    let (sig, groups) = uncurried_signature(sig)?;
    if keeps_state(block.to_token_stream()) {
        return None;
    }
    let block = groups.iter().fold(block.clone(), |block, names| {
        with_returned(&block, &|f| syn::parse_quote!((#f)(#(#names),*)))
    });
    Some((sig, block))
}

/// The signature of the function of all arguments, and the names of those of each function returned.
pub(crate) fn uncurried_signature(sig: &Signature) -> Option<(Signature, Vec<Vec<Ident>>)> {
    if sig.inputs.iter().any(is_written) {
        return None;
    }
    let mut sig = sig.clone();
    let (mut groups, mut count) = (Vec::new(), 0);
    while let ReturnType::Type(_, ty) = &sig.output {
        let Some(function) = returned_function(ty) else {
            break;
        };
        let names =
            (count..count + function.inputs.len()).map(|k| format_ident!("__grad_input_{k}"));
        let names: Vec<Ident> = names.collect();
        count += names.len();
        let inputs = names.iter().zip(&function.inputs);
        let inputs: Vec<FnArg> = inputs
            .map(|(name, ty)| syn::parse_quote!(#name: #ty))
            .collect();
        sig.inputs.extend(inputs);
        sig.output = match &function.output {
            Type::Tuple(unit) if unit.elems.is_empty() => ReturnType::Default,
            output => syn::parse_quote!(-> #output),
        };
        groups.push(names);
    }
    (!groups.is_empty()).then_some((sig, groups))
}

/// The function that is returned, if it changes nothing.
fn returned_function(ty: &Type) -> Option<FunctionType> {
    match ty {
        Type::Reference(_) => None,
        ty => {
            let function = function_of(ty, &Generics::default());
            function.filter(|_| !names(ty.to_token_stream(), "FnMut"))
        }
    }
}

fn names(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => names(group.stream(), name),
        TokenTree::Ident(ident) => ident == name,
        _ => false,
    })
}

/// Whether a parameter is a mutable reference.
fn is_written(input: &FnArg) -> bool {
    match input {
        FnArg::Receiver(receiver) => {
            matches!(receiver.kind, syn::ReceiverKind::Reference(_, _, Some(_)))
        }
        FnArg::Typed(typed) => {
            matches!(&*typed.ty, Type::Reference(reference) if reference.mutability.is_some())
        }
    }
}

/// Whether the code makes something that is written through shared references.
fn keeps_state(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => keeps_state(group.stream()),
        TokenTree::Ident(ident) => {
            let name = ident.to_string();
            name.ends_with("Cell")
                || name.starts_with("Atomic")
                || name == "Mutex"
                || name == "RwLock"
        }
        _ => false,
    })
}

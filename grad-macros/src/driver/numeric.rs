//! Type parameters of a block that stand for numbers though the name of their bound does not say so:
//! `impl<T: Field> Complex<T>`. What the block does with them tells.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, ImplItem, ItemImpl, PathArguments, ReturnType, Type};

use super::blocks::bound_numbers;
use crate::operator::Operator;
use crate::signature::Signature;

/// Associated items that only numbers have.
const OF_NUMBERS: &[&str] = &[
    "zero",
    "one",
    "two",
    "half",
    "ten",
    "pi",
    "tau",
    "eps",
    "epsilon",
    "infinity",
    "nan",
    "from_f64",
    "from_f32",
    "from_float",
    "from_int",
    "from_i32",
    "from_usize",
    "lit",
];

/// Asks of such parameters what derivatives need of numbers, which makes them such.
pub(super) fn bound_by_use(block: &mut ItemImpl, root: &TokenStream) {
    let holders = Signature::holders_of(&block.generics, &block.self_ty);
    let numbers: Vec<Ident> = holders
        .into_iter()
        .filter(|p| is_number(block, p))
        .collect();
    bound_numbers(&mut block.generics, &numbers, root);
}

fn is_number(block: &ItemImpl, parameter: &Ident) -> bool {
    let operator = block
        .trait_
        .as_ref()
        .and_then(|(path, _)| Operator::named(path));
    if operator.is_some() || names_constant(block.to_token_stream(), parameter) {
        return true;
    }
    block.items.iter().any(|item| match item {
        ImplItem::Fn(function) => match &function.sig.output {
            ReturnType::Type(_, ty) => gives(ty, parameter),
            ReturnType::Default => false,
        },
        _ => false,
    })
}

/// Whether the type is the parameter, or some of it.
fn gives(ty: &Type, parameter: &Ident) -> bool {
    match ty {
        Type::Path(path) if path.path.is_ident(parameter) => true,
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let PathArguments::AngleBracketed(list) = &last.arguments else {
                return false;
            };
            ["Option", "Vec"].iter().any(|name| last.ident == name)
                && list.args.iter().any(
                    |arg| matches!(arg, GenericArgument::Type(inner) if gives(inner, parameter)),
                )
        }),
        Type::Tuple(tuple) => tuple.elems.iter().any(|part| gives(part, parameter)),
        Type::Array(array) => gives(&array.elem, parameter),
        _ => false,
    }
}

/// Whether `T::ZERO`, `T::one()` or the like stands in the block.
fn names_constant(tokens: TokenStream, parameter: &Ident) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let here = tokens.windows(4).any(|window| match window {
        [
            TokenTree::Ident(ty),
            TokenTree::Punct(a),
            TokenTree::Punct(b),
            TokenTree::Ident(name),
        ] => {
            let is_number = || OF_NUMBERS.contains(&name.to_string().to_lowercase().as_str());
            ty == parameter && a.as_char() == ':' && b.as_char() == ':' && is_number()
        }
        _ => false,
    });
    here || tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => names_constant(group.stream(), parameter),
        _ => false,
    })
}

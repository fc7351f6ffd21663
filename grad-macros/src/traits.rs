//! What the macro must know of a trait as a whole.

use quote::ToTokens;
use syn::{FnArg, ItemTrait, ReturnType, TraitItem, TraitItemFn, TypeParamBound};

use crate::ir::{Callee, Graph, Kind};

/// Supertraits that a trait with objects cannot have.
const WITHOUT_OBJECTS: &[&str] = &[
    "Clone",
    "Copy",
    "Default",
    "Eq",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Sized",
];

/// Whether there can be a `dyn Trait`, as far as the trait itself tells.
pub(crate) fn has_objects(item: &ItemTrait) -> bool {
    let supertraits = item.supertraits.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|last| WITHOUT_OBJECTS.iter().any(|name| last.ident == name)),
        _ => false,
    });
    !supertraits
        && item.items.iter().all(|item| match item {
            TraitItem::Const(_) => false,
            TraitItem::Type(ty) => ty.generics.params.is_empty(),
            TraitItem::Fn(function) => is_sized(function) || may_be_called(function),
            _ => true,
        })
}

fn is_sized(function: &TraitItemFn) -> bool {
    let clause = &function.sig.generics.where_clause;
    let clause = clause.to_token_stream().to_string();
    clause.contains("Self") && clause.contains("Sized")
}

fn may_be_called(function: &TraitItemFn) -> bool {
    let sig = &function.sig;
    let generic =
        sig.generics.type_params().next().is_some() || sig.generics.const_params().next().is_some();
    let inputs = sig.inputs.iter().filter_map(|arg| match arg {
        FnArg::Typed(typed) => Some(typed.ty.to_token_stream().to_string()),
        FnArg::Receiver(_) => None,
    });
    let output = match &sig.output {
        ReturnType::Default => String::new(),
        ReturnType::Type(_, ty) => ty.to_token_stream().to_string(),
    };
    let mut types = inputs.chain([output]);
    sig.receiver().is_some() && !generic && !types.any(|ty| is_own(&ty))
}

/// Whether a type speaks of `Self` itself, not of a type associated with it.
fn is_own(ty: &str) -> bool {
    let words: Vec<&str> = ty.split_whitespace().collect();
    words
        .iter()
        .enumerate()
        .any(|(k, word)| *word == "Self" && words.get(k + 1) != Some(&"::"))
}

/// Whether the function does what has no form in several directions at once.
pub(crate) fn has_no_lanes(graph: &Graph) -> bool {
    graph.sites.iter().any(|site| match &site.kind {
        Kind::Call(call) => matches!(call.callee, Callee::Dynamic(_)),
        _ => site.results.iter().any(|v| graph.ty(*v).is_way()),
    })
}

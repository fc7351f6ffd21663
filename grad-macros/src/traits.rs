//! What the macro must know of a trait as a whole.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{
    FnArg, Generics, Ident, ItemTrait, TraitItem, TraitItemFn, TraitItemType, TypeParam,
    TypeParamBound, parse_quote,
};

use crate::ir::{Callee, Graph, Kind};
use crate::signature::Signature;
use crate::signature::bounds::is_own;

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
    sig.receiver().is_some() && !generic && !names_itself(sig)
}

/// Whether the types of a function's inputs or what it gives speak of `Self`.
fn names_itself(sig: &syn::Signature) -> bool {
    let mut inputs = sig.inputs.iter().filter_map(|arg| match arg {
        FnArg::Typed(typed) => Some(typed.ty.to_token_stream()),
        FnArg::Receiver(_) => None,
    });
    inputs.any(is_own) || is_own(sig.output.to_token_stream())
}

/// Supertraits that ask for nothing with a derivative, and that slices have.
const HARMLESS: &[&str] = &["Debug", "Send", "Sync"];

/// Whether a trait asks of its receivers nothing but that they have a cotangent: slices may be one.
pub(crate) fn takes_any_receiver(item: &ItemTrait) -> bool {
    let harmless = item.supertraits.iter().all(|bound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|last| HARMLESS.iter().any(|name| last.ident == name)),
        TypeParamBound::Lifetime(_) => true,
        _ => false,
    });
    harmless
        && item.items.iter().all(|item| match item {
            TraitItem::Fn(function) => borrows_itself(&function.sig),
            _ => true,
        })
}

/// Whether a function speaks of `Self` as `&self` and `&mut self` only.
pub(crate) fn borrows_itself(sig: &syn::Signature) -> bool {
    let borrowed = sig
        .receiver()
        .is_none_or(|receiver| matches!(receiver.kind, syn::ReceiverKind::Reference(..)));
    borrowed && !is_own(sig.generics.where_clause.to_token_stream()) && !names_itself(sig)
}

/// Asks of the types associated with a trait of which its functions speak what derivatives of these
/// need: `type State: Clone;` in a trait with `fn step(&self, state: &Self::State) -> Self::State`.
pub(crate) fn bound_associated(item: &mut ItemTrait, root: &TokenStream) {
    let signatures = item.items.iter().filter_map(|item| match item {
        TraitItem::Fn(function) => Some(function.sig.to_token_stream().to_string()),
        _ => None,
    });
    let signatures: Vec<String> = signatures.collect();
    for item in &mut item.items {
        let TraitItem::Type(ty) = item else { continue };
        let own = format!("Self :: {}", ty.ident);
        let named = |signature: &String| {
            let mut ends = signature.match_indices(&own);
            ends.any(|(at, _)| !signature[at + own.len()..].starts_with(is_of_name))
        };
        if ty.generics.params.is_empty() && signatures.iter().any(named) {
            let bound: TypeParamBound = if is_number(ty) {
                parse_quote!(#root::Scalar)
            } else {
                parse_quote!(#root::Differentiable)
            };
            ty.bounds.push(bound);
        }
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether an associated type is bound like a number.
fn is_number(ty: &TraitItemType) -> bool {
    let mut own = TypeParam::from(Ident::new("Own", ty.ident.span()));
    own.bounds = ty.bounds.clone();
    let mut generics = Generics::default();
    generics.params.push(syn::GenericParam::Type(own));
    !Signature::numbers_of(&generics).is_empty()
}

/// Whether the function does what has no form in several directions at once.
pub(crate) fn has_no_lanes(graph: &Graph) -> bool {
    graph.sites.iter().any(|site| match &site.kind {
        Kind::Call(call) => matches!(call.callee, Callee::Dynamic(_)),
        _ => site.results.iter().any(|v| graph.ty(*v).is_way()),
    })
}

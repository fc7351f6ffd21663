//! Iterators in signatures: which parameters are some, whether one is returned, and of what items.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{
    FnArg, GenericArgument, GenericParam, Pat, PathArguments, PathSegment, ReturnType, Signature,
    Type, TypeParamBound, WherePredicate,
};

/// Traits of which an item is named.
const ITERATORS: &[&str] = &[
    "Iterator",
    "IntoIterator",
    "ExactSizeIterator",
    "DoubleEndedIterator",
];

/// Iterators of `std::iter` that give what the iterator inside them gives.
const ADAPTORS: &[&str] = &["Rev", "Skip", "Take", "StepBy", "Fuse", "Peekable"];

/// Those that give it by value.
const OWNING: &[&str] = &["Copied", "Cloned"];

/// A parameter that is an iterator: its name, whether it is `mut`, and whether its items are references.
type Given = (Ident, bool, bool);

/// The signature with vectors in the place of iterators, and the parameters that were some.
pub(crate) fn listed_signature(sig: &Signature) -> Option<(Signature, Vec<Given>)> {
    let mut changed = sig.clone();
    if let ReturnType::Type(_, ty) = &mut changed.output {
        if let Some(item) = item_of_type(ty).and_then(|item| owned(&item)) {
            **ty = syn::parse_quote_spanned!(ty.span()=> ::std::vec::Vec<#item>);
        }
    }
    let mut given = Vec::new();
    for k in 0..changed.inputs.len() {
        given.extend(list_parameter(&mut changed, k));
    }
    let any = returns_items(sig) || !given.is_empty();
    any.then_some((changed, given))
}

/// Makes a vector of parameter number `k`, if it is an iterator.
fn list_parameter(sig: &mut Signature, k: usize) -> Option<Given> {
    let FnArg::Typed(typed) = &sig.inputs[k] else {
        return None;
    };
    let Pat::Ident(name) = &*typed.pat else {
        return None;
    };
    let given = |item: &Type| {
        let by_reference = matches!(item, Type::Reference(_));
        (name.ident.clone(), name.mutability.is_some(), by_reference)
    };
    let (item, parameter) = match &*typed.ty {
        Type::ImplTrait(ty) => (item_of(ty.bounds.iter())?, None),
        Type::Path(path) => {
            let name = path.path.get_ident()?;
            (item_of_parameter(sig, name)?, Some(name.clone()))
        }
        _ => return None,
    };
    let (given, copied) = (given(&item), owned(&item)?);
    let listed: Type = match &item {
        Type::Reference(syn::TypeReference { lifetime, .. }) => {
            syn::parse_quote_spanned!(item.span()=> &#lifetime [#copied])
        }
        _ => syn::parse_quote_spanned!(item.span()=> ::std::vec::Vec<#copied>),
    };
    if let Some(parameter) = parameter {
        *sig = without_parameter(sig, &parameter, k)?;
    }
    if let FnArg::Typed(typed) = &mut sig.inputs[k] {
        *typed.ty = listed;
        if let Pat::Ident(name) = &mut *typed.pat {
            name.mutability = None;
        }
    }
    Some(given)
}

/// The items of a type parameter that is an iterator.
fn item_of_parameter(sig: &Signature, name: &Ident) -> Option<Type> {
    let own = sig.generics.type_params().find(|p| p.ident == *name)?;
    let clause = sig.generics.where_clause.iter();
    let predicates = clause.flat_map(|clause| &clause.predicates);
    let bounds = predicates.filter_map(|predicate| match predicate {
        WherePredicate::Type(bound)
            if bound.bounded_ty.to_token_stream().to_string() == *name.to_string() =>
        {
            Some(bound.bounds.iter())
        }
        _ => None,
    });
    item_of(own.bounds.iter().chain(bounds.flatten()))
}

/// The signature without a type parameter, which nothing but parameter number `k` speaks of.
fn without_parameter(sig: &Signature, name: &Ident, k: usize) -> Option<Signature> {
    let mut changed = sig.clone();
    let params = sig.generics.params.iter();
    let others =
        params.filter(|param| !matches!(param, GenericParam::Type(ty) if ty.ident == *name));
    changed.generics.params = others.cloned().collect();
    if let Some(clause) = &mut changed.generics.where_clause {
        let kept = clause.predicates.iter().filter(|predicate| {
            !matches!(predicate, WherePredicate::Type(bound) if bound.bounded_ty.to_token_stream().to_string() == *name.to_string())
        });
        clause.predicates = kept.cloned().collect();
    }
    let inputs = changed.inputs.iter().enumerate();
    let others = inputs.filter(|(j, _)| *j != k).map(|(_, input)| input);
    let (output, generics) = (&changed.output, &changed.generics);
    let clause = &generics.where_clause;
    let rest = quote!(#(#others)* #output #generics #clause);
    (!names(rest, &name.to_string())).then_some(changed)
}

/// The items of an iterator's type.
fn item_of_type(ty: &Type) -> Option<Type> {
    match ty {
        Type::ImplTrait(ty) => item_of(ty.bounds.iter()),
        Type::TraitObject(ty) => item_of(ty.bounds.iter()),
        Type::Paren(inner) => item_of_type(&inner.elem),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let name = last.ident.to_string();
            let inner = argument(last)?;
            match name.as_str() {
                "Box" => match inner {
                    Type::TraitObject(_) => item_of_type(inner),
                    _ => None,
                },
                "Iter" if module(path, "slice") => Some(syn::parse_quote!(&#inner)),
                "IntoIter" if module(path, "vec") => Some(inner.clone()),
                name if OWNING.contains(&name) => match item_of_type(inner)? {
                    Type::Reference(reference) => Some(*reference.elem),
                    _ => None,
                },
                name if ADAPTORS.contains(&name) => item_of_type(inner),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a path leads through the module named.
fn module(path: &syn::TypePath, name: &str) -> bool {
    let mut modules = path.path.segments.iter().rev().skip(1);
    modules.next().is_some_and(|segment| segment.ident == name)
}

/// The first type among the arguments of a segment.
fn argument(segment: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(list) = &segment.arguments else {
        return None;
    };
    list.args.iter().find_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The `Item` of the iterator among the bounds.
fn item_of<'b>(bounds: impl Iterator<Item = &'b TypeParamBound>) -> Option<Type> {
    bounds.into_iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else {
            return None;
        };
        let last = bound.path.segments.last()?;
        let known = ITERATORS.iter().any(|name| last.ident == name);
        let PathArguments::AngleBracketed(list) = &last.arguments else {
            return None;
        };
        list.args.iter().find_map(|arg| match arg {
            GenericArgument::AssocType(item) if known && item.ident == "Item" => {
                Some(item.ty.clone())
            }
            _ => None,
        })
    })
}

/// The type of a copy of an item; nothing if it is written through.
fn owned(item: &Type) -> Option<Type> {
    match item {
        Type::Reference(reference) if reference.mutability.is_some() => None,
        Type::Reference(reference) => match &*reference.elem {
            Type::Slice(slice) => {
                let element = owned(&slice.elem)?;
                Some(syn::parse_quote!(::std::vec::Vec<#element>))
            }
            Type::Path(path) if path.path.is_ident("str") => None,
            Type::TraitObject(_) => None,
            inner => owned(inner),
        },
        Type::Tuple(tuple) => {
            let parts = tuple.elems.iter().map(owned).collect::<Option<Vec<_>>>()?;
            Some(syn::parse_quote!((#(#parts,)*)))
        }
        Type::Paren(inner) => owned(&inner.elem),
        Type::ImplTrait(_) => None,
        other => Some(other.clone()),
    }
}

/// Whether the tokens hold the name.
fn names(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => names(group.stream(), name),
        TokenTree::Ident(ident) => ident == name,
        _ => false,
    })
}

/// Whether a function returns an iterator over items that can be copied.
pub(crate) fn returns_items(sig: &Signature) -> bool {
    match &sig.output {
        ReturnType::Default => false,
        ReturnType::Type(_, ty) => item_of_type(ty).and_then(|item| owned(&item)).is_some(),
    }
}

//! The bounds of the generated impls.
//!
//! A type parameter is bounded by the trait that is implemented, if a differentiated field
//! mentions it. What the user's type asks of its parameters is asked of their tangents too, where
//! the tangent is the type itself with those as arguments.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, Type, WherePredicate, parse_quote};

use super::item::{Kind, Role, Target};

/// The type parameters that a differentiated field mentions, those in `PhantomData` left out.
pub(super) fn active_parameters(target: &Target) -> Vec<&Ident> {
    target
        .generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .filter(|name| {
            target.fields().any(|field| {
                field.role == Role::Differentiated
                    && !is_phantom(&field.ty)
                    && mentions(field.ty.to_token_stream(), name)
            })
        })
        .collect()
}

pub(super) fn is_phantom(ty: &Type) -> bool {
    matches!(ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "PhantomData"))
}

pub(super) fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        _ => false,
    })
}

/// `tokens` with `<T as Differentiable>::Tangent` for each type parameter `T`.
pub(super) fn substitute(tokens: TokenStream, generics: &Generics) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(ident) if generics.type_params().any(|p| p.ident == ident) => {
                quote!(<#ident as ::grad_runtime::Differentiable>::Tangent)
            }
            TokenTree::Group(group) => {
                let inner = substitute(group.stream(), generics);
                Group::new(group.delimiter(), inner).into_token_stream()
            }
            other => other.into_token_stream(),
        })
        .collect()
}

/// `generics` with `T: ::grad_runtime::Trait` for every type parameter.
pub(super) fn bounded(generics: &Generics, name: &Ident) -> Generics {
    let names: Vec<_> = generics
        .type_params()
        .map(|parameter| &parameter.ident)
        .collect();
    with_bounds(generics, &names, name)
}

pub(super) fn with_bounds(generics: &Generics, parameters: &[&Ident], name: &Ident) -> Generics {
    let mut generics = generics.clone();
    if !parameters.is_empty() {
        let clause = generics.make_where_clause();
        for parameter in parameters {
            clause
                .predicates
                .push(parse_quote!(#parameter: ::grad_runtime::#name));
        }
    }
    generics
}

/// The generics of `impl Differentiable` (or `Parameters`, by `name`) for the user's type.
pub(super) fn impl_generics(target: &Target, kind: Kind, name: &Ident) -> Generics {
    let mut generics = with_bounds(&target.generics, &active_parameters(target), name);
    for field in target
        .fields()
        .filter(|field| field.role == Role::Differentiated)
    {
        if is_projection(&field.ty, &target.generics) {
            let ty = &field.ty;
            generics
                .make_where_clause()
                .predicates
                .push(parse_quote!(#ty: ::grad_runtime::#name));
        }
    }
    if kind == Kind::Own {
        // The bounds that the type puts on its parameters hold for their tangents too.
        let mut predicates: Vec<WherePredicate> = Vec::new();
        for parameter in target.generics.type_params() {
            let (ident, bounds) = (&parameter.ident, &parameter.bounds);
            if !bounds.is_empty() {
                predicates.push(parse_quote!(#ident: #bounds));
            }
        }
        predicates.extend(
            target
                .generics
                .where_clause
                .iter()
                .flat_map(|c| c.predicates.clone()),
        );
        for predicate in predicates {
            let substituted = substitute(predicate.to_token_stream(), &target.generics);
            if let Ok(predicate) = syn::parse2(substituted) {
                generics.make_where_clause().predicates.push(predicate);
            }
        }
    }
    generics
}

/// Whether `ty` is an associated type of a parameter: `T::Output`.
pub(super) fn is_projection(ty: &Type, generics: &Generics) -> bool {
    matches!(ty, Type::Path(path)
        if path.qself.is_none()
            && path.path.segments.len() > 1
            && generics.type_params().any(|parameter| path.path.segments[0].ident == parameter.ident))
}

/// The generics without their bounds.
pub(super) fn unbounded(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    generics.where_clause = None;
    for parameter in &mut generics.params {
        match parameter {
            GenericParam::Type(parameter) => {
                parameter.bounds.clear();
                parameter.colon_token = None;
            }
            GenericParam::Lifetime(parameter) => {
                parameter.bounds.clear();
                parameter.colon_token = None;
            }
            GenericParam::Const(_) => {}
        }
    }
    generics
}

//! Tangents of types that hold references have no lifetimes: behind `&'a T` stands what has the tangent
//! of `T`. So two views of different lifetimes have one tangent, and a pullback need not say how long
//! what it was made from lives.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    GenericArgument, GenericParam, Generics, PathArguments, Type, TypeParamBound, WherePredicate,
    parse_quote,
};

use super::generics::mentions;
use super::item::Target;

/// The generics and the types of the fields, in order, without the lifetimes that the type declares;
/// `None` where it declares none, or where they cannot be left out.
pub(super) fn freed(target: &Target, generics: &Generics) -> Option<(Generics, Vec<Type>)> {
    target.generics.lifetimes().next()?;
    let types = target.fields().map(|field| owned(&field.ty, target, false));
    Some((without(generics)?, types.collect::<Option<_>>()?))
}

/// A type with the same tangent and no lifetimes of the item's; `inner` is one that has to have a size.
fn owned(ty: &Type, target: &Target, inner: bool) -> Option<Type> {
    let mut ty = ty.clone();
    match &mut ty {
        Type::Reference(reference) => {
            let elem = owned(&reference.elem, target, inner)?;
            return Some(match elem {
                Type::Slice(slice) if inner => {
                    let elem = slice.elem;
                    parse_quote!(::grad_runtime::private::Vec<#elem>)
                }
                other => other,
            });
        }
        Type::Paren(part) => *part.elem = owned(&part.elem, target, inner)?,
        Type::Group(part) => *part.elem = owned(&part.elem, target, inner)?,
        Type::Array(part) => *part.elem = owned(&part.elem, target, true)?,
        Type::Slice(part) => *part.elem = owned(&part.elem, target, true)?,
        Type::Tuple(tuple) => {
            for elem in &mut tuple.elems {
                *elem = owned(elem, target, true)?;
            }
        }
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let PathArguments::AngleBracketed(list) = &mut segment.arguments {
                    for argument in &mut list.args {
                        if let GenericArgument::Type(ty) = argument {
                            *ty = owned(ty, target, true)?;
                        }
                    }
                }
            }
        }
        _ => {}
    }
    let written = ty.to_token_stream();
    let forever = with_static(written.clone());
    if written.to_string() == forever.to_string() {
        return Some(ty);
    }
    // `Part<'static, T>` may ask that `T` lives as long.
    let mut parameters = target.generics.type_params();
    if parameters.any(|p| mentions(written.clone(), &p.ident)) {
        return None;
    }
    syn::parse2(forever).ok()
}

/// The tokens with `'static` for each lifetime.
fn with_static(tokens: TokenStream) -> TokenStream {
    let mut after_quote = false;
    let replaced = tokens.into_iter().map(|token| {
        let is_name = std::mem::take(&mut after_quote);
        match token {
            TokenTree::Ident(name) if is_name => {
                TokenTree::Ident(proc_macro2::Ident::new("static", name.span()))
            }
            TokenTree::Group(group) => {
                let inner = with_static(group.stream());
                let mut replaced = proc_macro2::Group::new(group.delimiter(), inner);
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

/// The generics without their lifetimes, if nothing else speaks of these.
fn without(generics: &Generics) -> Option<Generics> {
    let mut generics = generics.clone();
    let kept = generics.params.into_iter();
    generics.params = kept
        .filter(|parameter| !matches!(parameter, GenericParam::Lifetime(_)))
        .collect();
    for parameter in generics.type_params_mut() {
        parameter.bounds = types_only(&parameter.bounds);
    }
    if let Some(clause) = &mut generics.where_clause {
        let predicates = clause
            .predicates
            .iter()
            .filter_map(|predicate| match predicate {
                WherePredicate::Lifetime(_) => None,
                WherePredicate::Type(of) => {
                    let mut of = of.clone();
                    of.bounds = types_only(&of.bounds);
                    (!of.bounds.is_empty()).then_some(WherePredicate::Type(of))
                }
                other => Some(other.clone()),
            });
        clause.predicates = predicates.collect();
    }
    let rest = [
        generics.params.to_token_stream(),
        generics.where_clause.to_token_stream(),
    ];
    let speaks =
        |tokens: &TokenStream| tokens.to_string() != with_static(tokens.clone()).to_string();
    (!rest.iter().any(speaks)).then_some(generics)
}

type Bounds = syn::punctuated::Punctuated<TypeParamBound, syn::Token![+]>;

fn types_only(bounds: &Bounds) -> Bounds {
    let types = bounds.iter();
    types
        .filter(|bound| !matches!(bound, TypeParamBound::Lifetime(_)))
        .cloned()
        .collect()
}

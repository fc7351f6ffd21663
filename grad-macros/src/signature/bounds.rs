//! Types of which a signature only says what they can do: `impl Trait`, and type parameters that are
//! iterators or views of something.

use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};
use quote::format_ident;
use syn::spanned::Spanned;
use syn::{FnArg, Generics, PathArguments, Type, TypeParamBound};

use super::Parameter;
use super::functions::function_of;
use super::generics::bounds_of;
use crate::diag::Problem;

/// Traits of iterators.
const ITERATORS: &[&str] = &[
    "Iterator",
    "IntoIterator",
    "ExactSizeIterator",
    "DoubleEndedIterator",
];

/// Traits that make something else of a value.
const VIEWS: &[&str] = &[
    "AsRef",
    "AsMut",
    "Borrow",
    "BorrowMut",
    "Deref",
    "DerefMut",
    "Into",
];

/// What is wrong with a differentiated parameter, where its type is an iterator or a view.
pub(super) fn unknown(parameter: &Parameter, generics: &Generics) -> Option<Problem> {
    let names = match &parameter.base {
        Type::ImplTrait(ty) => last_names(ty.bounds.iter()),
        Type::Path(path) => {
            let own = generics
                .type_params()
                .find(|p| path.path.is_ident(&p.ident))?;
            bounds_of(own, generics)
        }
        _ => return None,
    };
    let is_number = parameter.ty == crate::ir::Ty::Number;
    let any = |of: &[&str]| {
        names
            .iter()
            .find(|name| of.contains(&name.as_str()))
            .cloned()
    };
    if any(ITERATORS).is_some() {
        return Some(Problem::IteratorParameter);
    }
    any(VIEWS)
        .filter(|_| !is_number)
        .map(Problem::ViewParameter)
}

/// The last segments of the traits.
fn last_names<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>) -> Vec<String> {
    let name = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().map(|s| s.ident.to_string()),
        _ => None,
    };
    bounds.filter_map(name).collect()
}

/// What is wrong with the type of a result.
pub(super) fn returned(ty: &Type) -> Option<Problem> {
    match ty {
        Type::Reference(_) => None,
        ty if is_function(ty) => Some(Problem::ReturnedFunction),
        Type::ImplTrait(_) => Some(Problem::ReturnedTrait),
        _ => None,
    }
}

/// Whether the type cannot be written again, or has no tangent, so that there are no derivatives, not
/// even as stubs.
pub(crate) fn is_unnamed(ty: &Type) -> bool {
    matches!(ty, Type::ImplTrait(_)) || is_function(ty)
}

fn is_function(ty: &Type) -> bool {
    function_of(ty, &Generics::default()).is_some()
}

/// The signature with a name for each `impl Trait` and `'_` among its parameters that is no function.
pub(crate) fn with_names(sig: &syn::Signature) -> syn::Signature {
    let mut sig = sig.clone();
    super::lifetimes::name_in_parameters(&mut sig);
    let mut added = Vec::new();
    for input in &mut sig.inputs {
        let FnArg::Typed(typed) = input else { continue };
        if function_of(&typed.ty, &Generics::default()).is_none() {
            name_inside(&mut typed.ty, &mut added);
        }
    }
    for (name, bounds) in added {
        let parameter = syn::parse_quote!(#name: #bounds);
        sig.generics.params.push(syn::GenericParam::Type(parameter));
    }
    sig
}

type Bounds = syn::punctuated::Punctuated<TypeParamBound, syn::Token![+]>;

fn name_inside(ty: &mut Type, added: &mut Vec<(Ident, Bounds)>) {
    match ty {
        Type::ImplTrait(inner) => {
            let name = format_ident!("__GradT{}", added.len(), span = inner.span());
            added.push((name.clone(), inner.bounds.clone()));
            *ty = syn::parse_quote!(#name);
        }
        Type::Reference(inner) => name_inside(&mut inner.elem, added),
        Type::Slice(inner) => name_inside(&mut inner.elem, added),
        Type::Array(inner) => name_inside(&mut inner.elem, added),
        Type::Paren(inner) => name_inside(&mut inner.elem, added),
        Type::Group(inner) => name_inside(&mut inner.elem, added),
        Type::Path(path) => {
            let last = path.path.segments.last_mut();
            if let Some(PathArguments::AngleBracketed(list)) = last.map(|s| &mut s.arguments) {
                for arg in &mut list.args {
                    if let syn::GenericArgument::Type(inner) = arg {
                        name_inside(inner, added);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Whether tokens speak of `Self` itself, not only of types associated with it.
pub(crate) fn is_own(tokens: TokenStream) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_path = matches!(
            tokens.peek(),
            Some(TokenTree::Punct(p)) if p.as_char() == ':' && p.spacing() == Spacing::Joint
        );
        match token {
            TokenTree::Group(group) if is_own(group.stream()) => return true,
            TokenTree::Ident(ident) if ident == "Self" && !is_path => return true,
            _ => {}
        }
    }
    false
}

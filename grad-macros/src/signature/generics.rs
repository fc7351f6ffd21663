//! Type parameters: which of them stand for numbers.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, GenericParam, Generics, ReturnType, Signature, Type, TypeParam, WherePredicate};

/// Names of traits that only numbers have, in std, `num_traits` and what users call their own.
const OF_NUMBERS: &[&str] = &[
    "Float",
    "FloatCore",
    "Real",
    "RealField",
    "Num",
    "NumCast",
    "Number",
    "NumOps",
    "Numeric",
    "Scalar",
    "Signed",
    "Zero",
    "One",
    "FloatConst",
    "FloatExt",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Neg",
];

/// What names of traits that vectors have, and numbers do not, contain.
const OF_VECTORS: &[&str] = &["Vec", "Point", "Matrix", "State", "Space", "Manifold"];

fn is_of_vectors(bound: &str) -> bool {
    OF_VECTORS.iter().any(|part| bound.contains(part))
}

/// The operators of std's with a rule for types of the user's.
pub(crate) const OPERATORS: &[&str] = &[
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Rem",
    "Neg",
    "AddAssign",
    "SubAssign",
    "MulAssign",
    "DivAssign",
    "RemAssign",
];

/// Whether a type parameter stands for a function.
const OF_FUNCTIONS: &[&str] = &["Fn", "FnMut", "FnOnce"];

/// The type parameters that stand for numbers: by a bound that says so, or because the function
/// returns one and it can be copied, or fills a sequence of them.
pub(super) fn numbers(generics: &Generics, sig: Option<&Signature>) -> Vec<Ident> {
    let parameters = generics.params.iter().filter_map(|p| match p {
        GenericParam::Type(p) => Some(p),
        _ => None,
    });
    parameters
        .filter(|p| is_number(p, generics, sig))
        .map(|p| p.ident.clone())
        .collect()
}

/// Traits that say nothing of what a value holds.
const OF_MARKERS: &[&str] = &[
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Display",
    "Eq",
    "Hash",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Send",
    "Sized",
    "Sync",
    "Unpin",
];

/// The type parameters in `own` that are bound by a trait with methods and stand for no number: they
/// are taken to hold numbers, and so to be differentiable.
pub(super) fn holders(generics: &Generics, own: &TokenStream) -> Vec<Ident> {
    let inside = |p: &&TypeParam| mentions(own.clone(), &p.ident);
    let found = all_holders(generics);
    found.filter(inside).map(|p| p.ident.clone()).collect()
}

/// Whether a type parameter is bound by a trait with methods and stands for no number.
pub(super) fn has_holders(generics: &Generics) -> bool {
    all_holders(generics).next().is_some()
}

fn all_holders(generics: &Generics) -> impl Iterator<Item = &TypeParam> {
    let numbers = numbers(generics, None);
    generics.type_params().filter(move |p| {
        let bounds = bounds_of(p, generics);
        let methods =
            |b: &String| !OF_MARKERS.contains(&b.as_str()) && !OF_FUNCTIONS.contains(&b.as_str());
        !numbers.contains(&p.ident) && bounds.iter().any(methods)
    })
}

fn is_number(parameter: &TypeParam, generics: &Generics, sig: Option<&Signature>) -> bool {
    let bounds = bounds_of(parameter, generics);
    if bounds.iter().any(|b| OF_FUNCTIONS.contains(&b.as_str())) {
        return false;
    }
    if !operators(parameter, generics).is_empty() {
        return false;
    }
    let returned = match sig.map(|sig| &sig.output) {
        Some(ReturnType::Type(_, ty)) => mentions(ty.to_token_stream(), &parameter.ident),
        _ => false,
    };
    let filled = sig.is_some_and(|sig| {
        sig.inputs
            .iter()
            .any(|input| fills(input, &parameter.ident))
    });
    bounds.iter().any(|b| OF_NUMBERS.contains(&b.as_str()))
        || (returned || filled)
            && bounds.iter().any(|b| says_something(b))
            && !bounds.iter().any(|b| is_of_vectors(b))
}

/// Whether a bound is more than what everything may have.
fn says_something(bound: &str) -> bool {
    !OF_MARKERS.contains(&bound)
}

/// Whether the input is a sequence of the parameter behind a mutable reference.
fn fills(input: &FnArg, parameter: &Ident) -> bool {
    let FnArg::Typed(typed) = input else {
        return false;
    };
    let Type::Reference(reference) = &*typed.ty else {
        return false;
    };
    let element = match &*reference.elem {
        Type::Slice(slice) => Some(&*slice.elem),
        Type::Array(array) => Some(&*array.elem),
        Type::Path(path) => {
            let vector = path.path.segments.last().filter(|last| last.ident == "Vec");
            vector.and_then(|last| super::first_type_argument(&last.arguments))
        }
        _ => None,
    };
    reference.mutability.is_some()
        && element.is_some_and(|ty| matches!(ty, Type::Path(path) if path.path.is_ident(parameter)))
}

/// The bounds of a parameter that is scaled by another type, `V: Add<Output = V> + Mul<f64, Output = V>`:
/// no number, but something like a vector. Each as the operator's name and its bound.
pub(crate) fn operators(parameter: &TypeParam, generics: &Generics) -> Vec<(String, syn::Path)> {
    let own = &parameter.ident;
    let written = each_bound(parameter, generics).filter_map(|bound| match bound {
        syn::TypeParamBound::Trait(bound) => Some(&bound.path),
        _ => None,
    });
    let operators: Vec<_> = written
        .filter_map(|path| Some((path, path.segments.last()?.ident.to_string())))
        .filter(|(_, name)| OPERATORS.contains(&name.as_str()))
        .collect();
    let scaled = operators.iter().any(|(path, _)| {
        other_operand(path).is_some_and(|ty| !mentions(ty.to_token_stream(), own))
    });
    let found = operators
        .into_iter()
        .map(|(path, name)| (name, path.clone()));
    found.filter(|_| scaled).collect()
}

/// The right operand that `Mul<f64, Output = V>` names.
pub(crate) fn other_operand(path: &syn::Path) -> Option<&syn::Type> {
    let syn::PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The `V` of `Mul<f64, Output = V>`.
pub(crate) fn output_of(path: &syn::Path) -> Option<&syn::Type> {
    let syn::PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::AssocType(of) if of.ident == "Output" => Some(&of.ty),
        _ => None,
    })
}

/// Whether what the generics ask of their type parameters can be asked of tangents too: of numbers,
/// which are their own, anything; of others what every tangent has.
pub(crate) fn bounds_tangents(generics: &Generics) -> bool {
    const ALL_HAVE: &[&str] = &[
        "Copy",
        "Clone",
        "Debug",
        "Default",
        "PartialEq",
        "Sized",
        "Send",
        "Sync",
    ];
    generics.type_params().all(|parameter| {
        is_number(parameter, generics, None)
            || bounds_of(parameter, generics)
                .iter()
                .all(|bound| ALL_HAVE.contains(&bound.as_str()))
    })
}

/// The last segments of the traits a parameter is bound by.
pub(super) fn bounds_of(parameter: &TypeParam, generics: &Generics) -> Vec<String> {
    each_bound(parameter, generics)
        .filter_map(trait_name)
        .collect()
}

fn each_bound<'g>(
    parameter: &'g TypeParam,
    generics: &'g Generics,
) -> impl Iterator<Item = &'g syn::TypeParamBound> {
    let clauses = generics.where_clause.iter().flat_map(|w| &w.predicates);
    let own = clauses.filter_map(|predicate| match predicate {
        WherePredicate::Type(predicate) => {
            let bounded = predicate.bounded_ty.to_token_stream().to_string();
            (parameter.ident == bounded).then_some(&predicate.bounds)
        }
        _ => None,
    });
    parameter.bounds.iter().chain(own.flatten())
}

fn trait_name(bound: &syn::TypeParamBound) -> Option<String> {
    match bound {
        syn::TypeParamBound::Trait(bound) => {
            bound.path.segments.last().map(|s| s.ident.to_string())
        }
        _ => None,
    }
}

pub(crate) fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Ident(ident) => ident == *name,
        _ => false,
    })
}

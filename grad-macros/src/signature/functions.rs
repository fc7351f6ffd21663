//! Parameters that are functions: `impl Fn(A) -> R`, `&dyn Fn(A) -> R`, `F` with `F: Fn(A) -> R`.
//!
//! In reverse mode such a parameter is a function from the arguments to the value and a pullback
//! `(r_bar, &a.., Option<&mut a_bar>..)`, in forward mode one that takes the tangents
//! `Option<&a_dot>..` too and gives the value and its tangent. What a closure captures is its own
//! affair: it gathers the cotangents of that itself, so the callee need not know.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{
    GenericParam, Generics, Lifetime, PathArguments, ReturnType, Type, TypeParamBound,
    WherePredicate,
};

use super::{Parameter, Passing, Signature, sequence_element, tangent_of};

/// What a parameter of a closure is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OfClosure {
    Input,
    Captured,
}

/// What a function takes and gives.
#[derive(Clone)]
pub(crate) struct FunctionType {
    pub(crate) inputs: Vec<Type>,
    pub(crate) output: Type,
    /// Whether a call may change what it captures: it is `FnMut` or `FnOnce`.
    pub(crate) changing: bool,
    /// The type parameter that stands for it.
    parameter: Option<Ident>,
}

/// The mode whose form of a function is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Forward,
    Reverse,
}

/// The function a type stands for.
pub(crate) fn function_of(ty: &Type, generics: &Generics) -> Option<FunctionType> {
    match ty {
        Type::Reference(inner) => function_of(&inner.elem, generics)
            .filter(|function| inner.mutability.is_none() || function.changing),
        Type::Paren(inner) => function_of(&inner.elem, generics),
        Type::Group(inner) => function_of(&inner.elem, generics),
        Type::ImplTrait(inner) => inner
            .bounds
            .iter()
            .find_map(|bound| bound_function(bound, false)),
        Type::TraitObject(inner) => inner
            .bounds
            .iter()
            .find_map(|bound| bound_function(bound, false)),
        Type::FnPtr(inner) => Some(FunctionType {
            inputs: inner
                .inputs
                .iter()
                .map(|input| elided(&input.ty, inner.lifetimes.is_some()))
                .collect(),
            output: elided(&output_of(&inner.output), inner.lifetimes.is_some()),
            changing: false,
            parameter: None,
        }),
        Type::Path(path) if behind_pointer(path).is_some() => {
            function_of(behind_pointer(path)?, generics)
        }
        Type::Path(path) => {
            let name = path.path.get_ident()?;
            let own = generics.type_params().find(|p| p.ident == *name)?;
            let clauses = generics.where_clause.iter().flat_map(|w| &w.predicates);
            let mut clauses = clauses.filter_map(|clause| match clause {
                WherePredicate::Type(clause) if is_name(&clause.bounded_ty, name) => Some(clause),
                _ => None,
            });
            let mut bounds = own.bounds.iter();
            let function = bounds.find_map(|bound| bound_function(bound, false));
            let mut function = function.or_else(|| {
                clauses.find_map(|clause| {
                    let named = clause.lifetimes.is_some();
                    clause
                        .bounds
                        .iter()
                        .find_map(|bound| bound_function(bound, named))
                })
            })?;
            function.parameter = Some(name.clone());
            Some(function)
        }
        _ => None,
    }
}

/// What a `Box`, `Rc` or `Arc` holds.
fn behind_pointer(path: &syn::TypePath) -> Option<&Type> {
    let last = path.path.segments.last()?;
    let pointer = ["Box", "Rc", "Arc"].iter().any(|name| last.ident == name);
    super::first_type_argument(&last.arguments).filter(|_| pointer)
}

fn is_name(ty: &Type, name: &Ident) -> bool {
    matches!(ty, Type::Path(path) if path.path.is_ident(name))
}

/// Whether a trait object is a function, of whatever form.
pub(super) fn is_function(object: &syn::TypeTraitObject) -> bool {
    object.bounds.iter().any(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| {
            last.ident == "Fn" || last.ident == "FnMut" || last.ident == "FnOnce"
        }),
        _ => false,
    })
}

/// The type without names of lifetimes, where `for<'a>` gave it some.
fn elided(ty: &Type, named: bool) -> Type {
    let elided = named.then(|| syn::parse2(super::lifetimes::unnamed(ty.to_token_stream())));
    elided.and_then(Result::ok).unwrap_or_else(|| ty.clone())
}

/// `Fn(A) -> R`, `FnMut` and `FnOnce` alike; `named` if the clause has a `for<'a>`.
fn bound_function(bound: &TypeParamBound, named: bool) -> Option<FunctionType> {
    let TypeParamBound::Trait(bound) = bound else {
        return None;
    };
    let named = named || bound.lifetimes.is_some();
    let last = bound.path.segments.last()?;
    if !["Fn", "FnMut", "FnOnce"]
        .iter()
        .any(|name| last.ident == name)
    {
        return None;
    }
    let PathArguments::Parenthesized(function) = &last.arguments else {
        return None;
    };
    Some(FunctionType {
        inputs: function
            .inputs
            .iter()
            .map(|input| elided(&input.ty, named))
            .collect(),
        output: elided(&output_of(&function.output), named),
        changing: last.ident != "Fn",
        parameter: None,
    })
}

fn output_of(output: &ReturnType) -> Type {
    match output {
        ReturnType::Default => syn::parse_quote!(()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    }
}

impl Signature {
    /// The signature whose functions have the form of a mode.
    pub(crate) fn in_mode(
        &self,
        sig: &syn::Signature,
        mode: Mode,
        root: &TokenStream,
    ) -> (syn::Signature, Signature) {
        let (mut sig, mut signature) = (sig.clone(), self.clone());
        let outlived = syn::Lifetime::new("'__grad", Span::call_site());
        sig.generics.params.insert(0, syn::parse_quote!(#outlived));
        for (k, parameter) in signature.parameters.iter_mut().enumerate() {
            let Some(function) = parameter.function.clone() else {
                continue;
            };
            if let Some(name) = &function.parameter {
                forget(&mut sig.generics, name);
                signature.types.retain(|ty| ty != name);
            }
            let own = format_ident!("__GradF{k}", span = Span::call_site());
            parameter.written = syn::parse_quote!(#own);
            parameter.base = parameter.written.clone();
            parameter.passing = Passing::Value;
            let added = match mode {
                Mode::Forward => vec![function.forward(&own, root, &outlived)],
                Mode::Reverse => {
                    let pull = format_ident!("__GradP{k}", span = Span::call_site());
                    function.reverse(&own, &pull, root, &outlived)
                }
            };
            sig.generics.params.extend(added);
        }
        signature.outlived = Some(outlived);
        (sig, signature)
    }
}

/// Takes a type parameter out of the generics.
fn forget(generics: &mut Generics, name: &Ident) {
    let kept = |p: &GenericParam| !matches!(p, GenericParam::Type(p) if p.ident == *name);
    generics.params = std::mem::take(&mut generics.params)
        .into_iter()
        .filter(kept)
        .collect();
    if let Some(clause) = &mut generics.where_clause {
        let kept = |p: &WherePredicate| match p {
            WherePredicate::Type(p) => !is_name(&p.bounded_ty, name),
            _ => true,
        };
        clause.predicates = std::mem::take(&mut clause.predicates)
            .into_iter()
            .filter(kept)
            .collect();
    }
}

impl FunctionType {
    fn forward(&self, own: &Ident, root: &TokenStream, outlived: &Lifetime) -> GenericParam {
        let (inputs, output) = (&self.inputs, &self.output);
        let dots = inputs.iter().map(|ty| {
            let bar = bar_of(ty, root);
            let mutable = is_mutable(ty).then(|| quote!(mut));
            quote!(::core::option::Option<&#mutable #bar>)
        });
        let tangent = tangent_of(output, root);
        syn::parse_quote!(#own: Fn(#(#inputs,)* #(#dots),*) -> (#output, #tangent) + ::core::clone::Clone + #outlived)
    }

    fn reverse(
        &self,
        own: &Ident,
        pull: &Ident,
        root: &TokenStream,
        outlived: &Lifetime,
    ) -> Vec<GenericParam> {
        let (inputs, output) = (&self.inputs, &self.output);
        let again = inputs.iter().map(|ty| {
            if is_mutable(ty) {
                // Its content changes: the function keeps what it needs.
                return quote!(());
            }
            let base = base(ty);
            quote!(&#base)
        });
        let bars = inputs.iter().map(|ty| {
            let bar = bar_of(ty, root);
            quote!(::core::option::Option<&mut #bar>)
        });
        let tangent = tangent_of(output, root);
        vec![
            syn::parse_quote!(#own: Fn(#(#inputs),*) -> (#output, #pull) + ::core::clone::Clone + #outlived),
            syn::parse_quote!(#pull: FnOnce(#tangent, #(#again,)* #(#bars),*) + #outlived),
        ]
    }
}

fn base(ty: &Type) -> TokenStream {
    match ty {
        Type::Reference(inner) => inner.elem.to_token_stream(),
        other => other.to_token_stream(),
    }
}

/// The type behind the place of an argument's cotangent.
fn bar_of(ty: &Type, root: &TokenStream) -> TokenStream {
    let behind = match ty {
        Type::Reference(inner) => &inner.elem,
        other => other,
    };
    match sequence_element(behind) {
        Some(element) => {
            let element = tangent_of(element, root);
            if is_mutable(ty) && !matches!(behind, Type::Slice(_)) {
                let vec = super::vec_path(root);
                return quote!(#vec<#element>);
            }
            quote!([#element])
        }
        None => tangent_of(behind, root),
    }
}

fn is_mutable(ty: &Type) -> bool {
    matches!(ty, Type::Reference(r) if r.mutability.is_some())
}

impl Parameter {
    /// A parameter of a closure; `_` where the type is not written.
    pub(crate) fn of_closure(name: Ident, written: Type, ty: crate::ir::Ty) -> Parameter {
        let (passing, base) = match &written {
            Type::Reference(r) if r.mutability.is_some() => (Passing::RefMut, (*r.elem).clone()),
            Type::Reference(r) => (Passing::Ref, (*r.elem).clone()),
            other => (Passing::Value, other.clone()),
        };
        Parameter {
            bar: format_ident!("{name}_bar"),
            dot: format_ident!("{name}_dot"),
            name,
            pattern: None,
            mutable: false,
            written,
            base,
            passing,
            wrt: ty.may_be_active(),
            ty,
            is_receiver: false,
            by_value: false,
            is_place: false,
            of_closure: Some(OfClosure::Input),
            place: super::Place::OfType,
            function: None,
        }
    }

    /// What a closure captures.
    pub(crate) fn captured(name: Ident, written: Type, ty: crate::ir::Ty) -> Parameter {
        Parameter {
            of_closure: Some(OfClosure::Captured),
            ..Parameter::of_closure(name, written, ty)
        }
    }

    /// A function that a closure calls and that its caller is given, where calls of it change something.
    pub(crate) fn of_given(name: Ident, function: FunctionType) -> Parameter {
        Parameter {
            function: Some(function),
            ..Parameter::captured(name, syn::parse_quote!(&mut _), crate::ir::Ty::Inert)
        }
    }
}

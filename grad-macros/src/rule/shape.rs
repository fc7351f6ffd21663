//! The signature of a rule, taken apart: the function's arguments and result, and the pullback.

use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::{FnArg, ReturnType, Type, TypeParamBound};

use super::arguments_of;
use super::attribute::Attribute;
use crate::diag::{Diagnostics, Problem};
use crate::signature::Signature;

/// What a rule's signature says.
pub(super) struct Shape {
    /// The arguments of the function.
    pub(super) inputs: Vec<FnArg>,
    /// Its result.
    pub(super) output: Type,
    pub(super) pull: Option<Pullback>,
    /// Where the rule gives what it gives beside the value.
    pub(super) span: Span,
}

/// The pullback as the user typed it.
pub(super) struct Pullback {
    /// Where its seed and its entries are typed.
    pub(super) seed: Span,
    pub(super) entries: Span,
    /// Whether it is handed the arguments again.
    pub(super) again: bool,
}

/// Takes the rule's signature apart.
pub(super) fn shape_of(
    attribute: &Attribute,
    sig: &syn::Signature,
    diag: &Diagnostics,
) -> Option<Shape> {
    let parts = match &sig.output {
        ReturnType::Type(_, ty) => match &**ty {
            Type::Tuple(tuple) if tuple.elems.len() == 2 => Some(&tuple.elems),
            _ => None,
        },
        ReturnType::Default => None,
    };
    let span = match &sig.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => sig.ident.span(),
    };
    let wrong = if attribute.is_forward() {
        Problem::TangentRuleResult
    } else {
        Problem::RuleResult
    };
    let Some(parts) = parts else {
        diag.report(span, wrong);
        return None;
    };
    let span = parts[1].span();
    if attribute.is_forward() {
        let Some(count) = arguments_before_tangents(attribute, sig) else {
            diag.report(sig.inputs.span(), Problem::TangentRuleArguments);
            return None;
        };
        return Some(Shape {
            inputs: sig.inputs.iter().take(count).cloned().collect(),
            output: parts[0].clone(),
            pull: None,
            span,
        });
    }
    let Some(function) = function_type(&parts[1]) else {
        diag.report(span, wrong);
        return None;
    };
    let given = function.inputs.len();
    if given != 1 && given != 1 + sig.inputs.len() {
        let problem = Problem::PullbackArguments(sig.inputs.len());
        diag.report(function.inputs.span(), problem);
        return None;
    }
    Some(Shape {
        inputs: sig.inputs.iter().cloned().collect(),
        output: parts[0].clone(),
        pull: Some(Pullback {
            seed: function.inputs[0].span(),
            entries: function.output.span(),
            again: given != 1,
        }),
        span,
    })
}

/// How many of a tangent rule's arguments are the function's: each differentiated one has a tangent.
fn arguments_before_tangents(attribute: &Attribute, sig: &syn::Signature) -> Option<usize> {
    let total = sig.inputs.len();
    (1..=total).find(|count| {
        let mut sig = sig.clone();
        sig.inputs = sig.inputs.into_iter().take(*count).collect();
        sig.output = ReturnType::Default;
        let trial = Diagnostics::default();
        let read = Signature::read(&sig, None, &attribute.options, &trial);
        let _ = trial.any();
        count + read.parameters.iter().filter(|p| p.wrt).count() == total
    })
}

/// The bound `FnOnce(..) -> ..` of a pullback's type.
fn function_type(ty: &Type) -> Option<&syn::ParenthesizedGenericArguments> {
    let bounds = match ty {
        Type::ImplTrait(ty) => &ty.bounds,
        Type::TraitObject(ty) => &ty.bounds,
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let syn::PathArguments::AngleBracketed(list) = &last.arguments else {
                return None;
            };
            return list.args.iter().find_map(|arg| match arg {
                syn::GenericArgument::Type(inner) => function_type(inner),
                _ => None,
            });
        }
        _ => return None,
    };
    bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => match &bound.path.segments.last()?.arguments {
            syn::PathArguments::Parenthesized(function) => Some(function),
            _ => None,
        },
        _ => None,
    })
}

/// Says that the pullback borrows nothing: what it reads may have changed when it runs.
pub(super) fn capture_nothing(sig: &mut syn::Signature) {
    let kept: Vec<TokenStream> = arguments_of(&sig.generics);
    let ReturnType::Type(_, ty) = &mut sig.output else {
        return;
    };
    let Type::Tuple(tuple) = &mut **ty else {
        return;
    };
    if let Some(Type::ImplTrait(pull)) = tuple.elems.last_mut() {
        let written = |bound: &TypeParamBound| {
            matches!(
                bound,
                TypeParamBound::PreciseCapture(_) | TypeParamBound::Lifetime(_)
            )
        };
        if !pull.bounds.iter().any(written) {
            pull.bounds.push(syn::parse_quote!(use<#(#kept),*>));
        }
    }
}

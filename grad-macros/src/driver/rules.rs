//! The rules of the runtime that implementations of std's traits become.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{FnArg, Generics, ImplItem, ImplItemFn, ItemImpl, Type};

use super::blocks::{bound_holders, bound_numbers};
use super::{Function, function_items, root_of};
use crate::diag::Diagnostics;
use crate::emit::Home;
use crate::foreign::{conversion_rule, gathering_rule, name_source};
use crate::independent::Asked;
use crate::iterated::listed;
use crate::operator::{Operator, Place};
use crate::options::Options;
use crate::signature::Signature;

/// The first method of an implementation.
fn method_of(block: &ItemImpl) -> Option<&ImplItemFn> {
    block.items.iter().find_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    })
}

/// A method of an implementation, with a signature and a body that may not be its own, as a rule.
fn rule_function<'a>(
    block: &'a ItemImpl,
    method: &'a ImplItemFn,
    (sig, body): (&'a syn::Signature, &'a syn::Block),
    around: Option<&'a TokenStream>,
) -> Function<'a> {
    Function {
        attrs: &method.attrs,
        vis: &method.vis,
        sig,
        block: body,
        home: Home::Rule,
        outer: Some(&block.generics),
        own: None,
        around,
        of_trait: None,
        asked: Asked::Here,
        applied: false,
        any_receiver: false,
    }
}

/// The generics of an implementation with what its rule asks of their types.
fn rule_generics(block: &ItemImpl, root: &TokenStream) -> Generics {
    let mut generics = block.generics.clone();
    bound_numbers(&mut generics, &Signature::numbers_of(&block.generics), root);
    bound_holders(
        &mut generics,
        &block.self_ty,
        &quote!(#root::Differentiable),
    );
    generics
}

/// The rule of a conversion from its `impl`.
pub(super) fn conversion(block: &ItemImpl, path: &syn::Path, options: &Options) -> TokenStream {
    let Some(method) = method_of(block) else {
        return TokenStream::new();
    };
    let root = root_of(options);
    let mut sig = method.sig.clone();
    name_source(&mut sig, block);
    let function = rule_function(block, method, (&sig, &method.block), None);
    let diag = Diagnostics::default();
    let signature = Signature::read(&sig, Some(&block.generics), options, &diag);
    if diag.any() {
        // A conversion from integers or text depends on nothing that is differentiated.
        return TokenStream::new();
    }
    let siblings = function_items(&function, options, &diag);
    let bar = signature.parameters.first().map(|p| p.bar_type(&root));
    let generics = rule_generics(block, &root);
    let bar = bar.unwrap_or_default();
    conversion_rule(path, block, &generics, (&siblings, &bar), &root)
}

/// The rule of `Sum`, `Product` or `FromIterator` from its `impl`.
pub(super) fn gathering(block: &ItemImpl, path: &syn::Path, options: &Options) -> TokenStream {
    let method = method_of(block);
    let made = method.and_then(|method| {
        let (sig, body) = listed(&method.sig, &method.block)?;
        Some((method, of_items(sig), body))
    });
    let Some((method, sig, body)) = made else {
        return TokenStream::new();
    };
    let around = block.to_token_stream();
    let function = rule_function(block, method, (&sig, &body), Some(&around));
    let trial = Diagnostics::default();
    Signature::read(&sig, Some(&block.generics), options, &trial);
    if trial.any() {
        // What is made of integers or texts depends on nothing that is differentiated.
        return TokenStream::new();
    }
    let diag = Diagnostics::default();
    let siblings = function_items(&function, options, &diag);
    if diag.any() {
        return diag.to_tokens();
    }
    let root = root_of(options);
    let generics = rule_generics(block, &root);
    gathering_rule(path, block, &generics, &siblings, &root)
}

/// The signature of what makes a value of a vector of items.
fn of_items(mut sig: syn::Signature) -> syn::Signature {
    sig.ident = Ident::new("of_items", sig.ident.span());
    sig.output = syn::parse_quote!(-> Self);
    if let Some(FnArg::Typed(typed)) = sig.inputs.first_mut() {
        if let Type::Reference(reference) = &*typed.ty {
            if let Type::Slice(slice) = &*reference.elem {
                let item = &slice.elem;
                *typed.ty = syn::parse_quote!(::std::vec::Vec<#item>);
            }
        }
    }
    sig
}

/// The rule of `Index` or `IndexMut` from its `impl`.
pub(super) fn place_rule(block: &ItemImpl, path: &syn::Path, options: &Options) -> TokenStream {
    let around = block.to_token_stream();
    let Some(method) = method_of(block) else {
        return TokenStream::new();
    };
    let mut sig = method.sig.clone();
    Place::name_types(&mut sig, block);
    let function = rule_function(block, method, (&sig, &method.block), Some(&around));
    let diag = Diagnostics::default();
    let way = function_items(&function, options, &diag);
    if diag.any() {
        return diag.to_tokens();
    }
    let (root, numbers) = (root_of(options), Signature::numbers_of(&block.generics));
    let mut generics = block.generics.clone();
    bound_numbers(&mut generics, &numbers, &root);
    for other in block.generics.type_params().map(|p| &p.ident) {
        // What is indexed is made of it.
        if !numbers.contains(other) {
            let clause = generics.make_where_clause();
            let bound = syn::parse_quote!(#other: #root::Differentiable);
            clause.predicates.push(bound);
        }
    }
    Place::rule(path, block, &generics, &way, &root)
}

/// The rule of an operator from its `impl`.
pub(super) fn operator_rule(
    block: &ItemImpl,
    operator: &Operator,
    options: &Options,
) -> TokenStream {
    let block = &operator.with_lifetime(block);
    let Some(method) = method_of(block) else {
        return TokenStream::new();
    };
    let mut sig = method.sig.clone();
    Operator::name_types(&mut sig, block);
    let function = Function {
        own: Some(&block.self_ty),
        ..rule_function(block, method, (&sig, &method.block), None)
    };
    let plain = Options {
        lanes: None,
        jacobian: false,
        ..options.clone()
    };
    let generated = function_items(&function, &plain, &Diagnostics::default());
    let in_lanes = if options.lanes.is_some() {
        let function = Function {
            asked: Asked::Outside,
            ..function
        };
        function_items(&function, options, &Diagnostics::default())
    } else {
        TokenStream::new()
    };
    let root = root_of(options);
    let generics = rule_generics(block, &root);
    operator.rule(block, &generics, [&generated, &in_lanes], &root)
}

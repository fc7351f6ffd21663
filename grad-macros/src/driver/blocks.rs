//! Blocks: the functions of an `impl` and of a trait, and what stands beside them.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse_quote;
use syn::{Generics, ImplItem, ItemImpl, ItemTrait, TraitItem, TraitItemFn, Visibility};

use super::numeric::bound_by_use;
use super::objects::object_items;
use super::rules::{conversion, gathering, operator_rule, place_rule};
use super::slices::{is_recursive, slice_items, slice_of};
use super::{Function, asks, function_items, root_of};
use crate::curry::uncurried_signature;
use crate::diag::{Diagnostics, Problem};
use crate::emit::{Derived, Home, declare_ways, rule_bound};
use crate::foreign::{Foreign, foreign, without_associated};
use crate::independent::Asked;
use crate::operator::{Operator, Place};
use crate::options::Options;
use crate::signature::Signature;
use crate::signature::generics::operators;
use crate::signature::iterators::listed_signature;
use crate::signature::lifetimes::name_lifetimes;
use crate::{cycles, traits};

/// Generated methods in an `impl` block of their own.
pub(super) fn beside(
    block: &ItemImpl,
    generated: &TokenStream,
    numbers: &[syn::Ident],
    root: &TokenStream,
) -> TokenStream {
    if generated.is_empty() {
        return TokenStream::new();
    }
    let mut generics = block.generics.clone();
    bound_numbers(&mut generics, numbers, root);
    bound_holders(
        &mut generics,
        &block.self_ty,
        &quote!(#root::Differentiable),
    );
    let (generics, ty, where_clause) = (&generics, &block.self_ty, &generics.where_clause);
    quote!(#[automatically_derived] impl #generics #ty #where_clause { #generated })
}

/// Asks of type parameters that stand for numbers what derivatives need.
pub(super) fn bound_numbers(generics: &mut Generics, numbers: &[syn::Ident], root: &TokenStream) {
    for number in numbers {
        let bound: syn::WherePredicate = syn::parse_quote!(#number: #root::Scalar);
        let text = bound.to_token_stream().to_string();
        let clause = generics.make_where_clause();
        let mut others = clause.predicates.iter();
        if !others.any(|other| other.to_token_stream().to_string() == text) {
            clause.predicates.push(bound);
        }
    }
}

/// Whether generated code puts a pullback into a box.
pub(super) fn is_boxed(generated: TokenStream) -> bool {
    generated.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => is_boxed(group.stream()),
        proc_macro2::TokenTree::Ident(ident) => ident == "dyn",
        _ => false,
    })
}

/// Asks of what the type of an `impl` block holds that it is differentiable.
pub(super) fn bound_holders(generics: &mut Generics, own: &syn::Type, bound: &TokenStream) {
    for holder in Signature::holders_of(generics, own) {
        let clause = generics.make_where_clause();
        clause.predicates.push(syn::parse_quote!(#holder: #bound));
    }
}

/// The attribute on an `impl` block: every function in it that takes floats.
pub(super) fn impl_items(
    mut block: ItemImpl,
    options: &Options,
    diag: &Diagnostics,
) -> TokenStream {
    let root = root_of(options);
    let each = own_options(&mut block, options, diag);
    if block.trait_.is_some() {
        name_lifetimes(&mut block);
    }
    let written = block.clone();
    bound_by_use(&mut block, &root);
    let numbers = Signature::numbers_of(&block.generics);
    if let Some((path, _)) = &block.trait_ {
        if let Some(operator) = Operator::named(path) {
            let asked = each.iter().chain([options]).filter_map(|o| o.wrt.as_ref());
            if let Some(name) = asked.flatten().next() {
                diag.report(name.span(), Problem::WrtOfOperator);
            }
            let all = Options {
                wrt: None,
                ..options.clone()
            };
            let rule = operator_rule(&block, &operator, &all);
            let errors = diag.to_tokens();
            return quote!(#written #rule #errors);
        }
        if Place::named(path) {
            let rule = place_rule(&block, path, options);
            let errors = diag.to_tokens();
            return quote!(#written #rule #errors);
        }
        match foreign(path) {
            Some(Foreign::Untouched) => {
                let errors = diag.to_tokens();
                return quote!(#written #errors);
            }
            Some(Foreign::Beside) => {
                let alone = without_associated(&block);
                let generated = methods_of(&alone, Home::TraitImpl, &each);
                let beside = beside(&block, &generated, &numbers, &root);
                let errors = diag.to_tokens();
                return quote!(#written #beside #errors);
            }
            Some(Foreign::Gathering) => {
                let rule = gathering(&block, path, options);
                let errors = diag.to_tokens();
                return quote!(#written #rule #errors);
            }
            Some(Foreign::Conversion) => {
                let rule = conversion(&block, path, options);
                let errors = diag.to_tokens();
                return quote!(#written #rule #errors);
            }
            None => {}
        }
        if let Some(slice) = slice_of(&block) {
            let slice = slice.clone();
            bound_numbers(&mut block.generics, &numbers, &root);
            let boxed = is_recursive(&block, &each).then(|| quote!(+ 'static));
            let bound = quote!(#root::Differentiable + #root::replica::Replica #boxed);
            bound_holders(&mut block.generics, &block.self_ty, &bound);
            let (generated, whole) = slice_items(&block, &slice, &each);
            block.items.push(ImplItem::Verbatim(generated));
            let errors = diag.to_tokens();
            return quote!(#block #whole #errors);
        }
        let generated = methods_of(&block, Home::TraitImpl, &each);
        bound_numbers(&mut block.generics, &numbers, &root);
        // A pullback in a box holds what the content's own pullbacks do.
        let boxed = is_boxed(generated.clone()).then(|| quote!(+ 'static));
        let bound = quote!(#root::Differentiable #boxed);
        bound_holders(&mut block.generics, &block.self_ty, &bound);
        block.items.push(ImplItem::Verbatim(generated));
        let errors = diag.to_tokens();
        return quote!(#block #errors);
    }
    let generated = methods_of(&block, Home::Impl, &each);
    let errors = diag.to_tokens();
    let beside = beside(&block, &generated, &numbers, &root);
    quote!(#[allow(dead_code)] #written #beside #errors)
}

/// What is generated for the functions of an `impl` block, each with options of its own if it has
/// an attribute of its own.
pub(super) fn methods_of(block: &ItemImpl, home: Home, options: &[Options]) -> TokenStream {
    let around = block.to_token_stream();
    let of_trait = block
        .trait_
        .as_ref()
        .map(|(path, _)| path.to_token_stream());
    let functions = block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    let functions: Vec<_> = functions.collect();
    let circles = cycles::in_circles(&functions);
    functions
        .into_iter()
        .zip(options)
        .zip(circles)
        .map(|((method, options), circle)| {
            let options = &Options {
                recursive: options.recursive || circle,
                ..options.clone()
            };
            let function = Function {
                attrs: &method.attrs,
                vis: &method.vis,
                sig: &method.sig,
                block: &method.block,
                home,
                outer: Some(&block.generics),
                own: None,
                around: Some(&around),
                of_trait: of_trait.as_ref(),
                asked: Asked::Here,
                applied: false,
                any_receiver: false,
            };
            optional_items(&function, options)
        })
        .collect()
}

/// Takes the attributes off the functions of an `impl` block, and says what holds for each.
pub(super) fn own_options(
    block: &mut ItemImpl,
    options: &Options,
    diag: &Diagnostics,
) -> Vec<Options> {
    let functions = block.items.iter_mut().filter_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    functions
        .map(|function| {
            let Some(place) = function.attrs.iter().position(asks) else {
                return options.clone();
            };
            let own = match function.attrs.remove(place).meta {
                syn::Meta::List(list) => Options::parse(list.tokens, diag),
                _ => Options::default(),
            };
            own.within(options)
        })
        .collect()
}

/// As [`function_items`], but nothing for a function without anything to differentiate.
pub(super) fn optional_items(function: &Function, options: &Options) -> TokenStream {
    let trial = Diagnostics::default();
    let whole = uncurried_signature(function.sig);
    let sig = whole.as_ref().map_or(function.sig, |(sig, _)| sig);
    let of_items = listed_signature(sig);
    let sig = of_items.as_ref().map_or(sig, |(sig, _)| sig);
    let signature = Signature::read(sig, function.outer, options, &trial);
    if !trial.any() {
        return function_items(function, options, &Diagnostics::default());
    }
    if trial.has_more_than(&Problem::NothingToDifferentiate) {
        // Where it is called with something active, the compiler says that it has no derivative.
        return TokenStream::new();
    }
    // A caller does not know that the arguments are integers.
    let derived = Derived {
        sig: function.sig,
        signature: &signature,
        vis: function.vis,
        attrs: function.attrs,
        home: function.home,
        modes: options.modes,
        lanes: options.lanes,
        jacobian: false,
        rows: options.rows,
        root: root_of(options),
        outer: function.outer,
        of_trait: None,
        functions: &[],
    };
    derived.constant_items()
}

/// The attribute on a trait: siblings of its methods, which implementations under the attribute
/// give, and derivatives written on them.
pub(super) fn trait_items(
    mut item: ItemTrait,
    options: &Options,
    diag: &Diagnostics,
) -> TokenStream {
    // Inside, `Self` is one more type parameter, bound by the supertraits.
    let mut around = item.generics.clone();
    let mut own = syn::TypeParam::from(syn::Ident::new("Self", item.ident.span()));
    own.bounds = item.supertraits.clone();
    around.params.push(syn::GenericParam::Type(own.clone()));
    let (name, (_, arguments, _)) = (&item.ident, item.generics.split_for_impl());
    let of_trait = quote!(#name #arguments);
    let object = traits::has_objects(&item);
    let any_receiver = traits::takes_any_receiver(&item);
    let mut generated = TokenStream::new();
    for function in &item.items {
        let TraitItem::Fn(TraitItemFn {
            attrs,
            sig,
            default,
            ..
        }) = function
        else {
            continue;
        };
        let vis = Visibility::Inherited;
        let trial = Diagnostics::default();
        let (written, whole) = (sig, uncurried_signature(sig));
        let sig = whole.as_ref().map_or(sig, |(sig, _)| sig);
        let mut signature = Signature::read(sig, Some(&around), options, &trial);
        signature.applied = whole.is_some();
        if trial.any() && !signature.parameters.iter().any(|p| p.wrt) {
            continue;
        }
        let open = signature.clone().with_any_receiver(any_receiver);
        let derived = Derived {
            sig,
            signature: &open,
            vis: &vis,
            attrs,
            home: Home::Trait,
            modes: options.modes,
            lanes: None,
            jacobian: false,
            rows: false,
            root: root_of(options),
            outer: Some(&around),
            of_trait: Some(of_trait.clone()),
            functions: &[],
        };
        let is_own = signature.returned.is_none() && !signature.applied;
        if is_own && !signature.is_given_functions() {
            generated.extend(derived.for_users(&signature).trait_items());
        }
        generated.extend(match default {
            None if signature.returned.is_some() => declare_ways(&derived),
            None => derived.declarations(),
            Some(block) => {
                let function = Function {
                    attrs,
                    vis: &vis,
                    sig: written,
                    block,
                    home: Home::Trait,
                    outer: Some(&around),
                    own: None,
                    around: None,
                    of_trait: None,
                    asked: Asked::Here,
                    applied: false,
                    any_receiver,
                };
                function_items(&function, options, &Diagnostics::default())
            }
        });
        if derived.is_dynamic() {
            let sized = !object || derived.speaks_of_self();
            generated.extend(object_items(&derived, default.as_ref(), sized, options));
        }
    }
    let root = root_of(options);
    traits::bound_associated(&mut item, &root);
    item.items.push(TraitItem::Verbatim(generated));
    for (name, path) in operators(&own, &around) {
        let rule = rule_bound(&own.ident, &name, &path, &root);
        let bounds: [syn::TypeParamBound; 2] = [parse_quote!(#root::Differentiable), rule];
        item.supertraits.extend(bounds);
    }
    let errors = diag.to_tokens();
    quote!(#item #errors)
}

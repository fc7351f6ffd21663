//! The stages in order, and the barrier between those that report and those that cannot fail.

mod blocks;
mod disguises;
mod numeric;
mod objects;
mod passed;
mod rules;
mod slices;
mod stages;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Block, Generics, ItemFn, ItemImpl, ItemTrait, Visibility};

use crate::diag::{Diagnostics, Problem};
use crate::emit::{Derived, Home, emit, emit_ways, stubs};
use crate::independent::{self, Asked};
use crate::options::Options;
use crate::partial::{self, Partial};
use crate::signature::bounds::with_names;
use crate::signature::lifetimes::unnamed;
use crate::signature::{Signature, Wanted};
use crate::stages::Lowered;
use crate::{ad, checkpoint, front, hygiene, iterated, pass, projection, traits};
use blocks::{beside, impl_items, optional_items, trait_items};
use passed::passed_functions;
use stages::{active_in, allowed, differentiated, dump, dumped};

/// One function to differentiate, and what stands around it.
pub(super) struct Function<'a> {
    attrs: &'a [Attribute],
    vis: &'a Visibility,
    sig: &'a syn::Signature,
    block: &'a Block,
    home: Home,
    /// The generics of the `impl` block or trait around it.
    outer: Option<&'a Generics>,
    /// The type of `Self`, where it matters.
    own: Option<&'a syn::Type>,
    /// The code of the whole `impl` block or trait.
    around: Option<&'a TokenStream>,
    /// The trait that an `impl` block implements.
    of_trait: Option<&'a TokenStream>,
    asked: Asked,
    /// Whether it stands for one that returns a function: the last arguments are that one's.
    applied: bool,
    /// Whether the trait that it stands in takes slices for receivers too.
    any_receiver: bool,
}

/// `#[differentiate(attr)] item`.
pub(crate) fn differentiate(attr: TokenStream, item: TokenStream) -> TokenStream {
    let diag = Diagnostics::default();
    let options = Options::parse(attr, &diag);
    let any = checkpoint::check(&item, &diag);
    let generated = items(item, &options, &diag);
    if any {
        checkpoint::stripped(generated)
    } else {
        generated
    }
}

/// The item, with the attributes on loops in it, and what is generated for it.
#[allow(clippy::needless_pass_by_value)] // handed on as a value by each side
pub(super) fn items(item: TokenStream, options: &Options, diag: &Diagnostics) -> TokenStream {
    if let Ok(function) = syn::parse2::<ItemFn>(item.clone()) {
        let home = home_of(&function, &item);
        let function = Function {
            attrs: &function.attrs,
            vis: &function.vis,
            sig: &function.sig,
            block: &function.block,
            home,
            outer: None,
            own: None,
            around: None,
            of_trait: None,
            asked: Asked::Here,
            applied: false,
            any_receiver: false,
        };
        let generated = function_items(&function, options, diag);
        // A function of which only derivatives are called is not dead.
        return quote!(#[allow(dead_code)] #item #generated);
    }
    if let Ok(block) = syn::parse2::<ItemImpl>(item.clone()) {
        return impl_items(block, options, diag);
    }
    if let Ok(item) = syn::parse2::<ItemTrait>(item.clone()) {
        return trait_items(item, options, diag);
    }
    match syn::parse2::<syn::Item>(item.clone()) {
        Ok(_) => {
            let first = item.clone().into_iter().next();
            let span = first.map_or_else(proc_macro2::Span::call_site, |token| token.span());
            diag.report(span, Problem::NotAFunction);
            let errors = diag.to_tokens();
            quote!(#item #errors)
        }
        Err(_) => partial_items(&item, options, diag),
    }
}

/// Stubs for an item that does not parse. It comes last: broken as it is, it would swallow them.
pub(super) fn partial_items(
    item: &TokenStream,
    options: &Options,
    diag: &Diagnostics,
) -> TokenStream {
    let (span, fault) = partial::fault(item);
    diag.report(span, Problem::Unfinished(fault));
    let stubs = match Partial::read(item) {
        Partial::Nothing => TokenStream::new(),
        Partial::Function(function) => {
            let home = home_of(&function, item);
            partial_stubs(&function, home, options, diag)
        }
        Partial::Block(block, functions) => {
            let stubs: TokenStream = functions
                .iter()
                .map(|f| partial_stubs(f, Home::Impl, options, &Diagnostics::default()))
                .collect();
            beside(&block, &stubs, &[], &root_of(options))
        }
    };
    let errors = diag.to_tokens();
    quote!(#errors #stubs #item)
}

/// Stubs of what would be generated for a function of which only the signature can be read.
pub(super) fn partial_stubs(
    function: &ItemFn,
    home: Home,
    options: &Options,
    diag: &Diagnostics,
) -> TokenStream {
    let signature = Signature::read(&function.sig, None, options, diag);
    if diag.any() && !signature.parameters.iter().any(|p| p.wrt) {
        return TokenStream::new();
    }
    stubs(&Derived {
        sig: &function.sig,
        signature: &signature,
        vis: &function.vis,
        attrs: &function.attrs,
        home,
        modes: options.modes,
        lanes: options.lanes,
        jacobian: options.jacobian,
        rows: options.rows,
        root: root_of(options),
        outer: None,
        of_trait: None,
        functions: &[],
    })
}

/// The type of an `impl` block that has lifetimes, without their names.
fn lending(outer: &syn::Generics, around: &TokenStream) -> Option<TokenStream> {
    if outer.lifetimes().next().is_none() && !around.to_string().contains("'_") {
        return None;
    }
    let block: ItemImpl = syn::parse2(around.clone()).ok()?;
    Some(unnamed(block.self_ty.to_token_stream()))
}

/// The root of the paths in generated code.
pub(super) fn root_of(options: &Options) -> TokenStream {
    let root = options.root.as_ref();
    root.map_or_else(|| quote!(::grad_runtime), ToTokens::to_token_stream)
}

/// A function that has a receiver or names `Self` stands in an `impl` block.
pub(super) fn home_of(function: &ItemFn, item: &TokenStream) -> Home {
    if function.sig.receiver().is_some() || mentions_self(item.clone()) {
        Home::Impl
    } else {
        Home::Module
    }
}

pub(super) fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => mentions_self(group.stream()),
        proc_macro2::TokenTree::Ident(ident) => ident == "Self",
        _ => false,
    })
}

/// What has no form in several directions at once.
pub(super) fn reject_lanes(
    lowered: &Lowered,
    options: &Options,
    span: proc_macro2::Span,
    diag: &Diagnostics,
) {
    if options.lanes.is_some() && !lowered.passed.is_empty() {
        let what = "a function that passes closures to others".to_owned();
        diag.report(span, Problem::LanesHere(what));
    }
    if options.lanes.is_some() && traits::has_no_lanes(&lowered.graph) {
        let what = "a function that calls trait objects or writes through returned references";
        diag.report(span, Problem::LanesHere(what.to_owned()));
    }
}

/// Everything generated for one function, or stubs and errors.
#[allow(clippy::too_many_lines)] // the stages, one after another
pub(super) fn function_items(
    function: &Function,
    options: &Options,
    diag: &Diagnostics,
) -> TokenStream {
    let Function {
        attrs,
        vis,
        sig,
        block,
        home,
        outer,
        own,
        around,
        of_trait,
        asked,
        applied,
        any_receiver,
    } = *function;
    if let Some((sig, block)) = crate::curry::uncurried(sig, block) {
        let function = Function {
            sig: &sig,
            block: &block,
            applied: true,
            ..*function
        };
        return function_items(&function, options, diag);
    }
    if let Some((sig, block)) = iterated::listed(sig, block) {
        let function = Function {
            sig: &sig,
            block: &block,
            ..*function
        };
        return function_items(&function, options, diag);
    }
    hygiene::check(&quote!(#sig #block), diag);
    let named = with_names(sig);
    let sig = &named;
    let mut signature = Signature::read(sig, outer, options, diag)
        .with_self(own)
        .with_any_receiver(home == Home::TraitImpl || any_receiver);
    signature.applied = applied;
    if asked == Asked::Alone {
        signature.wanted = Wanted::ByCallers;
    }
    if let (Home::Impl | Home::TraitImpl, Some(outer), Some(around)) = (home, outer, around) {
        signature.lending = lending(outer, around);
    }
    let options = &allowed(&signature, home, sig.ident.span(), options, diag);
    let derived = Derived {
        sig,
        signature: &signature,
        vis,
        attrs,
        home,
        modes: options.modes,
        lanes: options.lanes,
        jacobian: options.jacobian,
        rows: options.rows,
        root: root_of(options),
        outer,
        of_trait: of_trait.cloned(),
        functions: &[],
    };
    if diag.any() {
        let (stubs, errors) = (stubs(&derived), diag.to_tokens());
        return quote!(#stubs #errors);
    }
    if let Some((sig, block)) = front::without_self(sig, block) {
        let function = Function {
            sig: &sig,
            block: &block,
            ..*function
        };
        return function_items(&function, options, diag);
    }
    let name = sig.ident.to_string();
    let around = around.map_or_else(|| block.to_token_stream(), Clone::clone);
    let mut lowered = front::lower(&name, &signature, block, &around, diag);
    lowered.recursive |= options.recursive;
    dump(&name, "lowered", &lowered.graph);
    if signature.returned.is_some() && !diag.any() {
        pass::simplify_lowered(&mut lowered.graph);
        if projection::changes_parameters(&lowered.graph) {
            diag.report(signature.output_type.span(), Problem::ChangesAndReturns);
            return diag.to_tokens();
        }
        return emit_ways(&derived, &lowered, &quote!(#sig #block));
    }
    let active = if diag.any() {
        // What cannot be active is said along with the rest.
        ad::activity(&lowered.graph, &lowered.if_active, diag)
    } else {
        lowered.graph.debug_verify("lowering");
        pass::simplify_lowered(&mut lowered.graph);
        dump(&name, "simplified", &lowered.graph);
        lowered.graph.debug_verify("simplification");
        active_in(&mut lowered, diag)
    };
    if diag.any() {
        let (stubs, errors) = (stubs(&derived), diag.to_tokens());
        return quote!(#stubs #errors);
    }
    let avoid = quote!(#sig #block);
    reject_lanes(&lowered, options, sig.ident.span(), diag);
    let functions = passed_functions(&mut lowered, &active, &derived, &avoid, diag);
    if diag.any() {
        let (stubs, errors) = (stubs(&derived), diag.to_tokens());
        return quote!(#stubs #errors);
    }
    let derived = Derived {
        functions: &functions,
        root: derived.root.clone(),
        of_trait: derived.of_trait.clone(),
        ..derived
    };
    let about = (&sig.ident, home, asked);
    let warnings = independent::warnings(&signature, about, options, &lowered.graph, &active);
    for item in &mut lowered.items {
        expand_nested(item, options);
    }
    // The barrier: from here on nothing can fail.
    let graphs = differentiated(&lowered, &active, &signature, home, options);
    let tokens = emit(&derived, &lowered, &graphs, &avoid);
    if dumped(&name) {
        eprintln!("{name}, tokens:\n{tokens}\n");
    }
    quote!(#tokens #warnings)
}

/// A function inside the body has derivatives too: nothing else could give it some.
pub(super) fn expand_nested(item: &mut TokenStream, options: &Options) {
    let Ok(nested) = syn::parse2::<ItemFn>(item.clone()) else {
        return;
    };
    if nested.attrs.iter().any(asks) {
        return;
    }
    let function = Function {
        attrs: &nested.attrs,
        vis: &nested.vis,
        sig: &nested.sig,
        block: &nested.block,
        home: Home::Module,
        outer: None,
        own: None,
        around: None,
        of_trait: None,
        asked: Asked::Outside,
        applied: false,
        any_receiver: false,
    };
    let options = Options {
        jacobian: false,
        ..options.clone()
    };
    let generated = optional_items(&function, &options);
    item.extend(generated);
}

/// Whether an attribute asks for derivatives.
pub(super) fn asks(attr: &Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == "differentiate")
}

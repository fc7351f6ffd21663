//! The stages in order, and the barrier between those that report and those that cannot fail.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Block, ImplItem, ImplItemFn, ItemFn, ItemImpl, Visibility};

use crate::diag::{Diagnostics, Problem};
use crate::emit::{Derived, Home, emit, stubs};
use crate::options::Options;
use crate::signature::Signature;
use crate::{ad, front, pass};

/// `#[differentiate(attr)] item`.
pub(crate) fn differentiate(attr: TokenStream, item: TokenStream) -> TokenStream {
    let diag = Diagnostics::default();
    let options = Options::parse(attr, &diag);
    if let Ok(function) = syn::parse2::<ItemFn>(item.clone()) {
        let home = home_of(&function);
        let generated = function_items(
            &function.attrs,
            &function.vis,
            &function.sig,
            &function.block,
            home,
            &options,
            &diag,
        );
        // A function of which only derivatives are called is not dead.
        return quote!(#[allow(dead_code)] #item #generated);
    }
    if let Ok(mut block) = syn::parse2::<ItemImpl>(item.clone()) {
        let generated = impl_items(&mut block, &options, &diag);
        return generated;
    }
    let span = item
        .clone()
        .into_iter()
        .next()
        .map_or_else(proc_macro2::Span::call_site, |t| t.span());
    match syn::parse2::<syn::Item>(item.clone()) {
        // A body still being typed: the compiler says what is wrong with it.
        Err(_) if !diag.any() => item,
        Err(_) => {
            let errors = diag.to_tokens();
            quote!(#item #errors)
        }
        Ok(_) => {
            diag.report(span, Problem::NotAFunction);
            let errors = diag.to_tokens();
            quote!(#item #errors)
        }
    }
}

/// A function that has a receiver or names `Self` stands in an `impl` block.
fn home_of(function: &ItemFn) -> Home {
    let names_self = |tokens: TokenStream| mentions_self(tokens);
    if function.sig.receiver().is_some()
        || names_self(function.sig.to_token_stream())
        || names_self(function.block.to_token_stream())
    {
        Home::Impl
    } else {
        Home::Module
    }
}

fn mentions_self(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => mentions_self(group.stream()),
        proc_macro2::TokenTree::Ident(ident) => ident == "Self",
        _ => false,
    })
}

/// The attribute on an `impl` block: every function in it that takes floats.
fn impl_items(block: &mut ItemImpl, options: &Options, diag: &Diagnostics) -> TokenStream {
    let mut generated = TokenStream::new();
    if let Some((path, _)) = &block.trait_ {
        diag.report(path.segments[0].ident.span(), Problem::TraitImpl);
        let errors = diag.to_tokens();
        return quote!(#block #errors);
    }
    for item in &block.items {
        let ImplItem::Fn(ImplItemFn {
            attrs,
            vis,
            sig,
            block,
            ..
        }) = item
        else {
            continue;
        };
        let trial = Diagnostics::default();
        let signature = Signature::read(sig, options, &trial);
        if trial.any() && !signature.parameters.iter().any(|p| p.wrt) {
            continue;
        }
        generated.extend(function_items(
            attrs,
            vis,
            sig,
            block,
            Home::Impl,
            options,
            &Diagnostics::default(),
        ));
    }
    let errors = diag.to_tokens();
    let (generics, ty, where_clause) = (
        &block.generics,
        &block.self_ty,
        &block.generics.where_clause,
    );
    quote!(#[allow(dead_code)] #block #[automatically_derived] impl #generics #ty #where_clause { #generated } #errors)
}

/// Everything generated for one function, or stubs and errors.
fn function_items(
    attrs: &[Attribute],
    vis: &Visibility,
    sig: &syn::Signature,
    block: &Block,
    home: Home,
    options: &Options,
    diag: &Diagnostics,
) -> TokenStream {
    let signature = Signature::read(sig, options, diag);
    let root = options
        .root
        .as_ref()
        .map_or_else(|| quote!(::grad_runtime), ToTokens::to_token_stream);
    let derived = Derived {
        sig,
        signature: &signature,
        vis,
        attrs,
        home,
        modes: options.modes,
        root,
    };
    if diag.any() {
        let (stubs, errors) = (stubs(&derived), diag.to_tokens());
        return quote!(#stubs #errors);
    }
    let name = sig.ident.to_string();
    let mut lowered = front::lower(&name, &signature, block, diag);
    dump(&name, "lowered", &lowered.graph);
    let active = if diag.any() {
        ad::Activity::default()
    } else {
        lowered.graph.debug_verify("lowering");
        pass::simplify(&mut lowered.graph);
        dump(&name, "simplified", &lowered.graph);
        lowered.graph.debug_verify("simplification");
        ad::activity(&lowered.graph, &lowered.if_active, diag)
    };
    if diag.any() {
        let (stubs, errors) = (stubs(&derived), diag.to_tokens());
        return quote!(#stubs #errors);
    }
    // The barrier: from here on nothing can fail.
    let forward = options.modes.forward().then(|| {
        let mut forward = ad::forward(&lowered.graph, &active);
        pass::simplify(&mut forward.graph);
        dump(&name, "forward", &forward.graph);
        forward.graph.debug_verify("forward mode");
        forward
    });
    let reverse = options.modes.reverse().then(|| {
        let mut reverse = ad::reverse(&lowered.graph, &lowered.output, &active);
        dump(&name, "reverse, before simplification", &reverse.graph);
        pass::simplify_reverse(&mut reverse.graph, pass::Size::of(&lowered.graph));
        dump(&name, "reverse", &reverse.graph);
        reverse.graph.debug_verify("reverse mode");
        reverse
    });
    let gradient = (options.modes.reverse() && signature.returns_float()).then(|| {
        let mut gradient = ad::gradient(&lowered.graph, &lowered.output, &active);
        pass::simplify_reverse(&mut gradient.graph, pass::Size::of(&lowered.graph));
        dump(&name, "gradient", &gradient.graph);
        gradient.graph.debug_verify("the gradient");
        gradient
    });
    let avoid = quote!(#sig #block);
    let tokens = emit(
        &derived,
        &lowered,
        forward.as_ref(),
        reverse.as_ref(),
        gradient.as_ref(),
        &avoid,
    );
    if dumped(&name) {
        eprintln!("{name}, tokens:\n{tokens}\n");
    }
    tokens
}

fn dumped(name: &str) -> bool {
    std::env::var("GRAD_DUMP").is_ok_and(|wanted| wanted == name)
}

fn dump(name: &str, stage: &str, graph: &crate::ir::Graph) {
    if dumped(name) {
        eprintln!("{name}, {stage}:\n{graph}");
    }
}

//! The stages in order, and the barrier between those that report and those that cannot fail.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, Block, Generics, ImplItem, ImplItemFn, ItemFn, ItemImpl, ItemTrait, TraitItem,
    TraitItemFn, Visibility,
};

use crate::diag::{Diagnostics, Problem};
use crate::emit::{
    Derived, FunctionTokens, Graphs, Home, Inside, bodies, declare_ways, emit, emit_ways,
    function_tokens, stubs,
};
use crate::foreign::{Foreign, conversion_rule, foreign, name_source, without_associated};
use crate::independent::{self, Asked};
use crate::ir::{Graph, Ty};
use crate::operator::{Operator, Place};
use crate::options::Options;
use crate::partial::{self, Partial};
use crate::signature::Signature;
use crate::signature::bounds::with_names;
use crate::stages::{ForwardLanes, Gradient, Lowered, Tangents};
use crate::{ad, checkpoint, cycles, front, hygiene, pass, projection, traits};
use syn::spanned::Spanned;

/// One function to differentiate, and what stands around it.
struct Function<'a> {
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
fn items(item: TokenStream, options: &Options, diag: &Diagnostics) -> TokenStream {
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
fn partial_items(item: &TokenStream, options: &Options, diag: &Diagnostics) -> TokenStream {
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
fn partial_stubs(
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

/// Generated methods in an `impl` block of their own.
fn beside(
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
fn bound_numbers(generics: &mut Generics, numbers: &[syn::Ident], root: &TokenStream) {
    for number in numbers {
        let clause = generics.make_where_clause();
        clause
            .predicates
            .push(syn::parse_quote!(#number: #root::Scalar));
    }
}

/// Whether generated code puts a pullback into a box.
fn is_boxed(generated: TokenStream) -> bool {
    generated.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Group(group) => is_boxed(group.stream()),
        proc_macro2::TokenTree::Ident(ident) => ident == "dyn",
        _ => false,
    })
}

/// Asks of what the type of an `impl` block holds that it is differentiable.
fn bound_holders(generics: &mut Generics, own: &syn::Type, bound: &TokenStream) {
    for holder in Signature::holders_of(generics, own) {
        let clause = generics.make_where_clause();
        clause.predicates.push(syn::parse_quote!(#holder: #bound));
    }
}

/// The root of the paths in generated code.
fn root_of(options: &Options) -> TokenStream {
    let root = options.root.as_ref();
    root.map_or_else(|| quote!(::grad_runtime), ToTokens::to_token_stream)
}

/// A function that has a receiver or names `Self` stands in an `impl` block.
fn home_of(function: &ItemFn, item: &TokenStream) -> Home {
    if function.sig.receiver().is_some() || mentions_self(item.clone()) {
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
fn impl_items(mut block: ItemImpl, options: &Options, diag: &Diagnostics) -> TokenStream {
    let root = root_of(options);
    let numbers = Signature::numbers_of(&block.generics);
    let each = own_options(&mut block, options, diag);
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
            return quote!(#block #rule #errors);
        }
        if Place::named(path) {
            let rule = place_rule(&block, path, options);
            let errors = diag.to_tokens();
            return quote!(#block #rule #errors);
        }
        match foreign(path) {
            Some(Foreign::Untouched) => {
                let errors = diag.to_tokens();
                return quote!(#block #errors);
            }
            Some(Foreign::Beside) => {
                let written = without_associated(&block);
                let generated = methods_of(&written, Home::TraitImpl, &each);
                let beside = beside(&block, &generated, &numbers, &root);
                let errors = diag.to_tokens();
                return quote!(#block #beside #errors);
            }
            Some(Foreign::Conversion) => {
                let rule = conversion(&block, path, options);
                let errors = diag.to_tokens();
                return quote!(#block #rule #errors);
            }
            None => {}
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
    quote!(#[allow(dead_code)] #block #beside #errors)
}

/// What is generated for the functions of an `impl` block, each with options of its own if it has
/// an attribute of its own.
fn methods_of(block: &ItemImpl, home: Home, options: &[Options]) -> TokenStream {
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
            };
            optional_items(&function, options)
        })
        .collect()
}

/// Takes the attributes off the functions of an `impl` block, and says what holds for each.
fn own_options(block: &mut ItemImpl, options: &Options, diag: &Diagnostics) -> Vec<Options> {
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
fn optional_items(function: &Function, options: &Options) -> TokenStream {
    let trial = Diagnostics::default();
    let signature = Signature::read(function.sig, function.outer, options, &trial);
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
fn trait_items(mut item: ItemTrait, options: &Options, diag: &Diagnostics) -> TokenStream {
    // Inside, `Self` is one more type parameter, bound by the supertraits.
    let mut around = item.generics.clone();
    let mut own = syn::TypeParam::from(syn::Ident::new("Self", item.ident.span()));
    own.bounds = item.supertraits.clone();
    around.params.push(syn::GenericParam::Type(own));
    let (name, (_, arguments, _)) = (&item.ident, item.generics.split_for_impl());
    let of_trait = quote!(#name #arguments);
    let object = traits::has_objects(&item);
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
        let signature = Signature::read(sig, Some(&around), options, &trial);
        if trial.any() && !signature.parameters.iter().any(|p| p.wrt) {
            continue;
        }
        let derived = Derived {
            sig,
            signature: &signature,
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
        if signature.returned.is_none() {
            generated.extend(derived.trait_items());
        }
        generated.extend(match default {
            None if signature.returned.is_some() => declare_ways(&derived),
            None => derived.declarations(),
            Some(block) => {
                let function = Function {
                    attrs,
                    vis: &vis,
                    sig,
                    block,
                    home: Home::Trait,
                    outer: Some(&around),
                    own: None,
                    around: None,
                    of_trait: None,
                    asked: Asked::Here,
                };
                function_items(&function, options, &Diagnostics::default())
            }
        });
        if derived.is_dynamic() {
            let sized = !object || derived.speaks_of_self();
            generated.extend(object_items(&derived, default.as_ref(), sized, options));
        }
    }
    item.items.push(TraitItem::Verbatim(generated));
    let errors = diag.to_tokens();
    quote!(#item #errors)
}

/// What a trait object can be asked for of a method of a trait.
fn object_items(
    derived: &Derived,
    default: Option<&Block>,
    sized: bool,
    options: &Options,
) -> TokenStream {
    let inside = match default {
        _ if sized => Inside::Siblings,
        None => Inside::Nothing,
        Some(block) => match own_bodies(derived, block, options) {
            Some(inside) => inside,
            None => return derived.dynamic_items(&Inside::Siblings, true),
        },
    };
    derived.dynamic_items(&inside, sized)
}

/// The bodies of a default method's derivatives that know the receiver as an object only.
fn own_bodies(derived: &Derived, block: &Block, options: &Options) -> Option<Inside> {
    let mut signature = derived.signature.clone();
    if let Some(receiver) = signature.parameters.first_mut() {
        receiver.wrt = false;
        receiver.ty = Ty::Dyn;
    }
    let derived = Derived {
        signature: &signature,
        root: derived.root.clone(),
        of_trait: None,
        ..*derived
    };
    let (sig, diag) = (derived.sig, Diagnostics::default());
    let name = sig.ident.to_string();
    let mut lowered = front::lower(&name, &signature, block, &block.to_token_stream(), &diag);
    if diag.any() {
        return None;
    }
    pass::simplify(&mut lowered.graph);
    let active = ad::activity(&lowered.graph, &lowered.if_active, &diag);
    let avoid = quote!(#sig #block);
    let functions = passed_functions(&mut lowered, &active, &derived, &avoid, &diag);
    if diag.any() {
        return None;
    }
    let derived = Derived {
        functions: &functions,
        root: derived.root.clone(),
        of_trait: None,
        ..derived
    };
    let graphs = differentiated(&lowered, &active, &signature, derived.home, options);
    let (vjp, jvp) = bodies(&derived, &lowered, &graphs, &avoid);
    Some(Inside::Own(vjp, jvp))
}

/// The rule of a conversion from its `impl`.
fn conversion(block: &ItemImpl, path: &syn::Path, options: &Options) -> TokenStream {
    let method = block.items.iter().find_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    let Some(method) = method else {
        return TokenStream::new();
    };
    let (root, numbers) = (root_of(options), Signature::numbers_of(&block.generics));
    let mut sig = method.sig.clone();
    name_source(&mut sig, block);
    let function = Function {
        attrs: &method.attrs,
        vis: &method.vis,
        sig: &sig,
        block: &method.block,
        home: Home::Rule,
        outer: Some(&block.generics),
        own: None,
        around: None,
        of_trait: None,
        asked: Asked::Here,
    };
    let diag = Diagnostics::default();
    let signature = Signature::read(&sig, Some(&block.generics), options, &diag);
    if diag.any() {
        // A conversion from integers or text depends on nothing that is differentiated.
        return TokenStream::new();
    }
    let siblings = function_items(&function, options, &diag);
    let bar = signature.parameters.first().map(|p| p.bar_type(&root));
    let mut generics = block.generics.clone();
    bound_numbers(&mut generics, &numbers, &root);
    bound_holders(
        &mut generics,
        &block.self_ty,
        &quote!(#root::Differentiable),
    );
    let bar = bar.unwrap_or_default();
    conversion_rule(path, block, &generics, (&siblings, &bar), &root)
}

/// The rule of `Index` or `IndexMut` from its `impl`.
fn place_rule(block: &ItemImpl, path: &syn::Path, options: &Options) -> TokenStream {
    let around = block.to_token_stream();
    let method = block.items.iter().find_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    let Some(method) = method else {
        return TokenStream::new();
    };
    let mut sig = method.sig.clone();
    Place::name_types(&mut sig, block);
    let function = Function {
        attrs: &method.attrs,
        vis: &method.vis,
        sig: &sig,
        block: &method.block,
        home: Home::Rule,
        outer: Some(&block.generics),
        own: None,
        around: Some(&around),
        of_trait: None,
        asked: Asked::Here,
    };
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
fn operator_rule(block: &ItemImpl, operator: &Operator, options: &Options) -> TokenStream {
    let block = &operator.with_lifetime(block);
    let function = block.items.iter().find_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    let Some(ImplItemFn {
        attrs,
        vis,
        sig,
        block: body,
        ..
    }) = function
    else {
        return TokenStream::new();
    };
    let mut sig = sig.clone();
    Operator::name_types(&mut sig, block);
    let function = Function {
        attrs,
        vis,
        sig: &sig,
        block: body,
        home: Home::Rule,
        outer: Some(&block.generics),
        own: Some(&block.self_ty),
        around: None,
        of_trait: None,
        asked: Asked::Here,
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
    let (root, numbers) = (root_of(options), Signature::numbers_of(&block.generics));
    let mut generics = block.generics.clone();
    bound_numbers(&mut generics, &numbers, &root);
    bound_holders(
        &mut generics,
        &block.self_ty,
        &quote!(#root::Differentiable),
    );
    operator.rule(block, &generics, [&generated, &in_lanes], &root)
}

/// What has no form in several directions at once.
fn reject_lanes(lowered: &Lowered, options: &Options, span: proc_macro2::Span, diag: &Diagnostics) {
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
fn function_items(function: &Function, options: &Options, diag: &Diagnostics) -> TokenStream {
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
    } = *function;
    hygiene::check(&quote!(#sig #block), diag);
    let named = with_names(sig);
    let sig = &named;
    let signature = Signature::read(sig, outer, options, diag).with_self(own);
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
    if let Some((sig, block)) = projection::without_self(sig, block) {
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
        pass::simplify(&mut lowered.graph);
        if projection::changes_parameters(&lowered.graph) {
            diag.report(signature.output_type.span(), Problem::ChangesAndReturns);
            return diag.to_tokens();
        }
        return emit_ways(&derived, &lowered, &quote!(#sig #block));
    }
    let active = if diag.any() {
        ad::Activity::default()
    } else {
        lowered.graph.debug_verify("lowering");
        pass::simplify(&mut lowered.graph);
        dump(&name, "simplified", &lowered.graph);
        lowered.graph.debug_verify("simplification");
        active_in(&lowered, diag)
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

/// The closures a function passes to functions, differentiated by what is active where they are
/// passed.
fn passed_functions(
    lowered: &mut Lowered,
    active: &ad::Activity,
    around: &Derived,
    avoid: &TokenStream,
    diag: &Diagnostics,
) -> Vec<FunctionTokens> {
    for (number, captured) in lowered.graph.passed_closures() {
        let Some(passed) = lowered.passed.get_mut(number) else {
            continue;
        };
        for (k, arg) in captured.iter().enumerate() {
            let (place, wrt) = (passed.inputs + k, active.arg(arg));
            passed.signature.parameters[place].wrt = wrt;
            passed.lowered.graph.params[place].wrt = wrt;
        }
    }
    let sig: syn::Signature = syn::parse_quote!(fn closure());
    let mut functions = Vec::new();
    for passed in &mut lowered.passed {
        pass::simplify(&mut passed.lowered.graph);
        let own = active_in(&passed.lowered, diag);
        let derived = Derived {
            sig: &sig,
            signature: &passed.signature,
            root: around.root.clone(),
            of_trait: None,
            functions: &[],
            ..*around
        };
        let inner = passed_functions(&mut passed.lowered, &own, &derived, avoid, diag);
        if diag.any() {
            return Vec::new();
        }
        let derived = Derived {
            functions: &inner,
            root: around.root.clone(),
            of_trait: None,
            ..derived
        };
        let forward = derived.modes.forward().then(|| {
            let mut forward = ad::forward(&passed.lowered.graph, &own, Tangents::One);
            pass::simplify(&mut forward.graph);
            forward
        });
        let reverse = derived.modes.reverse().then(|| {
            let mut reverse = ad::reverse(&passed.lowered.graph, &passed.lowered.output, &own);
            pass::simplify_reverse(&mut reverse.graph, pass::Size::of(&passed.lowered.graph));
            reverse
        });
        functions.push(function_tokens(
            &derived,
            &passed.lowered,
            forward.as_ref(),
            reverse.as_ref(),
            passed.inputs,
            avoid,
        ));
    }
    functions
}

/// What is active in a function; reports what cannot be.
fn active_in(lowered: &Lowered, diag: &Diagnostics) -> ad::Activity {
    let active = ad::activity(&lowered.graph, &lowered.if_active, diag);
    check_checkpoints(&lowered.graph, &active, diag);
    active
}

/// Reports loops under `checkpoint` that carry nothing. One loop of the source may be several of the
/// graph, of which one is enough.
fn check_checkpoints(graph: &crate::ir::Graph, active: &ad::Activity, diag: &Diagnostics) {
    let mut marks: Vec<(proc_macro2::Span, bool)> = Vec::new();
    for id in graph.sites_within(graph.body) {
        let body = graph.site(id).regions.last();
        let Some(span) = body.and_then(|body| graph.block(*body).checkpoint) else {
            continue;
        };
        let carries = ad::carries(graph, active, id);
        let place = |span: &proc_macro2::Span| format!("{span:?}");
        match marks.iter_mut().find(|(at, _)| place(at) == place(&span)) {
            Some((_, any)) => *any |= carries,
            None => marks.push((span, carries)),
        }
    }
    for (span, _) in marks.iter().filter(|(_, carries)| !carries) {
        diag.report(*span, Problem::CheckpointOfNothing);
    }
}

/// The options without what cannot be had of this function, which is reported.
fn allowed(
    signature: &Signature,
    home: Home,
    span: proc_macro2::Span,
    options: &Options,
    diag: &Diagnostics,
) -> Options {
    let mut options = options.clone();
    let refused = if signature.is_given_functions() {
        Some("a function that is given functions")
    } else if matches!(home, Home::Trait | Home::TraitImpl) {
        Some("a method of a trait")
    } else if signature.number_names.is_empty() {
        None
    } else {
        Some("a function of generic numbers")
    };
    if let (Some(what), Some(_)) = (refused, options.lanes) {
        diag.report(span, Problem::LanesHere(what.to_owned()));
        options.lanes = None;
    }
    if options.jacobian && matches!(home, Home::Trait | Home::TraitImpl | Home::Rule) {
        let what = "a method of a trait".to_owned();
        diag.report(span, Problem::JacobianHere(what));
        options.jacobian = false;
    }
    options
}

/// The graphs of the derivatives asked for.
fn differentiated(
    lowered: &Lowered,
    active: &ad::Activity,
    signature: &Signature,
    home: Home,
    options: &Options,
) -> Graphs {
    let graph = &lowered.graph;
    let push = |stage: &str, graph: &Graph, active: &ad::Activity, tangents| {
        let mut forward = ad::forward(graph, active, tangents);
        pass::simplify(&mut forward.graph);
        dump(&graph.name, stage, &forward.graph);
        forward.graph.debug_verify(stage);
        forward
    };
    let forward = (options.modes.forward()).then(|| push("forward", graph, active, Tangents::One));
    let lanes = options.lanes.map(|_| {
        let all = push("forward in lanes", graph, active, Tangents::Lanes);
        let some = ad::subsets(graph).into_iter().map(|subset| {
            let stage = format!("forward in lanes, by {:b}", subset.mask);
            let forward = push(&stage, &subset.graph, &subset.active, Tangents::Lanes);
            (subset.mask, forward)
        });
        ForwardLanes {
            wrt: ad::wrt_mask(graph),
            some: some.collect(),
            all,
        }
    });
    let linear = (options.lanes)
        .filter(|_| home != Home::Rule)
        .and_then(|_| ad::linear(lowered, active))
        .map(|mut linear| {
            let some = linear.lanes.some.iter_mut().map(|(_, forward)| forward);
            for forward in some.chain([&mut linear.lanes.all]) {
                pass::simplify(&mut forward.graph);
                ad::drop_unread(&mut forward.graph);
                pass::simplify(&mut forward.graph);
                dump(&graph.name, "push", &forward.graph);
                forward.graph.debug_verify("push");
            }
            linear
        });
    let reverse = options.modes.reverse().then(|| {
        let mut reverse = ad::reverse(graph, &lowered.output, active);
        dump(
            &graph.name,
            "reverse, before simplification",
            &reverse.graph,
        );
        pass::simplify_reverse(&mut reverse.graph, pass::Size::of(graph));
        dump(&graph.name, "reverse", &reverse.graph);
        reverse.graph.debug_verify("reverse mode");
        reverse
    });
    let gradient =
        (options.modes.reverse() && signature.returns_float() && !signature.is_given_functions())
            .then(|| gradients(lowered, active));
    Graphs {
        forward,
        lanes,
        linear,
        reverse,
        gradient,
        // One that asks itself would ask without end.
        rewritten: if lowered.recursive {
            Vec::new()
        } else {
            ad::rewritten(graph)
        },
    }
}

/// The gradient, and the one for where sizes are as they should be.
fn gradients(lowered: &Lowered, active: &ad::Activity) -> Gradient {
    let graph = &lowered.graph;
    let built = |stage: &str, trust| {
        let (mut gradient, assumed) = ad::gradient(graph, &lowered.output, active, trust);
        pass::simplify_reverse(&mut gradient.graph, pass::Size::of(graph));
        dump(&graph.name, stage, &gradient.graph);
        gradient.graph.debug_verify(stage);
        (gradient, assumed)
    };
    let (always, _) = built("gradient", ad::Trust::Nothing);
    let (trusting, assumed) = built("gradient, trusting", ad::Trust::Sizes);
    let same = assumed.is_empty() || trusting.graph.to_string() == always.graph.to_string();
    Gradient {
        always,
        trusting: (!same).then_some((trusting, assumed)),
    }
}

/// A function inside the body has derivatives too: nothing else could give it some.
fn expand_nested(item: &mut TokenStream, options: &Options) {
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
    };
    let options = Options {
        jacobian: false,
        ..options.clone()
    };
    let generated = optional_items(&function, &options);
    item.extend(generated);
}

/// Whether an attribute asks for derivatives.
fn asks(attr: &Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == "differentiate")
}

fn dumped(name: &str) -> bool {
    std::env::var("GRAD_DUMP").is_ok_and(|wanted| wanted == name)
}

fn dump(name: &str, stage: &str, graph: &crate::ir::Graph) {
    if dumped(name) {
        eprintln!("{name}, {stage}:\n{graph}");
    }
}

//! Signatures and attributes of everything that is generated, real functions and stubs alike.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{Attribute, GenericParam, Generics, Type, Visibility, WhereClause};

use super::body::Body;
use super::names::Names;
use crate::ir::Output;
use crate::ir::{Kind, Slot, Storage, Ty, Value};
use crate::options::Modes;
use crate::signature::functions::Mode;
use crate::signature::{Parameter, Passing, Signature, lanes_of, tangent_of};
use crate::stages::{Forward, Lowered, Reverse, Tangents};

/// Where the function stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Home {
    /// A free function: derivatives of it are found through a companion type.
    Module,
    /// An `impl` block: derivatives are siblings.
    Impl,
    /// A trait: siblings that implementations give.
    Trait,
    /// An implementation of a user's trait: siblings.
    TraitImpl,
    /// The rule of an operator in `grad-runtime`: siblings, but for that of the receiver.
    Rule,
}

/// A function and what its derivatives are written from.
pub(crate) struct Derived<'a> {
    pub(crate) sig: &'a syn::Signature,
    pub(crate) signature: &'a Signature,
    pub(crate) vis: &'a Visibility,
    pub(crate) attrs: &'a [Attribute],
    pub(crate) home: Home,
    pub(crate) modes: Modes,
    /// How many directions at once, if that is emitted.
    pub(crate) lanes: Option<u8>,
    /// Whether the Jacobian is emitted.
    pub(crate) jacobian: bool,
    /// Whether a pullback can be run again.
    pub(crate) rows: bool,
    /// `::grad_runtime`, or what `crate = path` says.
    pub(crate) root: TokenStream,
    /// The generics of the `impl` block or trait around it, where the macro sees them.
    pub(crate) outer: Option<&'a Generics>,
    /// The trait the function stands in, with its arguments.
    pub(crate) of_trait: Option<TokenStream>,
    /// The closures it passes to functions, by number.
    pub(crate) functions: &'a [super::functions::FunctionTokens],
}

/// The differentiated bodies.
#[derive(Default)]
struct Bodies {
    vjp: Option<TokenStream>,
    jvp: Option<TokenStream>,
    lanes: Option<TokenStream>,
    gradient: Option<TokenStream>,
}

/// The functions of a companion.
struct Members {
    vjp: Option<TokenStream>,
    jvp: Option<TokenStream>,
    lanes: Option<TokenStream>,
}

/// The hidden name of a derivative beside a method.
pub(super) fn sibling(mode: &str, name: &str, span: Span) -> Ident {
    Ident::new(
        &format!("__grad_{mode}_{}", name.trim_start_matches("r#")),
        span,
    )
}

/// The differentiated graphs.
#[derive(Default)]
pub(crate) struct Graphs {
    pub(crate) forward: Option<Forward>,
    /// Forward in several directions at once.
    pub(crate) lanes: Option<Forward>,
    pub(crate) reverse: Option<Reverse>,
    pub(crate) gradient: Option<Reverse>,
}

/// Every generated item.
pub(crate) fn emit(
    derived: &Derived,
    lowered: &Lowered,
    graphs: &Graphs,
    avoid: &TokenStream,
) -> TokenStream {
    let names = Names::avoiding(avoid);
    let push = |forward: &Option<Forward>, tangents| {
        let forward = forward.as_ref()?;
        Some(derived.push_body(lowered, forward, tangents, names.clone()))
    };
    let bodies = Bodies {
        vjp: (graphs.reverse.as_ref())
            .map(|reverse| derived.vjp_body(lowered, reverse, names.clone())),
        jvp: push(&graphs.forward, Tangents::One),
        lanes: push(&graphs.lanes, Tangents::Lanes),
        gradient: graphs.gradient.as_ref().map(|gradient| {
            derived.gradient_body(lowered, gradient, names.clone(), &derived.free("seed"))
        }),
    };
    if derived.signature.is_given_functions() {
        return derived.given_items(&bodies, lowered.recursive);
    }
    if matches!(derived.home, Home::Trait | Home::TraitImpl | Home::Rule) {
        return derived.companion(&bodies, lowered.recursive);
    }
    let items = derived.items(&bodies, lowered.recursive);
    let data = super::graph::data(lowered, &derived.name(), &derived.root);
    let graph = derived.graph_item(&data, false);
    quote!(#items #graph)
}

/// The same items with bodies that diverge: after an error, calls of them are no further errors.
/// Type parameters are taken to be differentiable, as the error may be that they are not.
pub(crate) fn stubs(derived: &Derived) -> TokenStream {
    let (root, mut sig) = (&derived.root, derived.sig.clone());
    for parameter in sig.generics.type_params_mut() {
        let bound = syn::parse_quote!(#root::Differentiable);
        parameter.bounds.push(bound);
    }
    let derived = Derived {
        sig: &sig,
        attrs: derived.attrs,
        vis: derived.vis,
        signature: derived.signature,
        root: derived.root.clone(),
        of_trait: derived.of_trait.clone(),
        ..*derived
    };
    let body = not_generated();
    let bodies = Bodies {
        vjp: derived.modes.reverse().then(|| body.clone()),
        jvp: derived.modes.forward().then_some(body.clone()),
        lanes: derived.lanes.map(|_| body.clone()),
        gradient: Some(body),
    };
    // A pullback cannot name a type the user did not.
    let named = !sig.inputs.iter().any(|input| {
        matches!(input, syn::FnArg::Typed(typed) if matches!(*typed.ty, Type::ImplTrait(_)))
    });
    let companion = named.then(|| derived.companion(&bodies, true));
    // What is written on the siblings stands in a trait already.
    if matches!(derived.home, Home::Trait | Home::TraitImpl | Home::Rule) {
        return quote!(#companion);
    }
    let public = derived.public_items(&bodies, true);
    let graph = derived.graph_item(&TokenStream::new(), true);
    quote!(#companion #public #graph)
}

/// The companion alone, of bodies written elsewhere.
pub(crate) fn companion(
    derived: &Derived,
    vjp: Option<TokenStream>,
    jvp: Option<TokenStream>,
) -> TokenStream {
    let bodies = Bodies {
        vjp,
        jvp,
        ..Bodies::default()
    };
    derived.companion(&bodies, false)
}

/// The companion alone, of bodies that diverge: there were errors.
pub(crate) fn companion_stub(derived: &Derived) -> TokenStream {
    let bodies = Bodies {
        vjp: derived.modes.reverse().then(not_generated),
        jvp: derived.modes.forward().then(not_generated),
        ..Bodies::default()
    };
    derived.companion(&bodies, true)
}

impl Derived<'_> {
    pub(super) fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.signature.parameters
    }

    /// A name that no parameter, cotangent or tangent has.
    pub(super) fn free(&self, name: &str) -> Ident {
        let mut name = name.to_owned();
        let taken = |name: &str| {
            self.parameters()
                .iter()
                .any(|p| [&p.name, &p.bar, &p.dot].iter().any(|own| **own == name))
        };
        while taken(&name) {
            name.push('_');
        }
        Ident::new(&name, Span::call_site())
    }

    pub(super) fn prelude(&self, lowered: &Lowered) -> TokenStream {
        let _ = self;
        lowered.items.iter().cloned().collect()
    }

    pub(super) fn returns_nothing(&self) -> bool {
        self.signature.output == Ty::Unit
    }

    /// The tangent of the result, as callers of the companion see it.
    pub(super) fn output_tangent(&self) -> TokenStream {
        let root = &self.root;
        if self.returns_nothing() {
            quote!(#root::private::UnitTangent)
        } else {
            tangent_of(&self.signature.output_type, root)
        }
    }

    /// The tangent of the result, as users see it.
    pub(super) fn public_tangent(&self) -> TokenStream {
        if self.returns_nothing() {
            quote!(())
        } else {
            self.output_tangent()
        }
    }

    /// Every type, const and lifetime parameter that the type of a pullback names.
    fn captured(&self) -> Vec<TokenStream> {
        let outer = self
            .outer
            .iter()
            .flat_map(|generics| generics.params.iter());
        let own = self.sig.generics.params.iter();
        let bases = self.parameters().iter().map(|p| p.base.to_token_stream());
        let named = bases.collect::<TokenStream>().to_string();
        let (mut lifetimes, mut others) = (Vec::new(), Vec::new());
        for parameter in outer.chain(own) {
            match parameter {
                GenericParam::Lifetime(l) => {
                    let lifetime = &l.lifetime;
                    let text = lifetime.to_string();
                    let used = named
                        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '\''))
                        .any(|word| word == text);
                    let is_outer = self
                        .outer
                        .iter()
                        .any(|g| g.lifetimes().any(|o| o.lifetime == *lifetime));
                    let by_self = is_outer && named.split_whitespace().any(|word| word == "Self");
                    if used || by_self {
                        lifetimes.push(quote!(#lifetime));
                    }
                }
                GenericParam::Type(t) => others.push(t.ident.to_token_stream()),
                GenericParam::Const(c) => others.push(c.ident.to_token_stream()),
            }
        }
        lifetimes.extend(others);
        lifetimes
    }

    /// The function's `where` clause with what derivatives ask of its type parameters.
    pub(super) fn where_clause(&self) -> Option<WhereClause> {
        let root = &self.root;
        let mut generics = self.sig.generics.clone();
        let numbers = &self.signature.numbers;
        let others = self.signature.types.iter().filter(|t| !numbers.contains(t));
        let clause = generics.make_where_clause();
        for number in numbers {
            clause
                .predicates
                .push(syn::parse_quote!(#number: #root::Scalar));
        }
        for other in others {
            let is_wrt = |p: &Parameter| p.wrt && mentions(p.base.to_token_stream(), other);
            if self.parameters().iter().any(is_wrt) {
                clause
                    .predicates
                    .push(syn::parse_quote!(#other: #root::Differentiable));
            }
        }
        if self.home == Home::Trait {
            clause
                .predicates
                .push(syn::parse_quote!(Self: ::core::marker::Sized));
            let moved = |p: &Parameter| p.name == "self" && p.passing == Passing::Value;
            if self.parameters().iter().any(moved) {
                // The pullback is handed it again.
                clause
                    .predicates
                    .push(syn::parse_quote!(Self: ::core::clone::Clone));
            }
            let output = self.signature.output_type.to_token_stream();
            let by_self = |p: &Parameter| p.wrt && mentions_self(p.base.to_token_stream());
            if self
                .signature
                .number_names
                .iter()
                .any(|name| name == "Self")
            {
                clause
                    .predicates
                    .push(syn::parse_quote!(Self: #root::Scalar));
            } else if self.parameters().iter().any(by_self) || mentions_self(output) {
                clause
                    .predicates
                    .push(syn::parse_quote!(Self: #root::Differentiable));
            }
        }
        (!clause.predicates.is_empty()).then(|| clause.clone())
    }

    /// What a parameter is called where its value is handed again.
    fn again(&self, parameter: &Parameter) -> Ident {
        if parameter.is_receiver {
            self.free("this")
        } else {
            parameter.name.clone()
        }
    }

    pub(super) fn declare<'g>(&self, graph: &'g crate::ir::Graph, names: Names) -> Body<'g> {
        let mut body = Body::new(graph, names, self.root.clone());
        body.functions = self.functions.to_vec();
        for (param, parameter) in graph.params.iter().zip(self.parameters()) {
            match param.slot {
                Slot::Scalar(v) if parameter.passing == Passing::Ref => {
                    let name = &parameter.name;
                    body.spell_value(v, quote!((*#name)));
                }
                Slot::Scalar(v) => body.name_value(v, &parameter.name),
                Slot::Memory(var) => body.name_var(var, &parameter.name),
            }
        }
        body
    }

    pub(super) fn vjp_body(
        &self,
        lowered: &Lowered,
        reverse: &Reverse,
        names: Names,
    ) -> TokenStream {
        let graph = &reverse.graph;
        let root = &self.root;
        let mut body = self.declare(graph, names);
        let tapes = body.tapes();
        let primal = body.statements(graph.body);
        let Some(pull) = graph.pull else {
            return TokenStream::new();
        };
        let read: HashSet<Value> = graph
            .sites_within(pull)
            .into_iter()
            .flat_map(|id| graph.site(id).reads())
            .collect();
        let value = result(
            &body,
            &lowered.output,
            &graph.block(graph.body).yields,
            &read,
        );

        let bound = body.names.fresh("value");
        let seed = body.names.fresh("y_bar");
        match reverse.seed {
            Some(Slot::Scalar(v)) => body.name_value(v, &seed),
            Some(Slot::Memory(var)) => body.name_var(var, &seed),
            None => {}
        }
        let (mut inputs, mut bars, mut opening) = (Vec::new(), Vec::new(), TokenStream::new());
        let mut witnesses = TokenStream::new();
        let (mut closing, known) = self.witnessed_seed(&mut body, &bound, &seed);
        opening.extend(known);
        for (k, (param, parameter)) in graph.params.iter().zip(self.parameters()).enumerate() {
            let name = self.again(parameter);
            let ty = self.again_type(parameter);
            inputs.push(quote!(#name: #ty));
            let (before, inside) = self.witnessed(&mut body, parameter);
            witnesses.extend(before);
            opening.extend(inside);
            match param.slot {
                Slot::Scalar(_) if parameter.passing == Passing::Ref => {}
                Slot::Scalar(_) => opening.extend(quote!(let #name = *#name;)),
                Slot::Memory(var) => {
                    body.name_var(var, &name);
                    body.set_ref(var);
                }
            }
            let written = parameter.passing == Passing::RefMut;
            let bar_type = parameter.bar_type(root);
            let hint = format!("{}_bar", parameter.name);
            let bar = body.names.fresh(&hint);
            bars.push(quote!(#bar: ::core::option::Option<&mut #bar_type>));
            if let Some(var) = reverse.bars[k] {
                body.name_var(var, &bar);
                if written {
                    // Where the caller has no place for it, a zero one of the final shape.
                    let (absent, bit) = (body.names.fresh("absent"), 1_u64 << k);
                    let place = &parameter.name;
                    closing.extend(quote! {
                        let #absent = if __GRAD_M & #bit == 0 {
                            ::core::option::Option::Some(#root::private::zero_like(&*#place))
                        } else {
                            ::core::option::Option::None
                        };
                    });
                    opening.extend(quote! {
                        let mut #absent = #absent;
                        let #bar: &mut #bar_type = #root::private::or_kept(#bar, &mut #absent);
                    });
                    continue;
                }
                let wanted = body.names.fresh(&format!("{bar}_wanted"));
                opening.extend(quote!(let #wanted = #bar.is_some();));
                body.guard(var, wanted);
                if parameter.is_sequence() && only_added(graph, pull, var) {
                    opening.extend(quote!(let #bar: &mut #bar_type = #bar.unwrap_or_default();));
                } else if parameter.is_sequence() {
                    let absent = body.names.fresh("absent");
                    opening.extend(quote! {
                        let mut #absent = ::core::option::Option::None;
                        let #bar: &mut #bar_type = #root::private::or_zeros_mut(#bar, #name, &mut #absent);
                    });
                } else {
                    let absent = body.names.fresh("absent");
                    let like = if matches!(param.slot, Slot::Scalar(_)) {
                        quote!(&#name)
                    } else {
                        quote!(#name)
                    };
                    opening.extend(quote! {
                        let mut #absent = ::core::option::Option::None;
                        let #bar: &mut #bar_type = #root::private::or_zero(#bar, #like, &mut #absent);
                    });
                }
            }
        }
        let pull = body.statements(pull);
        let (tangent, items) = (self.output_tangent(), self.prelude(lowered));
        let closure = quote!(move |#seed: #tangent, #(#inputs,)* #(#bars),*| { #opening #pull });
        let (closure, traits) = (self.boxed(closure, lowered), self.traits());
        quote!(#traits #items #witnesses #tapes #primal let #bound = #value; #closing (#bound, #closure))
    }

    /// The pullback of a recursive function has a type that can be named.
    fn boxed(&self, closure: TokenStream, lowered: &Lowered) -> TokenStream {
        let root = &self.root;
        if lowered.recursive {
            quote!(#root::private::Box::new(#closure))
        } else {
            closure
        }
    }

    /// Where the result's type is not written: what tells the pullback of it, before and inside.
    fn witnessed_seed(
        &self,
        body: &mut Body,
        bound: &Ident,
        seed: &Ident,
    ) -> (TokenStream, TokenStream) {
        if !matches!(self.signature.output_type, Type::Infer(_)) {
            return (TokenStream::new(), TokenStream::new());
        }
        let (root, witness) = (&self.root, body.names.fresh("witness"));
        (
            quote!(let #witness = #root::private::witness(&#bound);),
            quote!(let #seed = #root::private::tangent_of(#witness, #seed);),
        )
    }

    /// Where a parameter's type is not written: what tells the pullback of it, before and inside.
    fn witnessed(&self, body: &mut Body, parameter: &Parameter) -> (TokenStream, TokenStream) {
        if !matches!(parameter.base, Type::Infer(_)) {
            return (TokenStream::new(), TokenStream::new());
        }
        let (root, witness) = (&self.root, body.names.fresh("witness"));
        let (like, own) = (Self::as_reference(parameter), &parameter.name);
        (
            quote!(let #witness = #root::private::witness(#like);),
            quote!(let #own = #root::private::of_type(#witness, #own);),
        )
    }

    /// A reference to what a parameter holds.
    fn as_reference(parameter: &Parameter) -> TokenStream {
        let name = &parameter.name;
        match parameter.passing {
            Passing::Value => quote!(&#name),
            Passing::Ref => quote!(#name),
            Passing::RefMut => quote!(&*#name),
        }
    }

    /// The traits of std's methods in scope, under no name that could meet the user's.
    pub(super) fn traits(&self) -> TokenStream {
        let root = &self.root;
        quote! {
            use #root::private::rules::methods::*;
        }
    }

    /// The type in which a pullback is handed an argument again.
    fn again_type(&self, parameter: &Parameter) -> TokenStream {
        let _ = self;
        let base = &parameter.base;
        match parameter.passing {
            Passing::RefMut => quote!(()),
            _ if parameter.function.is_some() => quote!(()),
            _ => quote!(&#base),
        }
    }

    /// The body of `jvp`, or of `lanes`.
    pub(super) fn push_body(
        &self,
        lowered: &Lowered,
        forward: &Forward,
        tangents: Tangents,
        names: Names,
    ) -> TokenStream {
        let graph = &forward.graph;
        let root = &self.root;
        let mut body = self.declare(graph, names);
        body.forward = true;
        let count = self.lane_count();
        let in_lanes = tangents == Tangents::Lanes;
        if in_lanes {
            body.push_lanes(&count, &forward.dots);
        }
        // A function of the runtime's, and the one that does the same in lanes.
        let helper = |one: &str, lanes: &str, inferred: usize| {
            let name = Ident::new(if in_lanes { lanes } else { one }, Span::call_site());
            let inferred = std::iter::repeat_n(quote!(_), inferred);
            let generics = in_lanes.then(|| quote!(::<#count, #(#inferred),*>));
            quote!(#root::private::#name #generics)
        };
        let mut opening = TokenStream::new();
        for (k, parameter) in self.parameters().iter().enumerate() {
            let dot = parameter.dot.clone();
            let bar_type = self.dot_type(parameter, tangents);
            let name = &parameter.name;
            let local = body.names.fresh(&dot.to_string());
            match forward.dots[k] {
                Some(Slot::Memory(var)) if parameter.passing == Passing::RefMut => {
                    let absent = body.names.fresh("absent");
                    let zero = helper("zero_like", "zero_lanes", 1);
                    opening.extend(quote! {
                        let mut #absent = if #dot.is_none() {
                            ::core::option::Option::Some(#zero(&*#name))
                        } else {
                            ::core::option::Option::None
                        };
                        let #local: &mut #bar_type = #root::private::or_kept(#dot, &mut #absent);
                    });
                    body.name_var(var, &local);
                }
                Some(Slot::Scalar(v)) => {
                    let find = helper("or_zero_scalar", "or_zero_lanes_scalar", 1);
                    opening.extend(quote!(let #local: #bar_type = #find(#dot, #name);));
                    body.name_value(v, &local);
                }
                Some(Slot::Memory(var)) => {
                    let absent = body.names.fresh("absent");
                    let like = if parameter.passing == Passing::Value {
                        quote!(&#name)
                    } else {
                        quote!(#name)
                    };
                    let find = if parameter.is_sequence() {
                        helper("or_zeros", "or_zeros_lanes", 2)
                    } else {
                        helper("or_zero_ref", "or_zero_lanes_ref", 1)
                    };
                    let found = quote!(#find(#dot, #like, &mut #absent));
                    let found = if graph.var(var).storage == Storage::RefMut {
                        quote!(let #local: &mut _ = &mut #root::private::copy(#found);)
                    } else {
                        quote!(let #local: &#bar_type = #found;)
                    };
                    opening.extend(quote! {
                        let mut #absent = ::core::option::Option::None;
                        #found
                    });
                    body.name_var(var, &local);
                }
                None => {}
            }
        }
        let tapes = body.tapes();
        let statements = body.statements(graph.body);
        let yields = &graph.block(graph.body).yields;
        let (values, tangents) = yields.split_at(yields.len() / 2);
        let none = HashSet::new();
        let value = result(&body, &lowered.output, values, &none);
        let tangent = if self.returns_nothing() {
            quote!(#root::private::unit_tangent())
        } else {
            result(&body, &lowered.output, tangents, &none)
        };
        let (items, traits) = (self.prelude(lowered), self.traits());
        quote!(#traits #items #opening #tapes #statements (#value, #tangent))
    }

    /// The const parameter that says how many directions a call pushes.
    pub(super) fn lane_count(&self) -> Ident {
        let _ = self;
        Ident::new("__GRAD_LANES", Span::call_site())
    }

    /// The type behind the reference to a parameter's tangent.
    pub(super) fn dot_type(&self, parameter: &Parameter, tangents: Tangents) -> TokenStream {
        match tangents {
            Tangents::One => parameter.bar_type(&self.root),
            Tangents::Lanes => parameter.lanes_type(&self.root, &self.lane_count()),
        }
    }

    /// The tangent of the result.
    fn result_tangent(&self, tangents: Tangents) -> TokenStream {
        match tangents {
            Tangents::Lanes if !self.returns_nothing() => {
                let output = &self.signature.output_type;
                lanes_of(output, &self.root, &self.lane_count())
            }
            _ => self.output_tangent(),
        }
    }

    fn items(&self, bodies: &Bodies, recursive: bool) -> TokenStream {
        let companion = self.companion(bodies, recursive);
        let public = self.public_items(bodies, false);
        quote!(#companion #public)
    }

    fn allows(&self) -> TokenStream {
        let _ = self;
        quote! {
            #[allow(
                unused_variables, unused_mut, unused_assignments, unused_parens, unused_braces, unused_imports, unused_must_use, dead_code,
                unreachable_code, non_snake_case, refining_impl_trait, clippy::all, clippy::pedantic, clippy::restriction
            )]
        }
    }

    /// The derivatives that every implementation of a trait has, written on the siblings.
    pub(crate) fn trait_items(&self) -> TokenStream {
        let some = || Some(TokenStream::new());
        let bodies = Bodies {
            vjp: self.modes.reverse().then(some).flatten(),
            jvp: self.modes.forward().then(some).flatten(),
            ..Bodies::default()
        };
        self.public_items(&bodies, false)
    }

    /// The siblings of an associated function whose result depends on no float: zero tangents, and a
    /// pullback that does nothing.
    pub(crate) fn constant_items(&self) -> TokenStream {
        let is_constructor = self.home == Home::Impl
            && self
                .parameters()
                .iter()
                .all(|p| !p.is_receiver && p.passing != Passing::RefMut)
            && self.signature.output.may_be_active()
            && self.sig.generics.type_params().next().is_none();
        if !is_constructor {
            return TokenStream::new();
        }
        let (root, name) = (&self.root, &self.sig.ident);
        let args: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| p.name.to_token_stream())
            .collect();
        let again = self.parameters().iter().map(|p| {
            let ty = self.again_type(p);
            quote!(_: #ty)
        });
        let bars = self
            .parameters()
            .iter()
            .map(|_| quote!(_: ::core::option::Option<&mut #root::NoTangent>));
        let tangent = self.output_tangent();
        let bodies = Bodies {
            vjp: self.modes.reverse().then(|| {
                quote!((Self::#name(#(#args),*), |_: #tangent, #(#again,)* #(#bars),*| {}))
            }),
            jvp: self.modes.forward().then(|| {
                quote!(let value = Self::#name(#(#args),*); let zero = #root::private::zero_like(&value); (value, zero))
            }),
            lanes: self.lanes.map(|_| {
                let count = self.lane_count();
                quote! {
                    let value = Self::#name(#(#args),*);
                    let zero = #root::private::zero_lanes::<#count, _>(&value);
                    (value, zero)
                }
            }),
            gradient: None,
        };
        self.companion(&bodies, false)
    }

    /// The siblings of a trait's method without a body.
    pub(crate) fn declarations(&self) -> TokenStream {
        let some = || Some(TokenStream::new());
        let bodies = Bodies {
            vjp: self.modes.reverse().then(some).flatten(),
            jvp: self.modes.forward().then(some).flatten(),
            ..Bodies::default()
        };
        self.companion(&bodies, false)
    }

    /// What only computes is of no use but for its result.
    fn must_use(&self) -> Option<TokenStream> {
        let writes = self
            .parameters()
            .iter()
            .any(|p| p.passing == Passing::RefMut);
        (!writes).then(|| quote!(#[must_use]))
    }

    fn cfgs(&self) -> TokenStream {
        self.attrs
            .iter()
            .filter(|a| a.path().is_ident("cfg"))
            .map(ToTokens::to_token_stream)
            .collect()
    }

    /// The companion of a function that is given functions: their form is the mode's.
    fn given_items(&self, bodies: &Bodies, recursive: bool) -> TokenStream {
        let in_mode = |mode, bodies: &Bodies| {
            let (sig, signature) = self.signature.in_mode(self.sig, mode, &self.root);
            let derived = Derived {
                sig: &sig,
                signature: &signature,
                root: self.root.clone(),
                of_trait: None,
                ..*self
            };
            derived.members(bodies, recursive)
        };
        self.place(&Members {
            vjp: in_mode(Mode::Reverse, bodies).vjp,
            jvp: in_mode(Mode::Forward, bodies).jvp,
            lanes: None,
        })
    }

    fn companion(&self, bodies: &Bodies, recursive: bool) -> TokenStream {
        self.place(&self.members(bodies, recursive))
    }

    /// The functions of a companion.
    fn members(&self, bodies: &Bodies, recursive: bool) -> Members {
        let (root, vis, allows) = (&self.root, self.vis, self.allows());
        let where_clause = self.where_clause();
        let mut generics = bare(&self.sig.generics);
        generics.params.push(syn::parse_quote!(const __GRAD_M: u64));
        let mut kept = self.captured();
        kept.push(quote!(__GRAD_M));
        let inputs: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.input(p, true))
            .collect();
        let again: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.again_type(p))
            .collect();
        let bars: Vec<_> = self.parameters().iter().map(|p| p.bar_type(root)).collect();
        let (output, tangent) = (&self.signature.output_type, self.output_tangent());
        let must_use = self.must_use();
        let name = |mode: &str| match self.home {
            Home::Module => Ident::new(mode, Span::call_site()),
            _ => sibling(mode, &self.name(), Span::call_site()),
        };
        let block = |body: &TokenStream| {
            let declared = self.home == Home::Trait && body.is_empty();
            if declared {
                quote!(;)
            } else {
                quote!({ #body })
            }
        };
        let again_and_again = (self.rows).then(|| quote!(::core::clone::Clone+));
        let vjp = bodies.vjp.as_ref().map(|body| {
            let body = block(body);
            let name = name("vjp");
            let pull = quote!(FnOnce(#tangent, #(#again,)* #(::core::option::Option<&mut #bars>),*));
            let pull = if recursive { quote!(#root::private::Box<dyn #pull>) } else { quote!(impl #pull + #again_and_again use<#(#kept),*>) };
            quote! {
                /// The value and the pullback; called by the derivatives of callers.
                #[doc(hidden)] #[inline] #[must_use] #allows
                #vis fn #name #generics(#(#inputs,)* _: #root::private::Wrt<__GRAD_M>) -> (#output, #pull) #where_clause #body
            }
        });
        let push = |body: &TokenStream, mode: &str, tangents: Tangents| {
            let body = block(body);
            let name = name(mode);
            let dots = self.parameters().iter().map(|p| {
                let dot = p.dot.clone();
                let mutable = (p.passing == Passing::RefMut).then(|| quote!(mut));
                let ty = self.dot_type(p, tangents);
                quote!(#dot: ::core::option::Option<&#mutable #ty>)
            });
            let (mut generics, mut directions) = (generics.clone(), None);
            if tangents == Tangents::Lanes {
                let count = self.lane_count();
                generics.params.push(syn::parse_quote!(const #count: usize));
                directions = Some(quote!(_: #root::private::Directions<#count>,));
            }
            let tangent = self.result_tangent(tangents);
            quote! {
                /// The value and its tangent; called by the derivatives of callers.
                #[doc(hidden)] #[inline] #must_use #allows
                #vis fn #name #generics(#(#inputs,)* _: #root::private::Wrt<__GRAD_M>, #directions #(#dots),*)
                    -> (#output, #tangent) #where_clause #body
            }
        };
        Members {
            vjp,
            jvp: (bodies.jvp.as_ref()).map(|body| push(body, "jvp", Tangents::One)),
            lanes: (bodies.lanes.as_ref()).map(|body| push(body, "lanes", Tangents::Lanes)),
        }
    }

    /// The functions of a companion where calls find them.
    fn place(&self, members: &Members) -> TokenStream {
        let (vis, ident, cfgs) = (self.vis, &self.sig.ident, self.cfgs());
        let Members { vjp, jvp, lanes } = members;
        match self.home {
            Home::Rule if lanes.is_some() => quote!(#lanes),
            Home::Rule => quote!(#vjp #jvp),
            Home::Module => {
                let doc = format!(
                    "Derivatives of [`fn@{}`], found by whatever path finds the function.",
                    self.name()
                );
                quote! {
                    #[doc = #doc] #[doc(hidden)] #[allow(non_camel_case_types, missing_debug_implementations, dead_code)] #cfgs
                    #vis struct #ident {}
                    #cfgs
                    impl #ident { #vjp #jvp #lanes }
                }
            }
            _ => {
                let again = self.again_item();
                quote!(#cfgs #vjp #cfgs #jvp #cfgs #lanes #cfgs #again)
            }
        }
    }

    /// How callers hand the receiver to the pullback again.
    fn again_item(&self) -> Option<TokenStream> {
        let (root, vis) = (&self.root, self.vis);
        let receiver = self.parameters().first().filter(|p| p.is_receiver)?;
        let name = sibling("again", &self.name(), Span::call_site());
        let sized = (self.home == Home::Trait).then(|| quote!(where Self: ::core::marker::Sized));
        let (ty, value) = match receiver.passing {
            Passing::RefMut => (
                quote!(#root::private::Exclusive),
                quote!(#root::private::Exclusive),
            ),
            _ => (
                quote!(#root::private::Shared<'_, Self>),
                quote!(#root::private::Shared::new(self)),
            ),
        };
        Some(quote! {
            /// The receiver for a pullback; called by the derivatives of callers.
            #[doc(hidden)] #[inline] #[must_use] #[allow(dead_code)]
            #vis fn #name(&self) -> #ty #sized { #value }
        })
    }

    /// A parameter in a signature.
    pub(super) fn input(&self, parameter: &Parameter, with_mut: bool) -> TokenStream {
        let _ = self;
        let name = &parameter.name;
        let mutable = (with_mut && parameter.mutable && parameter.passing == Passing::Value)
            .then(|| quote!(mut));
        if parameter.is_receiver {
            return match parameter.passing {
                Passing::Ref if parameter.by_value => quote!(self),
                Passing::Value => quote!(#mutable self),
                Passing::Ref => quote!(&self),
                Passing::RefMut => quote!(&mut self),
            };
        }
        let ty = &parameter.written;
        quote!(#mutable #name: #ty)
    }

    /// The gradient's parts, joined: bare when there is one.
    pub(super) fn joined(parts: &[TokenStream]) -> TokenStream {
        match parts {
            [one] => one.clone(),
            many => quote!((#(#many),*)),
        }
    }

    pub(super) fn call(&self, mode: &str, args: &[TokenStream], rest: &TokenStream) -> TokenStream {
        let (root, mask) = (&self.root, u64::MAX);
        let wrt = quote!(#root::private::Wrt::<#mask>);
        match self.home {
            Home::Module => {
                let (ident, mode) = (&self.sig.ident, Ident::new(mode, Span::call_site()));
                quote!(#ident::#mode(#(#args,)* #wrt, #rest))
            }
            _ => {
                let name = sibling(mode, &self.name(), Span::call_site());
                match &self.of_trait {
                    // A rule of the runtime's may have the same name.
                    Some(of) => quote!(<Self as #of>::#name(#(#args,)* #wrt, #rest)),
                    None => quote!(Self::#name(#(#args,)* #wrt, #rest)),
                }
            }
        }
    }

    /// Arguments for a call that must leave them usable.
    pub(super) fn kept_args(&self) -> Vec<TokenStream> {
        let root = &self.root;
        let arg = |p: &Parameter| {
            let name = &p.name;
            match p.passing {
                Passing::Value if !p.ty.is_scalar() => {
                    quote!({
                        use #root::private::rules::methods::*;
                        (&&#root::private::Copier(&#name)).replicate()
                    })
                }
                Passing::RefMut => quote!(&mut *#name),
                _ => quote!(#name),
            }
        };
        self.parameters().iter().map(arg).collect()
    }

    /// The arguments as a pullback wants them again.
    pub(super) fn references(&self) -> Vec<TokenStream> {
        let reference = |p: &Parameter| {
            let name = &p.name;
            match p.passing {
                Passing::Value => quote!(&#name),
                Passing::Ref => quote!(#name),
                Passing::RefMut => quote!(()),
            }
        };
        self.parameters().iter().map(reference).collect()
    }

    /// Where cotangents go: a name for each differentiated parameter.
    pub(super) fn bar_name(parameter: &Parameter) -> Ident {
        parameter.bar.clone()
    }

    /// A zero cotangent for each differentiated parameter that `which` picks.
    pub(super) fn zeros(&self, which: impl Fn(&Parameter) -> bool) -> TokenStream {
        let root = &self.root;
        self.parameters()
            .iter()
            .filter(|p| p.wrt && which(p))
            .map(|p| {
                let (bar, name) = (Self::bar_name(p), &p.name);
                let reference = match p.passing {
                    Passing::Value => quote!(&#name),
                    Passing::Ref => quote!(#name),
                    Passing::RefMut => quote!(&*#name),
                };
                quote!(let mut #bar = #root::private::zero_like(#reference);)
            })
            .collect()
    }

    /// The cotangent places for the pullback, each differentiated one through `place`.
    pub(super) fn places(
        &self,
        place: impl Fn(&Parameter, &Ident) -> TokenStream,
    ) -> Vec<TokenStream> {
        let of = |p: &Parameter| {
            if p.wrt {
                let place = place(p, &Self::bar_name(p));
                quote!(::core::option::Option::Some(#place))
            } else {
                quote!(::core::option::Option::None)
            }
        };
        self.parameters().iter().map(of).collect()
    }

    fn public_items(&self, bodies: &Bodies, stub: bool) -> TokenStream {
        let mut items = TokenStream::new();
        if self.modes.reverse() && (bodies.vjp.is_some() || stub) {
            items.extend(self.vjp_item(stub));
            if self.signature.returns_float() {
                items.extend(self.gradient_items(bodies, stub));
            }
        }
        if self.modes.forward() && (bodies.jvp.is_some() || stub) {
            items.extend(self.jvp_item(stub));
        }
        if self.jacobian {
            items.extend(self.jacobian_items(stub));
        }
        items
    }

    /// A generated function: its attributes, and a diverging body for a stub.
    pub(super) fn function(
        &self,
        doc: &str,
        head: &TokenStream,
        body: &TokenStream,
        stub: bool,
    ) -> TokenStream {
        let must_use = self.must_use();
        let function = self.writing_function(doc, head, body, stub);
        quote!(#must_use #function)
    }

    /// As [`function`](Self::function), for one that is of use without its result.
    pub(super) fn writing_function(
        &self,
        doc: &str,
        head: &TokenStream,
        body: &TokenStream,
        stub: bool,
    ) -> TokenStream {
        let (vis, allows, cfgs) = (self.vis, self.allows(), self.cfgs());
        let body = if stub { not_generated() } else { body.clone() };
        quote!(#[doc = #doc] #cfgs #[inline] #allows #vis #head { #body })
    }

    fn graph_item(&self, data: &TokenStream, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let head = format_ident!("graph_{name}");
        let doc = format!(
            "The expression graph of `{name}` as data: to draw it, and to see values and gradients at a point."
        );
        self.function(
            &doc,
            &quote!(fn #head() -> &'static #root::graph::Graph),
            data,
            stub,
        )
    }

    #[allow(clippy::too_many_lines)] // three signatures, one after another
    fn gradient_items(&self, bodies: &Bodies, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let (generics, where_clause) = (bare(&self.sig.generics), self.where_clause());
        let output = &self.signature.output_type;
        let inputs: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.input(p, false))
            .collect();
        let active: Vec<&Parameter> = self.parameters().iter().filter(|p| p.wrt).collect();
        let tangents: Vec<_> = active.iter().map(|p| p.tangent_type(root)).collect();
        let gradient = Self::joined(&tangents);
        let bars: Vec<_> = active.iter().map(|p| Self::bar_name(p)).collect();
        let bar_types: Vec<_> = active.iter().map(|p| p.bar_type(root)).collect();
        let (grad, value_and_grad, accumulate) = (
            format_ident!("grad_{name}"),
            format_ident!("value_and_grad_{name}"),
            format_ident!("accumulate_grad_{name}"),
        );
        let own = |ident: &Ident| match self.home {
            Home::Module => quote!(#ident),
            _ => quote!(Self::#ident),
        };
        let plain: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| p.name.to_token_stream())
            .collect();
        let names: Vec<String> = active.iter().map(|p| format!("`{}`", p.name)).collect();
        let by = names.join(", ");

        let call = own(&value_and_grad);
        let grad_item = self.function(
            &format!("The gradient of [`{name}`](Self::{name}) by {by}, in reverse mode: every entry in one sweep.").replace(&format!("[`{name}`](Self::{name})"), &format!("`{name}`")),
            &quote!(fn #grad #generics(#(#inputs),*) -> #gradient #where_clause),
            &quote!(#call(#(#plain),*).1),
            stub,
        );
        let parts: Vec<_> = bars.iter().map(ToTokens::to_token_stream).collect();
        let parts = Self::joined(&parts);
        let kept = self.kept_args();
        let companion = self.call("vjp", &kept, &TokenStream::new());
        let references = self.references();
        let (value, pull) = (self.free("value"), self.free("pull"));
        let one = self.one();
        let changes = self
            .parameters()
            .iter()
            .any(|p| p.passing == Passing::RefMut);
        let zeros = self.zeros(|_| true);
        let body = if changes {
            // The shape of what is changed is known only after the call.
            let places = self.places(|_, bar| quote!(&mut #bar));
            quote! {
                let (#value, #pull) = #companion;
                #zeros
                #pull(#one, #(#references,)* #(#places),*);
                (#value, #parts)
            }
        } else {
            let call = own(&accumulate);
            quote!(#zeros let value = #call(#(#plain,)* #one, #(&mut #bars),*); (value, #parts))
        };
        let value_item = self.function(
            &format!("The value of `{name}` and its gradient by {by}."),
            &quote!(fn #value_and_grad #generics(#(#inputs),*) -> (#output, #gradient) #where_clause),
            &body,
            stub,
        );
        let checks = active.iter().zip(&bars).map(|(p, bar)| {
            let (text, name) = (bar.to_string(), &p.name);
            let reference = match p.passing {
                Passing::Value => quote!(&#name),
                Passing::Ref => quote!(#name),
                Passing::RefMut => quote!(&*#name),
            };
            if p.is_growable() {
                TokenStream::new()
            } else if p.is_sequence() {
                quote!(#root::private::check_len(#text, #name.len(), #bar.len());)
            } else {
                quote!(#root::private::check_shape(#text, #reference, &*#bar);)
            }
        });
        let checks: TokenStream = checks.collect();
        let seed = self.free("seed");
        let owned: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.input(p, true))
            .collect();
        let body = match &bodies.gradient {
            Some(body) => body.clone(),
            None => {
                let places = self.places(|_, bar| quote!(#bar));
                quote!(let (#value, #pull) = #companion; #pull(#seed, #(#references,)* #(#places),*); #value)
            }
        };
        let accumulate_item = self.writing_function(
            &format!(
                "Adds `seed` times the gradient of `{name}` by {by} into the buffers; returns the value.\n\n# Panics\n\nIf a buffer's length is not its parameter's; the message has both."
            ),
            &quote!(fn #accumulate #generics(#(#owned,)* #seed: #output, #(#bars: &mut #bar_types),*) -> #output #where_clause),
            &quote!(#checks #body),
            stub,
        );
        quote!(#grad_item #value_item #accumulate_item)
    }

    /// One, as a seed.
    fn one(&self) -> TokenStream {
        let root = &self.root;
        match self.signature.output {
            Ty::Number => {
                let output = &self.signature.output_type;
                quote!(#root::private::one::<#output>())
            }
            _ => quote!(1.0),
        }
    }

    fn vjp_item(&self, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let (output, tangent) = (&self.signature.output_type, self.public_tangent());
        let mut generics = bare(&self.sig.generics);
        generics.params.insert(0, syn::parse_quote!('grad));
        let own_lifetimes = self
            .sig
            .generics
            .lifetimes()
            .map(|l| l.lifetime.to_token_stream());
        let mut kept: Vec<_> = own_lifetimes.collect();
        for captured in self.captured() {
            if !kept.iter().any(|k| k.to_string() == captured.to_string()) {
                kept.push(captured);
            }
        }
        kept.sort_by_key(|k| !k.to_string().starts_with('\''));
        let inputs: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.borrowed_input(p))
            .collect();
        let is_entry = |p: &&Parameter| p.wrt && p.passing != Passing::RefMut;
        let entries: Vec<&Parameter> = self.parameters().iter().filter(is_entry).collect();
        let tangents: Vec<_> = entries.iter().map(|p| p.tangent_type(root)).collect();
        let gradient = Self::joined(&tangents);
        let bars: Vec<_> = entries
            .iter()
            .map(|p| Self::bar_name(p).to_token_stream())
            .collect();
        let parts = Self::joined(&bars);
        // The cotangents of what is changed are handed in and out.
        let given = self
            .parameters()
            .iter()
            .filter(|p| p.wrt && p.passing == Passing::RefMut);
        let (given_names, given_types): (Vec<_>, Vec<_>) = given
            .map(|p| {
                let ty = p.bar_type(root);
                (Self::bar_name(p), quote!(&mut #ty))
            })
            .unzip();
        let (args, references) = (self.kept_args(), self.references());
        let zeros = self.zeros(|p| p.passing != Passing::RefMut);
        let call = self.call("vjp", &args, &TokenStream::new());
        let places = self.places(|p, bar| match p.passing {
            Passing::RefMut => quote!(#bar),
            _ => quote!(&mut #bar),
        });
        let vjp = format_ident!("vjp_{name}");
        let where_clause = self.where_clause();
        let function = quote!(FnOnce(#tangent, #(#given_types),*) -> #gradient);
        let (value, run, seed) = (self.free("value"), self.free("pull"), self.free("seed"));
        let inner_seed = if self.returns_nothing() {
            quote!(#root::private::unit_tangent())
        } else {
            quote!(#seed)
        };
        let body = quote! {
            let (#value, #run) = #call;
            (#value, move |#seed: #tangent, #(#given_names: #given_types),*| { #zeros #run(#inner_seed, #(#references,)* #(#places),*); #parts })
        };
        let mut doc = format!(
            "The value of `{name}` and its pullback, which takes the cotangent of the result to the cotangents of the parameters (reverse mode)."
        );
        if !given_names.is_empty() {
            doc.push_str(" The buffers of what is changed hold the cotangent of its final content before, of its initial content after.");
        }
        let result = if stub {
            quote!(#root::private::Box<dyn #function>)
        } else {
            quote!(impl #function + use<'grad, #(#kept),*>)
        };
        self.function(
            &doc,
            &quote!(fn #vjp #generics(#(#inputs),*) -> (#output, #result) #where_clause),
            &body,
            stub,
        )
    }

    /// A parameter whose elided lifetimes are named, for a pullback that borrows.
    fn borrowed_input(&self, parameter: &Parameter) -> TokenStream {
        if parameter.is_receiver {
            return match parameter.passing {
                Passing::Value => quote!(self),
                Passing::Ref => quote!(&'grad self),
                Passing::RefMut => quote!(&mut self),
            };
        }
        if parameter.passing == Passing::RefMut {
            // Nothing of it is borrowed by the pullback.
            return self.input(parameter, false);
        }
        let (name, mut ty) = (&parameter.name, parameter.written.clone());
        name_lifetimes(&mut ty);
        quote!(#name: #ty)
    }

    fn jvp_item(&self, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let (output, tangent) = (&self.signature.output_type, self.public_tangent());
        let generics = bare(&self.sig.generics);
        let where_clause = self.where_clause();
        let inputs: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.input(p, false))
            .collect();
        let active = self.parameters().iter().filter(|p| p.wrt);
        let dots = active.clone().map(|p| {
            let (dot, ty) = (p.dot.clone(), p.dot_type(root));
            quote!(#dot: #ty)
        });
        let checks: TokenStream = active
            .map(|p| {
                let (dot, name) = (p.dot.clone(), &p.name);
                let text = dot.to_string();
                let by_ref = p.is_sequence() || p.passing == Passing::Ref;
                let (dot, like) = match p.passing {
                    Passing::RefMut => (quote!((&*#dot)), quote!(&*#name)),
                    Passing::Ref => (quote!(#dot), quote!(#name)),
                    Passing::Value if by_ref => (quote!(#dot), quote!(&#name)),
                    Passing::Value => (quote!(&#dot), quote!(&#name)),
                };
                if p.is_sequence() {
                    quote!(#root::private::check_len(#text, #name.len(), #dot.len());)
                } else {
                    quote!(#root::private::check_shape(#text, #like, #dot);)
                }
            })
            .collect();
        let plain: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| p.name.to_token_stream())
            .collect();
        let given = self.parameters().iter().map(|p| {
            let dot = p.dot.clone();
            match (p.wrt, p.is_sequence() || p.passing != Passing::Value) {
                (false, _) => quote!(::core::option::Option::None),
                (true, true) => quote!(::core::option::Option::Some(#dot)),
                (true, false) => quote!(::core::option::Option::Some(&#dot)),
            }
        });
        let call = self.call("jvp", &plain, &quote!(#(#given),*));
        let jvp = format_ident!("jvp_{name}");
        let doc = format!(
            "The value of `{name}` and its derivative in the direction of the tangents `.._dot` (forward mode).\n\n# Panics\n\nIf a tangent's length is not its parameter's; the message has both."
        );
        let head =
            quote!(fn #jvp #generics(#(#inputs,)* #(#dots),*) -> (#output, #tangent) #where_clause);
        let body = if self.returns_nothing() {
            quote!(#checks #call; ((), ()))
        } else {
            quote!(#checks #call)
        };
        self.function(&doc, &head, &body, stub)
    }
}

/// Whether the tokens hold an identifier.
fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Ident(ident) => ident == *name,
        _ => false,
    })
}

fn mentions_self(tokens: TokenStream) -> bool {
    mentions(tokens, &Ident::new("Self", Span::call_site()))
}

/// The body of a stub.
fn not_generated() -> TokenStream {
    quote!(::core::panic!("not generated: the function has errors"))
}

/// Whether the buffer is only added to, so that none is needed where nobody wants it.
fn only_added(graph: &crate::ir::Graph, pull: crate::ir::Region, bar: crate::ir::Var) -> bool {
    graph
        .sites_within(pull)
        .into_iter()
        .map(|id| graph.site(id))
        .all(|site| {
            matches!(site.kind, Kind::Accumulate(_) | Kind::Pull { .. })
                || site.paths().iter().all(|path| path.root != bar)
        })
}

/// Generics without their `where` clause.
pub(super) fn bare(generics: &syn::Generics) -> syn::Generics {
    let mut generics = generics.clone();
    generics.where_clause = None;
    generics
}

/// Gives every elided reference the lifetime `'grad`.
fn name_lifetimes(ty: &mut Type) {
    match ty {
        Type::Reference(reference) => {
            reference
                .lifetime
                .get_or_insert_with(|| syn::parse_quote!('grad));
            name_lifetimes(&mut reference.elem);
        }
        Type::Slice(slice) => name_lifetimes(&mut slice.elem),
        Type::Array(array) => name_lifetimes(&mut array.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(name_lifetimes),
        Type::Paren(inner) => name_lifetimes(&mut inner.elem),
        Type::Group(inner) => name_lifetimes(&mut inner.elem),
        _ => {}
    }
}

/// The result in its shape; a part that the reverse sweep reads too is copied.
pub(super) fn result(
    body: &Body,
    output: &Output,
    values: &[Value],
    read: &HashSet<Value>,
) -> TokenStream {
    shaped(body, output, &mut values.iter().copied(), read)
}

fn shaped(
    body: &Body,
    output: &Output,
    values: &mut impl Iterator<Item = Value>,
    read: &HashSet<Value>,
) -> TokenStream {
    match output {
        Output::Unit => quote!(()),
        Output::Leaf => match values.next() {
            Some(v) if read.contains(&v) => body.duplicated(v),
            Some(v) => body.value(v),
            None => TokenStream::new(),
        },
        Output::Tuple(parts) => {
            let parts: Vec<_> = parts
                .iter()
                .map(|part| shaped(body, part, values, read))
                .collect();
            quote!((#(#parts,)*))
        }
    }
}

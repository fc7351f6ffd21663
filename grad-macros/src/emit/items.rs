//! Signatures and attributes of everything that is generated, real functions and stubs alike.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Type, Visibility};

use super::body::Body;
use super::names::Names;
use crate::ad::{Forward, Reverse};
use crate::front::{Lowered, Output};
use crate::ir::{Kind, Slot, Storage, Value};
use crate::options::Modes;
use crate::signature::{Parameter, Passing, Signature, tangent_of};

/// Where the function stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Home {
    /// A free function: derivatives of it are found through a companion type.
    Module,
    /// An `impl` block: derivatives are siblings.
    Impl,
}

/// A function and what its derivatives are written from.
pub(crate) struct Derived<'a> {
    pub(crate) sig: &'a syn::Signature,
    pub(crate) signature: &'a Signature,
    pub(crate) vis: &'a Visibility,
    pub(crate) attrs: &'a [Attribute],
    pub(crate) home: Home,
    pub(crate) modes: Modes,
    /// `::grad_runtime`, or what `crate = path` says.
    pub(crate) root: TokenStream,
}

/// The differentiated bodies.
struct Bodies {
    vjp: Option<TokenStream>,
    jvp: Option<TokenStream>,
}

/// The hidden name of a derivative beside a method.
pub(super) fn sibling(mode: &str, name: &str, span: Span) -> Ident {
    Ident::new(&format!("__grad_{mode}_{name}"), span)
}

/// Every generated item.
pub(crate) fn emit(
    derived: &Derived,
    lowered: &Lowered,
    forward: Option<&Forward>,
    reverse: Option<&Reverse>,
    avoid: &TokenStream,
) -> TokenStream {
    let names = Names::avoiding(avoid);
    let bodies = Bodies {
        vjp: reverse.map(|reverse| derived.vjp_body(lowered, reverse, names.clone())),
        jvp: forward.map(|forward| derived.jvp_body(lowered, forward, names)),
    };
    let items = derived.items(&bodies, lowered.recursive);
    let graph = derived.graph_item(
        &super::graph::data(lowered, &derived.name(), &derived.root),
        false,
    );
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
        ..*derived
    };
    let body = not_generated();
    let bodies = Bodies {
        vjp: derived.modes.reverse().then(|| body.clone()),
        jvp: derived.modes.forward().then_some(body),
    };
    let companion = derived.companion(&bodies, true);
    let public = derived.public_items(&bodies, true);
    let graph = derived.graph_item(&TokenStream::new(), true);
    quote!(#companion #public #graph)
}

impl Derived<'_> {
    fn name(&self) -> String {
        self.sig.ident.to_string()
    }

    fn parameters(&self) -> &[Parameter] {
        &self.signature.parameters
    }

    /// A name that no parameter, cotangent or tangent has.
    fn free(&self, name: &str) -> Ident {
        let mut name = name.to_owned();
        let taken = |name: &str| {
            self.parameters().iter().any(|p| {
                let own = p.name.to_string();
                name == own || name == format!("{own}_bar") || name == format!("{own}_dot")
            })
        };
        while taken(&name) {
            name.push('_');
        }
        Ident::new(&name, Span::call_site())
    }

    fn prelude(&self, lowered: &Lowered) -> TokenStream {
        let _ = self;
        lowered.items.iter().cloned().collect()
    }

    fn output_tangent(&self) -> TokenStream {
        match self
            .signature
            .output_type
            .to_token_stream()
            .to_string()
            .as_str()
        {
            "()" => quote!(()),
            _ => tangent_of(&self.signature.output_type, &self.root),
        }
    }

    /// What a parameter is called where its value is handed again.
    fn again(parameter: &Parameter) -> Ident {
        if parameter.is_receiver {
            Ident::new("this", Span::call_site())
        } else {
            parameter.name.clone()
        }
    }

    fn declare<'g>(&self, graph: &'g crate::ir::Graph, names: Names) -> Body<'g> {
        let mut body = Body::new(graph, names, self.root.clone());
        for (param, parameter) in graph.params.iter().zip(self.parameters()) {
            match param.slot {
                Slot::Scalar(v) => body.name_value(v, &parameter.name),
                Slot::Memory(var) => body.name_var(var, &parameter.name),
            }
        }
        body
    }

    fn vjp_body(&self, lowered: &Lowered, reverse: &Reverse, names: Names) -> TokenStream {
        let graph = &reverse.graph;
        let root = &self.root;
        let mut body = self.declare(graph, names);
        let tapes = body.tapes();
        let primal = body.statements(graph.body);
        let value = result(&body, &lowered.output, &graph.block(graph.body).yields);
        let Some(pull) = graph.pull else {
            return TokenStream::new();
        };

        let bound = body.names.fresh("value");
        let seed = body.names.fresh("y_bar");
        match reverse.seed {
            Some(Slot::Scalar(v)) => body.name_value(v, &seed),
            Some(Slot::Memory(var)) => body.name_var(var, &seed),
            None => {}
        }
        let (mut inputs, mut bars, mut opening) = (Vec::new(), Vec::new(), TokenStream::new());
        for (k, (param, parameter)) in graph.params.iter().zip(self.parameters()).enumerate() {
            let name = Self::again(parameter);
            let ty = self.again_type(parameter);
            inputs.push(quote!(#name: #ty));
            match param.slot {
                Slot::Scalar(_) => opening.extend(quote!(let #name = *#name;)),
                Slot::Memory(var) => {
                    body.name_var(var, &name);
                    body.set_ref(var);
                }
            }
            let bar_type = parameter.bar_type(root);
            let hint = format!("{}_bar", parameter.name);
            let bar = body.names.fresh(&hint);
            bars.push(quote!(#bar: ::core::option::Option<&mut #bar_type>));
            if let Some(var) = reverse.bars[k] {
                body.name_var(var, &bar);
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
        let closure = if lowered.recursive {
            quote!(#root::private::Box::new(#closure))
        } else {
            closure
        };
        quote!(#items #tapes #primal let #bound = #value; (#bound, #closure))
    }

    /// The type in which a pullback is handed an argument again.
    fn again_type(&self, parameter: &Parameter) -> TokenStream {
        let _ = self;
        let base = &parameter.base;
        quote!(&#base)
    }

    fn jvp_body(&self, lowered: &Lowered, forward: &Forward, names: Names) -> TokenStream {
        let graph = &forward.graph;
        let root = &self.root;
        let mut body = self.declare(graph, names);
        let mut opening = TokenStream::new();
        for (k, parameter) in self.parameters().iter().enumerate() {
            let dot = format_ident!("{}_dot", parameter.name);
            let bar_type = parameter.bar_type(root);
            let name = &parameter.name;
            let local = body.names.fresh(&dot.to_string());
            match forward.dots[k] {
                Some(Slot::Scalar(v)) => {
                    opening.extend(quote!(let #local: #bar_type = #dot.map_or(0.0, |dot| *dot);));
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
                        quote!(or_zeros)
                    } else {
                        quote!(or_zero_ref)
                    };
                    let found = quote!(#root::private::#find(#dot, #like, &mut #absent));
                    let found = if graph.var(var).storage == Storage::RefMut {
                        quote!(let #local: &mut #bar_type = &mut #root::private::copy(#found);)
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
        let (value, tangent) = (
            result(&body, &lowered.output, values),
            result(&body, &lowered.output, tangents),
        );
        let items = self.prelude(lowered);
        quote!(#items #opening #tapes #statements (#value, #tangent))
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
                unused_variables, unused_mut, unused_assignments, unused_parens, unused_braces, unused_imports, dead_code,
                unreachable_code, non_snake_case, clippy::all, clippy::pedantic, clippy::restriction
            )]
        }
    }

    fn cfgs(&self) -> TokenStream {
        self.attrs
            .iter()
            .filter(|a| a.path().is_ident("cfg"))
            .map(ToTokens::to_token_stream)
            .collect()
    }

    fn companion(&self, bodies: &Bodies, recursive: bool) -> TokenStream {
        let (root, vis, ident, allows, cfgs) = (
            &self.root,
            self.vis,
            &self.sig.ident,
            self.allows(),
            self.cfgs(),
        );
        let where_clause = &self.sig.generics.where_clause;
        let mut generics = self.sig.generics.clone();
        generics.where_clause = None;
        generics.params.push(syn::parse_quote!(const M: u64));
        let kept: Vec<_> = self
            .signature
            .consts
            .iter()
            .map(ToTokens::to_token_stream)
            .chain([quote!(M)])
            .collect();
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
        let name = |mode: &str| match self.home {
            Home::Module => Ident::new(mode, Span::call_site()),
            Home::Impl => sibling(mode, &self.name(), Span::call_site()),
        };
        let vjp = bodies.vjp.as_ref().map(|body| {
            let name = name("vjp");
            let pull = quote!(FnOnce(#tangent, #(#again,)* #(::core::option::Option<&mut #bars>),*));
            let pull = if recursive { quote!(#root::private::Box<dyn #pull>) } else { quote!(impl #pull + use<#(#kept),*>) };
            quote! {
                /// The value and the pullback; called by the derivatives of callers.
                #[doc(hidden)] #[inline] #[must_use] #allows
                #vis fn #name #generics(#(#inputs,)* _: #root::private::Wrt<M>) -> (#output, #pull) #where_clause { #body }
            }
        });
        let jvp = bodies.jvp.as_ref().map(|body| {
            let name = name("jvp");
            let dots = self.parameters().iter().map(|p| format_ident!("{}_dot", p.name));
            quote! {
                /// The value and its tangent; called by the derivatives of callers.
                #[doc(hidden)] #[inline] #[must_use] #allows
                #vis fn #name #generics(#(#inputs,)* _: #root::private::Wrt<M>, #(#dots: ::core::option::Option<&#bars>),*)
                    -> (#output, #tangent) #where_clause { #body }
            }
        });
        match self.home {
            Home::Impl => quote!(#cfgs #vjp #cfgs #jvp),
            Home::Module => {
                let doc = format!(
                    "Derivatives of [`fn@{}`], found by whatever path finds the function.",
                    self.name()
                );
                quote! {
                    #[doc = #doc] #[doc(hidden)] #[allow(non_camel_case_types)] #cfgs
                    #vis struct #ident {}
                    #cfgs
                    impl #ident { #vjp #jvp }
                }
            }
        }
    }

    /// A parameter in a signature.
    fn input(&self, parameter: &Parameter, with_mut: bool) -> TokenStream {
        let _ = self;
        let name = &parameter.name;
        let mutable = (with_mut && parameter.mutable && parameter.passing == Passing::Value)
            .then(|| quote!(mut));
        if parameter.is_receiver {
            return match parameter.passing {
                Passing::Value => quote!(#mutable self),
                Passing::Ref => quote!(&self),
                Passing::RefMut => quote!(&mut self),
            };
        }
        let ty = &parameter.written;
        quote!(#mutable #name: #ty)
    }

    /// The gradient's parts, joined: bare when there is one.
    fn joined(parts: &[TokenStream]) -> TokenStream {
        match parts {
            [one] => one.clone(),
            many => quote!((#(#many),*)),
        }
    }

    fn call(&self, mode: &str, args: &[TokenStream], rest: &TokenStream) -> TokenStream {
        let (root, mask) = (&self.root, u64::MAX);
        let wrt = quote!(#root::private::Wrt::<#mask>);
        match self.home {
            Home::Module => {
                let (ident, mode) = (&self.sig.ident, Ident::new(mode, Span::call_site()));
                quote!(#ident::#mode(#(#args,)* #wrt, #rest))
            }
            Home::Impl => {
                let name = sibling(mode, &self.name(), Span::call_site());
                quote!(Self::#name(#(#args,)* #wrt, #rest))
            }
        }
    }

    /// Arguments for a call that must leave them usable.
    fn kept_args(&self) -> Vec<TokenStream> {
        let root = &self.root;
        let arg = |p: &Parameter| {
            let name = &p.name;
            if p.passing == Passing::Value && !p.ty.is_scalar() {
                quote!(#root::private::duplicate(&#name))
            } else {
                quote!(#name)
            }
        };
        self.parameters().iter().map(arg).collect()
    }

    /// The arguments as a pullback wants them again.
    fn references(&self) -> Vec<TokenStream> {
        let reference = |p: &Parameter| {
            let name = &p.name;
            if p.passing == Passing::Value {
                quote!(&#name)
            } else {
                quote!(#name)
            }
        };
        self.parameters().iter().map(reference).collect()
    }

    /// Where cotangents go: a name for each differentiated parameter.
    fn bar_name(parameter: &Parameter) -> Ident {
        format_ident!("{}_bar", parameter.name)
    }

    fn zeros(&self) -> TokenStream {
        let root = &self.root;
        let references = self.references();
        self.parameters()
            .iter()
            .zip(references)
            .filter(|(p, _)| p.wrt)
            .map(|(p, reference)| {
                let bar = Self::bar_name(p);
                quote!(let mut #bar = #root::private::zero_like(#reference);)
            })
            .collect()
    }

    fn public_items(&self, bodies: &Bodies, stub: bool) -> TokenStream {
        let mut items = TokenStream::new();
        if self.modes.reverse() && (bodies.vjp.is_some() || stub) {
            items.extend(self.vjp_item(stub));
            if self.signature.returns_float() {
                items.extend(self.gradient_items(stub));
            }
        }
        if self.modes.forward() && (bodies.jvp.is_some() || stub) {
            items.extend(self.jvp_item(stub));
        }
        items
    }

    /// A generated function: its attributes, and a diverging body for a stub.
    fn function(
        &self,
        doc: &str,
        head: &TokenStream,
        body: &TokenStream,
        stub: bool,
    ) -> TokenStream {
        let (vis, allows, cfgs) = (self.vis, self.allows(), self.cfgs());
        let body = if stub { not_generated() } else { body.clone() };
        quote!(#[doc = #doc] #cfgs #[inline] #[must_use] #allows #vis #head { #body })
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

    fn gradient_items(&self, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let (generics, where_clause) = (bare(&self.sig.generics), &self.sig.generics.where_clause);
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
            Home::Impl => quote!(Self::#ident),
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
        let call = own(&accumulate);
        let (zeros, parts) = (
            self.zeros(),
            Self::joined(
                &bars
                    .iter()
                    .map(ToTokens::to_token_stream)
                    .collect::<Vec<_>>(),
            ),
        );
        let value_item = self.function(
            &format!("The value of `{name}` and its gradient by {by}."),
            &quote!(fn #value_and_grad #generics(#(#inputs),*) -> (#output, #gradient) #where_clause),
            &quote!(#zeros let value = #call(#(#plain,)* 1.0, #(&mut #bars),*); (value, #parts)),
            stub,
        );
        let checks = active.iter().zip(&bars).map(|(p, bar)| {
            let (text, name) = (bar.to_string(), &p.name);
            let reference = if p.passing == Passing::Value {
                quote!(&#name)
            } else {
                quote!(#name)
            };
            if p.is_sequence() {
                quote!(#root::private::check_len(#text, #name.len(), #bar.len());)
            } else {
                quote!(#root::private::check_shape(#text, #reference, &*#bar);)
            }
        });
        let checks: TokenStream = checks.collect();
        let kept = self.kept_args();
        let call = self.call("vjp", &kept, &TokenStream::new());
        let references = self.references();
        let places = self.parameters().iter().map(|p| {
            let bar = Self::bar_name(p);
            if p.wrt {
                quote!(::core::option::Option::Some(#bar))
            } else {
                quote!(::core::option::Option::None)
            }
        });
        let (value, pull, seed) = (self.free("value"), self.free("pull"), self.free("seed"));
        let accumulate_item = self.function(
            &format!(
                "Adds `seed` times the gradient of `{name}` by {by} into the buffers; returns the value.\n\n# Panics\n\nIf a buffer's length is not its parameter's; the message has both."
            ),
            &quote!(fn #accumulate #generics(#(#inputs,)* #seed: #output, #(#bars: &mut #bar_types),*) -> #output #where_clause),
            &quote!(#checks let (#value, #pull) = #call; #pull(#seed, #(#references,)* #(#places),*); #value),
            stub,
        );
        quote!(#grad_item #value_item #accumulate_item)
    }

    fn vjp_item(&self, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let (output, tangent) = (&self.signature.output_type, self.output_tangent());
        let mut generics = bare(&self.sig.generics);
        generics.params.insert(0, syn::parse_quote!('grad));
        let kept: Vec<_> = self
            .sig
            .generics
            .lifetimes()
            .map(|l| l.lifetime.to_token_stream())
            .chain(self.signature.consts.iter().map(ToTokens::to_token_stream))
            .collect();
        let inputs: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.borrowed_input(p))
            .collect();
        let active: Vec<&Parameter> = self.parameters().iter().filter(|p| p.wrt).collect();
        let gradient = Self::joined(
            &active
                .iter()
                .map(|p| p.tangent_type(root))
                .collect::<Vec<_>>(),
        );
        let bars: Vec<_> = active
            .iter()
            .map(|p| Self::bar_name(p).to_token_stream())
            .collect();
        let parts = Self::joined(&bars);
        let (args, references, zeros) = (self.kept_args(), self.references(), self.zeros());
        let call = self.call("vjp", &args, &TokenStream::new());
        let places = self.parameters().iter().map(|p| {
            let bar = Self::bar_name(p);
            if p.wrt {
                quote!(::core::option::Option::Some(&mut #bar))
            } else {
                quote!(::core::option::Option::None)
            }
        });
        let vjp = format_ident!("vjp_{name}");
        let where_clause = &self.sig.generics.where_clause;
        let pull = quote!(impl FnOnce(#tangent) -> #gradient + use<'grad, #(#kept),*>);
        let (value, run, seed) = (self.free("value"), self.free("pull"), self.free("seed"));
        let body = quote! {
            let (#value, #run) = #call;
            (#value, move |#seed: #tangent| { #zeros #run(#seed, #(#references,)* #(#places),*); #parts })
        };
        let doc = format!(
            "The value of `{name}` and its pullback, which takes the cotangent of the result to the cotangents of the parameters (reverse mode)."
        );
        if stub {
            let boxed = quote!(fn #vjp #generics(#(#inputs),*) -> (#output, #root::private::Box<dyn FnOnce(#tangent) -> #gradient>) #where_clause);
            return self.function(&doc, &boxed, &body, stub);
        }
        self.function(
            &doc,
            &quote!(fn #vjp #generics(#(#inputs),*) -> (#output, #pull) #where_clause),
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
                Passing::RefMut => quote!(&'grad mut self),
            };
        }
        let _ = self;
        let (name, mut ty) = (&parameter.name, parameter.written.clone());
        name_lifetimes(&mut ty);
        quote!(#name: #ty)
    }

    fn jvp_item(&self, stub: bool) -> TokenStream {
        let (root, name) = (&self.root, self.name());
        let (output, tangent) = (&self.signature.output_type, self.output_tangent());
        let generics = bare(&self.sig.generics);
        let where_clause = &self.sig.generics.where_clause;
        let inputs: Vec<_> = self
            .parameters()
            .iter()
            .map(|p| self.input(p, false))
            .collect();
        let active = self.parameters().iter().filter(|p| p.wrt);
        let dots = active.clone().map(|p| {
            let (dot, ty) = (format_ident!("{}_dot", p.name), p.dot_type(root));
            quote!(#dot: #ty)
        });
        let checks: TokenStream = active
            .map(|p| {
                let (dot, name) = (format_ident!("{}_dot", p.name), &p.name);
                let text = dot.to_string();
                let by_ref = p.is_sequence() || p.passing == Passing::Ref;
                let (dot, like) = (
                    if by_ref { quote!(#dot) } else { quote!(&#dot) },
                    if p.passing == Passing::Value {
                        quote!(&#name)
                    } else {
                        quote!(#name)
                    },
                );
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
            let dot = format_ident!("{}_dot", p.name);
            match (p.wrt, p.is_sequence() || p.passing == Passing::Ref) {
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
        self.function(&doc, &head, &quote!(#checks #call), stub)
    }
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
fn bare(generics: &syn::Generics) -> syn::Generics {
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

/// The result in its shape.
fn result(body: &Body, output: &Output, values: &[Value]) -> TokenStream {
    shaped(body, output, &mut values.iter().copied())
}

fn shaped(body: &Body, output: &Output, values: &mut impl Iterator<Item = Value>) -> TokenStream {
    match output {
        Output::Unit => quote!(()),
        Output::Leaf => values.next().map(|v| body.value(v)).unwrap_or_default(),
        Output::Tuple(parts) => {
            let parts: Vec<_> = parts
                .iter()
                .map(|part| shaped(body, part, values))
                .collect();
            quote!((#(#parts,)*))
        }
    }
}

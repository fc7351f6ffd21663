//! The items that are generated for a function, real ones and stubs alike.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{Attribute, Generics, Type, Visibility};

use super::cost;
use super::dynamic::Inside;
use super::names::Names;
use crate::ir::Assumed;
use crate::options::Modes;
use crate::signature::bounds::is_unnamed;
use crate::signature::{Signature, Wanted};
use crate::stages::{Forward, ForwardLanes, Gradient, Linear, Lowered, Reverse, Tangents};

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
pub(super) struct Bodies {
    pub(super) vjp: Option<TokenStream>,
    pub(super) jvp: Option<TokenStream>,
    pub(super) lanes: Option<TokenStream>,
    pub(super) linear: Option<TokenStream>,
    pub(super) gradient: Option<TokenStream>,
    pub(super) rewrites: Option<TokenStream>,
    /// What is kept for the way back, in words: by `grad_f`, and by the pullback.
    pub(super) kept: [Option<String>; 2],
}

/// The hidden name of a derivative beside a method.
pub(super) fn sibling(mode: &str, name: &str, span: Span) -> Ident {
    Ident::new(
        &format!("__grad_{mode}_{}", name.trim_start_matches("r#")),
        span,
    )
}

/// What the derivative in a mode is called: that of a function that returns one has the arguments of
/// both, so that it is not taken for one of its value.
pub(super) fn in_mode(mode: &str, applied: bool) -> String {
    if applied {
        format!("applied_{mode}")
    } else {
        mode.to_owned()
    }
}

/// The hidden name of a derivative that takes `self` as the method does.
pub(super) fn own_sibling(mode: &str, name: &str, span: Span) -> Ident {
    sibling(&format!("own_{mode}"), name, span)
}

/// The differentiated graphs.
#[derive(Default)]
pub(crate) struct Graphs {
    pub(crate) forward: Option<Forward>,
    /// Forward in several directions at once.
    pub(crate) lanes: Option<ForwardLanes>,
    /// The same, for values that are kept.
    pub(crate) linear: Option<Linear>,
    pub(crate) reverse: Option<Reverse>,
    pub(crate) gradient: Option<Gradient>,
    /// The parameters whose content at entry does not matter, if what is assumed holds.
    pub(crate) rewritten: Vec<(usize, Vec<Assumed>)>,
}

/// The bodies of the derivatives alone: of reverse and of forward mode.
pub(crate) fn bodies(
    derived: &Derived,
    lowered: &Lowered,
    graphs: &Graphs,
    avoid: &TokenStream,
) -> (Option<TokenStream>, Option<TokenStream>) {
    let names = Names::avoiding(avoid);
    let reverse = graphs.reverse.as_ref();
    let forward = graphs.forward.as_ref();
    (
        reverse.map(|reverse| derived.vjp_body(lowered, reverse, names.clone())),
        forward.map(|forward| derived.push_body(lowered, forward, Tangents::One, names.clone())),
    )
}

/// Every generated item.
pub(crate) fn emit(
    derived: &Derived,
    lowered: &Lowered,
    graphs: &Graphs,
    avoid: &TokenStream,
) -> TokenStream {
    let names = Names::avoiding(avoid);
    let push =
        |forward: &Forward, tangents| derived.push_body(lowered, forward, tangents, names.clone());
    let bodies = Bodies {
        vjp: (graphs.reverse.as_ref())
            .map(|reverse| derived.vjp_body(lowered, reverse, names.clone())),
        jvp: (graphs.forward.as_ref()).map(|forward| push(forward, Tangents::One)),
        lanes: (graphs.lanes.as_ref()).map(|lanes| derived.lanes_body(lowered, lanes, &names)),
        linear: (graphs.linear.as_ref())
            .map(|linear| derived.linear_body(lowered, linear, names.clone())),
        gradient: graphs.gradient.as_ref().map(|gradient| {
            derived.gradient_body(lowered, gradient, &names, &derived.free("seed"))
        }),
        rewrites: derived.rewrites_item(&graphs.rewritten),
        kept: [
            (graphs.gradient.as_ref()).map(|gradient| cost::of_gradient(lowered, gradient)),
            (graphs.reverse.as_ref()).map(|reverse| cost::of_pullback(lowered, reverse)),
        ],
    };
    if derived.signature.is_given_functions() {
        return derived.given_items(&bodies, lowered.recursive);
    }
    if derived.signature.applied || derived.signature.wanted == Wanted::ByCallers {
        return derived.companion(&bodies, lowered.recursive);
    }
    if matches!(derived.home, Home::Trait | Home::TraitImpl | Home::Rule) {
        let companion = derived.companion(&bodies, lowered.recursive);
        let objects = (derived.home == Home::TraitImpl && derived.is_dynamic())
            .then(|| derived.dynamic_items(&Inside::Siblings, false));
        return quote!(#companion #objects);
    }
    let items = derived.items(&bodies, lowered.recursive);
    let data = super::graph::data(lowered, &derived.name(), &derived.root);
    let graph = derived.graph_item(&data, false);
    quote!(#items #graph)
}

/// The body that a call's mask chooses: the compiler sees it and drops the others.
pub(super) fn by_mask(lanes: &ForwardLanes, body: impl Fn(&Forward) -> TokenStream) -> TokenStream {
    let all = body(&lanes.all);
    if lanes.some.is_empty() {
        return all;
    }
    let wrt = lanes.wrt;
    let some = lanes.some.iter().map(|(mask, forward)| {
        let body = body(forward);
        quote!(#mask => { #body })
    });
    quote!(match __GRAD_M & #wrt { #(#some)* _ => { #all } })
}

/// The same items with bodies that diverge: after an error, calls of them are no further errors.
/// Type parameters are taken to be differentiable, as the error may be that they are not.
pub(crate) fn stubs(derived: &Derived) -> TokenStream {
    // What they would give cannot be named.
    if derived.signature.gives_references() || is_unnamed(&derived.signature.output_type) {
        return TokenStream::new();
    }
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
        linear: (derived.lanes.filter(|_| derived.has_linear())).map(|_| body.clone()),
        gradient: Some(body),
        ..Bodies::default()
    };
    // A pullback cannot name a type the user did not.
    let named = !sig.inputs.iter().any(|input| {
        matches!(input, syn::FnArg::Typed(typed) if matches!(*typed.ty, Type::ImplTrait(_)))
    });
    let companion = named.then(|| derived.companion(&bodies, true));
    // What is written on the siblings stands in a trait already.
    if matches!(derived.home, Home::Trait | Home::TraitImpl | Home::Rule) {
        let objects = (derived.home == Home::TraitImpl && derived.is_dynamic())
            .then(|| derived.dynamic_items(&Inside::Siblings, false));
        return quote!(#companion #objects);
    }
    if derived.signature.applied {
        return quote!(#companion);
    }
    let public = derived.public_items(&bodies, true);
    let graph = derived.graph_item(&TokenStream::new(), true);
    quote!(#companion #public #graph)
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
    pub(super) fn items(&self, bodies: &Bodies, recursive: bool) -> TokenStream {
        let companion = self.companion(bodies, recursive);
        let public = self.public_items(bodies, false);
        quote!(#companion #public)
    }
}

/// The body of a stub.
pub(super) fn not_generated() -> TokenStream {
    quote!(::core::panic!("not generated: the function has errors"))
}

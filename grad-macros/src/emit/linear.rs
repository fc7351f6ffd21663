//! The value once, and a push that takes tangents through the function as often as they come.
//!
//! ```text
//! fn lanes_once(args.., Wrt<M>, Directions<L>) -> (R, impl Fn(&arg.., Option<&dot>..) -> LanesOf<R, L>) {
//!     let mut tape = Tape::new();
//!     .. tape.push((value, push)); ..
//!     (value, move |arg.., dot..| { let mut tape = tape.replay(); .. })
//! }
//! ```

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::bodies::result;
use super::body::Body;
use super::items::{Derived, Home, by_mask, sibling};
use super::names::Names;
use super::signatures::bare;
use crate::ir::{Arg, Call, Graph, Kind, Site, Slot, Storage, Ty, Value, Var, appending};
use crate::signature::Passing;
use crate::stages::{Forward, Linear, Lowered, Tangents};

/// What a push is handed of the run that computed the values, by the names of it.
struct Handed<'a> {
    tapes: &'a [(Var, &'a Ident)],
    /// Which elements of the result are wanted.
    wanted: &'a Ident,
    /// The marks of what is read, by the tapes of the calls that gave it.
    marks: &'a HashMap<Var, TokenStream>,
}

impl Derived<'_> {
    /// Whether there is a push: not of a rule, nor where what is handed in changes.
    pub(super) fn has_linear(&self) -> bool {
        let changed = |p: &crate::signature::Parameter| p.passing == Passing::RefMut;
        matches!(self.home, Home::Module | Home::Impl) && !self.parameters().iter().any(changed)
    }

    pub(super) fn linear_body(
        &self,
        lowered: &Lowered,
        linear: &Linear,
        names: Names,
    ) -> TokenStream {
        let graph = &linear.primal;
        let mut body = self.declare(graph, names);
        body.linear = Some(self.lane_count());
        let tapes = body.tapes();
        let primal = body.statements(graph.body);
        let yields = &graph.block(graph.body).yields;
        let value = result(&body, &lowered.output, yields, &HashSet::new());
        let bound = body.names.fresh("value");
        let tape_names: Vec<_> = linear
            .tapes
            .iter()
            .map(|tape| body.variable(*tape))
            .collect();
        let readers: Vec<Ident> = tape_names
            .iter()
            .map(|_| body.names.fresh("kept"))
            .collect();
        let tapes_read: Vec<(Var, &Ident)> = linear.tapes.iter().copied().zip(&readers).collect();
        let marks = linear.wanted.iter();
        let marks: HashMap<_, _> = marks
            .map(|(tape, var)| (*tape, body.variable(*var)))
            .collect();
        let wanted = body.names.fresh("wanted");
        let names = body.names.clone();
        let pushed = by_mask(&linear.lanes, |forward| {
            let handed = Handed {
                tapes: &tapes_read,
                wanted: &wanted,
                marks: &marks,
            };
            self.push_again(lowered, forward, handed, names.clone())
        });
        let root = &self.root;
        let inputs = self.parameters().iter().map(|p| {
            let (name, ty) = (self.again(p), self.again_type(p));
            quote!(#name: #ty)
        });
        let dots = self.parameters().iter().map(|p| {
            let (dot, ty) = (&p.dot, self.dot_type(p, Tangents::Lanes));
            quote!(#dot: ::core::option::Option<&#ty>)
        });
        let closure = quote! {
            move |#(#inputs,)* #(#dots,)* #wanted: #root::private::Wanted<'_>| {
                #(let mut #readers = #tape_names.replay();)*
                #pushed
            }
        };
        let closure = self.boxed(closure, lowered);
        let code = quote!(#tapes #primal let #bound = #value; (#bound, #closure));
        self.scoped(lowered, graph, &code)
    }

    /// The tangents of the result.
    fn push_again(
        &self,
        lowered: &Lowered,
        forward: &Forward,
        Handed {
            tapes,
            wanted,
            marks,
        }: Handed<'_>,
        names: Names,
    ) -> TokenStream {
        let (root, graph) = (&self.root, &forward.graph);
        let mut body = self.declare(graph, names);
        body.forward = true;
        body.push_lanes(&self.lane_count(), &forward.dots);
        if let Some(lanes) = &mut body.lanes {
            lanes.wanted = Some(wanted.clone());
            lanes.wanted_of = marks.clone();
        }
        for (tape, reader) in tapes {
            body.name_var(*tape, reader);
        }
        let mut opening = TokenStream::new();
        for (param, parameter) in graph.params.iter().zip(self.parameters()) {
            let name = self.again(parameter);
            match param.slot {
                Slot::Scalar(v) if parameter.passing == Passing::Ref => {
                    body.spell_value(v, quote!((*#name)));
                }
                Slot::Scalar(_) => opening.extend(quote!(let #name = *#name;)),
                // The function may change or use up what it owns.
                Slot::Memory(var) if graph.var(var).storage == Storage::Owned => {
                    opening.extend(quote! {
                        let mut #name = (&&#root::private::Copier(#name)).replicate();
                    });
                    body.name_var(var, &name);
                }
                Slot::Memory(var) => body.name_var(var, &name),
            }
        }
        opening.extend(self.dots_opening(&mut body, forward, Tangents::Lanes, |p| self.again(p)));
        let statements = body.statements(graph.body);
        let yields = &graph.block(graph.body).yields;
        let tangent = if self.returns_nothing() {
            quote!(#root::private::unit_tangent())
        } else {
            result(&body, &lowered.output, yields, &HashSet::new())
        };
        quote!(#opening #statements #tangent)
    }

    /// `lanes_once` as a function of the companion.
    pub(super) fn linear_member(&self, body: &TokenStream, recursive: bool) -> TokenStream {
        let (root, vis, allows) = (&self.root, self.vis, self.allows());
        let (count, where_clause) = (self.lane_count(), self.where_clause());
        let mut generics = bare(&self.sig.generics);
        generics.params.push(syn::parse_quote!(const __GRAD_M: u64));
        generics.params.push(syn::parse_quote!(const #count: usize));
        let mut kept = self.captured();
        kept.extend([quote!(__GRAD_M), quote!(#count)]);
        let inputs = self.parameters().iter().map(|p| self.input(p, true));
        let again = self.parameters().iter().map(|p| self.again_type(p));
        let dots = (self.parameters().iter()).map(|p| self.dot_type(p, Tangents::Lanes));
        let (output, tangent) = (
            &self.signature.output_type,
            self.result_tangent(Tangents::Lanes),
        );
        let push = quote! {
            Fn(#(#again,)* #(::core::option::Option<&#dots>,)* #root::private::Wanted<'_>) -> #tangent
        };
        let push = if recursive {
            quote!(#root::private::Box<dyn #push>)
        } else {
            let capturing = self.capturing(&kept);
            quote!(impl #push + #capturing)
        };
        let name = match self.home {
            Home::Module => Ident::new("lanes_once", Span::call_site()),
            _ => sibling("lanes_once", &self.name(), Span::call_site()),
        };
        quote! {
            /// The value, and what pushes tangents; called by the derivatives of callers.
            #[doc(hidden)] #[inline] #[must_use] #allows
            #vis fn #name #generics(
                #(#inputs,)* _: #root::private::Wrt<__GRAD_M>, _: #root::private::Directions<#count>,
            ) -> (#output, #push) #where_clause { #body }
        }
    }
}

impl Body<'_> {
    /// A value that was kept, copied where it is read, and the push beside it.
    pub(super) fn replay(&mut self, site: &Site, tape: Var) -> TokenStream {
        let (root, reader) = (self.root.clone(), self.variable(tape));
        let [value, push] = site.results.as_slice() else {
            return TokenStream::new();
        };
        let (kept, push) = (self.fresh(*value, "kept"), self.fresh(*push, "push"));
        let in_place = super::replayed::read_in_place(self, *value);
        self.refs.extend(in_place);
        let copy = if in_place.is_some() {
            quote!(#kept)
        } else if self.graph.ty(*value).is_scalar() {
            quote!(*#kept)
        } else {
            quote!((&&#root::private::Copier(#kept)).replicate())
        };
        let copy = self
            .reads
            .contains_key(value)
            .then(|| quote!(let #kept = #copy;));
        quote!(let (#kept, #push) = #root::private::replayed(&mut #reader); #copy)
    }

    /// Pushes tangents through a call.
    pub(super) fn call_push(&self, site: &Site, call: &Call, dots: &[Option<Arg>]) -> TokenStream {
        let push = self.value(site.operands[0]);
        let args = (0..call.args.len()).map(|k| self.handed_again(call, k, site.span));
        let dots = dots.iter().enumerate();
        let dots = dots.map(|(k, dot)| self.dot(call, k, dot.as_ref(), site.span));
        let wanted = self.wanted_of(site.operands[0]);
        quote!(#push(#(#args,)* #(#dots,)* #wanted))
    }
    /// Which elements are wanted of what a call gives, by its push.
    fn wanted_of(&self, push: Value) -> TokenStream {
        let root = &self.root;
        let lanes = self.lanes.as_ref();
        let marks = self.graph.def(push).and_then(|site| match &site.kind {
            Kind::Replay(tape) => lanes?.wanted_of.get(tape),
            _ => None,
        });
        match marks {
            Some(marks) => quote!(#marks.wanted()),
            None => quote!(#root::private::Wanted::ALL),
        }
    }

    /// Where the iteration of a push makes an element that nobody wants, it is passed over.
    pub(super) fn passing_over(&self, site: &Site) -> TokenStream {
        let lanes = self.lanes.as_ref();
        let Some((wanted, count)) = lanes.and_then(|it| Some((it.wanted.as_ref()?, &it.count)))
        else {
            return TokenStream::new();
        };
        let Some(found) = appending(self.graph, site) else {
            return TokenStream::new();
        };
        let (root, dots) = (&self.root, self.variable(found.dots));
        let tapes = found.tapes.iter().map(|tape| self.variable(*tape));
        quote! {
            if #root::private::passed_over::<#count, _>(#wanted, &mut #dots) {
                #(#tapes.next();)*
                continue;
            }
        }
    }
}

/// Whether a tape holds marks of what is read.
pub(super) fn is_marks(graph: &Graph, tape: Var) -> bool {
    graph.var(tape).ty == Ty::Bool
}

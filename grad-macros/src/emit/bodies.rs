//! Bodies of the derivatives: the graph of either mode between what is handed in and what is given back.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use super::body::Body;
use super::items::Derived;
use super::names::Names;
use crate::ir::Output;
use crate::ir::{Kind, Slot, Storage, Value};
use crate::signature::functions::OfClosure;
use crate::signature::{Parameter, Passing, Place};
use crate::stages::{Forward, Lowered, Reverse, Tangents};

impl Derived<'_> {
    pub(super) fn prelude(&self, lowered: &Lowered) -> TokenStream {
        let _ = self;
        lowered.items.iter().cloned().collect()
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
        let sites = graph.sites_within(pull).into_iter();
        let read: HashSet<Value> = sites.flat_map(|id| graph.site(id).reads()).collect();
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
            let ty = self.fresh(self.again_type(parameter));
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
            let bar_type = self.fresh(parameter.bar_type(root));
            let hint = format!("{}_bar", parameter.name);
            let bar = body.names.fresh(&hint);
            bars.push(quote!(#bar: ::core::option::Option<&mut #bar_type>));
            if let Some(var) = reverse.bars[k] {
                body.name_var(var, &bar);
                if parameter.function.is_some() {
                    continue;
                }
                if written {
                    let (before, inside) = self.written_bar(&mut body, parameter, k, &bar);
                    closing.extend(before);
                    opening.extend(inside);
                    continue;
                }
                let wanted = body.names.fresh(&format!("{bar}_wanted"));
                opening.extend(quote!(let #wanted = #bar.is_some();));
                body.guard(var, wanted);
                if parameter.is_sequence() && only_added(graph, pull, var) {
                    opening.extend(quote!(let #bar: &mut #bar_type = #bar.unwrap_or_default();));
                } else {
                    let is_number = matches!(param.slot, Slot::Scalar(_));
                    opening.extend(self.read_bar(&mut body, parameter, is_number, &bar));
                }
            }
        }
        let statements = body.statements(pull);
        let reuse = body.give_back(graph.body, pull);
        let tangent = self.fresh(self.output_tangent());
        let closure =
            quote!(move |#seed: #tangent, #(#inputs,)* #(#bars),*| { #opening #statements #reuse });
        let closure = self.boxed(closure, lowered);
        let code =
            quote!(#witnesses #tapes #primal let #bound = #value; #closing (#bound, #closure));
        self.scoped(lowered, graph, &code)
    }

    /// The body as it stands; the functions it is given are those of a mode.
    pub(super) fn plain_body(&self, lowered: &Lowered, forward: bool, names: Names) -> TokenStream {
        let graph = &lowered.graph;
        let mut body = self.declare(graph, names);
        body.forward = forward;
        let statements = body.statements(graph.body);
        let yields = &graph.block(graph.body).yields;
        let value = result(&body, &lowered.output, yields, &HashSet::new());
        let (items, traits) = (self.prelude(lowered), self.traits_of(graph));
        quote!(#traits #items #statements #value)
    }

    /// The pullback of a recursive function has a type that can be named.
    pub(super) fn boxed(&self, closure: TokenStream, lowered: &Lowered) -> TokenStream {
        let root = &self.root;
        if lowered.recursive {
            quote!(#root::private::Box::new(#closure))
        } else {
            closure
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
        if tangents == Tangents::Lanes {
            body.push_lanes(&count, &forward.dots);
        }
        let opening = self.dots_opening(&mut body, forward, tangents, |p| p.name.clone());
        let tapes = body.tapes();
        let statements = body.statements(graph.body);
        let yields = &graph.block(graph.body).yields;
        let (values, tangents) = yields.split_at(yields.len() / 2);
        let none = HashSet::new();
        let value = result(&body, &lowered.output, values, &none);
        let tangent = if lowered.output == Output::Never {
            value.clone()
        } else if self.returns_nothing() || matches!(lowered.output, Output::Unit) {
            quote!(#root::private::unit_tangent())
        } else {
            result(&body, &lowered.output, tangents, &none)
        };
        let code = quote!(#opening #tapes #statements (#value, #tangent));
        self.scoped(lowered, graph, &code)
    }

    /// Gives every parameter's tangent its name: what was handed in, or zero. `called` says what the
    /// parameters are called there.
    pub(super) fn dots_opening(
        &self,
        body: &mut Body,
        forward: &Forward,
        tangents: Tangents,
        called: impl Fn(&Parameter) -> Ident,
    ) -> TokenStream {
        let (root, graph, count) = (&self.root, &forward.graph, self.lane_count());
        let in_lanes = tangents == Tangents::Lanes;
        // A function of the runtime's, and the one that does the same in lanes.
        let helper = |one: &str, lanes: &str, inferred: usize| {
            let name = Ident::new(if in_lanes { lanes } else { one }, Span::call_site());
            let inferred = std::iter::repeat_n(quote!(_), inferred);
            let generics = in_lanes.then(|| quote!(::<#count, #(#inferred),*>));
            quote!(#root::private::#name #generics)
        };
        let mut opening = TokenStream::new();
        for (k, parameter) in self.parameters().iter().enumerate() {
            if parameter.function.is_some() {
                continue;
            }
            let dot = parameter.dot.clone();
            let bar_type = self.dot_type(parameter, tangents);
            let name = called(parameter);
            let local = body.names.fresh(&dot.to_string());
            match forward.dots[k] {
                Some(Slot::Memory(var)) if parameter.passing == Passing::RefMut => {
                    let absent = body.names.fresh("absent");
                    if parameter.of_closure == Some(OfClosure::Captured) {
                        opening.extend(quote! {
                            let #local: &mut _ = #root::private::shared_bar(#root::private::witness(&*#name), #dot);
                        });
                        body.name_var(var, &local);
                        continue;
                    }
                    if parameter.of_closure.is_some() {
                        opening.extend(quote! {
                            let mut #absent = (&&#root::private::BarOf(&*#name)).kept();
                            let #local: &mut _ = #absent.or(#dot);
                        });
                        body.name_var(var, &local);
                        continue;
                    }
                    let zero = helper(super::bars::zero_of(parameter), "zero_lanes", 1);
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
                    } else if parameter.place == Place::OfReceiver {
                        helper("or_received_ref", "or_zero_lanes_ref", 1)
                    } else {
                        helper("or_zero_ref", "or_zero_lanes_ref", 1)
                    };
                    let found = if Self::is_open_input(parameter) && !in_lanes {
                        quote!((&&#root::private::BarOf((&&#root::private::Input(#like)).base())).dot_or_zero(#dot, &mut #absent))
                    } else {
                        quote!(#find(#dot, #like, &mut #absent))
                    };
                    let found = if graph.var(var).storage == Storage::RefMut {
                        quote!(let #local: &mut _ = &mut #root::private::owned(#found);)
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
        opening
    }
}

/// Whether the buffer is only added to, so that none is needed where nobody wants it.
pub(super) fn only_added(
    graph: &crate::ir::Graph,
    pull: crate::ir::Region,
    bar: crate::ir::Var,
) -> bool {
    graph
        .sites_within(pull)
        .into_iter()
        .map(|id| graph.site(id))
        .all(|site| {
            matches!(site.kind, Kind::Accumulate(_) | Kind::Pull { .. })
                || site.paths().iter().all(|path| path.root != bar)
        })
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

pub(super) fn shaped(
    body: &Body,
    output: &Output,
    values: &mut impl Iterator<Item = Value>,
    read: &HashSet<Value>,
) -> TokenStream {
    match output {
        Output::Unit => quote!(()),
        Output::Never => quote!(::core::unreachable!()),
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

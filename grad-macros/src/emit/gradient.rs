//! The body of `accumulate_grad_f`, where the cotangent of the result is given at the start.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::bodies::result;
use super::items::Derived;
use super::names::Names;
use crate::ir::Slot;
use crate::signature::Passing;
use crate::stages::{Gradient, Lowered, Reverse};

impl Derived<'_> {
    /// Value and gradient in one body; the parameters and their buffers have the names of the
    /// signature.
    pub(super) fn gradient_body(
        &self,
        lowered: &Lowered,
        gradient: &Gradient,
        names: &Names,
        seed: &Ident,
    ) -> TokenStream {
        let body = |reverse| self.gradient_of(lowered, reverse, names.clone(), seed);
        let always = body(&gradient.always);
        let body = match &gradient.trusting {
            None => always,
            Some((trusting, assumed)) => {
                let (holds, trusting) = (self.holds(assumed), body(trusting));
                quote!(if #holds { #trusting } else { #always })
            }
        };
        self.scoped(lowered, &gradient.always.graph, &body)
    }

    fn gradient_of(
        &self,
        lowered: &Lowered,
        gradient: &Reverse,
        mut names: Names,
        seed: &Ident,
    ) -> TokenStream {
        let graph = &gradient.graph;
        names.reserve(seed);
        for parameter in self.parameters() {
            names.reserve(&Self::bar_name(parameter));
        }
        let mut body = self.declare(graph, names);
        if let Some(Slot::Scalar(value)) = gradient.seed {
            body.name_value(value, seed);
        }
        let mut opening = TokenStream::new();
        for (bar, parameter) in gradient.bars.iter().zip(self.parameters()) {
            let (Some(var), name) = (bar, Self::bar_name(parameter)) else {
                continue;
            };
            body.name_var(*var, &name);
            if parameter.is_sequence() && parameter.passing != Passing::RefMut {
                // Equal lengths, said so that one bounds check serves both.
                let own = &parameter.name;
                opening.extend(quote!(let #name = &mut #name[..#own.len()];));
            }
        }
        let tapes = body.tapes();
        let statements = body.statements(graph.body);
        let read = HashSet::new();
        let value = result(
            &body,
            &lowered.output,
            &graph.block(graph.body).yields,
            &read,
        );
        let value = body.before_giving_back(value, graph.body);
        quote!(#opening #tapes #statements #value)
    }
}

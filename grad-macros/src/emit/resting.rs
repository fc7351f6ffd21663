//! Functions whose tangents turn out to be zero when they are called.
//!
//! Which arguments a call differentiates is known when it is compiled, and there is a body for each
//! choice of them. Of several directions at once most move little: in a product of two transforms the
//! one or the other rests, or both. A struct's tangent in lanes remembers that it is zero, so a
//! function that has more to do than to look at it takes the body for what moves:
//!
//! ```text
//! match M & 0b11 & !(resting(self_dot) as u64 | (resting(other_dot) as u64) << 1) {
//!     0 => { .. (value, zero_lanes(&value)) }
//!     1 => { .. other_dot does not exist .. }
//!     2 => { .. self_dot does not exist .. }
//!     _ => { .. }
//! }
//! ```

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::bodies::result;
use super::items::{Derived, by_mask};
use super::names::Names;
use crate::ir::{Graph, Kind, Output, Slot};
use crate::signature::Passing;
use crate::stages::{ForwardLanes, Lowered, Tangents};

/// How many operations without a loop are more than a look at the tangents.
const MUCH: usize = 64;

impl Derived<'_> {
    /// The body of `lanes`.
    pub(super) fn lanes_body(
        &self,
        lowered: &Lowered,
        lanes: &ForwardLanes,
        names: &Names,
    ) -> TokenStream {
        let body = |forward: &_| self.push_body(lowered, forward, Tangents::Lanes, names.clone());
        let resting = self.resting(lowered);
        if resting.is_empty() {
            return by_mask(lanes, body);
        }
        let (wrt, all) = (lanes.wrt, body(&lanes.all));
        let some = lanes.some.iter().map(|(mask, forward)| {
            let body = body(forward);
            quote!(#mask => { #body })
        });
        let none = self.at_rest(lowered, names.clone());
        quote! {
            match __GRAD_M & #wrt & !(#(#resting)|*) {
                0 => { #none }
                #(#some)*
                _ => { #all }
            }
        }
    }

    /// The bit of each parameter whose tangent may be known to be zero, where it is; of none if the
    /// function has little to do, gives nothing, or changes what it is given.
    fn resting(&self, lowered: &Lowered) -> Vec<TokenStream> {
        let gives =
            !self.returns_nothing() && matches!(lowered.output, Output::Leaf | Output::Tuple(_));
        let changes = self
            .parameters()
            .iter()
            .any(|p| p.passing == Passing::RefMut);
        if !gives || changes || !has_much_to_do(&lowered.graph) {
            return Vec::new();
        }
        let (root, count) = (&self.root, self.lane_count());
        let parameters = lowered
            .graph
            .params
            .iter()
            .zip(self.parameters())
            .enumerate();
        let asked = parameters.filter(|(_, (param, parameter))| {
            param.wrt && matches!(param.slot, Slot::Memory(_)) && !parameter.is_sequence()
        });
        let bits = asked.map(|(k, (_, parameter))| {
            let dot = &parameter.dot;
            quote!((#root::private::resting::<#count, _>(#dot) as u64) << #k)
        });
        bits.collect()
    }

    /// The value, and a tangent that is zero.
    fn at_rest(&self, lowered: &Lowered, names: Names) -> TokenStream {
        let (root, count, graph) = (&self.root, self.lane_count(), &lowered.graph);
        let mut body = self.declare(graph, names);
        let tapes = body.tapes();
        let statements = body.statements(graph.body);
        let yields = &graph.block(graph.body).yields;
        let value = result(&body, &lowered.output, yields, &HashSet::new());
        let bound = body.names.fresh("value");
        let (items, traits) = (self.prelude(lowered), self.traits_of(graph));
        quote! {
            #traits #items #tapes #statements
            let #bound = #value;
            let zero = #root::private::zero_lanes::<#count, _>(&#bound);
            (#bound, zero)
        }
    }
}

fn has_much_to_do(graph: &Graph) -> bool {
    let sites = graph.sites_within(graph.body);
    let mut kinds = sites.iter().map(|id| &graph.site(*id).kind);
    kinds.any(Kind::is_loop) || sites.len() > MUCH
}

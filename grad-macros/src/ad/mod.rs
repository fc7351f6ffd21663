//! Differentiation: graph to graph.
//!
//! [`activity`] finds what depends on a differentiated input and reaches the result; [`forward`] adds
//! the tangent of every active site beside it; [`vjp`] builds a pullback that walks the sites
//! backwards, and decides what of the primal sweep it keeps and what it computes again.
//! Derivatives are read off the operator table through [`crate::ir::term`]; no file here matches on an operator.

mod activity;
mod again_texts;
mod borrowed;
mod cut;
mod disguised;
mod errors;
mod escapes;
mod forward;
mod guard;
mod idle;
mod inert_views;
mod linear;
mod overwritten;
mod partial;
mod recompute;
mod residuals;
mod rewrites;
mod scratch;
mod sizes;
mod slopes;
mod subsets;
mod untouched;
mod vjp;
mod wanted;

use proc_macro2::Span;

pub(crate) use activity::{Activity, activity};
pub(crate) use disguised::{Check, disguises};
pub(crate) use forward::forward;
pub(crate) use linear::{drop_unread, linear};
pub(crate) use partial::keep_partial;
pub(crate) use rewrites::rewritten;
pub(crate) use subsets::{subsets, wrt_mask};
pub(crate) use untouched::{note_untouched, untouched};
pub(crate) use vjp::{Trust, carries, gradient, reverse};

use crate::ir::{Graph, Kind, Literal, Op, Region, Ty, Value, Wrt, row};

/// Appends a site with results of the given types.
fn push(
    graph: &mut Graph,
    region: Region,
    kind: Kind,
    operands: Vec<Value>,
    tys: Vec<Ty>,
    span: Span,
) -> Vec<Value> {
    let site = graph.new_site(kind, operands, Vec::new(), tys, span);
    graph.block_mut(region).sites.push(site);
    graph.site(site).results.clone()
}

fn push_one(
    graph: &mut Graph,
    region: Region,
    kind: Kind,
    operands: Vec<Value>,
    ty: Ty,
    span: Span,
) -> Value {
    push(graph, region, kind, operands, vec![ty], span)[0]
}

/// Zero as a tangent of `like`.
fn zero(graph: &mut Graph, region: Region, like: Value) -> Value {
    let ty = graph.ty(like).clone();
    let span = graph.value(like).span;
    match ty {
        Ty::Float(_) => push_one(graph, region, float("0.0"), Vec::new(), ty, span),
        // What stands for a value that is not there has no shape to ask for.
        ty if graph.literal(like) == Some(&Literal::Undefined) => {
            let hole = Kind::Literal(Literal::Undefined);
            push_one(graph, region, hole, Vec::new(), ty, span)
        }
        ty => push_one(graph, region, Kind::ZeroOf, vec![like], ty, span),
    }
}

fn float(text: &str) -> Kind {
    Kind::Literal(crate::ir::Literal::Float(text.to_owned()))
}

/// Which of a site's operands the table differentiates.
fn derivatives(op: Op) -> &'static [Wrt] {
    row(op).wrt
}

//! Derivatives read off the operator table.

use std::collections::HashSet;

use super::{At, Build, Cursor, Ex, Graph, Op, Region, Value, Wrt, row};

/// Whether a cotangent may be zero because a run went another way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    Certain,
    /// It may: then a zero stays zero whatever the factor is.
    Idle,
}

/// The derivative of a site of the table by one of its operands.
#[derive(Clone, Copy)]
pub(crate) struct Partial<'s> {
    pub(crate) op: Op,
    /// The operands of the site, and its result.
    pub(crate) site: (&'s [Value], Value),
    /// Which of the operands.
    pub(crate) k: usize,
    pub(crate) active: &'s HashSet<Value>,
    pub(crate) reach: Reach,
}

/// A tangent or cotangent `t` through one operand of a site: the row's factor times `t`, or its mask.
pub(crate) fn term(graph: &mut Graph, region: Region, partial: Partial, t: Value) -> Option<Value> {
    let (operands, out) = partial.site;
    let span = graph.value(out).span;
    let cursor = Cursor::new(graph, region, span);
    let at = At {
        operands: operands.iter().map(|v| cursor.ex(*v)).collect(),
        out: cursor.ex(out),
        active: operands
            .iter()
            .map(|v| partial.active.contains(v))
            .collect(),
    };
    let t = cursor.ex(t);
    let (factor, steep) = match row(partial.op).wrt.get(partial.k)? {
        Wrt::Zero => return None,
        Wrt::Mask(mask) => return Some(mask(&at, t).value),
        Wrt::Scale(factor) => (factor(&at), false),
        Wrt::Steep(factor) => (factor(&at), true),
        Wrt::SteepWhen(factor, when) => (factor(&at), when(&at)),
    };
    let product = scaled(&cursor, t, factor);
    let finite = |e: Ex| cursor.number(e.value).is_some_and(|number| number != 0.0);
    let guarded = (steep || partial.reach == Reach::Idle) && !finite(t) && !finite(factor);
    Some(if guarded {
        t.is_zero().select(t.lit(0.0), product).value
    } else {
        product.value
    })
}

fn scaled<'g>(cursor: &Cursor, t: Ex<'g>, factor: Ex<'g>) -> Ex<'g> {
    match (cursor.number(factor.value), cursor.number(t.value)) {
        (Some(1.0), _) => t,
        (Some(-1.0), _) => -t,
        (_, Some(1.0)) => factor,
        _ => t * factor,
    }
}

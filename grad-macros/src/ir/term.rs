//! Derivatives read off the operator table.

use std::collections::HashSet;

use super::{At, Build, Cursor, Ex, Graph, Op, Region, Value, Wrt, row};

/// What is known of a tangent or cotangent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    Certain,
    /// It may be zero because a run went another way: then it stays zero whatever the factor is.
    Idle,
    /// It may be infinite: then a factor of zero makes it zero.
    Infinite,
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
        Wrt::Steep(factor) | Wrt::Vertical(factor) => (factor(&at), true),
        Wrt::SteepWhen(factor, when) | Wrt::VerticalWhen(factor, when) => (factor(&at), when(&at)),
    };
    let (product, factor) = scaled(&cursor, t, factor);
    let finite = |e: Ex| cursor.number(e.value).is_some_and(|number| number != 0.0);
    let guarded = (steep || partial.reach == Reach::Idle) && !finite(t) && !finite(factor);
    let saturates = partial.reach == Reach::Infinite && !finite(factor);
    let kept = if guarded {
        zero_where(t, t, product)
    } else {
        product
    };
    let kept = if saturates {
        zero_where(factor, t, kept)
    } else {
        kept
    };
    Some(kept.value)
}

/// Zero of `t`'s type where `what` is zero.
fn zero_where<'g>(what: Ex<'g>, t: Ex<'g>, rest: Ex<'g>) -> Ex<'g> {
    what.is_zero().select(t.lit(0.0), rest)
}

/// The product, and the factor but for its sign.
fn scaled<'g>(cursor: &'g Cursor, t: Ex<'g>, factor: Ex<'g>) -> (Ex<'g>, Ex<'g>) {
    match (cursor.number(factor.value), cursor.number(t.value)) {
        (Some(1.0), _) => (t, factor),
        (Some(-1.0), _) => (-t, factor),
        (_, Some(1.0)) => (factor, factor),
        // A sign inside a factor would hide from the compiler that the rest is there already.
        _ => match cursor.take_sign(factor.value) {
            Some(rest) => (-t * cursor.ex(rest), cursor.ex(rest)),
            None => (t * factor, factor),
        },
    }
}

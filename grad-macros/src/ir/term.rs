//! Derivatives read off the operator table.

use std::collections::HashSet;

use super::{At, Build, Cursor, Ex, Graph, Op, Region, Value, Wrt, row};

/// A tangent or cotangent `t` through one operand of a site: the row's factor times `t`, or its mask.
pub(crate) fn term(
    graph: &mut Graph,
    region: Region,
    site: (&[Value], Value),
    k: usize,
    active: &HashSet<Value>,
    op: Op,
    t: Value,
) -> Option<Value> {
    let span = graph.value(site.1).span;
    let cursor = Cursor::new(graph, region, span);
    let at = At {
        operands: site.0.iter().map(|v| cursor.ex(*v)).collect(),
        out: cursor.ex(site.1),
        active: site.0.iter().map(|v| active.contains(v)).collect(),
    };
    let t = cursor.ex(t);
    Some(
        match row(op).wrt.get(k)? {
            Wrt::Zero => return None,
            Wrt::Scale(factor) => scaled(&cursor, t, factor(&at)),
            Wrt::SteepWhen(factor, when) if !when(&at) => scaled(&cursor, t, factor(&at)),
            Wrt::Steep(factor) | Wrt::SteepWhen(factor, _) => {
                let product = scaled(&cursor, t, factor(&at));
                if cursor.number(t.value) == Some(1.0) {
                    return Some(product.value);
                }
                t.is_zero().select(t.lit(0.0), product)
            }
            Wrt::Mask(mask) => mask(&at, t),
        }
        .value,
    )
}

fn scaled<'g>(cursor: &'g Cursor, t: Ex<'g>, factor: Ex<'g>) -> Ex<'g> {
    match (cursor.number(factor.value), cursor.number(t.value)) {
        (Some(1.0), _) => t,
        (Some(-1.0), _) => -t,
        (_, Some(1.0)) => factor,
        // A sign inside a factor would hide from the compiler that the rest is there already.
        _ => match cursor.take_sign(factor.value) {
            Some(rest) => -t * cursor.ex(rest),
            None => t * factor,
        },
    }
}

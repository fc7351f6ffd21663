//! Evaluates the scalar sites of a region: enough for rows and laws.

use std::collections::HashMap;

use crate::ir::{Discrete, Graph, Kind, Literal, Region, Value, row};

/// The values of a straight-line region from the values given.
pub(super) fn evaluate(
    graph: &Graph,
    region: Region,
    given: &[(Value, f64)],
) -> HashMap<Value, f64> {
    let mut values: HashMap<Value, f64> = given.iter().copied().collect();
    for id in &graph.block(region).sites {
        let site = graph.site(*id);
        let operands: Vec<f64> = site.operands.iter().map(|v| values[v]).collect();
        values.insert(site.results[0], result(&site.kind, &operands));
    }
    values
}

fn result(kind: &Kind, operands: &[f64]) -> f64 {
    match kind {
        Kind::Literal(Literal::Float(text) | Literal::Int(text)) => text.parse().expect("a number"),
        Kind::Apply(op) => (row(*op).reference)(operands),
        Kind::Discrete(op) => f64::from(u8::from(discrete(*op, operands))),
        Kind::Select if operands[0] != 0.0 => operands[1],
        Kind::Select => operands[2],
        Kind::FloatLike => operands[0],
        other => unreachable!("no scalar site: {other:?}"),
    }
}

#[allow(clippy::float_cmp)]
fn discrete(op: Discrete, v: &[f64]) -> bool {
    match op {
        Discrete::Eq => v[0] == v[1],
        Discrete::Ne => v[0] != v[1],
        Discrete::Lt => v[0] < v[1],
        Discrete::Le => v[0] <= v[1],
        Discrete::Gt => v[0] > v[1],
        Discrete::Ge => v[0] >= v[1],
        Discrete::And => v[0] != 0.0 && v[1] != 0.0,
        Discrete::Or => v[0] != 0.0 || v[1] != 0.0,
        other => unreachable!("not used by a row: {other:?}"),
    }
}

//! Every row of the operator table, by no operator's name: the derivative against central
//! differences, the derivative of the derivative, and mutants that must be caught.

use std::collections::HashSet;

use proc_macro2::Span;

use super::interpret::evaluate;
use crate::ad::term;
use crate::ir::{Graph, Kind, Op, Region, Ty, Value, Width, row};

/// The operator applied to arguments, with a tangent argument for the operand differentiated.
struct Applied {
    graph: Graph,
    operands: Vec<Value>,
    tangent: Value,
    out: Value,
    /// The tangent of the result, `None` where the row says zero.
    result: Option<Value>,
}

fn applied(op: Op, k: usize) -> Applied {
    let mut graph = Graph::new("row");
    let float = Ty::Float(Some(Width::F64));
    let count = row(op).wrt.len();
    let mut operands = Vec::new();
    for index in 0..count {
        let is_count = op == Op::Powi && index == 1;
        let ty = if is_count { Ty::Int } else { float.clone() };
        operands.push(graph.new_arg(Region(0), ty, Span::call_site()));
    }
    let tangent = graph.new_arg(Region(0), float.clone(), Span::call_site());
    let site = graph.new_site(
        Kind::Apply(op),
        operands.clone(),
        Vec::new(),
        vec![float],
        Span::call_site(),
    );
    graph.block_mut(Region(0)).sites.push(site);
    let out = graph.site(site).results[0];
    let active: HashSet<Value> = operands.iter().copied().collect();
    let result = term(
        &mut graph,
        Region(0),
        (&operands, out),
        k,
        &active,
        op,
        tangent,
    );
    Applied {
        graph,
        operands,
        tangent,
        out,
        result,
    }
}

impl Applied {
    fn at(&self, point: &[f64], tangent: f64) -> (f64, f64) {
        let given: Vec<_> = self
            .operands
            .iter()
            .copied()
            .zip(point.iter().copied())
            .chain([(self.tangent, tangent)])
            .collect();
        let values = evaluate(&self.graph, Region(0), &given);
        (values[&self.out], self.result.map_or(0.0, |v| values[&v]))
    }
}

/// Points spread over a box, the same at every run.
fn samples(region: &[(f64, f64)]) -> impl Iterator<Item = Vec<f64>> + '_ {
    (0..40_u32).map(move |n| {
        let spread = |k: usize| {
            f64::from((n * 7919 + 104_729 * (u32::try_from(k).unwrap_or(0) + 1)) % 1009) / 1009.0
        };
        region
            .iter()
            .enumerate()
            .map(|(k, (low, high))| low + (high - low) * spread(k))
            .collect()
    })
}

fn worst(op: Op, tamper: impl Fn(f64) -> f64) -> f64 {
    let table = row(op);
    assert!(!table.checked_on.is_empty(), "{op:?} is checked nowhere");
    let mut worst: f64 = 0.0;
    for region in table.checked_on {
        assert_eq!(region.len(), table.wrt.len(), "{op:?}");
        for point in samples(region) {
            for k in 0..table.wrt.len() {
                if op == Op::Powi && k == 1 {
                    continue;
                }
                let step = 1e-5;
                let moved = |by: f64| {
                    let mut point = point.clone();
                    point[k] += by;
                    (table.reference)(&point)
                };
                let expected = (moved(step) - moved(-step)) / (2.0 * step);
                let (_, found) = applied(op, k).at(&point, 1.0);
                worst = worst.max((tamper(found) - expected).abs() / (1.0 + expected.abs()));
            }
        }
    }
    worst
}

#[test]
fn every_row_agrees_with_differences() {
    for op in Op::ALL {
        let error = worst(*op, |derivative| derivative);
        assert!(error < 1e-6, "{op:?}: {error:e}");
    }
}

#[test]
fn a_wrong_row_is_caught() {
    let flat = |op: Op| (0..row(op).wrt.len()).all(|k| applied(op, k).result.is_none());
    for op in Op::ALL.iter().filter(|op| !flat(**op)) {
        for (name, tamper) in [("negated", -1.0), ("doubled", 2.0), ("dropped", 0.0)] {
            let error = worst(*op, |derivative| derivative * tamper);
            assert!(error > 1e-6, "{op:?} {name} was not caught");
        }
    }
}

#[test]
fn a_zero_tangent_stays_zero_where_the_factor_is_infinite() {
    for (op, point) in [
        (Op::Sqrt, 0.0),
        (Op::Ln, 0.0),
        (Op::Recip, 0.0),
        (Op::Cbrt, 0.0),
        (Op::Asin, 1.0),
    ] {
        let (_, tangent) = applied(op, 0).at(&[point], 0.0);
        assert!(tangent == 0.0, "{op:?}: {tangent}");
    }
}

#[test]
fn kinks_have_the_stated_derivative() {
    let cases: &[(Op, &[f64], usize, f64)] = &[
        (Op::Abs, &[0.0], 0, 0.0),
        (Op::Max, &[2.0, 2.0], 0, 0.5),
        (Op::Max, &[2.0, 2.0], 1, 0.5),
        (Op::Min, &[2.0, 2.0], 0, 0.5),
        (Op::Max, &[f64::NAN, 2.0], 1, 1.0),
        (Op::Clamp, &[1.0, 1.0, 3.0], 0, 0.5),
        (Op::Clamp, &[3.0, 1.0, 3.0], 2, 0.5),
        (Op::Hypot, &[0.0, 0.0], 0, 0.0),
        (Op::Powf, &[0.0, 2.0], 1, 0.0),
        (Op::Powi, &[0.0, 0.0], 0, 0.0),
        (Op::Rem, &[5.5, 2.0], 1, -2.0),
    ];
    for (op, point, k, expected) in cases {
        let (_, found) = applied(*op, *k).at(point, 1.0);
        assert!(
            (found - expected).abs() < 1e-15,
            "{op:?} at {point:?} by {k}: {found}"
        );
    }
}

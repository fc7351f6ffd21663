//! Laws of simplification: random graphs over special values before against after, and each law on
//! the smallest graph it is for.

use proc_macro2::Span;

use super::programs::generate::Rng;
use crate::ir::{
    Datum, Graph, Kind, Literal, Machine, Op, Output, Param, Program, Region, Slot, Ty, Value,
    Width,
};
use crate::pass;

const SPECIAL: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.0,
    0.5,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MIN_POSITIVE,
    5e-324,
    f64::MAX,
    1e-300,
    -3.5,
];

/// Operators that do not tell one zero from the other: a law may change the sign of a zero.
const OPERATORS: &[(Op, usize)] = &[
    (Op::Add, 2),
    (Op::Sub, 2),
    (Op::Mul, 2),
    (Op::Neg, 1),
    (Op::Abs, 1),
    (Op::Exp, 1),
    (Op::Sin, 1),
    (Op::Tanh, 1),
    (Op::Floor, 1),
    (Op::MulAdd, 3),
];

struct Draft {
    graph: Graph,
    values: Vec<Value>,
}

impl Draft {
    fn new(inputs: usize) -> Draft {
        let mut graph = Graph::new("law");
        let mut values = Vec::new();
        for k in 0..inputs {
            let value = graph.new_arg(Region(0), Ty::Float(Some(Width::F64)), Span::call_site());
            graph.params.push(Param {
                name: format!("x{k}"),
                slot: Slot::Scalar(value),
                wrt: true,
                span: Span::call_site(),
            });
            values.push(value);
        }
        Draft { graph, values }
    }

    fn push(&mut self, kind: Kind, operands: Vec<Value>) -> Value {
        let ty = Ty::Float(Some(Width::F64));
        let site = self
            .graph
            .new_site(kind, operands, Vec::new(), vec![ty], Span::call_site());
        self.graph.block_mut(Region(0)).sites.push(site);
        let value = self.graph.site(site).results[0];
        self.values.push(value);
        value
    }

    fn literal(&mut self, number: &str) -> Value {
        self.push(Kind::Literal(Literal::Float(number.to_owned())), Vec::new())
    }

    fn apply(&mut self, op: Op, operands: &[Value]) -> Value {
        self.push(Kind::Apply(op), operands.to_vec())
    }

    /// The graph that gives this value, and the same simplified.
    fn finish(mut self, out: Value) -> (Graph, Graph) {
        self.graph.block_mut(Region(0)).yields = vec![out];
        let mut after = self.graph.clone();
        pass::simplify(&mut after);
        after.verify().expect("a simplified graph is well formed");
        (self.graph, after)
    }
}

fn value(graph: &Graph, inputs: &[f64]) -> f64 {
    let program = Program::new();
    let args: Vec<Datum> = inputs.iter().copied().map(Datum::Float).collect();
    match Machine::new(&program).plain(graph, &Output::Leaf, &args) {
        Ok((Datum::Float(x), _)) => x,
        other => panic!("no number: {other:?}"),
    }
}

#[allow(clippy::float_cmp)] // the very same number, but for the sign of zero
fn same(a: f64, b: f64) -> bool {
    a == b || a.is_nan() && b.is_nan()
}

#[test]
fn simplification_keeps_every_value() {
    let mut rng = Rng::new(3);
    for number in 0..4000 {
        let mut draft = Draft::new(3);
        for _ in 0..8 {
            if rng.one_in(3) {
                let literal = ["0.0", "1.0", "-1.0", "2.0", "0.5", "-0.0"][rng.below(6)];
                draft.literal(literal);
                continue;
            }
            let (op, count) = OPERATORS[rng.below(OPERATORS.len())];
            let operands: Vec<Value> = (0..count)
                .map(|_| draft.values[rng.below(draft.values.len())])
                .collect();
            draft.apply(op, &operands);
        }
        let out = draft.values[draft.values.len() - 1];
        let (before, after) = draft.finish(out);
        for _ in 0..6 {
            let inputs: Vec<f64> = (0..3).map(|_| SPECIAL[rng.below(SPECIAL.len())]).collect();
            let (a, b) = (value(&before, &inputs), value(&after, &inputs));
            assert!(
                same(a, b),
                "number {number} at {inputs:?}: {a} became {b}\n{before}\n{after}"
            );
        }
    }
}

/// How many operators are left of what `build` makes of one input.
fn operators_left(build: impl Fn(&mut Draft, Value) -> Value) -> usize {
    let mut draft = Draft::new(2);
    let x = draft.values[0];
    let out = build(&mut draft, x);
    let (before, after) = draft.finish(out);
    for x in SPECIAL {
        let inputs = [*x, 2.0];
        assert!(
            same(value(&before, &inputs), value(&after, &inputs)),
            "at {x}\n{before}\n{after}"
        );
    }
    let is_operator = |id: &&crate::ir::SiteId| !matches!(after.site(**id).kind, Kind::Literal(_));
    after
        .block(after.body)
        .sites
        .iter()
        .filter(is_operator)
        .count()
}

#[test]
fn every_law_fires() {
    type Build = fn(&mut Draft, Value) -> Value;
    let laws: &[(&str, Build, usize)] = &[
        (
            "x * 1",
            |d, x| {
                let one = d.literal("1.0");
                d.apply(Op::Mul, &[x, one])
            },
            0,
        ),
        (
            "1 * x",
            |d, x| {
                let one = d.literal("1.0");
                d.apply(Op::Mul, &[one, x])
            },
            0,
        ),
        (
            "--x",
            |d, x| {
                let minus = d.apply(Op::Neg, &[x]);
                d.apply(Op::Neg, &[minus])
            },
            0,
        ),
        (
            "sharing",
            |d, x| {
                let (a, b) = (d.apply(Op::Sin, &[x]), d.apply(Op::Sin, &[x]));
                d.apply(Op::Mul, &[a, b])
            },
            2,
        ),
        (
            "dead values",
            |d, x| {
                d.apply(Op::Cos, &[x]);
                d.apply(Op::Sin, &[x])
            },
            1,
        ),
    ];
    for (name, build, left) in laws {
        assert_eq!(operators_left(build), *left, "{name}");
    }
}

/// What is no law, because it changes a value: infinity, NaN, rounding.
#[test]
fn what_is_no_law_does_not_fire() {
    type Build = fn(&mut Draft, Value) -> Value;
    let kept: &[(&str, Build)] = &[
        ("x * 0", |d, x| {
            let zero = d.literal("0.0");
            d.apply(Op::Mul, &[x, zero])
        }),
        ("x - x", |d, x| d.apply(Op::Sub, &[x, x])),
        ("x / x", |d, x| d.apply(Op::Div, &[x, x])),
        ("ln exp x", |d, x| {
            let e = d.apply(Op::Exp, &[x]);
            d.apply(Op::Ln, &[e])
        }),
    ];
    for (name, build) in kept {
        assert!(operators_left(build) > 0, "{name}");
    }
}

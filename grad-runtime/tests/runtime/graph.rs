//! Graphs written by hand, as the macro would write them: evaluated, swept back, drawn.

use grad_runtime::graph::{
    Block, Eval, Graph, GraphError, Init, Input, InputSlot, Kind, Node, Origin, Partial, Path,
    Slot, Step, SvgStyle, Variable,
};

const EMPTY: Block = Block {
    arguments: &[],
    steps: &[],
    results: &[],
};

const fn node(label: &'static str, operands: &'static [usize], kind: Kind) -> Node {
    Node {
        label,
        name: "",
        operands,
        kind,
    }
}

const fn named(name: &'static str, node: Node) -> Node {
    Node { name, ..node }
}

const fn argument(name: &'static str) -> Node {
    Node {
        label: "",
        name,
        operands: &[],
        kind: Kind::Argument,
    }
}

const fn constant(x: fn() -> f64) -> Node {
    node("", &[], Kind::Constant(x))
}

const fn result(of: usize, index: usize) -> Node {
    node("", &[], Kind::Result { of, index })
}

const fn operator(
    label: &'static str,
    operands: &'static [usize],
    eval: Eval,
    partials: &'static [Option<Partial>],
) -> Node {
    node(label, operands, Kind::Operator { eval, partials })
}

const fn add(operands: &'static [usize]) -> Node {
    operator(
        "+",
        operands,
        |x| x[0] + x[1],
        &[Some(|_, _| 1.0), Some(|_, _| 1.0)],
    )
}

const fn mul(operands: &'static [usize]) -> Node {
    operator(
        "*",
        operands,
        |x| x[0] * x[1],
        &[Some(|x, _| x[1]), Some(|x, _| x[0])],
    )
}

const fn less(operands: &'static [usize]) -> Node {
    operator("<", operands, |x| f64::from(x[0] < x[1]), &[None, None])
}

const fn scalar(name: &'static str, node: usize) -> InputSlot {
    InputSlot {
        name,
        slot: Slot::Scalar(node),
        active: true,
    }
}

const fn memory(name: &'static str, variable: usize) -> InputSlot {
    InputSlot {
        name,
        slot: Slot::Memory(variable),
        active: true,
    }
}

const fn count(slot: &InputSlot) -> InputSlot {
    InputSlot {
        active: false,
        name: slot.name,
        slot: slot.slot,
    }
}

/// `(a + b) * (b + c)`
static SUMS: Graph = Graph {
    name: "sums",
    inputs: &[scalar("a", 0), scalar("b", 1), scalar("c", 2)],
    variables: &[],
    nodes: &[
        argument("a"),
        argument("b"),
        argument("c"),
        named("p", add(&[0, 1])),
        named("q", add(&[1, 2])),
        mul(&[3, 4]),
    ],
    body: Block {
        arguments: &[0, 1, 2],
        steps: &[3, 4, 5],
        results: &[5],
    },
};

/// `1 / (1 + exp(-(w[0] * x[0] + w[1] * x[1] + w[2])))`, the neuron of the textbooks.
static NEURON: Graph = Graph {
    name: "neuron",
    inputs: &[memory("w", 0), memory("x", 1)],
    variables: &[
        Variable {
            name: "w",
            input: true,
        },
        Variable {
            name: "x",
            input: true,
        },
    ],
    nodes: &[
        constant(|| 0.0),
        constant(|| 1.0),
        constant(|| 2.0),
        node(
            "load",
            &[],
            Kind::Load(Path {
                variable: 0,
                steps: &[Step::Index(0)],
            }),
        ),
        node(
            "load",
            &[],
            Kind::Load(Path {
                variable: 1,
                steps: &[Step::Index(0)],
            }),
        ),
        mul(&[3, 4]),
        node(
            "load",
            &[],
            Kind::Load(Path {
                variable: 0,
                steps: &[Step::Index(1)],
            }),
        ),
        node(
            "load",
            &[],
            Kind::Load(Path {
                variable: 1,
                steps: &[Step::Index(1)],
            }),
        ),
        mul(&[6, 7]),
        add(&[5, 8]),
        node(
            "load",
            &[],
            Kind::Load(Path {
                variable: 0,
                steps: &[Step::Index(2)],
            }),
        ),
        named("z", add(&[9, 10])),
        operator("neg", &[11], |x| -x[0], &[Some(|_, _| -1.0)]),
        operator("exp", &[12], |x| x[0].exp(), &[Some(|_, y| y)]),
        constant(|| 1.0),
        add(&[14, 13]),
        operator("1/x", &[15], |x| 1.0 / x[0], &[Some(|_, y| -y * y)]),
    ],
    body: Block {
        arguments: &[],
        steps: &[3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16],
        results: &[16],
    },
};

/// `let mut p = 1.0; for i in 0..n { p *= x } p`
static POWER: Graph = Graph {
    name: "power",
    inputs: &[scalar("x", 0), count(&scalar("n", 1))],
    variables: &[],
    nodes: &[
        argument("x"),
        argument("n"),
        constant(|| 1.0),
        constant(|| 0.0),
        node(
            "for",
            &[3, 2],
            Kind::Loop {
                condition: POWER_CONDITION,
                body: POWER_BODY,
            },
        ),
        argument("i"),
        argument("p"),
        less(&[5, 1]),
        argument("i"),
        argument("p"),
        constant(|| 1.0),
        operator("+", &[8, 10], |x| x[0] + x[1], &[None, None]),
        mul(&[9, 0]),
        result(4, 1),
    ],
    body: Block {
        arguments: &[0, 1],
        steps: &[2, 3, 4, 13],
        results: &[13],
    },
};
const POWER_CONDITION: Block = Block {
    arguments: &[5, 6],
    steps: &[7],
    results: &[7],
};
const POWER_BODY: Block = Block {
    arguments: &[8, 9],
    steps: &[10, 11, 12],
    results: &[11, 12],
};

/// `if x < 0.0 { x * x } else { sqrt(x) }`
static PIECES: Graph = Graph {
    name: "pieces",
    inputs: &[scalar("x", 0)],
    variables: &[],
    nodes: &[
        argument("x"),
        constant(|| 0.0),
        less(&[0, 1]),
        mul(&[0, 0]),
        operator("sqrt", &[0], |x| x[0].sqrt(), &[Some(|_, y| 0.5 / y)]),
        node(
            "if",
            &[2],
            Kind::Branch {
                then: Block {
                    arguments: &[],
                    steps: &[3],
                    results: &[3],
                },
                otherwise: Block {
                    arguments: &[],
                    steps: &[4],
                    results: &[4],
                },
            },
        ),
        result(5, 0),
        constant(|| 0.0),
        mul(&[7, 6]),
        add(&[6, 8]),
    ],
    body: Block {
        arguments: &[0],
        steps: &[2, 5, 8],
        results: &[6, 8],
    },
};

/// `let mut t = [x; 2]; t[1] = p.v[1..][0] * x; p.s += t[1]; p.s * t[0]`, with a struct `p`.
static PLACES: Graph = Graph {
    name: "places",
    inputs: &[scalar("x", 0), memory("p", 0)],
    variables: &[
        Variable {
            name: "p",
            input: true,
        },
        Variable {
            name: "t",
            input: false,
        },
    ],
    nodes: &[
        argument("x"),
        constant(|| 2.0),
        constant(|| 1.0),
        constant(|| 0.0),
        node(
            "let",
            &[],
            Kind::Allocate {
                variable: 1,
                init: Init::Repeat { value: 0, len: 1 },
            },
        ),
        node(
            "load",
            &[],
            Kind::Load(Path {
                variable: 0,
                steps: &[Step::Field("v"), Step::Range(Some(2), None), Step::Index(3)],
            }),
        ),
        mul(&[5, 0]),
        node(
            "store",
            &[6],
            Kind::Store(Path {
                variable: 1,
                steps: &[Step::Index(2)],
            }),
        ),
        node(
            "load",
            &[],
            Kind::Load(Path {
                variable: 1,
                steps: &[Step::Index(2)],
            }),
        ),
        node(
            "+=",
            &[8],
            Kind::Accumulate(Path {
                variable: 0,
                steps: &[Step::Field("s")],
            }),
        ),
        node(
            "load",
            &[],
            Kind::Load(Path {
                variable: 0,
                steps: &[Step::Field("s")],
            }),
        ),
        node(
            "load",
            &[],
            Kind::Load(Path {
                variable: 1,
                steps: &[Step::Index(3)],
            }),
        ),
        mul(&[10, 11]),
        node(
            "len",
            &[],
            Kind::Length(Path {
                variable: 0,
                steps: &[Step::Field("v"), Step::Range(Some(2), None)],
            }),
        ),
    ],
    body: Block {
        arguments: &[0],
        steps: &[4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
        results: &[12, 13],
    },
};

fn point(v: &[f64], s: f64) -> Input {
    Input::Record(vec![("v", v.into()), ("s", s.into())])
}

#[test]
fn straight_code() {
    let evaluation = SUMS
        .evaluate(&[1.0.into(), 2.0.into(), 3.0.into()])
        .unwrap();
    assert_eq!(evaluation.value(), 15.0);
    assert_eq!(evaluation.gradient(), [5.0.into(), 8.0.into(), 3.0.into()]);
    assert_eq!(evaluation.gradient_by("b"), Some(8.0.into()));
    let trace: Vec<_> = evaluation
        .nodes()
        .map(|node| (node.name, node.label, node.value, node.cotangent))
        .collect();
    assert_eq!(
        trace,
        [
            ("a", "", 1.0, 5.0),
            ("b", "", 2.0, 8.0),
            ("c", "", 3.0, 3.0),
            ("p", "+", 3.0, 5.0),
            ("q", "+", 5.0, 3.0),
            ("", "*", 15.0, 1.0),
        ],
    );
    let last = evaluation.nodes().last().unwrap();
    assert_eq!(
        last.operands
            .iter()
            .map(|edge| edge.partial)
            .collect::<Vec<_>>(),
        [Some(5.0), Some(3.0)]
    );
}

#[test]
fn loads_leave_the_loaded_value_in_the_trace() {
    let evaluation = NEURON
        .evaluate(&[[2.0, -3.0, -3.0].into(), [-1.0, -2.0].into()])
        .unwrap();
    let y = 1.0 / (1.0 + (-1.0_f64).exp());
    let slope = y * (1.0 - y);
    assert!((evaluation.value() - y).abs() < 1e-15);
    let Input::Array(w_bar) = &evaluation.gradient()[0] else {
        panic!("an array")
    };
    for (found, expected) in w_bar.iter().zip([-slope, -2.0 * slope, slope]) {
        let &Input::Scalar(found) = found else {
            panic!("a number")
        };
        assert!((found - expected).abs() < 1e-15);
    }
    let names: Vec<_> = evaluation
        .nodes()
        .filter(|node| node.origin == Origin::Input)
        .map(|node| node.name.to_owned())
        .collect();
    assert_eq!(names, ["w[0]", "w[1]", "w[2]", "x[0]", "x[1]"]);
}

#[test]
fn loops_are_unrolled() {
    for (n, value, slope) in [(0_usize, 1.0, 0.0), (1, 3.0, 1.0), (4, 81.0, 108.0)] {
        let evaluation = POWER.evaluate(&[3.0.into(), n.into()]).unwrap();
        assert_eq!(evaluation.value(), value);
        assert_eq!(evaluation.gradient(), [slope.into()]);
        assert_eq!(
            evaluation.nodes().filter(|node| node.label == "*").count(),
            n
        );
    }
    let error = POWER
        .evaluate_within(&[1.0.into(), 1e9.into()], 1000)
        .unwrap_err();
    assert_eq!(error, GraphError::TooLong { limit: 1000 });
}

#[test]
fn one_side_of_a_branch_is_run() {
    for (x, value, slope) in [(-3.0, 9.0, -6.0), (4.0, 2.0, 0.25)] {
        let evaluation = PIECES.evaluate(&[x.into()]).unwrap();
        assert_eq!(
            (evaluation.value(), evaluation.values()),
            (value, vec![value, 0.0])
        );
        assert_eq!(evaluation.gradient(), [slope.into()]);
    }
    // The derivative of the root is infinite at 0, its cotangent zero.
    let evaluation = PIECES.evaluate(&[0.0.into()]).unwrap().of_output(1);
    assert_eq!(evaluation.gradient(), [0.0.into()]);
    let evaluation = PIECES.evaluate(&[0.0.into()]).unwrap();
    assert_eq!(evaluation.gradient(), [f64::INFINITY.into()]);
}

#[test]
fn memory_is_read_and_written() {
    // y = (s + v[1] x) x
    let evaluation = PLACES
        .evaluate(&[2.0.into(), point(&[9.0, 3.0, 9.0], 5.0)])
        .unwrap();
    assert_eq!(evaluation.values(), [22.0, 2.0]);
    assert_eq!(
        evaluation.gradient(),
        [17.0.into(), point(&[0.0, 4.0, 0.0], 2.0)]
    );
}

#[test]
fn what_does_not_fit_is_an_error() {
    let error = |inputs: &[Input]| PLACES.evaluate(inputs).unwrap_err();
    let x = Input::from(1.0);
    assert_eq!(
        error(std::slice::from_ref(&x)),
        GraphError::InputCount {
            expected: 2,
            found: 1
        }
    );
    assert_eq!(
        error(&[vec![1.0].into(), x.clone()]),
        GraphError::WrongKind {
            name: "x",
            expected: "a number"
        },
    );
    assert_eq!(
        error(&[x.clone(), x.clone()]),
        GraphError::WrongKind {
            name: "p",
            expected: "a struct"
        },
    );
    assert_eq!(
        error(&[x.clone(), Input::Record(vec![("v", [1.0, 2.0].into())])]),
        GraphError::NoField {
            name: "p",
            field: "s"
        },
    );
    assert_eq!(
        error(&[x.clone(), Input::Record(vec![("v", x.clone())])]),
        GraphError::WrongKind {
            name: "p",
            expected: "an array"
        },
    );
    assert_eq!(
        error(&[x.clone(), point(&[1.0], 1.0)]),
        GraphError::OutOfRange {
            name: "p",
            index: 0.0,
            len: 0
        },
    );
    assert_eq!(
        error(&[x, point(&[], 1.0)]),
        GraphError::OutOfRange {
            name: "p",
            index: 1.0,
            len: 0
        },
    );
}

#[test]
fn opaque_and_malformed_graphs_are_errors() {
    static OPAQUE: Graph = Graph {
        name: "opaque",
        inputs: &[],
        variables: &[],
        nodes: &[node("g(..)", &[], Kind::Opaque)],
        body: Block {
            steps: &[0],
            ..EMPTY
        },
    };
    static MALFORMED: Graph = Graph {
        name: "malformed",
        body: Block {
            steps: &[7],
            ..EMPTY
        },
        ..OPAQUE_BASE
    };
    const OPAQUE_BASE: Graph = Graph {
        name: "",
        inputs: &[],
        variables: &[],
        nodes: &[],
        body: EMPTY,
    };
    assert_eq!(
        OPAQUE.evaluate(&[]).unwrap_err(),
        GraphError::Opaque { label: "g(..)" }
    );
    assert_eq!(
        MALFORMED.evaluate(&[]).unwrap_err(),
        GraphError::Malformed { node: 7 }
    );
}

#[test]
fn drawings_hold_values_and_gradients() {
    let evaluation = SUMS
        .evaluate(&[1.0.into(), 2.0.into(), 3.5.into()])
        .unwrap();
    let svg = evaluation.to_svg_in(SvgStyle::LocalGradients);
    for part in [">a<", ">p<", ">×<", ">16.5<", ">5.5<", ">8.5<"] {
        assert!(svg.contains(part), "{part} in {svg}");
    }
    assert_eq!(
        svg.matches("marker-end").count(),
        7,
        "six wires and the output's"
    );
    let dot = evaluation.to_dot();
    assert!(dot.contains("<font color=\"#c62828\">8.5</font>"), "{dot}");
    assert_eq!(dot.matches("->").count(), 6);
    for graph in [&SUMS, &NEURON, &POWER, &PIECES, &PLACES] {
        let dot = graph.to_dot();
        assert_eq!(dot.matches('{').count(), dot.matches('}').count(), "{dot}");
    }
    assert_eq!(POWER.to_dot().matches("subgraph").count(), 2);
    assert!(
        PLACES
            .to_dot()
            .contains("v0 -> n5 [style=dashed, label=\".v[1..][0]\"]")
    );
}

/// Set `GRAD_DRAWINGS` to a directory to get the pictures.
#[test]
fn every_graph_can_be_drawn() {
    let drawings = [
        (&SUMS, vec![1.0.into(), 2.0.into(), (-3.5).into()]),
        (&NEURON, vec![[2.0, -3.0, -3.0].into(), [-1.0, -2.0].into()]),
        (&POWER, vec![1.5.into(), 4_usize.into()]),
        (&PIECES, vec![2.0.into()]),
        (&PLACES, vec![2.0.into(), point(&[9.0, 3.0], 5.0)]),
    ];
    for (graph, inputs) in drawings {
        let evaluation = graph.evaluate(&inputs).unwrap();
        for (style, suffix) in [(SvgStyle::Plain, ""), (SvgStyle::LocalGradients, "-local")] {
            let svg = evaluation.to_svg_in(style);
            assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && !svg.contains("NaN"));
            if let Ok(directory) = std::env::var("GRAD_DRAWINGS") {
                std::fs::write(format!("{directory}/{}{suffix}.svg", graph.name), svg).unwrap();
                let dot = format!("{directory}/{}.dot", graph.name);
                std::fs::write(dot, graph.to_dot()).unwrap();
            }
        }
    }
}

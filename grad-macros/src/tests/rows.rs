//! Every row of the operator table, by no operator's name: the derivative against central
//! differences, reverse against forward mode, the derivative of the derivative in both modes, and
//! mutants that must be caught.

use std::collections::{HashMap, HashSet};

use proc_macro2::Span;

use super::interpret::evaluate;
use super::programs::{dot, flat};
use crate::ad;
use crate::diag::Diagnostics;
use crate::ir::{
    Datum, ForwardForm, Function, Graph, Kind, Literal, Machine, Op, Output, Param, Path, Program,
    Region, ReverseForm, Slot, Storage, Ty, Value, VarInfo, Width, Wrt, row,
};
use crate::ir::{Partial, Reach, Step, term};

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
    let partial = Partial {
        op,
        site: (&operands, out),
        k,
        active: &active,
        reach: Reach::Certain,
    };
    let result = term(&mut graph, Region(0), partial, tangent);
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
    let all: Vec<usize> = (0..row(op).wrt.len()).collect();
    worst_by(op, &all, tamper)
}

/// The largest error of the derivatives by some of the operands.
fn worst_by(op: Op, operands: &[usize], tamper: impl Fn(f64) -> f64) -> f64 {
    let table = row(op);
    assert!(!table.checked_on.is_empty(), "{op:?} is checked nowhere");
    let mut worst: f64 = 0.0;
    for region in table.checked_on {
        assert_eq!(region.len(), table.wrt.len(), "{op:?}");
        for point in samples(region) {
            for k in operands.iter().copied() {
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

/// A mask that lets everything through must be caught: it is no factor that could be negated.
#[test]
fn a_mask_that_hides_nothing_is_caught() {
    for op in Op::ALL {
        for (k, wrt) in row(*op).wrt.iter().enumerate() {
            if matches!(wrt, Wrt::Mask(_)) {
                let error = worst_by(*op, &[k], |_| 1.0);
                assert!(error > 1e-6, "{op:?} by {k}: the identity was not caught");
            }
        }
    }
}

/// The operator as a function of its operands, those that are real differentiated.
fn whole(op: Op) -> Graph {
    let mut graph = Graph::new("row");
    let span = Span::call_site();
    let float = Ty::Float(Some(Width::F64));
    let mut operands = Vec::new();
    for k in 0..row(op).wrt.len() {
        let is_count = op == Op::Powi && k == 1;
        let ty = if is_count { Ty::Int } else { float.clone() };
        let value = graph.new_arg(Region(0), ty, span);
        let slot = Slot::Scalar(value);
        let name = format!("x{k}");
        graph.params.push(Param {
            name,
            slot,
            wrt: !is_count,
            span,
        });
        operands.push(value);
    }
    let site = graph.new_site(Kind::Apply(op), operands, Vec::new(), vec![float], span);
    graph.block_mut(Region(0)).sites.push(site);
    graph.block_mut(Region(0)).yields = graph.site(site).results.clone();
    graph
}

/// The function with its derivatives.
fn differentiated(graph: Graph) -> Function {
    let output = match graph.block(graph.body).yields.as_slice() {
        [] => Output::Unit,
        _ => Output::Leaf,
    };
    let active = ad::activity(&graph, &HashMap::new(), &Diagnostics::default());
    let (forward, reverse) = (
        ad::forward(&graph, &active, crate::stages::Tangents::One),
        ad::reverse(&graph, &output, &active),
    );
    Function {
        output,
        forward: ForwardForm {
            graph: forward.graph,
            dots: forward.dots,
        },
        reverse: ReverseForm {
            graph: reverse.graph,
            seed: reverse.seed,
            bars: reverse.bars,
        },
        gradient: None,
        graph,
    }
}

/// The operator as a function of a program.
pub(super) fn rule(op: Op) -> Function {
    differentiated(whole(op))
}

/// A function of a mutable reference and a value.
fn on_place(place: Ty, operand: Ty) -> (Graph, Path, Value) {
    let mut graph = Graph::new("on_place");
    let span = Span::call_site();
    let info = VarInfo {
        name: "place".to_owned(),
        ty: place,
        storage: Storage::RefMut,
        mutable: true,
        tangent: false,
        span,
    };
    let wrt = operand != Ty::Int;
    let (var, operand) = (graph.new_var(info), graph.new_arg(Region(0), operand, span));
    for (slot, wrt) in [(Slot::Memory(var), true), (Slot::Scalar(operand), wrt)] {
        let name = "x".to_owned();
        graph.params.push(Param {
            name,
            slot,
            wrt,
            span,
        });
    }
    (graph, Path::of(var), operand)
}

/// Appends a site; gives its results.
fn add_site(graph: &mut Graph, kind: Kind, operands: Vec<Value>, tys: Vec<Ty>) -> Vec<Value> {
    let site = graph.new_site(kind, operands, Vec::new(), tys, Span::call_site());
    graph.block_mut(Region(0)).sites.push(site);
    graph.site(site).results.clone()
}

/// The operator as compound assignment: its first parameter is a mutable reference.
pub(super) fn assign_rule(op: Op) -> Function {
    let float = Ty::Float(Some(Width::F64));
    let (mut graph, path, operand) = on_place(float.clone(), float.clone());
    let load = Kind::Load(path.clone());
    let before = add_site(&mut graph, load, Vec::new(), vec![float.clone()]);
    let operands = vec![before[0], operand];
    let after = add_site(&mut graph, Kind::Apply(op), operands, vec![float]);
    add_site(&mut graph, Kind::Store(path), after, Vec::new());
    differentiated(graph)
}

/// `Vec::append` of a vector of one element, as what leaves a loop is put on its pile.
pub(super) fn append_rule() -> Function {
    let mut graph = Graph::new("append");
    let span = Span::call_site();
    let [own, other] = ["own", "other"].map(|name| {
        let name = name.to_owned();
        let var = graph.new_var(VarInfo {
            name: name.clone(),
            ty: Ty::Array(Box::new(Ty::Unknown)),
            storage: Storage::RefMut,
            mutable: true,
            tangent: false,
            span,
        });
        let slot = Slot::Memory(var);
        graph.params.push(Param {
            name,
            slot,
            wrt: true,
            span,
        });
        Path::of(var)
    });
    let first = add_site(
        &mut graph,
        Kind::Literal(Literal::Int("0".to_owned())),
        Vec::new(),
        vec![Ty::Int],
    );
    let element = Kind::Load(other.then(Step::Index(first[0])));
    let element = add_site(&mut graph, element, Vec::new(), vec![Ty::Unknown]);
    add_site(&mut graph, Kind::Append(own), element, Vec::new());
    differentiated(graph)
}

/// `Vec::push`.
pub(super) fn push_rule() -> Function {
    let (mut graph, path, element) = on_place(Ty::Array(Box::new(Ty::Unknown)), Ty::Unknown);
    add_site(&mut graph, Kind::Append(path), vec![element], Vec::new());
    differentiated(graph)
}

/// `Vec::swap_remove`, of a vector that is not looked at after it.
pub(super) fn swap_remove_rule() -> Function {
    let (mut graph, path, index) = on_place(Ty::Array(Box::new(Ty::Unknown)), Ty::Int);
    let load = Kind::Load(path.then(Step::Index(index)));
    let element = add_site(&mut graph, load, Vec::new(), vec![Ty::Unknown]);
    graph.block_mut(Region(0)).yields = element;
    differentiated(graph)
}

/// The tangent of a function as a function of its operands and their tangents.
fn tangent_of(function: &Function) -> Graph {
    let mut graph = function.forward.graph.clone();
    for slot in function.forward.dots.iter().flatten() {
        let (name, span) = ("dot".to_owned(), Span::call_site());
        graph.params.push(Param {
            name,
            slot: *slot,
            wrt: true,
            span,
        });
    }
    let body = graph.body;
    let yields = &mut graph.block_mut(body).yields;
    *yields = yields.split_off(1);
    graph
}

/// Forward mode against central differences and reverse mode against forward mode, along a random
/// direction at each of the samples.
fn check_both_modes(op: Op, order: &str, function: Function, points: &[Vec<Datum>]) {
    let mut program = Program::new();
    program.insert("row".to_owned(), function);
    let machine = Machine::new(&program);
    let value = |args: &[Datum]| machine.call("row", args).map(|(value, _)| flat(&value)[0]);
    for (n, args) in points.iter().enumerate() {
        let along = |k: usize| [0.8, -0.6, 0.3, 0.9, -0.2, 0.5][(n + k) % 6];
        let dots: Vec<Option<Datum>> = (0..args.len())
            .map(|k| Some(Datum::Float(along(k))))
            .collect();
        let (_, tangent, ..) = machine.jvp("row", args, &dots).expect("forward mode runs");
        let moved = |step: f64| -> Vec<Datum> {
            let moved = |(k, arg): (usize, &Datum)| match arg {
                Datum::Float(x) => Datum::Float(x + step * along(k)),
                other => other.clone(),
            };
            args.iter().enumerate().map(moved).collect()
        };
        let (up, down) = (value(&moved(1e-5)), value(&moved(-1e-5)));
        let expected = (up.expect("runs") - down.expect("runs")) / 2e-5;
        let tangent = flat(&tangent)[0];
        let near = (tangent - expected).abs() <= 2e-6 * (1.0 + expected.abs());
        assert!(
            near,
            "{op:?}, {order}, {args:?}: {tangent}, differences {expected}"
        );
        let (_, pullback, _) = machine.vjp("row", args).expect("reverse mode runs");
        let none = vec![None; args.len()];
        let bars = machine.pull(&pullback, Datum::Float(1.0), args, &none);
        let bars: Vec<f64> = bars
            .expect("reverse mode runs")
            .iter()
            .zip(args)
            .flat_map(|(bar, arg)| flat(bar.as_ref().unwrap_or(&arg.zero())))
            .collect();
        let directions: Vec<f64> = args
            .iter()
            .enumerate()
            .filter(|(_, arg)| matches!(arg, Datum::Float(_)))
            .map(|(k, _)| along(k))
            .collect();
        let (reverse, size) = dot(&bars, &directions);
        assert!(
            (reverse - tangent).abs() <= 1e-12 * (1.0 + size),
            "{op:?}, {order}, {args:?}: reverse mode {reverse}, forward mode {tangent}"
        );
    }
}

/// Samples of the operands, then of their tangents.
fn points(op: Op, with_tangents: bool) -> Vec<Vec<Datum>> {
    let mut points = Vec::new();
    for region in row(op).checked_on {
        for (n, point) in samples(region).enumerate().step_by(4) {
            let operand = |(k, x): (usize, &f64)| match (op, k) {
                #[allow(clippy::cast_possible_truncation)]
                (Op::Powi, 1) => Datum::Int(*x as i128),
                _ => Datum::Float(*x),
            };
            let mut args: Vec<Datum> = point.iter().enumerate().map(operand).collect();
            if with_tangents {
                let reals = args
                    .iter()
                    .filter(|arg| matches!(arg, Datum::Float(_)))
                    .count();
                args.extend((0..reals).map(|k| Datum::Float([0.7, -0.4, 1.1][(n + k) % 3])));
            }
            points.push(args);
        }
    }
    points
}

#[test]
fn both_modes_agree() {
    for op in Op::ALL {
        check_both_modes(
            *op,
            "first order",
            differentiated(whole(*op)),
            &points(*op, false),
        );
    }
}

/// Rows use one another, and a fault in `cos` would be blamed on `sin`.
#[test]
fn the_derivative_of_the_derivative_agrees() {
    for op in Op::ALL {
        let first = rule(*op);
        let second = differentiated(tangent_of(&first));
        check_both_modes(*op, "second order", second, &points(*op, true));
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

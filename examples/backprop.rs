//! Forward mode against reverse mode on the textbooks' first computation graph.
//!
//! ```text
//! cargo run --release --example backprop [-- [--at A,B,C] [--out FILE]]
//! ```
//!
//! `f(a, b, c) = (a + b)(b + c)`: forward mode asks what one input does to everything, so it takes
//! a sweep for each input; reverse mode asks what everything does to the one output, so a single
//! sweep answers for all inputs. The graph is drawn with its values and gradients.

#![allow(
    clippy::many_single_char_names,
    reason = "these are the letters of the textbooks"
)]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use grad_examples::cli;
use grad_runtime::differentiate;
use grad_runtime::graph::{Evaluation, Origin, SvgStyle, TraceNode};

#[differentiate]
fn f(a: f64, b: f64, c: f64) -> f64 {
    let d = a + b;
    let e = b + c;
    d * e
}

const NAMES: [&str; 3] = ["a", "b", "c"];

/// Where to differentiate and where to draw.
struct Options {
    point: [f64; 3],
    out: PathBuf,
}

const USAGE: &str = "usage: backprop [--at A,B,C] [--out FILE]

  --at A,B,C  the point (default: 2,1,3)
  --out FILE  the picture (default: target/backprop.svg)";

/// The options on the command line; none when help was asked for.
fn parse_options() -> Result<Option<Options>, lexopt::Error> {
    use lexopt::prelude::*;

    let mut options = Options {
        point: [2.0, 1.0, 3.0],
        out: PathBuf::from("target/backprop.svg"),
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("at") => options.point = parser.value()?.parse_with(parse_point)?,
            Long("out") => options.out = parser.value()?.into(),
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Some(options))
}

fn parse_point(text: &str) -> Result<[f64; 3], &'static str> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match numbers.as_deref() {
        Ok(&[a, b, c]) if a.is_finite() && b.is_finite() && c.is_finite() => Ok([a, b, c]),
        _ => Err("expected three finite numbers with commas between"),
    }
}

fn main() -> ExitCode {
    cli::run(USAGE, parse_options(), run)
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let [a, b, c] = options.point;
    println!("f(a, b, c) = (a + b)(b + c) at a = {a}, b = {b}, c = {c}\n");
    let forward = sweep_forward(options.point);
    let reverse = sweep_reverse(options.point);
    for ((name, forward), reverse) in NAMES.iter().zip(forward).zip(reverse) {
        if (forward - reverse).abs() > f64::EPSILON * forward.abs() {
            let message = format!("df/d{name} is {forward} forward and {reverse} in reverse");
            return Err(message.into());
        }
    }

    let evaluation = graph_f().evaluate(&[a.into(), b.into(), c.into()])?;
    print_nodes(&evaluation);
    explain_branches(&evaluation);

    let svg = evaluation.to_svg_in(SvgStyle::LocalGradients);
    cli::write(&options.out, &svg)?;
    Ok(())
}

/// The gradient by forward mode, an input a sweep, shown on the way.
fn sweep_forward([a, b, c]: [f64; 3]) -> [f64; 3] {
    println!("Forward mode: seed the tangent of one input with 1, of the others with 0.");
    let mut gradient = [0.0; 3];
    for (input, name) in NAMES.iter().enumerate() {
        let mut seed = [0.0; 3];
        seed[input] = 1.0;
        let (value, f_dot) = jvp_f(a, b, c, seed[0], seed[1], seed[2]);
        println!(
            "  sweep {}: seed {seed:?} gives f = {value} and df/d{name} = {f_dot}",
            input + 1
        );
        gradient[input] = f_dot;
    }
    println!("  {} sweeps for {} inputs\n", NAMES.len(), NAMES.len());
    gradient
}

/// The gradient by reverse mode, in one sweep, shown.
fn sweep_reverse([a, b, c]: [f64; 3]) -> [f64; 3] {
    println!("Reverse mode: seed the cotangent of the output with 1.");
    let (value, (a_bar, b_bar, c_bar)) = value_and_grad_f(a, b, c);
    println!("  sweep 1: gives f = {value} and df/da = {a_bar}, df/db = {b_bar}, df/dc = {c_bar}");
    println!("  1 sweep for {} inputs\n", NAMES.len());
    [a_bar, b_bar, c_bar]
}

/// Prints a table of the operations, each with its local gradients and its cotangent.
fn print_nodes(evaluation: &Evaluation<'_>) {
    println!("The graph, in the order of evaluation; cotangents are filled in from the bottom up:");
    let row = |cells: [&str; 5]| {
        let [node, operation, value, local, cotangent] = cells;
        println!("  {node:<5} {operation:<10} {value:>8}   {local:<28} {cotangent:>9}");
    };
    let head = ["node", "operation", "value", "local gradients", "cotangent"];
    row(head);
    row(head.map(|title| &"---------------"[..title.len()]));
    for node in evaluation.nodes() {
        let local: Vec<String> = node
            .operands
            .iter()
            .filter_map(|edge| Some((edge.operand, edge.partial?)))
            .map(|(operand, partial)| format!("by {}: {partial}", name_of(evaluation, operand)))
            .collect();
        row([
            &name_of(evaluation, node.index),
            &operation_of(evaluation, node),
            &node.value.to_string(),
            &local.join(", "),
            &node.cotangent.to_string(),
        ]);
    }
    println!();
}

/// Shows that the gradients that come back along all branches of `b` are added.
fn explain_branches(evaluation: &Evaluation<'_>) {
    println!("Gradients add at branches: b feeds several operations, and each sends back its own");
    println!("cotangent times its local gradient:");
    let Some(b) = evaluation.nodes().find(|node| node.name == "b") else {
        return;
    };
    let mut products = Vec::new();
    for node in evaluation.nodes() {
        for edge in node.operands.iter().filter(|edge| edge.operand == b.index) {
            if let Some(partial) = edge.partial {
                let product = node.cotangent * partial;
                println!(
                    "  through {}: {} x {partial} = {product}",
                    name_of(evaluation, node.index),
                    node.cotangent
                );
                products.push(product.to_string());
            }
        }
    }
    println!("  df/db = {} = {}\n", products.join(" + "), b.cotangent);
}

/// The node's name: the user's, or `f` for the output, or a number.
fn name_of(evaluation: &Evaluation<'_>, index: usize) -> String {
    match evaluation.nodes().find(|node| node.index == index) {
        Some(node) if !node.name.is_empty() => node.name.to_owned(),
        _ if evaluation.output() == Some(index) => "f".to_owned(),
        _ => format!("#{index}"),
    }
}

/// The operation in words: `a + b`, or `input`.
fn operation_of(evaluation: &Evaluation<'_>, node: TraceNode<'_>) -> String {
    let names: Vec<String> = node
        .operands
        .iter()
        .map(|edge| name_of(evaluation, edge.operand))
        .collect();
    match (node.origin, &names[..]) {
        (Origin::Input, _) => "input".to_owned(),
        (Origin::Constant, _) => "constant".to_owned(),
        (_, [x, y]) => format!("{x} {} {y}", node.label),
        (_, _) => format!("{}({})", node.label, names.join(", ")),
    }
}

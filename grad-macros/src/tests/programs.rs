//! Random programs through all stages and the interpreter.
//!
//! Every graph is verified; the value is the same bit for bit before and after simplification and in
//! both modes; forward mode is the transpose of reverse mode; reverse mode agrees with central
//! differences wherever the function is smooth enough for them to agree with one another.
//! A failure prints its seed: `GRAD_SEED=n` runs that program alone, `GRAD_PROGRAMS=n` runs n of
//! them. The generator is shared with the batches that are compiled (`tests/src/programs.rs`).

#[allow(dead_code, unreachable_pub, unused_imports)]
#[path = "../../../tests/src/programs.rs"]
pub(super) mod generate;

use std::collections::BTreeMap;

use super::rows::{append_rule, assign_rule, push_rule, rule, swap_remove_rule};
use crate::diag::Diagnostics;
use crate::ir::{
    Datum, ForwardForm, Function, Graph, Machine, Op, Program, ReverseForm, Spelling, Stop, row,
};
use crate::options::Options;
use crate::signature::Signature;
use crate::{ad, front, pass};
use generate::{Input, Rng, Source};

/// Programs run where nothing else is asked for.
const PROGRAMS: u64 = 160;
/// Arguments tried on each.
const INPUTS: usize = 4;

/// The functions of one program as lowered and differentiated, and the same simplified.
struct Built {
    raw: Program,
    simple: Program,
}

fn build(sources: &[Source]) -> Result<Built, String> {
    let mut built = Built {
        raw: Program::new(),
        simple: Program::new(),
    };
    // Methods of numbers whose type only the compiler knows are calls of the runtime's rules.
    for op in Op::ALL {
        for program in [&mut built.raw, &mut built.simple] {
            if let Spelling::Method(name) = row(*op).spelling {
                program.insert(name.to_owned(), rule(*op));
            } else {
                program.insert(format!("{op:?}"), rule(*op));
            }
            if let Spelling::Infix(_) = row(*op).spelling {
                program.insert(format!("{op:?}Assign"), assign_rule(*op));
            }
        }
    }
    for program in [&mut built.raw, &mut built.simple] {
        program.insert("push".to_owned(), push_rule());
        program.insert("append".to_owned(), append_rule());
        program.insert("swap_remove".to_owned(), swap_remove_rule());
    }
    for source in sources {
        let (raw, simple) = stages(&source.name, &generate::plain(&source.text))?;
        built.raw.insert(source.name.clone(), raw);
        built.simple.insert(source.name.clone(), simple);
    }
    Ok(built)
}

/// What the front says of a program it does not take: no fault, but it should be rare.
const REJECTED: &str = "rejected: ";

fn problems(diag: &Diagnostics) -> Result<(), String> {
    if diag.any() {
        return Err(format!("{REJECTED}{}", diag.to_tokens()));
    }
    Ok(())
}

fn verified(mut graph: Graph, stage: &str) -> Result<(Graph, Graph), String> {
    let fine = |graph: &Graph, stage: &str| graph.verify().map_err(|e| format!("{stage}: {e}"));
    fine(&graph, stage)?;
    let before = graph.clone();
    pass::simplify(&mut graph);
    fine(&graph, &format!("{stage}, simplified"))?;
    Ok((before, graph))
}

/// Every third loop under `checkpoint`, whether it carries anything or not.
fn some_under_checkpoint(mut graph: Graph) -> Graph {
    for id in graph.sites_within(graph.body) {
        let site = graph.site(id);
        let body = site.regions.last().copied();
        if let Some(body) = body.filter(|_| site.kind.is_loop() && id.0 % 3 == 0) {
            graph.block_mut(body).checkpoint = Some(crate::ir::Checkpoint {
                span: proc_macro2::Span::call_site(),
                stride: None,
            });
        }
    }
    graph
}

/// A function before and after simplification.
fn stages(name: &str, text: &str) -> Result<(Function, Function), String> {
    let diag = Diagnostics::default();
    let item: syn::ItemFn = syn::parse_str(text).map_err(|e| format!("{e} in\n{text}"))?;
    let signature = Signature::read(&item.sig, None, &Options::default(), &diag);
    problems(&diag)?;
    let lowered = front::lower(
        name,
        &signature,
        &item.block,
        &quote::ToTokens::to_token_stream(&item.block),
        &diag,
    );
    problems(&diag)?;
    let (raw, simple) = verified(lowered.graph.clone(), "lowered")?;
    let active = ad::activity(&simple, &lowered.if_active, &diag);
    problems(&diag)?;
    let forward = ad::forward(&simple, &active, crate::stages::Tangents::One);
    let reversed = some_under_checkpoint(simple.clone());
    let reverse = ad::reverse(&reversed, &lowered.output, &active);
    let (raw_forward, forward_graph) = verified(forward.graph.clone(), "forward")?;
    let (raw_reverse, reverse_graph) = verified(reverse.graph.clone(), "reverse")?;
    let (mut raw_gradient, mut gradient) = (None, None);
    if signature.returns_float() {
        let (found, _) = ad::gradient(&reversed, &lowered.output, &active, ad::Trust::Nothing);
        let (before, after) = verified(found.graph.clone(), "gradient")?;
        let form = |graph| ReverseForm {
            graph,
            seed: found.seed,
            bars: found.bars.clone(),
        };
        (raw_gradient, gradient) = (Some(form(before)), Some(form(after)));
    }
    let function = |graph, forward_graph, reverse_graph, gradient| Function {
        gradient,
        graph,
        output: lowered.output.clone(),
        forward: ForwardForm {
            graph: forward_graph,
            dots: forward.dots.clone(),
        },
        reverse: ReverseForm {
            graph: reverse_graph,
            seed: reverse.seed,
            bars: reverse.bars.clone(),
        },
    };
    Ok((
        function(raw, raw_forward, raw_reverse, raw_gradient),
        function(simple, forward_graph, reverse_graph, gradient),
    ))
}

fn datum(input: &Input) -> Datum {
    let list = |parts: &[f64]| Datum::List(parts.iter().copied().map(Datum::Float).collect());
    match input {
        Input::Float(x) => Datum::Float(*x),
        Input::Count(n) => Datum::count(*n),
        Input::Flag(b) => Datum::Bool(*b),
        Input::List(parts) => list(parts),
        Input::Pair(a, b) => list(&[*a, *b]),
    }
}

/// The floats of a datum, in order.
pub(super) fn flat(datum: &Datum) -> Vec<f64> {
    match datum {
        Datum::Float(x) => vec![*x],
        Datum::List(parts) => parts.iter().flat_map(flat).collect(),
        Datum::Record(fields) => fields.iter().flat_map(|(_, part)| flat(part)).collect(),
        _ => Vec::new(),
    }
}

/// The datum with its floats replaced.
fn refilled(datum: &Datum, numbers: &mut dyn FnMut(f64) -> f64) -> Datum {
    match datum {
        Datum::Float(x) => Datum::Float(numbers(*x)),
        Datum::List(parts) => {
            Datum::List(parts.iter().map(|part| refilled(part, numbers)).collect())
        }
        other => other.clone(),
    }
}

fn same(a: &Datum, b: &Datum) -> bool {
    // The sign of a zero is the one thing a law may change.
    let positive = |x: f64| if x == 0.0 { 0.0 } else { x };
    refilled(a, &mut |x| positive(x)) == refilled(b, &mut |x| positive(x))
}

/// What came of one program on one input.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    Checked,
    /// Values or derivatives too large to compare.
    Wild,
    /// Not smooth here: differences disagree with one another.
    Rough,
}

/// Everything that must hold of the last function at one point.
fn check(
    built: &Built,
    source: &Source,
    inputs: &[Input],
    rng: &mut Rng,
) -> Result<Outcome, String> {
    let args: Vec<Datum> = inputs.iter().map(datum).collect();
    let stop = |stop: Stop| format!("{stop:?}");
    let (raw, simple) = (Machine::new(&built.raw), Machine::new(&built.simple));
    let name = source.name.as_str();
    let (value, _) = raw.call(name, &args).map_err(stop)?;
    let agrees = |what: &str, other: &Datum| {
        if value == *other {
            return Ok(());
        }
        Err(format!("value {value:?}, but {what} gives {other:?}"))
    };
    agrees(
        "the simplified graph",
        &simple.call(name, &args).map_err(stop)?.0,
    )?;

    let direction: Vec<Datum> = args
        .iter()
        .map(|arg| refilled(arg, &mut |_| rng.between(-1.0, 1.0)))
        .collect();
    let dots: Vec<Option<Datum>> = direction.iter().cloned().map(Some).collect();
    let (forward_value, tangent, ..) = simple.jvp(name, &args, &dots).map_err(stop)?;
    agrees("forward mode", &forward_value)?;
    let (_, raw_tangent, ..) = raw.jvp(name, &args, &dots).map_err(stop)?;
    if !same(&tangent, &raw_tangent) {
        return Err(format!("tangent {raw_tangent:?}, simplified {tangent:?}"));
    }

    let seed = refilled(&value, &mut |_| rng.between(-1.0, 1.0));
    let gradient = |machine: &Machine| -> Result<Vec<Option<Datum>>, String> {
        let (reverse_value, pullback, _) = machine.vjp(name, &args).map_err(stop)?;
        agrees("reverse mode", &reverse_value)?;
        let none: Vec<Option<Datum>> = args.iter().map(|_| None).collect();
        machine
            .pull(&pullback, seed.clone(), &args, &none)
            .map_err(stop)
    };
    let (bars, raw_bars) = (gradient(&simple)?, gradient(&raw)?);
    let number = |bars: &[Option<Datum>]| -> Vec<f64> {
        let bars = bars.iter().zip(&args);
        bars.flat_map(|(bar, arg)| flat(bar.as_ref().unwrap_or(&arg.zero())))
            .collect()
    };
    let (bars, raw_bars) = (number(&bars), number(&raw_bars));
    #[allow(clippy::float_cmp)] // the very same numbers
    let same = |(a, b): (&f64, &f64)| a == b || a.is_nan() && b.is_nan();
    if !bars.iter().zip(&raw_bars).all(same) {
        return Err(format!("gradient {raw_bars:?}, simplified {bars:?}"));
    }
    if let Datum::Float(_) = value {
        let (gradient_value, found) = simple.gradient(name, &args, seed.clone()).map_err(stop)?;
        agrees("the gradient", &gradient_value)?;
        let found = number(&found);
        let size = 1.0 + bars.iter().map(|x| x.abs()).sum::<f64>();
        if size < 1e6
            && bars
                .iter()
                .zip(&found)
                .any(|(a, b)| (a - b).abs() > 1e-9 * size)
        {
            return Err(format!("reverse mode {bars:?}, the gradient {found:?}"));
        }
    }
    let direction: Vec<f64> = direction.iter().flat_map(flat).collect();
    compare(
        &simple,
        name,
        &args,
        &Sides {
            tangent: flat(&tangent),
            seed: flat(&seed),
            bars,
            direction,
            value: flat(&value),
        },
    )
}

/// A directional derivative from both sides.
struct Sides {
    tangent: Vec<f64>,
    seed: Vec<f64>,
    bars: Vec<f64>,
    direction: Vec<f64>,
    value: Vec<f64>,
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> (f64, f64) {
    let products = a.iter().zip(b).map(|(a, b)| a * b);
    products.fold((0.0, 0.0), |(sum, size), p| (sum + p, size + f64::abs(p)))
}

fn flat_size(numbers: &[f64]) -> f64 {
    numbers.iter().map(|x| x.abs()).sum()
}

fn compare(
    machine: &Machine,
    name: &str,
    args: &[Datum],
    sides: &Sides,
) -> Result<Outcome, String> {
    let (by_forward, size_forward) = dot(&sides.seed, &sides.tangent);
    let (by_reverse, size_reverse) = dot(&sides.bars, &sides.direction);
    let size = 1.0 + size_forward + size_reverse;
    let all = [&sides.tangent, &sides.bars, &sides.value];
    if all
        .into_iter()
        .flatten()
        .any(|x| !x.is_finite() || x.abs() > 1e6)
    {
        return Ok(Outcome::Wild);
    }
    if (by_forward - by_reverse).abs() > 1e-9 * size {
        return Err(format!(
            "forward mode {by_forward}, reverse mode {by_reverse}"
        ));
    }
    let moved = |by: f64| -> Option<f64> {
        let mut direction = sides.direction.iter();
        let mut step = |x: f64| x + by * direction.next().unwrap_or(&0.0);
        let args: Vec<Datum> = args.iter().map(|arg| refilled(arg, &mut step)).collect();
        let (value, _) = machine.call(name, &args).ok()?;
        Some(dot(&sides.seed, &flat(&value)).0)
    };
    let difference = |step: f64| Some((moved(step)? - moved(-step)?) / (2.0 * step));
    let steps = [1e-5, 3e-6, 1e-6];
    let found: Option<Vec<f64>> = steps.into_iter().map(difference).collect();
    let Some(found) = found else {
        return Ok(Outcome::Rough);
    };
    let scale = 1.0 + found[1].abs() + flat_size(&sides.value);
    let close = |a: f64, b: f64, tolerance: f64| (a - b).abs() <= tolerance * scale;
    let smooth = close(found[0], found[1], 2e-6) && close(found[1], found[2], 2e-6);
    if !smooth {
        return Ok(Outcome::Rough);
    }
    if !close(found[1], by_reverse, 2e-5) {
        return Err(format!(
            "reverse mode {by_reverse}, central differences {found:?}"
        ));
    }
    Ok(Outcome::Checked)
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs one program; the failure names the seed, the input and the source.
fn run(seed: u64, counts: &mut BTreeMap<String, usize>) -> Result<(), String> {
    let sources = generate::program(seed, "p");
    let text: String = sources.iter().map(|s| generate::plain(&s.text)).collect();
    let failure = |what: String| format!("GRAD_SEED={seed}: {what}\n{text}");
    let built = build(&sources).map_err(failure)?;
    let Some(source) = sources.last() else {
        return Ok(());
    };
    let mut rng = Rng::new(seed ^ 0xABCD);
    for _ in 0..INPUTS {
        let inputs = source.inputs(&mut rng);
        let outcome = check(&built, source, &inputs, &mut rng)
            .map_err(|what| failure(format!("at {inputs:?}: {what}")))?;
        *counts.entry(format!("{outcome:?}")).or_default() += 1;
    }
    Ok(())
}

/// The failures by kind, with the shortest of each.
fn report(failures: &[String]) -> String {
    let mut kinds: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for failure in failures {
        let what = failure.lines().next().unwrap_or_default();
        let what = what.rsplit("]: ").next().unwrap_or_default();
        let kind = what
            .chars()
            .filter(|c| c.is_alphabetic() || *c == ' ')
            .take(70);
        kinds.entry(kind.collect()).or_default().push(failure);
    }
    let mut text = format!("{} failures\n", failures.len());
    for (kind, failures) in kinds {
        let shortest = failures.iter().min_by_key(|failure| failure.len());
        text += &format!(
            "== {} times: {kind}\n{}\n",
            failures.len(),
            shortest.map_or("", |text| text)
        );
    }
    text
}

#[test]
fn random_programs_have_right_derivatives() {
    let seeds = match setting("GRAD_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("GRAD_PROGRAMS").unwrap_or(PROGRAMS),
    };
    let mut counts = BTreeMap::new();
    let failures: Vec<String> = seeds
        .clone()
        .filter(|seed| !generate::is_rich(*seed))
        .filter_map(|seed| run(seed, &mut counts).err())
        .collect();
    let (rejected, failures): (Vec<_>, Vec<_>) =
        failures.into_iter().partition(|f| f.contains(REJECTED));
    println!(
        "programs {seeds:?}, points {counts:?}, rejected {}",
        rejected.len()
    );
    if std::env::var("GRAD_SEED").is_ok() || std::env::var("GRAD_REJECTED").is_ok() {
        println!("{}", report(&rejected));
    }
    assert!(failures.is_empty(), "{}", report(&failures));
    let programs = seeds.count();
    assert!(
        rejected.len() * 10 <= programs.max(10),
        "{}",
        report(&rejected)
    );
    let count = |name: &str| counts.get(name).copied().unwrap_or(0);
    assert!(
        programs < 2 || count("Checked") > count("Rough") + count("Wild"),
        "too few points are checked: {counts:?}"
    );
}

//! The reference interpreter: whole graphs in `f64`, the oracle of most tests.
//!
//! Takes a table of functions, each as a graph and as its derivatives, and runs one of them on data.
//! Every kind of site is here in its plainest form: memory is copied, a pullback is a frame kept
//! whole. As in generated code, a pullback sees its arguments as they are handed to it again, not
//! as the primal sweep left them. What only rustc knows (opaque code, constants of the user's) stops
//! the run. Past 400 lines, since there is an arm for each kind of site.

mod frame;
mod number;

use std::cell::Cell;
use std::collections::HashMap;

use frame::Frame;

use super::data::{Datum, Key};
use super::ops::{Op, row};
use super::segments;
use super::{
    Adaptor, Arg, Call, Callee, Discrete, Graph, Kind, Literal, Output, Path, Range, Region, Site,
    SiteId, Slot, Step, Storage, Ty, Value, Var,
};

/// Why a run ends without a value.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Stop {
    /// The function panics: an index out of bounds, an assertion.
    Panic(String),
    /// What the interpreter does not know.
    Unknown(String),
    /// Too many sites.
    Fuel,
}

/// A function in forward mode.
pub(crate) struct ForwardForm {
    pub(crate) graph: Graph,
    pub(crate) dots: Vec<Option<Slot>>,
}

/// A function in reverse mode.
pub(crate) struct ReverseForm {
    pub(crate) graph: Graph,
    pub(crate) seed: Option<Slot>,
    pub(crate) bars: Vec<Option<Var>>,
}

/// One function of a program.
pub(crate) struct Function {
    pub(crate) graph: Graph,
    pub(crate) output: Output,
    pub(crate) forward: ForwardForm,
    pub(crate) reverse: ReverseForm,
    /// Value and gradient in one body, where the result is one float.
    pub(crate) gradient: Option<ReverseForm>,
}

/// Functions by name.
pub(crate) type Program = HashMap<String, Function>;

/// A pullback: what the primal sweep left.
#[derive(Clone)]
pub(crate) struct Pullback {
    name: String,
    frame: Frame,
}

impl std::fmt::Debug for Pullback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "pullback of {}", self.name)
    }
}

pub(super) type Run<T> = Result<T, Stop>;

pub(super) fn unknown<T>(what: impl Into<String>) -> Run<T> {
    Err(Stop::Unknown(what.into()))
}

/// Runs functions of a program.
pub(crate) struct Machine<'p> {
    program: &'p Program,
    fuel: Cell<u64>,
}

impl<'p> Machine<'p> {
    pub(crate) fn new(program: &'p Program) -> Self {
        Machine {
            program,
            fuel: Cell::new(2_000_000),
        }
    }

    pub(super) fn function(&self, name: &str) -> Run<&'p Function> {
        match self.program.get(name) {
            Some(function) => Ok(function),
            None => unknown(format!("function `{name}`")),
        }
    }

    /// The value of a function, and what its arguments hold afterwards.
    pub(crate) fn call(&self, name: &str, args: &[Datum]) -> Run<(Datum, Vec<Datum>)> {
        let function = self.function(name)?;
        self.plain(&function.graph, &function.output, args)
    }

    /// The value computed by any graph whose body yields what the function yields, first.
    pub(crate) fn plain(
        &self,
        graph: &Graph,
        output: &Output,
        args: &[Datum],
    ) -> Run<(Datum, Vec<Datum>)> {
        let mut frame = Frame::new(graph, args);
        let yields = self.region(graph, &mut frame, graph.body, Vec::new())?;
        Ok((
            shaped(output, &mut yields.into_iter()),
            frame.arguments(graph),
        ))
    }

    /// The value and its tangent; what the arguments and their tangents hold afterwards.
    #[allow(clippy::type_complexity)] // four results, each named in the line above
    pub(crate) fn jvp(
        &self,
        name: &str,
        args: &[Datum],
        dots: &[Option<Datum>],
    ) -> Run<(Datum, Datum, Vec<Datum>, Vec<Option<Datum>>)> {
        let function = self.function(name)?;
        let graph = &function.forward.graph;
        let mut frame = Frame::new(graph, args);
        for ((slot, dot), arg) in function.forward.dots.iter().zip(dots).zip(args) {
            if let Some(slot) = slot {
                let dot = dot.clone().unwrap_or_else(|| arg.zero());
                frame.bind(*slot, dot);
            }
        }
        let mut yields = self.region(graph, &mut frame, graph.body, Vec::new())?;
        let tangents = yields.split_off(yields.len() / 2);
        let after = function.forward.dots.iter().map(|slot| match slot {
            Some(Slot::Memory(var)) => frame.vars[var.0 as usize].clone(),
            _ => None,
        });
        Ok((
            shaped(&function.output, &mut yields.into_iter()),
            shaped(&function.output, &mut tangents.into_iter()),
            frame.arguments(graph),
            after.collect(),
        ))
    }

    /// The value and the pullback; what the arguments hold afterwards.
    pub(crate) fn vjp(&self, name: &str, args: &[Datum]) -> Run<(Datum, Pullback, Vec<Datum>)> {
        let function = self.function(name)?;
        let graph = &function.reverse.graph;
        let mut frame = Frame::new(graph, args);
        let yields = self.region(graph, &mut frame, graph.body, Vec::new())?;
        let (value, after) = (
            shaped(&function.output, &mut yields.into_iter()),
            frame.arguments(graph),
        );
        let name = name.to_owned();
        Ok((value, Pullback { name, frame }, after))
    }

    /// The value, and the cotangents of the parameters in one body, begun with zero.
    pub(crate) fn gradient(
        &self,
        name: &str,
        args: &[Datum],
        seed: Datum,
    ) -> Run<(Datum, Vec<Option<Datum>>)> {
        let function = self.function(name)?;
        let Some(form) = &function.gradient else {
            return unknown("a gradient of what is no float");
        };
        let mut frame = Frame::new(&form.graph, args);
        for (place, arg) in form.bars.iter().zip(args) {
            if let Some(var) = place {
                frame.vars[var.0 as usize] = Some(arg.zero());
            }
        }
        if let Some(slot) = form.seed {
            frame.bind(slot, seed);
        }
        let yields = self.region(&form.graph, &mut frame, form.graph.body, Vec::new())?;
        let bar = |place: &Option<Var>| place.and_then(|var| frame.vars[var.0 as usize].clone());
        Ok((
            shaped(&function.output, &mut yields.into_iter()),
            form.bars.iter().map(bar).collect(),
        ))
    }

    /// Runs a pullback on the cotangent of the result: adds into the cotangents of the parameters.
    pub(crate) fn pull(
        &self,
        pullback: &Pullback,
        seed: Datum,
        again: &[Datum],
        bars: &[Option<Datum>],
    ) -> Run<Vec<Option<Datum>>> {
        let function = self.function(&pullback.name)?;
        let graph = &function.reverse.graph;
        let mut frame = pullback.frame.clone();
        let places = &function.reverse.bars;
        for (k, (param, place)) in graph.params.iter().zip(places).enumerate() {
            let own = frame.hand_again(graph, param.slot, &again[k]);
            if let Some(var) = place {
                let bar = bars[k].clone().unwrap_or_else(|| own.zero());
                frame.vars[var.0 as usize] = Some(bar);
            }
        }
        if let Some(slot) = function.reverse.seed {
            frame.bind(slot, seed);
        }
        match graph.pull {
            Some(pull) => self.region(graph, &mut frame, pull, Vec::new())?,
            None => return unknown("a graph without a pullback"),
        };
        let bar = |place: &Option<Var>| place.and_then(|var| frame.vars[var.0 as usize].clone());
        Ok(places.iter().map(bar).collect())
    }

    /// Runs a region; its arguments take the data given.
    pub(super) fn region(
        &self,
        graph: &Graph,
        frame: &mut Frame,
        region: Region,
        args: Vec<Datum>,
    ) -> Run<Vec<Datum>> {
        let block = graph.block(region);
        for (value, datum) in block.args.iter().zip(args) {
            frame.set(*value, datum);
        }
        for id in &block.sites {
            self.site(graph, frame, *id)?;
        }
        block.yields.iter().map(|v| frame.get(*v)).collect()
    }

    pub(super) fn site(&self, graph: &Graph, frame: &mut Frame, id: SiteId) -> Run<()> {
        if self.fuel.get() == 0 {
            return Err(Stop::Fuel);
        }
        self.fuel.set(self.fuel.get() - 1);
        let site = graph.site(id);
        let results = self.results(graph, frame, site)?;
        if results.len() < site.results.len() {
            return unknown(format!("too few results of {:?}", site.kind));
        }
        for (value, datum) in site.results.iter().zip(results) {
            frame.set(*value, datum);
        }
        Ok(())
    }

    pub(super) fn results(&self, graph: &Graph, frame: &mut Frame, site: &Site) -> Run<Vec<Datum>> {
        let operands: Vec<Datum> = site
            .operands
            .iter()
            .map(|v| frame.get(*v))
            .collect::<Run<_>>()?;
        match &site.kind {
            Kind::If => {
                let side = usize::from(!operands[0].bool()?);
                self.region(graph, frame, site.regions[side], Vec::new())
            }
            Kind::Unpack => match &operands[0] {
                Datum::Pack(right, parts) => {
                    let region = site.regions[usize::from(*right)];
                    self.region(graph, frame, region, parts.clone())
                }
                other => unknown(format!("unpack of {other:?}")),
            },
            Kind::For(range) => self.counted(graph, frame, site, range, &operands),
            Kind::While => self.repeated(graph, frame, site, operands),
            Kind::Call(call) => {
                let args = frame.args(&call.args)?;
                let (value, after) = self.call(&name_of(call)?, &args)?;
                frame.write_back(&call.args, after)?;
                Ok(vec![value])
            }
            Kind::CallVjp(call) => {
                let args = frame.args(&call.args)?;
                let (value, pullback, after) = self.vjp(&name_of(call)?, &args)?;
                frame.write_back(&call.args, after)?;
                Ok(vec![value, Datum::Pullback(Box::new(pullback))])
            }
            Kind::CallJvp(call, dots) => self.call_jvp(frame, call, dots),
            Kind::Pull { idle: true, .. } if operands.get(1).is_some_and(Datum::is_zero) => {
                Ok(Vec::new())
            }
            Kind::Pull { call, bars, .. } => self.run_pull(frame, call, bars, &operands),
            _ => frame.simple(graph, site, &operands),
        }
    }

    fn call_jvp(&self, frame: &mut Frame, call: &Call, dots: &[Option<Arg>]) -> Run<Vec<Datum>> {
        let args = frame.args(&call.args)?;
        let given = dots
            .iter()
            .map(|dot| match dot {
                Some(arg) => Ok(Some(frame.arg(arg)?)),
                None => Ok(None),
            })
            .collect::<Run<Vec<_>>>()?;
        let (value, dot, after, dots_after) = self.jvp(&name_of(call)?, &args, &given)?;
        frame.write_back(&call.args, after)?;
        for (arg, after) in dots.iter().zip(dots_after) {
            if let (Some(Arg::RefMut(path)), Some(after)) = (arg, after) {
                frame.write(path, after)?;
            }
        }
        Ok(vec![value, dot])
    }

    fn run_pull(
        &self,
        frame: &mut Frame,
        call: &Call,
        bars: &[Option<Path>],
        operands: &[Datum],
    ) -> Run<Vec<Datum>> {
        let Datum::Pullback(pullback) = &operands[0] else {
            return unknown("a pull of no pullback");
        };
        let handed = |arg: &Arg| match arg {
            // What is changed is not handed again, and need not be there.
            Arg::RefMut(path) if frame.root(path).is_err() => Ok(Datum::Nothing),
            arg => frame.arg(arg),
        };
        let again = call.args.iter().map(handed).collect::<Run<Vec<_>>>()?;
        let given = bars
            .iter()
            .map(|bar| bar.as_ref().map(|path| frame.read(path)).transpose())
            .collect::<Run<Vec<_>>>()?;
        let seed = operands.get(1).cloned().unwrap_or(Datum::Nothing);
        let after = self.pull(pullback, seed, &again, &given)?;
        for (path, bar) in bars.iter().zip(after) {
            if let (Some(path), Some(bar)) = (path, bar) {
                frame.write(path, bar)?;
            }
        }
        Ok(Vec::new())
    }

    pub(super) fn counted(
        &self,
        graph: &Graph,
        frame: &mut Frame,
        site: &Site,
        range: &Range,
        operands: &[Datum],
    ) -> Run<Vec<Datum>> {
        let mut carried = operands[range.first_carried()..].to_vec();
        let indices = indices(range, operands)?;
        for id in &graph.block(site.regions[0]).sites {
            if let Kind::Next(tape) = graph.site(*id).kind {
                frame.rewind(tape, indices.len())?;
            }
        }
        for index in indices {
            let mut args = vec![Datum::Int(index)];
            args.extend(carried);
            carried = self.region(graph, frame, site.regions[0], args)?;
            if range.exits && carried[0].int()? != 0 {
                break;
            }
        }
        Ok(carried)
    }

    fn repeated(
        &self,
        graph: &Graph,
        frame: &mut Frame,
        site: &Site,
        mut carried: Vec<Datum>,
    ) -> Run<Vec<Datum>> {
        loop {
            let go_on = self.region(graph, frame, site.regions[0], carried.clone())?;
            if !go_on[0].bool()? {
                return Ok(carried);
            }
            carried = self.region(graph, frame, site.regions[1], carried)?;
            if self.fuel.get() == 0 {
                return Err(Stop::Fuel);
            }
            self.fuel.set(self.fuel.get() - 1);
        }
    }
}

/// The indices of a counted loop, in order.
pub(super) fn indices(range: &Range, operands: &[Datum]) -> Run<Vec<i128>> {
    let (start, end) = (operands[0].int()?, operands[1].int()?);
    let end = if range.inclusive { end + 1 } else { end };
    let mut indices: Vec<i128> = (start..end).collect();
    let mut rest = operands[2..].iter();
    for adaptor in &range.adaptors {
        match adaptor {
            Adaptor::Rev => indices.reverse(),
            Adaptor::StepBy | Adaptor::Take => {
                let Some(Ok(n)) = rest.next().map(Datum::index) else {
                    return unknown("an adaptor without its operand");
                };
                if *adaptor == Adaptor::Take {
                    indices.truncate(n);
                } else if n == 0 {
                    return Err(Stop::Panic("step of zero".to_owned()));
                } else {
                    indices = indices.into_iter().step_by(n).collect();
                }
            }
        }
    }
    Ok(indices)
}

fn name_of(call: &Call) -> Run<String> {
    match &call.callee {
        Callee::Function(code) => Ok(code.0.to_string()),
        Callee::Method(name, None) | Callee::Associated(_, name, None) => Ok(name.clone()),
        Callee::Operator(op) => Ok(format!("{op:?}")),
        Callee::Assign(op) => Ok(format!("{op:?}Assign")),
        other => unknown(format!("{other:?}")),
    }
}

/// The yields in the shape of the result.
fn shaped(output: &Output, values: &mut impl Iterator<Item = Datum>) -> Datum {
    match output {
        Output::Unit | Output::Never => Datum::Nothing,
        Output::Leaf => values.next().unwrap_or(Datum::Nothing),
        Output::Tuple(parts) => {
            Datum::List(parts.iter().map(|part| shaped(part, values)).collect())
        }
    }
}

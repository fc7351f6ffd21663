//! The reference interpreter: whole graphs in `f64`, the oracle of most tests.
//!
//! Takes a table of functions, each as a graph and as its derivatives, and runs one of them on data.
//! Every kind of site is here in its plainest form: memory is copied, a pullback is a frame kept
//! whole. As in generated code, a pullback sees its arguments as they are handed to it again, not
//! as the primal sweep left them. What only rustc knows (opaque code, constants of the user's) stops
//! the run. Past 400 lines, since there is an arm for each kind of site.

use std::cell::Cell;
use std::collections::HashMap;

use super::data::{Datum, Key};
use super::ops::{Op, row};
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

/// The values and variables of one call.
#[derive(Clone)]
pub(crate) struct Frame {
    values: Vec<Option<Datum>>,
    vars: Vec<Option<Datum>>,
}

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

type Run<T> = Result<T, Stop>;

fn unknown<T>(what: impl Into<String>) -> Run<T> {
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

    fn function(&self, name: &str) -> Run<&'p Function> {
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
    fn region(
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

    fn site(&self, graph: &Graph, frame: &mut Frame, id: SiteId) -> Run<()> {
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

    fn results(&self, graph: &Graph, frame: &mut Frame, site: &Site) -> Run<Vec<Datum>> {
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

    fn counted(
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
fn indices(range: &Range, operands: &[Datum]) -> Run<Vec<i128>> {
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
        Output::Unit => Datum::Nothing,
        Output::Leaf => values.next().unwrap_or(Datum::Nothing),
        Output::Tuple(parts) => {
            Datum::List(parts.iter().map(|part| shaped(part, values)).collect())
        }
    }
}

impl Frame {
    fn new(graph: &Graph, args: &[Datum]) -> Self {
        let mut frame = Frame {
            values: vec![None; graph.values.len()],
            vars: vec![None; graph.vars.len()],
        };
        for (param, arg) in graph.params.iter().zip(args) {
            frame.bind(param.slot, arg.clone());
        }
        for (k, var) in graph.vars.iter().enumerate() {
            if var.storage == Storage::Tape {
                frame.vars[k] = Some(Datum::List(Vec::new()));
            }
        }
        frame
    }

    fn bind(&mut self, slot: Slot, datum: Datum) {
        match slot {
            Slot::Scalar(value) => self.set(value, datum),
            Slot::Memory(var) => self.vars[var.0 as usize] = Some(datum),
        }
    }

    /// A parameter in the pullback: handed again as it was, but a mutable reference is not.
    fn hand_again(&mut self, graph: &Graph, slot: Slot, again: &Datum) -> Datum {
        let by_mut = match slot {
            Slot::Memory(var) => graph.var(var).storage == Storage::RefMut,
            Slot::Scalar(_) => false,
        };
        if let (true, Slot::Memory(var)) = (by_mut, slot) {
            return self.vars[var.0 as usize].take().unwrap_or(Datum::Nothing);
        }
        self.bind(slot, again.clone());
        again.clone()
    }

    /// What the parameters hold now.
    fn arguments(&self, graph: &Graph) -> Vec<Datum> {
        let held = |slot| match slot {
            Slot::Scalar(value) => self.values[value.0 as usize].clone(),
            Slot::Memory(var) => self.vars[var.0 as usize].clone(),
        };
        let params = graph.params.iter();
        params
            .map(|p| held(p.slot).unwrap_or(Datum::Nothing))
            .collect()
    }

    fn set(&mut self, value: Value, datum: Datum) {
        self.values[value.0 as usize] = Some(datum);
    }

    fn get(&self, value: Value) -> Run<Datum> {
        match &self.values[value.0 as usize] {
            Some(datum) => Ok(datum.clone()),
            None => unknown(format!("{value}, which is not computed")),
        }
    }

    fn keys(&self, path: &Path) -> Run<Vec<Key>> {
        let mut keys = Vec::new();
        for step in &path.steps {
            keys.push(match step {
                Step::Deref => continue,
                Step::Field(name) => Key::Field(name.clone()),
                Step::Index(v) => Key::Index(self.get(*v)?.index()?),
                Step::Range {
                    start,
                    end,
                    inclusive,
                } => {
                    let start = start.map_or(Ok(0), |v| self.get(v)?.index())?;
                    let end = end.map(|v| self.get(v)?.index()).transpose()?;
                    Key::Range(start, end.map(|end| end + usize::from(*inclusive)))
                }
                #[allow(unreachable_patterns)] // steps to come
                other => return unknown(format!("{other:?}")),
            });
        }
        Ok(keys)
    }

    fn root(&self, path: &Path) -> Run<&Datum> {
        match &self.vars[path.root.0 as usize] {
            Some(datum) => Ok(datum),
            None => unknown(format!("variable {:?}, which is not made", path.root)),
        }
    }

    fn read(&self, path: &Path) -> Run<Datum> {
        self.root(path)?.at(&self.keys(path)?)
    }

    fn change(&mut self, path: &Path, change: &mut dyn FnMut(&mut [Datum]) -> Run<()>) -> Run<()> {
        let keys = self.keys(path)?;
        match &mut self.vars[path.root.0 as usize] {
            Some(datum) => datum.change(&keys, change),
            None => unknown(format!("variable {:?}, which is not made", path.root)),
        }
    }

    #[allow(clippy::needless_pass_by_value)] // callers have it to give
    fn write(&mut self, path: &Path, datum: Datum) -> Run<()> {
        let is_range = matches!(path.steps.last(), Some(Step::Range { .. }));
        self.change(path, &mut |places| match (places, &datum) {
            ([place], datum) if !is_range => {
                *place = datum.clone();
                Ok(())
            }
            (places, Datum::List(parts)) if parts.len() == places.len() => {
                places.clone_from_slice(parts);
                Ok(())
            }
            _ => unknown("a write of another shape"),
        })
    }

    fn arg(&self, arg: &Arg) -> Run<Datum> {
        match arg {
            Arg::Value(v) => self.get(*v),
            other => match other.path() {
                Some(path) => self.read(path),
                None => unknown(format!("{other:?}")),
            },
        }
    }

    fn args(&self, args: &[Arg]) -> Run<Vec<Datum>> {
        args.iter().map(|arg| self.arg(arg)).collect()
    }

    /// Arguments that are mutable references hold what the callee left.
    fn write_back(&mut self, args: &[Arg], after: Vec<Datum>) -> Run<()> {
        for (arg, datum) in args.iter().zip(after) {
            if let Arg::RefMut(path) | Arg::MaybeMut(path) = arg {
                self.write(path, datum)?;
            }
        }
        Ok(())
    }

    /// Turns the last so many entries of a tape around.
    fn rewind(&mut self, tape: Var, count: usize) -> Run<()> {
        match &mut self.vars[tape.0 as usize] {
            Some(Datum::List(entries)) if entries.len() >= count => {
                let start = entries.len() - count;
                entries[start..].reverse();
                Ok(())
            }
            other => unknown(format!("{count} entries of {other:?}")),
        }
    }

    /// A site without regions or calls.
    #[allow(clippy::too_many_lines)] // one arm an operator
    fn simple(&mut self, graph: &Graph, site: &Site, operands: &[Datum]) -> Run<Vec<Datum>> {
        if let Some(result) = scalar(graph, site, operands)? {
            return Ok(vec![result]);
        }
        let one = |datum: Datum| Ok(vec![datum]);
        match &site.kind {
            Kind::ZeroOf => one(operands[0].zero()),
            Kind::Length(path) => match self.read(path)? {
                Datum::List(parts) => one(Datum::count(parts.len())),
                other => unknown(format!("the length of {other:?}")),
            },
            Kind::Load(path)
            | Kind::Copy(path)
            | Kind::Own(path)
            | Kind::Keep(path, _)
            | Kind::Finish(path, _) => one(self.read(path)?),
            Kind::Boxed => one(operands[0].clone()),
            Kind::ZeroLike(path) => one(self.read(path)?.zero()),
            Kind::Store(path) => {
                self.write(path, operands[0].clone())?;
                Ok(Vec::new())
            }
            Kind::Accumulate(path) => {
                let sum = self.read(path)?.plus(&operands[0])?;
                self.write(path, sum)?;
                Ok(Vec::new())
            }
            Kind::Take(path) => {
                let taken = self.read(path)?;
                self.write(path, taken.zero())?;
                one(taken)
            }
            Kind::Append(path) => {
                let whole = self.read(path)?.appended(operands[0].clone())?;
                self.write(path, whole)?;
                Ok(Vec::new())
            }
            Kind::Detach(path) => {
                let (rest, last) = self.read(path)?.detached()?;
                self.write(path, rest)?;
                one(last)
            }
            Kind::Swap(a, b) => {
                let (x, y) = (self.read(a)?, self.read(b)?);
                self.write(a, y)?;
                self.write(b, x)?;
                Ok(Vec::new())
            }
            Kind::Allocate(var) => {
                let first = operands.first().cloned();
                self.vars[var.0 as usize] = Some(first.unwrap_or(Datum::Nothing));
                Ok(Vec::new())
            }
            Kind::Array { .. } | Kind::Tuple => one(Datum::List(operands.to_vec())),
            Kind::Repeat { .. } | Kind::RepeatTangent { .. } => {
                one(Datum::List(vec![operands[0].clone(); operands[1].index()?]))
            }
            Kind::Record(record) => {
                let parts = record.fields.iter().cloned().zip(operands.iter().cloned());
                one(Datum::Record(parts.collect()))
            }
            Kind::Push(tape) => match &mut self.vars[tape.0 as usize] {
                Some(Datum::List(entries)) => {
                    entries.push(Datum::List(operands.to_vec()));
                    Ok(Vec::new())
                }
                other => unknown(format!("a push on {other:?}")),
            },
            Kind::Save(tape, path) => {
                let whole = self.read(path)?;
                match &mut self.vars[tape.0 as usize] {
                    Some(Datum::List(entries)) => entries.push(whole),
                    other => return unknown(format!("saving on {other:?}")),
                }
                Ok(Vec::new())
            }
            Kind::Restore(tape, path) => {
                let saved = match &mut self.vars[tape.0 as usize] {
                    Some(Datum::List(entries)) => entries.pop(),
                    other => return unknown(format!("restoring from {other:?}")),
                };
                self.write(path, saved.unwrap_or(Datum::Nothing))?;
                Ok(Vec::new())
            }
            // The loop has turned its entries around, so that the first is on top.
            Kind::Pop(tape) | Kind::Next(tape) => match &mut self.vars[tape.0 as usize] {
                Some(Datum::List(entries)) => match entries.pop() {
                    Some(Datum::List(parts)) => Ok(parts),
                    other => unknown(format!("a pop of {other:?}")),
                },
                other => unknown(format!("a pop from {other:?}")),
            },
            Kind::Pack { right } => one(Datum::Pack(*right, operands.to_vec())),
            Kind::Opaque {
                code, effect: true, ..
            } => {
                let text = code.0.to_string();
                let panics = ["panic", "unreachable", "todo", "unimplemented"];
                if panics.iter().any(|name| text.starts_with(name)) {
                    return Err(Stop::Panic(text));
                }
                Ok(Vec::new())
            }
            other => unknown(format!("{other:?}")),
        }
    }
}

/// A site on scalars alone; `None` if it is another.
fn scalar(graph: &Graph, site: &Site, operands: &[Datum]) -> Run<Option<Datum>> {
    Ok(Some(match &site.kind {
        Kind::Literal(literal) => self::literal(literal, graph.ty(site.results[0]))?,
        Kind::Constant(code) => constant(&code.0.to_string())?,
        Kind::Apply(op) => apply(*op, operands)?,
        Kind::Discrete(op) => discrete(*op, operands)?,
        Kind::Select => operands[if operands[0].bool()? { 1 } else { 2 }].clone(),
        Kind::FloatLike => Datum::Float(operands[0].float()?),
        Kind::Cast(code) => operands[0].cast(&code.0.to_string())?,
        Kind::PushCast(_) if operands[0] == Datum::Nothing => Datum::Float(0.0),
        Kind::PushCast(_) | Kind::Frozen | Kind::IntLike | Kind::Elements => operands[0].clone(),
        Kind::PullCast => match operands[0] {
            Datum::Float(_) => operands[1].clone(),
            _ => Datum::Nothing,
        },
        _ => return Ok(None),
    }))
}

fn literal(literal: &Literal, ty: &Ty) -> Run<Datum> {
    Ok(match (literal, ty) {
        (Literal::Float(text), _) => Datum::Float(float_of(text)?),
        (Literal::Int(text), _) => Datum::Int(integer_of(text)?),
        (Literal::Bool(b), _) => Datum::Bool(*b),
        (Literal::Undefined, Ty::Int) => Datum::Int(0),
        (Literal::Undefined, Ty::Bool) => Datum::Bool(false),
        (Literal::Undefined, Ty::Unit) => Datum::Nothing,
        (Literal::Undefined, _) => Datum::Float(0.0),
    })
}

fn float_of(text: &str) -> Run<f64> {
    let digits = text.replace('_', "");
    let digits = digits.trim_end_matches("f64").trim_end_matches("f32");
    digits.parse().or_else(|_| unknown(format!("float {text}")))
}

fn integer_of(text: &str) -> Run<i128> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    let end = digits
        .find(|c: char| c.is_alphabetic())
        .unwrap_or(digits.len());
    digits[..end]
        .parse()
        .or_else(|_| unknown(format!("integer {text}")))
}

fn constant(code: &str) -> Run<Datum> {
    match code.rsplit("::").next().unwrap_or(code).trim() {
        "PI" => Ok(Datum::Float(std::f64::consts::PI)),
        "E" => Ok(Datum::Float(std::f64::consts::E)),
        "INFINITY" => Ok(Datum::Float(f64::INFINITY)),
        "NEG_INFINITY" => Ok(Datum::Float(f64::NEG_INFINITY)),
        "NAN" => Ok(Datum::Float(f64::NAN)),
        "EPSILON" => Ok(Datum::Float(f64::EPSILON)),
        text if text.contains('.') => Ok(Datum::Float(float_of(text)?)),
        text => Ok(Datum::Int(integer_of(text)?)),
    }
}

fn apply(op: Op, operands: &[Datum]) -> Run<Datum> {
    if let [Datum::Int(a), rest @ ..] = operands {
        let b = rest.first().map_or(Ok(0), Datum::int)?;
        if matches!(op, Op::Div | Op::Rem) && b == 0 {
            return Err(Stop::Panic("division by zero".to_owned()));
        }
        return Ok(Datum::Int(match op {
            Op::Add => a + b,
            Op::Sub => a - b,
            Op::Mul => a * b,
            Op::Div => a / b,
            Op::Rem => a % b,
            Op::Neg => -a,
            Op::Abs => a.abs(),
            Op::Signum => a.signum(),
            Op::Max => *a.max(&b),
            Op::Min => *a.min(&b),
            other => return unknown(format!("{other:?} of integers")),
        }));
    }
    let numbers = operands
        .iter()
        .map(Datum::float)
        .collect::<Run<Vec<f64>>>()?;
    Ok(Datum::Float((row(op).reference)(&numbers)))
}

fn discrete(op: Discrete, operands: &[Datum]) -> Run<Datum> {
    use Discrete::{And, BitAnd, BitOr, BitXor, Eq, Ge, Gt, Le, Lt, Ne, Not, Or, Shl, Shr};
    let order = || operands[0].compare(&operands[1]);
    Ok(Datum::Bool(match (op, operands) {
        (Eq, _) => order()?.is_some_and(std::cmp::Ordering::is_eq),
        (Ne, _) => !order()?.is_some_and(std::cmp::Ordering::is_eq),
        (Lt, _) => order()?.is_some_and(std::cmp::Ordering::is_lt),
        (Le, _) => order()?.is_some_and(std::cmp::Ordering::is_le),
        (Gt, _) => order()?.is_some_and(std::cmp::Ordering::is_gt),
        (Ge, _) => order()?.is_some_and(std::cmp::Ordering::is_ge),
        (Not, [Datum::Bool(a)]) => !a,
        (And | BitAnd, [Datum::Bool(a), Datum::Bool(b)]) => *a && *b,
        (Or | BitOr, [Datum::Bool(a), Datum::Bool(b)]) => *a || *b,
        (BitXor, [Datum::Bool(a), Datum::Bool(b)]) => a != b,
        (BitAnd, [Datum::Int(a), Datum::Int(b)]) => return Ok(Datum::Int(a & b)),
        (BitOr, [Datum::Int(a), Datum::Int(b)]) => return Ok(Datum::Int(a | b)),
        (BitXor, [Datum::Int(a), Datum::Int(b)]) => return Ok(Datum::Int(a ^ b)),
        (Shl, [Datum::Int(a), Datum::Int(b)]) => return Ok(Datum::Int(a << b)),
        (Shr, [Datum::Int(a), Datum::Int(b)]) => return Ok(Datum::Int(a >> b)),
        (op, operands) => return unknown(format!("{op:?} of {operands:?}")),
    }))
}

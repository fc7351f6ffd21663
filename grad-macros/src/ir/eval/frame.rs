//! What a function holds while it runs: values, variables, and the places of arguments.

use super::number::scalar;
use super::*;

/// The values and variables of one call.
#[derive(Clone)]
pub(crate) struct Frame {
    values: Vec<Option<Datum>>,
    pub(super) vars: Vec<Option<Datum>>,
}

impl Frame {
    pub(super) fn new(graph: &Graph, args: &[Datum]) -> Self {
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

    pub(super) fn bind(&mut self, slot: Slot, datum: Datum) {
        match slot {
            Slot::Scalar(value) => self.set(value, datum),
            Slot::Memory(var) => self.vars[var.0 as usize] = Some(datum),
        }
    }

    /// A parameter in the pullback: handed again as it was, but a mutable reference is not.
    pub(super) fn hand_again(&mut self, graph: &Graph, slot: Slot, again: &Datum) -> Datum {
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
    pub(super) fn arguments(&self, graph: &Graph) -> Vec<Datum> {
        let held = |slot| match slot {
            Slot::Scalar(value) => self.values[value.0 as usize].clone(),
            Slot::Memory(var) => self.vars[var.0 as usize].clone(),
        };
        let params = graph.params.iter();
        params
            .map(|p| held(p.slot).unwrap_or(Datum::Nothing))
            .collect()
    }

    pub(super) fn set(&mut self, value: Value, datum: Datum) {
        self.values[value.0 as usize] = Some(datum);
    }

    pub(super) fn get(&self, value: Value) -> Run<Datum> {
        match &self.values[value.0 as usize] {
            Some(datum) => Ok(datum.clone()),
            None => unknown(format!("{value}, which is not computed")),
        }
    }

    pub(super) fn keys(&self, path: &Path) -> Run<Vec<Key>> {
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

    pub(super) fn root(&self, path: &Path) -> Run<&Datum> {
        match &self.vars[path.root.0 as usize] {
            Some(datum) => Ok(datum),
            None => unknown(format!("variable {:?}, which is not made", path.root)),
        }
    }

    pub(super) fn read(&self, path: &Path) -> Run<Datum> {
        self.root(path)?.at(&self.keys(path)?)
    }

    pub(super) fn change(
        &mut self,
        path: &Path,
        change: &mut dyn FnMut(&mut [Datum]) -> Run<()>,
    ) -> Run<()> {
        let keys = self.keys(path)?;
        match &mut self.vars[path.root.0 as usize] {
            Some(datum) => datum.change(&keys, change),
            None => unknown(format!("variable {:?}, which is not made", path.root)),
        }
    }

    #[allow(clippy::needless_pass_by_value)] // callers have it to give
    pub(super) fn write(&mut self, path: &Path, datum: Datum) -> Run<()> {
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

    pub(super) fn arg(&self, arg: &Arg) -> Run<Datum> {
        match arg {
            Arg::Value(v) => self.get(*v),
            other => match other.path() {
                Some(path) => self.read(path),
                None => unknown(format!("{other:?}")),
            },
        }
    }

    pub(super) fn args(&self, args: &[Arg]) -> Run<Vec<Datum>> {
        args.iter().map(|arg| self.arg(arg)).collect()
    }

    /// Arguments that are mutable references hold what the callee left.
    pub(super) fn write_back(&mut self, args: &[Arg], after: Vec<Datum>) -> Run<()> {
        for (arg, datum) in args.iter().zip(after) {
            if let Arg::RefMut(path) | Arg::MaybeMut(path) = arg {
                self.write(path, datum)?;
            }
        }
        Ok(())
    }

    /// Turns the last so many entries of a tape around.
    pub(super) fn rewind(&mut self, tape: Var, count: usize) -> Run<()> {
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
    pub(super) fn simple(
        &mut self,
        graph: &Graph,
        site: &Site,
        operands: &[Datum],
    ) -> Run<Vec<Datum>> {
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
            | Kind::Borrow(path)
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
            Kind::Begin(store, ..)
            | Kind::Due(store)
            | Kind::Segments(store)
            | Kind::Segment(store) => {
                let Some(Datum::List(kept)) = &mut self.vars[store.0 as usize] else {
                    return unknown("checkpoints that are no list");
                };
                match &site.kind {
                    Kind::Due(_) => one(segments::due(kept)?),
                    Kind::Segments(_) => one(segments::segments(kept)?),
                    Kind::Segment(_) => one(segments::segment(kept)?),
                    _ => {
                        segments::begin(kept);
                        Ok(Vec::new())
                    }
                }
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

//! Runs a graph at a point.
//!
//! The run records each scalar operation executed, loops unrolled. A load gives the record that
//! last produced the element, so loads and stores leave no record.
//!
//! Past 400 lines, as every method works on the one state of the run.

use alloc::{borrow::Cow, format, vec, vec::Vec};

use super::{
    Block, Edge, Eval, Evaluation, Graph, GraphError, Init, Input, Kind, Origin, Partial, Path,
    Slot, Step,
    trace::{Memory, Record},
};

impl Graph {
    /// Evaluates the graph, up to a million operations.
    ///
    /// The inputs stand in the order of the parameters, those included that are not differentiated.
    ///
    /// # Errors
    /// When the inputs do not fit the parameters, an index is out of range, or there is something
    /// in the graph that only the compiled function can do.
    pub fn evaluate(&self, inputs: &[Input]) -> Result<Evaluation<'_>, GraphError> {
        self.evaluate_within(inputs, 1_000_000)
    }

    /// Evaluates the graph, up to `limit` operations.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_within(
        &self,
        inputs: &[Input],
        limit: usize,
    ) -> Result<Evaluation<'_>, GraphError> {
        if inputs.len() != self.inputs.len() {
            let (expected, found) = (self.inputs.len(), inputs.len());
            return Err(GraphError::InputCount { expected, found });
        }
        let mut run = Run {
            graph: self,
            records: Vec::new(),
            edges: Vec::new(),
            values: vec![None; self.nodes.len()],
            results: vec![Vec::new(); self.nodes.len()],
            variables: vec![None; self.variables.len()],
            left: limit,
            limit,
        };
        let inputs = run.give_inputs(inputs)?;
        run.run_block(&self.body)?;
        let results = run.yield_results(&self.body)?;
        let Run { records, edges, .. } = run;
        Ok(Evaluation::swept(self, records, edges, inputs, results))
    }
}

/// The part of an array that a path leads to, if it is a part.
type Bounds = Option<(usize, usize)>;

/// The state of a run.
struct Run<'g> {
    graph: &'g Graph,
    records: Vec<Record>,
    edges: Vec<Edge>,
    /// The record of each node's latest value.
    values: Vec<Option<usize>>,
    /// The records of the latest results of each branch and loop.
    results: Vec<Vec<usize>>,
    variables: Vec<Option<Memory>>,
    left: usize,
    limit: usize,
}

impl<'g> Run<'g> {
    fn give_inputs(&mut self, inputs: &[Input]) -> Result<Vec<Memory>, GraphError> {
        let graph = self.graph;
        let mut given = Vec::new();
        for (input, slot) in inputs.iter().zip(graph.inputs) {
            let memory = self.give(input, slot.name.into())?;
            match (slot.slot, &memory) {
                (Slot::Scalar(node), Memory::Scalar(record)) => self.set(node, *record)?,
                (Slot::Memory(variable), _) => {
                    *self.variable(variable)? = Some(memory.clone());
                }
                (Slot::Scalar(_), _) => {
                    return Err(GraphError::WrongKind {
                        name: slot.name,
                        expected: "a number",
                    });
                }
            }
            given.push(memory);
        }
        Ok(given)
    }

    fn give(&mut self, input: &Input, name: Cow<'static, str>) -> Result<Memory, GraphError> {
        match input {
            Input::Scalar(x) => Ok(Memory::Scalar(self.record("", name, *x, Origin::Input)?)),
            Input::Array(entries) => entries
                .iter()
                .enumerate()
                .map(|(i, entry)| self.give(entry, format!("{name}[{i}]").into()))
                .collect::<Result<_, _>>()
                .map(Memory::Array),
            Input::Record(fields) => fields
                .iter()
                .map(|(field, entry)| {
                    Ok((*field, self.give(entry, format!("{name}.{field}").into())?))
                })
                .collect::<Result<_, _>>()
                .map(Memory::Record),
        }
    }

    fn spend(&mut self) -> Result<(), GraphError> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or(GraphError::TooLong { limit: self.limit })?;
        Ok(())
    }

    fn record(
        &mut self,
        label: &'static str,
        name: Cow<'static, str>,
        value: f64,
        origin: Origin,
    ) -> Result<usize, GraphError> {
        self.spend()?;
        self.records.push(Record {
            label,
            name,
            value,
            origin,
            edges: self.edges.len(),
        });
        Ok(self.records.len() - 1)
    }

    fn set(&mut self, node: usize, record: usize) -> Result<(), GraphError> {
        *self
            .values
            .get_mut(node)
            .ok_or(GraphError::Malformed { node })? = Some(record);
        Ok(())
    }

    /// The record of a node's value. Results of branches and loops, and constants, need not have
    /// been steps of a block.
    fn get(&mut self, node: usize) -> Result<usize, GraphError> {
        let malformed = GraphError::Malformed { node };
        match self
            .graph
            .nodes
            .get(node)
            .map(|node| (node.name, &node.kind))
        {
            Some((_, &Kind::Result { of, index })) => self
                .results
                .get(of)
                .and_then(|of| of.get(index))
                .copied()
                .ok_or(malformed),
            Some((name, Kind::Constant(x))) if self.values[node].is_none() => {
                let record = self.record("", name.into(), x(), Origin::Constant)?;
                self.values[node] = Some(record);
                Ok(record)
            }
            Some(_) => self.values[node].ok_or(malformed),
            None => Err(malformed),
        }
    }

    fn value(&mut self, node: usize) -> Result<f64, GraphError> {
        let record = self.get(node)?;
        Ok(self.records[record].value)
    }

    fn variable(&mut self, variable: usize) -> Result<&mut Option<Memory>, GraphError> {
        self.variables
            .get_mut(variable)
            .ok_or(GraphError::Malformed { node: variable })
    }

    fn run_block(&mut self, block: &'g Block) -> Result<(), GraphError> {
        block.steps.iter().try_for_each(|&node| self.run_node(node))
    }

    fn yield_results(&mut self, block: &Block) -> Result<Vec<usize>, GraphError> {
        block.results.iter().map(|&node| self.get(node)).collect()
    }

    fn give_arguments(&mut self, block: &Block, records: &[usize]) -> Result<(), GraphError> {
        block
            .arguments
            .iter()
            .zip(records)
            .try_for_each(|(&argument, &record)| self.set(argument, record))
    }

    fn run_node(&mut self, number: usize) -> Result<(), GraphError> {
        let graph = self.graph;
        let node = graph
            .nodes
            .get(number)
            .ok_or(GraphError::Malformed { node: number })?;
        self.spend()?;
        match &node.kind {
            Kind::Argument | Kind::Result { .. } => {}
            Kind::Constant(x) => {
                let record = self.record("", node.name.into(), x(), Origin::Constant)?;
                self.set(number, record)?;
            }
            Kind::Operator { eval, partials } => self.run_operator(number, *eval, partials)?,
            Kind::Load(path) => {
                let record = self.load(path)?;
                if !node.name.is_empty() && self.records[record].name.is_empty() {
                    self.records[record].name = node.name.into();
                }
                self.set(number, record)?;
            }
            Kind::Length(path) => {
                let (memory, bounds) = self.place(path)?;
                let (start, end) = match memory {
                    Memory::Array(entries) => bounds.unwrap_or((0, entries.len())),
                    _ => return Err(self.wrong_kind(path, "an array")),
                };
                #[allow(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
                let len = (end - start) as f64;
                let record = self.record("len", node.name.into(), len, Origin::Constant)?;
                self.set(number, record)?;
            }
            Kind::Store(path) => {
                let record = self.operand(number)?;
                *self.number_at(path)? = record;
            }
            Kind::Accumulate(path) => {
                let (old, added) = (self.load(path)?, self.operand(number)?);
                let value = self.records[old].value + self.records[added].value;
                let record = self.record("+", "".into(), value, Origin::Operator)?;
                let one = Some(1.0);
                self.edges.push(Edge {
                    operand: old,
                    partial: one,
                });
                self.edges.push(Edge {
                    operand: added,
                    partial: one,
                });
                *self.number_at(path)? = record;
            }
            Kind::Allocate { variable, init } => {
                let memory = self.initial(init)?;
                *self.variable(*variable)? = Some(memory);
            }
            Kind::Branch { then, otherwise } => {
                let condition = self.operand(number)?;
                let taken = if self.records[condition].value == 0.0 {
                    otherwise
                } else {
                    then
                };
                self.run_block(taken)?;
                self.results[number] = self.yield_results(taken)?;
            }
            Kind::Loop { condition, body } => self.run_loop(number, condition, body)?,
            Kind::Opaque => return Err(GraphError::Opaque { label: node.label }),
        }
        Ok(())
    }

    fn run_operator(
        &mut self,
        number: usize,
        eval: Eval,
        partials: &[Option<Partial>],
    ) -> Result<(), GraphError> {
        let node = &self.graph.nodes[number];
        let operands: Vec<usize> = node
            .operands
            .iter()
            .map(|&node| self.get(node))
            .collect::<Result<_, _>>()?;
        let x: Vec<f64> = operands.iter().map(|&i| self.records[i].value).collect();
        let y = eval(&x);
        let record = self.record(node.label, node.name.into(), y, Origin::Operator)?;
        self.edges
            .extend(operands.iter().enumerate().map(|(k, &operand)| {
                let partial = partials.get(k).copied().flatten();
                Edge {
                    operand,
                    partial: partial.map(|partial| partial(&x, y)),
                }
            }));
        self.set(number, record)
    }

    fn run_loop(
        &mut self,
        number: usize,
        condition: &'g Block,
        body: &'g Block,
    ) -> Result<(), GraphError> {
        let node = &self.graph.nodes[number];
        let mut carried: Vec<usize> = node
            .operands
            .iter()
            .map(|&node| self.get(node))
            .collect::<Result<_, _>>()?;
        loop {
            self.spend()?;
            self.give_arguments(condition, &carried)?;
            self.run_block(condition)?;
            let again = self.yield_results(condition)?;
            let again = *again
                .first()
                .ok_or(GraphError::Malformed { node: number })?;
            if self.records[again].value == 0.0 {
                break;
            }
            self.give_arguments(body, &carried)?;
            self.run_block(body)?;
            carried = self.yield_results(body)?;
        }
        self.results[number] = carried;
        Ok(())
    }

    fn operand(&mut self, node: usize) -> Result<usize, GraphError> {
        let operand = self.graph.nodes[node].operands.first();
        self.get(*operand.ok_or(GraphError::Malformed { node })?)
    }

    fn initial(&mut self, init: &Init) -> Result<Memory, GraphError> {
        match init {
            Init::Array(nodes) => nodes
                .iter()
                .map(|&node| self.get(node).map(Memory::Scalar))
                .collect::<Result<_, _>>()
                .map(Memory::Array),
            Init::Repeat { value, len } => {
                let (value, len) = (self.get(*value)?, self.value(*len)?);
                let len = index(len, self.left).ok_or(GraphError::TooLong { limit: self.limit })?;
                self.left -= len;
                Ok(Memory::Array(vec![Memory::Scalar(value); len]))
            }
            Init::Copy(path) => {
                let (memory, bounds) = self.place(path)?;
                Ok(match (&*memory, bounds) {
                    (Memory::Array(entries), Some((start, end))) => {
                        Memory::Array(entries[start..end].to_vec())
                    }
                    (whole, _) => whole.clone(),
                })
            }
        }
    }

    fn load(&mut self, path: &Path) -> Result<usize, GraphError> {
        self.number_at(path).copied()
    }

    fn number_at(&mut self, path: &Path) -> Result<&mut usize, GraphError> {
        let error = self.wrong_kind(path, "a number");
        match self.place(path)? {
            (Memory::Scalar(record), None) => Ok(record),
            _ => Err(error),
        }
    }

    fn wrong_kind(&self, path: &Path, expected: &'static str) -> GraphError {
        let name = self
            .graph
            .variables
            .get(path.variable)
            .map_or("", |variable| variable.name);
        GraphError::WrongKind { name, expected }
    }

    /// Where a path leads, and the part of an array if it ends in a range.
    fn place(&mut self, path: &Path) -> Result<(&mut Memory, Bounds), GraphError> {
        // Indices first: they are values of nodes, which the borrow of the memory would lock.
        let mut numbers = Vec::new();
        for step in path.steps {
            match *step {
                Step::Field(_) => {}
                Step::Index(node) => numbers.push(Some(self.value(node)?)),
                Step::Range(start, end) => {
                    for bound in [start, end] {
                        numbers.push(bound.map(|node| self.value(node)).transpose()?);
                    }
                }
            }
        }
        let mut numbers = numbers.into_iter();
        let mut next = || numbers.next().flatten();

        let name = self
            .graph
            .variables
            .get(path.variable)
            .map_or("", |variable| variable.name);
        let malformed = GraphError::Malformed {
            node: path.variable,
        };
        let mut memory = self.variable(path.variable)?.as_mut().ok_or(malformed)?;
        let mut bounds = None;
        for step in path.steps {
            if let Step::Field(field) = *step {
                let Memory::Record(fields) = memory else {
                    return Err(GraphError::WrongKind {
                        name,
                        expected: "a struct",
                    });
                };
                memory = fields
                    .iter_mut()
                    .find_map(|(name, memory)| (*name == field).then_some(memory))
                    .ok_or(GraphError::NoField { name, field })?;
                continue;
            }
            let whole = match memory {
                Memory::Array(entries) => entries.len(),
                _ => {
                    return Err(GraphError::WrongKind {
                        name,
                        expected: "an array",
                    });
                }
            };
            let (start, end) = bounds.unwrap_or((0, whole));
            let len = end - start;
            let within = |x: f64, limit| {
                index(x, limit).ok_or(GraphError::OutOfRange {
                    name,
                    index: x,
                    len,
                })
            };
            if let Step::Range(..) = step {
                let (from, to) = (next(), next());
                let to = to.map_or(Ok(len), |to| within(to, len))?;
                let from = from.map_or(Ok(0), |from| within(from, to))?;
                bounds = Some((start + from, start + to));
            } else if let Memory::Array(entries) = memory {
                let x = next().unwrap_or(f64::NAN);
                let i = within(x, len.wrapping_sub(1)).ok().filter(|&i| i < len);
                let i = i.ok_or(GraphError::OutOfRange {
                    name,
                    index: x,
                    len,
                })?;
                memory = &mut entries[start + i];
                bounds = None;
            }
        }
        Ok((memory, bounds))
    }
}

/// `x` as a whole number from 0 to `limit`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the round trip is checked"
)]
fn index(x: f64, limit: usize) -> Option<usize> {
    let i = x as usize;
    (x.to_bits() == (i as f64).to_bits() && i <= limit).then_some(i)
}

//! Runs a graph at a point, and sweeps back once.
//!
//! The run records each scalar operation executed, loops unrolled. A load gives the record that
//! last produced the element, so loads and stores leave no record. The sweep then goes from the
//! result to the inputs: the cotangent of a record, times each local gradient, is added to the
//! cotangents of its operands; a cotangent of zero adds nothing, whatever the local gradient is.

use alloc::{borrow::Cow, boxed::Box, format, string::String, vec, vec::Vec};

use super::{Block, Graph, GraphError, Init, Kind, Path, Slot, Step};

/// An argument for a graph, and the form its gradient is given in.
///
/// ```
/// use grad_runtime::graph::Input;
///
/// let nested: Input = vec![[1.0, 2.0], [3.0, 4.0]].into();
/// let record = Input::Record(vec![("w", nested), ("b", 0.5.into())]);
/// assert_ne!(record, Input::from((1.0, 2.0)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A number; integers and `bool` as `f64` too.
    Scalar(f64),
    /// An array, slice or vector.
    Array(Vec<Input>),
    /// A struct or a tuple, with the names of its fields.
    Record(Vec<(&'static str, Input)>),
}

impl From<f64> for Input {
    fn from(x: f64) -> Self {
        Self::Scalar(x)
    }
}

impl From<f32> for Input {
    fn from(x: f32) -> Self {
        Self::Scalar(x.into())
    }
}

impl From<bool> for Input {
    fn from(x: bool) -> Self {
        Self::Scalar(x.into())
    }
}

impl From<usize> for Input {
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    fn from(x: usize) -> Self {
        Self::Scalar(x as f64)
    }
}

impl<T: Into<Input>> From<Vec<T>> for Input {
    fn from(xs: Vec<T>) -> Self {
        Self::Array(xs.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Input>, const N: usize> From<[T; N]> for Input {
    fn from(xs: [T; N]) -> Self {
        Self::Array(xs.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Input> + Clone> From<&[T]> for Input {
    fn from(xs: &[T]) -> Self {
        Self::Array(xs.iter().cloned().map(Into::into).collect())
    }
}

macro_rules! tuple_input {
    ($($name:ident . $index:tt),+) => {
        impl<$($name: Into<Input>),+> From<($($name,)+)> for Input {
            fn from(x: ($($name,)+)) -> Self {
                Self::Record(vec![$((stringify!($index), x.$index.into())),+])
            }
        }
    };
}
crate::tuples!(tuple_input);

/// A graph evaluated at a point: every operation executed, with its value and its cotangent.
#[derive(Clone, Debug)]
pub struct Evaluation<'g> {
    graph: &'g Graph,
    records: Vec<Record>,
    edges: Vec<Edge>,
    cotangents: Vec<f64>,
    inputs: Vec<Memory>,
    results: Vec<usize>,
    output: usize,
}

/// One operation executed.
#[derive(Clone, Debug)]
struct Record {
    label: &'static str,
    name: Cow<'static, str>,
    value: f64,
    origin: Origin,
    /// Where its edges start; they end where the next record's start.
    edges: usize,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A parameter or a part of one.
    Input,
    /// A constant or a length.
    Constant,
    /// An operation.
    Operator,
}

/// What an operation was executed on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// The number of the operand's node in the trace.
    pub operand: usize,
    /// The derivative of the result by this operand; `None` where there is none.
    pub partial: Option<f64>,
}

/// One node of the trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceNode<'e> {
    /// Its number, in the order of execution.
    pub index: usize,
    /// The operation.
    pub label: &'static str,
    /// The user's name for the value, or nothing.
    pub name: &'e str,
    /// The value.
    pub value: f64,
    /// The derivative of the output by this value.
    pub cotangent: f64,
    /// Where the value comes from.
    pub origin: Origin,
    /// The operands and local gradients.
    pub operands: &'e [Edge],
}

/// What a variable holds: numbers of records.
#[derive(Clone, Debug)]
enum Memory {
    Scalar(usize),
    Array(Vec<Memory>),
    Record(Vec<(&'static str, Memory)>),
}

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
        let cotangents = vec![0.0; records.len()];
        let mut evaluation =
            Evaluation { graph: self, records, edges, cotangents, inputs, results, output: 0 };
        evaluation.sweep();
        Ok(evaluation)
    }
}

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

impl Run<'_> {
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
                    return Err(GraphError::WrongKind { name: slot.name, expected: "a number" });
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
        self.left = self.left.checked_sub(1).ok_or(GraphError::TooLong { limit: self.limit })?;
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
        self.records.push(Record { label, name, value, origin, edges: self.edges.len() });
        Ok(self.records.len() - 1)
    }

    fn set(&mut self, node: usize, record: usize) -> Result<(), GraphError> {
        *self.values.get_mut(node).ok_or(GraphError::Malformed { node })? = Some(record);
        Ok(())
    }

    /// The record of a node's value. Results of branches and loops, and constants, need not have
    /// been steps of a block.
    fn get(&mut self, node: usize) -> Result<usize, GraphError> {
        let malformed = GraphError::Malformed { node };
        match self.graph.nodes.get(node).map(|node| (node.name, &node.kind)) {
            Some((_, &Kind::Result { of, index })) => {
                self.results.get(of).and_then(|of| of.get(index)).copied().ok_or(malformed)
            }
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
        self.variables.get_mut(variable).ok_or(GraphError::Malformed { node: variable })
    }

    fn run_block(&mut self, block: &'static Block) -> Result<(), GraphError> {
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
}

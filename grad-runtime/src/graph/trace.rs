//! What a run has recorded, and the sweep back over it.
//!
//! The sweep goes from the result to the inputs: the cotangent of a record, times each local
//! gradient, is added to the cotangents of its operands. A cotangent of zero adds nothing, whatever
//! the local gradient is.

use alloc::{borrow::Cow, vec, vec::Vec};

use super::{Graph, Input};

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
pub(super) struct Record {
    pub(super) label: &'static str,
    pub(super) name: Cow<'static, str>,
    pub(super) value: f64,
    pub(super) origin: Origin,
    /// Where its edges start; they end where the next record's start.
    pub(super) edges: usize,
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
pub(super) enum Memory {
    Scalar(usize),
    Array(Vec<Memory>),
    Record(Vec<(&'static str, Memory)>),
}

impl<'g> Evaluation<'g> {
    pub(super) fn swept(
        graph: &'g Graph,
        records: Vec<Record>,
        edges: Vec<Edge>,
        inputs: Vec<Memory>,
        results: Vec<usize>,
    ) -> Self {
        let cotangents = vec![0.0; records.len()];
        let mut evaluation = Self {
            graph,
            records,
            edges,
            cotangents,
            inputs,
            results,
            output: 0,
        };
        evaluation.sweep();
        evaluation
    }

    /// The function's value; of several, that of the output swept from. `NaN` if there is none.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.results
            .get(self.output)
            .map_or(f64::NAN, |&record| self.records[record].value)
    }

    /// All results.
    #[must_use]
    pub fn values(&self) -> Vec<f64> {
        self.results
            .iter()
            .map(|&record| self.records[record].value)
            .collect()
    }

    /// The same evaluation with the cotangents of output number `output`; that of number 0 is swept
    /// first. A number past the last leaves all of them zero.
    #[must_use]
    pub fn of_output(mut self, output: usize) -> Self {
        self.output = output;
        self.sweep();
        self
    }

    /// The gradient, with an entry for each differentiated parameter in order.
    #[must_use]
    pub fn gradient(&self) -> Vec<Input> {
        self.graph
            .inputs
            .iter()
            .zip(&self.inputs)
            .filter(|(slot, _)| slot.active)
            .map(|(_, memory)| self.cotangent_of(memory))
            .collect()
    }

    /// The gradient by one parameter, differentiated or not.
    #[must_use]
    pub fn gradient_by(&self, parameter: &str) -> Option<Input> {
        let position = self
            .graph
            .inputs
            .iter()
            .position(|slot| slot.name == parameter)?;
        Some(self.cotangent_of(&self.inputs[position]))
    }

    /// Every operation executed, in order, inputs first.
    pub fn nodes(&self) -> impl Iterator<Item = TraceNode<'_>> {
        (0..self.records.len()).map(|index| self.node(index))
    }

    /// The number of the output's node in the trace.
    #[must_use]
    pub fn output(&self) -> Option<usize> {
        self.results.get(self.output).copied()
    }

    /// The graph evaluated.
    #[must_use]
    pub fn graph(&self) -> &'g Graph {
        self.graph
    }

    fn node(&self, index: usize) -> TraceNode<'_> {
        let record = &self.records[index];
        TraceNode {
            index,
            label: record.label,
            name: &record.name,
            value: record.value,
            cotangent: self.cotangents[index],
            origin: record.origin,
            operands: self.edges_of(index),
        }
    }

    fn edges_of(&self, index: usize) -> &[Edge] {
        let end = self
            .records
            .get(index + 1)
            .map_or(self.edges.len(), |next| next.edges);
        &self.edges[self.records[index].edges..end]
    }

    fn cotangent_of(&self, memory: &Memory) -> Input {
        match memory {
            Memory::Scalar(record) => Input::Scalar(self.cotangents[*record]),
            Memory::Array(entries) => Input::Array(
                entries
                    .iter()
                    .map(|entry| self.cotangent_of(entry))
                    .collect(),
            ),
            Memory::Record(fields) => Input::Record(
                fields
                    .iter()
                    .map(|(name, field)| (*name, self.cotangent_of(field)))
                    .collect(),
            ),
        }
    }

    fn sweep(&mut self) {
        self.cotangents.fill(0.0);
        if let Some(output) = self.output() {
            self.cotangents[output] = 1.0;
        }
        for index in (0..self.records.len()).rev() {
            let y_bar = self.cotangents[index];
            if y_bar == 0.0 {
                continue;
            }
            let end = self
                .records
                .get(index + 1)
                .map_or(self.edges.len(), |next| next.edges);
            for edge in &self.edges[self.records[index].edges..end] {
                if let Some(partial) = edge.partial {
                    self.cotangents[edge.operand] += partial * y_bar;
                }
            }
        }
    }

    /// The nodes that the output is computed from and itself, in order: what is drawn.
    pub(super) fn drawn(&self) -> Vec<TraceNode<'_>> {
        let mut wanted = vec![false; self.records.len()];
        if let Some(output) = self.output() {
            wanted[output] = true;
        }
        for index in (0..wanted.len()).rev() {
            if wanted[index] {
                self.edges_of(index)
                    .iter()
                    .for_each(|edge| wanted[edge.operand] = true);
            }
        }
        self.nodes().filter(|node| wanted[node.index]).collect()
    }
}

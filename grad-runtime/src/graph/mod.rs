//! Expression graphs as data: what `graph_f()` returns.
//!
//! A [`Graph`] is a static description of a differentiated function: scalar values in evaluation
//! order, memory (arrays and structs) that they are loaded from and stored to, and blocks for
//! branches and loops. Three things can be done with it:
//!
//! - [`Graph::to_dot`] draws the structure, blocks as boxes in boxes;
//! - [`Graph::evaluate`] runs it at a point and records every scalar operation executed, with its
//!   value, its local gradients and, after one sweep back, its cotangent;
//! - [`Evaluation::to_svg`] and [`Evaluation::to_dot`] draw what was executed as the textbooks do,
//!   values in blue, gradients in red.
//!
//! ```
//! use grad_runtime::graph::{Block, Graph, InputSlot, Kind, Node, Slot};
//!
//! /// `x * y`, as the macro writes it
//! static PRODUCT: Graph = Graph {
//!     name: "product",
//!     inputs: &[
//!         InputSlot { name: "x", slot: Slot::Scalar(0), active: true },
//!         InputSlot { name: "y", slot: Slot::Scalar(1), active: true },
//!     ],
//!     variables: &[],
//!     nodes: &[
//!         Node { label: "x", name: "x", operands: &[], kind: Kind::Argument },
//!         Node { label: "y", name: "y", operands: &[], kind: Kind::Argument },
//!         Node {
//!             label: "*",
//!             name: "",
//!             operands: &[0, 1],
//!             kind: Kind::Operator {
//!                 eval: |x| x[0] * x[1],
//!                 partials: &[Some(|x, _| x[1]), Some(|x, _| x[0])],
//!             },
//!         },
//!     ],
//!     body: Block { arguments: &[0, 1], steps: &[2], results: &[2] },
//! };
//!
//! let evaluation = PRODUCT.evaluate(&[3.0.into(), 4.0.into()])?;
//! assert_eq!(evaluation.value(), 12.0);
//! assert_eq!(evaluation.gradient(), [4.0.into(), 3.0.into()]);
//! assert!(evaluation.to_svg().starts_with("<svg"));
//! # Ok::<(), grad_runtime::graph::GraphError>(())
//! ```

mod draw_dot;
mod draw_svg;
mod error;
mod evaluate;
mod input;
mod layout;
mod trace;

pub use draw_svg::SvgStyle;
pub use error::GraphError;
pub use input::Input;
pub use trace::{Edge, Evaluation, Origin, TraceNode};

/// The expression graph of a function.
#[derive(Debug)]
pub struct Graph {
    /// The function's name.
    pub name: &'static str,
    /// The parameters, in order.
    pub inputs: &'static [InputSlot],
    /// What is held in memory.
    pub variables: &'static [Variable],
    /// All scalar values, numbered by their place here.
    pub nodes: &'static [Node],
    /// The function's body.
    pub body: Block,
}

/// Where a parameter goes.
#[derive(Debug)]
pub struct InputSlot {
    /// The parameter's name.
    pub name: &'static str,
    /// Its place.
    pub slot: Slot,
    /// Whether the function is differentiated with respect to it.
    pub active: bool,
}

/// The place of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The node it is the value of.
    Scalar(usize),
    /// The variable that holds it.
    Memory(usize),
}

/// An array or a struct.
#[derive(Debug)]
pub struct Variable {
    /// The user's name.
    pub name: &'static str,
    /// Whether it is a parameter.
    pub input: bool,
}

/// Nodes in evaluation order.
#[derive(Debug)]
pub struct Block {
    /// The [`Kind::Argument`] nodes that are given to the block.
    pub arguments: &'static [usize],
    /// The nodes evaluated, in order.
    pub steps: &'static [usize],
    /// The nodes whose values the block yields.
    pub results: &'static [usize],
}

/// A scalar value, or an access to memory.
#[derive(Debug)]
pub struct Node {
    /// What is drawn: `+`, `sin`, `while`.
    pub label: &'static str,
    /// The user's variable bound to the value, or nothing.
    pub name: &'static str,
    /// The nodes it is computed from.
    pub operands: &'static [usize],
    /// What it does.
    pub kind: Kind,
}

/// The value of an operator, from those of its operands.
pub type Eval = fn(&[f64]) -> f64;

/// The derivative of an operator's result by one operand, from the values of the operands and the
/// result.
pub type Partial = fn(&[f64], f64) -> f64;

/// What a node does.
#[derive(Debug)]
pub enum Kind {
    /// A value given to its block: a scalar parameter, a carried value.
    Argument,
    /// A constant; integers and `bool` as `f64` too.
    Constant(fn() -> f64),
    /// A pure operation.
    Operator {
        /// The value.
        eval: Eval,
        /// The derivative by each operand; `None` where there is none.
        partials: &'static [Option<Partial>],
    },
    /// Reads a number from memory.
    Load(Path),
    /// The length of an array.
    Length(Path),
    /// Writes operand 0 to memory.
    Store(Path),
    /// Adds operand 0 to a number in memory.
    Accumulate(Path),
    /// Declares a variable, anew each time it is reached.
    Allocate {
        /// The variable.
        variable: usize,
        /// What it holds at first.
        init: Init,
    },
    /// Runs one of two blocks, by operand 0.
    Branch {
        /// Run when the condition is not 0.
        then: Block,
        /// Run when it is 0.
        otherwise: Block,
    },
    /// Carries values, first those of the operands, from round to round.
    Loop {
        /// Takes the carried values, yields whether there is another round.
        condition: Block,
        /// Takes the carried values, yields the next.
        body: Block,
    },
    /// One result of a branch or a loop.
    Result {
        /// The branch or the loop.
        of: usize,
        /// Which of its results.
        index: usize,
    },
    /// What cannot be evaluated here; the label says what it is.
    Opaque,
}

/// A place in memory: `a.pos[i].x`.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// The variable it starts from.
    pub variable: usize,
    /// The way from there.
    pub steps: &'static [Step],
}

/// One step of a [`Path`].
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// To a field; the fields of tuples are `"0"`, `"1"` and so on.
    Field(&'static str),
    /// To the element whose number is the value of a node.
    Index(usize),
    /// To a part, between the values of two nodes.
    Range(Option<usize>, Option<usize>),
}

/// What a variable holds at first.
#[derive(Clone, Copy, Debug)]
pub enum Init {
    /// An array of the values of nodes.
    Array(&'static [usize]),
    /// An array of one value over and over.
    Repeat {
        /// The node of the value.
        value: usize,
        /// The node of the length.
        len: usize,
    },
    /// What stands elsewhere in memory.
    Copy(Path),
}

//! Why a graph cannot be evaluated.

use core::fmt;

/// Why a graph cannot be evaluated at a point.
///
/// ```
/// use grad_runtime::graph::{Block, Graph, GraphError};
///
/// static NOTHING: Graph = Graph {
///     name: "nothing",
///     inputs: &[],
///     variables: &[],
///     nodes: &[],
///     body: Block { arguments: &[], steps: &[], results: &[] },
/// };
/// let error = NOTHING.evaluate(&[1.0.into()]).unwrap_err();
/// assert_eq!(error, GraphError::InputCount { expected: 0, found: 1 });
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GraphError {
    /// Another number of inputs than the function has parameters.
    InputCount {
        /// The number of parameters.
        expected: usize,
        /// The number of inputs.
        found: usize,
    },
    /// A value of another kind than the function needs.
    WrongKind {
        /// The parameter or variable.
        name: &'static str,
        /// What is needed there.
        expected: &'static str,
    },
    /// A field that a struct does not have.
    NoField {
        /// The parameter or variable.
        name: &'static str,
        /// The field.
        field: &'static str,
    },
    /// An index or a range bound past the end of an array.
    OutOfRange {
        /// The parameter or variable.
        name: &'static str,
        /// The index.
        index: f64,
        /// The length of the array.
        len: usize,
    },
    /// An operation that only the compiled function can do.
    Opaque {
        /// What it is.
        label: &'static str,
    },
    /// More operations than allowed.
    TooLong {
        /// The number allowed.
        limit: usize,
    },
    /// A graph that refers to what is not there; the macro writes none.
    Malformed {
        /// The node at fault.
        node: usize,
    },
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InputCount { expected, found } => {
                write!(
                    f,
                    "the function takes {expected} inputs, but {found} were given"
                )
            }
            Self::WrongKind { name, expected } => write!(f, "`{name}` needs to be {expected}"),
            Self::NoField { name, field } => write!(f, "`{name}` has no field `{field}`"),
            Self::OutOfRange { name, index, len } => {
                write!(
                    f,
                    "index {index} is out of range in `{name}`, where the length is {len}"
                )
            }
            Self::Opaque { label } => write!(f, "`{label}` cannot be evaluated in a graph"),
            Self::TooLong { limit } => {
                write!(
                    f,
                    "more than {limit} operations; `evaluate_within` sets another limit"
                )
            }
            Self::Malformed { node } => write!(f, "the graph is malformed at node {node}"),
        }
    }
}

impl core::error::Error for GraphError {}

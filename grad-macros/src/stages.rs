//! What one stage hands to the next: [`Lowered`] from the front to all others, [`Forward`] and
//! [`Reverse`] from differentiation to emission.

use std::collections::HashMap;

use proc_macro2::TokenStream;

use crate::diag::Problem;
use crate::ir::{Assumed, Graph, Output, Path, Slot, Value, Var};
use crate::signature::Signature;

/// The function as a graph, with what emission must repeat of its body.
pub(crate) struct Lowered {
    pub(crate) graph: Graph,
    pub(crate) output: Output,
    /// Items and `use` declarations inside the body.
    pub(crate) items: Vec<TokenStream>,
    /// What is wrong with opaque code, should it be active.
    pub(crate) if_active: HashMap<Value, Problem>,
    /// Whether the function calls itself.
    pub(crate) recursive: bool,
    /// Closures it passes to functions, by number.
    pub(crate) passed: Vec<Passed>,
    /// Where the reference leads that it returns, if it does: the results of the graph are the
    /// number of the route, where there are several, and the values on all of them.
    pub(crate) routes: Vec<Route>,
}

/// One of the places that a returned reference may lead to.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    pub(crate) path: Path,
    /// The parameter that the place is in.
    pub(crate) parameter: usize,
    /// Which of the results its first value is.
    pub(crate) first: usize,
}

/// A closure that is passed to a function, as a function of its inputs and what it captures.
pub(crate) struct Passed {
    pub(crate) signature: Signature,
    pub(crate) lowered: Lowered,
    /// How many of the parameters are its inputs.
    pub(crate) inputs: usize,
}

/// A graph whose body yields the values of the function, then their tangents.
pub(crate) struct Forward {
    pub(crate) graph: Graph,
    /// The tangent of each parameter that is differentiated.
    pub(crate) dots: Vec<Option<Slot>>,
}

/// Forward mode in several directions at once, by what a call differentiates.
pub(crate) struct ForwardLanes {
    /// The mask of a call that differentiates every parameter.
    pub(crate) wrt: u64,
    /// For calls that differentiate only the parameters of a mask.
    pub(crate) some: Vec<(u64, Forward)>,
    /// For all others: what is not differentiated has a tangent that is zero.
    pub(crate) all: Forward,
}

/// A function that keeps the values of its calls, and what pushes tangents through it by them.
pub(crate) struct Linear {
    /// Keeps each value and its push on a tape.
    pub(crate) primal: Graph,
    /// The tapes, the same in all graphs.
    pub(crate) tapes: Vec<Var>,
    /// Where the elements are marked that are read of what a call gives, by its tape.
    pub(crate) wanted: HashMap<Var, Var>,
    /// The tangents of the result; graphs that yield no values.
    pub(crate) lanes: ForwardLanes,
}

/// What the tangent of a float is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tangents {
    /// A float: one direction.
    One,
    /// A row of lanes, so that a zero is no literal: several directions.
    Lanes,
}

/// Value and gradient in one body.
pub(crate) struct Gradient {
    /// Right for whatever the function is given.
    pub(crate) always: Reverse,
    /// What may run instead where all this holds.
    pub(crate) trusting: Option<(Reverse, Vec<Assumed>)>,
}

/// A graph whose body computes the function and whose pull region is its pullback.
pub(crate) struct Reverse {
    pub(crate) graph: Graph,
    /// The cotangent of the result.
    pub(crate) seed: Option<Slot>,
    /// For each differentiated parameter the buffer its cotangent is added into.
    pub(crate) bars: Vec<Option<Var>>,
}

//! Functions that the front knows: what stands where a closure or a function's name may.

use std::fmt;
use std::rc::Rc;

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::{ExprPath, Pat};

use super::Operand;
use super::closure::Written;
use super::opaque::names_in;
use crate::ir::{Ty, Value};
use crate::signature::ty_of;

/// A function the body of this one may call by name.
#[derive(Clone)]
pub(crate) enum Function {
    Written(Rc<Written>),
    Path(Rc<ExprPath>),
    /// A parameter.
    Given(Rc<super::passed::Given>),
    /// One of two, as the truth value says.
    Either(Value, Rc<(Function, Function)>),
    /// An array or a vector of functions: it is indexed, not called.
    Table(Rc<Vec<Function>>),
    /// A tuple in such a table with a function in it.
    Row(Rc<Vec<Operand>>),
}

impl PartialEq for Function {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Function::Written(a), Function::Written(b)) => Rc::ptr_eq(a, b),
            (Function::Path(a), Function::Path(b)) => {
                a.to_token_stream().to_string() == b.to_token_stream().to_string()
            }
            (Function::Either(v, a), Function::Either(w, b)) => v == w && a == b,
            (Function::Given(a), Function::Given(b)) => Rc::ptr_eq(a, b),
            (Function::Table(a), Function::Table(b)) => a == b,
            (Function::Row(a), Function::Row(b)) => a == b,
            _ => false,
        }
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Function::Written(_) => f.write_str("closure"),
            Function::Path(path) => write!(f, "{}", path.to_token_stream()),
            Function::Given(given) => f.write_str(&given.name),
            Function::Either(value, _) => write!(f, "one of two by {value:?}"),
            Function::Table(all) => write!(f, "{all:?}"),
            Function::Row(parts) => write!(f, "{parts:?}"),
        }
    }
}

impl Function {
    pub(super) fn of_path(path: &ExprPath) -> Self {
        Function::Path(Rc::new(path.clone()))
    }

    /// The function with its result annotated, where the source does not say what it is.
    pub(super) fn giving(&self, ty: &syn::Type) -> Self {
        match self {
            Function::Written(written) if written.output.is_none() => {
                Function::Written(Rc::new(Written {
                    output: Some(ty.clone()),
                    ..(**written).clone()
                }))
            }
            other => other.clone(),
        }
    }

    /// Whether a call may change variables, so that it must run exactly where the source runs it.
    pub(super) fn changes(&self) -> bool {
        match self {
            Function::Written(written) => written.changes,
            Function::Path(_) => false,
            Function::Given(given) => given.state.is_some(),
            Function::Either(_, both) => both.0.changes() || both.1.changes(),
            Function::Table(all) => all.iter().any(Function::changes),
            Function::Row(parts) => parts.iter().any(|part| match part {
                Operand::Closure(function) => function.changes(),
                _ => false,
            }),
        }
    }

    /// As [`Self::changes`], but for what is reached through its inputs.
    pub(super) fn reaches_out(&self) -> bool {
        match self {
            Function::Written(written) => written.reaches_out,
            other => other.changes(),
        }
    }

    /// The function in a `Box`.
    pub(super) fn boxed(self) -> Self {
        match self {
            Function::Written(written) => Function::Written(Rc::new(Written {
                boxed: true,
                ..(*written).clone()
            })),
            other => other,
        }
    }

    /// Whether it is indexed, not called.
    pub(super) fn is_table(&self) -> bool {
        match self {
            Function::Table(_) => true,
            Function::Either(_, both) => both.0.is_table() && both.1.is_table(),
            _ => false,
        }
    }

    /// The values that choose between functions.
    pub(super) fn choices(&self) -> Vec<Value> {
        match self {
            Function::Either(value, both) => {
                let mut all = vec![*value];
                all.extend(both.0.choices());
                all.extend(both.1.choices());
                all
            }
            Function::Table(all) => all.iter().flat_map(Function::choices).collect(),
            _ => Vec::new(),
        }
    }

    /// The function with other values, in the same order.
    pub(super) fn with_choices(&self, next: &mut dyn Iterator<Item = Value>) -> Self {
        match self {
            Function::Either(value, both) => {
                let value = next.next().unwrap_or(*value);
                let first = both.0.with_choices(next);
                let second = both.1.with_choices(next);
                Function::Either(value, Rc::new((first, second)))
            }
            Function::Table(all) => {
                let all = all.iter().map(|f| f.with_choices(next));
                Function::Table(Rc::new(all.collect()))
            }
            other => other.clone(),
        }
    }

    /// Whether all it captures was declared before the variable with the number given.
    pub(super) fn outlives(&self, count: usize) -> bool {
        match self {
            Function::Written(written) => {
                written.captured.iter().all(|local| local.is_before(count))
            }
            Function::Path(_) | Function::Given(_) => true,
            Function::Either(_, both) => both.0.outlives(count) && both.1.outlives(count),
            Function::Table(all) => all.iter().all(|f| f.outlives(count)),
            Function::Row(parts) => parts.iter().all(|part| match part {
                Operand::Closure(function) => function.outlives(count),
                part => matches!(part, Operand::Value(_)),
            }),
        }
    }
}

/// An operand with the type its pattern is annotated with, where that says more.
pub(super) fn annotated(pattern: &Pat, operand: Operand) -> Operand {
    let Pat::Type(typed) = pattern else {
        return operand;
    };
    let better = |ty: Ty| match ty_of(&typed.ty) {
        Ty::Unknown => ty,
        known => known,
    };
    match operand {
        Operand::Place(path, ty) => Operand::Place(path, better(ty)),
        Operand::Ref(path, ty) => Operand::Ref(path, better(ty)),
        other => other,
    }
}

pub(super) fn bound_names(patterns: &[Pat]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for pattern in patterns {
        names_in(pattern.to_token_stream(), &mut names);
    }
    names
}

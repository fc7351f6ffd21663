//! Paths to places in memory.

use super::graph::{Value, Var};
use super::types::Code;

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Step {
    Field(String),
    /// What a `Box` holds.
    Deref,
    /// A field of an enum's variant, which the place is known to hold.
    Variant(Variant),
    Index(Value),
    /// Where a way leads that a function of the user's has found: one that returns a reference.
    Way(Value),
    /// `[start..end]`; `inclusive` is `..=`.
    Range {
        start: Option<Value>,
        end: Option<Value>,
        inclusive: bool,
    },
}

/// A field of a variant.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Variant {
    /// The path of the variant as the user writes it.
    pub(crate) code: Code,
    /// Its last segment.
    pub(crate) name: String,
    pub(crate) field: String,
}

/// A place: a variable and the way into it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Path {
    pub(crate) root: Var,
    pub(crate) steps: Vec<Step>,
}

impl Path {
    pub(crate) fn of(root: Var) -> Self {
        Path {
            root,
            steps: Vec::new(),
        }
    }

    pub(crate) fn then(&self, step: Step) -> Self {
        let mut path = self.clone();
        path.steps.push(step);
        path
    }

    /// Whether the other place is this one or a part of it.
    pub(crate) fn is_around(&self, other: &Path) -> bool {
        self.root == other.root && other.steps.starts_with(&self.steps)
    }

    /// Whether two places may share memory: not if they part at a field before any index.
    pub(crate) fn may_meet(&self, other: &Path) -> bool {
        if self.root != other.root {
            return false;
        }
        for (x, y) in self.steps.iter().zip(&other.steps) {
            match (x, y) {
                (Step::Field(x), Step::Field(y)) if x == y => {}
                (Step::Field(_), Step::Field(_)) => return false,
                _ => return true,
            }
        }
        true
    }

    pub(crate) fn with_root(&self, root: Var) -> Self {
        Path {
            root,
            steps: self.steps.clone(),
        }
    }

    /// Whether the place is the error of a `Result`, which is never differentiated.
    pub(crate) fn is_error(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Variant(v) if v.name == "Err"))
    }

    pub(crate) fn values(&self) -> Vec<Value> {
        let mut values = Vec::new();
        self.clone().each_value(&mut |v| values.push(*v));
        values
    }

    /// Replaces the values in the path, in order.
    pub(crate) fn set_values(&mut self, next: &mut impl Iterator<Item = Value>) {
        self.each_value(&mut |v| *v = next.next().unwrap_or(*v));
    }

    /// Whether the paths differ in nothing but values.
    pub(crate) fn same_shape(&self, other: &Path) -> bool {
        let mut other = other.clone();
        if other.values().len() != self.values().len() {
            return false;
        }
        other.set_values(&mut self.values().into_iter());
        other == *self
    }

    pub(super) fn each_value(&mut self, visit: &mut dyn FnMut(&mut Value)) {
        for step in &mut self.steps {
            match step {
                Step::Field(_) | Step::Deref | Step::Variant(_) => {}
                Step::Index(v) | Step::Way(v) => visit(v),
                Step::Range { start, end, .. } => {
                    start.iter_mut().for_each(&mut *visit);
                    end.iter_mut().for_each(&mut *visit);
                }
            }
        }
    }
}

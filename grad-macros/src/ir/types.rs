//! Types of values, and what literals and integer operators there are.

use proc_macro2::TokenStream;

/// The width of a float, where the source says it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Width {
    F32,
    F64,
}

/// What is known of a type without a type checker.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Ty {
    /// A float; `None` where rustc will infer the width.
    Float(Option<Width>),
    Int,
    Bool,
    Unit,
    /// Array, slice or `Vec`, owned or behind a reference.
    Array(Box<Ty>),
    Tuple(Vec<Ty>),
    /// `Option` of what is inside.
    Option(Box<Ty>),
    /// A type parameter that stands for a float.
    Number,
    /// A named type of the user's.
    Named(String),
    /// A type that carries no derivative: `&str`, `char`, a range.
    Inert,
    /// A trait object, owned or behind a reference: it has no derivative of its own.
    Dyn,
    /// Only rustc knows.
    Unknown,
    /// A pullback: used once.
    Pullback,
    /// What is kept of a receiver.
    Kept,
    /// The way from a place to one inside it.
    Way,
    /// The way that a reference has walked, from a place to one of the same type.
    Walk,
}

impl Ty {
    /// Whether a value of this type can carry a tangent.
    pub(crate) fn may_be_active(&self) -> bool {
        match self {
            Ty::Float(_) | Ty::Number | Ty::Named(_) | Ty::Unknown => true,
            Ty::Array(element) | Ty::Option(element) => element.may_be_active(),
            Ty::Tuple(parts) => parts.iter().any(Ty::may_be_active),
            Ty::Int
            | Ty::Bool
            | Ty::Unit
            | Ty::Inert
            | Ty::Dyn
            | Ty::Pullback
            | Ty::Kept
            | Ty::Way
            | Ty::Walk => false,
        }
    }

    /// Whether it is a trait object, or a sequence of them.
    pub(crate) fn holds_objects(&self) -> bool {
        match self {
            Ty::Dyn => true,
            Ty::Array(element) | Ty::Option(element) => element.holds_objects(),
            Ty::Tuple(parts) => parts.iter().any(Ty::holds_objects),
            _ => false,
        }
    }

    /// Whether a value leads from a place to one inside it.
    pub(crate) fn is_way(&self) -> bool {
        matches!(self, Ty::Way | Ty::Walk)
    }

    /// Whether values of this type are renamed rather than kept in memory.
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(
            self,
            Ty::Float(_) | Ty::Number | Ty::Int | Ty::Bool | Ty::Unit
        )
    }

    /// The type with the names of numeric type parameters read as numbers.
    pub(crate) fn with_numbers(self, numbers: &[String]) -> Ty {
        let inner = |ty: Box<Ty>| Box::new(ty.with_numbers(numbers));
        match self {
            Ty::Named(name) if numbers.contains(&name) => Ty::Number,
            Ty::Array(element) => Ty::Array(inner(element)),
            Ty::Option(element) => Ty::Option(inner(element)),
            Ty::Tuple(parts) => Ty::Tuple(
                parts
                    .into_iter()
                    .map(|ty| ty.with_numbers(numbers))
                    .collect(),
            ),
            other => other,
        }
    }

    pub(crate) fn element(&self) -> Ty {
        match self {
            Ty::Array(element) => (**element).clone(),
            _ => Ty::Unknown,
        }
    }
}

/// A piece of the user's source that the graph carries without looking inside.
#[derive(Clone, Debug)]
pub(crate) struct Code(pub(crate) TokenStream);

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_string() == other.0.to_string()
    }
}

impl Eq for Code {}

impl std::hash::Hash for Code {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_string().hash(state);
    }
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Literal {
    /// The digits, without a suffix.
    Float(String),
    /// The digits and the suffix the user gave.
    Int(String),
    Bool(bool),
    /// The value of a slot that control flow never reads.
    Undefined,
}

/// Operators whose result is an integer or a truth value, so that nothing is differentiated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Discrete {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
    Not,
    BitAnd,
    BitOr,
    BitXor,
    Shl,
    Shr,
}

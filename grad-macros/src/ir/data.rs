//! What the interpreter computes with.

use std::cmp::Ordering;

use super::eval::{Pullback, Stop};

/// A value of a running function, or a tangent of one.
#[derive(Clone, Debug)]
pub(crate) enum Datum {
    /// `()`, and the tangent of what has none.
    Nothing,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// An array or a tuple.
    List(Vec<Datum>),
    Record(Vec<(String, Datum)>),
    /// The residuals of one branch: of the second, if `true`.
    Pack(bool, Vec<Datum>),
    Pullback(Box<Pullback>),
}

/// One step into a datum, its index known.
pub(super) enum Key {
    Field(String),
    Index(usize),
    Range(usize, Option<usize>),
}

type Run<T> = Result<T, Stop>;

fn unknown<T>(what: String) -> Run<T> {
    Err(Stop::Unknown(what))
}

impl PartialEq for Datum {
    /// Bit for bit, but that any NaN is any other.
    fn eq(&self, other: &Datum) -> bool {
        match (self, other) {
            (Datum::Nothing, Datum::Nothing) => true,
            (Datum::Bool(a), Datum::Bool(b)) => a == b,
            (Datum::Int(a), Datum::Int(b)) => a == b,
            (Datum::Float(a), Datum::Float(b)) => {
                a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
            }
            (Datum::List(a), Datum::List(b)) => a == b,
            (Datum::Record(a), Datum::Record(b)) => a == b,
            _ => false,
        }
    }
}

impl Datum {
    pub(super) fn appended(self, element: Datum) -> Run<Datum> {
        match self {
            Datum::List(mut parts) => {
                parts.push(element);
                Ok(Datum::List(parts))
            }
            other => unknown(format!("an element appended to {other:?}")),
        }
    }

    /// All but the last element, and that.
    pub(super) fn detached(self) -> Run<(Datum, Datum)> {
        match self {
            Datum::List(mut parts) => match parts.pop() {
                Some(last) => Ok((Datum::List(parts), last)),
                None => unknown("an element of an empty list".to_owned()),
            },
            other => unknown(format!("an element taken off {other:?}")),
        }
    }

    pub(crate) fn count(n: usize) -> Datum {
        Datum::Int(i128::try_from(n).unwrap_or(i128::MAX))
    }

    pub(super) fn bool(&self) -> Run<bool> {
        match self {
            Datum::Bool(b) => Ok(*b),
            other => unknown(format!("{other:?} as a truth value")),
        }
    }

    pub(super) fn int(&self) -> Run<i128> {
        match self {
            Datum::Int(n) => Ok(*n),
            other => unknown(format!("{other:?} as an integer")),
        }
    }

    pub(super) fn index(&self) -> Run<usize> {
        let n = self.int()?;
        usize::try_from(n).map_err(|_| Stop::Panic(format!("index {n}")))
    }

    #[allow(clippy::cast_precision_loss)]
    pub(super) fn float(&self) -> Run<f64> {
        match self {
            Datum::Float(x) => Ok(*x),
            Datum::Int(n) => Ok(*n as f64),
            other => unknown(format!("{other:?} as a float")),
        }
    }

    /// `self as ty`; every float is an `f64` here.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    pub(super) fn cast(&self, ty: &str) -> Run<Datum> {
        let is_float = matches!(ty, "f32" | "f64");
        Ok(match self {
            Datum::Int(n) if is_float => Datum::Float(*n as f64),
            Datum::Float(x) if !is_float => Datum::Int(*x as i128),
            Datum::Bool(b) => Datum::Int(i128::from(*b)),
            Datum::Int(_) | Datum::Float(_) => self.clone(),
            other => return unknown(format!("{other:?} as {ty}")),
        })
    }

    pub(super) fn compare(&self, other: &Datum) -> Run<Option<Ordering>> {
        match (self, other) {
            (Datum::Int(a), Datum::Int(b)) => Ok(Some(a.cmp(b))),
            (Datum::Bool(a), Datum::Bool(b)) => Ok(Some(a.cmp(b))),
            (Datum::Float(_) | Datum::Int(_), Datum::Float(_) | Datum::Int(_)) => {
                Ok(self.float()?.partial_cmp(&other.float()?))
            }
            _ => unknown(format!("a comparison of {self:?} and {other:?}")),
        }
    }

    /// The zero tangent of this shape.
    pub(crate) fn zero(&self) -> Datum {
        match self {
            Datum::Float(_) => Datum::Float(0.0),
            Datum::List(parts) => Datum::List(parts.iter().map(Datum::zero).collect()),
            Datum::Record(fields) => {
                let zero = |(name, part): &(String, Datum)| (name.clone(), part.zero());
                Datum::Record(fields.iter().map(zero).collect())
            }
            _ => Datum::Nothing,
        }
    }

    /// Whether it is a tangent all of whose numbers are zero.
    pub(super) fn is_zero(&self) -> bool {
        match self {
            Datum::Float(x) => *x == 0.0,
            Datum::List(parts) => parts.iter().all(Datum::is_zero),
            Datum::Record(fields) => fields.iter().all(|(_, part)| part.is_zero()),
            _ => true,
        }
    }

    /// `self + other` for numbers and for tangents of one shape.
    pub(super) fn plus(&self, other: &Datum) -> Run<Datum> {
        match (self, other) {
            (Datum::Float(a), Datum::Float(b)) => Ok(Datum::Float(a + b)),
            (Datum::Int(a), Datum::Int(b)) => Ok(Datum::Int(a + b)),
            (Datum::Nothing, Datum::Nothing) => Ok(Datum::Nothing),
            (Datum::List(a), Datum::List(b)) if a.len() == b.len() => {
                let parts = a.iter().zip(b).map(|(a, b)| a.plus(b));
                Ok(Datum::List(parts.collect::<Run<_>>()?))
            }
            (Datum::Record(a), Datum::Record(b)) if a.len() == b.len() => {
                let parts = a.iter().map(|(name, a)| {
                    let part = b.iter().find(|(other, _)| other == name);
                    match part {
                        Some((_, b)) => Ok((name.clone(), a.plus(b)?)),
                        None => unknown(format!("no field `{name}`")),
                    }
                });
                Ok(Datum::Record(parts.collect::<Run<_>>()?))
            }
            _ => unknown(format!("{self:?} + {other:?}")),
        }
    }

    /// What stands at the end of the way.
    pub(super) fn at(&self, keys: &[Key]) -> Run<Datum> {
        let places = match (keys, self) {
            ([], datum) => return Ok(datum.clone()),
            ([Key::Field(name), rest @ ..], datum) => return datum.field(name)?.at(rest),
            (_, Datum::List(parts)) => parts,
            (_, other) => return unknown(format!("an index into {other:?}")),
        };
        slice_at(places, keys)
    }

    fn field(&self, name: &str) -> Run<&Datum> {
        let found = match self {
            Datum::Record(fields) => fields
                .iter()
                .find(|(own, _)| own == name)
                .map(|(_, part)| part),
            Datum::List(parts) => name.parse().ok().and_then(|k: usize| parts.get(k)),
            _ => None,
        };
        found.ok_or_else(|| Stop::Unknown(format!("no field `{name}`")))
    }

    /// Gives the place at the end of the way, or the places of a range, to be changed.
    pub(super) fn change(
        &mut self,
        keys: &[Key],
        change: &mut dyn FnMut(&mut [Datum]) -> Run<()>,
    ) -> Run<()> {
        match keys {
            [] => change(std::slice::from_mut(self)),
            [Key::Field(name), rest @ ..] => self.field_mut(name)?.change(rest, change),
            [Key::Index(_) | Key::Range(..), ..] => match self {
                Datum::List(parts) => change_slice(parts, keys, change),
                other => unknown(format!("an index into {other:?}")),
            },
        }
    }

    fn field_mut(&mut self, name: &str) -> Run<&mut Datum> {
        let missing = || Stop::Unknown(format!("no field `{name}`"));
        match self {
            Datum::Record(fields) => {
                let field = fields.iter_mut().find(|(own, _)| own == name);
                field.map(|(_, part)| part).ok_or_else(missing)
            }
            Datum::List(parts) => {
                let part = name.parse().ok().and_then(|k: usize| parts.get_mut(k));
                part.ok_or_else(missing)
            }
            _ => Err(missing()),
        }
    }
}

fn outside<T>(what: &str, len: usize) -> Run<T> {
    Err(Stop::Panic(format!("{what} out of bounds of {len}")))
}

fn slice_at(parts: &[Datum], keys: &[Key]) -> Run<Datum> {
    let len = parts.len();
    match keys {
        [] => Ok(Datum::List(parts.to_vec())),
        [Key::Index(k), rest @ ..] => match parts.get(*k) {
            Some(part) => part.at(rest),
            None => outside(&format!("index {k}"), len),
        },
        [Key::Range(start, end), rest @ ..] => {
            let end = end.unwrap_or(len);
            match parts.get(*start..end) {
                Some(inner) => slice_at(inner, rest),
                None => outside(&format!("range {start}..{end}"), len),
            }
        }
        [Key::Field(name), ..] => unknown(format!("field `{name}` of a slice")),
    }
}

fn change_slice(
    parts: &mut [Datum],
    keys: &[Key],
    change: &mut dyn FnMut(&mut [Datum]) -> Run<()>,
) -> Run<()> {
    let len = parts.len();
    match keys {
        [] => change(parts),
        [Key::Index(k), rest @ ..] => match parts.get_mut(*k) {
            Some(part) => part.change(rest, change),
            None => outside(&format!("index {k}"), len),
        },
        [Key::Range(start, end), rest @ ..] => {
            let end = end.unwrap_or(len);
            match parts.get_mut(*start..end) {
                Some(inner) => change_slice(inner, rest, change),
                None => outside(&format!("range {start}..{end}"), len),
            }
        }
        [Key::Field(name), ..] => unknown(format!("field `{name}` of a slice")),
    }
}

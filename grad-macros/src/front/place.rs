//! Operands as values, places and references: reading, owning, projecting.

use proc_macro2::Span;

use super::function::Function;
use super::iter::Iter;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Kind, Path, Step, Storage, Ty, Value, Var, VarInfo, Variant};

impl Lower<'_> {
    /// The value of an operand: a place is read.
    pub(super) fn read(&mut self, operand: Operand) -> Value {
        match operand {
            Operand::Value(value) => value,
            Operand::Ref(path, Ty::Inert) if self.is_text(&path) => {
                let text = self.as_text(Operand::Ref(path, Ty::Inert));
                self.read(text)
            }
            Operand::Place(path, ty) | Operand::Ref(path, ty) | Operand::RefMut(path, ty) => {
                self.read_at(path, ty, self.here)
            }
            Operand::Tuple(parts) => {
                let tys = parts.iter().map(|part| self.operand_ty(part)).collect();
                let values = parts.into_iter().map(|part| self.read(part)).collect();
                self.push(Kind::Tuple, values, Ty::Tuple(tys), self.here)
            }
            Operand::Maybe(present, item) => {
                let whole = self.whole_option(present, *item);
                self.read(whole)
            }
            Operand::Unit => self.undefined(Ty::Unit),
            Operand::Iter(Iter::Range(range)) => self.range_value(&range),
            function @ (Operand::Closure(_) | Operand::Iter(_)) => {
                self.report(self.here, as_value(&function));
                self.undefined(Ty::Unknown)
            }
            Operand::Never | Operand::Poison => self.undefined(Ty::Unknown),
        }
    }

    /// As [`Self::read`], with the span of the expression for what is read.
    pub(super) fn read_spanned(&mut self, operand: Operand, span: Span) -> Value {
        match operand {
            Operand::Ref(path, Ty::Inert) if self.is_text(&path) => {
                self.read(Operand::Ref(path, Ty::Inert))
            }
            Operand::Iter(Iter::Range(range)) => self.range_value(&range),
            Operand::Place(path, ty) | Operand::Ref(path, ty) | Operand::RefMut(path, ty) => {
                self.read_at(path, ty, span)
            }
            function @ (Operand::Closure(_) | Operand::Iter(_)) => {
                self.report(span, as_value(&function));
                self.undefined(Ty::Unknown)
            }
            other => self.read(other),
        }
    }

    fn read_at(&mut self, path: Path, ty: Ty, span: Span) -> Value {
        self.refuse_cell(&Operand::Place(path.clone(), ty.clone()), span);
        self.push(Kind::Load(path), Vec::new(), ty, span)
    }

    pub(super) fn operand_ty(&self, operand: &Operand) -> Ty {
        match operand {
            Operand::Value(value) => self.graph.ty(*value).clone(),
            Operand::Place(_, ty) | Operand::Ref(_, ty) | Operand::RefMut(_, ty) => ty.clone(),
            Operand::Tuple(parts) => Ty::Tuple(parts.iter().map(|p| self.operand_ty(p)).collect()),
            Operand::Maybe(_, item) => Ty::Option(Box::new(self.operand_ty(item))),
            Operand::Unit => Ty::Unit,
            Operand::Closure(_) | Operand::Iter(_) | Operand::Never | Operand::Poison => {
                Ty::Unknown
            }
        }
    }

    /// The operand as something that outlives the places it names: what `return` and branches give.
    pub(super) fn own(&mut self, operand: Operand, expected: &Ty) -> Operand {
        match (operand, expected) {
            (Operand::Tuple(parts), Ty::Tuple(tys)) if parts.len() == tys.len() => {
                let owned = parts.into_iter().zip(tys).map(|(p, ty)| self.own(p, ty));
                Operand::Tuple(owned.collect())
            }
            (Operand::Tuple(parts), _) => {
                let owned = parts.into_iter().map(|p| self.own(p, &Ty::Unknown));
                Operand::Tuple(owned.collect())
            }
            (Operand::Maybe(some, inside), _) => self.own_maybe(some, *inside),
            (
                operand @ (Operand::Unit
                | Operand::Closure(_)
                | Operand::Iter(_)
                | Operand::Never
                | Operand::Poison),
                _,
            ) => operand,
            (operand, Ty::Tuple(tys)) => {
                // The value of a tuple-typed function, taken apart so that all its returns agree.
                let path = self.as_path(operand);
                let parts = tys.iter().enumerate().map(|(k, ty)| {
                    let part = Operand::Place(path.then(Step::Field(k.to_string())), ty.clone());
                    self.own(part, ty)
                });
                Operand::Tuple(parts.collect())
            }
            (operand, _) => Operand::Value(self.read(operand)),
        }
    }

    /// What an option holds is read only where it is there.
    fn own_maybe(&mut self, some: Value, inside: Operand) -> Operand {
        let inside = if is_read(&inside) {
            inside
        } else {
            let span = self.graph.value(some).span;
            self.branch(some, span, |_| inside, |_| Operand::Never)
        };
        Operand::Maybe(some, Box::new(inside))
    }

    /// The operand as a place; a value is put into a variable of its own.
    pub(super) fn as_path(&mut self, operand: Operand) -> Path {
        match operand {
            Operand::Place(path, _) | Operand::Ref(path, _) | Operand::RefMut(path, _) => path,
            other => {
                let ty = self.operand_ty(&other);
                let value = self.read(other);
                Path::of(self.new_variable("temporary", ty, false, Some(value)))
            }
        }
    }

    /// A memory variable made here.
    pub(super) fn new_variable(
        &mut self,
        name: &str,
        ty: Ty,
        mutable: bool,
        value: Option<Value>,
    ) -> Var {
        let span = value.map_or(self.here, |v| self.graph.value(v).span);
        let var = self.graph.new_var(VarInfo {
            name: name.to_owned(),
            ty,
            storage: Storage::Owned,
            mutable: mutable || value.is_none(),
            tangent: false,
            span,
        });
        self.push_effect(Kind::Allocate(var), value.into_iter().collect(), span);
        var
    }

    /// `operand.field`.
    pub(super) fn project(&mut self, operand: Operand, field: &str) -> Operand {
        match operand {
            Operand::Tuple(parts) => {
                let part = field
                    .parse()
                    .ok()
                    .and_then(|k: usize| parts.get(k).cloned());
                part.unwrap_or(Operand::Poison)
            }
            Operand::Poison | Operand::Never => Operand::Poison,
            other => {
                let ty = match (self.operand_ty(&other), field.parse::<usize>()) {
                    (Ty::Tuple(parts), Ok(k)) => parts.get(k).cloned().unwrap_or(Ty::Unknown),
                    // Without floats in the tuple there are none in its parts.
                    (Ty::Inert, Ok(_)) => Ty::Inert,
                    _ => Ty::Unknown,
                };
                let path = self.as_path(other);
                Operand::Place(path.then(Step::Field(field.to_owned())), ty)
            }
        }
    }

    /// A field of the variant that `operand` is known to hold.
    pub(super) fn project_variant(&mut self, operand: Operand, variant: Variant) -> Operand {
        if matches!(operand, Operand::Poison | Operand::Never) {
            return Operand::Poison;
        }
        let ty = match (self.operand_ty(&operand), variant.name.as_str()) {
            (Ty::Option(inner), "Some") => *inner,
            // An error value is never differentiated: its tangent has no place for one.
            (_, "Err") => Ty::Inert,
            _ => Ty::Unknown,
        };
        let path = self.as_path(operand);
        let refers = path.steps.is_empty() && self.optional_numbers.contains(&path.root);
        let inside = path.then(Step::Variant(variant));
        if refers {
            return Operand::Place(inside.then(Step::Deref), ty);
        }
        Operand::Place(inside, ty)
    }

    /// `operand[index]`.
    pub(super) fn index(&mut self, operand: Operand, index: Value) -> Operand {
        if operand == Operand::Poison {
            return operand;
        }
        let ty = self.operand_ty(&operand).element();
        let path = self.as_path(operand);
        Operand::Place(self.at_index(&path, index), ty)
    }

    /// Writes `value` to a place or gives a variable its new value.
    pub(super) fn store(&mut self, path: Path, value: Value, span: Span) {
        self.push_effect(Kind::Store(path), vec![value], span);
    }

    /// `swap(a, b)` on places.
    pub(super) fn swap(&mut self, a: Operand, b: Operand, span: Span) -> Operand {
        match (a, b) {
            (
                Operand::Place(a, _) | Operand::RefMut(a, _),
                Operand::Place(b, _) | Operand::RefMut(b, _),
            ) => {
                self.push_effect(Kind::Swap(a, b), Vec::new(), span);
                Operand::Unit
            }
            _ => self.report(span, Problem::MutableBorrow),
        }
    }
}

/// Whether an operand names no place any more.
fn is_read(operand: &Operand) -> bool {
    match operand {
        Operand::Place(..) | Operand::Ref(..) | Operand::RefMut(..) => false,
        Operand::Tuple(parts) => parts.iter().all(is_read),
        Operand::Maybe(_, inside) => is_read(inside),
        _ => true,
    }
}

/// What is wrong with a function or an iterator where a value is asked for. A name in small letters
/// that is no variable counts as a function's.
pub(super) fn as_value(operand: &Operand) -> Problem {
    let path = match operand {
        Operand::Closure(Function::Path(path)) => path,
        Operand::Closure(Function::Table(all)) => {
            return all.first().map_or(Problem::FunctionValue, |first| {
                as_value(&Operand::Closure(first.clone()))
            });
        }
        Operand::Closure(Function::Row(parts)) => {
            let function = parts
                .iter()
                .find(|part| matches!(part, Operand::Closure(_)));
            return function.map_or(Problem::FunctionValue, as_value);
        }
        _ => return Problem::FunctionValue,
    };
    match path.path.get_ident() {
        Some(name) => Problem::NotAVariable(name.to_string()),
        None => Problem::FunctionValue,
    }
}

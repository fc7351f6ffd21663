//! What a function returns: a variable that every `return` sets.
//!
//! Where control may leave before there is a value, a number stands for the value that is not there.
//! A value that no number can stand for is put on a pile, a vector, and taken off at the end.

use proc_macro2::Span;

use super::{Lower, Operand, Output};
use crate::ir::{Arg, Callee, Kind, Path, Ty, Value};

impl Lower<'_> {
    /// Makes every `return` put its value on a pile.
    pub(super) fn pile_returns(&mut self) {
        let ty = Ty::Array(Box::new(self.output.clone()));
        let empty = self.push(
            Kind::Array { vec: true },
            Vec::new(),
            ty.clone(),
            Span::call_site(),
        );
        let pile = self.new_variable("returned", ty, true, Some(empty));
        self.pile = Some(Path::of(pile));
    }

    pub(super) fn lower_return(&mut self, value: Operand) -> Operand {
        let value = self.owned_output(value);
        self.set_returned(value);
        self.leave(self.return_code)
    }

    /// Ends the body of a function or closure with its tail value.
    pub(super) fn return_value(&mut self, value: Operand) {
        if self.dead {
            return;
        }
        let value = self.owned_output(value);
        if self.exits.is_empty() {
            self.set_returned(value);
        } else {
            // Where an early return happened, the tail was not reached.
            let running = self.running();
            self.branch(
                running,
                Span::call_site(),
                |cx| {
                    cx.set_returned(value);
                    Operand::Unit
                },
                |_| Operand::Unit,
            );
        }
    }

    /// The value of whichever `return` was reached.
    pub(super) fn returned_value(&mut self) -> Operand {
        let Some(pile) = self.pile.clone() else {
            return self.locals.current(self.returned).unwrap_or(Operand::Unit);
        };
        let first = Arg::Value(self.int(0));
        let callee = Callee::Method("swap_remove".to_owned(), None);
        let value = self.finish_call(callee, vec![Arg::RefMut(pile), first], Span::call_site());
        let ty = self.output.clone();
        if let Operand::Value(value) = value {
            self.graph.value_mut(value).ty = ty.clone();
        }
        self.own(value, &ty)
    }

    /// The operand as results of the graph, and how they make the value.
    pub(super) fn output_of(&mut self, operand: Operand) -> (Vec<Value>, Output) {
        match operand {
            Operand::Unit | Operand::Never | Operand::Poison => (Vec::new(), Output::Unit),
            Operand::Tuple(parts) => {
                let mut values = Vec::new();
                let mut shapes = Vec::new();
                for part in parts {
                    let (inner, shape) = self.output_of(part);
                    values.extend(inner);
                    shapes.push(shape);
                }
                (values, Output::Tuple(shapes))
            }
            other => (vec![self.read(other)], Output::Leaf),
        }
    }

    fn owned_output(&mut self, value: Operand) -> Operand {
        if self.routes.is_some() && self.return_code == super::RETURN {
            return self.route(value);
        }
        match self.output {
            Ty::Unit => Operand::Unit,
            _ => self.own(value, &self.output.clone()),
        }
    }

    fn set_returned(&mut self, value: Operand) {
        let Some(pile) = self.pile.clone() else {
            return self.locals.set(self.returned, value);
        };
        if value == Operand::Unit {
            // The end of a loop that only `return` leaves.
            return;
        }
        let value = self.read(value);
        let arg = self.as_arg(Operand::Value(value), false, Span::call_site());
        let callee = Callee::Method("push".to_owned(), None);
        let unit = self.finish_call(callee, vec![Arg::RefMut(pile), arg], Span::call_site());
        if let Operand::Value(unit) = unit {
            self.graph.value_mut(unit).ty = Ty::Unit;
        }
    }
}

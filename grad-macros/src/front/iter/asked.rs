//! Closures that only look at an item: those of `filter`, `take_while` and the like.
//!
//! They are given a reference to the item. Where the item is a reference itself, to something of a type
//! the front does not know, `**v` looks through both and not into a box.

use proc_macro2::Span;

use super::super::function::Function;
use super::super::{Lower, Operand};
use crate::ir::{Ty, Value};

impl Lower<'_> {
    /// The truth value a predicate gives.
    pub(super) fn asked(&mut self, f: &Function, item: Operand, span: Span) -> Value {
        let seen = item.clone();
        let answer = self.call_function(f, vec![item], span);
        self.look_away(&seen);
        self.number_of(answer, span)
    }

    /// The item, and a reference to it for a closure that only looks.
    pub(in crate::front) fn lent(&mut self, item: Operand) -> (Operand, Operand) {
        match self.placed(item) {
            Operand::Place(path, ty) => (
                Operand::Place(path.clone(), ty.clone()),
                Operand::Ref(path, ty),
            ),
            Operand::Tuple(parts) => {
                let (items, seen) = parts.into_iter().map(|part| self.lent(part)).unzip();
                (Operand::Tuple(items), Operand::Tuple(seen))
            }
            other => {
                if let Operand::Ref(path, Ty::Unknown) = &other {
                    self.twice_lent.push(path.clone());
                }
                (other.clone(), other)
            }
        }
    }

    fn look_away(&mut self, seen: &Operand) {
        match seen {
            Operand::Ref(path, _) => self.twice_lent.retain(|lent| lent != path),
            Operand::Tuple(parts) => parts.iter().for_each(|part| self.look_away(part)),
            _ => {}
        }
    }
}

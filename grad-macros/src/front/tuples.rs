//! Tuples are known by their parts, or as one value where a call made them; where the two meet, one
//! becomes the other.

use proc_macro2::Span;

use super::{Lower, Operand};
use crate::ir::Region;

impl Lower<'_> {
    /// A tuple or an option that is known by its parts, as one value, made in the region.
    pub(super) fn whole_in(&mut self, region: Region, operand: Operand) -> Operand {
        Operand::Value(self.inside(region, |cx| cx.read(operand)))
    }

    /// What a variable holds after `value` was assigned to it that held `before`, a tuple known by its
    /// parts: all of the value is read before any part is written.
    pub(super) fn assigned(&mut self, value: Operand, before: Operand, span: Span) -> Operand {
        let value = self.own(value, &self.operand_ty(&before));
        self.put_parts(value, before, span)
    }

    /// Parts that lie in memory stay there and get new content.
    fn put_parts(&mut self, value: Operand, before: Operand, span: Span) -> Operand {
        match (value, before) {
            (Operand::Tuple(values), Operand::Tuple(parts)) if values.len() == parts.len() => {
                let pairs = values.into_iter().zip(parts);
                let parts = pairs.map(|(value, part)| self.put_parts(value, part, span));
                Operand::Tuple(parts.collect())
            }
            (Operand::Value(value), Operand::Place(path, ty)) if path.steps.is_empty() => {
                self.store(path.clone(), value, span);
                Operand::Place(path, ty)
            }
            (value, _) => value,
        }
    }
}

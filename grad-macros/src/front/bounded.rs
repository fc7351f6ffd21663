//! Slices held in variables that are set again: `rest = &rest[1..]`.
//!
//! Such a variable stands for places that differ in where they begin and end. They all have one form,
//! `whole[start..end]` with both bounds as values, so that a branch or an iteration may choose.

use super::{Lower, Operand};
use crate::ir::{Kind, Op, Path, Step, Ty, Value};

impl Lower<'_> {
    /// A reference to a slice, with both bounds; any other as it is.
    pub(super) fn with_bounds(&mut self, held: Operand) -> Operand {
        match held {
            Operand::Ref(path, ty @ Ty::Array(_)) => Operand::Ref(self.bounded(path), ty),
            Operand::RefMut(path, ty @ Ty::Array(_)) => Operand::RefMut(self.bounded(path), ty),
            other => other,
        }
    }

    /// The slice as one range of what it is a part of.
    pub(super) fn bounded(&mut self, path: Path) -> Path {
        let cuts = path.steps.iter().rev();
        let cuts = cuts
            .take_while(|step| matches!(step, Step::Range { .. }))
            .count();
        let (whole, cuts) = path.steps.split_at(path.steps.len() - cuts);
        let whole = Path {
            root: path.root,
            steps: whole.to_vec(),
        };
        if let [
            Step::Range {
                start: Some(_),
                end: Some(_),
                inclusive: false,
            },
        ] = cuts
        {
            return path;
        }
        let mut bounds: (Option<Value>, Option<Value>) = (None, None);
        for cut in cuts {
            let Step::Range {
                start,
                end,
                inclusive,
            } = cut
            else {
                continue;
            };
            let end = match (end, inclusive) {
                (Some(end), true) => {
                    let one = self.int(1);
                    Some(self.added(*end, one))
                }
                (end, _) => *end,
            };
            let inside = |cx: &mut Self, bound: Value| match bounds.0 {
                Some(before) => cx.added(before, bound),
                None => bound,
            };
            let end = end.map(|end| inside(self, end));
            let start = start.map(|start| inside(self, start));
            bounds = (start.or(bounds.0), end.or(bounds.1));
        }
        let start = match bounds.0 {
            Some(start) => start,
            None => self.int(0),
        };
        let end = match bounds.1 {
            Some(end) => end,
            None => {
                let span = self.graph.var(whole.root).span;
                self.push(Kind::Length(whole.clone()), Vec::new(), Ty::Int, span)
            }
        };
        whole.then(Step::Range {
            start: Some(start),
            end: Some(end),
            inclusive: false,
        })
    }

    fn added(&mut self, a: Value, b: Value) -> Value {
        self.push(Kind::Apply(Op::Add), vec![a, b], Ty::Int, self.here)
    }
}

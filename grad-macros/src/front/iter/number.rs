//! Arithmetic on lengths and indices, folded where the operands are literals.

use proc_macro2::Span;
use quote::quote;

use super::super::{Lower, Operand};
use crate::ir::{Code, Discrete, Kind, Op, Path, Step, Ty, Value};

impl Lower<'_> {
    /// The literal a value is.
    pub(in crate::front) fn whole(&self, value: Value) -> Option<i64> {
        let number = self.graph.number(value)?;
        #[allow(clippy::cast_possible_truncation)] // literals of lengths are small
        (number.fract() == 0.0 && number.abs() < 1e9).then_some(number as i64)
    }

    pub(super) fn is_zero(&self, value: Value) -> bool {
        self.whole(value) == Some(0)
    }

    fn integer(&mut self, op: Op, a: Value, b: Value) -> Value {
        self.push(Kind::Apply(op), vec![a, b], Ty::Int, Span::call_site())
    }

    pub(super) fn plus(&mut self, a: Value, b: Value) -> Value {
        match (self.whole(a), self.whole(b)) {
            (Some(0), _) => b,
            (_, Some(0)) => a,
            (Some(x), Some(y)) => self.int(x + y),
            _ => self.integer(Op::Add, a, b),
        }
    }

    pub(super) fn minus(&mut self, a: Value, b: Value) -> Value {
        match (self.whole(a), self.whole(b)) {
            (_, Some(0)) => a,
            (Some(x), Some(y)) if x >= y => self.int(x - y),
            _ => self.integer(Op::Sub, a, b),
        }
    }

    pub(super) fn times(&mut self, a: Value, b: Value) -> Value {
        match (self.whole(a), self.whole(b)) {
            (Some(1), _) => b,
            (_, Some(1)) => a,
            _ => self.integer(Op::Mul, a, b),
        }
    }

    pub(super) fn least(&mut self, a: Value, b: Value) -> Value {
        match (self.whole(a), self.whole(b)) {
            _ if a == b => a,
            (Some(x), Some(y)) => self.int(x.min(y)),
            // The receiver of a method is no literal, whose type would be unknown.
            (Some(_), None) => self.integer(Op::Min, b, a),
            _ => self.integer(Op::Min, a, b),
        }
    }

    fn greatest(&mut self, a: Value, b: Value) -> Value {
        match (self.whole(a), self.whole(b)) {
            (Some(x), Some(y)) => self.int(x.max(y)),
            (Some(_), None) => self.integer(Op::Max, b, a),
            _ => self.integer(Op::Max, a, b),
        }
    }

    /// `a / b`, rounded up.
    pub(super) fn quotient_up(&mut self, a: Value, b: Value) -> Value {
        let one = self.int(1);
        let less = self.minus(b, one);
        let sum = self.plus(a, less);
        self.quotient(sum, b)
    }

    pub(super) fn quotient(&mut self, a: Value, b: Value) -> Value {
        match self.whole(b) {
            Some(1) => a,
            _ => self.integer(Op::Div, a, b),
        }
    }

    pub(super) fn remainder(&mut self, a: Value, b: Value) -> Value {
        self.integer(Op::Rem, a, b)
    }

    fn as_usize(&mut self, value: Value) -> Value {
        let kind = Kind::Cast(Code(quote!(usize)));
        self.push(kind, vec![value], Ty::Int, Span::call_site())
    }

    /// The number of integers from `start` to `end`, as `usize`.
    pub(super) fn count_between(&mut self, start: Value, end: Value, inclusive: bool) -> Value {
        if let (Some(x), Some(y)) = (self.whole(start), self.whole(end)) {
            return self.int((y - x + i64::from(inclusive)).max(0));
        }
        if self.is_zero(start) && !inclusive && self.is_usize(end) {
            return end;
        }
        // `end < start` is an empty range, not a negative count.
        let top = self.greatest(end, start);
        let count = self.minus(top, start);
        let count = self.as_usize(count);
        if !inclusive {
            return count;
        }
        let last = self.discrete(Discrete::Le, start, end, Span::call_site());
        let last = self.as_usize(last);
        self.plus(count, last)
    }

    /// Whether the value is known to be a `usize`.
    pub(super) fn is_usize(&self, value: Value) -> bool {
        if self.usizes.contains(&value) {
            return true;
        }
        match self
            .graph
            .def(value)
            .map(|site| (&site.kind, &site.operands))
        {
            Some((Kind::Length(_), _)) => true,
            Some((Kind::Cast(code), _)) => code.0.to_string() == "usize",
            Some((Kind::Apply(_), operands)) => operands.iter().any(|v| self.is_usize(*v)),
            _ => false,
        }
    }

    /// The `usize` `k` as an integer of the type of `like`.
    pub(super) fn integer_like(&mut self, k: Value, like: Value) -> Value {
        if self.is_usize(like) {
            return k;
        }
        self.push(Kind::IntLike, vec![k, like], Ty::Int, Span::call_site())
    }

    /// The number of elements of a slice.
    pub(in crate::front) fn length_of(&mut self, path: &Path, span: Span) -> Value {
        if let Some(Step::Range {
            start: Some(start),
            end: Some(end),
            inclusive: false,
        }) = path.steps.last()
        {
            // Cut by an iterator: the range is inside the whole.
            if self.cuts.contains_key(&(*start, *end)) {
                return self.minus(*end, *start);
            }
        }
        self.push(Kind::Length(path.clone()), Vec::new(), Ty::Int, span)
    }

    /// Element `k` of a slice, which is there: of a sub-slice, an element of the whole.
    pub(super) fn element_of(&mut self, path: &Path, k: Value) -> Path {
        let Some((Step::Range { start, .. }, before)) = path.steps.split_last() else {
            return path.then(Step::Index(k));
        };
        let index = match start {
            Some(start) => self.plus(*start, k),
            None => k,
        };
        Path {
            root: path.root,
            steps: before.to_vec(),
        }
        .then(Step::Index(index))
    }

    /// `path[index]`: of a sub-slice that certainly has the element, an element of the whole.
    pub(in crate::front) fn at_index(&mut self, path: &Path, index: Value) -> Path {
        if let Some(Step::Range {
            start: Some(start),
            end: Some(end),
            inclusive: false,
        }) = path.steps.last()
        {
            let least = self.cuts.get(&(*start, *end)).copied();
            if self.whole(index).zip(least).is_some_and(|(k, n)| k < n) {
                return self.element_of(path, index);
            }
        }
        path.then(Step::Index(index))
    }

    /// Elements `start..end` of a slice, which are there, and at least so many.
    pub(super) fn cut_of(&mut self, path: &Path, start: Value, end: Value, least: i64) -> Path {
        let (whole, start, end) = match path.steps.split_last() {
            Some((Step::Range { start: first, .. }, before)) => {
                let whole = Path {
                    root: path.root,
                    steps: before.to_vec(),
                };
                match first {
                    Some(first) => (whole, self.plus(*first, start), self.plus(*first, end)),
                    None => (whole, start, end),
                }
            }
            _ => (path.clone(), start, end),
        };
        self.cuts.insert((start, end), least);
        whole.then(Step::Range {
            start: Some(start),
            end: Some(end),
            inclusive: false,
        })
    }

    /// The number an operand is.
    pub(super) fn number_of(&mut self, operand: Operand, span: Span) -> Value {
        self.read_spanned(operand, span)
    }
}

//! Tables whose rows are tuples with functions in them: `[("sin", f64::sin as fn(f64) -> f64, 1.0), ..]`.
//!
//! A row is known like a function. Its number chooses in each column by itself: between functions as
//! in a table of these, between other values by branches.

use std::rc::Rc;

use proc_macro2::Span;

use super::function::Function;
use super::function_tables::table;
use super::{Lower, Operand};
use crate::ir::{Discrete, Value};

impl Lower<'_> {
    /// A tuple of a list as a row, if there is a function in it: what is no function is what it is now.
    pub(super) fn as_row(&mut self, element: Operand) -> Operand {
        match element {
            Operand::Tuple(parts) if parts.iter().any(holds_function) => {
                let parts = parts.into_iter().map(|part| self.kept_part(part));
                Operand::Closure(Function::Row(Rc::new(parts.collect())))
            }
            other => other,
        }
    }

    fn kept_part(&mut self, part: Operand) -> Operand {
        match part {
            Operand::Tuple(parts) => {
                let parts = parts.into_iter().map(|part| self.kept_part(part));
                Operand::Tuple(parts.collect())
            }
            part => self.kept_for_later(part),
        }
    }

    /// Row number `k`, which is there.
    pub(super) fn row(&mut self, rows: &[Rc<Vec<Operand>>], k: Value, span: Span) -> Operand {
        if let Some(row) = self
            .whole(k)
            .and_then(|k| rows.get(usize::try_from(k).ok()?))
        {
            return Operand::Tuple(row.to_vec());
        }
        let count = rows.iter().map(|row| row.len()).min().unwrap_or(0);
        let columns = (0..count).map(|c| {
            let column: Vec<Operand> = rows.iter().map(|row| row[c].clone()).collect();
            self.chosen(&column, k, span)
        });
        Operand::Tuple(columns.collect())
    }

    /// Which of the operands has number `k`.
    fn chosen(&mut self, column: &[Operand], k: Value, span: Span) -> Operand {
        let function = |operand: &Operand| match operand {
            Operand::Closure(function) => Some(function.clone()),
            _ => None,
        };
        if let Some(functions) = column.iter().map(function).collect::<Option<Vec<_>>>() {
            return match table(functions) {
                Operand::Closure(all) => self.entry(&all, k, span),
                other => other,
            };
        }
        let parts = |operand: &Operand| match operand {
            Operand::Tuple(parts) => Some(Rc::new(parts.clone())),
            _ => None,
        };
        if let Some(rows) = column.iter().map(parts).collect::<Option<Vec<_>>>() {
            return self.row(&rows, k, span);
        }
        self.chosen_behind(column, 0, k, span)
    }

    /// Which of the operands has number `k`, the first of which has number `from`.
    fn chosen_behind(&mut self, column: &[Operand], from: i64, k: Value, span: Span) -> Operand {
        let Some((first, rest)) = column.split_first() else {
            return Operand::Poison;
        };
        let first = first.clone();
        if rest.is_empty() {
            return first;
        }
        let number = self.int(from);
        let this = self.discrete(Discrete::Eq, k, number, span);
        let behind = |cx: &mut Self| cx.chosen_behind(rest, from + 1, k, span);
        self.branch(this, span, |_| first, behind)
    }
}

/// The rows of a table of rows.
pub(super) fn rows_of(f: &Function) -> Option<Vec<Rc<Vec<Operand>>>> {
    let Function::Table(all) = f else {
        return None;
    };
    let row = |function: &Function| match function {
        Function::Row(parts) => Some(parts.clone()),
        _ => None,
    };
    let rows: Option<Vec<_>> = all.iter().map(row).collect();
    rows.filter(|rows| !rows.is_empty())
}

fn holds_function(part: &Operand) -> bool {
    match part {
        Operand::Closure(_) => true,
        Operand::Tuple(parts) => parts.iter().any(holds_function),
        _ => false,
    }
}

//! Tables of functions: arrays and vectors of closures, of boxes of them and of names.
//!
//! A table is known while the macro runs: `table[i](x)` is a branch over `i`, and an iterator over a
//! table gives the function of its number. What is pushed onto one makes a longer table, where no branch
//! or loop stands around.

use std::rc::Rc;

use proc_macro2::Span;
use quote::quote;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, Lit, Type};

use super::function::Function;
use super::function_rows::rows_of;
use super::iter::{Iter, RangeOf};
use super::stmt::ident_of;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Discrete, Kind, Ty, Value};
use crate::signature::functions::function_of;

impl Lower<'_> {
    /// `[f; 3]`.
    pub(super) fn repeated_function(&mut self, f: &Function, len: &Expr) -> Operand {
        let count = match len {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(int) => int.base10_parse::<usize>().ok(),
                _ => None,
            },
            _ => None,
        };
        match count {
            Some(count) => table(vec![f.clone(); count]),
            None => self.report(len.span(), Problem::FunctionTable),
        }
    }

    /// `table[index]`, with the check that Rust makes.
    pub(super) fn index_table(&mut self, f: &Function, index: &Expr) -> Operand {
        let k = self.value_of(index);
        let len = self.functions_in(f);
        let inside = self.whole(k).zip(self.whole(len));
        if inside.is_none_or(|(k, len)| k >= len) {
            let code = quote! {
                assert!(__index < __len, "index out of bounds: the len is {} but the index is {}", __len, __index);
            };
            let captures = [("__index", k), ("__len", len)];
            let kind = Kind::Opaque {
                code: Code(code),
                captures: captures
                    .map(|(name, value)| (name.to_owned(), Capture::Value(value)))
                    .into(),
                effect: true,
            };
            self.push_effect(kind, Vec::new(), index.span());
        }
        self.entry(f, k, index.span())
    }

    /// What a table gives an iterator that asks for a number.
    pub(super) fn entry_for(&mut self, f: &Function, args: &[Operand], span: Span) -> Operand {
        match args {
            [Operand::Value(k)] => self.entry(f, *k, span),
            _ => self.report(span, Problem::Closure),
        }
    }

    /// Function number `k`, which is there.
    pub(super) fn entry(&mut self, f: &Function, k: Value, span: Span) -> Operand {
        if let Some(rows) = rows_of(f) {
            return self.row(&rows, k, span);
        }
        match self.entry_of(f, k, span) {
            Some(function) => Operand::Closure(function),
            // Nothing is ever taken of an empty table.
            None => self.report(span, Problem::FunctionTable),
        }
    }

    fn entry_of(&mut self, f: &Function, k: Value, span: Span) -> Option<Function> {
        let all = match f {
            Function::Table(all) => all.clone(),
            Function::Either(value, both) => {
                let (first, second) = (
                    self.entry_of(&both.0, k, span),
                    self.entry_of(&both.1, k, span),
                );
                return match (first, second) {
                    (Some(first), Some(second)) => {
                        Some(Function::Either(*value, Rc::new((first, second))))
                    }
                    (one, other) => one.or(other),
                };
            }
            _ => return None,
        };
        if let Some(k) = self.whole(k) {
            return usize::try_from(k).ok().and_then(|k| all.get(k).cloned());
        }
        let (last, before) = all.split_last()?;
        let mut chosen = last.clone();
        for (number, function) in before.iter().enumerate().rev() {
            let number = self.int(i64::try_from(number).unwrap_or(i64::MAX));
            let this = self.discrete(Discrete::Eq, k, number, span);
            chosen = Function::Either(this, Rc::new((function.clone(), chosen)));
        }
        Some(chosen)
    }

    /// How many functions a table has.
    fn functions_in(&mut self, f: &Function) -> Value {
        match f {
            Function::Table(all) => self.int(i64::try_from(all.len()).unwrap_or(i64::MAX)),
            Function::Either(value, both) => {
                let (first, second) = (self.functions_in(&both.0), self.functions_in(&both.1));
                let operands = vec![*value, first, second];
                self.push(Kind::Select, operands, Ty::Int, self.here)
            }
            _ => self.int(0),
        }
    }

    /// The table as an iterator.
    pub(super) fn functions_in_turn(&mut self, f: &Function) -> Iter {
        let len = self.functions_in(f);
        let numbers = Iter::Range(RangeOf {
            start: self.int(0),
            end: Some(len),
            inclusive: false,
        });
        Iter::Map(Box::new(numbers), f.clone())
    }

    /// A method of a table; nothing if the receiver is none.
    pub(super) fn table_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        let Operand::Closure(f) = receiver else {
            return None;
        };
        if !f.is_table() {
            return None;
        }
        let (name, span) = (call.method.to_string(), call.method.span());
        let args: Vec<&Expr> = call.args.iter().collect();
        Some(match (name.as_str(), args.as_slice()) {
            ("iter" | "into_iter", []) => Operand::Iter(self.functions_in_turn(f)),
            ("len", []) => Operand::Value(self.functions_in(f)),
            ("is_empty", []) => {
                let (len, zero) = (self.functions_in(f), self.int(0));
                Operand::Value(self.discrete(Discrete::Eq, len, zero, span))
            }
            ("clone" | "to_vec" | "as_slice" | "to_owned" | "into_boxed_slice", []) => {
                receiver.clone()
            }
            ("get", [index]) => {
                let (k, len) = (self.value_of(index), self.functions_in(f));
                let there = self.discrete(Discrete::Lt, k, len, span);
                let entry = self.entry(f, k, span);
                Operand::Maybe(there, Box::new(entry))
            }
            ("map", [function]) => match f {
                Function::Table(all) => self.map_table(&all.clone(), function, span),
                _ => self.report(span, Problem::FunctionTable),
            },
            ("push", [function]) => self.push_function(f, &call.receiver, function, span),
            _ => self.report(span, Problem::FunctionTable),
        })
    }

    /// `table.map(|f| f(x))`.
    fn map_table(&mut self, all: &[Function], function: &Expr, span: Span) -> Operand {
        self.with_function(function, |cx, function| {
            let mut values = Vec::new();
            for entry in all {
                let given = cx.call_function(function, vec![Operand::Closure(entry.clone())], span);
                if matches!(given, Operand::Poison | Operand::Never) {
                    return given;
                }
                values.push(cx.read_spanned(given, span));
            }
            let ty = values
                .first()
                .map_or(Ty::Unknown, |v| cx.graph.ty(*v).clone());
            let kind = Kind::Array { vec: false };
            Operand::Value(cx.push(kind, values, Ty::Array(Box::new(ty)), span))
        })
    }

    /// `table.push(function)`: the variable holds a longer table from here on.
    fn push_function(&mut self, f: &Function, table: &Expr, pushed: &Expr, span: Span) -> Operand {
        let local = ident_of(table).and_then(|name| self.locals.find(&name));
        let (Some(local), Function::Table(all)) = (local, f) else {
            return self.report(span, Problem::FunctionTable);
        };
        let Some(pushed) = self.function_of(pushed) else {
            return Operand::Poison;
        };
        let all = all.iter().cloned().chain([pushed]).collect();
        let longer = Operand::Closure(Function::Table(Rc::new(all)));
        self.locals.set(local, longer);
        Operand::Unit
    }
}

/// The functions as a table.
pub(super) fn table(all: Vec<Function>) -> Operand {
    Operand::Closure(Function::Table(Rc::new(all)))
}

/// Whether the type is a sequence of functions, or of tuples with functions in them.
pub(super) fn holds_functions(ty: &Type) -> bool {
    let element = super::made::element_of(ty);
    let none = syn::Generics::default();
    element.is_some_and(|element| match element {
        Type::Tuple(tuple) => (tuple.elems.iter()).any(|part| function_of(part, &none).is_some()),
        element => function_of(element, &none).is_some(),
    })
}

//! Iterators compared with one another, and asked whether they are sorted.
//!
//! What a comparison says is not differentiated: the items are made, and std compares them.

use proc_macro2::{Ident, Span};
use quote::quote;
use syn::Expr;
use syn::spanned::Spanned;

use super::super::{Lower, Operand};
use super::{Function, Iter, Site};
use crate::ir::{Capture, Code, Discrete, Kind, Ty, Value};

impl Lower<'_> {
    /// The comparison named; `None` if it is none.
    pub(super) fn comparing_end(
        &mut self,
        iter: &Iter,
        args: &[&Expr],
        site: &Site,
    ) -> Option<Operand> {
        let span = site.span;
        let result = match (site.name, args) {
            ("eq" | "ne" | "lt" | "le" | "gt" | "ge", [_]) | ("is_sorted", []) => Ty::Bool,
            ("cmp" | "partial_cmp", [_]) => Ty::Inert,
            ("is_sorted_by", [f]) => {
                return Some(self.with_function(f, |cx, f| cx.in_order(iter, f, span)));
            }
            _ => return None,
        };
        let mut captures = vec![("__left".to_owned(), self.made_place(iter, span))];
        let mut other = quote!();
        if let [arg] = args {
            let operand = self.lower_expr(arg);
            let Some(right) = self.iterator(operand, arg.span()) else {
                return Some(Operand::Poison);
            };
            captures.push(("__right".to_owned(), self.made_place(&right, span)));
            other = quote!(__right.iter());
        }
        let method = Ident::new(site.name, span);
        let kind = Kind::Opaque {
            code: Code(quote!(__left.iter().#method(#other))),
            captures,
            effect: false,
        };
        Some(Operand::Value(self.push(kind, Vec::new(), result, span)))
    }

    /// The items in a vector, for code that looks at them.
    fn made_place(&mut self, iter: &Iter, span: Span) -> Capture {
        let site = Site {
            name: "collect",
            span,
            hint: None,
        };
        let made = self.collect(iter, &site);
        Capture::Place(self.as_path(made), true)
    }

    /// `is_sorted_by`: whether the function says yes of all neighbours.
    fn in_order(&mut self, iter: &Iter, f: &Function, span: Span) -> Operand {
        let (before, answer) = (self.locals.hidden("before"), self.locals.hidden("sorted"));
        let (hole, yes) = (self.hole(iter, span), self.truth(true));
        self.locals.set(before, hole);
        self.locals.set(answer, Operand::Value(yes));
        let number = self.counter();
        self.stoppable(span, |cx, stop| {
            cx.drive(iter, span, &mut |cx, item| {
                let (item, seen) = cx.lent(item);
                let (k, zero) = (cx.count_up(number), cx.int(0));
                let later = cx.discrete(Discrete::Gt, k, zero, span);
                let last = cx.locals.current(before).unwrap_or(Operand::Poison);
                let last = cx.lent(last).1;
                let fine: Value = {
                    let fine = cx.branch(
                        later,
                        span,
                        |cx| cx.call_function(f, vec![last, seen], span),
                        |cx| Operand::Value(cx.truth(true)),
                    );
                    cx.number_of(fine, span)
                };
                let item = cx.kept(item);
                cx.locals.set(before, item);
                let not = Kind::Discrete(Discrete::Not);
                let not = cx.push(not, vec![fine], Ty::Bool, span);
                cx.only_if(not, span, |cx| {
                    let no = cx.truth(false);
                    cx.locals.set(answer, Operand::Value(no));
                    cx.stop(stop);
                });
            });
        });
        Operand::Value(self.held_value(answer))
    }
}

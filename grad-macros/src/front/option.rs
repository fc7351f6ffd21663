//! Methods of `Option` that take a function: the function is inlined where there is something.

use syn::{Expr, ExprMethodCall};

use super::{Lower, Operand};
use crate::ir::{Discrete, Kind, Literal, Ty};

/// Methods that say that their receiver is an option, whatever is known of its type.
const TELLING: &[&str] = &[
    "map",
    "map_or",
    "map_or_else",
    "and_then",
    "or_else",
    "unwrap_or_else",
    "unwrap_or_default",
    "is_some_and",
    "is_none_or",
];

impl Lower<'_> {
    /// A method of an option that takes a function, or another option; `None` for any other.
    pub(super) fn option_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        let (name, span) = (call.method.to_string(), call.method.span());
        let args: Vec<&Expr> = call.args.iter().collect();
        let ty = self.operand_ty(receiver);
        let certain = matches!(receiver, Operand::Maybe(..)) || matches!(ty, Ty::Option(_));
        if !certain && !(ty == Ty::Unknown && TELLING.contains(&name.as_str())) {
            return None;
        }
        let apart = |cx: &mut Self| cx.maybe(receiver.clone(), span);
        Some(match (name.as_str(), args.as_slice()) {
            ("map", [f]) => {
                let (some, item) = apart(self);
                let mapped = self.on_item(f, |cx, f| {
                    cx.branch(
                        some,
                        span,
                        |cx| cx.call_function(f, vec![item], span),
                        |_| Operand::Never,
                    )
                });
                Operand::Maybe(some, Box::new(mapped))
            }
            ("map_or", [default, f]) => {
                let default = self.lower_expr(default);
                let (some, item) = apart(self);
                self.on_item(f, |cx, f| {
                    cx.branch(
                        some,
                        span,
                        |cx| cx.call_function(f, vec![item], span),
                        |_| default,
                    )
                })
            }
            ("map_or_else", [default, f]) => {
                let (some, item) = apart(self);
                self.on_item(default, |cx, default| {
                    cx.on_item(f, |cx, f| {
                        cx.branch(
                            some,
                            span,
                            |cx| cx.call_function(f, vec![item], span),
                            |cx| cx.call_function(default, Vec::new(), span),
                        )
                    })
                })
            }
            ("and_then", [f]) => {
                let (some, item) = apart(self);
                self.on_item(f, |cx, f| {
                    cx.branch(
                        some,
                        span,
                        |cx| {
                            let found = cx.call_function(f, vec![item], span);
                            cx.apart(found, call)
                        },
                        |cx| cx.nothing(),
                    )
                })
            }
            ("or_else", [f]) => {
                let (some, item) = apart(self);
                self.on_item(f, |cx, f| {
                    cx.branch(
                        some,
                        span,
                        |cx| Operand::Maybe(cx.truth(true), Box::new(item)),
                        |cx| {
                            let found = cx.call_function(f, Vec::new(), span);
                            cx.apart(found, call)
                        },
                    )
                })
            }
            ("or", [other]) => {
                let other = self.lower_expr(other);
                let (some, item) = apart(self);
                self.branch(
                    some,
                    span,
                    |cx| Operand::Maybe(cx.truth(true), Box::new(item)),
                    |cx| cx.apart(other, call),
                )
            }
            ("unwrap_or_else", [f]) => {
                let (some, item) = apart(self);
                self.on_item(f, |cx, f| {
                    cx.branch(
                        some,
                        span,
                        |_| item,
                        |cx| cx.call_function(f, Vec::new(), span),
                    )
                })
            }
            ("unwrap_or_default", []) => {
                let (some, item) = apart(self);
                let ty = self.operand_ty(&item);
                let literal = match ty {
                    Ty::Int => Literal::Int("0".to_owned()),
                    Ty::Bool => Literal::Bool(false),
                    _ => Literal::Float("0.0".to_owned()),
                };
                let zero = |cx: &mut Self| {
                    Operand::Value(cx.push(Kind::Literal(literal), Vec::new(), ty, span))
                };
                self.branch(some, span, |_| item, zero)
            }
            ("filter" | "is_some_and" | "is_none_or", [f]) => {
                let (some, item) = apart(self);
                let kept = self.on_item(f, |cx, f| {
                    let seen = item.clone();
                    let otherwise = name == "is_none_or";
                    cx.branch(
                        some,
                        span,
                        |cx| cx.call_function(f, vec![seen], span),
                        |cx| Operand::Value(cx.truth(otherwise)),
                    )
                });
                let kept = self.read_spanned(kept, span);
                if name == "filter" {
                    Operand::Maybe(kept, Box::new(item))
                } else {
                    Operand::Value(kept)
                }
            }
            ("zip", [other]) => {
                let other = self.lower_expr(other);
                let (some, item) = apart(self);
                let (also, second) = self.maybe(other, span);
                let both = self.discrete(Discrete::And, some, also, span);
                Operand::Maybe(both, Box::new(Operand::Tuple(vec![item, second])))
            }
            _ => return None,
        })
    }

    fn on_item(
        &mut self,
        f: &Expr,
        then: impl FnOnce(&mut Self, &super::closure::Function) -> Operand,
    ) -> Operand {
        match self.function_of(f) {
            Some(f) => then(self, &f),
            None => Operand::Poison,
        }
    }

    /// An option taken apart, to leave a branch.
    fn apart(&mut self, option: Operand, call: &ExprMethodCall) -> Operand {
        if self.dead || matches!(option, Operand::Poison | Operand::Never) {
            return option;
        }
        let (some, item) = self.maybe(option, call.method.span());
        Operand::Maybe(some, Box::new(item))
    }

    fn nothing(&mut self) -> Operand {
        Operand::Maybe(self.truth(false), Box::new(Operand::Never))
    }
}

//! Methods of `Option` that take a function: the function is inlined where there is something.

use proc_macro2::Span;
use syn::{Expr, ExprMethodCall};

use super::function::Function;
use super::unwrapped::OPTIONAL;
use super::{Lower, Operand};
use crate::ir::{Callee, Discrete, Kind, Literal, Ty};

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
    "zip",
    "and",
    "or",
];

/// Those that say it where their argument is a closure.
const TELLING_BY_CLOSURE: &[&str] = &["filter", "inspect"];

/// Whether only options and results have a method of this name.
pub(super) fn tells_option(name: &str) -> bool {
    OPTIONAL.contains(&name) || name != "map" && TELLING.contains(&name)
}

impl Lower<'_> {
    /// A method of an option that takes a function, or another option; `None` for any other.
    pub(super) fn option_method(
        &mut self,
        receiver: &Operand,
        call: &ExprMethodCall,
        hint: Option<&syn::Type>,
    ) -> Option<Operand> {
        if let Some(found) = self.outcome_method(receiver, call, hint) {
            return Some(found);
        }
        let name = call.method.to_string();
        let args: Vec<&Expr> = call.args.iter().collect();
        let ty = self.operand_ty(receiver);
        let certain = matches!(receiver, Operand::Maybe(..)) || matches!(ty, Ty::Option(_));
        let by_closure = TELLING_BY_CLOSURE.contains(&name.as_str())
            && matches!(args.as_slice(), [Expr::Closure(_)]);
        let told = ty == Ty::Unknown && (by_closure || TELLING.contains(&name.as_str()));
        if !certain && !told {
            return None;
        }
        if let (false, "map", [function]) = (certain, name.as_str(), &args[..]) {
            if !self.wants_option && !hint.is_some_and(is_optional) {
                let mapped = self.map_unknown(receiver, function, call.method.span());
                if mapped.is_some() {
                    return mapped;
                }
            }
        }
        let site = (name.as_str(), call.method.span());
        self.mapping_method(receiver, site, &args)
            .or_else(|| self.choosing_method(receiver, site, &args))
            .or_else(|| self.asking_method(receiver, site, &args))
    }

    /// `map` of something of which only rustc knows whether it is an option: a call, which is given
    /// the function. Nothing if the function cannot be given to one.
    fn map_unknown(&mut self, receiver: &Operand, function: &Expr, span: Span) -> Option<Operand> {
        let function = self.function_of(function)?;
        if function.changes() {
            return None;
        }
        let function = match function {
            Function::Written(_) => function,
            Function::Path(path) => self.closure_of_entry(&path, span)?,
            _ => return None,
        };
        let receiver = self.receiver_arg(receiver.clone(), "map", 2, span);
        let code = quote::quote!(_);
        let function = self.pass_function(&function, &code, span);
        let callee = Callee::Method("map".to_owned(), None);
        Some(self.finish_call(callee, vec![receiver, function], span))
    }

    /// Methods that give what a function makes of the item.
    fn mapping_method(
        &mut self,
        receiver: &Operand,
        (name, span): (&str, Span),
        args: &[&Expr],
    ) -> Option<Operand> {
        let apart = |cx: &mut Self| cx.maybe(receiver.clone(), span);
        Some(match (name, args) {
            ("map", [f]) => {
                let (some, item) = apart(self);
                let mapped = self.with_function(f, |cx, f| {
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
                self.with_function(f, |cx, f| {
                    let mapped = |cx: &mut Self| cx.call_function(f, vec![item], span);
                    cx.branch(some, span, mapped, |_| default)
                })
            }
            ("map_or_else", [default, f]) => {
                let (some, item) = apart(self);
                self.with_function(default, |cx, default| {
                    cx.with_function(f, |cx, f| {
                        cx.branch(
                            some,
                            span,
                            |cx| cx.call_function(f, vec![item], span),
                            |cx| cx.call_function(default, Vec::new(), span),
                        )
                    })
                })
            }
            ("and", [other]) => {
                let other = self.lower_expr(other);
                let other = self.placed(other);
                let (some, _) = apart(self);
                self.branch(
                    some,
                    span,
                    |cx| cx.apart(other, span),
                    |cx| Operand::Maybe(cx.truth(false), Box::new(Operand::Never)),
                )
            }
            ("and_then", [f]) => {
                let (some, item) = apart(self);
                self.with_function(f, |cx, f| {
                    cx.branch(
                        some,
                        span,
                        |cx| {
                            let found = cx.call_function(f, vec![item], span);
                            cx.apart(found, span)
                        },
                        |cx| Operand::Maybe(cx.truth(false), Box::new(Operand::Never)),
                    )
                })
            }
            _ => return None,
        })
    }

    /// Methods that give the item, or something else where there is none.
    fn choosing_method(
        &mut self,
        receiver: &Operand,
        (name, span): (&str, Span),
        args: &[&Expr],
    ) -> Option<Operand> {
        let apart = |cx: &mut Self| cx.maybe(receiver.clone(), span);
        Some(match (name, args) {
            ("or_else", [f]) => {
                let (some, item) = apart(self);
                self.with_function(f, |cx, f| {
                    cx.branch(
                        some,
                        span,
                        |cx| Operand::Maybe(cx.truth(true), Box::new(item)),
                        |cx| {
                            let found = cx.call_function(f, Vec::new(), span);
                            cx.apart(found, span)
                        },
                    )
                })
            }
            ("or", [other]) => {
                let other = self.lower_expr(other);
                let other = self.placed(other);
                let (some, item) = apart(self);
                self.branch(
                    some,
                    span,
                    |cx| Operand::Maybe(cx.truth(true), Box::new(item)),
                    |cx| cx.apart(other, span),
                )
            }
            ("unwrap_or_else", [f]) => {
                let (some, item) = apart(self);
                self.with_function(f, |cx, f| {
                    let otherwise = |cx: &mut Self| cx.call_function(f, Vec::new(), span);
                    cx.branch(some, span, |_| item, otherwise)
                })
            }
            ("unwrap_or_default", []) => {
                let (some, item) = apart(self);
                let ty = self.operand_ty(&item);
                let zero = |cx: &mut Self| cx.default_of(ty, span);
                self.branch(some, span, |_| item, zero)
            }
            _ => return None,
        })
    }

    /// What `Default::default()` gives.
    fn default_of(&mut self, ty: Ty, span: Span) -> Operand {
        let literal = match ty {
            Ty::Int => Literal::Int("0".to_owned()),
            Ty::Bool => Literal::Bool(false),
            Ty::Float(_) | Ty::Number => Literal::Float("0.0".to_owned()),
            ty => {
                let code = syn::parse_quote!(::core::default::Default::default());
                return self.opaque(&code, ty, "this call");
            }
        };
        Operand::Value(self.push(Kind::Literal(literal), Vec::new(), ty, span))
    }

    /// Methods that ask something of the item; `zip`.
    fn asking_method(
        &mut self,
        receiver: &Operand,
        (name, span): (&str, Span),
        args: &[&Expr],
    ) -> Option<Operand> {
        Some(match (name, args) {
            ("filter" | "is_some_and" | "is_none_or", [f]) => {
                let (some, item) = self.maybe(receiver.clone(), span);
                let answer = self.with_function(f, |cx, f| {
                    let seen = item.clone();
                    cx.branch(
                        some,
                        span,
                        |cx| {
                            let seen = match seen {
                                Operand::Value(_) if name == "filter" => cx.lent(seen).1,
                                seen => seen,
                            };
                            cx.call_function(f, vec![seen], span)
                        },
                        |cx| Operand::Value(cx.truth(name == "is_none_or")),
                    )
                });
                let answer = self.read_spanned(answer, span);
                match name {
                    "filter" => Operand::Maybe(answer, Box::new(item)),
                    _ => Operand::Value(answer),
                }
            }
            ("inspect", [f]) => {
                let operand = self.placed(receiver.clone());
                let (some, item) = self.maybe(operand.clone(), span);
                self.with_function(f, |cx, f| {
                    cx.branch(
                        some,
                        span,
                        |cx| {
                            let seen = cx.lent(item).1;
                            cx.call_function(f, vec![seen], span);
                            Operand::Unit
                        },
                        |_| Operand::Unit,
                    )
                });
                operand
            }
            ("zip", [other]) => {
                let other = self.lower_expr(other);
                let (some, item) = self.maybe(receiver.clone(), span);
                let (also, second) = self.maybe(other, span);
                let both = self.discrete(Discrete::And, some, also, span);
                Operand::Maybe(both, Box::new(Operand::Tuple(vec![item, second])))
            }
            _ => return None,
        })
    }

    /// An option taken apart, to leave a branch.
    fn apart(&mut self, option: Operand, span: Span) -> Operand {
        if self.dead || matches!(option, Operand::Poison | Operand::Never) {
            return option;
        }
        let (some, item) = self.maybe(option, span);
        Operand::Maybe(some, Box::new(item))
    }
}

/// Whether a type is an `Option` or a `Result` by its name.
fn is_optional(ty: &syn::Type) -> bool {
    let syn::Type::Path(path) = ty else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident == "Option" || last.ident == "Result")
}

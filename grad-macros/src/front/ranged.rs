//! Methods of sequences that take a range of indices.

use proc_macro2::Span;
use quote::quote_spanned;
use syn::Expr;

use super::iter::{Iter, RangeOf};

use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Arg, Callee, Capture, Code, Discrete, Kind, Path, Slot, Step, Ty, Value};
use crate::signature::{Parameter, Passing};

impl Lower<'_> {
    /// Methods that take a range of indices.
    pub(super) fn ranged_method(
        &mut self,
        receiver: &Operand,
        ty: &Ty,
        (name, span): (&str, Span),
        args: &[&Expr],
    ) -> Option<Operand> {
        let known = matches!(
            name,
            "drain" | "splice" | "extend_from_within" | "copy_within" | "get" | "get_mut"
        );
        let [range, rest @ ..] = args else {
            return None;
        };
        if !known || !self.is_range(range) {
            return None;
        }
        let path = self.as_path(receiver.clone());
        let (start, end) = self.bounds_of(range, &path, span);
        let mut operands = vec![
            ("__whole", Operand::RefMut(path.clone(), ty.clone())),
            ("__start", Operand::Value(start)),
            ("__end", Operand::Value(end)),
        ];
        let code = match (name, rest) {
            ("drain", []) => quote_spanned!(span=> {
                assert!(
                    __end <= __whole.len(),
                    "range end index {} out of range for slice of length {}",
                    __end,
                    __whole.len()
                );
                let mut __out = __whole.split_off(__start);
                let mut __after = __out.split_off(__end - __start);
                __whole.append(&mut __after);
                __out.into_iter()
            }),
            ("splice", [items]) => {
                let items = self.lower_expr(items);
                operands.push(("__items", items));
                quote_spanned!(span=> {
                    let mut __out = __whole.split_off(__start);
                    let mut __after = __out.split_off(__end - __start);
                    __whole.extend(__items);
                    __whole.append(&mut __after);
                    __out.into_iter()
                })
            }
            ("extend_from_within", []) => quote_spanned!(span=> {
                let mut __copies = __whole[__start..__end].to_vec();
                __whole.append(&mut __copies);
            }),
            ("copy_within", [to]) => {
                let to = self.value_of(to);
                return Some(self.copy_within(path, (start, end), to, span));
            }
            ("get" | "get_mut", []) => {
                return Some(self.part_if_there(&path, ty, (start, end), name == "get_mut", span));
            }
            _ => return None,
        };
        Some(self.write_out(operands, code, span))
    }

    /// A rule of the runtime's moves the cotangents back.
    fn copy_within(
        &mut self,
        path: Path,
        (start, end): (Value, Value),
        to: Value,
        span: Span,
    ) -> Operand {
        let captures = vec![
            ("__start".to_owned(), Capture::Value(start)),
            ("__end".to_owned(), Capture::Value(end)),
        ];
        let range = Kind::Opaque {
            code: Code(quote_spanned!(span=> __start..__end)),
            captures,
            effect: false,
        };
        let range = self.push(range, Vec::new(), Ty::Inert, span);
        let args = vec![Arg::RefMut(path), Arg::Value(range), Arg::Value(to)];
        let callee = Callee::Method("copy_within".to_owned(), None);
        if let Operand::Value(unit) = self.finish_call(callee, args, span) {
            self.graph.value_mut(unit).ty = Ty::Unit;
        }
        Operand::Unit
    }

    /// `get(start..end)`.
    fn part_if_there(
        &mut self,
        path: &Path,
        ty: &Ty,
        (start, end): (Value, Value),
        mutable: bool,
        span: Span,
    ) -> Operand {
        let len = self.push(Kind::Length(path.clone()), Vec::new(), Ty::Int, span);
        let ordered = self.discrete(Discrete::Le, start, end, span);
        let inside = self.discrete(Discrete::Le, end, len, span);
        let there = self.discrete(Discrete::And, ordered, inside, span);
        let part = path.then(Step::Range {
            start: Some(start),
            end: Some(end),
            inclusive: false,
        });
        let part = super::unwrapped::borrowed(Operand::Place(part, ty.clone()), mutable);
        Operand::Maybe(there, Box::new(part))
    }

    /// `a[i]`, and `a[span.clone()]` where `span` is a range that the graph does not see.
    pub(super) fn lower_indexed(&mut self, expr: &syn::ExprIndex, mutable: bool) -> Operand {
        match self.unseen_range(&expr.index) {
            Some(range) => self.lower_index(&expr.expr, &range, mutable),
            None => self.lower_index(&expr.expr, &expr.index, mutable),
        }
    }

    /// A range in a parameter or in a field, by its bounds. Of one in a field nobody knows the type
    /// here, but an index is not cloned.
    fn unseen_range(&self, index: &Expr) -> Option<Expr> {
        let (whole, cloned) = match index {
            Expr::MethodCall(call) if call.method == "clone" => (&*call.receiver, true),
            other => (other, false),
        };
        let of_range = match whole {
            Expr::Path(path) => {
                let held = self.locals.get(&path.path.get_ident()?.to_string())?;
                // Behind a reference it is a key of a map, unless it is cloned.
                let is_variable = match &held {
                    Operand::Place(path, _) => path.steps.is_empty(),
                    Operand::Ref(path, _) => cloned && path.steps.is_empty(),
                    _ => false,
                };
                is_variable && self.operand_ty(&held) == Ty::Inert
            }
            Expr::Field(_) => cloned,
            _ => false,
        };
        of_range.then(|| syn::parse_quote!(#whole.start..#whole.end))
    }

    /// A parameter that is a range of integers, by its bounds.
    pub(super) fn range_parameter(&mut self, parameter: &Parameter) -> Option<Operand> {
        let inclusive = range_of_integers(&parameter.base)?;
        if parameter.mutable || parameter.passing == Passing::RefMut {
            return None;
        }
        let span = parameter.name.span();
        let whole = self.graph.params.last().map(|param| param.slot);
        let Some(Slot::Memory(var)) = whole else {
            return None;
        };
        let mut bound = |code| {
            let captures = vec![("__range".to_owned(), Capture::Place(Path::of(var), true))];
            let kind = Kind::Opaque {
                code: Code(code),
                captures,
                effect: false,
            };
            self.push(kind, Vec::new(), Ty::Int, span)
        };
        let (start, end) = if inclusive {
            (
                bound(quote_spanned!(span=> *__range.start())),
                bound(quote_spanned!(span=> *__range.end())),
            )
        } else {
            (
                bound(quote_spanned!(span=> __range.start)),
                bound(quote_spanned!(span=> __range.end)),
            )
        };
        Some(Operand::Iter(Iter::Range(RangeOf {
            start,
            end: Some(end),
            inclusive,
        })))
    }

    /// A range that is a value: handed to a function, put into a field.
    pub(super) fn range_value(&mut self, range: &RangeOf) -> Value {
        let span = self.here;
        let Some(end) = range.end else {
            self.report(span, Problem::FunctionValue);
            return self.undefined(Ty::Unknown);
        };
        if !range.inclusive {
            let fields = vec!["start".to_owned(), "end".to_owned()];
            let path = syn::parse_quote!(::core::ops::Range);
            let whole = self.record(&path, fields, vec![range.start, end], span);
            return self.read(whole);
        }
        let kind = Kind::Opaque {
            code: Code(quote_spanned!(span=> ::core::ops::RangeInclusive::new(__start, __end))),
            captures: vec![
                ("__start".to_owned(), Capture::Value(range.start)),
                ("__end".to_owned(), Capture::Value(end)),
            ],
            effect: false,
        };
        let value = self.push(kind, Vec::new(), Ty::Unknown, span);
        let what = Problem::ActiveCode("`..=`".to_owned());
        self.if_active.insert(value, what);
        value
    }

    /// Whether an argument is a range, or a variable that holds one.
    fn is_range(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Range(_) => true,
            Expr::Paren(inner) => self.is_range(&inner.expr),
            Expr::Path(path) => {
                let ident = path.path.get_ident();
                let held = ident.and_then(|ident| self.locals.get(&ident.to_string()));
                matches!(held, Some(Operand::Iter(Iter::Range(_))))
            }
            Expr::MethodCall(call) if call.method == "clone" => self.is_range(&call.receiver),
            _ => false,
        }
    }

    /// The bounds of a range of indices into a sequence.
    pub(super) fn bounds_of(&mut self, range: &Expr, path: &Path, span: Span) -> (Value, Value) {
        let (start, end, inclusive) = match range {
            Expr::Paren(inner) => return self.bounds_of(&inner.expr, path, span),
            Expr::Range(range) => {
                let start = range.start.as_ref().map(|start| self.value_of(start));
                let end = range.end.as_ref().map(|end| self.value_of(end));
                let inclusive = matches!(range.limits, syn::RangeLimits::Closed(_));
                (start, end, inclusive)
            }
            other => match self.lower_expr(other) {
                Operand::Iter(Iter::Range(range)) => {
                    (Some(range.start), range.end, range.inclusive)
                }
                _ => (None, None, false),
            },
        };
        let start = start.unwrap_or_else(|| self.int(0));
        let end = match end {
            Some(end) if inclusive => {
                let one = self.int(1);
                let add = Kind::Apply(crate::ir::Op::Add);
                self.push(add, vec![end, one], Ty::Int, span)
            }
            Some(end) => end,
            None => self.push(Kind::Length(path.clone()), Vec::new(), Ty::Int, span),
        };
        (start, end)
    }
}

/// Whether a type is a range of integers, and then whether its end is in it.
fn range_of_integers(ty: &syn::Type) -> Option<bool> {
    let syn::Type::Path(path) = ty else {
        return None;
    };
    let last = path.path.segments.last()?;
    let inclusive = last.ident == "RangeInclusive";
    let syn::PathArguments::AngleBracketed(list) = &last.arguments else {
        return None;
    };
    let of_integers = list.args.iter().all(|argument| match argument {
        syn::GenericArgument::Type(ty) => crate::signature::ty_of(ty) == Ty::Int,
        _ => false,
    });
    (of_integers && (inclusive || last.ident == "Range")).then_some(inclusive)
}

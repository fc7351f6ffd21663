//! Methods of sequences that take a range of indices.

use proc_macro2::Span;
use quote::quote;
use syn::Expr;

use super::iter::Iter;
use super::{Lower, Operand};
use crate::ir::{Arg, Callee, Capture, Code, Discrete, Kind, Path, Step, Ty, Value};

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
            ("drain", []) => quote!({
                let mut __out = __whole.split_off(__start);
                let mut __after = __out.split_off(__end - __start);
                __whole.append(&mut __after);
                __out.into_iter()
            }),
            ("splice", [items]) => {
                let items = self.lower_expr(items);
                operands.push(("__items", items));
                quote!({
                    let mut __out = __whole.split_off(__start);
                    let mut __after = __out.split_off(__end - __start);
                    __whole.extend(__items);
                    __whole.append(&mut __after);
                    __out.into_iter()
                })
            }
            ("extend_from_within", []) => quote!({
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
            code: Code(quote!(__start..__end)),
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

//! Methods of sequences without a function or a range, written out: joined parts, chunks at an end.

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::{Expr, ExprMethodCall};

use super::written::deduplicated;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Discrete, Kind, Step, Ty};

impl Lower<'_> {
    /// Methods without a function or a range.
    pub(super) fn plain_method(
        &mut self,
        receiver: &Operand,
        ty: &Ty,
        call: &ExprMethodCall,
        args: &[&Expr],
    ) -> Option<Operand> {
        let span = call.method.span();
        let known = matches!(ty, Ty::Array(_));
        let code = match (call.method.to_string().as_str(), args) {
            ("dedup", []) => deduplicated(&quote!(__whole[__k] != __whole[__kept - 1])),
            ("each_ref", []) => return Some(self.reference(receiver, false)),
            ("each_mut", []) => return Some(self.reference(receiver, true)),
            ("swap_with_slice", [other]) if ty.element().is_scalar() => {
                let other = self.lower_expr(other);
                let operands = vec![
                    ("__whole", self.reference(receiver, true)),
                    ("__other", self.reference(&other, true)),
                ];
                let code = quote!({
                    if __whole.len() != __other.len() {
                        panic!("destination and source slices have different lengths");
                    }
                    for __k in 0..__whole.len() {
                        let __own = __whole[__k];
                        __whole[__k] = __other[__k];
                        __other[__k] = __own;
                    }
                });
                return Some(self.write_out(operands, code, span));
            }
            ("repeat", [count]) if known => {
                let count = self.value_of(count);
                let operands = vec![
                    ("__whole", self.reference(receiver, false)),
                    ("__count", Operand::Value(count)),
                ];
                let code = quote!({
                    let mut __all = Vec::new();
                    for _ in 0..__count {
                        __all.extend_from_slice(__whole);
                    }
                    __all
                });
                return Some(self.write_out(operands, code, span));
            }
            ("join", [separator]) if known => return Some(self.joined(receiver, separator, span)),
            ("split_at_checked" | "split_at_mut_checked", [at]) => {
                let at = self.value_of(at);
                let mutable = call.method == "split_at_mut_checked";
                let path = self.as_path(receiver.clone());
                let len = self.push(Kind::Length(path), Vec::new(), Ty::Int, span);
                let there = self.discrete(Discrete::Le, at, len, span);
                let (first, second) = self.split(receiver, at, at, mutable);
                let parts = Operand::Tuple(vec![first, second]);
                return Some(Operand::Maybe(there, Box::new(parts)));
            }
            (
                name @ ("first_chunk" | "last_chunk" | "split_first_chunk" | "split_last_chunk"),
                [],
            ) => return Some(self.chunk_of_end(receiver, name, call)),
            _ => return None,
        };
        let operands = vec![("__whole", self.reference(receiver, true))];
        Some(self.write_out(operands, code, span))
    }

    /// `parts.join(&separator)`: the separator is an item or a slice.
    pub(super) fn joined(&mut self, receiver: &Operand, separator: &Expr, span: Span) -> Operand {
        let separator = self.lower_expr(separator);
        let one = self.operand_ty(&separator).is_scalar();
        let put = if one {
            quote!(__all.push(*__separator))
        } else {
            quote!(__all.extend_from_slice(__separator))
        };
        let operands = vec![
            ("__whole", self.reference(receiver, false)),
            ("__separator", separator),
        ];
        let code = quote!({
            let mut __all = Vec::new();
            for (__k, __part) in __whole.iter().enumerate() {
                if __k > 0 { #put; }
                __all.extend_from_slice(__part);
            }
            __all
        });
        self.write_out(operands, code, span)
    }

    /// `first_chunk::<N>()` and its kin.
    pub(super) fn chunk_of_end(
        &mut self,
        receiver: &Operand,
        name: &str,
        call: &ExprMethodCall,
    ) -> Operand {
        let span = call.method.span();
        let generics = call.turbofish.as_ref().map(|t| t.args.to_token_stream());
        let Some(count) = generics else {
            return self.report(span, Problem::ChunkLength(name.to_owned()));
        };
        let ty = self.operand_ty(receiver);
        let count = self.constant(count, Ty::Int);
        let path = self.as_path(receiver.clone());
        let len = self.push(Kind::Length(path.clone()), Vec::new(), Ty::Int, span);
        let there = self.discrete(Discrete::Le, count, len, span);
        let zero = self.int(0);
        let rest = quote!(usize::saturating_sub(__len, __count));
        let rest = Kind::Opaque {
            code: Code(rest),
            captures: vec![
                ("__len".to_owned(), Capture::Value(len)),
                ("__count".to_owned(), Capture::Value(count)),
            ],
            effect: false,
        };
        let rest = self.push(rest, Vec::new(), Ty::Int, span);
        let range = |start, end| Step::Range {
            start: Some(start),
            end: Some(end),
            inclusive: false,
        };
        let part = |step| Operand::Ref(path.then(step), ty.clone());
        let item = match name {
            "first_chunk" => part(range(zero, count)),
            "last_chunk" => part(range(rest, len)),
            "split_first_chunk" => {
                Operand::Tuple(vec![part(range(zero, count)), part(range(count, len))])
            }
            _ => Operand::Tuple(vec![part(range(zero, rest)), part(range(rest, len))]),
        };
        Operand::Maybe(there, Box::new(item))
    }

    /// `[a, b].concat()` and `[a, b].join(..)` of parts that are written in place, which may be
    /// slices; `None` where the parts stand in a variable.
    pub(super) fn joined_parts(&mut self, call: &ExprMethodCall) -> Option<Operand> {
        let array = match &*call.receiver {
            Expr::Array(array) => array,
            Expr::Paren(inner) => match &*inner.expr {
                Expr::Array(array) => array,
                _ => return None,
            },
            _ => return None,
        };
        let strings = array.elems.iter().any(|part| matches!(part, Expr::Lit(_)));
        if call.method != "concat" || !call.args.is_empty() || strings {
            return None;
        }
        let parts = array.elems.iter();
        let code = quote!({
            let mut __all = Vec::new();
            #({ let __part = #parts; __all.extend_from_slice(&__part[..]); })*
            __all
        });
        Some(self.write_out(Vec::new(), code, call.method.span()))
    }
}

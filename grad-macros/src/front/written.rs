//! Methods of std's sequences written out in Rust: as the loops and simpler methods they stand for,
//! which are lowered like code of the user's.

use super::iter::Iter;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Arg, Callee, Capture, Code, Discrete, Kind, Path, Step, Ty, Value};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Expr, ExprMethodCall};

/// Methods of vectors that nothing but memory depends on.
pub(super) const CAPACITY: &[&str] = &["reserve", "reserve_exact", "shrink_to_fit", "shrink_to"];

/// Methods of sequences that give something no path leads to, or that need `unsafe`.
pub(super) const UNSUPPORTED: &[&str] = &[
    "as_chunks",
    "as_rchunks",
    "as_chunks_mut",
    "as_flattened",
    "as_flattened_mut",
    "array_windows",
    "extract_if",
    "splitn",
    "rsplit",
    "rsplitn",
    "split_inclusive",
    "split_mut",
    "chunk_by_mut",
    "rchunks_exact_mut",
    "get_disjoint_mut",
    "get_unchecked",
    "get_unchecked_mut",
    "as_ptr",
    "as_mut_ptr",
    "leak",
];

impl Lower<'_> {
    /// Lowers code in which operands have the names given.
    pub(super) fn write_out(
        &mut self,
        operands: Vec<(&str, Operand)>,
        code: TokenStream,
        span: Span,
    ) -> Operand {
        let Ok(code) = syn::parse2::<Expr>(code) else {
            return self.report(span, Problem::FunctionValue);
        };
        self.locals.enter();
        for (name, operand) in operands {
            self.locals.declare(name, false, Some(operand));
        }
        let result = self.lower_expr(&code);
        self.locals.leave();
        result
    }

    /// A method of a sequence, or of what may be one, that is written out; `None` for any other.
    pub(super) fn written_method(
        &mut self,
        receiver: &Operand,
        ty: &Ty,
        call: &ExprMethodCall,
    ) -> Option<Operand> {
        if !matches!(ty, Ty::Array(_) | Ty::Unknown) || matches!(receiver, Operand::Maybe(..)) {
            return None;
        }
        let name = call.method.to_string();
        let (name, span) = (name.as_str(), call.method.span());
        let args: Vec<&Expr> = call.args.iter().collect();
        let known = matches!(ty, Ty::Array(_));
        if known && UNSUPPORTED.contains(&name) {
            return Some(self.report(span, Problem::SequenceMethod(name.to_owned())));
        }
        if known && CAPACITY.contains(&name) {
            for arg in args {
                self.value_of(arg);
            }
            return Some(Operand::Unit);
        }
        self.ranged_method(receiver, ty, (name, span), &args)
            .or_else(|| self.asking_written(receiver, (name, span), &args))
            .or_else(|| self.plain_method(receiver, ty, call, &args))
    }

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
    pub(super) fn copy_within(
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
    pub(super) fn part_if_there(
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
    pub(super) fn is_range(&self, expr: &Expr) -> bool {
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

    /// Methods that take a function, which may change variables or what it is given.
    pub(super) fn asking_written(
        &mut self,
        receiver: &Operand,
        (name, span): (&str, Span),
        args: &[&Expr],
    ) -> Option<Operand> {
        let (function, count) = match (name, args) {
            (
                "retain" | "retain_mut" | "dedup_by" | "dedup_by_key" | "pop_if" | "fill_with"
                | "chunk_by" | "split",
                [f],
            ) => (f, None),
            ("resize_with", [count, f]) => (f, Some(count)),
            _ => return None,
        };
        if name == "split" && !matches!(function, Expr::Closure(_)) {
            return None;
        }
        let f = self.function_of(function)?;
        if matches!(name, "retain") && !f.changes() {
            return None;
        }
        let code = match name {
            "retain" => keeping(&quote!(&)),
            "retain_mut" => keeping(&quote!(&mut)),
            "dedup_by" => deduplicated(&quote!(!__function(
                &mut __whole[__k],
                &mut __whole[__kept - 1]
            ))),
            "dedup_by_key" => deduplicated(&quote!(
                __function(&mut __whole[__k]) != __function(&mut __whole[__kept - 1])
            )),
            "pop_if" => quote!({
                let __len = __whole.len();
                if __len > 0 && __function(&mut __whole[__len - 1]) {
                    __whole.pop()
                } else {
                    None
                }
            }),
            "fill_with" => quote!(for __k in 0..__whole.len() {
                __whole[__k] = __function();
            }),
            "resize_with" => quote!({
                for _ in __whole.len()..__count {
                    __whole.push(__function());
                }
                __whole.truncate(__count);
            }),
            "chunk_by" => quote!({
                let __len = __whole.len();
                let mut __ends = Vec::new();
                for __k in 1..=__len {
                    if __k == __len || !__function(&__whole[__k - 1], &__whole[__k]) {
                        __ends.push(__k);
                    }
                }
                (0..__ends.len()).map(move |__k| {
                    let __start = if __k == 0 { 0 } else { __ends[__k - 1] };
                    &__whole[__start..__ends[__k]]
                })
            }),
            _ => quote!({
                let __len = __whole.len();
                let mut __cuts = Vec::new();
                for __k in 0..__len {
                    if __function(&__whole[__k]) {
                        __cuts.push(__k);
                    }
                }
                (0..=__cuts.len()).map(move |__k| {
                    let __start = if __k == 0 { 0 } else { __cuts[__k - 1] + 1 };
                    let __end = if __k == __cuts.len() {
                        __len
                    } else {
                        __cuts[__k]
                    };
                    &__whole[__start..__end]
                })
            }),
        };
        let reads = matches!(name, "chunk_by" | "split");
        let mut operands = vec![
            ("__whole", self.reference(receiver, !reads)),
            ("__function", Operand::Closure(f)),
        ];
        if let Some(count) = count {
            let count = self.value_of(count);
            operands.push(("__count", Operand::Value(count)));
        }
        Some(self.write_out(operands, code, span))
    }

    pub(super) fn reference(&mut self, receiver: &Operand, mutable: bool) -> Operand {
        let ty = self.operand_ty(receiver);
        let path = self.as_path(receiver.clone());
        if mutable {
            Operand::RefMut(path, ty)
        } else {
            Operand::Ref(path, ty)
        }
    }
}

/// Entries that the function wants are moved to the front.
pub(super) fn keeping(borrow: &TokenStream) -> TokenStream {
    quote!({
        let mut __kept = 0;
        for __k in 0..__whole.len() {
            if __function(#borrow __whole[__k]) {
                __whole.swap(__k, __kept);
                __kept += 1;
            }
        }
        __whole.truncate(__kept);
    })
}

/// Entries that differ from the last one kept are moved to the front.
pub(super) fn deduplicated(differs: &TokenStream) -> TokenStream {
    quote!({
        let mut __kept = 0;
        for __k in 0..__whole.len() {
            if __kept == 0 || #differs {
                __whole.swap(__k, __kept);
                __kept += 1;
            }
        }
        __whole.truncate(__kept);
    })
}

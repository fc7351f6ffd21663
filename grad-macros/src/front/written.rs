//! Methods of std's sequences written out in Rust: as the loops and simpler methods they stand for,
//! which are lowered like code of the user's.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprMethodCall};

use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Capture, Code, Discrete, Kind, Step, Ty};

/// Methods of vectors that nothing but memory depends on.
const CAPACITY: &[&str] = &["reserve", "reserve_exact", "shrink_to_fit", "shrink_to"];

/// Methods of sequences that give something no path leads to, or that need `unsafe`.
const UNSUPPORTED: &[&str] = &[
    "as_chunks",
    "as_rchunks",
    "as_chunks_mut",
    "as_flattened",
    "as_flattened_mut",
    "array_windows",
    "extract_if",
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
                | "chunk_by" | "split" | "rsplit",
                [f],
            ) => (f, None),
            ("resize_with" | "splitn", [count, f]) => (f, Some(count)),
            _ => return None,
        };
        if name.contains("split") && !matches!(function, Expr::Closure(_)) {
            return None;
        }
        let f = self.function_of(function)?;
        let of_queue = super::deque::is_deque(&self.operand_ty(receiver));
        if matches!(name, "retain") && !f.changes() && !of_queue {
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
            "chunk_by" => runs(),
            "split" => parts(&quote!(true), &quote!()),
            "rsplit" => parts(&quote!(true), &quote!(.rev())),
            _ => parts(&quote!(__cuts.len() + 1 < __count), &quote!(.take(__count))),
        };
        let reads = matches!(name, "chunk_by" | "split" | "rsplit" | "splitn");
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

    fn reference(&mut self, receiver: &Operand, mutable: bool) -> Operand {
        let ty = self.operand_ty(receiver);
        let path = self.as_path(receiver.clone());
        if mutable {
            Operand::RefMut(path, ty)
        } else {
            Operand::Ref(path, ty)
        }
    }

    /// Methods without a function or a range.
    fn plain_method(
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
            ("select_nth_unstable_by", [at, compare]) => selection(at, &quote!(#compare)),
            ("select_nth_unstable", [at]) => selection(at, &quote!(|__a, __b| __a.cmp(__b))),
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
    fn joined(&mut self, receiver: &Operand, separator: &Expr, span: Span) -> Operand {
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
    fn chunk_of_end(&mut self, receiver: &Operand, name: &str, call: &ExprMethodCall) -> Operand {
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

/// Entries that the function wants are moved to the front.
fn keeping(borrow: &TokenStream) -> TokenStream {
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
fn deduplicated(differs: &TokenStream) -> TokenStream {
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

/// Runs of entries of which the function holds each pair of neighbours for equal.
fn runs() -> TokenStream {
    quote!({
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
    })
}

/// What stands between the entries that the function picks, as long as `more`.
fn parts(more: &TokenStream, order: &TokenStream) -> TokenStream {
    quote!({
        let __len = __whole.len();
        let mut __cuts = Vec::new();
        for __k in 0..__len {
            if #more && __function(&__whole[__k]) {
                __cuts.push(__k);
            }
        }
        (0..__cuts.len() + 1)#order.map(move |__k| {
            let __start = if __k == 0 { 0 } else { __cuts[__k - 1] + 1 };
            let __end = if __k == __cuts.len() {
                __len
            } else {
                __cuts[__k]
            };
            &__whole[__start..__end]
        })
    })
}

/// `select_nth_unstable_by(at, compare)`: a rule puts the entries where they belong.
fn selection(at: &Expr, compare: &TokenStream) -> TokenStream {
    quote!({
        let __at = #at;
        __whole.select_entries(__at, #compare);
        let (__low, __rest) = __whole.split_at_mut(__at);
        let (__nth, __high) = __rest.split_first_mut().unwrap();
        (__low, __nth, __high)
    })
}

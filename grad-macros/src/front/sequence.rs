//! Methods of slices and vectors that name a place.

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::{Expr, ExprMethodCall};

use super::function::Function;
use super::pattern::{is_path_name, last_segment};
use super::unwrapped::borrowed;
use super::{Lower, Operand};
use crate::ir::{Arg, Callee, Code, Discrete, Kind, Path, Range, Step, Ty, Value};

/// Methods of slices that read, and give something that is not differentiated.
const READS: &[&str] = &[
    "contains",
    "is_sorted",
    "partition_point",
    "binary_search",
    "binary_search_by",
    "capacity",
    "starts_with",
    "ends_with",
];

/// Methods of std's types that take their receiver by mutable reference, with a rule each.
const WRITES: &[&str] = &[
    "push",
    "pop",
    "truncate",
    "insert",
    "remove",
    "swap_remove",
    "clear",
    "resize",
    "extend",
    "extend_from_slice",
    "append",
    "split_off",
    "reverse",
    "rotate_left",
    "rotate_right",
    "copy_within",
    "swap_with_slice",
    "clone_from_slice",
    "sort",
    "sort_unstable",
    "sort_by",
    "sort_unstable_by",
    "sort_by_key",
    "sort_unstable_by_key",
    "sort_by_cached_key",
    "retain",
    "select_entries",
    "push_back",
    "push_front",
    "pop_back",
    "pop_front",
    "mapv_inplace",
    "assign",
    "scaled_add",
];

/// Those of them that write their argument too.
const TWO: &[&str] = &["append", "swap_with_slice"];

/// Methods of slices that overwrite elements.
pub(super) const OVERWRITES: &[&str] = &["swap", "fill", "fill_with", "copy_from_slice"];

/// Whether a method of this name says where something is, or whether, whatever the type.
pub(super) fn tells_where(name: &str) -> bool {
    READS.contains(&name) && name != "capacity"
}

/// The call, of which the compiler checks that it gives what std's method of this name gives: a type of
/// the user's may have one too.
pub(super) fn told_to_be(call: &ExprMethodCall, ty: &Ty) -> Option<Expr> {
    let ty: syn::Type = match ty {
        Ty::Bool => syn::parse_quote!(bool),
        Ty::Int => syn::parse_quote!(usize),
        _ => return None,
    };
    let span = call.method.span();
    Some(syn::parse_quote_spanned!(span=> { let __told: #ty = #call; __told }))
}

/// Whether a method of this name writes its receiver, whatever the type.
pub(super) fn writes_receiver(name: &str) -> bool {
    WRITES.contains(&name)
}

impl Lower<'_> {
    pub(super) fn slice_method(
        &mut self,
        receiver: Operand,
        element: &Ty,
        call: &ExprMethodCall,
        args: &[&Expr],
    ) -> Operand {
        let name = call.method.to_string();
        let span = call.method.span();
        // What a call gave is put into one variable, however often its place is named below.
        let receiver = self.placed(receiver);
        match (name.as_str(), args) {
            ("swap", [i, j]) => {
                let (i, j) = (self.value_of(i), self.value_of(j));
                let path = self.as_path(receiver);
                let (a, b) = (path.then(Step::Index(i)), path.then(Step::Index(j)));
                self.push_effect(Kind::Swap(a, b), Vec::new(), span);
                Operand::Unit
            }
            ("fill", [value]) if element.is_scalar() => {
                let value = self.value_of(value);
                self.each_index(receiver, span, |cx, to, _| cx.store(to, value, span))
            }
            ("copy_from_slice" | "clone_from_slice", [source]) if element.is_scalar() => {
                let element = element.clone();
                let source = self.lower_expr(source);
                let from = self.as_path(source);
                self.check_lengths(&receiver, &from, span);
                self.each_index(receiver, span, |cx, to, index| {
                    let from = from.then(Step::Index(index));
                    let value = cx.read_spanned(Operand::Place(from, element.clone()), span);
                    cx.store(to, value, span);
                })
            }
            (
                "first" | "first_mut" | "last" | "last_mut" | "front" | "front_mut" | "back"
                | "back_mut",
                [],
            ) => {
                let at_end = name.starts_with("last") || name.starts_with("back");
                self.end_of(receiver, at_end, name.ends_with("_mut"), span)
            }
            ("get" | "get_mut", [index]) if !matches!(index, Expr::Range(_)) => {
                let index = self.value_of(index);
                let path = self.as_path(receiver.clone());
                let len = self.push(Kind::Length(path), Vec::new(), Ty::Int, span);
                let present = self.discrete(Discrete::Lt, index, len, span);
                let item = self.index(receiver, index);
                Operand::Maybe(present, Box::new(borrowed(item, name.ends_with("_mut"))))
            }
            ("split_at" | "split_at_mut", [at]) => {
                let at = self.value_of(at);
                self.check_split(&receiver, at, span);
                let mutable = name.ends_with("_mut");
                let parts = self.split(&receiver, at, at, mutable);
                Operand::Tuple(vec![parts.0, parts.1])
            }
            ("split_first" | "split_last" | "split_first_mut" | "split_last_mut", []) => {
                self.split_end(&receiver, &name, span)
            }
            _ if writes_receiver(&name) => self.vector_method(receiver, element, call, args),
            _ if READS.contains(&name.as_str()) => {
                let result = match name.as_str() {
                    "contains" | "is_sorted" | "starts_with" | "ends_with" => Ty::Bool,
                    "binary_search" | "binary_search_by" => Ty::Inert,
                    _ => Ty::Int,
                };
                let told = told_to_be(call, &result).filter(|_| *element == Ty::Unknown);
                let code = told.unwrap_or_else(|| Expr::MethodCall(call.clone()));
                self.opaque(&code, result, &name)
            }
            _ => self.user_method(receiver, call, args),
        }
    }

    /// A method that changes a vector as a whole: a rule of the runtime's.
    fn vector_method(
        &mut self,
        receiver: Operand,
        element: &Ty,
        call: &ExprMethodCall,
        args: &[&Expr],
    ) -> Operand {
        let name = call.method.to_string();
        let mut all = vec![Arg::RefMut(self.as_path(receiver))];
        for arg in args {
            all.push(match arg {
                Expr::Closure(_) => {
                    let tokens = arg.to_token_stream();
                    Arg::Code(Code(tokens.clone()), self.captures(&tokens))
                }
                Expr::Path(path) if self.names_function(path) => self.compared_by(arg),
                arg => match self.lower_arg(arg) {
                    Arg::MaybeMut(path) if TWO.contains(&name.as_str()) => Arg::RefMut(path),
                    Arg::MaybeMut(path) => Arg::Ref(path),
                    known => known,
                },
            });
        }
        let callee = Callee::Method(name.clone(), None);
        let result = self.finish_call(callee, all, call.method.span());
        if let Operand::Value(value) = result {
            let ty = match name.as_str() {
                "pop" | "pop_back" | "pop_front" => Ty::Option(Box::new(element.clone())),
                "remove" | "swap_remove" => element.clone(),
                "split_off" => Ty::Array(Box::new(element.clone())),
                _ => Ty::Unit,
            };
            self.graph.value_mut(value).ty = ty;
        }
        result
    }

    /// Whether a path names a function, or a variable that holds a closure.
    fn names_function(&self, path: &syn::ExprPath) -> bool {
        let held = (path.path.get_ident()).and_then(|ident| self.locals.get(&ident.to_string()));
        match held {
            Some(held) => matches!(held, Operand::Closure(Function::Written(_))),
            None => !is_path_name(&last_segment(&path.path)),
        }
    }

    /// A function that a rule calls, and that is not differentiated.
    fn compared_by(&mut self, function: &Expr) -> Arg {
        match self.function_of(function) {
            Some(Function::Written(written)) => {
                let tokens = written.tokens(&quote!());
                let scopes = self.locals.swap_scopes(written.scopes());
                let captures = self.captures(&tokens);
                self.locals.swap_scopes(scopes);
                Arg::Code(Code(tokens), captures)
            }
            _ => Arg::Code(Code(function.to_token_stream()), Vec::new()),
        }
    }

    /// The first or last element, where there is one.
    fn end_of(&mut self, receiver: Operand, at_end: bool, mutable: bool, span: Span) -> Operand {
        let path = self.as_path(receiver.clone());
        let len = self.push(Kind::Length(path), Vec::new(), Ty::Int, span);
        let zero = self.int(0);
        let present = self.discrete(Discrete::Gt, len, zero, span);
        let index = if at_end {
            self.last_index(len, span)
        } else {
            zero
        };
        let item = self.index(receiver, index);
        Operand::Maybe(present, Box::new(borrowed(item, mutable)))
    }

    /// `len - 1`, and 0 for nothing: it is not used then.
    fn last_index(&mut self, len: Value, span: Span) -> Value {
        let code = quote!(usize::saturating_sub(__len, 1));
        let captures = vec![("__len".to_owned(), crate::ir::Capture::Value(len))];
        let kind = Kind::Opaque {
            code: Code(code),
            captures,
            effect: false,
        };
        self.push(kind, Vec::new(), Ty::Int, span)
    }

    /// `[..first]` and `[second..]`.
    pub(super) fn split(
        &mut self,
        whole: &Operand,
        first: Value,
        second: Value,
        mutable: bool,
    ) -> (Operand, Operand) {
        let ty = self.operand_ty(whole);
        let path = self.as_path(whole.clone());
        let range = |start, end| Step::Range {
            start,
            end,
            inclusive: false,
        };
        let part = |step| borrowed(Operand::Place(path.then(step), ty.clone()), mutable);
        (
            part(range(None, Some(first))),
            part(range(Some(second), None)),
        )
    }

    fn split_end(&mut self, receiver: &Operand, name: &str, span: Span) -> Operand {
        let (mutable, at_end) = (name.ends_with("_mut"), name.contains("last"));
        let Operand::Maybe(present, item) = self.end_of(receiver.clone(), at_end, mutable, span)
        else {
            return Operand::Poison;
        };
        let one = self.int(1);
        let rest = if at_end {
            let path = self.as_path(receiver.clone());
            let len = self.push(Kind::Length(path), Vec::new(), Ty::Int, span);
            let last = self.last_index(len, span);
            self.split(receiver, last, last, mutable).0
        } else {
            self.split(receiver, one, one, mutable).1
        };
        Operand::Maybe(present, Box::new(Operand::Tuple(vec![*item, rest])))
    }

    /// A loop over the elements of an array.
    pub(super) fn each_index(
        &mut self,
        array: Operand,
        span: Span,
        body: impl FnOnce(&mut Self, Path, Value),
    ) -> Operand {
        let path = self.as_path(array);
        let zero = self.int(0);
        let len = self.push(Kind::Length(path.clone()), Vec::new(), Ty::Int, span);
        self.lower_counted(Range::default(), vec![zero, len], span, |cx, index| {
            body(cx, path.then(Step::Index(index)), index);
        });
        Operand::Unit
    }
}

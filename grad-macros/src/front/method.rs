//! Methods of std's slices, vectors and options.
//!
//! What reads is a path, what overwrites elements is stores, and what changes a whole vector is a
//! call of a rule in `grad-runtime`, like a method of the user's.

use proc_macro2::Span;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, ExprMethodCall};

use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Arg, Callee, Code, Discrete, Kind, Path, Range, Step, Ty, Value, Variant};

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
    "push_back",
    "push_front",
    "pop_back",
    "pop_front",
    "mapv_inplace",
];

/// Those of them that write their argument too.
const TWO: &[&str] = &["append", "swap_with_slice"];
/// Methods of slices that overwrite elements.
const OVERWRITES: &[&str] = &["swap", "fill", "fill_with", "copy_from_slice"];

/// Methods of integers, strings and ranges that give nothing with a derivative.
const DISCRETE: &[&str] = &[
    "contains",
    "starts_with",
    "ends_with",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "cmp",
    "partial_cmp",
    "find",
    "min",
    "max",
    "clamp",
    "pow",
    "abs_diff",
    "div_ceil",
    "div_euclid",
    "rem_euclid",
    "next_multiple_of",
];

/// How families of methods of integers start.
const OF_INTEGERS: &[&str] = &["checked_", "wrapping_", "saturating_", "overflowing_"];

/// Methods that only `Option` and `Result` have.
const OPTIONAL: &[&str] = &[
    "unwrap",
    "expect",
    "unwrap_or",
    "is_some",
    "is_none",
    "is_ok",
    "is_err",
];

/// Whether a method of this name writes its receiver, whatever the type.
pub(super) fn writes_receiver(name: &str) -> bool {
    WRITES.contains(&name)
}

impl Lower<'_> {
    pub(super) fn lower_method(
        &mut self,
        call: &ExprMethodCall,
        hint: Option<&syn::Type>,
    ) -> Operand {
        let name = call.method.to_string();
        let span = call.method.span();
        if let Some(array) = self.lower_to_array(call, hint) {
            return array;
        }
        let optional =
            OPTIONAL.contains(&name.as_str()) || matches!(name.as_str(), "copied" | "cloned");
        let before = std::mem::replace(&mut self.wants_option, optional);
        let wanted = std::mem::take(&mut self.wants_place);
        let writes = std::mem::take(&mut self.writes_place);
        self.writes_place = wanted && writes
            || writes_receiver(&name)
            || name.ends_with("_mut")
            || OVERWRITES.contains(&name.as_str());
        // What a place is found in is one.
        self.wants_place = wanted && !super::way::is_of_std(&name);
        let receiver = self.lower_expr(&call.receiver);
        self.wants_option = before;
        if receiver == Operand::Poison || self.dead {
            return receiver;
        }
        if let Some(place) = self.way_of_method(&receiver, call, wanted) {
            return place;
        }
        if let Some(result) = self.lower_iteration(&receiver, call, hint) {
            return result;
        }
        if let Some(converted) = self.lower_into(&receiver, call, hint) {
            return converted;
        }
        let args: Vec<&Expr> = call.args.iter().collect();
        let ty = self.operand_ty(&receiver);
        if let Some(found) = self.copying_method(&receiver, &ty, &name, args.len(), span) {
            return found;
        }
        if let Some(found) = self.optional_method(&receiver, &ty, call, &args) {
            return found;
        }
        match &ty {
            Ty::Array(element) => {
                let element = (**element).clone();
                self.slice_method(receiver, &element, call, &args)
            }
            Ty::Float(_) | Ty::Unknown => {
                let ends = matches!(name.as_str(), "first_mut" | "last_mut");
                let chosen = before && matches!(name.as_str(), "first" | "last" | "get");
                if ty == Ty::Unknown && (ends || chosen) {
                    return self.slice_method(receiver, &Ty::Unknown, call, &args);
                }
                let whole = Expr::MethodCall(call.clone());
                self.real_method(receiver, &name, &args, span, &whole)
            }
            Ty::Bool if matches!(name.as_str(), "then" | "then_some") => {
                self.lower_then(receiver, call, &args)
            }
            Ty::Dyn => self.dynamic_method(receiver, call, &args),
            Ty::Int | Ty::Bool | Ty::Inert => self.inert_method(&ty, call, &args),
            _ => self.user_method(receiver, call, &args),
        }
    }

    /// A method of a trait object.
    fn dynamic_method(
        &mut self,
        receiver: Operand,
        call: &ExprMethodCall,
        args: &[&Expr],
    ) -> Operand {
        let name = call.method.to_string();
        let path = self.as_path(receiver);
        let mut all = vec![Arg::Ref(path)];
        all.extend(args.iter().map(|arg| self.lower_arg(arg)));
        self.finish_call(Callee::Dynamic(name), all, call.method.span())
    }

    /// A method of something without floats. A trait may give it a method that takes some, and a
    /// `dyn Trait` may be anything: what such a method gives can depend on them.
    fn inert_method(&mut self, ty: &Ty, call: &ExprMethodCall, args: &[&Expr]) -> Operand {
        let name = call.method.to_string();
        let whole = Expr::MethodCall(call.clone());
        if name.starts_with("is_") {
            return self.opaque(&whole, Ty::Bool, &name);
        }
        let known = DISCRETE.contains(&name.as_str())
            || OF_INTEGERS.iter().any(|start| name.starts_with(start));
        if *ty != Ty::Bool && (known || !self.may_take_floats(args)) {
            return self.opaque(&whole, ty.clone(), &name);
        }
        let result = self.opaque(&whole, Ty::Unknown, &name);
        if let (Operand::Value(value), Ty::Inert | Ty::Int) = (&result, ty) {
            self.if_active.insert(*value, Problem::InertMethod(name));
        }
        result
    }

    /// Whether the arguments read variables that may be or hold floats.
    fn may_take_floats(&mut self, args: &[&Expr]) -> bool {
        let tokens = quote!(#(#args),*);
        let captures = self.captures(&tokens);
        captures.iter().any(|(_, capture)| {
            let ty = match capture {
                crate::ir::Capture::Value(value) => self.graph.ty(*value),
                crate::ir::Capture::Place(path, _) => &self.graph.var(path.root).ty,
                crate::ir::Capture::Given => return false,
            };
            ty.may_be_active()
        })
    }

    /// Methods that any type may have and that give the receiver again.
    fn copying_method(
        &mut self,
        receiver: &Operand,
        ty: &Ty,
        name: &str,
        count: usize,
        span: Span,
    ) -> Option<Operand> {
        if count != 0 {
            return None;
        }
        Some(match name {
            "len" if !ty.is_scalar() => {
                let path = self.as_path(receiver.clone());
                Operand::Value(self.push(Kind::Length(path), Vec::new(), Ty::Int, span))
            }
            "is_empty" => {
                let path = self.as_path(receiver.clone());
                let len = self.push(Kind::Length(path), Vec::new(), Ty::Int, span);
                let zero = self.int(0);
                Operand::Value(self.discrete(Discrete::Eq, len, zero, span))
            }
            "clone" | "to_owned" if ty.is_scalar() => receiver.clone(),
            // The copy of a `&str` is a `String`: only rustc knows.
            "clone" | "to_vec" | "to_owned" if *ty == Ty::Inert => return None,
            "to_vec" => {
                // Of the slice, since the copy of an array would be an array.
                let all = crate::ir::Step::Range {
                    start: None,
                    end: None,
                    inclusive: false,
                };
                let path = self.as_path(receiver.clone()).then(all);
                let ty = ty.clone();
                Operand::Value(self.push(Kind::Copy(path), Vec::new(), ty, span))
            }
            "to_owned" if matches!(ty, Ty::Unknown | Ty::Named(_)) => {
                let path = self.as_path(receiver.clone());
                Operand::Value(self.push(Kind::Own(path), Vec::new(), ty.clone(), span))
            }
            "clone" | "to_owned" | "into_vec" | "into_boxed_slice" => {
                self.copy_of(receiver.clone(), span)
            }
            "as_slice" | "as_ref" | "borrow" | "by_ref" | "as_deref" => match receiver.clone() {
                Operand::Place(path, ty) | Operand::RefMut(path, ty) => Operand::Ref(path, ty),
                other => other,
            },
            "as_mut_slice" | "as_mut" | "borrow_mut" => match receiver.clone() {
                Operand::Place(path, ty) => Operand::RefMut(path, ty),
                other => other,
            },
            _ => return None,
        })
    }

    /// `condition.then(f)`, `condition.then_some(value)`.
    fn lower_then(&mut self, condition: Operand, call: &ExprMethodCall, args: &[&Expr]) -> Operand {
        let span = call.method.span();
        let condition = self.read_spanned(condition, span);
        let [arg] = args else {
            return Operand::Poison;
        };
        if call.method == "then_some" {
            let item = self.lower_expr(arg);
            return Operand::Maybe(condition, Box::new(item));
        }
        let Some(f) = self.function_of(arg) else {
            return Operand::Poison;
        };
        let item = self.branch(
            condition,
            span,
            |cx| cx.call_function(&f, Vec::new(), span),
            |_| Operand::Never,
        );
        Operand::Maybe(condition, Box::new(item))
    }

    /// An owned copy.
    pub(super) fn copy_of(&mut self, operand: Operand, span: Span) -> Operand {
        let ty = self.operand_ty(&operand);
        if ty.is_scalar() {
            return operand;
        }
        let path = self.as_path(operand);
        Operand::Value(self.push(Kind::Copy(path), Vec::new(), ty, span))
    }

    /// Methods of `Option` and `Result`, and of what may be one.
    fn optional_method(
        &mut self,
        receiver: &Operand,
        ty: &Ty,
        call: &ExprMethodCall,
        args: &[&Expr],
    ) -> Option<Operand> {
        let name = call.method.to_string();
        let span = call.method.span();
        let is_result = matches!(ty, Ty::Named(name) if name == "Result");
        let is_option =
            matches!(receiver, Operand::Maybe(..)) || matches!(ty, Ty::Option(_)) || is_result;
        let certain = is_option || *ty == Ty::Unknown && OPTIONAL.contains(&name.as_str());
        if !certain {
            return None;
        }
        Some(match (name.as_str(), args) {
            ("copied" | "cloned", []) => match receiver.clone() {
                Operand::Maybe(present, item) => {
                    Operand::Maybe(present, Box::new(super::pattern::deref(*item)))
                }
                other => self.copy_of(other, span),
            },
            ("is_some" | "is_ok", []) => {
                let (present, _) = self.maybe(receiver.clone(), span);
                Operand::Value(present)
            }
            ("is_none" | "is_err", []) => {
                let (present, _) = self.maybe(receiver.clone(), span);
                Operand::Value(self.push(
                    Kind::Discrete(Discrete::Not),
                    vec![present],
                    Ty::Bool,
                    span,
                ))
            }
            ("unwrap" | "expect", _) => self.lower_unwrap(receiver.clone(), call),
            ("unwrap_or", [default]) => {
                let default = self.lower_expr(default);
                let (present, item) = self.maybe(receiver.clone(), span);
                self.branch(present, span, |_| super::pattern::deref(item), |_| default)
            }
            ("take" | "replace" | "insert", _) => self.user_method(receiver.clone(), call, args),
            _ => return None,
        })
    }

    /// Whether an optional operand holds something, and that something.
    pub(super) fn maybe(&mut self, operand: Operand, span: Span) -> (Value, Operand) {
        if let Operand::Maybe(present, item) = operand {
            return (present, *item);
        }
        let operand = self.placed(operand);
        let path = self.as_path(operand.clone());
        let present = self.push(
            Kind::Matches(path, Code(quote!(?))),
            Vec::new(),
            Ty::Bool,
            span,
        );
        let variant = Variant {
            code: Code(quote!(?)),
            name: "Some".to_owned(),
            field: "0".to_owned(),
        };
        let part = self.project_variant(operand.clone(), variant);
        (present, super::pattern::as_bound(part, &operand))
    }

    /// `unwrap` and `expect`: they panic as the user's own would.
    fn lower_unwrap(&mut self, receiver: Operand, call: &ExprMethodCall) -> Operand {
        if let Operand::Maybe(present, item) = receiver {
            let not = self.push(
                Kind::Discrete(Discrete::Not),
                vec![present],
                Ty::Bool,
                call.method.span(),
            );
            let (method, args) = (&call.method, &call.args);
            // What gave the option is not run again; the message is the same.
            let code =
                quote_spanned!(method.span()=> ::core::option::Option::<()>::None.#method(#args));
            self.branch(
                not,
                call.method.span(),
                |cx| {
                    let captures = cx.captures(&args.to_token_stream());
                    cx.push_effect(
                        Kind::Opaque {
                            code: Code(code),
                            captures,
                            effect: true,
                        },
                        Vec::new(),
                        method.span(),
                    );
                    Operand::Unit
                },
                |_| Operand::Unit,
            );
            return *item;
        }
        let receiver = self.placed(receiver);
        let path = self.as_path(receiver.clone());
        let (method, args) = (&call.method, &call.args);
        let code = Code(quote!(__optional.as_ref().#method(#args)));
        let mut captures = self.captures(&args.to_token_stream());
        captures.push((
            "__optional".to_owned(),
            crate::ir::Capture::Place(path, false),
        ));
        let span = method.span();
        self.push_effect(
            Kind::Opaque {
                code,
                captures,
                effect: true,
            },
            Vec::new(),
            span,
        );
        let (_, item) = self.maybe(receiver, span);
        item
    }

    fn slice_method(
        &mut self,
        receiver: Operand,
        element: &Ty,
        call: &ExprMethodCall,
        args: &[&Expr],
    ) -> Operand {
        let name = call.method.to_string();
        let span = call.method.span();
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
                self.each_index(receiver, span, |cx, to, index| {
                    let from = from.then(Step::Index(index));
                    let value = cx.read_spanned(Operand::Place(from, element.clone()), span);
                    cx.store(to, value, span);
                })
            }
            ("first" | "first_mut" | "last" | "last_mut", []) => {
                let at_end = name.starts_with("last");
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
                    "binary_search" | "binary_search_by" => Ty::Unknown,
                    _ => Ty::Int,
                };
                self.opaque(&Expr::MethodCall(call.clone()), result, &name)
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
    fn split(
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

    /// `None`; never shared with another, as its type is its own.
    pub(super) fn none(&mut self, inner: Ty, span: Span) -> Value {
        let kind = Kind::Opaque {
            code: Code(quote!(None)),
            captures: Vec::new(),
            effect: false,
        };
        self.push(kind, Vec::new(), Ty::Option(Box::new(inner)), span)
    }

    /// An optional operand as a value of type `Option`.
    pub(super) fn whole_option(&mut self, present: Value, item: Operand) -> Operand {
        let span = Span::call_site();
        let ty = self.operand_ty(&item);
        self.branch(
            present,
            span,
            |cx| {
                let value = cx.read(item);
                cx.record(
                    &syn::parse_quote!(Some),
                    vec!["0".to_owned()],
                    vec![value],
                    span,
                )
            },
            |cx| Operand::Value(cx.none(ty, span)),
        )
    }
}

fn borrowed(item: Operand, mutable: bool) -> Operand {
    match item {
        Operand::Place(path, ty) if mutable => Operand::RefMut(path, ty),
        Operand::Place(path, ty) => Operand::Ref(path, ty),
        other => other,
    }
}

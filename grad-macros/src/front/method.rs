//! Methods of std's slices, vectors and options.
//!
//! What reads is a path, what overwrites elements is stores, and what changes a whole vector is a
//! call of a rule in `grad-runtime`, like a method of the user's.

use proc_macro2::Span;
use quote::quote;
use syn::{Expr, ExprMethodCall};

use super::expr::is_place;
use super::option::tells_option;
use super::outcomes::receiver_hint;
use super::sequence::{OVERWRITES, tells_where, told_to_be, writes_receiver};
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Arg, Callee, Capture, Code, Discrete, Kind, Step, Ty, Value};

/// Methods of integers, strings and ranges that give nothing with a derivative.
pub(super) const DISCRETE: &[&str] = &[
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

/// All of a sequence, as a slice.
const WHOLE: Step = Step::Range {
    start: None,
    end: None,
    inclusive: false,
};

/// How families of methods of integers start.
pub(super) const OF_INTEGERS: &[&str] = &["checked_", "wrapping_", "saturating_", "overflowing_"];

/// Whether a function that takes nothing is the one argument: `bool` has a `then` of one.
fn is_closure(args: &[&Expr]) -> bool {
    matches!(args, [Expr::Closure(closure)] if closure.inputs.is_empty())
}

impl Lower<'_> {
    pub(super) fn lower_method(
        &mut self,
        call: &ExprMethodCall,
        hint: Option<&syn::Type>,
    ) -> Operand {
        let name = call.method.to_string();
        if let Some(array) = self.lower_to_array(call, hint) {
            return array;
        }
        if let Some(made) = self
            .zipped_arrays(call)
            .or_else(|| self.shaped_vector(call))
        {
            return made;
        }
        if let Some(entry) = self.map_entry(call) {
            return entry;
        }
        if let Some(joined) = self.joined_parts(call) {
            return joined;
        }
        let optional = tells_option(&name) || matches!(name.as_str(), "copied" | "cloned");
        let before = std::mem::replace(&mut self.wants_option, optional);
        let wanted = std::mem::take(&mut self.wants_place);
        let writes = std::mem::take(&mut self.writes_place);
        self.writes_place = wanted && writes
            || writes_receiver(&name)
            || name.ends_with("_mut")
            || OVERWRITES.contains(&name.as_str());
        // What a place is found in is one.
        self.wants_place = wanted && !super::way::is_of_std(&name);
        self.hint = receiver_hint(&name, hint);
        let asks_items = self.asks_items(call);
        let mut receiver = self.lower_expr(&call.receiver);
        self.wants_option = before;
        self.iterates = false;
        if receiver == Operand::Poison || self.dead {
            return receiver;
        }
        if asks_items {
            receiver = self.asked_items(receiver, call);
        }
        if let Some(done) = self.cell_method(&receiver, call) {
            return done;
        }
        let of_std = self.deque_method(&receiver, call);
        if let Some(result) = of_std.or_else(|| self.map_method(&receiver, call)) {
            return result;
        }
        if let Some(place) = self.option_place(&receiver, call, wanted) {
            return place;
        }
        if let Some(place) = self.way_of_method(&receiver, call, wanted) {
            return place;
        }
        if let Some(items) = self.array_method(&receiver, call) {
            return items;
        }
        if let Some(result) = self.lower_iteration(&receiver, call, hint) {
            return result;
        }
        if let Some(converted) = self.lower_into(&receiver, call, hint) {
            return converted;
        }
        self.method_by_type(receiver, call, hint, before)
    }

    /// A method that means what the type of its receiver says.
    fn method_by_type(
        &mut self,
        receiver: Operand,
        call: &ExprMethodCall,
        hint: Option<&syn::Type>,
        wants_option: bool,
    ) -> Operand {
        let (name, span) = (call.method.to_string(), call.method.span());
        let args: Vec<&Expr> = call.args.iter().collect();
        let ty = self.operand_ty(&receiver);
        if self.is_gathered(&receiver) && !self.may_take_floats(&args) {
            let ty = if ty == Ty::Inert { ty } else { Ty::Unknown };
            return match (receiver, is_place(&call.receiver)) {
                (Operand::Place(path, _), false) => {
                    self.carried_method(Capture::Place(path, false), call, ty)
                }
                (Operand::Ref(path, _), false) => {
                    self.carried_method(Capture::Place(path, true), call, ty)
                }
                _ => self.opaque(&Expr::MethodCall(call.clone()), ty, &name),
            };
        }
        if let Some(carried) = self.text_method(&receiver, &ty, call) {
            return carried;
        }
        // A type of the user's may mean something else by it than that there are no elements.
        let of_a_type = matches!(ty, Ty::Unknown | Ty::Named(_)) && is_place(&call.receiver);
        if name == "is_empty" && of_a_type {
            let code = told_to_be(call, &Ty::Bool);
            return self.opaque(
                &code.unwrap_or(Expr::MethodCall(call.clone())),
                Ty::Bool,
                &name,
            );
        }
        if name == "len" && self.is_measured(&call.receiver, &ty) {
            return self.user_method(receiver, call, &args);
        }
        if let Some(found) = self.copying_method(&receiver, &ty, &name, args.len(), span) {
            return found;
        }
        if let Some(found) = self.optional_method(&receiver, &ty, call, &args) {
            return found;
        }
        if let Some(result) = self.written_method(&receiver, &ty, call) {
            return result;
        }
        match &ty {
            Ty::Array(element) => {
                let element = (**element).clone();
                self.slice_method(receiver, &element, call, &args)
            }
            Ty::Float(_) if self.changes_number(&receiver, &name) => {
                let path = self.as_path(receiver);
                let args = args.iter().map(|arg| self.lower_arg(arg));
                let args = [Arg::MaybeMut(path)]
                    .into_iter()
                    .chain(args.collect::<Vec<_>>());
                self.finish_call(Callee::Method(name, None), args.collect(), span)
            }
            Ty::Unknown if name == "then_some" || name == "then" && is_closure(&args) => {
                self.lower_then(receiver, call, &args)
            }
            Ty::Float(_) | Ty::Unknown => {
                let ends = is_end(&name) && name.ends_with("_mut");
                let chosen = wants_option && (is_end(&name) || name == "get");
                let tells = tells_where(&name) && matches!(receiver, Operand::Place(..));
                let splits = matches!(name.as_str(), "split_at" | "split_at_mut")
                    && matches!(args.as_slice(), [at] if self.counts(at));
                if ty == Ty::Unknown && (ends || chosen || tells || splits) {
                    return self.slice_method(receiver, &Ty::Unknown, call, &args);
                }
                let whole = Expr::MethodCall(call.clone());
                self.real_method(receiver, &name, &args, span, &whole)
            }
            Ty::Bool if matches!(name.as_str(), "then" | "then_some") => {
                self.lower_then(receiver, call, &args)
            }
            Ty::Dyn => self.dynamic_method(receiver, call, &args),
            Ty::Int | Ty::Bool | Ty::Inert => {
                self.inert_method(&ty, &super::iter::named(call, hint), &args)
            }
            _ => {
                let given_back = self.given_back(&receiver, &name);
                let result = self.user_method(receiver, call, &args);
                given_back.unwrap_or(result)
            }
        }
    }

    /// Whether a method is called for what it does to the number that is its receiver.
    fn changes_number(&self, receiver: &Operand, name: &str) -> bool {
        let Operand::Place(path, _) = receiver else {
            return false;
        };
        let var = self.graph.var(path.root);
        let called = format!("{}.{name}", var.name);
        path.steps.is_empty() && var.mutable && self.borrowed_mut.contains(&called)
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
    pub(super) fn may_take_floats(&mut self, args: &[&Expr]) -> bool {
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
            "nrows" | "ncols" | "ndim" if matches!(ty, Ty::Unknown | Ty::Named(_)) => {
                let path = self.as_path(receiver.clone());
                Operand::Value(self.extent(path, name, span))
            }
            "clone" | "to_owned" if ty.is_scalar() => receiver.clone(),
            // The copy of a `&str` is a `String`: only rustc knows.
            "clone" | "to_vec" | "to_owned" if *ty == Ty::Inert => return None,
            "to_vec" => {
                // Of the slice, since the copy of an array would be an array.
                let path = self.as_path(receiver.clone()).then(WHOLE);
                let ty = ty.clone();
                Operand::Value(self.push(Kind::Copy(path), Vec::new(), ty, span))
            }
            "to_owned" if matches!(ty, Ty::Unknown | Ty::Named(_)) => {
                let path = self.as_path(receiver.clone());
                Operand::Value(self.push(Kind::Own(path), Vec::new(), ty.clone(), span))
            }
            "into_vec" if matches!(ty, Ty::Array(_)) => {
                self.same_elements(&quote!(::std::vec::Vec<_>), receiver.clone(), span)
            }
            "into_boxed_slice" => {
                self.same_elements(&quote!(::std::boxed::Box<[_]>), receiver.clone(), span)
            }
            "clone" | "to_owned" | "into_vec" => self.copy_of(receiver.clone(), span),
            // A slice, no longer a vector: an operator may tell them apart.
            "as_slice" | "as_mut_slice" if !matches!(ty, Ty::Named(_)) => match receiver.clone() {
                Operand::Place(path, ty) | Operand::Ref(path, ty) if name == "as_slice" => {
                    Operand::Ref(path.then(WHOLE), ty)
                }
                Operand::Place(path, ty) | Operand::RefMut(path, ty) => {
                    Operand::RefMut(path.then(WHOLE), ty)
                }
                other => other,
            },
            "as_deref" if followed(receiver, ty) => {
                let (some, inside) = self.maybe(receiver.clone(), span);
                let inside = match inside {
                    Operand::Place(path, ty)
                    | Operand::Ref(path, ty)
                    | Operand::RefMut(path, ty) => Operand::Ref(path.then(Step::Deref), ty),
                    other => other,
                };
                Operand::Maybe(some, Box::new(inside))
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

    /// How large an array is: a `usize`, or rustc says what it is, so no derivative is lost.
    fn extent(&mut self, path: crate::ir::Path, name: &str, span: Span) -> Value {
        let method = proc_macro2::Ident::new(name, span);
        let kind = Kind::Opaque {
            code: Code(quote!(::core::convert::identity::<usize>(__array.#method()))),
            captures: vec![("__array".to_owned(), Capture::Place(path, false))],
            effect: false,
        };
        self.push(kind, Vec::new(), Ty::Int, span)
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
}

/// Whether `as_deref` leads to what a pointer in an option is to; that of a text stays one.
fn followed(receiver: &Operand, ty: &Ty) -> bool {
    let place = matches!(
        receiver,
        Operand::Place(..) | Operand::Ref(..) | Operand::RefMut(..)
    );
    place && (*ty == Ty::Unknown || matches!(ty, Ty::Option(inside) if inside.may_be_active()))
}

/// Whether a method gives the first or the last element.
fn is_end(name: &str) -> bool {
    let name = name.strip_suffix("_mut").unwrap_or(name);
    matches!(name, "first" | "last" | "front" | "back")
}

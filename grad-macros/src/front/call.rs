//! Calls: rows of the operator table, constructors, functions and methods of the user's. Methods of
//! std's own types are in [`super::method`].

use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall};

use super::pattern::segments;
use super::sequence::told_to_be;
use super::{Lower, Operand, operator};
use crate::diag::Problem;
use crate::ir::{Arg, Call, Callee, Code, Kind, Op, Path, Ty, Width};
use crate::signature::COLLECTIONS;

const INTEGERS: &[&str] = &[
    "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
];

/// Associated functions that make a collection.
const MAKING: &[&str] = &["new", "with_capacity", "from", "from_iter", "default"];

/// The name of a type of integers.
pub(super) fn integer_type(ty: &syn::Type) -> Option<&'static str> {
    let name = ty.to_token_stream().to_string();
    INTEGERS.iter().copied().find(|known| *known == name)
}

impl Lower<'_> {
    pub(super) fn lower_call(&mut self, call: &ExprCall) -> Operand {
        if let Some(value) = self.lower_dereferenced(call) {
            return value;
        }
        let hint = self.hint.take();
        let named = std::mem::take(&mut self.named);
        let Expr::Path(path) = &*call.func else {
            return self.lower_closure_call(call);
        };
        let last = path.path.segments.last();
        let span = last.map_or_else(|| call.func.span(), |last| last.ident.span());
        if let Some(ident) = path.path.get_ident() {
            if let Some(Operand::Closure(_)) = self.locals.get(&ident.to_string()) {
                return self.lower_closure_call(call);
            }
        }
        if let Some(value) = self.lower_with_option(call) {
            return value;
        }
        let segments = segments(&path.path);
        let names: Vec<&str> = segments.iter().map(String::as_str).collect();
        let args: Vec<&Expr> = call.args.iter().collect();
        if let Some(made) = self.made_array(&names, &args, span) {
            return made;
        }
        self.named = named && names.last() == Some(&"from_fn");
        let hint = super::to_array::array_of_turbofish(&path.path).or(hint);
        let found = self.iterator_function(&names, &args, hint.as_ref(), span);
        self.named = false;
        if let Some(found) = found {
            return found;
        }
        let cell = self.lower_cell(&names, &args, hint.as_ref());
        if let Some(made) = cell.or_else(|| self.lower_owner(call, &names, &args, hint.as_ref())) {
            return made;
        }
        let made = self.made_map(call, &names, &args, hint.as_ref());
        if let Some(made) =
            made.or_else(|| self.made_deque(call, &names, &args, hint.as_ref(), span))
        {
            return made;
        }
        let applied = operator::called_by_name(&names, &args);
        if let Some(applied) =
            applied.or_else(|| method_by_path(&path.path, path.qself.as_ref(), &args))
        {
            self.hint = hint;
            return self.lower_expr(&applied);
        }
        match (names.as_slice(), args.as_slice()) {
            ([.., "Default", "default"], []) => {
                let ty = hint.unwrap_or_else(|| syn::parse_quote!(_));
                let known = self.ty_of(&ty);
                let code = syn::parse_quote!(<#ty as ::core::default::Default>::default());
                self.opaque(&code, known, "this call")
            }
            ([.., "constant"], [arg]) => self.lower_constant(arg, span),
            ([.., width @ ("f32" | "f64"), "from"], [arg]) => self.float_from(arg, width, span),
            ([.., "f32" | "f64", method], [receiver, rest @ ..]) => {
                let receiver = self.lower_expr(receiver);
                self.real_method(receiver, method, rest, span, &Expr::Call(call.clone()))
            }
            ([.., "Float" | "FloatCore" | "Real", name], [receiver, rest @ ..])
                if Op::from_method(name, args.len()).is_some() =>
            {
                let name = format_ident!("{name}", span = span);
                self.lower_expr(&syn::parse_quote_spanned!(span=> (#receiver).#name(#(#rest),*)))
            }
            ([.., name, made], _) if COLLECTIONS.contains(name) && MAKING.contains(made) => {
                let ty = Ty::Named((*name).to_owned());
                self.opaque(&Expr::Call(call.clone()), ty, "this call")
            }
            ([.., int, _], [_, ..]) if INTEGERS.contains(int) => {
                self.opaque(&Expr::Call(call.clone()), Ty::Int, "this call")
            }
            ([.., "cmp", "max" | "min"], [..]) => {
                self.opaque(&Expr::Call(call.clone()), Ty::Int, "this call")
            }
            ([.., "mem", "swap"], [a, b]) => self.lower_swap(a, b, span),
            ([.., "mem", name @ ("replace" | "take")], [place, rest @ ..]) => {
                self.lower_replace(name, place, rest, span)
            }
            ([.., "Err"], [Expr::MethodCall(into)]) if into.method == "into" => {
                let error = match self.error_type() {
                    Some(ty) => syn::parse_quote!({ let __error: #ty = #into; __error }),
                    None => Expr::MethodCall(into.clone()),
                };
                let value = self.opaque(&error, Ty::Inert, "this error");
                let value = self.read_spanned(value, into.method.span());
                self.record(&path.path, vec!["0".to_owned()], vec![value], span)
            }
            ([.., "mem", "drop"] | ["drop"], [_]) => Operand::Unit,
            ([.., "black_box"], [arg]) => self.lower_expr(arg),
            _ if segments
                .last()
                .is_some_and(|n| n.starts_with(char::is_uppercase)) =>
            {
                self.lower_constructor(&path.path, &args, span)
            }
            _ => self.lower_named(path, &args, span),
        }
    }

    /// `constant(expr)`.
    fn lower_constant(&mut self, arg: &Expr, span: Span) -> Operand {
        match self.lower_expr(arg) {
            Operand::Ref(path, ty) if !ty.is_scalar() => {
                let copy = self.push(Kind::Copy(path), Vec::new(), ty.clone(), span);
                let value = self.push(Kind::Frozen, vec![copy], ty.clone(), span);
                let var = self.new_variable("held", ty.clone(), false, Some(value));
                Operand::Ref(Path::of(var), ty)
            }
            Operand::Poison => Operand::Poison,
            operand => {
                let value = self.read(operand);
                let ty = self.graph.ty(value).clone();
                Operand::Value(self.push(Kind::Frozen, vec![value], ty, span))
            }
        }
    }

    pub(super) fn lower_named(
        &mut self,
        path: &syn::ExprPath,
        args: &[&Expr],
        span: Span,
    ) -> Operand {
        if let Some(ident) = path.path.get_ident() {
            if self.locals.find(&ident.to_string()).is_some() {
                return self.report(span, Problem::Closure);
            }
            self.recursive |= *ident == self.own_name;
        }
        let wanted = std::mem::take(&mut self.wants_place)
            || path
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident.to_string().ends_with("_mut"));
        let callee = self.callee_of(path);
        let args = self.lower_args(args);
        if wanted {
            if let Some(place) = self.way_of_function(path, &args, span) {
                return place;
            }
        }
        let is_function = matches!(callee, Callee::Function(_));
        let called = self.finish_call(callee, args, span);
        if is_function {
            self.if_of_std(&path.path, &called);
        }
        called
    }

    pub(super) fn finish_call(&mut self, callee: Callee, args: Vec<Arg>, span: Span) -> Operand {
        self.finish_calls(callee, args, Vec::new(), span)
    }

    /// The same of a function that returns one, which is called with the last arguments: `curried`
    /// says how many belong to each call but the first.
    pub(super) fn finish_calls(
        &mut self,
        callee: Callee,
        args: Vec<Arg>,
        curried: Vec<usize>,
        span: Span,
    ) -> Operand {
        let own = match &callee {
            Callee::Function(code) => code.0.to_string() == self.own_name,
            // Of a part it may be another type's method: one that gives a number is not taken for ours,
            // which gives none.
            Callee::Method(name, _) => {
                let of_itself = args.first().and_then(Arg::path).is_some_and(|path| {
                    path.steps.is_empty() && self.graph.var(path.root).name == "self"
                });
                let same = self.is_method && *name == self.own_name;
                same && (of_itself || self.output.may_be_active())
            }
            Callee::Associated(of, name, _) => {
                (self.is_method || of.0.to_string() == "Self") && *name == self.own_name
            }
            Callee::Operator(_) | Callee::Assign(_) | Callee::Given(_) | Callee::Dynamic(_) => {
                false
            }
        };
        let is_method = matches!(callee, Callee::Method(..));
        let args = self.all_arguments(&callee, super::lent::apart(args, is_method), span);
        let ty = if own {
            self.output.clone()
        } else {
            Ty::Unknown
        };
        let items = self.items_given(&args);
        let call = Call {
            callee,
            args,
            mask: 0,
            inert: 0,
            curried,
            items,
        };
        self.tell_element(&call);
        self.refuse_effects(&call, span);
        let args = call.args.clone();
        let ty = self.array_of_call(&call).unwrap_or(ty);
        let result = self.push(Kind::Call(call), Vec::new(), ty, span);
        self.take_back(&args, span);
        Operand::Value(result)
    }

    /// A method of a real number, or of something that may be one.
    pub(super) fn real_method(
        &mut self,
        receiver: Operand,
        name: &str,
        args: &[&Expr],
        span: Span,
        whole: &Expr,
    ) -> Operand {
        let is_float = matches!(self.operand_ty(&receiver), Ty::Float(_));
        let called_on_type = matches!(whole, Expr::Call(_));
        if name == "sin_cos" && args.is_empty() && (is_float || called_on_type) {
            let value = self.read_spanned(receiver, span);
            let sin = self.apply(Op::Sin, vec![value], span);
            let cos = self.apply(Op::Cos, vec![value], span);
            return Operand::Tuple(vec![Operand::Value(sin), Operand::Value(cos)]);
        }
        if let Some(op) =
            Op::from_method(name, args.len() + 1).filter(|_| is_float || called_on_type)
        {
            let mut operands = vec![self.read_spanned(receiver, span)];
            for arg in args {
                operands.push(self.value_of(arg));
            }
            if let Some(width) = width_of(whole) {
                for operand in &operands {
                    self.refine(*operand, &Ty::Float(Some(width)));
                }
            }
            return Operand::Value(self.apply(op, operands, span));
        }
        let discrete = name.starts_with("is_")
            || matches!(
                name,
                "partial_cmp" | "total_cmp" | "to_bits" | "eq" | "lt" | "gt" | "le" | "ge"
            );
        if discrete {
            let ty = match name {
                "to_bits" => Ty::Int,
                _ if name.ends_with("cmp") => Ty::Inert,
                _ => Ty::Bool,
            };
            let unknown = self.operand_ty(&receiver) == Ty::Unknown;
            let told = match whole {
                Expr::MethodCall(call) if unknown && name == "to_bits" => {
                    // Bits are whole numbers.
                    Some(syn::parse_quote_spanned!(span=> {
                        let __told = #call;
                        let _ = __told ^ __told;
                        __told
                    }))
                }
                Expr::MethodCall(call) if unknown => told_to_be(call, &ty),
                _ => None,
            };
            return self.opaque(told.as_ref().unwrap_or(whole), ty, name);
        }
        match whole {
            Expr::MethodCall(call) => self.user_method(receiver, call, args),
            expr => self.opaque(expr, Ty::Unknown, name),
        }
    }

    /// A method of a type of the user's, or one that rustc finds for a type the macro does not know.
    pub(super) fn user_method(
        &mut self,
        receiver: Operand,
        call: &ExprMethodCall,
        args: &[&Expr],
    ) -> Operand {
        let name = call.method.to_string();
        let span = call.method.span();
        let on_part = match &receiver {
            Operand::Ref(path, _) | Operand::RefMut(path, _) | Operand::Place(path, _) => {
                !path.steps.is_empty()
            }
            _ => true,
        };
        self.recursive |= self.is_method && name == self.own_name && !(self.wraps && on_part);
        let ty = self.operand_ty(&receiver);
        let at = call.receiver.span();
        if let Some(function) = super::passed::of_entries(&name, &ty, args) {
            let receiver = self.receiver_arg(receiver, &name, args.len() + 1, at);
            return self.map_entries(receiver, &name, function, span);
        }
        let returns_items = self.returns_items(&receiver, &name);
        let receiver = match receiver {
            Operand::Place(path, ty) if ty.is_scalar() => {
                Operand::Value(self.read_spanned(Operand::Place(path, ty), at))
            }
            other => other,
        };
        let then = self.now();
        let args = self.lower_args(args);
        let receiver = self.receiver_as_of(receiver, (&name, args.len() + 1), then, at);
        let mut all = vec![self.receiver_arg(receiver, &name, args.len() + 1, at)];
        all.extend(args);
        let generics = call.turbofish.as_ref().map(|t| Code(t.to_token_stream()));
        let result = self.finish_call(Callee::Method(name, generics), all, span);
        if returns_items {
            let items = self.returned_items(&result);
            return items.map_or(result, Operand::Iter);
        }
        result
    }
}

/// The width that `f64::name(..)` says.
fn width_of(call: &Expr) -> Option<Width> {
    let Expr::Call(call) = call else { return None };
    let Expr::Path(path) = &*call.func else {
        return None;
    };
    let owner = path.path.segments.iter().rev().nth(1)?;
    match owner.ident.to_string().as_str() {
        "f32" => Some(Width::F32),
        "f64" => Some(Width::F64),
        _ => None,
    }
}

/// Whether a method has the name of a function of so many real numbers: then it reads its receiver.
pub(super) fn is_real(name: &str, count: usize) -> bool {
    Op::from_method(name, count).is_some() || name == "sin_cos" && count == 1
}

/// A call of a method of std's by its path, `<[f64]>::to_vec(row)`, `Vec::len(&v)`, as the method call.
fn method_by_path(path: &syn::Path, of: Option<&syn::QSelf>, args: &[&Expr]) -> Option<Expr> {
    const MAKING: [&str; 4] = ["new", "with_capacity", "from", "from_iter"];
    let (receiver, rest) = args.split_first()?;
    let last = path.segments.last()?;
    let names = segments(path);
    let before = names.iter().rev().nth(1).map(String::as_str);
    let by_type = of.is_some_and(|of| of.position == 0 && !matches!(*of.ty, syn::Type::Path(_)));
    let by_name = match before {
        Some("Vec") => !MAKING.contains(&names.last()?.as_str()),
        Some("Clone") => last.ident == "clone",
        Some("convert") if last.ident == "identity" => return Some((*receiver).clone()),
        _ => false,
    };
    (by_type || by_name && of.is_none()).then(|| {
        let span = last.ident.span();
        syn::parse_quote_spanned!(span=> (#receiver).#last(#(#rest),*))
    })
}

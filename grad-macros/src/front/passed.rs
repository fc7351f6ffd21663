//! Functions that are passed to functions.
//!
//! A closure that is an argument becomes a graph of its own, whose parameters are its inputs and then
//! what it captures. What it captures follows the arguments of the call, so that the transforms treat
//! it as they treat those; emission knits the closure and its captures together.

use std::collections::BTreeSet;
use std::rc::Rc;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Type};

use super::capture::Captured;
use super::changed::{Changeable, Source, lower_closure, name_outside};
use super::closure::Written;
use super::closure_code::{closure_signature, inputs_of, without_self, wrapped};
use super::function::Function;
use super::pattern::segments;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Arg, Callee, Capture, Code, Op, Path, Ty, Var};
use crate::signature::functions::FunctionType;
use crate::signature::{Parameter, Passing};
use crate::stages::Passed;

/// A closure as it stands in the source, and what it captures, for code that is carried.
pub(super) type Shown = (TokenStream, Vec<(String, Capture)>);

/// What a closure calls a `self` that it captures.
pub(super) const THIS: &str = "__grad_this";

/// A parameter that is a function.
pub(crate) struct Given {
    pub(super) name: String,
    pub(super) function: FunctionType,
    /// The variable that stands for what its calls may change.
    pub(super) state: Option<Var>,
}

impl Lower<'_> {
    /// A call of a function this one is given.
    pub(super) fn call_given(&mut self, given: &Given, args: Vec<Operand>, span: Span) -> Operand {
        let ty = self.ty_of(&given.function.output);
        let by_value = |input: &Type| match input {
            Type::Reference(_) => Ty::Unknown,
            input => self.ty_of(input),
        };
        let shared = |k: usize| {
            let input = given.function.inputs.get(k);
            matches!(input, Some(Type::Reference(r)) if r.mutability.is_none())
        };
        let mut types: Vec<Ty> = given.function.inputs.iter().map(by_value).collect();
        types.resize(args.len(), Ty::Unknown);
        let args = args
            .into_iter()
            .zip(types)
            .enumerate()
            .map(|(k, (arg, ty))| match (arg, ty) {
                (arg @ (Operand::Ref(..) | Operand::Closure(_)), _) => {
                    self.as_arg(arg, false, span)
                }
                (Operand::RefMut(path, ty), _) if shared(k) => {
                    self.as_arg(Operand::Ref(path, ty), false, span)
                }
                (arg @ Operand::RefMut(..), _) => self.as_arg(arg, false, span),
                // What is taken as a number is one.
                (arg, ty @ Ty::Float(_)) => {
                    let value = self.read_spanned(arg, span);
                    self.refine(value, &ty);
                    Arg::Value(value)
                }
                (arg, _) => self.as_arg(arg, false, span),
            })
            .collect();
        let result = self.finish_call(Callee::Given(given.name.clone()), args, span);
        if let Operand::Value(value) = result {
            self.graph.value_mut(value).ty = ty;
        }
        result
    }

    /// A function as an argument.
    pub(super) fn pass_function(
        &mut self,
        function: &Function,
        code: &TokenStream,
        span: Span,
    ) -> Arg {
        let mark = self.diag.mark();
        let passed = match function {
            Function::Given(given) => Some(Arg::Given(given.name.clone())),
            Function::Written(written) => {
                let written = written.clone();
                self.pass_closure(&written, code, span)
            }
            Function::Path(path) => Some(self.pass_named(&path.clone(), code, span)),
            Function::Either(..) | Function::Table(_) | Function::Row(_) => None,
        };
        passed.unwrap_or_else(|| {
            if self.diag.mark() == mark {
                self.report(span, Problem::ClosureArgument);
            }
            Arg::Value(self.undefined(Ty::Unknown))
        })
    }

    /// The function a path names.
    pub(super) fn callee_of(&mut self, path: &syn::ExprPath) -> Callee {
        let count = path.path.segments.len();
        let owner = path.path.segments.iter().rev().nth(1);
        let is_type = owner.is_some_and(|s| s.ident.to_string().starts_with(char::is_uppercase));
        let mut owner = path.clone();
        let last = owner.path.segments.pop();
        owner.path.segments.pop_punct();
        match last {
            Some(last) if is_type && count >= 2 || path.qself.is_some() => {
                self.recursive |= owner.path.is_ident("Self") && last.ident == self.own_name;
                let generics =
                    (!last.arguments.is_empty()).then(|| Code(last.arguments.to_token_stream()));
                let name = last.ident.to_string();
                Callee::Associated(Code(owner.to_token_stream()), name, generics)
            }
            _ => Callee::Function(Code(path.to_token_stream())),
        }
    }

    /// A function of the user's or of std's, by its name.
    fn pass_named(&mut self, path: &syn::ExprPath, code: &TokenStream, span: Span) -> Arg {
        let names = segments(&path.path);
        if let Some(operator) = self.pass_operator(&names, code, span) {
            return operator;
        }
        // What only orders has no derivative.
        if matches!(
            names.last().map(String::as_str),
            Some("total_cmp" | "partial_cmp" | "cmp")
        ) {
            return Arg::Code(Code(code.clone()), Vec::new());
        }
        let shown = wrapped(code, false, &path.to_token_stream());
        Arg::Named(Box::new(self.callee_of(path)), Code(shown))
    }

    /// A method of an array that applies a function to each entry.
    pub(super) fn map_entries(
        &mut self,
        receiver: Arg,
        name: &str,
        function: &Expr,
        span: Span,
    ) -> Operand {
        let function = self.entry_function(function, name == "map");
        // What `mapv_into` gives is what `mapv` gives; only where the entries lie is another matter.
        let rule = if name == "mapv_into" { "mapv" } else { name };
        let callee = Callee::Method(rule.to_owned(), None);
        let result = self.finish_call(callee, vec![receiver, function], span);
        if let Operand::Value(value) = result {
            self.graph.value_mut(value).ty = match name {
                "mapv_inplace" => Ty::Unit,
                _ => Ty::Named("Array".to_owned()),
            };
        }
        result
    }

    /// A function of one entry, by value or by reference, as an argument.
    fn entry_function(&mut self, expr: &Expr, by_reference: bool) -> Arg {
        let span = expr.span();
        let function = match self.function_of(expr) {
            Some(function) if function.changes() => {
                self.report(span, Problem::EntryEffects);
                None
            }
            Some(Function::Path(path)) => self.closure_of_entry(&path, span),
            other => other,
        };
        match function {
            Some(Function::Written(written)) if by_reference => {
                let written = Function::Written(Rc::new(written.taking_references()));
                self.pass_function(&written, &expr.to_token_stream(), span)
            }
            Some(function) => self.pass_function(&function, &expr.to_token_stream(), span),
            None => Arg::Value(self.undefined(Ty::Unknown)),
        }
    }

    /// The closure that calls a function of one number.
    pub(super) fn closure_of_entry(
        &mut self,
        path: &syn::ExprPath,
        span: Span,
    ) -> Option<Function> {
        let owner = path.path.segments.iter().rev().nth(1);
        let width = owner.filter(|owner| owner.ident == "f32" || owner.ident == "f64");
        let ty = width.map_or_else(|| quote!(_), ToTokens::to_token_stream);
        let closure = quote_spanned!(span=> |argument_0: #ty| #path(argument_0));
        match self.lower_closure(&syn::parse2(closure).ok()?) {
            Operand::Closure(function) => Some(function),
            _ => None,
        }
    }

    /// `f64::sin` and the like, as the closure that calls it.
    fn pass_operator(&mut self, names: &[String], code: &TokenStream, span: Span) -> Option<Arg> {
        let [.., width, method] = names else {
            return None;
        };
        let arity = (1..4).find(|n| Op::from_method(method, *n).is_some())?;
        if width != "f32" && width != "f64" {
            return None;
        }
        let (width, method) = (Ident::new(width, span), Ident::new(method, span));
        let names: Vec<Ident> = (0..arity).map(|k| format_ident!("argument_{k}")).collect();
        let closure = quote!(|#(#names: #width),*| #width::#method(#(#names),*));
        let closure = syn::parse2(closure).ok()?;
        match self.lower_closure(&closure) {
            Operand::Closure(Function::Written(written)) => self.pass_closure(&written, code, span),
            _ => None,
        }
    }

    fn pass_closure(
        &mut self,
        written: &Rc<Written>,
        code: &TokenStream,
        span: Span,
    ) -> Option<Arg> {
        let (passed, source, code) = self.make_passed(written, code, BTreeSet::new(), span)?;
        self.passed.push(passed);
        self.passed_sources.push(source);
        Some(self.passed_arg(self.passed.len() - 1, code))
    }

    /// The argument that a closure is that was made.
    pub(super) fn passed_arg(&self, number: usize, (code, shown): Shown) -> Arg {
        let held = self.passed_sources[number].captures.len();
        Arg::Closure(number, held, Code(code), shown)
    }

    /// A closure as a function of its inputs and what it captures.
    pub(super) fn make_passed(
        &mut self,
        written: &Rc<Written>,
        code: &TokenStream,
        fixed: BTreeSet<String>,
        span: Span,
    ) -> Option<(Passed, Source, Shown)> {
        let inputs = inputs_of(written);
        let count = inputs.len();
        let changeable = Changeable::MutableBut(fixed.clone());
        let (captured, passed, maybe) = self.lower_passed(written, &inputs, changeable, span)?;
        let maybe = maybe.into_iter().map(|k| k - count).collect();
        let source = Source {
            written: written.clone(),
            code: code.clone(),
            span,
            fixed,
            maybe,
            captures: captured.args,
            lent: captured.lent,
        };
        let shown = wrapped(code, written.boxed, &captured.code);
        Some((passed, source, (shown, captured.shown)))
    }

    /// A closure with what it captures as its last parameters. Which variables it changes its graph
    /// tells: it is lowered again where it changes fewer than it might.
    fn lower_passed(
        &mut self,
        written: &Written,
        inputs: &[Parameter],
        changeable: Changeable,
        span: Span,
    ) -> Option<(Captured, Passed, BTreeSet<usize>)> {
        let count = inputs.len();
        let mut changeable = written.changes.then_some(changeable);
        let by_parts = (written.changes).then(|| self.by_parts(written));
        let written = by_parts.as_ref().unwrap_or(written);
        loop {
            let mark = self.diag.mark();
            let mut captured = self.capture(written, inputs.to_vec(), changeable.clone(), span)?;
            captured.code = written.tokens(&captured.lets);
            let mut signature = closure_signature(written, &self.numbers);
            signature.output = signature.output.with_numbers(&self.numbers);
            signature.parameters.clone_from(&captured.parameters);
            let (lets, body) = (&captured.lets, written.body.to_token_stream());
            let block = syn::parse2(without_self(quote!({ #lets #body }))).ok()?;
            let around = quote!(#block);
            let given = &captured.given;
            let (lowered, changes) =
                lower_closure((&signature, count), given, &block, &around, self.diag);
            let unchanged = |(k, p): (usize, &Parameter)| {
                let lent = p.passing == Passing::RefMut && p.function.is_none();
                lent && !changes.written.contains(&(count + k))
            };
            let mut lent = captured.parameters[count..].iter().enumerate();
            if changeable.is_some() && lent.any(unchanged) {
                self.diag.forget(mark);
                let kept = changes.written.iter();
                let kept = kept.map(|k| name_outside(&captured.parameters[*k].name));
                changeable = Some(Changeable::These(kept.collect()));
                continue;
            }
            let read = |k: &usize| captured.parameters[*k].passing != Passing::RefMut;
            if changes.assigned || changes.written.iter().any(read) {
                self.report(span, Problem::PassedEffects);
            }
            let passed = Passed {
                signature,
                lowered,
                inputs: count,
            };
            return Some((captured, passed, changes.maybe));
        }
    }

    /// The arguments of a call, what functions this one is given may change in it, and what closures
    /// among them capture.
    pub(super) fn with_captures(&self, callee: &Callee, mut args: Vec<Arg>) -> Vec<Arg> {
        let numbers: Vec<usize> = args
            .iter()
            .filter_map(|arg| match arg {
                Arg::Closure(number, ..) => Some(*number),
                _ => None,
            })
            .collect();
        let given = args.iter().filter_map(|arg| match arg {
            Arg::Given(name) => Some(name),
            _ => None,
        });
        let called = match callee {
            Callee::Given(name) => Some(name),
            _ => None,
        };
        let states = given.chain(called).filter_map(|name| self.states.get(name));
        let states: Vec<Arg> = states.map(|var| Arg::State(Path::of(*var))).collect();
        args.extend(states);
        for number in numbers {
            args.extend(self.passed_sources[number].captures.iter().cloned());
        }
        args
    }
}

/// The function that a method of this name applies to each entry of an array.
pub(super) fn of_entries<'a>(name: &str, receiver: &Ty, args: &[&'a Expr]) -> Option<&'a Expr> {
    let is_array = matches!(receiver, Ty::Named(name) if name.contains("Array"));
    match (name, args) {
        ("mapv" | "mapv_into" | "mapv_inplace", [function]) => Some(function),
        ("map", [function]) if is_array => Some(function),
        _ => None,
    }
}

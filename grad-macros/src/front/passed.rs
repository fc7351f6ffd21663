//! Functions that are passed to functions.
//!
//! A closure that is an argument becomes a graph of its own, whose parameters are its inputs and then
//! what it captures. What it captures follows the arguments of the call, so that the transforms treat
//! it as they treat those; emission knits the closure and its captures together.

use std::rc::Rc;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Pat, Type};

use super::captured::writes;
use super::closure::Written;
use super::function::Function;
use super::pattern::segments;
use super::{Lower, Operand, lower_closure};
use crate::diag::Problem;
use crate::ir::{Arg, Callee, Code, Op, Ty};
use crate::signature::{Parameter, Signature, ty_of};
use crate::stages::Passed;

/// A parameter that is a function.
pub(crate) struct Given {
    pub(super) name: String,
    pub(super) inputs: Vec<Type>,
    pub(super) output: Type,
}

impl Lower<'_> {
    /// A call of a function this one is given.
    pub(super) fn call_given(&mut self, given: &Given, args: Vec<Operand>, span: Span) -> Operand {
        let ty = self.ty_of(&given.output);
        let by_value = |input: &Type| match input {
            Type::Reference(_) => Ty::Unknown,
            input => self.ty_of(input),
        };
        let shared = |k: usize| {
            let input = given.inputs.get(k);
            matches!(input, Some(Type::Reference(r)) if r.mutability.is_none())
        };
        let mut types: Vec<Ty> = given.inputs.iter().map(by_value).collect();
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
            Function::Either(..) | Function::Table(_) => None,
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
        let shown = wrapped(code, is_boxed(code), &path.to_token_stream());
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

    fn pass_closure(&mut self, written: &Written, code: &TokenStream, span: Span) -> Option<Arg> {
        let inputs = inputs_of(written);
        let count = inputs.len();
        let captured = self.capture(written, inputs, span)?;
        let (output, output_type) = match written.output() {
            Some(ty) => (self.ty_of(ty), ty.clone()),
            None => (Ty::Unknown, syn::parse_quote!(_)),
        };
        let signature = Signature {
            returned: None,
            output_tangent: None,
            wraps: false,
            parameters: captured.parameters,
            output,
            output_type,
            consts: Vec::new(),
            numbers: Vec::new(),
            number_names: self.numbers.clone(),
            types: Vec::new(),
            applied: false,
            lending: None,
            outlived: None,
            wanted: crate::signature::Wanted::Inside,
        };
        let (lets, body) = (captured.lets, written.body.to_token_stream());
        let block = syn::parse2(without_self(quote!({ #lets #body }))).ok()?;
        let around = quote!(#block);
        let (lowered, changes) = lower_closure(
            (&signature, count),
            &captured.given,
            &block,
            &around,
            self.diag,
        );
        if changes {
            self.report(span, Problem::PassedEffects);
        }
        self.passed.push(Passed {
            signature,
            lowered,
            inputs: count,
        });
        let held = captured.args.len();
        self.passed_captures.push(captured.args);
        let number = self.passed.len() - 1;
        let shown = wrapped(
            code,
            written.boxed || is_boxed(code),
            &written.tokens(&lets),
        );
        Some(Arg::Closure(number, held, Code(shown), captured.shown))
    }

    /// The arguments of a call, and what closures among them capture.
    pub(super) fn with_captures(&self, mut args: Vec<Arg>) -> Vec<Arg> {
        let numbers: Vec<usize> = args
            .iter()
            .filter_map(|arg| match arg {
                Arg::Closure(number, ..) => Some(*number),
                _ => None,
            })
            .collect();
        for number in numbers {
            args.extend(self.passed_captures[number].iter().cloned());
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

/// Whether an argument is written as a reference to a function.
fn is_reference(code: &TokenStream) -> bool {
    let first = code.clone().into_iter().next();
    matches!(first, Some(TokenTree::Punct(punct)) if punct.as_char() == '&')
}

/// Whether an argument is written as a boxed function.
fn is_boxed(code: &TokenStream) -> bool {
    let text = code.to_string().replace(' ', "");
    text.trim_start_matches('&').starts_with("Box::new(")
}

/// The function as the argument shows it: behind a reference, in a box.
fn wrapped(code: &TokenStream, boxed: bool, function: &TokenStream) -> TokenStream {
    let amp = is_reference(code).then(|| quote!(&));
    if boxed {
        quote!(#amp (::std::boxed::Box::new(#function) as ::std::boxed::Box<_>))
    } else {
        quote!(#amp #function)
    }
}

/// The inputs of a closure as parameters.
fn inputs_of(written: &Written) -> Vec<Parameter> {
    let body = written.body.to_token_stream();
    let input = |(k, pattern): (usize, &Pat)| {
        let (pattern, ty) = match pattern {
            Pat::Type(typed) => ((*typed.pat).clone(), (*typed.ty).clone()),
            // What is written through is a mutable reference.
            Pat::Ident(p)
                if p.mutability.is_none() && writes(&p.ident.to_string(), body.clone()) =>
            {
                (pattern.clone(), syn::parse_quote!(&mut _))
            }
            other => (other.clone(), syn::parse_quote!(_)),
        };
        let known = ty_of(&ty);
        let mut parameter = match &pattern {
            Pat::Ident(p) if p.by_ref.is_none() && p.subpat.is_none() => {
                let mut parameter = Parameter::of_closure(p.ident.clone(), ty, known);
                parameter.mutable = p.mutability.is_some();
                return parameter;
            }
            _ => Parameter::of_closure(format_ident!("__grad_input_{k}"), ty, known),
        };
        parameter.pattern = Some(pattern);
        parameter
    };
    written.inputs.iter().enumerate().map(input).collect()
}

/// The tokens with another name for `self`.
fn without_self(tokens: TokenStream) -> TokenStream {
    let renamed = |token| match token {
        TokenTree::Ident(ident) if ident == "self" => {
            TokenTree::Ident(Ident::new("__grad_this", ident.span()))
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), without_self(group.stream()));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => other,
    };
    tokens.into_iter().map(renamed).collect()
}

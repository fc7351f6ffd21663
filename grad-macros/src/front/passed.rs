//! Functions that are passed to functions.
//!
//! A closure that is an argument becomes a graph of its own, whose parameters are its inputs and then
//! what it captures. What it captures follows the arguments of the call, so that the transforms treat
//! it as they treat those; emission knits the closure and its captures together.

use std::collections::BTreeSet;
use std::rc::Rc;

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Pat, Type};

use super::captured::writes;
use super::closure::{Function, Written};
use super::opaque::names_in;
use super::{Lower, Operand, lower};
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
        let shared = |k: usize| {
            let input = given.inputs.get(k);
            matches!(input, Some(Type::Reference(r)) if r.mutability.is_none())
        };
        let args = args
            .into_iter()
            .enumerate()
            .map(|(k, arg)| match arg {
                Operand::RefMut(path, ty) if shared(k) => Operand::Ref(path, ty),
                arg => arg,
            })
            .map(|arg| self.as_arg(arg, false, span))
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
        code: TokenStream,
        span: Span,
    ) -> Arg {
        let passed = match function {
            Function::Given(given) => Some(Arg::Given(given.name.clone())),
            // That it changes nothing, `Fn` says.
            Function::Written(written) => {
                let written = written.clone();
                self.pass_closure(&written, code, span)
            }
            Function::Path(path) => {
                let names: Vec<String> = path
                    .path
                    .segments
                    .iter()
                    .map(|s| s.ident.to_string())
                    .collect();
                self.pass_operator(&names, code, span)
            }
            Function::Either(..) => None,
        };
        passed.unwrap_or_else(|| {
            self.report(span, Problem::ClosureArgument);
            Arg::Value(self.undefined(Ty::Unknown))
        })
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
                self.pass_function(&written, expr.to_token_stream(), span)
            }
            Some(function) => self.pass_function(&function, expr.to_token_stream(), span),
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
    fn pass_operator(&mut self, names: &[String], code: TokenStream, span: Span) -> Option<Arg> {
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

    fn pass_closure(&mut self, written: &Written, code: TokenStream, span: Span) -> Option<Arg> {
        let mut parameters = inputs_of(written);
        let inputs = parameters.len();
        let scopes = self.locals.swap_scopes(written.scopes());
        let captures = self.captures(&code);
        let captured = self.captured_parameters(written, &mut parameters, span);
        self.locals.swap_scopes(scopes);
        let captured = captured?;
        let (output, output_type) = match written.output() {
            Some(ty) => (self.ty_of(ty), ty.clone()),
            None => (Ty::Unknown, syn::parse_quote!(_)),
        };
        let signature = Signature {
            returned: None,
            wraps: false,
            parameters,
            output,
            output_type,
            consts: Vec::new(),
            numbers: Vec::new(),
            number_names: self.numbers.clone(),
            types: Vec::new(),
        };
        let body = without_self(written.body.to_token_stream());
        let block = match syn::parse2::<Expr>(body).ok()? {
            Expr::Block(block) if block.label.is_none() => block.block,
            body => syn::parse_quote!({ #body }),
        };
        let around = block.to_token_stream();
        let lowered = lower("closure", &signature, &block, &around, self.diag);
        let count = captured.len();
        self.passed.push(Passed {
            signature,
            lowered,
            inputs,
        });
        self.passed_captures.push(captured);
        let number = self.passed.len() - 1;
        Some(Arg::Closure(number, count, Code(code), captures))
    }

    /// What a closure captures: a parameter for each, and the argument.
    fn captured_parameters(
        &mut self,
        written: &Written,
        parameters: &mut Vec<Parameter>,
        span: Span,
    ) -> Option<Vec<Arg>> {
        let mut names = BTreeSet::new();
        names_in(written.body.to_token_stream(), &mut names);
        let mut captured = Vec::new();
        for name in names {
            if parameters.iter().any(|p| p.name == name) {
                continue;
            }
            let Some(operand) = self.locals.get(&name) else {
                continue;
            };
            if matches!(operand, Operand::Unit | Operand::Never | Operand::Poison) {
                continue;
            }
            if matches!(operand, Operand::Closure(_) | Operand::Iter(_)) {
                return None;
            }
            let ty = self.operand_ty(&operand);
            let scalar = ty.is_scalar();
            let arg = if scalar {
                Arg::Value(self.read_spanned(operand, span))
            } else {
                Arg::Ref(self.as_path(operand))
            };
            let own = if name == "self" { "__grad_this" } else { &name };
            let written = if scalar {
                syn::parse_quote!(_)
            } else {
                syn::parse_quote!(&_)
            };
            parameters.push(Parameter::of_closure(Ident::new(own, span), written, ty));
            captured.push(arg);
        }
        Some(captured)
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

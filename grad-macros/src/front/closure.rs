//! Closures: operands that are inlined where they are called.
//!
//! A closure keeps its source and the names in scope where it was written. What it captures by
//! reference is looked up when it is called: the borrow checker forbids that it has changed in any
//! way the closure could not see. What a `move` closure captures is copied where it is written. A
//! path (`f64::max`, `Some`, a function's name) stands wherever a closure may.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::{Expr, ExprClosure, ExprPath, Pat, ReturnType};

use super::captured::{Captured, may_change};
use super::function::{Function, annotated, bound_names};
use super::iter::short::gives_result;
use super::opaque::names_in;
use super::scope::Local;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Kind, Ty};
use crate::signature::ty_of;

/// A closure expression and where it stands.
#[derive(Clone)]
pub(crate) struct Written {
    pub(super) inputs: Vec<Pat>,
    pub(super) body: Expr,
    pub(super) output: Option<syn::Type>,
    pub(super) scopes: Vec<HashMap<String, Local>>,
    pub(super) captured: Vec<Local>,
    /// Whether it stands in a `Box`.
    pub(super) boxed: bool,
    /// Whether it may change what it captures.
    pub(super) changes: bool,
    /// Whether it may do so where it may assign its inputs.
    pub(super) reaches_out: bool,
}

impl Written {
    pub(super) fn scopes(&self) -> Vec<HashMap<String, Local>> {
        self.scopes.clone()
    }

    /// The closure as it stands in the source, with `lets` in front of its body.
    pub(super) fn tokens(&self, lets: &TokenStream) -> TokenStream {
        let (inputs, body) = (&self.inputs, &self.body);
        let body = if lets.is_empty() && self.output.is_none() {
            quote!(#body)
        } else {
            quote!({ #lets #body })
        };
        match &self.output {
            Some(output) => quote!(|#(#inputs),*| -> #output #body),
            None => quote!(|#(#inputs),*| #body),
        }
    }

    pub(super) fn output(&self) -> Option<&syn::Type> {
        self.output.as_ref()
    }

    /// The closure with its inputs annotated as references, where the source does not say what they are.
    pub(super) fn taking_references(&self) -> Self {
        let annotated = |pattern: &Pat| match pattern {
            Pat::Type(_) => pattern.clone(),
            pattern => Pat::Type(syn::PatType {
                attrs: Vec::new(),
                pat: Box::new(pattern.clone()),
                colon_token: syn::token::Colon::default(),
                ty: syn::parse_quote!(&_),
            }),
        };
        Written {
            inputs: self.inputs.iter().map(annotated).collect(),
            ..self.clone()
        }
    }
}

/// What `return` did before the closure, to come back to.
struct Outside {
    returned: Local,
    pile: Option<crate::ir::Path>,
    output: Ty,
    output_type: Option<syn::Type>,
    return_code: i64,
    exits: BTreeSet<i64>,
    loops: Vec<super::flow::Loop>,
    tail: bool,
}

impl Lower<'_> {
    /// `|x| body` as an operand.
    pub(super) fn lower_closure(&mut self, closure: &ExprClosure) -> Operand {
        if let Some(token) = &closure.asyncness {
            return self.report(token.span(), Problem::Await);
        }
        let inputs: Vec<Pat> = closure.inputs.iter().cloned().collect();
        let mut scopes = self.locals.scopes();
        let bound = bound_names(&inputs);
        let mut captured = BTreeSet::new();
        names_in(closure.body.to_token_stream(), &mut captured);
        captured.retain(|name| !bound.contains(name));
        let mut around = self.captured(&captured);
        let changes = may_change(closure.body.to_token_stream(), &around);
        around.inputs = bound;
        let reaches_out = may_change(closure.body.to_token_stream(), &around);
        if closure.capture.is_some() {
            scopes.push(self.moved_captures(&captured));
        }
        let captured = captured
            .iter()
            .filter_map(|name| {
                scopes
                    .iter()
                    .rev()
                    .find_map(|scope| scope.get(name).copied())
            })
            .collect();
        let output = match &closure.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some((**ty).clone()),
        };
        Operand::Closure(Function::Written(Rc::new(Written {
            inputs,
            body: (*closure.body).clone(),
            output,
            scopes,
            captured,
            boxed: false,
            changes,
            reaches_out,
        })))
    }

    /// Which of the names a closure may change things through.
    pub(super) fn captured(&self, names: &BTreeSet<String>) -> Captured {
        let mut captured = Captured::default();
        for name in names {
            let Some(local) = self.locals.find(name) else {
                continue;
            };
            match self.locals.current(local) {
                Some(Operand::Closure(function)) if function.changes() => {
                    captured.changing.insert(name.clone());
                }
                Some(Operand::RefMut(..)) => {
                    captured.mutable.insert(name.clone());
                    captured.exclusive.insert(name.clone());
                }
                _ if self.locals.is_mutable(local) => {
                    captured.mutable.insert(name.clone());
                }
                _ => {}
            }
        }
        captured
    }

    /// A scope that holds the closure's own copies of what it captures.
    fn moved_captures(&mut self, names: &BTreeSet<String>) -> HashMap<String, Local> {
        let mut scope = HashMap::new();
        for name in names {
            let Some(outer) = self.locals.find(name) else {
                continue;
            };
            let Some(held) = self.locals.current(outer) else {
                continue;
            };
            if !self.locals.is_mutable(outer) {
                continue;
            }
            let own = self.moved(name, held);
            let local = self.locals.hidden_as(name, true);
            self.locals.set(local, own);
            scope.insert(name.clone(), local);
        }
        scope
    }

    fn moved(&mut self, name: &str, operand: Operand) -> Operand {
        match operand {
            cell if self.cell_of(&cell).is_some() => cell,
            Operand::Place(path, ty) => {
                let span = self.graph.var(path.root).span;
                let value = self.push(Kind::Copy(path), Vec::new(), ty.clone(), span);
                let var = self.new_variable(name, ty.clone(), true, Some(value));
                Operand::Place(crate::ir::Path::of(var), ty)
            }
            Operand::Tuple(parts) => {
                let parts = parts.into_iter().map(|part| self.moved(name, part));
                Operand::Tuple(parts.collect())
            }
            other => other,
        }
    }

    /// An expression that stands where a function is wanted.
    pub(super) fn function_of(&mut self, expr: &Expr) -> Option<Function> {
        match expr {
            Expr::Paren(inner) => self.function_of(&inner.expr),
            Expr::Group(inner) => self.function_of(&inner.expr),
            Expr::Reference(inner) => self.function_of(&inner.expr),
            Expr::Path(path) => {
                let local = path
                    .path
                    .get_ident()
                    .and_then(|ident| self.locals.get(&ident.to_string()));
                match local {
                    None => Some(Function::Path(Rc::new(path.clone()))),
                    Some(Operand::Closure(function)) => Some(function),
                    Some(Operand::Poison) => None,
                    Some(_) => {
                        self.report(expr.span(), Problem::Closure);
                        None
                    }
                }
            }
            _ => match self.lower_expr(expr) {
                Operand::Closure(function) => Some(function),
                Operand::Poison | Operand::Never => None,
                _ => {
                    self.report(expr.span(), Problem::Closure);
                    None
                }
            },
        }
    }

    /// Goes on with a function, where the expression is one.
    pub(super) fn with_function(
        &mut self,
        expr: &Expr,
        then: impl FnOnce(&mut Self, &Function) -> Operand,
    ) -> Operand {
        match self.function_of(expr) {
            Some(f) => then(self, &f),
            None => Operand::Poison,
        }
    }

    /// `f(x)` where `f` is not a path to an item.
    pub(super) fn lower_closure_call(&mut self, call: &syn::ExprCall) -> Operand {
        if let Some(applied) = self.lower_applied(call) {
            return applied;
        }
        let Some(function) = self.function_of(&call.func) else {
            return Operand::Poison;
        };
        let args = self.lower_all(call.args.iter());
        self.call_function(&function, args, call.func.span())
    }

    /// What the function gives for the arguments.
    pub(super) fn call_function(
        &mut self,
        function: &Function,
        args: Vec<Operand>,
        span: Span,
    ) -> Operand {
        if self.dead {
            return Operand::Never;
        }
        if args.contains(&Operand::Poison) {
            return Operand::Poison;
        }
        match function {
            Function::Written(written) => self.inline(&written.clone(), args),
            Function::Path(path) => self.call_path(path, args, span),
            Function::Given(given) => self.call_given(&given.clone(), args, span),
            Function::Either(first, both) => {
                let again = args.clone();
                self.branch(
                    *first,
                    span,
                    |cx| cx.call_function(&both.0, args, span),
                    |cx| cx.call_function(&both.1, again, span),
                )
            }
            Function::Table(_) => self.entry_for(function, &args, span),
            Function::Row(_) => self.report(span, Problem::Closure),
        }
    }

    /// A call by path, of arguments that are operands already: through names of their own.
    fn call_path(&mut self, path: &ExprPath, args: Vec<Operand>, span: Span) -> Operand {
        self.locals.enter();
        let names: Vec<Ident> = args
            .into_iter()
            .enumerate()
            .map(|(k, operand)| {
                let name = format!("argument_{k}_of_call");
                self.locals.declare(&name, false, Some(operand));
                Ident::new(&name, span)
            })
            .collect();
        let result = match syn::parse2::<syn::ExprCall>(quote!(#path(#(#names),*))) {
            Ok(call) => self.lower_call(&call),
            Err(_) => self.report(span, Problem::Closure),
        };
        self.locals.leave();
        result
    }

    fn inline(&mut self, closure: &Written, args: Vec<Operand>) -> Operand {
        let outside = self.enter_closure(closure);
        let scopes = self.locals.swap_scopes(closure.scopes.clone());
        self.locals.enter();
        for (pattern, operand) in closure.inputs.iter().zip(args) {
            let operand = annotated(pattern, operand);
            self.bind(pattern, operand, None);
        }
        let value = match &closure.body {
            Expr::Block(block) if block.label.is_none() => self.lower_stmts(&block.block.stmts),
            body => match self.hoisted_body(body) {
                Some(stmts) => self.lower_stmts(&stmts),
                None => {
                    self.hint = self.output_type.clone();
                    self.lower_whole(body)
                }
            },
        };
        let value = self.leave_closure(value, outside);
        self.locals.leave();
        self.locals.swap_scopes(scopes);
        value
    }

    fn enter_closure(&mut self, closure: &Written) -> Outside {
        let returned = self.locals.hidden("returned");
        let output = match &closure.output {
            Some(ty) => ty_of(ty),
            None if gives_result(&closure.body) => Ty::Named("Result".to_owned()),
            None => Ty::Unknown,
        };
        self.next_code += 1;
        Outside {
            returned: std::mem::replace(&mut self.returned, returned),
            pile: self.pile.take(),
            output: std::mem::replace(&mut self.output, output),
            output_type: std::mem::replace(&mut self.output_type, closure.output.clone()),
            return_code: std::mem::replace(&mut self.return_code, self.next_code - 1),
            exits: std::mem::take(&mut self.exits),
            loops: std::mem::take(&mut self.loops),
            tail: std::mem::replace(&mut self.tail, true),
        }
    }

    /// The value of the closure: of its tail, or of whichever `return` was reached.
    fn leave_closure(&mut self, value: Operand, outside: Outside) -> Operand {
        let left = self.exits.contains(&self.return_code);
        let value = if left {
            self.return_value(value);
            let zero = self.int(0);
            self.locals.set(self.exit, Operand::Value(zero));
            self.dead = self.never;
            self.returned_value()
        } else {
            self.settled(value)
        };
        self.returned = outside.returned;
        self.pile = outside.pile;
        self.output = outside.output;
        self.output_type = outside.output_type;
        self.return_code = outside.return_code;
        self.exits = outside.exits;
        self.loops = outside.loops;
        self.tail = outside.tail;
        if self.dead { Operand::Never } else { value }
    }

    /// Numbers are read before what the closure changes next; places and references stay.
    fn settled(&mut self, operand: Operand) -> Operand {
        match operand {
            Operand::Place(path, ty) if ty.is_scalar() => {
                Operand::Value(self.read(Operand::Place(path, ty)))
            }
            other => other,
        }
    }
}

//! Functions that functions return: `let g = scaled(a); g(t)` is `scaled(a)(t)`, one call with the
//! arguments of both.
//!
//! What `scaled` is given is evaluated where it is written and held in variables of its own; `g` is a
//! closure that hands it over again with each call.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, Generics, Pat, Stmt, Token, Type};

use super::function_tables::table;
use super::pattern::segments;
use super::{Lower, Operand};
use crate::diag::Problem;
use crate::ir::{Callee, Code, Kind, Path, Ty};
use crate::signature::functions::function_of;
use crate::signature::sequence_element;

/// Methods of std's that give what they are called on, or a part of it.
const GIVING: &[&str] = &[
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_else",
    "clone",
    "cloned",
    "copied",
    "as_ref",
    "borrow",
    "get",
    "first",
    "last",
    "next",
    "pop",
    "remove",
    "take",
    "to_owned",
];

impl Lower<'_> {
    /// What a `let` binds, where it is a call that gives a function: it is called later, or its type
    /// says so.
    pub(super) fn lower_made(
        &mut self,
        pattern: &Pat,
        init: &Expr,
        called: Option<usize>,
    ) -> Option<Operand> {
        let none = Generics::default();
        if let Pat::Type(typed) = pattern {
            if let Some(entry) = element_of(&typed.ty).and_then(|ty| function_of(ty, &none)) {
                return self.made_table(init, entry.inputs.len());
            }
        }
        let typed = match pattern {
            Pat::Type(typed) => function_of(&typed.ty, &none),
            _ => None,
        };
        let count = typed.map(|function| function.inputs.len()).or(called)?;
        self.made_by(init, count)
    }

    /// The functions of a list, some of which calls give; nothing if it is no list or there is none.
    fn made_table(&mut self, init: &Expr, count: usize) -> Option<Operand> {
        let list = match init {
            Expr::Reference(inner) => return self.made_table(&inner.expr, count),
            Expr::Array(array) => array.elems.clone(),
            Expr::Macro(m) if m.mac.path.is_ident("vec") => {
                let list = Punctuated::<Expr, Token![,]>::parse_terminated;
                list.parse2(m.mac.tokens.clone()).ok()?
            }
            _ => return None,
        };
        let mut all = Vec::new();
        for entry in &list {
            let function = match self.made_by(inside_pointer(entry), count) {
                Some(Operand::Closure(function)) => Some(function.boxed()),
                _ => self.function_of(entry),
            };
            match function {
                Some(function) => all.push(function),
                None => return Some(Operand::Poison),
            }
        }
        Some(table(all))
    }

    /// A call as a function of so many arguments, if the callee is no closure and nothing of std's.
    fn made_by(&mut self, init: &Expr, count: usize) -> Option<Operand> {
        let mut held = Vec::new();
        let call = match init {
            Expr::Paren(inner) => return self.made_by(&inner.expr, count),
            Expr::Reference(inner) => return self.made_by(&inner.expr, count),
            boxed if !std::ptr::eq(inside_pointer(boxed), boxed) => {
                return self.made_by(inside_pointer(boxed), count);
            }
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else {
                    return None;
                };
                if !self.is_users_function(&path.path) {
                    return None;
                }
                let args = self.held_all(call.args.iter(), &mut held);
                quote!(#path(#(#args),*))
            }
            Expr::MethodCall(call) => {
                let name = &call.method;
                if GIVING.iter().any(|giving| name == giving)
                    || !self.is_users_value(&call.receiver)
                {
                    return None;
                }
                let generics = &call.turbofish;
                let receiver = self.held_all([&*call.receiver].into_iter(), &mut held);
                let args = self.held_all(call.args.iter(), &mut held);
                quote!(#(#receiver)*.#name #generics(#(#args),*))
            }
            _ => return None,
        };
        let inputs: Vec<Ident> = (0..count)
            .map(|k| format_ident!("__grad_input_{k}"))
            .collect();
        let closure = syn::parse2(quote!(|#(#inputs),*| #call(#(#inputs),*))).ok()?;
        self.locals.enter();
        for (name, operand) in held {
            self.locals.declare(&name, false, Some(operand));
        }
        let function = self.lower_closure(&closure);
        self.locals.leave();
        Some(function)
    }

    /// Evaluates arguments; gives names for what they are, which are declared with `held`.
    fn held_all<'e>(
        &mut self,
        args: impl Iterator<Item = &'e Expr>,
        held: &mut Vec<(String, Operand)>,
    ) -> Vec<Ident> {
        let mut names = Vec::new();
        for arg in args {
            let operand = self.lower_expr(arg);
            let operand = self.kept_for_later(operand);
            let name = format!("__grad_made_{}", self.next_made);
            self.next_made += 1;
            names.push(Ident::new(&name, arg.span()));
            held.push((name, operand));
        }
        names
    }

    /// The operand as it is now: what may be written later is copied.
    pub(super) fn kept_for_later(&mut self, operand: Operand) -> Operand {
        match operand {
            cell if self.cell_of(&cell).is_some() => cell,
            Operand::Ref(path, ty) if !self.is_frozen(&path) => {
                Operand::Ref(self.copied(path, ty.clone()), ty)
            }
            Operand::Place(path, ty) if !ty.is_scalar() && !self.is_frozen(&path) => {
                Operand::Place(self.copied(path, ty.clone()), ty)
            }
            Operand::Place(path, ty) if ty.is_scalar() => {
                Operand::Value(self.read(Operand::Place(path, ty)))
            }
            Operand::Value(value) if !self.graph.ty(value).is_scalar() => {
                let ty = self.graph.ty(value).clone();
                Operand::Place(self.as_path(Operand::Value(value)), ty)
            }
            other => other,
        }
    }

    fn copied(&mut self, path: Path, ty: Ty) -> Path {
        let span = self.graph.var(path.root).span;
        let value = self.push(Kind::Copy(path), Vec::new(), ty.clone(), span);
        Path::of(self.new_variable("made_with", ty, false, Some(value)))
    }

    /// `f(a)(b)`, where `f` is an item or a method; nothing where a closure is called.
    pub(super) fn lower_applied(&mut self, call: &ExprCall) -> Option<Operand> {
        let mut groups = vec![&call.args];
        let mut first = &*call.func;
        loop {
            first = match first {
                Expr::Paren(inner) => &inner.expr,
                Expr::Call(inner) if !matches!(*inner.func, Expr::Path(_)) => {
                    groups.push(&inner.args);
                    &inner.func
                }
                _ => break,
            };
        }
        groups.reverse();
        let (callee, mut args, span) = match first {
            Expr::Call(call) => {
                let Expr::Path(path) = &*call.func else {
                    return None;
                };
                if !self.is_users_function(&path.path) {
                    return None;
                }
                self.recursive |= path.path.is_ident(&self.own_name);
                let args: Vec<&Expr> = call.args.iter().collect();
                (self.callee_of(path), self.lower_args(&args), path.span())
            }
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                if GIVING.contains(&name.as_str()) || !self.is_users_value(&call.receiver) {
                    return None;
                }
                let receiver = self.lower_expr(&call.receiver);
                if self.operand_ty(&receiver) == Ty::Dyn {
                    let problem = Problem::DynamicReceiver(name);
                    return Some(self.report(call.method.span(), problem));
                }
                let mut args = vec![self.receiver_arg(
                    receiver,
                    &name,
                    call.args.len() + 1,
                    call.receiver.span(),
                )];
                let given: Vec<&Expr> = call.args.iter().collect();
                args.extend(self.lower_args(&given));
                let generics = call.turbofish.as_ref().map(|t| Code(t.to_token_stream()));
                self.recursive |= name == self.own_name;
                (Callee::Method(name, generics), args, call.method.span())
            }
            _ => return None,
        };
        let mut curried = Vec::new();
        for group in groups {
            let group: Vec<&Expr> = group.iter().collect();
            args.extend(self.lower_args(&group));
            curried.push(group.len());
        }
        Some(self.finish_calls(callee, args, curried, span))
    }

    /// Whether a path may name a function of the user's: no variable, no constructor, nothing of std's.
    fn is_users_function(&self, path: &syn::Path) -> bool {
        let names = segments(path);
        let Some(last) = names.last() else {
            return false;
        };
        let owner = names.len().checked_sub(2).map(|k| names[k].as_str());
        let of_std = matches!(
            owner,
            Some("Box" | "Rc" | "Arc" | "Vec" | "iter" | "mem" | "array")
        );
        let variable = names.len() == 1 && self.locals.find(last).is_some();
        !of_std && !variable && last.starts_with(char::is_lowercase)
    }

    /// Whether an expression names a variable that may be of a type of the user's.
    fn is_users_value(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Paren(inner) => self.is_users_value(&inner.expr),
            Expr::Reference(inner) => self.is_users_value(&inner.expr),
            Expr::Field(field) => self.is_users_value(&field.base),
            Expr::Index(index) => self.is_users_value(&index.expr),
            Expr::Path(path) => {
                let name = path.path.get_ident().map(ToString::to_string);
                let held = name.and_then(|name| self.locals.get(&name));
                !matches!(
                    held,
                    None | Some(Operand::Closure(_) | Operand::Iter(_) | Operand::Maybe(..))
                )
            }
            _ => false,
        }
    }
}

/// What `Box::new(..)` and its like are given.
fn inside_pointer(expr: &Expr) -> &Expr {
    match expr {
        Expr::Call(call) if call.args.len() == 1 => {
            let text = call.func.to_token_stream().to_string().replace(' ', "");
            let pointer = ["Box::new", "Rc::new", "Arc::new"];
            if pointer.iter().any(|pointer| text.ends_with(pointer)) {
                &call.args[0]
            } else {
                expr
            }
        }
        _ => expr,
    }
}

/// The type of the elements of a sequence.
pub(super) fn element_of(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(inner) => element_of(&inner.elem),
        Type::Array(array) => Some(&array.elem),
        other => sequence_element(other),
    }
}

/// With how many arguments the name that a `let` of a call binds is called in what follows.
pub(super) fn called_later(stmt: &Stmt, rest: &[Stmt]) -> Option<usize> {
    let Stmt::Local(local) = stmt else {
        return None;
    };
    let mut init = &*local.init.as_ref()?.expr;
    while let Expr::Reference(syn::ExprReference { expr, .. })
    | Expr::Paren(syn::ExprParen { expr, .. }) = init
    {
        init = expr;
    }
    let (Pat::Ident(name), Expr::Call(_) | Expr::MethodCall(_)) = (&local.pat, init) else {
        return None;
    };
    for stmt in rest {
        if let Some(count) = called(&name.ident, stmt.to_token_stream()) {
            return Some(count);
        }
        // Another variable of the name.
        if matches!(stmt, Stmt::Local(other) if matches!(&other.pat, Pat::Ident(p) if p.ident == name.ident))
        {
            return None;
        }
    }
    None
}

/// With how many arguments the tokens call a name.
fn called(name: &Ident, tokens: TokenStream) -> Option<usize> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    (0..tokens.len()).find_map(|k| match &tokens[k] {
        TokenTree::Group(group) => called(name, group.stream()),
        TokenTree::Ident(ident) if ident == name => {
            let before = k.checked_sub(1).map(|k| &tokens[k]);
            let path =
                matches!(before, Some(TokenTree::Punct(p)) if matches!(p.as_char(), '.' | ':'));
            let defined = matches!(before, Some(TokenTree::Ident(i)) if i == "fn");
            match tokens.get(k + 1) {
                Some(TokenTree::Group(args))
                    if !path
                        && !defined
                        && args.delimiter() == proc_macro2::Delimiter::Parenthesis =>
                {
                    let args = args.stream();
                    let call: Option<ExprCall> = syn::parse2(quote!(f(#args))).ok();
                    call.map(|call| call.args.len())
                }
                _ => None,
            }
        }
        _ => None,
    })
}

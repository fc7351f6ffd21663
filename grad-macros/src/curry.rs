//! Functions that return functions: `fn scaled(a: f64) -> impl Fn(f64) -> f64 { move |t| a * t }` as the
//! function of all arguments, `fn scaled(a: f64, t: f64) -> f64 { (move |t| a * t)(t) }`.
//!
//! That function is differentiated in place of the user's, and a call `scaled(a)(t)`, wherever it is
//! written, is one of its companion. What `scaled` does before it returns is done again in each call,
//! so it must not change anything, and what it returns must not keep anything from call to call.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Block, Expr, FnArg, Generics, Ident, ReturnType, Signature, Stmt, Type};

use crate::signature::functions::{FunctionType, function_of};

/// The function of all arguments; nothing if what is returned is no function.
pub(crate) fn uncurried(sig: &Signature, block: &Block) -> Option<(Signature, Block)> {
    let (sig, groups) = uncurried_signature(sig)?;
    if keeps_state(block.to_token_stream()) {
        return None;
    }
    let block = groups
        .iter()
        .fold(block.clone(), |block, names| called_block(&block, names));
    Some((sig, block))
}

/// The signature of the function of all arguments, and the names of those of each function returned.
pub(crate) fn uncurried_signature(sig: &Signature) -> Option<(Signature, Vec<Vec<Ident>>)> {
    if sig.inputs.iter().any(is_written) {
        return None;
    }
    let mut sig = sig.clone();
    let (mut groups, mut count) = (Vec::new(), 0);
    while let ReturnType::Type(_, ty) = &sig.output {
        let Some(function) = returned_function(ty) else {
            break;
        };
        let names =
            (count..count + function.inputs.len()).map(|k| format_ident!("__grad_input_{k}"));
        let names: Vec<Ident> = names.collect();
        count += names.len();
        let inputs = names.iter().zip(&function.inputs);
        let inputs: Vec<FnArg> = inputs
            .map(|(name, ty)| syn::parse_quote!(#name: #ty))
            .collect();
        sig.inputs.extend(inputs);
        sig.output = match &function.output {
            Type::Tuple(unit) if unit.elems.is_empty() => ReturnType::Default,
            output => syn::parse_quote!(-> #output),
        };
        groups.push(names);
    }
    (!groups.is_empty()).then_some((sig, groups))
}

/// The function that is returned, if it changes nothing.
fn returned_function(ty: &Type) -> Option<FunctionType> {
    match ty {
        Type::Reference(_) => None,
        ty => {
            let function = function_of(ty, &Generics::default());
            function.filter(|_| !names(ty.to_token_stream(), "FnMut"))
        }
    }
}

fn names(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => names(group.stream(), name),
        TokenTree::Ident(ident) => ident == name,
        _ => false,
    })
}

/// Whether a parameter is a mutable reference.
fn is_written(input: &FnArg) -> bool {
    match input {
        FnArg::Receiver(receiver) => {
            matches!(receiver.kind, syn::ReceiverKind::Reference(_, _, Some(_)))
        }
        FnArg::Typed(typed) => {
            matches!(&*typed.ty, Type::Reference(reference) if reference.mutability.is_some())
        }
    }
}

/// Whether the code makes something that is written through shared references.
fn keeps_state(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => keeps_state(group.stream()),
        TokenTree::Ident(ident) => {
            let name = ident.to_string();
            name.ends_with("Cell")
                || name.starts_with("Atomic")
                || name == "Mutex"
                || name == "RwLock"
        }
        _ => false,
    })
}

/// The block with its value called.
fn called_block(block: &Block, inputs: &[Ident]) -> Block {
    let mut block = block.clone();
    for stmt in &mut block.stmts {
        call_returned(stmt, inputs);
    }
    call_tail(&mut block, inputs);
    block
}

fn call_tail(block: &mut Block, inputs: &[Ident]) {
    if let Some(Stmt::Expr(value, None)) = block.stmts.last_mut() {
        *value = called(value, inputs);
    }
}

/// Calls what each `return` gives, outside of closures.
fn call_returned(stmt: &mut Stmt, inputs: &[Ident]) {
    match stmt {
        Stmt::Expr(expr, _) => call_returned_in(expr, inputs),
        Stmt::Local(local) => {
            if let Some(init) = &mut local.init {
                call_returned_in(&mut init.expr, inputs);
                if let Some((_, otherwise)) = &mut init.diverge {
                    call_returned_in(otherwise, inputs);
                }
            }
        }
        Stmt::Item(_) | Stmt::Macro(_) => {}
    }
}

fn call_returned_in(expr: &mut Expr, inputs: &[Ident]) {
    let block = |block: &mut Block| {
        for stmt in &mut block.stmts {
            call_returned(stmt, inputs);
        }
    };
    match expr {
        Expr::Return(syn::ExprReturn {
            expr: Some(value), ..
        }) => **value = called(value, inputs),
        Expr::Block(e) => block(&mut e.block),
        Expr::Loop(e) => block(&mut e.body),
        Expr::While(e) => block(&mut e.body),
        Expr::ForLoop(e) => block(&mut e.body),
        Expr::If(e) => {
            block(&mut e.then_branch);
            if let Some((_, otherwise)) = &mut e.else_branch {
                call_returned_in(otherwise, inputs);
            }
        }
        Expr::Match(e) => {
            for arm in &mut e.arms {
                call_returned_in(&mut arm.body, inputs);
            }
        }
        _ => {}
    }
}

/// The expression, which gives a function, with that function called.
fn called(value: &Expr, inputs: &[Ident]) -> Expr {
    let mut value = value.clone();
    match &mut value {
        Expr::Paren(inner) => return called(&inner.expr, inputs),
        Expr::Group(inner) => return called(&inner.expr, inputs),
        Expr::Cast(cast) => return called(&cast.expr, inputs),
        Expr::Block(inner) if inner.label.is_none() => call_tail(&mut inner.block, inputs),
        Expr::If(branch) => {
            call_tail(&mut branch.then_branch, inputs);
            if let Some((_, otherwise)) = &mut branch.else_branch {
                **otherwise = called(otherwise, inputs);
            }
        }
        Expr::Match(choice) => {
            for arm in &mut choice.arms {
                *arm.body = called(&arm.body, inputs);
            }
        }
        Expr::Call(call) if is_pointer(&call.func) && call.args.len() == 1 => {
            return called(&call.args[0], inputs);
        }
        // What does not come back gives no function, and what is returned is called there.
        Expr::Macro(_) | Expr::Return(_) => {}
        other => return syn::parse_quote!((#other)(#(#inputs),*)),
    }
    value
}

/// Whether a function puts what it is given into a box.
fn is_pointer(function: &Expr) -> bool {
    let text = quote!(#function).to_string().replace(' ', "");
    ["Box::new", "Rc::new", "Arc::new"]
        .iter()
        .any(|pointer| text.ends_with(pointer))
}

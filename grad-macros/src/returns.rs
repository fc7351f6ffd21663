//! The values that a function's body gives: what stands at its end, and behind each `return`.

use quote::quote;
use syn::{Block, Expr, Stmt};

/// What is done with a value that is returned.
type Wrap<'w> = &'w dyn Fn(&Expr) -> Expr;

/// The block with something done with each value that it gives or returns.
pub(crate) fn with_returned(block: &Block, wrap: Wrap) -> Block {
    let mut block = block.clone();
    for stmt in &mut block.stmts {
        in_statement(stmt, wrap);
    }
    in_tail(&mut block, wrap);
    block
}

fn in_tail(block: &mut Block, wrap: Wrap) {
    if let Some(Stmt::Expr(value, None)) = block.stmts.last_mut() {
        *value = wrapped(value, wrap);
    }
}

/// What each `return` gives, outside of closures.
fn in_statement(stmt: &mut Stmt, wrap: Wrap) {
    match stmt {
        Stmt::Expr(expr, _) => in_expression(expr, wrap),
        Stmt::Local(local) => {
            if let Some(init) = &mut local.init {
                in_expression(&mut init.expr, wrap);
                if let Some((_, otherwise)) = &mut init.diverge {
                    in_expression(otherwise, wrap);
                }
            }
        }
        Stmt::Item(_) | Stmt::Macro(_) => {}
    }
}

fn in_expression(expr: &mut Expr, wrap: Wrap) {
    let block = |block: &mut Block| {
        for stmt in &mut block.stmts {
            in_statement(stmt, wrap);
        }
    };
    match expr {
        Expr::Return(syn::ExprReturn {
            expr: Some(value), ..
        }) => **value = wrapped(value, wrap),
        Expr::Block(e) => block(&mut e.block),
        Expr::Loop(e) => block(&mut e.body),
        Expr::While(e) => block(&mut e.body),
        Expr::ForLoop(e) => block(&mut e.body),
        Expr::If(e) => {
            block(&mut e.then_branch);
            if let Some((_, otherwise)) = &mut e.else_branch {
                in_expression(otherwise, wrap);
            }
        }
        Expr::Match(e) => {
            for arm in &mut e.arms {
                in_expression(&mut arm.body, wrap);
            }
        }
        _ => {}
    }
}

/// The expression, with something done with what it gives.
fn wrapped(value: &Expr, wrap: Wrap) -> Expr {
    let mut value = value.clone();
    match &mut value {
        Expr::Paren(inner) => return wrapped(&inner.expr, wrap),
        Expr::Group(inner) => return wrapped(&inner.expr, wrap),
        Expr::Cast(cast) => return wrapped(&cast.expr, wrap),
        Expr::Block(inner) if inner.label.is_none() => in_tail(&mut inner.block, wrap),
        Expr::If(branch) => {
            in_tail(&mut branch.then_branch, wrap);
            if let Some((_, otherwise)) = &mut branch.else_branch {
                **otherwise = wrapped(otherwise, wrap);
            }
        }
        Expr::Match(choice) => {
            for arm in &mut choice.arms {
                *arm.body = wrapped(&arm.body, wrap);
            }
        }
        Expr::Call(call) if is_pointer(&call.func) && call.args.len() == 1 => {
            return wrapped(&call.args[0], wrap);
        }
        // What does not come back gives nothing, and what is returned is seen to there.
        Expr::Macro(_) | Expr::Return(_) => {}
        other => return wrap(other),
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

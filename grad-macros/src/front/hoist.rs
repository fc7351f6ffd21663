//! Parts of a statement that may leave it: a `?`, or a branch or block that returns, breaks or
//! continues.
//!
//! What comes after such a part in the same statement must not run then, so the part becomes a
//! statement before. What comes before it and may change something, or may be changed by it, becomes
//! a statement before that one: the source's order is kept.
//!
//! ```text
//! let y = v.pop().unwrap() + g(v.len())?;
//!
//! let __before_0 = v.pop().unwrap();
//! let Some(__left_1) = g(v.len()) else { return None };
//! let y = __before_0 + __left_1;
//! ```

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{BinOp, Expr, Ident, Stmt, parse_quote};

use super::call::is_real;
use super::captured::may_change;
use super::opaque::names_in;
use super::operator::is_compound;
use super::{Lower, Operand};

impl Lower<'_> {
    /// The statement with the first part that may leave it taken out; nothing if there is none.
    pub(super) fn hoisted(&mut self, stmt: &Stmt) -> Option<Vec<Stmt>> {
        let mut stmt = stmt.clone();
        let expr = match &mut stmt {
            Stmt::Expr(expr, _) => expr,
            Stmt::Local(local) => &mut *local.init.as_mut()?.expr,
            _ => return None,
        };
        let name = format_ident!("__left_{}", self.next_try);
        let mut before = Vec::new();
        open_vectors(expr);
        let mut exit = take_first_exit(expr, &name, true, &mut before)?;
        self.next_try += 1;
        let mut stmts = self.ordered(expr, &before, &exit);
        close_vectors(expr);
        close_vectors(&mut exit);
        stmts.push(self.leaving(&name, exit));
        stmts.push(stmt);
        Some(stmts)
    }

    /// An expression that stands alone, as the body of an arm.
    pub(super) fn lower_body(&mut self, body: &Expr) -> Operand {
        let Some(stmts) = self.hoisted_body(body) else {
            return self.lower_whole(body);
        };
        let tail = std::mem::replace(&mut self.tail, false);
        let value = self.lower_stmts(&stmts);
        self.tail = tail;
        value
    }

    /// [`Self::hoisted`] for an expression that stands alone.
    pub(super) fn hoisted_body(&mut self, body: &Expr) -> Option<Vec<Stmt>> {
        self.hoisted(&Stmt::Expr(body.clone(), None))
    }

    /// `let name = exit;`.
    fn leaving(&self, name: &Ident, exit: Expr) -> Stmt {
        let tried = match exit {
            Expr::Try(tried) => grouped(*tried.expr),
            branch => return parse_quote!(let #name = #branch;),
        };
        if self.tries_results() {
            return parse_quote!(let #name = match #tried {
                Ok(__tried) => __tried,
                Err(__error) => return Err(::core::convert::From::from(__error)),
            };);
        }
        parse_quote!(let Some(#name) = #tried else { return None };)
    }

    /// Takes out those of the parts at `before` whose value or effect depends on whether they run
    /// before the part that leaves.
    fn ordered(&mut self, whole: &mut Expr, before: &[Vec<usize>], exit: &Expr) -> Vec<Stmt> {
        let changed = self.changes(exit);
        let mut stmts = Vec::new();
        for way in before {
            let Some(part) = descend(whole, way) else {
                continue;
            };
            if is_still(part) || !changed && !self.changes(part) {
                continue;
            }
            let name = format_ident!("__before_{}", self.next_try);
            self.next_try += 1;
            let mut part = std::mem::replace(part, parse_quote!(#name));
            close_vectors(&mut part);
            stmts.push(parse_quote!(let #name = #part;));
        }
        stmts
    }

    /// Whether the expression may change a variable.
    pub(super) fn changes(&self, expr: &Expr) -> bool {
        let tokens = expr.to_token_stream();
        let mut names = BTreeSet::new();
        names_in(tokens.clone(), &mut names);
        may_change(tokens, &self.captured(&names))
    }
}

/// The expression as one token, so that it stands wherever an expression may.
fn grouped(expr: Expr) -> Expr {
    Expr::Group(syn::ExprGroup {
        attrs: Vec::new(),
        group_token: syn::token::Group::default(),
        expr: Box::new(expr),
    })
}

/// What is the same before and after: a literal, a closure, a reference to a place, a function.
fn is_still(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Closure(_) => true,
        Expr::Reference(e) => is_named(&e.expr),
        Expr::Paren(e) => is_still(&e.expr),
        Expr::Group(e) => is_still(&e.expr),
        _ => false,
    }
}

fn is_named(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(e) => is_named(&e.base),
        _ => false,
    }
}

/// The first part to be evaluated that may leave, whose place `name` takes; where the parts stand
/// that are evaluated before it, as ways down from `expr`.
fn take_first_exit(
    expr: &mut Expr,
    name: &Ident,
    whole: bool,
    before: &mut Vec<Vec<usize>>,
) -> Option<Expr> {
    if let Some(lazy) = leaving_on_the_right(expr) {
        // Its left side is the condition, in which a part may leave first.
        *expr = lazy;
        return take_first_exit(expr, name, false, before);
    }
    let start = before.len();
    for (k, (child, is_value)) in children(expr).into_iter().enumerate() {
        let mut inner = Vec::new();
        let found = take_first_exit(child, name, false, &mut inner);
        if found.is_none() {
            inner = if is_value {
                vec![Vec::new()]
            } else {
                computed(child)
            };
        }
        before.extend(inner.into_iter().map(|way| [vec![k], way].concat()));
        if found.is_some() {
            return found;
        }
    }
    before.truncate(start);
    let leaves = match expr {
        Expr::Try(_) => true,
        Expr::If(_) | Expr::Match(_) | Expr::Block(_) | Expr::Loop(_) => {
            !whole && has_exit(expr.to_token_stream())
        }
        _ => false,
    };
    leaves.then(|| std::mem::replace(expr, parse_quote!(#name)))
}

/// Shows the elements of each `vec![..]` of which one may leave: an array with a mark.
fn open_vectors(expr: &mut Expr) {
    if let Expr::Macro(m) = expr {
        if m.mac.path.is_ident("vec") && has_exit(m.mac.tokens.clone()) {
            let tokens = &m.mac.tokens;
            if let Ok(array) = syn::parse2(quote!(#[vector] [#tokens])) {
                *expr = array;
            }
        }
    }
    for (child, _) in children(expr) {
        open_vectors(child);
    }
}

/// Undoes [`open_vectors`].
fn close_vectors(expr: &mut Expr) {
    for (child, _) in children(expr) {
        close_vectors(child);
    }
    let elements = match expr {
        Expr::Array(array) if is_vector(&array.attrs) => array.elems.to_token_stream(),
        Expr::Repeat(repeat) if is_vector(&repeat.attrs) => {
            let (part, count) = (&repeat.expr, &repeat.len);
            quote!(#part; #count)
        }
        _ => return,
    };
    *expr = parse_quote!(vec![#elements]);
}

fn is_vector(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| a.path().is_ident("vector"))
}

/// `a && b` and `a || b` where only `b` may leave, as a branch.
fn leaving_on_the_right(expr: &Expr) -> Option<Expr> {
    let Expr::Binary(e) = expr else { return None };
    let (left, right) = (&e.left, &e.right);
    let conditional = |expr: &Expr| matches!(expr, Expr::Let(_)) || is_chain(expr);
    if conditional(left) || conditional(right) || !leaves(right) {
        return None;
    }
    match e.op {
        BinOp::And(_) => Some(parse_quote!(if #left { #right } else { false })),
        BinOp::Or(_) => Some(parse_quote!(if #left { true } else { #right })),
        _ => None,
    }
}

/// Whether a conjunction binds names.
fn is_chain(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(e) => is_chain(&e.left) || is_chain(&e.right),
        _ => false,
    }
}

fn leaves(expr: &Expr) -> bool {
    let mut expr = expr.clone();
    take_first_exit(&mut expr, &format_ident!("left"), false, &mut Vec::new()).is_some()
}

/// Whether the tokens say `return`, `break`, `continue` or `?`.
pub(super) fn has_exit(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_exit(group.stream()),
        TokenTree::Ident(ident) => ident == "return" || ident == "break" || ident == "continue",
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Literal(_) => false,
    })
}

/// Whether code may leave by `return`.
pub(super) fn has_return(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_return(group.stream()),
        TokenTree::Ident(ident) => ident == "return",
        _ => false,
    })
}

/// Ways to what a place expression computes: an index, or all of what is no place.
fn computed(place: &mut Expr) -> Vec<Vec<usize>> {
    match place {
        Expr::Path(_) => Vec::new(),
        Expr::Paren(_) | Expr::Group(_) | Expr::Field(_) | Expr::Index(_) | Expr::Unary(_) => {
            let parts = children(place).into_iter().enumerate();
            let ways = parts.flat_map(|(k, (child, is_value))| {
                let inner = if is_value {
                    vec![Vec::new()]
                } else {
                    computed(child)
                };
                inner
                    .into_iter()
                    .map(move |way| [vec![k], way].concat())
                    .collect::<Vec<_>>()
            });
            ways.collect()
        }
        _ => vec![Vec::new()],
    }
}

/// The part of an expression that a way leads to.
fn descend<'e>(expr: &'e mut Expr, way: &[usize]) -> Option<&'e mut Expr> {
    let Some((first, rest)) = way.split_first() else {
        return Some(expr);
    };
    let (child, _) = children(expr).into_iter().nth(*first)?;
    descend(child, rest)
}

/// The parts of an expression that are always evaluated when it is, in order, and whether each gives
/// a value rather than a place.
fn children(expr: &mut Expr) -> Vec<(&mut Expr, bool)> {
    match expr {
        Expr::Paren(e) => vec![(&mut e.expr, false)],
        Expr::Group(e) => vec![(&mut e.expr, false)],
        Expr::Field(e) => vec![(&mut e.base, false)],
        Expr::Reference(e) => vec![(&mut e.expr, false)],
        Expr::Unary(e) => vec![(&mut e.expr, false)],
        Expr::Index(e) => vec![(&mut e.expr, false), (&mut e.index, true)],
        Expr::Assign(e) => vec![(&mut e.right, true), (&mut e.left, false)],
        // A number is read before the arguments of its method are evaluated.
        Expr::MethodCall(e) => std::iter::once((
            &mut *e.receiver,
            is_real(&e.method.to_string(), e.args.len() + 1),
        ))
        .chain(e.args.iter_mut().map(|arg| (arg, true)))
        .collect(),
        Expr::Binary(e) => match e.op {
            BinOp::And(_) | BinOp::Or(_) => vec![(&mut e.left, true)],
            // A number is added to after the right side is evaluated.
            op if is_compound(&op) => vec![(&mut e.right, true), (&mut e.left, false)],
            _ => vec![(&mut e.left, true), (&mut e.right, true)],
        },
        Expr::Try(e) => vec![(&mut e.expr, true)],
        Expr::Cast(e) => vec![(&mut e.expr, true)],
        Expr::Let(e) => vec![(&mut e.expr, false)],
        Expr::If(e) => vec![(&mut e.cond, true)],
        Expr::Match(e) => vec![(&mut e.expr, false)],
        Expr::ForLoop(e) => vec![(&mut e.expr, true)],
        Expr::Repeat(e) => vec![(&mut e.expr, true)],
        Expr::Range(e) => {
            let ends = [&mut e.start, &mut e.end].into_iter().flatten();
            values(ends.map(|end| &mut **end))
        }
        Expr::Call(e) => values(e.args.iter_mut()),
        Expr::Tuple(e) => values(e.elems.iter_mut()),
        Expr::Array(e) => values(e.elems.iter_mut()),
        Expr::Struct(e) => values(e.fields.iter_mut().map(|f| &mut f.expr)),
        Expr::Return(e) => values(e.expr.iter_mut().map(|e| &mut **e)),
        Expr::Break(e) => values(e.expr.iter_mut().map(|e| &mut **e)),
        _ => Vec::new(),
    }
}

fn values<'e>(parts: impl IntoIterator<Item = &'e mut Expr>) -> Vec<(&'e mut Expr, bool)> {
    parts.into_iter().map(|part| (part, true)).collect()
}

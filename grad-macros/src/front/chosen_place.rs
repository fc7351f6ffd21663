//! `let r = if c { &mut a } else { &mut b };`: what is written through `r` goes to one variable or the
//! other. A path has one root, so the rest of the block stands on each side, with a path of its own.

use quote::ToTokens;
use syn::{Block, Expr, Local, LocalInit, Stmt};

/// The most statements that the rest of a block may have, all copies together.
const MOST: usize = 400;

/// The branch with the rest of the block on each of its sides, for a `let` of such a reference.
pub(super) fn spread(stmt: &Stmt, rest: &[Stmt]) -> Option<Stmt> {
    let Stmt::Local(local) = stmt else {
        return None;
    };
    let init = local.init.as_ref().filter(|init| init.diverge.is_none())?;
    let mut ends = Vec::new();
    sides(&init.expr, &mut ends).then_some(())?;
    let differ = ends.windows(2).any(|pair| pair[0] != pair[1]);
    if !differ || ends.len() * size(rest) > MOST {
        return None;
    }
    let mut branch = (*init.expr).clone();
    each_side(&mut branch, &mut |end| {
        let bound = Stmt::Local(Local {
            init: Some(LocalInit {
                expr: Box::new(end),
                ..init.clone()
            }),
            ..local.clone()
        });
        std::iter::once(bound).chain(rest.iter().cloned()).collect()
    });
    let value = matches!(
        rest.last(),
        Some(Stmt::Expr(_, None)) | Some(Stmt::Macro(_))
    );
    let semi = (!value).then(<syn::Token![;]>::default);
    Some(Stmt::Expr(branch, semi))
}

/// How many statements there are, inner ones too.
fn size(stmts: &[Stmt]) -> usize {
    let text = stmts.iter().map(|stmt| stmt.to_token_stream().to_string());
    text.map(|text| 1 + text.matches([';', '}']).count()).sum()
}

/// The root names of what the sides end in; whether each ends in mutable references to places.
fn sides(expr: &Expr, ends: &mut Vec<String>) -> bool {
    match expr {
        Expr::If(branch) => {
            let Some((_, otherwise)) = &branch.else_branch else {
                return false;
            };
            side(&branch.then_branch, ends) && sides(otherwise, ends)
        }
        Expr::Match(of) => of.arms.iter().all(|arm| sides(&arm.body, ends)),
        Expr::Block(block) => side(&block.block, ends),
        Expr::Paren(inner) => sides(&inner.expr, ends),
        end => {
            let mut roots = String::new();
            let places = are_places(end, &mut roots);
            ends.push(roots);
            places
        }
    }
}

fn side(block: &Block, ends: &mut Vec<String>) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(end, None)) => sides(end, ends),
        _ => false,
    }
}

/// Whether it is `&mut place`, or a tuple of such.
fn are_places(end: &Expr, roots: &mut String) -> bool {
    match end {
        Expr::Reference(reference) if reference.mutability.is_some() => {
            roots.push_str(&root(&reference.expr));
            roots.push(',');
            true
        }
        Expr::Reference(reference) => {
            roots.push_str(&root(&reference.expr));
            roots.push(',');
            false
        }
        Expr::Tuple(tuple) => {
            let mut mutable = false;
            for part in &tuple.elems {
                mutable |= are_places(part, roots);
            }
            mutable
        }
        _ => false,
    }
}

/// The variable and fields of a place, without its indices, which can be merged.
fn root(place: &Expr) -> String {
    match place {
        Expr::Path(path) => path.to_token_stream().to_string(),
        Expr::Field(field) => format!("{}.{}", root(&field.base), field.member.to_token_stream()),
        Expr::Index(index) => format!("{}[]", root(&index.expr)),
        Expr::Paren(inner) => root(&inner.expr),
        Expr::Unary(unary) => root(&unary.expr),
        Expr::MethodCall(call) => format!("{}.{}", root(&call.receiver), call.method),
        other => other.to_token_stream().to_string(),
    }
}

/// Puts statements in place of what each side ends in.
pub(super) fn each_side(expr: &mut Expr, with: &mut dyn FnMut(Expr) -> Vec<Stmt>) {
    match expr {
        Expr::If(branch) => {
            each_block(&mut branch.then_branch, with);
            if let Some((_, otherwise)) = &mut branch.else_branch {
                each_side(otherwise, with);
            }
        }
        Expr::Match(of) => {
            for arm in &mut of.arms {
                each_side(&mut arm.body, with);
                arm.comma.get_or_insert_with(Default::default);
            }
        }
        Expr::Block(block) => each_block(&mut block.block, with),
        Expr::Paren(inner) => each_side(&mut inner.expr, with),
        end => {
            let stmts = with(end.clone());
            *end = syn::parse_quote!({ #(#stmts)* });
        }
    }
}

fn each_block(block: &mut Block, with: &mut dyn FnMut(Expr) -> Vec<Stmt>) {
    if let Some(Stmt::Expr(mut end, None)) = block.stmts.pop() {
        if matches!(
            end,
            Expr::If(_) | Expr::Match(_) | Expr::Block(_) | Expr::Paren(_)
        ) {
            each_side(&mut end, with);
            block.stmts.push(Stmt::Expr(end, None));
        } else {
            block.stmts.extend(with(end));
        }
    }
}

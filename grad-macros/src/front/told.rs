//! What a `let` says of the type of its value, said to the call that makes the value: that may be
//! carried as it stands, away from the `let`.

use std::borrow::Cow;

use syn::{Expr, Local as Let, Pat, PathArguments, Stmt};

/// `let m: Map<K, V> = Map::new()` as `Map::<K, V>::new()`: what the `let` says of the type stays with
/// the call that makes the value.
pub(super) fn told<'e>(pattern: &Pat, init: &'e Expr) -> Cow<'e, Expr> {
    let untold = Cow::Borrowed(init);
    let (Pat::Type(typed), Expr::Call(call)) = (pattern, init) else {
        return untold;
    };
    let (syn::Type::Path(written), Expr::Path(path)) = (&*typed.ty, &*call.func) else {
        return untold;
    };
    if let (Some(variant), Some(of)) = (path.path.get_ident(), written.path.segments.last()) {
        let own = match of.ident.to_string().as_str() {
            "Result" => variant == "Ok" || variant == "Err",
            "Option" => variant == "Some",
            _ => false,
        };
        if let (true, PathArguments::AngleBracketed(arguments)) = (own, &of.arguments) {
            let (args, values) = (&arguments.args, &call.args);
            return Cow::Owned(syn::parse_quote!(#variant::<#args>(#values)));
        }
    }
    let owner = path.path.segments.len().checked_sub(2);
    let (Some(owner), Some(written)) = (owner, written.path.segments.last()) else {
        return untold;
    };
    let named = &path.path.segments[owner];
    if named.ident != written.ident || !named.arguments.is_empty() || written.arguments.is_empty() {
        return untold;
    }
    let (mut call, mut path) = (call.clone(), path.clone());
    path.path.segments[owner].arguments = written.arguments.clone();
    if let PathArguments::AngleBracketed(arguments) = &mut path.path.segments[owner].arguments {
        arguments.colon2_token = Some(<syn::Token![::]>::default());
    }
    *call.func = Expr::Path(path);
    Cow::Owned(Expr::Call(call))
}

/// The statement with the type that it says of what it parses.
pub(super) fn parse_told(stmt: &Stmt) -> Option<Stmt> {
    let Stmt::Local(local) = stmt else {
        return None;
    };
    let (Pat::Type(typed), Some(init)) = (&local.pat, &local.init) else {
        return None;
    };
    let mut expr = init.expr.clone();
    if !tell_parse(&mut expr, &typed.ty) {
        return None;
    }
    let init = Some(syn::LocalInit {
        expr,
        ..init.clone()
    });
    Some(Stmt::Local(Let {
        init,
        ..local.clone()
    }))
}

/// `let k: usize = text.parse()?` as `text.parse::<usize>()?`, in the ends of branches too. Gives
/// whether something was said.
fn tell_parse(expr: &mut Expr, ty: &syn::Type) -> bool {
    match expr {
        Expr::Try(tried) => tell_parse(&mut tried.expr, ty),
        Expr::Paren(inner) => tell_parse(&mut inner.expr, ty),
        Expr::MethodCall(call) if call.method == "parse" && call.turbofish.is_none() => {
            call.turbofish = Some(syn::parse_quote!(::<#ty>));
            true
        }
        Expr::MethodCall(call) if TAKING_OUT.contains(&call.method.to_string().as_str()) => {
            tell_parse(&mut call.receiver, ty)
        }
        Expr::Block(block) => tell_end(&mut block.block, ty),
        Expr::If(branch) => {
            let then = tell_end(&mut branch.then_branch, ty);
            let other = branch.else_branch.as_mut();
            other.is_some_and(|(_, other)| tell_parse(other, ty)) | then
        }
        Expr::Match(found) => {
            let arms = found.arms.iter_mut();
            arms.fold(false, |told, arm| tell_parse(&mut arm.body, ty) | told)
        }
        _ => false,
    }
}

fn tell_end(block: &mut syn::Block, ty: &syn::Type) -> bool {
    match block.stmts.last_mut() {
        Some(Stmt::Expr(end, None)) => tell_parse(end, ty),
        _ => false,
    }
}

/// Methods that give what is in a `Result` or an `Option`, or one from the other.
const TAKING_OUT: &[&str] = &[
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "map_err",
    "ok",
];

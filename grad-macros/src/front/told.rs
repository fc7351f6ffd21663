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
    let expr = Box::new(parsed(&init.expr, &typed.ty)?);
    let init = Some(syn::LocalInit {
        expr,
        ..init.clone()
    });
    Some(Stmt::Local(Let {
        init,
        ..local.clone()
    }))
}

/// `let k: usize = text.parse()?` as `text.parse::<usize>()?`.
fn parsed(init: &Expr, ty: &syn::Type) -> Option<Expr> {
    let mut init = init.clone();
    let mut inner = &mut init;
    loop {
        inner = match inner {
            Expr::Try(tried) => &mut tried.expr,
            Expr::MethodCall(call) if call.method == "parse" && call.turbofish.is_none() => {
                call.turbofish = Some(syn::parse_quote!(::<#ty>));
                return Some(init);
            }
            Expr::MethodCall(call) if TAKING_OUT.contains(&call.method.to_string().as_str()) => {
                &mut call.receiver
            }
            _ => return None,
        };
    }
}

/// Methods that give what is in a `Result`.
const TAKING_OUT: &[&str] = &[
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_default",
    "map_err",
];

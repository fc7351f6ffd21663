//! What a text is parsed into, where only a later use tells its type: `stack.push(word.parse().ok()?)`.
//!
//! The copies that generated code makes pick a trait by the type, and for that rustc has to know it
//! there. These are cloned instead: a type may be found later for that.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;
use syn::Expr;

use crate::ir::{Capture, Graph, Kind, Path, Value, Var};

/// Methods that give what was parsed, or an outcome of the same.
const OF_OUTCOMES: &[&str] = &[
    "ok",
    "map_err",
    "ok_or",
    "ok_or_else",
    "or",
    "or_else",
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
];

/// The variables of which only a later use tells the type.
pub(super) fn untyped_variables(graph: &Graph) -> HashSet<Var> {
    let mut found = HashSet::new();
    // What is made of another stands behind it.
    for site in &graph.sites {
        if let (Kind::Allocate(var), Some(init)) = (&site.kind, site.operands.first()) {
            if is_untyped(graph, &found, *init) {
                found.insert(*var);
            }
        }
    }
    found
}

/// Whether only a later use of the value tells its type.
pub(super) fn is_untyped(graph: &Graph, variables: &HashSet<Var>, value: Value) -> bool {
    let Some(site) = graph.def(value) else {
        return false;
    };
    match &site.kind {
        Kind::Load(path) | Kind::Copy(path) => variables.contains(&path.root),
        Kind::Opaque { code, captures, .. } => syn::parse2(code.0.clone()).is_ok_and(|expr| {
            let of_value = |name: &str| {
                let known = captures.iter().find(|(captured, _)| captured == name);
                known.is_some_and(|(_, capture)| match capture {
                    Capture::Value(value) => is_untyped(graph, variables, *value),
                    Capture::Place(path, _) => variables.contains(&path.root),
                    Capture::Given => false,
                })
            };
            is_parsed(&expr, &of_value)
        }),
        _ => false,
    }
}

/// Whether an expression is what `parse` without a type gives, or what is inside.
fn is_parsed(expr: &Expr, of_value: &dyn Fn(&str) -> bool) -> bool {
    match expr {
        Expr::MethodCall(call) if call.method == "parse" => call.turbofish.is_none(),
        Expr::MethodCall(call) => {
            let name = call.method.to_string();
            OF_OUTCOMES.contains(&name.as_str()) && is_parsed(&call.receiver, of_value)
        }
        Expr::Path(path) => path
            .path
            .get_ident()
            .is_some_and(|name| of_value(&name.to_string())),
        Expr::Paren(inner) => is_parsed(&inner.expr, of_value),
        Expr::Group(inner) => is_parsed(&inner.expr, of_value),
        _ => false,
    }
}

impl super::body::Body<'_> {
    /// A copy of what `place`, a reference, leads to.
    pub(super) fn replica(&self, untyped: bool, place: &TokenStream) -> TokenStream {
        let root = &self.root;
        if untyped {
            quote!(::core::clone::Clone::clone(#place))
        } else {
            quote!((&&#root::private::Copier(#place)).replicate())
        }
    }

    /// Whether only a later use tells the type of what the place holds.
    pub(super) fn is_untyped_at(&self, path: &Path) -> bool {
        self.untyped.contains(&path.root)
    }

    pub(super) fn is_untyped(&self, value: Value) -> bool {
        is_untyped(self.graph, &self.untyped, value)
    }
}

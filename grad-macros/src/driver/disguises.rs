//! Checks that rustc makes of what comes of differentiated values in disguise, as code in the graph.

use quote::{format_ident, quote_spanned};

use crate::ad::Check;
use crate::ir::{Capture, Code, Graph, Kind, Ty, Value};

/// Puts the check into the graph; the kinds of what goes in are asked before the site, which may move it.
pub(super) fn put(graph: &mut Graph, check: Check) {
    let span = check.span;
    let kind = |seen: Capture| {
        let code = quote_spanned!(span=> (&&&(&__seen,)).__grad_kind());
        Kind::Opaque {
            code: Code(code),
            captures: vec![("__seen".to_owned(), seen)],
            effect: false,
        }
    };
    let mut kinds: Vec<Value> = Vec::new();
    let mut before = Vec::new();
    for seen in check.from {
        let site = graph.new_site(kind(seen), Vec::new(), Vec::new(), vec![Ty::Inert], span);
        kinds.extend(graph.site(site).results.iter().copied());
        before.push(site);
    }
    let captured = |(k, value): (usize, &Value)| (format!("__from_{k}"), Capture::Value(*value));
    let mut captures: Vec<_> = kinds.iter().enumerate().map(captured).collect();
    captures.push(("__to".to_owned(), Capture::Value(check.to)));
    let to = quote_spanned!(span=> (&&&(&__to,)).__grad_kind());
    let code = if kinds.is_empty() {
        quote_spanned!(span=> (#to,).__grad_not_a_float())
    } else {
        let names = (0..kinds.len()).map(|k| format_ident!("__from_{k}"));
        quote_spanned!(span=> { #((#names, #to).__grad_undisguised();)* })
    };
    let kind = Kind::Opaque {
        code: Code(code),
        captures,
        effect: true,
    };
    let after = graph.new_site(kind, Vec::new(), Vec::new(), Vec::new(), span);
    let sites = &mut graph.block_mut(check.region).sites;
    if let Some(at) = sites.iter().position(|site| *site == check.site) {
        sites.insert(at + 1, after);
        for site in before.into_iter().rev() {
            sites.insert(at, site);
        }
    }
}

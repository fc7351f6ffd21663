//! Parts of texts are found again, not kept: they are references, which a pullback cannot hold, but the
//! text itself is handed to it once more.

use std::collections::HashMap;

use proc_macro2::{TokenStream, TokenTree};

use super::cut::NEVER;
use super::recompute::{Again, reads_within};
use super::residuals::{Known, Residuals};
use crate::ir::{Capture, Graph, Kind, Path, Region, Site, Storage, Ty, Value, Var, VarInfo};

/// Methods of texts, and of iterators over them, that always give the same.
const PARTS: &[&str] = &[
    "__grad_gathered",
    "as_str",
    "as_bytes",
    "bytes",
    "chars",
    "char_indices",
    "enumerate",
    "expect",
    "filter",
    "lines",
    "map",
    "matches",
    "peekable",
    "rev",
    "rsplit",
    "rsplit_once",
    "rsplitn",
    "skip",
    "split",
    "split_ascii_whitespace",
    "split_at",
    "split_inclusive",
    "split_once",
    "split_terminator",
    "split_whitespace",
    "splitn",
    "strip_prefix",
    "strip_suffix",
    "take",
    "trim",
    "trim_end",
    "trim_end_matches",
    "trim_matches",
    "trim_start",
    "trim_start_matches",
    "unwrap",
    "unwrap_or",
];

/// Whether the site gives parts of a text.
pub(super) fn is_part(graph: &Graph, site: &Site) -> bool {
    let inert = |value: &Value| match graph.ty(*value) {
        Ty::Array(element) => **element == Ty::Inert,
        ty => *ty == Ty::Inert,
    };
    match &site.kind {
        Kind::Opaque {
            code,
            captures,
            effect: false,
        } => {
            let gathered = site.results.iter().any(|v| *graph.ty(*v) != Ty::Inert);
            let seen = captures.iter().all(|(_, capture)| match capture {
                // What `parse` gives is no part, and neither is what is unwrapped of it.
                Capture::Value(value) => graph.def(*value).is_none_or(|site| {
                    !matches!(site.kind, Kind::Opaque { .. }) || is_part(graph, site)
                }),
                Capture::Place(..) => !gathered,
                Capture::Given => false,
            });
            seen && site.results.iter().all(inert) && calls_part(&code.0)
        }
        _ => false,
    }
}

/// Whether the last method that the code calls gives a part.
fn calls_part(code: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = code.clone().into_iter().collect();
    let called = tokens.windows(2).rev().find_map(|pair| match pair {
        [TokenTree::Punct(dot), TokenTree::Ident(name)] if dot.as_char() == '.' => Some(name),
        _ => None,
    });
    called.is_some_and(|name| PARTS.iter().any(|part| name == part))
}

impl Again<'_> {
    /// Whether the value is a part of a text that can be found again.
    fn finds(&self, graph: &Graph, value: Value) -> bool {
        let Some(site) = graph.def(value) else {
            return false;
        };
        let read_again = |read: &Value| {
            let known = graph.ty(*read).is_scalar() || !self.is_open(*read);
            known || self.can(graph, *read) || self.finds(graph, *read)
        };
        is_part(graph, site)
            && self.price(graph, value) < NEVER
            && site.reads().iter().all(read_again)
    }

    /// Makes again the variables that hold parts of texts; gives what stands for each, and leaves the
    /// others.
    pub(super) fn remake(&mut self, graph: &mut Graph, vars: &mut Vec<Var>) -> HashMap<Var, Var> {
        let mut remade = HashMap::new();
        vars.retain(|var| {
            let content = self.residuals.first_content(*var);
            let written = self.residuals.is_written(*var);
            let Some(content) = content.filter(|v| !written && self.finds(graph, *v)) else {
                return true;
            };
            self.copy(graph, content);
            let content = self.done.get(&content).copied().unwrap_or(content);
            let info = graph.var(*var).clone();
            let span = info.span;
            let again = graph.new_var(VarInfo {
                mutable: false,
                storage: Storage::Owned,
                ..info
            });
            let kind = Kind::Allocate(again);
            let site = graph.new_site(kind, vec![content], Vec::new(), Vec::new(), span);
            self.sites.push(site);
            remade.insert(*var, again);
            false
        });
        remade
    }
}

/// Lets the pullback of the function find again what parts of texts it reads.
pub(super) fn resolve_texts(graph: &mut Graph, residuals: &mut Residuals) {
    let Some(pull) = graph.pull else { return };
    let body = graph.body;
    let mut again = Again::new(graph, residuals, &[body], Known::default());
    // All else is captured.
    let all: Vec<Value> = again.inside.iter().copied().collect();
    let captured = |v: &Value| !graph.def(*v).is_some_and(|site| is_part(graph, site));
    again.made.clear();
    let kept: Vec<Value> = all.into_iter().filter(captured).collect();
    for value in kept {
        again.inside.remove(&value);
    }
    let mut needed = reads_within(graph, pull);
    needed.retain(|value| again.is_open(*value) && again.finds(graph, *value));
    for value in needed {
        again.copy(graph, value);
    }
    let mut vars: Vec<Var> = graph
        .sites_within(pull)
        .into_iter()
        .flat_map(|id| graph.site(id).needed_paths())
        .map(|path| path.root)
        .collect();
    vars.sort_unstable();
    vars.dedup();
    let remade = again.remake(graph, &mut vars);
    let (done, sites) = (again.done, again.sites);
    graph.substitute(pull, &done);
    rename(graph, pull, &remade);
    graph.block_mut(pull).sites.splice(0..0, sites);
}

/// Gives paths in the region other roots.
pub(super) fn rename(graph: &mut Graph, region: Region, roots: &HashMap<Var, Var>) {
    if roots.is_empty() {
        return;
    }
    for id in graph.sites_within(region) {
        graph.site_mut(id).kind.each_path(&mut |path: &mut Path| {
            if let Some(root) = roots.get(&path.root) {
                path.root = *root;
            }
        });
    }
}

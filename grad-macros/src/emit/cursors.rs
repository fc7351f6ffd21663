//! Cursors of walks: what a loop reaches along a walk it reaches from where it was before, one step on
//! or back, and not from the start each time.
//!
//! ```text
//! let cursor = private::cursor(&list);
//! while .. { s += cursor.at(&walk).v; .. }
//! ```
//!
//! A cursor borrows what it starts at for the whole loop. So it is used only where the loop reaches
//! nothing there but by walks.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::body::Body;
use super::places::Access;
use crate::ir::{Graph, Kind, Path, Site, SiteId, Step, Ty, Value, Var};

/// A cursor in scope, and where it starts.
pub(super) struct Cursor {
    start: Path,
    name: Ident,
}

impl Body<'_> {
    /// The cursors of a loop, to stand in front of it; with how many were there before.
    pub(super) fn open_cursors(&mut self, site: &Site) -> (usize, TokenStream) {
        let before = self.cursors.len();
        let graph = self.graph;
        let inner: Vec<SiteId> = (site.regions.iter())
            .flat_map(|region| graph.sites_within(*region))
            .collect();
        let mut lets = TokenStream::new();
        for start in walked(graph, &inner) {
            let known = self.cursors.iter().any(|own| own.start.root == start.root);
            let is_there = start.values().iter().all(|v| self.is_named(*v));
            if known || !is_there || !reaches_by_walks(graph, &start, &inner) {
                continue;
            }
            let root = &self.root;
            let of = if graph.var(start.root).tangent {
                quote!(of_tangent)
            } else {
                quote!(of_primal)
            };
            // The start may not be there, in an option or an array: it is looked for when it is asked for.
            let base = Path::of(start.root);
            let values = start.values().into_iter().map(|v| self.value(v)).collect();
            let tangent = graph.var(start.root).tangent;
            let opened = if written(graph, start.root, &inner) {
                let place = self.place_mut(&base);
                let part = self.part_of(&start, values, Access::Write, tangent);
                quote!(#root::private::CursorMut::#of(&mut #place, |__place| #part))
            } else {
                let place = self.place(&base);
                let part = self.part_of(&start, values, Access::Read, tangent);
                quote!(#root::private::Cursor::#of(&#place, |__place| #part))
            };
            let name = self.names.fresh("cursor");
            lets.extend(quote!(let mut #name = #opened;));
            self.cursors.push(Cursor { start, name });
        }
        (before, lets)
    }

    /// What a cursor leads to on the path, with the number of steps to there.
    pub(super) fn cursor_around(&self, path: &Path) -> Option<(usize, TokenStream)> {
        let around = |cursor: &&Cursor| cursor.start.is_around(path);
        let cursor = self.cursors.iter().find(around)?;
        let steps = cursor.start.steps.len();
        let walk = walk_at(self.graph, path, steps)?;
        let (name, walk) = (&cursor.name, self.value(walk));
        Some((steps + 1, quote!((*#name.at(&#walk)))))
    }

    fn is_named(&self, value: Value) -> bool {
        let literal = |site: &Site| matches!(site.kind, Kind::Literal(_) | Kind::Constant(_));
        self.values.contains_key(&value) || self.graph.def(value).is_some_and(literal)
    }
}

/// Where the walks start along which the sites reach something.
fn walked(graph: &Graph, sites: &[SiteId]) -> Vec<Path> {
    let mut starts: Vec<Path> = Vec::new();
    for path in sites.iter().flat_map(|id| graph.site(*id).needed_paths()) {
        let mut steps = 0..path.steps.len();
        let Some(at) = steps.find(|k| walk_at(graph, &path, *k).is_some()) else {
            continue;
        };
        let start = Path {
            root: path.root,
            steps: path.steps[..at].to_vec(),
        };
        if !starts.contains(&start) {
            starts.push(start);
        }
    }
    starts
}

fn walk_at(graph: &Graph, path: &Path, k: usize) -> Option<Value> {
    match path.steps.get(k)? {
        Step::Way(walk) if *graph.ty(*walk) == Ty::Walk => Some(*walk),
        _ => None,
    }
}

/// Whether the sites reach what is in the variable only along walks from the start; where they write
/// there, one place at a time.
fn reaches_by_walks(graph: &Graph, start: &Path, sites: &[SiteId]) -> bool {
    let writes = written(graph, start.root, sites);
    sites.iter().all(|id| {
        let site = graph.site(*id);
        let made = matches!(site.kind, Kind::Allocate(var) if var == start.root);
        let begins = matches!(site.kind, Kind::Walk(_)) && !writes;
        let mut paths = site.needed_paths();
        paths.retain(|path| path.root == start.root);
        let by_walk = |path: &Path| {
            start.is_around(path) && walk_at(graph, path, start.steps.len()).is_some()
        };
        !made && (begins || paths.iter().all(by_walk)) && (!writes || paths.len() < 2)
    })
}

fn written(graph: &Graph, root: Var, sites: &[SiteId]) -> bool {
    let written: HashSet<Var> = (sites.iter())
        .flat_map(|id| graph.site(*id).kind.writes())
        .map(|path| path.root)
        .collect();
    written.contains(&root)
}

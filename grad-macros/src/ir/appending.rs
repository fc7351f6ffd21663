//! Loops that make a vector, the result, an element in each iteration.
//!
//! A push that is told which elements are wanted passes over the iterations that make others, where
//! these do nothing else:
//!
//! ```text
//! for %v in ..
//!   %3, %4 = replay tape
//!   ..
//!   append positions_dot <- %9
//! yield %10                      %10 = load positions_dot
//! ```

use std::collections::HashSet;

use super::{Graph, Kind, Path, Region, Site, Storage, Value, Var};

/// A loop that appends an element of the result in each iteration.
pub(crate) struct Appending {
    /// The vector of tangents.
    pub(crate) dots: Var,
    /// The tapes of which each iteration reads the next entry.
    pub(crate) tapes: Vec<Var>,
}

/// What may be passed over of a loop of a push.
pub(crate) fn appending(graph: &Graph, site: &Site) -> Option<Appending> {
    let Kind::For(range) = &site.kind else {
        return None;
    };
    if range.exits || !site.results.is_empty() {
        return None;
    }
    let result = *graph.block(graph.body).yields.first()?;
    let Kind::Load(path) = &graph.def(result)?.kind else {
        return None;
    };
    let dots = path.root;
    let own = graph.var(dots).storage == Storage::Owned && graph.var(dots).tangent;
    if !own || !path.steps.is_empty() || !is_only_appended_to(graph, dots, result) {
        return None;
    }
    let body = *site.regions.first()?;
    let (appends, tapes) = progress(graph, body, dots)?;
    (appends == 1 && is_private(graph, body, dots)).then_some(Appending { dots, tapes })
}

/// Whether the vector is appended to and nothing else, until it is the result.
fn is_only_appended_to(graph: &Graph, vector: Var, result: Value) -> bool {
    let sites = graph.sites_within(graph.body);
    sites.iter().map(|id| graph.site(*id)).all(|site| {
        let meets = site.paths().iter().any(|path| path.root == vector);
        let appends = matches!(&site.kind, Kind::Append(path) if *path == Path::of(vector));
        !meets || appends || site.results.contains(&result)
    })
}

/// How many elements each run of the region appends, and of which tapes it reads the next entry,
/// where that is the same whichever way it goes.
fn progress(graph: &Graph, region: Region, vector: Var) -> Option<(usize, Vec<Var>)> {
    let (mut appends, mut tapes) = (0, Vec::new());
    for id in &graph.block(region).sites {
        let site = graph.site(*id);
        match &site.kind {
            Kind::Replay(tape) => tapes.push(*tape),
            Kind::Append(path) if path.root == vector => appends += 1,
            _ => {}
        }
        let mut inner = site.regions.iter().map(|r| progress(graph, *r, vector));
        let Some(first) = inner.next() else {
            continue;
        };
        let first = first?;
        if inner.any(|other| other.as_ref() != Some(&first)) {
            return None;
        }
        let nothing = first.0 == 0 && first.1.is_empty();
        if site.kind != Kind::If && !nothing {
            return None;
        }
        appends += first.0;
        tapes.extend(first.1);
    }
    tapes.sort_by_key(|tape| tape.0);
    Some((appends, tapes))
}

/// Whether the region changes nothing from outside but the vector.
fn is_private(graph: &Graph, region: Region, vector: Var) -> bool {
    let sites = graph.sites_within(region);
    let own: HashSet<Var> = sites
        .iter()
        .filter_map(|id| match graph.site(*id).kind {
            Kind::Allocate(var) => Some(var),
            _ => None,
        })
        .collect();
    sites.iter().map(|id| graph.site(*id)).all(|site| {
        let unmade = matches!(site.kind, Kind::Unmade(_));
        let effect = matches!(site.kind, Kind::Opaque { effect: true, .. });
        let written = site.kind.writes();
        let inside = |path: &&Path| path.root == vector || own.contains(&path.root);
        !effect && (unmade || written.iter().all(inside))
    })
}

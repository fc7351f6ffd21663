//! Views of arrays that are not differentiated: `seq.index_axis(Axis(0), t).dot(&self.w)`.
//!
//! What the reverse sweep needs of such a view it would have to keep, and a pullback can hold no view;
//! so where a differentiated operation reads one, it reads an array of its own instead, as every view of
//! a differentiated array is one.

use std::borrow::Cow;
use std::collections::HashMap;

use super::activity::Activity;
use crate::ir::{Callee, Graph, Kind, Path, Region, Site, SiteId, Storage, Value, Var, VarInfo};

/// Methods of arrays that give views.
const VIEWS: &[&str] = &[
    "index_axis",
    "row",
    "column",
    "slice",
    "slice_axis",
    "slice_each_axis",
    "view",
    "t",
    "broadcast",
    "diag",
];

/// The graph with differentiated operations reading copies of such views.
pub(super) fn with_own_views<'g>(graph: &'g Graph, active: &Activity) -> Cow<'g, Graph> {
    let mut found = Vec::new();
    for region in graph.regions_within(graph.body) {
        for id in &graph.block(region).sites {
            let view = view_of(graph, graph.site(*id), active);
            let read = view.filter(|view| read_by_active(graph, *view, active));
            found.extend(read.map(|view| (region, *id, view)));
        }
    }
    if found.is_empty() || !graph.on_arrays {
        return Cow::Borrowed(graph);
    }
    let mut own = graph.clone();
    for (region, id, view) in found {
        copy_behind(&mut own, region, id, view);
    }
    Cow::Owned(own)
}

fn view_of(graph: &Graph, site: &Site, active: &Activity) -> Option<Value> {
    let Kind::Call(call) = &site.kind else {
        return None;
    };
    let Callee::Method(name, _) = &call.callee else {
        return None;
    };
    let gives = VIEWS.contains(&name.as_str()) && !active.site(site);
    let result = site.results.first().copied().filter(|_| gives)?;
    (!graph.ty(result).is_scalar()).then_some(result)
}

/// Whether a differentiated site reads the value, or a variable that was made of it.
fn read_by_active(graph: &Graph, value: Value, active: &Activity) -> bool {
    let sites = || {
        graph
            .sites_within(graph.body)
            .into_iter()
            .map(|id| graph.site(id))
    };
    let made: Vec<Var> = sites()
        .filter_map(|site| match site.kind {
            Kind::Allocate(var) if site.operands.contains(&value) => Some(var),
            _ => None,
        })
        .collect();
    let mut readers = sites().filter(|site| active.site(site));
    readers.any(|site| {
        let of_var = site.paths().iter().any(|path| made.contains(&path.root));
        of_var || site.reads().contains(&value)
    })
}

/// Puts a copy behind the site that gives the view, in whose place it stands from there on.
fn copy_behind(graph: &mut Graph, region: Region, id: SiteId, view: Value) {
    let (ty, span) = (graph.ty(view).clone(), graph.site(id).span);
    let var = graph.new_var(VarInfo {
        name: "view".to_owned(),
        ty: ty.clone(),
        storage: Storage::Owned,
        mutable: false,
        tangent: false,
        span,
    });
    let own = Kind::Own(Path::of(var));
    let copying = graph.new_site(own, Vec::new(), Vec::new(), vec![ty], span);
    let copy = graph.site(copying).results[0];
    graph.substitute(graph.body, &HashMap::from([(view, copy)]));
    let made = graph.new_site(
        Kind::Allocate(var),
        vec![view],
        Vec::new(),
        Vec::new(),
        span,
    );
    let sites = &mut graph.block_mut(region).sites;
    let place = sites
        .iter()
        .position(|site| *site == id)
        .map_or(0, |k| k + 1);
    sites.splice(place..place, [made, copying]);
}

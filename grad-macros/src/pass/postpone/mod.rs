//! Products that a loop does again and again with the same factors wait until the loop has ended.
//!
//! For points `p` under one factor `q`, the way back through `scaled = q * (point - mean)` is
//!
//! ```text
//! for p
//!   ..                                                  what fills scaled_bar
//!   for i, for j: centred_bar[i] += q[i][j] * scaled_bar[j]
//!   for i: mean_bar[i] += -take(centred_bar[i])
//! ```
//!
//! From `scaled_bar` to `mean_bar` all is linear, and `q` does not depend on the point. So the
//! `scaled_bar` of all points are summed first, and the product is done once:
//!
//! ```text
//! for p
//!   ..
//!   for j: scaled_bar_sum[j] += scaled_bar[j]
//! if 0 < n
//!   for i, for j: centred_bar[i] += q[i][j] * scaled_bar_sum[j]
//!   for i: mean_bar[i] += -take(centred_bar[i])
//! ```
//!
//! Where more loops stand between, such as one over components with a factor each, there is a sum for
//! each of their iterations; then what the chain adds to has a place for each of them too.

mod build;
mod chain;
mod fixed;

use std::collections::HashSet;

use chain::{Body, Chain};

use crate::ir::{Adaptor, Graph, Kind, Op, Region, Site, SiteId, Step, Value, Var};

/// Works from the outermost loops in; says whether anything was postponed.
pub(super) fn postpone(graph: &mut Graph, region: Region, shadows: &HashSet<Var>) -> bool {
    let mut any = false;
    let mut position = 0;
    while let Some(id) = graph.block(region).sites.get(position).copied() {
        while let Some(postponed) = Postponed::find(graph, id, shadows) {
            position += build::move_behind(graph, &postponed, region, position);
            any = true;
        }
        for inner in graph.site(id).regions.clone() {
            any |= postpone(graph, inner, shadows);
        }
        position += 1;
    }
    any
}

/// A chain, and where it is cut off.
struct Postponed {
    /// The loop behind which it goes.
    id: SiteId,
    chain: Chain,
    /// The loops between that one and the chain, those outside first.
    nest: Vec<SiteId>,
    /// The body of the innermost of them, in which the chain's sites stand or are nested.
    frame: Region,
    /// The site of the frame before which the source is complete.
    first: SiteId,
    /// The length of the source.
    length: Value,
    /// What of the chain's sites has an effect in its copy.
    kept: HashSet<SiteId>,
}

impl Postponed {
    fn find(graph: &Graph, id: SiteId, shadows: &HashSet<Var>) -> Option<Self> {
        let site = graph.site(id);
        if !is_plain(site) {
            return None;
        }
        let body = Body::new(graph, site.regions[0], shadows);
        let mut sources: Vec<Var> = body.arrays.keys().copied().collect();
        sources.sort_unstable();
        sources.into_iter().find_map(|source| {
            let chain = body.chain(source, shadows)?;
            Cut::of(&body, &chain)?.finish(id, chain)
        })
    }
}

/// Where a chain is cut off.
struct Cut<'b, 'g> {
    body: &'b Body<'g>,
    nest: Vec<SiteId>,
    frame: Region,
    first: SiteId,
    kept: HashSet<SiteId>,
}

impl<'b, 'g> Cut<'b, 'g> {
    /// Behind as many loops as possible.
    fn of(body: &'b Body<'g>, chain: &Chain) -> Option<Self> {
        let mut all = chain.effects.iter().chain(&chain.readers);
        let mut common = body.around.get(all.next()?)?.clone();
        for id in all {
            let around = body.around.get(id)?;
            let same = common.iter().zip(around).take_while(|(a, b)| a == b);
            let count = same.count();
            common.truncate(count);
        }
        (0..=common.len()).find_map(|depth| Cut::at(body, chain, &common[..depth]))
    }

    fn at(body: &'b Body<'g>, chain: &Chain, nest: &[SiteId]) -> Option<Self> {
        let graph = body.graph;
        let frame = nest
            .last()
            .map_or(body.region, |id| graph.site(*id).regions[0]);
        // A product over less than two loops is no dearer than the sum.
        let around = |id: &SiteId| body.around.get(id).map_or(0, Vec::len);
        let deep = chain.products.iter().any(|id| around(id) >= nest.len() + 2);
        if !deep || !nest.iter().all(|id| is_indexed(body, chain, *id)) {
            return None;
        }
        let sites = &graph.block(frame).sites;
        let child = |id: &SiteId| body.around[id].get(nest.len()).copied().unwrap_or(*id);
        let position = |id: &SiteId| sites.iter().position(|site| *site == child(id));
        let all = chain.effects.iter().chain(&chain.readers);
        let places: Vec<usize> = all.map(position).collect::<Option<_>>()?;
        let (first, last) = (*places.iter().min()?, *places.iter().max()?);
        let emptied = |var: &Var| is_emptied(body, *var, nest.len(), &position);
        if !chain.between.iter().all(emptied) {
            return None;
        }
        let mut kept: HashSet<SiteId> = chain.effects.iter().copied().collect();
        for id in sites_under(graph, &sites[first..=last]) {
            let site = graph.site(id);
            if site.paths().iter().all(|path| path.root != chain.source) {
                continue;
            }
            match &site.kind {
                Kind::Load(path) | Kind::Take(path) if body.element(path).is_some() => {
                    body.around.get(&id)?;
                }
                _ => return None,
            }
            if matches!(site.kind, Kind::Take(_)) {
                kept.insert(id);
            }
        }
        Some(Cut {
            body,
            nest: nest.to_vec(),
            frame,
            first: sites[first],
            kept,
        })
    }

    fn finish(self, id: SiteId, chain: Chain) -> Option<Postponed> {
        let length = *self.body.arrays.get(&chain.source)?;
        Some(Postponed {
            id,
            nest: self.nest,
            frame: self.frame,
            first: self.first,
            length,
            kept: self.kept,
            chain,
        })
    }
}

/// Whether it is a loop over all of `a..b`, in whatever direction.
fn is_plain(site: &Site) -> bool {
    match &site.kind {
        Kind::For(range) => {
            let all = matches!(range.adaptors.as_slice(), [] | [Adaptor::Rev]);
            all && !range.inclusive && !range.exits
        }
        _ => false,
    }
}

fn starts_at_zero(graph: &Graph, site: &Site) -> bool {
    is_plain(site) && graph.number(site.operands[0]) == Some(0.0)
}

/// Whether the loop goes over `0..n`, `n` known before all, and what the chain adds to has a place
/// for each iteration: as many sums may be held.
fn is_indexed(body: &Body<'_>, chain: &Chain, id: SiteId) -> bool {
    let graph = body.graph;
    let site = graph.site(id);
    let index = graph.block(site.regions[0]).args[0];
    let inside = graph.defined_within(&[body.region]);
    let mut sinks = chain.sinks.iter().flat_map(|id| graph.site(*id).paths());
    starts_at_zero(graph, site)
        && !inside.contains(&site.operands[1])
        && sinks.any(|path| {
            path.steps.iter().any(|step| match step {
                Step::Index(v) | Step::Range { start: Some(v), .. } => moves_with(graph, *v, index),
                _ => false,
            })
        })
}

/// Whether the value is the index plus something, or times something: then it is of the same type.
fn moves_with(graph: &Graph, value: Value, index: Value) -> bool {
    value == index
        || graph.def(value).is_some_and(|site| {
            matches!(site.kind, Kind::Apply(Op::Add | Op::Mul))
                && site.operands.iter().any(|v| moves_with(graph, *v, index))
        })
}

/// Whether all of an array between is taken in one loop of the frame, behind all that is added.
fn is_emptied(
    body: &Body<'_>,
    var: Var,
    depth: usize,
    position: &dyn Fn(&SiteId) -> Option<usize>,
) -> bool {
    let graph = body.graph;
    let (takes, adds): (Vec<SiteId>, Vec<SiteId>) = body
        .uses_of(var)
        .partition(|id| matches!(graph.site(*id).kind, Kind::Take(_)));
    let [take] = takes.as_slice() else {
        return false;
    };
    let [around] = &body.around[take][depth..] else {
        return false;
    };
    let site = graph.site(*around);
    let Kind::Take(path) = &graph.site(*take).kind else {
        return false;
    };
    let whole = starts_at_zero(graph, site)
        && Some(&site.operands[1]) == body.arrays.get(&var)
        && path.steps == [Step::Index(graph.block(site.regions[0]).args[0])];
    whole && adds.iter().all(|id| position(id) < position(take))
}

/// The sites and all inside them.
fn sites_under(graph: &Graph, sites: &[SiteId]) -> Vec<SiteId> {
    let mut found = Vec::new();
    for id in sites {
        found.push(*id);
        for inner in &graph.site(*id).regions {
            found.extend(graph.sites_within(*inner));
        }
    }
    found
}

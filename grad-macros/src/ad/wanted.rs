//! Of the vector that a call gives, the elements whose tangents somebody wants.
//!
//! A function that reads only some elements of a vector, those of which it computes the indices, needs
//! no tangents of the others. It marks what it reads when the values are computed, and hands the
//! marks to the push of the call:
//!
//! ```text
//! %3, %4 = call-vjp vertex_positions(theta, model)
//! allocate positions = %3
//! for %p in ..
//!   push wanted <- %5          %5 = correspondences[%p]
//!   %6 = load positions[%5]
//! ```
//!
//! What the push makes of them says [`appending`](crate::ir::appending).

use std::collections::{HashMap, HashSet};

use super::linear::Memo;
use super::push;
use crate::ir::{Graph, Kind, SiteId, Step, Storage, Ty, Value, Var, VarInfo};

/// Has `graph` mark what it reads of the vectors that kept calls give; the marks by the tapes of the calls.
pub(super) fn mark(graph: &mut Graph, memo: &Memo) -> HashMap<Var, Var> {
    let sites = graph.sites_within(graph.body);
    let mut marked = HashMap::new();
    let mut vectors = HashMap::new();
    for id in &sites {
        let Kind::Allocate(var) = graph.site(*id).kind else {
            continue;
        };
        let made = graph.site(*id).operands.first();
        let call = made.and_then(|v| graph.value(*v).site);
        let tape = call.and_then(|call| memo.tapes.get(&call)).copied();
        let (Some(tape), Some(value)) = (tape, made.copied()) else {
            continue;
        };
        let uses = sites.iter().map(|id| graph.site(*id).reads());
        let once = uses.flatten().filter(|v| *v == value).count() == 1;
        if once && is_read_by_computed_indices(graph, &sites, var) {
            let span = graph.site(*id).span;
            let wanted = graph.new_var(VarInfo {
                name: "wanted".to_owned(),
                ty: Ty::Bool,
                storage: Storage::Tape,
                mutable: true,
                tangent: false,
                span,
            });
            marked.insert(tape, wanted);
            vectors.insert(var, wanted);
        }
    }
    for region in graph.regions_within(graph.body) {
        let sites = std::mem::take(&mut graph.block_mut(region).sites);
        for id in sites {
            for path in graph.site(id).paths() {
                let (Some(wanted), Some(Step::Index(at))) =
                    (vectors.get(&path.root), path.steps.first())
                else {
                    continue;
                };
                let (kind, span) = (Kind::Push(*wanted), graph.site(id).span);
                push(graph, region, kind, vec![*at], Vec::new(), span);
            }
            graph.block_mut(region).sites.push(id);
        }
    }
    marked
}

/// Whether elements of the vector are read, by no counter of a loop, which would read them all, and
/// nothing but elements.
fn is_read_by_computed_indices(graph: &Graph, sites: &[SiteId], vector: Var) -> bool {
    let counters: HashSet<Value> = sites
        .iter()
        .map(|id| graph.site(*id))
        .filter(|site| matches!(site.kind, Kind::For(_)))
        .filter_map(|site| graph.block(site.regions[0]).args.first().copied())
        .collect();
    let mut reads = 0;
    for id in sites {
        let site = graph.site(*id);
        for path in site.paths() {
            if path.root != vector {
                continue;
            }
            match path.steps.first() {
                Some(Step::Index(at)) if !counters.contains(at) => reads += 1,
                None if matches!(site.kind, Kind::Length(_)) => {}
                _ => return false,
            }
        }
    }
    reads > 0
}

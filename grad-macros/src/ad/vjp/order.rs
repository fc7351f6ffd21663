//! Loops whose reverse may run in any order, and then runs forward: nothing is carried but sums, and
//! iterations do not meet in memory. Forward loops need no counters from the end, read their tapes as
//! slices, and vectorise.

use std::collections::{HashMap, HashSet};

use super::Pull;
use crate::ad::{Activity, recompute};
use crate::ir::{Graph, Kind, Op, Path, Region, SiteId, Step, Value, Var};

/// How the sites of a loop use one variable.
#[derive(Default)]
struct Use {
    reads: bool,
    adds: bool,
    writes: bool,
    paths: Vec<Path>,
}

impl Pull {
    /// Whether the reverse `inner` of the body `primal` may run in any order; `active` are the carried
    /// values that have cotangents.
    pub(super) fn any_order(
        &mut self,
        id: SiteId,
        primal: Region,
        inner: Region,
        active: &[usize],
    ) -> bool {
        let Kind::For(range) = &self.graph.site(id).kind else {
            return false;
        };
        let block = self.graph.block(primal);
        !range.exits
            && active
                .iter()
                .all(|k| self.is_sum(primal, block.args[k + 1], block.yields[*k]))
            && !self.residuals.restores(id)
            && self.iterations_are_apart(primal)
            && self.keeps_only_scalars(primal, inner)
    }

    /// Whether the reverse takes nothing from a stack yet, and nothing but scalars from the body.
    fn keeps_only_scalars(&mut self, primal: Region, inner: Region) -> bool {
        let sites = self.graph.sites_within(inner);
        let stacked = sites.iter().any(|site| {
            matches!(
                self.graph.site(*site).kind,
                Kind::Pop(_) | Kind::Next(_) | Kind::Restore(..) | Kind::Unpack
            )
        });
        let made: HashSet<Var> = self
            .graph
            .block(primal)
            .sites
            .iter()
            .filter_map(|site| match self.graph.site(*site).kind {
                Kind::Allocate(var) => Some(var),
                _ => None,
            })
            .collect();
        let mut paths = sites.iter().flat_map(|site| self.graph.site(*site).paths());
        if stacked || paths.any(|path| made.contains(&path.root)) {
            return false;
        }
        let pulls = sites
            .iter()
            .any(|site| matches!(self.graph.site(*site).kind, Kind::Pull { .. }));
        let index = self.graph.block(primal).args[0];
        let known = HashMap::from([(index, index)]);
        !pulls || recompute::all_again(&self.graph, &mut self.residuals, &[primal], inner, known)
    }

    fn iterations_are_apart(&self, primal: Region) -> bool {
        let tracked = |var| self.active.vars.contains(&var) || self.shadows.contains_key(&var);
        let index = self.graph.block(primal).args.first().copied();
        are_apart(&self.graph, &tracked, primal, index)
    }
}

/// Whether an iteration of the loop hands something active to the next one.
pub(crate) fn carries(graph: &Graph, active: &Activity, id: SiteId) -> bool {
    let site = graph.site(id);
    let Some(body) = site.regions.last().copied() else {
        return false;
    };
    let args = &graph.block(body).args;
    let counted = matches!(site.kind, Kind::For(_));
    let index = args.first().copied().filter(|_| counted);
    let tracked = |var| active.vars.contains(&var);
    args.iter().any(|arg| active.values.contains(arg)) || !are_apart(graph, &tracked, body, index)
}

/// Whether iterations of a loop do not meet in the variables tracked.
fn are_apart(
    graph: &Graph,
    tracked: &dyn Fn(Var) -> bool,
    primal: Region,
    index: Option<Value>,
) -> bool {
    let mut uses: HashMap<Var, Use> = HashMap::new();
    let mut made = HashSet::new();
    for id in graph.sites_within(primal) {
        let site = graph.site(id);
        if let Kind::Allocate(var) = site.kind {
            made.insert(var);
        }
        for path in site.paths() {
            if !tracked(path.root) || matches!(site.kind, Kind::Length(_)) {
                continue;
            }
            let own = uses.entry(path.root).or_default();
            let written = site.kind.writes().contains(&&path);
            match site.kind {
                Kind::Load(_) | Kind::Copy(_) | Kind::Borrow(_) | Kind::Own(_) => own.reads = true,
                Kind::Call(_) | Kind::CallVjp(_) if !written => own.reads = true,
                Kind::Accumulate(_) => own.adds = true,
                _ => own.writes = true,
            }
            own.paths.push(path);
        }
    }
    let inside = graph.defined_within(&[primal]);
    uses.iter().all(|(var, own)| {
        let one_way = !(own.writes || own.reads && own.adds);
        let own_element = || index.is_some_and(|index| is_own(graph, &own.paths, index, &inside));
        made.contains(var) || one_way || own_element()
    })
}

/// Whether all the places are within one element that only this iteration has.
fn is_own(graph: &Graph, paths: &[Path], index: Value, inside: &HashSet<Value>) -> bool {
    let first = |path: &Path| match path.steps.first() {
        Some(Step::Index(v)) => Some(*v),
        _ => None,
    };
    let Some(at) = paths.first().and_then(first) else {
        return false;
    };
    let moves = at == index
        || graph.def(at).is_some_and(|site| {
            matches!(site.kind, Kind::Apply(Op::Add))
                && site.operands.contains(&index)
                && site
                    .operands
                    .iter()
                    .all(|v| *v == index || !inside.contains(v))
                && site.operands[0] != site.operands[1]
        });
    moves && paths.iter().all(|path| first(path) == Some(at))
}
